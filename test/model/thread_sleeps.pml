/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * An engine thread that sleeps, and all who cross to it: a core that dispatches two requests
 * before one flush and a third later, a second core, and the end (submit_stop()).
 */
#define SLEEPERS 1
#define THREAD 0

#define FIRST_CORE 1
#define SECOND_CORE 2
#define CONTROL 3
#define THREADS 4

/* Locations. Of a dispatch ring, the tail of its core. */
#define RING(core) (core)
#define STOPPING 3
#define LOCATIONS 4

#include "wake.pml"

byte sent[3], taken[3]; /* by ring: what has been stored, seen or not; what the thread has taken */
byte flushed; /* cores that dispatch no more */
bool stopping;
bool over;

#define WAITS(ring) (load(ring) != taken[ring])
#define ALL_TAKEN (taken[1] == 3 && taken[2] == 1)

inline take(ring)
{
	if
	:: WAITS(ring) -> taken[ring] = load(ring); served = true
	:: else
	fi
}

/* thread_sleep(), with its thread_queued(). */
inline thread_sleep()
{
	submit_sleeper_begin(THREAD);
	if
#ifndef NO_CHECK_QUEUED
	:: WAITS(RING(FIRST_CORE))
	:: !WAITS(RING(FIRST_CORE)) && WAITS(RING(SECOND_CORE))
#endif
#ifndef NO_CHECK_STOPPING
	:: load(STOPPING)
#endif
	:: else -> wait_readable(THREAD)
	fi;
	submit_sleeper_end(THREAD)
}

/* thread_main() with thread_round(). It ends when a round after the stop found nothing. */
active proctype thread()
{
	byte me = THREAD;
	bool saw_stop, served;

	do
	:: saw_stop = load(STOPPING);
		served = false;
		take(RING(FIRST_CORE));
		take(RING(SECOND_CORE));
		if
		:: served
		:: !served && saw_stop -> break
		:: !served && !saw_stop -> thread_sleep()
		fi
	od;
	assert(ALL_TAKEN);
	over = true
}

/* submit_dispatch(). Its sender is not done before the flush is. */
inline submit_dispatch()
{
	d_step { sent[RING(me)]++; put(RING(me), sent[RING(me)]); crossing[THREAD]++ }
}

/* submit_flush() */
inline submit_flush(requests)
{
#ifndef NO_FENCE_FLUSH
	full_fence();
#endif
	submit_sleeper_wake(THREAD);
	crossing[THREAD] = crossing[THREAD] - requests
}

active proctype first_core()
{
	byte me = FIRST_CORE;

	submit_dispatch();
	submit_dispatch();
	submit_flush(2);
	submit_dispatch();
	submit_flush(1);
	full_fence(); /* the thread is joined */
	flushed++
}

active proctype second_core()
{
	byte me = SECOND_CORE;

	submit_dispatch();
	submit_flush(1);
	full_fence();
	flushed++
}

/* submit_stop(): after the cores have stopped dispatching. */
active proctype control()
{
	byte me = CONTROL;

	flushed == 2;
#ifdef PROGRESS
	ALL_TAKEN; /* without the help of the end */
#endif
	d_step { stopping = true; put(STOPPING, true); crossing[THREAD]++ };
#ifndef NO_FENCE_STOP
	full_fence();
#endif
	submit_sleeper_wake(THREAD);
	done(THREAD)
}

init
{
	byte me;

	atomic {
		do
		:: me < THREADS -> run store_buffer(me); me++
		:: else -> break
		od
	}
}

#define MESSAGES (sent[1] != taken[1] || sent[2] != taken[2] || stopping)

#ifdef PROGRESS
ltl progress { <> over }
#else
active proctype watch()
{
end:
	atomic { LOST(THREAD, MESSAGES) -> assert(!LOST(THREAD, MESSAGES)) }
}
#endif
