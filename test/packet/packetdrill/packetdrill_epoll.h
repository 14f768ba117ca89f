/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * epoll of the adapter's sockets: level and edge, and EPOLLONESHOT. Each function does what the
 * call of its name does: -1 and errno when it fails.
 *
 * Threads: both, with the adapter's lock.
 */
#ifndef PACKETDRILL_EPOLL_H
#define PACKETDRILL_EPOLL_H

#include <sys/epoll.h>

#include "packetdrill_wait.h"

int packetdrill_epoll_create(struct packetdrill *drill);
int packetdrill_epoll_ctl(struct packetdrill *drill, int epfd, int op, int fd,
			  const struct epoll_event *event);
int packetdrill_epoll_wait(struct packetdrill *drill, int epfd, struct epoll_event *events, int max,
			   int timeout_ms);

/** Close it. False: it is no epoll's descriptor. */
bool packetdrill_epoll_close(struct packetdrill *drill, int epfd);

/** Free all. */
void packetdrill_epoll_free_all(struct packetdrill *drill);

#endif /* PACKETDRILL_EPOLL_H */
