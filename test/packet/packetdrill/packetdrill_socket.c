/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <rte_common.h>
#include <rte_errno.h>

#include "packetdrill_cork.h"
#include "tr_chain.h"

#define READ_FLAGS (MSG_DONTWAIT | MSG_PEEK | MSG_NOSIGNAL)
#define WRITE_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_MORE | MSG_OOB)

/* What poll() waits for. */
struct poll_arg {
	struct packetdrill *drill;
	struct pollfd *fds;
	nfds_t nb;
};

static struct packetdrill_socket *create(struct packetdrill *drill);
static int give_fd(struct packetdrill_socket *socket);
static void release(struct packetdrill_socket *socket);
static int fail(int error);
static bool wait(struct packetdrill_socket *socket, bool (*ready)(void *arg), int flags);
static bool has_accepted(void *arg);
static bool has_connected(void *arg);
static bool has_data(void *arg);
static bool has_space(void *arg);
static bool has_events(void *arg);
static int take_error(struct packetdrill_socket *socket);
static uint32_t read_part(struct packetdrill_socket *socket, const struct iovec *part,
			  uint32_t offset, bool peek);
static uint32_t space(const struct packetdrill_socket *socket);
static size_t total(const struct iovec *parts, size_t nb_parts);
static ssize_t append(struct packetdrill_socket *socket, const struct iovec *parts, size_t nb_parts,
		      size_t skip, bool urgent);
static uint32_t until_mark(const struct packetdrill_socket *socket);
static void keep_unread(struct packetdrill_socket *socket);
static bool is_writable(const struct packetdrill_socket *socket);
static bool is_bad(const struct iovec *parts, size_t nb_parts);
static int read_addr(const struct sockaddr *addr, socklen_t len, struct tr_addr *to,
		     rte_be16_t *port);
static void inherit(struct packetdrill_socket *socket, const struct packetdrill_socket *listener);
static void name_peer(const struct packetdrill_socket *socket, struct sockaddr *addr,
		      socklen_t *len);

static void *
on_opened(void *arg, struct tcp_conn *conn, void *listener_arg)
{
	struct packetdrill_socket *listener = listener_arg;
	struct packetdrill_socket *socket;

	if (listener == NULL) {
		socket = tcp_conn_user(conn);
		socket->connecting = false;
		socket->connected = true;
		socket->heard_us = socket->drill->stack.now_us;
		socket->news++;
		return socket;
	}
	socket = create(arg);
	inherit(socket, listener);
	listener->news++;
	socket->conn = conn;
	packetdrill_socket_apply(socket);
	socket->connected = true;
	socket->queued = true;
	STAILQ_INSERT_TAIL(&listener->queue, socket, link);
	return socket;
}

/* What is readable or has space is looked up when somebody asks. */
static void
on_urgent(void *user, struct tcp_conn *conn)
{
	struct packetdrill_socket *socket = user;

	RTE_SET_USED(conn);
	socket->news++;
}

static void
on_readable(void *user, struct tcp_conn *conn)
{
	struct packetdrill_socket *socket = user;

	RTE_SET_USED(conn);
	socket->news++;
	socket->heard_us = socket->drill->stack.now_us;
}

static void
on_sent(void *user, struct tcp_conn *conn)
{
	struct packetdrill_socket *socket = user;

	RTE_SET_USED(conn);
	if (!socket->full || !(packetdrill_socket_events_now(socket) & POLLOUT))
		return;
	socket->full = false;
	socket->news++;
}

static void
on_peer_closed(void *user, struct tcp_conn *conn)
{
	struct packetdrill_socket *socket = user;

	RTE_SET_USED(conn);
	socket->peer_closed = true;
	socket->news++;
}

static void
on_closed(void *user, struct tcp_conn *conn, int error)
{
	struct packetdrill_socket *socket = user;

	RTE_SET_USED(conn);
	socket->conn = NULL;
	socket->connecting = false;
	socket->error = -error;
	socket->news++;
	if (socket->fd < 0 && !socket->queued)
		release(socket);
}

const struct tcp_events packetdrill_socket_events = {
	.opened = on_opened,
	.readable = on_readable,
	.urgent = on_urgent,
	.sent = on_sent,
	.peer_closed = on_peer_closed,
	.closed = on_closed,
};

struct packetdrill_socket *
packetdrill_socket_find(const struct packetdrill *drill, int fd)
{
	return fd >= 0 && fd < PACKETDRILL_FDS ? drill->sockets[fd] : NULL;
}

int
packetdrill_socket_open(struct packetdrill *drill, int domain, int type, int protocol)
{
	struct packetdrill_socket *socket;
	int fd;

	if (domain != AF_INET && domain != AF_INET6)
		return fail(EAFNOSUPPORT);
	if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP))
		return fail(EPROTONOSUPPORT);
	socket = create(drill);
	socket->is_ipv6 = domain == AF_INET6;
	socket->nonblocking = type & SOCK_NONBLOCK;
	fd = give_fd(socket);
	if (fd < 0)
		release(socket);
	return fd;
}

int
packetdrill_socket_bind(struct packetdrill_socket *socket, const struct sockaddr *addr,
			socklen_t len)
{
	struct tr_addr local;
	rte_be16_t port;

	if (read_addr(addr, len, &local, &port) < 0)
		return fail(EINVAL);
	if (!tr_addr_is_none(&local) && !tr_addr_is_same(&local, &socket->drill->flags.local))
		return fail(EADDRNOTAVAIL); /* --so_flags=local= says another than --local_ip */
	socket->port = port;
	return 0;
}

int
packetdrill_socket_listen(struct packetdrill_socket *socket)
{
	int rc;

	if (socket->listening)
		return 0;
	if (socket->port == 0 || socket->conn != NULL)
		return fail(EINVAL);
	rc = tcp_listen(socket->drill->stack.tcp, tr_addr_none(), socket->port, socket);
	if (rc < 0)
		return fail(-rc);
	socket->listening = true;
	return 0;
}

int
packetdrill_socket_accept(struct packetdrill_socket *socket, struct sockaddr *addr, socklen_t *len)
{
	struct packetdrill_socket *accepted;
	int fd;

	if (!socket->listening)
		return fail(EINVAL);
	if (!wait(socket, has_accepted, 0))
		return fail(EAGAIN);
	accepted = STAILQ_FIRST(&socket->queue);
	fd = give_fd(accepted);
	if (fd < 0)
		return fd;
	STAILQ_REMOVE_HEAD(&socket->queue, link);
	accepted->queued = false;
	name_peer(accepted, addr, len);
	return fd;
}

int
packetdrill_socket_connect(struct packetdrill_socket *socket, const struct sockaddr *addr,
			   socklen_t len)
{
	struct packetdrill_stack *stack = &socket->drill->stack;
	struct tr_addr remote;
	rte_be16_t port;

	if (read_addr(addr, len, &remote, &port) < 0)
		return fail(EAFNOSUPPORT);
	if (socket->connecting)
		return fail(EALREADY);
	if (socket->conn != NULL || socket->listening)
		return fail(EISCONN);
	socket->conn = tcp_connect(stack->tcp, remote, port, socket->port, socket, stack->now_us);
	if (socket->conn == NULL)
		return fail(rte_errno == EINVAL ? EADDRNOTAVAIL : rte_errno);
	packetdrill_socket_apply(socket);
	socket->connecting = true;
	packetdrill_stack_output(stack);
	if (socket->nonblocking)
		return fail(EINPROGRESS);
	if (!wait(socket, has_connected, 0))
		return fail(ETIMEDOUT);
	return take_error(socket);
}

ssize_t
packetdrill_socket_read(struct packetdrill_socket *socket, const struct iovec *parts,
			size_t nb_parts, int flags)
{
	struct iovec part;
	uint32_t done = 0;
	size_t left, i;

	if (flags & MSG_OOB)
		return fail(EINVAL); /* urgent data is in line */
	if (flags & ~READ_FLAGS)
		return fail(EOPNOTSUPP);
	if (!socket->connected && !socket->connecting)
		return socket->error != 0 ? take_error(socket) : fail(ENOTCONN);
	if (!wait(socket, has_data, flags))
		return fail(EAGAIN);
	if (packetdrill_socket_unread(socket) == 0)
		return take_error(socket);
	if (is_bad(parts, nb_parts))
		return fail(EFAULT);
	left = until_mark(socket);
	for (i = 0; i < nb_parts; i++) {
		part = parts[i];
		part.iov_len = RTE_MIN(part.iov_len, left - done);
		done += read_part(socket, &part, flags & MSG_PEEK ? done : 0, flags & MSG_PEEK);
	}
	packetdrill_stack_output(&socket->drill->stack);
	return done;
}

ssize_t
packetdrill_socket_write(struct packetdrill_socket *socket, const struct iovec *parts,
			 size_t nb_parts, int flags)
{
	size_t wanted = total(parts, nb_parts);
	size_t done = 0;
	ssize_t part;

	if (flags & ~WRITE_FLAGS)
		return fail(EOPNOTSUPP);
	if (is_bad(parts, nb_parts))
		return fail(EFAULT);
	if (!(flags & MSG_OOB) && packetdrill_cork_holds(socket, wanted, flags))
		return packetdrill_cork_write(socket, parts, nb_parts, flags);
	packetdrill_cork_release(socket);
	do {
		if (socket->shut)
			return fail(EPIPE);
		if (!wait(socket, has_space, flags)) {
			socket->full = true;
			return done > 0 ? (ssize_t)done : fail(EAGAIN);
		}
		if (socket->conn == NULL)
			return socket->error != 0 ? take_error(socket) : fail(EPIPE);
		part = append(socket, parts, nb_parts, done, flags & MSG_OOB);
		if (part < 0)
			return fail(ENOBUFS);
		done += part;
	} while (done < wanted && !socket->nonblocking && !(flags & MSG_DONTWAIT));
	return done;
}

int
packetdrill_socket_shutdown(struct packetdrill_socket *socket, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return fail(EINVAL);
	if (socket->conn == NULL || socket->connecting)
		return fail(ENOTCONN);
	if (how != SHUT_WR)
		socket->peer_closed = true; /* of what it still sends nothing is read */
	socket->news++;
	if (how == SHUT_RD || socket->shut)
		return 0;
	packetdrill_cork_release(socket);
	socket->shut = true;
	if (tcp_shutdown(socket->conn) < 0) {
		keep_unread(socket);
		tcp_close(socket->conn);
	}
	packetdrill_stack_output(&socket->drill->stack);
	return 0;
}

int
packetdrill_socket_close(struct packetdrill_socket *socket)
{
	struct packetdrill_stack *stack = &socket->drill->stack;
	struct packetdrill_socket *queued;
	int fd = socket->fd;

	packetdrill_cork_release(socket);
	socket->drill->sockets[fd] = NULL;
	socket->fd = -1;
	if (socket->listening)
		tcp_unlisten(stack->tcp, tr_addr_none(), socket->port);
	while ((queued = STAILQ_FIRST(&socket->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&socket->queue, link);
		queued->queued = false;
		if (queued->conn != NULL)
			tcp_abort(queued->conn);
		else
			release(queued);
	}
	if (socket->conn == NULL)
		release(socket);
	else if (socket->abort_on_close)
		tcp_abort(socket->conn);
	else
		tcp_close(socket->conn);
	packetdrill_stack_output(stack);
	return close(fd);
}

int
packetdrill_socket_poll(struct packetdrill *drill, struct pollfd *fds, nfds_t nb, int timeout_ms)
{
	struct poll_arg arg = {.drill = drill, .fds = fds, .nb = nb};
	uint64_t deadline_us = UINT64_MAX;
	int ready = 0;
	nfds_t i;

	if (timeout_ms >= 0)
		deadline_us = drill->stack.now_us + timeout_ms * UINT64_C(1000);
	packetdrill_wait(drill, has_events, &arg, deadline_us);
	for (i = 0; i < nb; i++)
		ready += fds[i].revents != 0;
	return ready;
}

void
packetdrill_socket_apply(struct packetdrill_socket *socket)
{
	if (socket->conn == NULL)
		return;
	tcp_set_nagle(socket->conn, !socket->nodelay);
	tcp_set_keepalive(socket->conn, socket->keepalive);
	tcp_set_user_timeout(socket->conn, socket->user_timeout_s);
}

uint32_t
packetdrill_socket_urgent(const struct packetdrill_socket *socket)
{
	return socket->conn == NULL ? 0 : tcp_receive_urgent(socket->conn);
}

short
packetdrill_socket_events_now(struct packetdrill_socket *socket)
{
	bool over = socket->conn == NULL && socket->connected;
	uint32_t urgent = packetdrill_socket_urgent(socket);
	short events = 0;

	if (socket->listening)
		return STAILQ_EMPTY(&socket->queue) ? 0 : POLLIN;
	if (packetdrill_socket_unread(socket) > 0 || socket->peer_closed || over)
		events |= POLLIN | POLLRDNORM;
	if (urgent > 0 && urgent <= packetdrill_socket_unread(socket))
		events |= POLLPRI;
	if (socket->peer_closed || over)
		events |= POLLRDHUP;
	if (over || (socket->peer_closed && socket->shut))
		events |= POLLHUP;
	if (socket->error != 0)
		events |= POLLERR | POLLHUP;
	if (over || is_writable(socket))
		events |= POLLOUT | POLLWRNORM;
	else
		socket->full = true;
	return events;
}

bool
packetdrill_socket_append(struct packetdrill_socket *socket, const void *data, uint32_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	if (len > 0 && tr_chain_append(tcp_chain(socket->conn), &part, 1) < 0)
		return false;
	tcp_send(socket->conn);
	packetdrill_stack_output(&socket->drill->stack);
	return true;
}

uint32_t
packetdrill_socket_unread(const struct packetdrill_socket *socket)
{
	uint32_t bytes = socket->kept_bytes - socket->kept_read;

	return bytes + (socket->conn == NULL ? 0 : tcp_receive_bytes(socket->conn));
}

void
packetdrill_socket_free_all(struct packetdrill *drill)
{
	struct packetdrill_socket *socket, *queued;
	int fd;

	for (fd = 0; fd < PACKETDRILL_FDS; fd++) {
		socket = drill->sockets[fd];
		if (socket == NULL)
			continue;
		while ((queued = STAILQ_FIRST(&socket->queue)) != NULL) {
			STAILQ_REMOVE_HEAD(&socket->queue, link);
			release(queued);
		}
		release(socket);
		drill->sockets[fd] = NULL;
	}
}

static struct packetdrill_socket *
create(struct packetdrill *drill)
{
	struct packetdrill_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		abort();
	socket->drill = drill;
	socket->fd = -1;
	socket->send_bytes = drill->flags.send_bytes;
	socket->nodelay = !drill->flags.nagle;
	socket->heard_us = drill->stack.now_us;
	STAILQ_INIT(&socket->queue);
	return socket;
}

/* A real one: packetdrill closes what it was given with close(), and looks at its number. */
static int
give_fd(struct packetdrill_socket *socket)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= PACKETDRILL_FDS) {
		close(fd);
		return fail(EMFILE);
	}
	if (fd < 0)
		return -1;
	socket->fd = fd;
	socket->drill->sockets[fd] = socket;
	return fd;
}

static void
release(struct packetdrill_socket *socket)
{
	free(socket->kept);
	free(socket->held);
	free(socket);
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

static bool
wait(struct packetdrill_socket *socket, bool (*ready)(void *arg), int flags)
{
	if (socket->nonblocking || flags & MSG_DONTWAIT)
		return ready(socket);
	return packetdrill_wait(socket->drill, ready, socket, UINT64_MAX);
}

static bool
has_accepted(void *arg)
{
	const struct packetdrill_socket *socket = arg;

	return !STAILQ_EMPTY(&socket->queue);
}

static bool
has_connected(void *arg)
{
	const struct packetdrill_socket *socket = arg;

	return !socket->connecting;
}

static bool
has_data(void *arg)
{
	const struct packetdrill_socket *socket = arg;

	return packetdrill_socket_unread(socket) > 0 || socket->peer_closed || socket->conn == NULL;
}

static bool
has_space(void *arg)
{
	const struct packetdrill_socket *socket = arg;

	return socket->conn == NULL || (!socket->connecting && space(socket) > 0);
}

static bool
has_events(void *arg)
{
	struct poll_arg *poll = arg;
	struct packetdrill_socket *socket;
	bool any = false;
	nfds_t i;

	for (i = 0; i < poll->nb; i++) {
		socket = packetdrill_socket_find(poll->drill, poll->fds[i].fd);
		poll->fds[i].revents = POLLNVAL;
		if (socket != NULL)
			poll->fds[i].revents = packetdrill_socket_events_now(socket) &
					       (poll->fds[i].events | POLLERR | POLLHUP);
		any |= poll->fds[i].revents != 0;
	}
	return any;
}

/* 0, or -1 with the error that ended the connection: it is told once. */
static int
take_error(struct packetdrill_socket *socket)
{
	int error = socket->error;

	socket->error = 0;
	return error == 0 ? 0 : fail(error);
}

static uint32_t
read_part(struct packetdrill_socket *socket, const struct iovec *part, uint32_t offset, bool peek)
{
	uint32_t len = RTE_MIN(part->iov_len, (size_t)(packetdrill_socket_unread(socket) - offset));
	uint8_t *data;

	if (len == 0)
		return 0;
	if (socket->kept != NULL) {
		memcpy(part->iov_base, socket->kept + socket->kept_read + offset, len);
		socket->kept_read += peek ? 0 : len;
		return len;
	}
	data = malloc(offset + len);
	if (data == NULL)
		abort();
	tcp_receive_copy(socket->conn, data, offset + len);
	memcpy(part->iov_base, data + offset, len);
	free(data);
	if (!peek)
		tcp_receive_consume(socket->conn, len);
	return len;
}

static uint32_t
space(const struct packetdrill_socket *socket)
{
	uint32_t queued = tr_chain_bytes(tcp_chain(socket->conn)) + socket->held_bytes;

	return queued < socket->send_bytes ? socket->send_bytes - queued : 0;
}

static size_t
total(const struct iovec *parts, size_t nb_parts)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < nb_parts; i++)
		bytes += parts[i].iov_len;
	return bytes;
}

/* As much as there is space for of what follows the first @p skip bytes. */
static ssize_t
append(struct packetdrill_socket *socket, const struct iovec *parts, size_t nb_parts, size_t skip,
       bool urgent)
{
	size_t wanted = total(parts, nb_parts) - skip;
	size_t room = space(socket);
	ssize_t bytes = 0;
	struct iovec part;
	size_t i;

	for (i = 0; i < nb_parts && room > 0; i++) {
		if (skip >= parts[i].iov_len) {
			skip -= parts[i].iov_len;
			continue;
		}
		part.iov_base = (uint8_t *)parts[i].iov_base + skip;
		part.iov_len = RTE_MIN(parts[i].iov_len - skip, room);
		if (tr_chain_append(tcp_chain(socket->conn), &part, 1) < 0)
			return bytes > 0 ? bytes : -1;
		skip = 0;
		room -= part.iov_len;
		bytes += part.iov_len;
	}
	/* The end of it is where all of it is. */
	if (urgent && (size_t)bytes == wanted)
		tcp_send_urgent(socket->conn);
	else
		tcp_send(socket->conn);
	packetdrill_stack_output(&socket->drill->stack);
	return bytes;
}

/* One call reads up to the mark, which is before the last byte that is urgent, or from it on. */
static uint32_t
until_mark(const struct packetdrill_socket *socket)
{
	uint32_t urgent = packetdrill_socket_urgent(socket);

	return urgent > 1 ? urgent - 1 : UINT32_MAX;
}

/* After both FINs the connection ends when ours is acknowledged, and what is unread with it. */
static void
keep_unread(struct packetdrill_socket *socket)
{
	uint32_t bytes = tcp_receive_bytes(socket->conn);

	if (bytes == 0)
		return;
	socket->kept = malloc(bytes);
	if (socket->kept == NULL)
		abort();
	socket->kept_bytes = tcp_receive_copy(socket->conn, socket->kept, bytes);
	tcp_receive_consume(socket->conn, bytes);
}

static bool
is_writable(const struct packetdrill_socket *socket)
{
	struct tcp_conn_info info;
	uint32_t unsent;

	if (socket->conn == NULL || socket->connecting || space(socket) == 0)
		return false;
	tcp_conn_info(socket->conn, &info);
	unsent = info.send_bytes - RTE_MIN(info.send_bytes, info.snd_nxt - info.snd_una);
	return socket->unsent_max == 0 || unsent + socket->held_bytes < socket->unsent_max;
}

/* Bytes of nothing. */
static bool
is_bad(const struct iovec *parts, size_t nb_parts)
{
	size_t i;

	for (i = 0; i < nb_parts; i++)
		if (parts[i].iov_base == NULL && parts[i].iov_len > 0)
			return true;
	return false;
}

static int
read_addr(const struct sockaddr *addr, socklen_t len, struct tr_addr *to, rte_be16_t *port)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

	if (len >= sizeof(*in) && addr->sa_family == AF_INET) {
		*to = tr_addr_ipv4(in->sin_addr.s_addr);
		*port = in->sin_port;
		return 0;
	}
	if (len < sizeof(*in6) || addr->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	memcpy(to, &in6->sin6_addr, sizeof(*to));
	*port = in6->sin6_port;
	return 0;
}

static void
inherit(struct packetdrill_socket *socket, const struct packetdrill_socket *listener)
{
	socket->send_bytes = listener->send_bytes;
	socket->unsent_max = listener->unsent_max;
	socket->mss_max = listener->mss_max;
	socket->user_timeout_s = listener->user_timeout_s;
	socket->keepalive = listener->keepalive;
	socket->nodelay = listener->nodelay;
	socket->is_ipv6 = listener->is_ipv6;
}

static void
name_peer(const struct packetdrill_socket *socket, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in = {.sin_family = AF_INET};
	const void *name = &in;
	socklen_t bytes = sizeof(in);
	struct tcp_conn_info info;

	if (addr == NULL || len == NULL)
		return;
	if (socket->conn != NULL) {
		tcp_conn_info(socket->conn, &info);
		in.sin_addr.s_addr = tr_addr_to_ipv4(&info.remote_addr);
		in.sin_port = info.remote_port;
		memcpy(&in6.sin6_addr, &info.remote_addr, sizeof(in6.sin6_addr));
		in6.sin6_port = info.remote_port;
	}
	if (socket->is_ipv6) {
		name = &in6;
		bytes = sizeof(in6);
	}
	memcpy(addr, name, RTE_MIN(*len, bytes));
	*len = bytes;
}
