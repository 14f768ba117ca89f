/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Sockets as POSIX has them, on top of tcp.h. Each function does what the call of its name does: -1
 * and errno when it fails.
 *
 * Threads: both, with the adapter's lock.
 */
#ifndef PACKETDRILL_SOCKET_H
#define PACKETDRILL_SOCKET_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <rte_byteorder.h>

#include "packetdrill_wait.h"
#include "tcp.h"

STAILQ_HEAD(packetdrill_queue, packetdrill_socket);

/** A socket. */
struct packetdrill_socket {
	struct packetdrill *drill;
	STAILQ_ENTRY(packetdrill_socket) link; /* in its listener's queue */
	struct packetdrill_queue queue; /* a listener's: opened, and not accepted yet */
	int fd; /* -1: not accepted yet, or closed */
	struct tcp_conn *conn; /* NULL: none, or it is over */
	int error; /* for the next call, or SO_ERROR */
	uint32_t send_bytes; /* SO_SNDBUF: most in the chain */
	uint32_t unsent_max; /* TCP_NOTSENT_LOWAT: not writable with so much unsent; 0: any */
	uint16_t mss_max; /* TCP_MAXSEG; 0: not set */
	uint16_t user_timeout_s;
	bool keepalive;
	bool nodelay;
	bool corked; /* TCP_CORK */
	bool tells_unread; /* TCP_INQ */
	uint8_t *held; /* written, and less than a segment; see packetdrill_cork.h */
	uint32_t held_bytes;
	uint64_t held_until_us;
	uint64_t heard_us; /* when data came last */
	uint32_t news; /* counts what may have made it readable, or writable again */
	bool full; /* it was not writable when somebody asked */
	rte_be16_t port; /* bound to; 0: not yet */
	bool is_ipv6;
	bool listening;
	bool queued;
	bool nonblocking;
	bool connecting;
	bool connected; /* it was, at least */
	bool peer_closed;
	bool shut; /* we sent our FIN */
	bool abort_on_close; /* SO_LINGER with a time of 0 */
	uint8_t *kept; /* what was unread when our FIN took the connection */
	uint32_t kept_bytes;
	uint32_t kept_read;
};

/** What TCP tells; its argument is the adapter. */
extern const struct tcp_events packetdrill_socket_events;

/** The socket of a descriptor, or NULL. */
struct packetdrill_socket *packetdrill_socket_find(const struct packetdrill *drill, int fd);

int packetdrill_socket_open(struct packetdrill *drill, int domain, int type, int protocol);
int packetdrill_socket_bind(struct packetdrill_socket *socket, const struct sockaddr *addr,
			    socklen_t len);
int packetdrill_socket_listen(struct packetdrill_socket *socket);
int packetdrill_socket_accept(struct packetdrill_socket *socket, struct sockaddr *addr,
			      socklen_t *len);
int packetdrill_socket_connect(struct packetdrill_socket *socket, const struct sockaddr *addr,
			       socklen_t len);
ssize_t packetdrill_socket_read(struct packetdrill_socket *socket, const struct iovec *parts,
				size_t nb_parts, int flags);
ssize_t packetdrill_socket_write(struct packetdrill_socket *socket, const struct iovec *parts,
				 size_t nb_parts, int flags);
/** Settings of the socket are those of its connection, which opened. */
void packetdrill_socket_apply(struct packetdrill_socket *socket);

int packetdrill_socket_shutdown(struct packetdrill_socket *socket, int how);
int packetdrill_socket_close(struct packetdrill_socket *socket);
int packetdrill_socket_poll(struct packetdrill *drill, struct pollfd *fds, nfds_t nb,
			    int timeout_ms);

/** As poll() tells: POLLIN and so on, whatever was asked for. */
short packetdrill_socket_events_now(struct packetdrill_socket *socket);

/** Put bytes into the chain, which has room, and send them; false: there are no mbufs. */
bool packetdrill_socket_append(struct packetdrill_socket *socket, const void *data, uint32_t len);

/** Bytes that were received and not read. */
uint32_t packetdrill_socket_unread(const struct packetdrill_socket *socket);

/** Bytes up to the end of what is urgent, come or not; 0: nothing is. */
uint32_t packetdrill_socket_urgent(const struct packetdrill_socket *socket);

/** Free what is left of all sockets; their connections are gone. */
void packetdrill_socket_free_all(struct packetdrill *drill);

#endif /* PACKETDRILL_SOCKET_H */
