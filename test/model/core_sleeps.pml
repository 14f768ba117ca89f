/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A core that sleeps, and all who cross to it: a producer that answers twice (if SMALL, once), a
 * second one whose handle appears meanwhile, a control message, and the end (tr_core_quit()). A
 * value that waits for its release crosses as a control message does.
 */
#define SLEEPERS 1
#define CORE 0

#define PRODUCER 1
#define NEW_PRODUCER 2
#define CONTROL 3
#define THREADS 4

/* Locations. Of a ring, the tail of its producer. */
#define RING(producer) (producer)
#define CONTROL_RING 3
#define NB_PRODUCERS 4
#define STOP 5
#define LOCATIONS 6

#ifdef SMALL
#define ANSWERS 1
#else
#define ANSWERS 2
#endif

#include "wake.pml"

byte sent[4], taken[4]; /* by ring: what has been stored, seen or not; what the core has taken */
bool stopping;
bool over;

#define WAITS(ring) (load(ring) != taken[ring])
#define ALL_TAKEN (taken[1] == ANSWERS && taken[2] == 1 && taken[3] == 1)

inline take(ring)
{
	if
	:: WAITS(ring) -> taken[ring] = load(ring)
	:: else
	fi
}

/* core_poll(): core_control_run(), then core_reply_drain() with submit_drain() in it. */
inline core_poll()
{
	take(CONTROL_RING);
	take(RING(PRODUCER));
	if
	:: load(NB_PRODUCERS) == 1 -> take(RING(NEW_PRODUCER))
	:: else
	fi
}

/* submit_sleep_begin() with its core_has_responses(): asks is_safe. */
inline submit_sleep_begin(is_safe)
{
	submit_sleeper_begin(CORE);
	is_safe = true;
#ifndef NO_CHECK_RESPONSES
	if
	:: WAITS(RING(PRODUCER)) -> is_safe = false
	:: else
	fi;
	if
	:: is_safe && load(NB_PRODUCERS) == 1 ->
		is_safe = !WAITS(RING(NEW_PRODUCER))
	:: else
	fi;
#endif
	if
	:: !is_safe -> store(SLEEPING(CORE), false)
	:: else
	fi
}

/* core_idle_turn(), of a core that found nothing to do for long enough. */
inline core_idle_turn()
{
	submit_sleep_begin(safe);
	if
	:: safe ->
#ifndef NO_CHECK_CONTROL
		if
		:: WAITS(CONTROL_RING) -> safe = false
		:: else
		fi;
#endif
#ifndef NO_CHECK_STOP
		if
		:: load(STOP) -> safe = false
		:: else
		fi;
#endif
		if
		:: safe -> wait_readable(CORE)
		:: else
		fi;
		submit_sleeper_end(CORE)
	:: else
	fi
}

/* core_main(), and drain(), which does not sleep. */
active proctype core()
{
	byte me = CORE;
	bool safe;

	do
	:: load(STOP) -> break
	:: else ->
		core_poll();
		core_idle_turn()
	od;
	do
	:: ALL_TAKEN -> break
	:: else -> core_poll()
	od;
	over = true
}

/* submit_producer_respond() */
inline submit_producer_respond()
{
	d_step { sent[RING(me)]++; put(RING(me), sent[RING(me)]); crossing[CORE]++ };
#ifndef NO_FENCE_RESPOND
	full_fence();
#endif
	submit_sleeper_wake(CORE);
	done(CORE)
}

/* submit_wake() */
inline submit_wake()
{
#ifndef NO_FENCE_WAKE
	full_fence();
#endif
	submit_sleeper_wake(CORE);
	done(CORE)
}

active proctype producer()
{
	byte me = PRODUCER;

	do
	:: sent[RING(PRODUCER)] < ANSWERS -> submit_producer_respond()
	:: else -> break
	od
}

/* tr_submit_producer_create() with producer_publish(), then a response. */
active proctype new_producer()
{
	byte me = NEW_PRODUCER;

	store(NB_PRODUCERS, 1);
	submit_producer_respond()
}

/* core_control_post(), then tr_core_quit(). */
active proctype control()
{
	byte me = CONTROL;

	d_step { sent[CONTROL_RING]++; put(CONTROL_RING, 1); crossing[CORE]++ };
	submit_wake();
#ifdef PROGRESS
	ALL_TAKEN; /* without the help of the end */
#endif
	d_step { stopping = true; put(STOP, true); crossing[CORE]++ };
	submit_wake()
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

#define MESSAGES (sent[1] != taken[1] || sent[2] != taken[2] || sent[3] != taken[3] || stopping)

#ifdef PROGRESS
ltl progress { <> over }
#else
active proctype watch()
{
end:
	atomic { LOST(CORE, MESSAGES) -> assert(!LOST(CORE, MESSAGES)) }
}
#endif
