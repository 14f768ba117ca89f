/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * lib/submit/submit_wake.c: what sleeps and what wakes, one model step for each load, store, fence
 * and system call. Fences, checks and orders can be left out by macro; test_model.py shows that
 * each is needed.
 *
 * The file that includes this one defines SLEEPERS; sleeper s has location s for its `sleeping`.
 */
#include "memory.pml"

#define SLEEPING(s) (s)

bool fd[SLEEPERS]; /* the eventfd is readable */
bool asleep[SLEEPERS]; /* in poll(), ppoll() or rte_epoll_wait() */
byte crossing[SLEEPERS]; /* who has stored a message for it, and not yet done what wakes it */
byte ended; /* sleeps that something else ended */

/* To show that the search meets what the protocol must bear: a write that was meant for one sleep
 * and hits a later one. */
#ifdef NO_LATE_WRITE
byte naps[SLEEPERS], saw[THREADS];
#define NAP(s) naps[s]++
#define SAW(s) saw[me] = naps[s]
#define NOT_LATE(s) assert(naps[s] <= saw[me] + 1)
#else
#define NAP(s) skip
#define SAW(s) skip
#define NOT_LATE(s) skip
#endif

/* The message, and that its sender is not done yet. */
inline send(s, l, v)
{
	d_step { put(l, v); crossing[s]++ }
}

/* eventfd_write(). The kernel takes the lock of the eventfd for it, and for the read: what was
 * stored before the write is in memory for who has read. No more is taken from a system call. */
inline eventfd_write(s)
{
#ifdef EVENTFD_WITHOUT_ORDER
	fd[s] = true
#else
	d_step { waiting[me] == 0 -> fd[s] = true }
#endif
}

/* submit_sleeper_wake(), after a message and a fence of the caller's. */
inline submit_sleeper_wake(s)
{
	if
	:: d_step { load(SLEEPING(s)) -> SAW(s) };
#ifdef WRITE_BEFORE_STORE
		eventfd_write(s);
		store(SLEEPING(s), false);
#else
		store(SLEEPING(s), false);
		eventfd_write(s);
#endif
		NOT_LATE(s)
	:: else
	fi
}

inline done(s)
{
	crossing[s]--
}

/* submit_sleeper_begin() */
inline submit_sleeper_begin(s)
{
	store(SLEEPING(s), true);
#ifndef NO_FENCE_BEGIN
	full_fence()
#endif
}

/* submit_sleeper_wait(), and the wait_interrupt() and nap() of lib/core/core_idle.c. No timeout is
 * relied on; but something else (a timeout, a signal, a frame) may end some sleeps. */
inline wait_readable(s)
{
	d_step { asleep[s] = true; NAP(s) };
	if
	:: d_step { fd[s] -> asleep[s] = false }
	:: d_step { ended < ENDED_BY_OTHERS -> ended++; asleep[s] = false }
	fi
}

/* submit_sleeper_end() */
inline submit_sleeper_end(s)
{
	store(SLEEPING(s), false);
	fd[s] = false
}

/* A lost wake-up: the thread sleeps, a message waits for it, and nobody will write the eventfd. */
#define LOST(s, messages) (asleep[s] && !fd[s] && crossing[s] == 0 && (messages))
