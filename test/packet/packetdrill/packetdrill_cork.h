/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * MSG_MORE and TCP_CORK: of what is written, what does not fill a segment is held until the rest
 * comes, as long as 200 ms.
 *
 * Threads: both, with the adapter's lock.
 */
#ifndef PACKETDRILL_CORK_H
#define PACKETDRILL_CORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "packetdrill_socket.h"
#include "packetdrill_wait.h"

/** Whether a write of so many bytes, for which there must be room, is packetdrill_cork_write()'s.
 */
bool packetdrill_cork_holds(const struct packetdrill_socket *socket, size_t bytes, int flags);

/** Write, and hold what does not fill a segment. Returns the bytes, or -1 and errno. */
ssize_t packetdrill_cork_write(struct packetdrill_socket *socket, const struct iovec *parts,
			       size_t nb_parts, int flags);

/** Send what is held. */
void packetdrill_cork_release(struct packetdrill_socket *socket);

/** When something has been held long enough, or UINT64_MAX. */
uint64_t packetdrill_cork_next_us(const struct packetdrill *drill);

/** Send what has been held long enough. */
void packetdrill_cork_tick(struct packetdrill *drill);

#endif /* PACKETDRILL_CORK_H */
