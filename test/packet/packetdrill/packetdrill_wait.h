/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The adapter as a whole, and its time. The clock is virtual: who sleeps, asks what time it is, or
 * runs the script and waits for something, moves it from one timer of the stack to the next. A call
 * that the script says takes time is made by a second thread, which sleeps in the kernel until what
 * it waits for has happened; packetdrill looks at its state to see that it does.
 *
 * When that thread wakes it asks for the time, and the script compares it with its own. So the
 * clock stands still from when the call is over until it has asked.
 *
 * Threads: both, with the lock, unless said otherwise.
 */
#ifndef PACKETDRILL_WAIT_H
#define PACKETDRILL_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "packetdrill_flags.h"
#include "packetdrill_stack.h"

/** Descriptors that a script can have. */
#define PACKETDRILL_FDS 1024

struct packetdrill_epoll;
struct packetdrill_socket;

/** Somebody who waits until something is so, or until a time. */
struct packetdrill_waiter {
	bool (*ready)(void *arg);
	void *arg;
	uint64_t deadline_us;
	bool awake;
};

/** The adapter. */
struct packetdrill {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t script; /* the thread that runs the script */
	struct packetdrill_waiter *waiter; /* the other one's; NULL: it does not wait */
	bool looks_late; /* the other one is awake, and has not asked for the time yet */
	struct packetdrill_flags flags;
	struct packetdrill_stack stack;
	struct packetdrill_socket *sockets[PACKETDRILL_FDS]; /* by descriptor */
	struct packetdrill_epoll *epolls[PACKETDRILL_FDS]; /* the same */
	unsigned int nb_held; /* sockets that hold what was written; see packetdrill_cork.h */
};

/**
 * Wait until @p ready says so.
 *
 * @return
 *   False: it is @p deadline_us, or nothing will ever happen.
 */
bool packetdrill_wait(struct packetdrill *drill, bool (*ready)(void *arg), void *arg,
		      uint64_t deadline_us);

/** Move the clock to a time. */
void packetdrill_advance(struct packetdrill *drill, uint64_t until_us);

/** Something happened: wake the call that waited for it. */
void packetdrill_happened(struct packetdrill *drill);

/** What time it is. Each time it is asked it is a microsecond later: packetdrill waits by asking.
 */
uint64_t packetdrill_now(struct packetdrill *drill);

#endif /* PACKETDRILL_WAIT_H */
