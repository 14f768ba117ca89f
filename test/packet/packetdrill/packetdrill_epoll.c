/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "packetdrill_socket.h"

#define WATCHED_MAX 64
/* What is told whether it was asked for or not. */
#define ALWAYS (EPOLLERR | EPOLLHUP)
#define FLAGS (EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP)

/* A socket that is watched; once it is closed, until its place is taken. */
struct watched {
	struct packetdrill_socket *socket;
	int fd;
	struct epoll_event event;
	bool told; /* of an edge: what is told after news alone */
	uint32_t news; /* the socket's, when it was told */
	bool spent; /* of EPOLLONESHOT */
};

struct packetdrill_epoll {
	struct packetdrill *drill;
	struct watched watched[WATCHED_MAX];
	unsigned int nb;
};

static int fail(int error);
static struct watched *find(struct packetdrill_epoll *epoll, int fd);
static bool has_events(void *arg);
static uint32_t events_of(const struct packetdrill_epoll *epoll, const struct watched *watched);

int
packetdrill_epoll_create(struct packetdrill *drill)
{
	struct packetdrill_epoll *epoll = calloc(1, sizeof(*epoll));
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (epoll == NULL)
		abort();
	if (fd < 0 || fd >= PACKETDRILL_FDS) {
		free(epoll);
		if (fd >= 0)
			close(fd);
		return fail(EMFILE);
	}
	epoll->drill = drill;
	drill->epolls[fd] = epoll;
	return fd;
}

int
packetdrill_epoll_ctl(struct packetdrill *drill, int epfd, int op, int fd,
		      const struct epoll_event *event)
{
	struct packetdrill_epoll *epoll =
		epfd >= 0 && epfd < PACKETDRILL_FDS ? drill->epolls[epfd] : NULL;
	struct packetdrill_socket *socket = packetdrill_socket_find(drill, fd);
	struct watched *watched;

	if (epoll == NULL || socket == NULL)
		return fail(EBADF);
	if (event == NULL && op != EPOLL_CTL_DEL)
		return fail(EFAULT);
	watched = find(epoll, fd);
	if (op == EPOLL_CTL_ADD ? watched != NULL : watched == NULL)
		return fail(op == EPOLL_CTL_ADD ? EEXIST : ENOENT);
	if (op == EPOLL_CTL_DEL) {
		*watched = epoll->watched[--epoll->nb];
		return 0;
	}
	if (op == EPOLL_CTL_ADD) {
		if (epoll->nb == WATCHED_MAX)
			return fail(ENOSPC);
		watched = &epoll->watched[epoll->nb++];
	}
	*watched = (struct watched){.socket = socket, .fd = fd, .event = *event};
	return 0;
}

int
packetdrill_epoll_wait(struct packetdrill *drill, int epfd, struct epoll_event *events, int max,
		       int timeout_ms)
{
	struct packetdrill_epoll *epoll =
		epfd >= 0 && epfd < PACKETDRILL_FDS ? drill->epolls[epfd] : NULL;
	uint64_t deadline_us = UINT64_MAX;
	struct watched *watched;
	unsigned int i;
	int nb = 0;

	if (epoll == NULL)
		return fail(EBADF);
	if (max <= 0)
		return fail(EINVAL);
	if (timeout_ms >= 0)
		deadline_us = drill->stack.now_us + timeout_ms * UINT64_C(1000);
	packetdrill_wait(drill, has_events, epoll, deadline_us);
	for (i = 0; i < epoll->nb && nb < max; i++) {
		watched = &epoll->watched[i];
		events[nb].events = events_of(epoll, watched);
		if (events[nb].events == 0)
			continue;
		events[nb++].data = watched->event.data;
		watched->told = true;
		watched->news = watched->socket->news;
		watched->spent = watched->event.events & EPOLLONESHOT;
	}
	return nb;
}

bool
packetdrill_epoll_close(struct packetdrill *drill, int epfd)
{
	if (epfd < 0 || epfd >= PACKETDRILL_FDS || drill->epolls[epfd] == NULL)
		return false;
	free(drill->epolls[epfd]);
	drill->epolls[epfd] = NULL;
	close(epfd);
	return true;
}

void
packetdrill_epoll_free_all(struct packetdrill *drill)
{
	unsigned int fd;

	for (fd = 0; fd < PACKETDRILL_FDS; fd++) {
		free(drill->epolls[fd]);
		drill->epolls[fd] = NULL;
	}
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* A descriptor that was closed is watched no more, whoever has its number now. */
static struct watched *
find(struct packetdrill_epoll *epoll, int fd)
{
	struct watched *watched;
	unsigned int i;

	for (i = 0; i < epoll->nb; i++) {
		watched = &epoll->watched[i];
		if (watched->fd != fd)
			continue;
		if (epoll->drill->sockets[fd] == watched->socket)
			return watched;
		*watched = epoll->watched[--epoll->nb];
		return NULL;
	}
	return NULL;
}

static bool
has_events(void *arg)
{
	struct packetdrill_epoll *epoll = arg;
	unsigned int i;

	for (i = 0; i < epoll->nb; i++)
		if (events_of(epoll, &epoll->watched[i]) != 0)
			return true;
	return false;
}

static uint32_t
events_of(const struct packetdrill_epoll *epoll, const struct watched *watched)
{
	struct packetdrill_socket *socket = epoll->drill->sockets[watched->fd];

	if (socket == NULL || socket != watched->socket || watched->spent)
		return 0;
	if (watched->event.events & EPOLLET && watched->told && watched->news == socket->news)
		return 0;
	/* poll's and epoll's bits are the same. */
	return (uint16_t)packetdrill_socket_events_now(socket) &
	       ((watched->event.events & ~FLAGS) | ALWAYS);
}
