/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Options of sockets. What the stack has no such setting for is refused with ENOPROTOOPT, so that a
 * script fails where it asks and not where it misses the effect.
 *
 * Threads: both, with the adapter's lock.
 */
#ifndef PACKETDRILL_OPTION_H
#define PACKETDRILL_OPTION_H

#include <sys/socket.h>

#include "packetdrill_socket.h"

/**
 * As getsockopt(). TCP_INFO gives as many bytes as were asked for, in Linux's layout; what we do
 * not count is 0.
 */
int packetdrill_option_get(struct packetdrill_socket *socket, int level, int name, void *value,
			   socklen_t *len);

/** As setsockopt(). */
int packetdrill_option_set(struct packetdrill_socket *socket, int level, int name,
			   const void *value, socklen_t len);

/** As ioctl(): SIOCINQ, unread bytes; SIOCOUTQ, bytes that are not acknowledged; and SIOCATMARK,
 * whether the last urgent byte is the next to be read. */
int packetdrill_option_control(struct packetdrill_socket *socket, unsigned long request,
			       int *number);

#endif /* PACKETDRILL_OPTION_H */
