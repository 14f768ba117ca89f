/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Connections over the kernel's sockets: edge-triggered epoll, and a buffer for what each sends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "load_worker.h"

#define CONNECT_TIMEOUT_S 10
#define EVENTS 256
#define RECEIVE_BYTES (64 * 1024)
#define SEND_BYTES_MIN (16 * 1024)

struct kernel_conn {
	int fd;
	bool queued; /* among those that have something to send */
	uint32_t first; /* of the bytes to send */
	uint32_t end;
	uint8_t *buffer;
};

struct kernel {
	struct load_worker *worker;
	int epoll;
	uint32_t nb_conns; /* that are open */
	struct kernel_conn *conns;
	uint32_t buffer_bytes; /* of each */
	uint32_t *queue; /* connections that have something to send */
	uint32_t nb_queued;
	struct epoll_event events[EVENTS];
	uint8_t received[RECEIVE_BYTES];
};

static void *open_all(struct load_worker *worker);
static int open_one(struct kernel *kernel, struct kernel_conn *conn);
static socklen_t socket_addr(const struct load_args *args, struct sockaddr_storage *addr);
static int watch(struct kernel *kernel, struct kernel_conn *conn);
static void close_all(void *transport);
static bool send_parts(void *transport, uint32_t index, const struct iovec *parts, unsigned int nb);
static int turn(void *transport, uint64_t wait_ns);
static int send_queued(struct kernel *kernel);
static int receive(struct kernel *kernel, uint32_t index, bool ends);

const struct load_transport load_transport_kernel = {
	.name = "kernel",
	.open = open_all,
	.close = close_all,
	.send = send_parts,
	.turn = turn,
};

static void *
open_all(struct load_worker *worker)
{
	const struct load_args *args = worker->plan->args;
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	struct rlimit files;

	if (kernel == NULL)
		goto fail;
	kernel->worker = worker;
	kernel->epoll = epoll_create1(EPOLL_CLOEXEC);
	kernel->buffer_bytes = RTE_MAX(worker->plan->keys.value_max + LOAD_PROTOCOL_HEAD_MAX,
				       (uint32_t)SEND_BYTES_MIN);
	kernel->conns = calloc(worker->nb_conns, sizeof(kernel->conns[0]));
	kernel->queue = calloc(worker->nb_conns, sizeof(kernel->queue[0]));
	if (kernel->epoll < 0 || kernel->conns == NULL || kernel->queue == NULL)
		goto fail;
	/* As many as the machine allows. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Sleep as long as was asked for, not up to 50 us longer. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	while (kernel->nb_conns < worker->nb_conns) {
		if (open_one(kernel, &kernel->conns[kernel->nb_conns]) < 0)
			goto fail;
		kernel->nb_conns++;
	}
	return kernel;

fail:
	load_worker_fail(worker, "%s: %s", args->server,
			 errno == EINPROGRESS ? "does not answer" : strerror(errno));
	if (kernel != NULL)
		close_all(kernel);
	return NULL;
}

/* -1 with errno, and nothing left open. */
static int
open_one(struct kernel *kernel, struct kernel_conn *conn)
{
	const struct load_args *args = kernel->worker->plan->args;
	struct sockaddr_storage addr;
	socklen_t addr_bytes = socket_addr(args, &addr);
	/* Of connect(), too. */
	struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
	int on = 1;
	int error;

	conn->fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return -1;
	conn->buffer = malloc(kernel->buffer_bytes);
	if (conn->buffer != NULL &&
	    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    connect(conn->fd, (struct sockaddr *)&addr, addr_bytes) == 0 &&
	    watch(kernel, conn) == 0)
		return 0;
	error = errno;
	free(conn->buffer);
	close(conn->fd);
	errno = error;
	return -1;
}

/* The server's; returns its bytes. */
static socklen_t
socket_addr(const struct load_args *args, struct sockaddr_storage *addr)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(args->server_port)};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(args->server_port)};

	memset(addr, 0, sizeof(*addr));
	if (tr_addr_is_ipv4(&args->server_addr)) {
		ipv4.sin_addr.s_addr = tr_addr_to_ipv4(&args->server_addr);
		memcpy(addr, &ipv4, sizeof(ipv4));
		return sizeof(ipv4);
	}
	memcpy(&ipv6.sin6_addr, &args->server_addr, sizeof(ipv6.sin6_addr));
	memcpy(addr, &ipv6, sizeof(ipv6));
	return sizeof(ipv6);
}

static int
watch(struct kernel *kernel, struct kernel_conn *conn)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET,
		.data.u32 = conn - kernel->conns,
	};

	return epoll_ctl(kernel->epoll, EPOLL_CTL_ADD, conn->fd, &event);
}

static void
close_all(void *transport)
{
	struct kernel *kernel = transport;
	uint32_t i;

	for (i = 0; i < kernel->nb_conns; i++) {
		close(kernel->conns[i].fd);
		free(kernel->conns[i].buffer);
	}
	if (kernel->epoll >= 0)
		close(kernel->epoll);
	free(kernel->queue);
	free(kernel->conns);
	free(kernel);
}

static bool
send_parts(void *transport, uint32_t index, const struct iovec *parts, unsigned int nb)
{
	struct kernel *kernel = transport;
	struct kernel_conn *conn = &kernel->conns[index];
	size_t bytes = 0;
	unsigned int i;

	for (i = 0; i < nb; i++)
		bytes += parts[i].iov_len;
	if (bytes > kernel->buffer_bytes - conn->end) {
		memmove(conn->buffer, conn->buffer + conn->first, conn->end - conn->first);
		conn->end -= conn->first;
		conn->first = 0;
		if (bytes > kernel->buffer_bytes - conn->end)
			return false;
	}
	for (i = 0; i < nb; i++) {
		memcpy(conn->buffer + conn->end, parts[i].iov_base, parts[i].iov_len);
		conn->end += parts[i].iov_len;
	}
	if (!conn->queued)
		kernel->queue[kernel->nb_queued++] = index;
	conn->queued = true;
	return true;
}

static int
turn(void *transport, uint64_t wait_ns)
{
	struct kernel *kernel = transport;
	struct timespec wait = {.tv_nsec = wait_ns};
	int nb, i;

	if (send_queued(kernel) < 0)
		return -EIO;
	nb = wait_ns > 0 ? epoll_pwait2(kernel->epoll, kernel->events, EVENTS, &wait, NULL)
			 : epoll_wait(kernel->epoll, kernel->events, EVENTS, 0);
	if (nb < 0 && errno != EINTR)
		return load_worker_fail(kernel->worker, "epoll: %s", strerror(errno));
	for (i = 0; i < nb; i++) {
		uint32_t what = kernel->events[i].events & ~EPOLLOUT;

		if (what != 0 && receive(kernel, kernel->events[i].data.u32, what != EPOLLIN) < 0)
			return -EIO;
	}
	return 0;
}

/* What a socket does not take stays queued. */
static int
send_queued(struct kernel *kernel)
{
	uint32_t i, left = 0;

	for (i = 0; i < kernel->nb_queued; i++) {
		struct kernel_conn *conn = &kernel->conns[kernel->queue[i]];
		ssize_t sent = send(conn->fd, conn->buffer + conn->first, conn->end - conn->first,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return load_worker_fail(kernel->worker, "send: %s", strerror(errno));
		if (sent > 0)
			conn->first += sent;
		if (conn->first == conn->end) {
			conn->first = 0;
			conn->end = 0;
			conn->queued = false;
		} else {
			kernel->queue[left++] = kernel->queue[i];
		}
	}
	kernel->nb_queued = left;
	return 0;
}

/*
 * All that came: it is told of but once. Less than was asked for was all; not so where the
 * connection ends, which shows after the last bytes.
 */
static int
receive(struct kernel *kernel, uint32_t index, bool ends)
{
	ssize_t len;

	do {
		len = recv(kernel->conns[index].fd, kernel->received, RECEIVE_BYTES, MSG_DONTWAIT);
		if (len == 0)
			return load_worker_fail(kernel->worker, "the server closed a connection");
		if (len < 0 && errno != EAGAIN)
			return load_worker_fail(kernel->worker, "receive: %s", strerror(errno));
		if (len > 0 && load_worker_input(kernel->worker, index, kernel->received, len,
						 rte_rdtsc()) < 0)
			return -EIO;
	} while (len == RECEIVE_BYTES || (ends && len > 0));
	return 0;
}
