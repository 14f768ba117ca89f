/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not <netinet/tcp.h>: its states have the names of ours. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <rte_common.h>

#include "packetdrill_epoll.h"
#include "packetdrill_option.h"
#include "packetdrill_socket.h"
#include "packetdrill_wait.h"

/*
 * The adapter of this process. getsockopt() has no other way to it: packetdrill calls libc's for
 * TCP_INFO.
 */
static struct packetdrill *the_drill;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "tailrace: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static struct packetdrill *
lock(void *userdata)
{
	struct packetdrill *drill = userdata;

	pthread_mutex_lock(&drill->lock);
	return drill;
}

/* Keeps errno, which the caller will look at. */
static void
unlock(struct packetdrill *drill)
{
	packetdrill_happened(drill);
	pthread_mutex_unlock(&drill->lock);
}

/* Lock, and find a socket. What is no socket of ours is answered here. */
static struct packetdrill_socket *
get(void *userdata, int fd)
{
	struct packetdrill *drill = lock(userdata);
	struct packetdrill_socket *socket = packetdrill_socket_find(drill, fd);

	if (socket == NULL) {
		unlock(drill);
		errno = EBADF;
	}
	return socket;
}

static void
drill_free(void *userdata)
{
	struct packetdrill *drill = lock(userdata);

	packetdrill_stack_deinit(&drill->stack);
	packetdrill_epoll_free_all(drill);
	packetdrill_socket_free_all(drill);
	the_drill = NULL;
	pthread_mutex_unlock(&drill->lock);
	pthread_cond_destroy(&drill->changed);
	pthread_mutex_destroy(&drill->lock);
	free(drill);
}

static int
drill_socket(void *userdata, int domain, int type, int protocol)
{
	struct packetdrill *drill = lock(userdata);
	int fd = packetdrill_socket_open(drill, domain, type, protocol);

	unlock(drill);
	return fd;
}

static int
drill_bind(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	if (socket == NULL)
		return -1;
	rc = packetdrill_socket_bind(socket, addr, len);
	unlock(userdata);
	return rc;
}

static int
drill_listen(void *userdata, int fd, int backlog)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	RTE_SET_USED(backlog);
	if (socket == NULL)
		return -1;
	rc = packetdrill_socket_listen(socket);
	unlock(userdata);
	return rc;
}

static int
drill_accept(void *userdata, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int accepted;

	if (socket == NULL)
		return -1;
	accepted = packetdrill_socket_accept(socket, addr, len);
	unlock(userdata);
	return accepted;
}

static int
drill_connect(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	if (socket == NULL)
		return -1;
	rc = packetdrill_socket_connect(socket, addr, len);
	unlock(userdata);
	return rc;
}

static ssize_t
read_parts(void *userdata, int fd, const struct iovec *parts, size_t nb_parts, int flags)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	ssize_t bytes;

	if (socket == NULL)
		return -1;
	bytes = packetdrill_socket_read(socket, parts, nb_parts, flags);
	unlock(userdata);
	return bytes;
}

static ssize_t
write_parts(void *userdata, int fd, const struct iovec *parts, size_t nb_parts, int flags)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	ssize_t bytes;

	if (socket == NULL)
		return -1;
	bytes = packetdrill_socket_write(socket, parts, nb_parts, flags);
	unlock(userdata);
	return bytes;
}

static ssize_t
drill_recv(void *userdata, int fd, void *data, size_t len, int flags)
{
	struct iovec part = {.iov_base = data, .iov_len = len};

	return read_parts(userdata, fd, &part, 1, flags);
}

static ssize_t
drill_read(void *userdata, int fd, void *data, size_t len)
{
	return drill_recv(userdata, fd, data, len, 0);
}

static ssize_t
drill_readv(void *userdata, int fd, const struct iovec *parts, int nb_parts)
{
	return read_parts(userdata, fd, parts, nb_parts, 0);
}

static ssize_t
drill_recvfrom(void *userdata, int fd, void *data, size_t len, int flags, struct sockaddr *addr,
	       socklen_t *addr_len)
{
	RTE_SET_USED(addr);
	if (addr_len != NULL)
		*addr_len = 0; /* as a connected socket answers */
	return drill_recv(userdata, fd, data, len, flags);
}

/* What TCP_INQ asks for: bytes that are left; 1 where the end of the stream is. */
static void
tell_unread(const struct packetdrill_socket *socket, struct msghdr *message, size_t room)
{
	struct cmsghdr *control = message->msg_control;
	int unread = packetdrill_socket_unread(socket);

	if (room < CMSG_SPACE(sizeof(unread)))
		return;
	if (unread == 0 && socket->peer_closed)
		unread = 1;
	*control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(unread)),
		.cmsg_level = IPPROTO_TCP,
		.cmsg_type = TCP_CM_INQ,
	};
	memcpy(CMSG_DATA(control), &unread, sizeof(unread));
	message->msg_controllen = CMSG_SPACE(sizeof(unread));
}

static ssize_t
drill_recvmsg(void *userdata, int fd, struct msghdr *message, int flags)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	size_t room = message->msg_control == NULL ? 0 : message->msg_controllen;
	ssize_t bytes;

	if (socket == NULL)
		return -1;
	message->msg_namelen = 0;
	message->msg_controllen = 0;
	message->msg_flags = 0;
	bytes = packetdrill_socket_read(socket, message->msg_iov, message->msg_iovlen, flags);
	if (bytes >= 0 && socket->tells_unread)
		tell_unread(socket, message, room);
	unlock(userdata);
	return bytes;
}

static ssize_t
drill_send(void *userdata, int fd, const void *data, size_t len, int flags)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	return write_parts(userdata, fd, &part, 1, flags);
}

static ssize_t
drill_write(void *userdata, int fd, const void *data, size_t len)
{
	return drill_send(userdata, fd, data, len, 0);
}

static ssize_t
drill_writev(void *userdata, int fd, const struct iovec *parts, int nb_parts)
{
	return write_parts(userdata, fd, parts, nb_parts, 0);
}

static ssize_t
drill_sendto(void *userdata, int fd, const void *data, size_t len, int flags,
	     const struct sockaddr *addr, socklen_t addr_len)
{
	RTE_SET_USED(addr);
	RTE_SET_USED(addr_len);
	return drill_send(userdata, fd, data, len, flags);
}

static ssize_t
drill_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags)
{
	return write_parts(userdata, fd, message->msg_iov, message->msg_iovlen, flags);
}

static int
drill_fcntl(void *userdata, int fd, int command, ...)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc = 0;
	va_list args;

	if (socket == NULL)
		return -1;
	va_start(args, command);
	if (command == F_GETFL) {
		rc = O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0);
	} else if (command == F_SETFL) {
		socket->nonblocking = va_arg(args, int) & O_NONBLOCK;
	} else {
		errno = EINVAL;
		rc = -1;
	}
	va_end(args);
	unlock(userdata);
	return rc;
}

static int
drill_close(void *userdata, int fd)
{
	struct packetdrill *drill = lock(userdata);
	struct packetdrill_socket *socket = packetdrill_socket_find(drill, fd);
	int rc = 0;

	if (socket != NULL) {
		rc = packetdrill_socket_close(socket);
	} else if (!packetdrill_epoll_close(drill, fd)) {
		errno = EBADF;
		rc = -1;
	}
	unlock(drill);
	return rc;
}

static int
drill_shutdown(void *userdata, int fd, int how)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	if (socket == NULL)
		return -1;
	rc = packetdrill_socket_shutdown(socket, how);
	unlock(userdata);
	return rc;
}

static int
drill_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *len)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	if (socket == NULL)
		return -1;
	rc = packetdrill_option_get(socket, level, name, value, len);
	unlock(userdata);
	return rc;
}

static int
drill_setsockopt(void *userdata, int fd, int level, int name, const void *value, socklen_t len)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	int rc;

	if (socket == NULL)
		return -1;
	rc = packetdrill_option_set(socket, level, name, value, len);
	unlock(userdata);
	return rc;
}

static int
drill_poll(void *userdata, struct pollfd *fds, nfds_t nb, int timeout_ms)
{
	struct packetdrill *drill = lock(userdata);
	int ready = packetdrill_socket_poll(drill, fds, nb, timeout_ms);

	unlock(drill);
	return ready;
}

static int
drill_netdev_send(void *userdata, const void *data, size_t len)
{
	struct packetdrill *drill = lock(userdata);
	bool taken = packetdrill_stack_input(&drill->stack, data, len);

	unlock(drill);
	return taken ? 0 : -1;
}

static bool
has_packet(void *arg)
{
	const struct packetdrill *drill = arg;

	return !TAILQ_EMPTY(&drill->stack.sent);
}

static int
drill_netdev_receive(void *userdata, void *data, size_t *len, long long *time_us)
{
	struct packetdrill *drill = lock(userdata);
	struct packetdrill_packet *packet;

	packetdrill_wait(drill, has_packet, drill, UINT64_MAX);
	packet = packetdrill_stack_take(&drill->stack);
	if (packet == NULL) {
		/* The script expects one that never comes: this fails it. */
		*len = 0;
	} else {
		*len = RTE_MIN(*len, (size_t)packet->len);
		memcpy(data, packet->data, *len);
		*time_us = packet->sent_us;
		free(packet);
	}
	unlock(drill);
	return 0;
}

static int
drill_usleep(void *userdata, useconds_t us)
{
	struct packetdrill *drill = lock(userdata);

	packetdrill_advance(drill, drill->stack.now_us + us);
	unlock(drill);
	return 0;
}

static int
drill_gettimeofday(void *userdata, struct timeval *now, struct timezone *zone)
{
	struct packetdrill *drill = lock(userdata);
	uint64_t now_us = packetdrill_now(drill);

	RTE_SET_USED(zone);
	now->tv_sec = now_us / 1000000;
	now->tv_usec = now_us % 1000000;
	unlock(drill);
	return 0;
}

static int
drill_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	struct packetdrill_socket *socket = get(userdata, fd);
	va_list args;
	int rc;

	if (socket == NULL)
		return -1;
	va_start(args, request);
	rc = packetdrill_option_control(socket, request, va_arg(args, int *));
	va_end(args);
	unlock(userdata);
	return rc;
}

static int
drill_epoll_create(void *userdata, int size)
{
	struct packetdrill *drill = lock(userdata);
	int epfd = packetdrill_epoll_create(drill);

	RTE_SET_USED(size);
	unlock(drill);
	return epfd;
}

static int
drill_epoll_ctl(void *userdata, int epfd, int op, int fd, struct epoll_event *event)
{
	struct packetdrill *drill = lock(userdata);
	int rc = packetdrill_epoll_ctl(drill, epfd, op, fd, event);

	unlock(drill);
	return rc;
}

static int
drill_epoll_wait(void *userdata, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	struct packetdrill *drill = lock(userdata);
	int nb = packetdrill_epoll_wait(drill, epfd, events, max, timeout_ms);

	unlock(drill);
	return nb;
}

/* What there is no such thing of. */
static int
drill_pipe(void *userdata, int fds[2])
{
	RTE_SET_USED(userdata);
	RTE_SET_USED(fds);
	errno = ENOSYS;
	return -1;
}

static int
drill_splice(void *userdata, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out, size_t len,
	     unsigned int flags)
{
	RTE_SET_USED(userdata);
	RTE_SET_USED(fd_in);
	RTE_SET_USED(off_in);
	RTE_SET_USED(fd_out);
	RTE_SET_USED(off_out);
	RTE_SET_USED(len);
	RTE_SET_USED(flags);
	errno = ENOSYS;
	return -1;
}

/*
 * packetdrill opens this object so that its own symbols go before the program's, and what EAL reads
 * of getopt is then another variable than getopt's: it would crash. Loaded beforehand it is well.
 */
static bool
is_preloaded(void)
{
	void *program = dlopen(NULL, RTLD_NOW);

	return program != NULL && dlsym(program, "packetdrill_interface_init") != NULL;
}

void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface)
{
	struct packetdrill *drill = calloc(1, sizeof(*drill));
	char wrong[64] = "";
	int rc;

	if (!is_preloaded())
		die("packetdrill", "name this object in LD_PRELOAD, too");
	if (drill == NULL)
		die("packetdrill", "no memory");
	if (packetdrill_flags_parse(flags, &drill->flags, wrong) < 0)
		die(wrong, "not understood in --so_flags; see packetdrill_flags.h");
	pthread_mutex_init(&drill->lock, NULL);
	pthread_cond_init(&drill->changed, NULL);
	drill->script = pthread_self();
	rc = packetdrill_stack_init(&drill->stack, &drill->flags, &packetdrill_socket_events,
				    drill);
	if (rc < 0)
		die("stack", strerror(-rc));
	the_drill = drill;
	*interface = (struct packetdrill_interface){
		.userdata = drill,
		.free = drill_free,
		.socket = drill_socket,
		.bind = drill_bind,
		.listen = drill_listen,
		.accept = drill_accept,
		.connect = drill_connect,
		.read = drill_read,
		.readv = drill_readv,
		.recv = drill_recv,
		.recvfrom = drill_recvfrom,
		.recvmsg = drill_recvmsg,
		.write = drill_write,
		.writev = drill_writev,
		.send = drill_send,
		.sendto = drill_sendto,
		.sendmsg = drill_sendmsg,
		.fcntl = drill_fcntl,
		.ioctl = drill_ioctl,
		.close = drill_close,
		.shutdown = drill_shutdown,
		.getsockopt = drill_getsockopt,
		.setsockopt = drill_setsockopt,
		.poll = drill_poll,
		.netdev_send = drill_netdev_send,
		.netdev_receive = drill_netdev_receive,
		.usleep = drill_usleep,
		.gettimeofday = drill_gettimeofday,
		.epoll_create = drill_epoll_create,
		.epoll_ctl = drill_epoll_ctl,
		.epoll_wait = drill_epoll_wait,
		.pipe = drill_pipe,
		.splice = drill_splice,
	};
}

/* In place of libc's, which knows nothing of our sockets. */
int
getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	static int (*libc)(int, int, int, void *, socklen_t *);

	if (the_drill != NULL && packetdrill_socket_find(the_drill, fd) != NULL)
		return drill_getsockopt(the_drill, fd, level, name, value, len);
	if (libc == NULL)
		libc = (int (*)(int, int, int, void *, socklen_t *))dlsym(RTLD_NEXT, "getsockopt");
	return libc(fd, level, name, value, len);
}
