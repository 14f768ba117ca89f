/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What packetdrill wants of the shared object that --so_filename names: one function by the name
 * packetdrill_interface_init, which fills this table. The layout is packetdrill's.
 *
 * Every function gets userdata first and otherwise does what the call of its name does.
 *
 * Threads: two of packetdrill's. One runs the script and calls everything; a second one makes the
 * calls that the script says take time, and no other.
 */
#ifndef PACKETDRILL_H
#define PACKETDRILL_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/** The table. */
struct packetdrill_interface {
	void *userdata;
	void (*free)(void *userdata);
	int (*socket)(void *userdata, int domain, int type, int protocol);
	int (*bind)(void *userdata, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(void *userdata, int fd, int backlog);
	int (*accept)(void *userdata, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(void *userdata, int fd, const struct sockaddr *addr, socklen_t len);
	ssize_t (*read)(void *userdata, int fd, void *data, size_t len);
	ssize_t (*readv)(void *userdata, int fd, const struct iovec *parts, int nb_parts);
	ssize_t (*recv)(void *userdata, int fd, void *data, size_t len, int flags);
	ssize_t (*recvfrom)(void *userdata, int fd, void *data, size_t len, int flags,
			    struct sockaddr *addr, socklen_t *addr_len);
	ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *userdata, int fd, const void *data, size_t len);
	ssize_t (*writev)(void *userdata, int fd, const struct iovec *parts, int nb_parts);
	ssize_t (*send)(void *userdata, int fd, const void *data, size_t len, int flags);
	ssize_t (*sendto)(void *userdata, int fd, const void *data, size_t len, int flags,
			  const struct sockaddr *addr, socklen_t addr_len);
	ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *message, int flags);
	int (*fcntl)(void *userdata, int fd, int command, ...);
	int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
	int (*close)(void *userdata, int fd);
	int (*shutdown)(void *userdata, int fd, int how);
	int (*getsockopt)(void *userdata, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(void *userdata, int fd, int level, int name, const void *value,
			  socklen_t len);
	int (*poll)(void *userdata, struct pollfd *fds, nfds_t nb, int timeout_ms);
	/* Give an IP packet to the stack. */
	int (*netdev_send)(void *userdata, const void *data, size_t len);
	/* Wait for a packet from the stack; *len is the room, then what was written; 0: none. */
	int (*netdev_receive)(void *userdata, void *data, size_t *len, long long *time_us);
	int (*usleep)(void *userdata, useconds_t us);
	int (*gettimeofday)(void *userdata, struct timeval *now, struct timezone *zone);
	int (*epoll_create)(void *userdata, int size);
	int (*epoll_ctl)(void *userdata, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *userdata, int epfd, struct epoll_event *events, int max,
			  int timeout_ms);
	int (*pipe)(void *userdata, int fds[2]);
	int (*splice)(void *userdata, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out,
		      size_t len, unsigned int flags);
};

/**
 * Fill the table; ends the process where that cannot be done.
 *
 * @param flags
 *   What --so_flags said; NULL: nothing. See packetdrill_flags.h.
 */
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface);

#endif /* PACKETDRILL_H */
