/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Both crossings: a core dispatches a request to each of two engine threads before one flush,
 * sleeps, takes the answers, and (unless SMALL) does so again. Everybody sleeps as soon as there is
 * nothing to do, and nothing else ends a sleep: one lost wake-up on the way would stop the world.
 */
#define SLEEPERS 3
#define CORE 0
#define THREADS 3

/* Locations: `sleeping` of the core and of threads 1 and 2, then the rings' tails. */
#define DISPATCH_RING(thread) (2 + (thread))
#define SUBMIT_RING(thread) (4 + (thread))
#define LOCATIONS 7

#ifdef SMALL
#define ROUNDS 1
#else
#define ROUNDS 2
#endif

#include "wake.pml"

byte dispatched[3], executed[3], answered[3], drained[3]; /* by thread */
bool over;

inline dispatch(t)
{
	d_step { dispatched[t]++; put(DISPATCH_RING(t), dispatched[t]); crossing[t]++ }
}

inline drain(t)
{
	if
	:: load(SUBMIT_RING(t)) != drained[t] -> drained[t] = load(SUBMIT_RING(t))
	:: else
	fi
}

/* core_poll() with submit_dispatch(), submit_flush() and submit_drain(), and core_idle_turn(). */
active proctype core()
{
	byte me = CORE;
	byte round;

	do
	:: round < ROUNDS ->
		round++;
		dispatch(1);
		dispatch(2);
#ifndef NO_FENCE_FLUSH
		full_fence();
#endif
		submit_sleeper_wake(1);
		done(1);
		submit_sleeper_wake(2);
		done(2);
		do
		:: drained[1] == round && drained[2] == round -> break
		:: else ->
			drain(1);
			drain(2);
			if
			:: drained[1] == round && drained[2] == round -> break
			:: else
			fi;
			submit_sleeper_begin(CORE);
			if
			:: load(SUBMIT_RING(1)) != drained[1] || load(SUBMIT_RING(2)) != drained[2] ->
				store(SLEEPING(CORE), false)
			:: else ->
				wait_readable(CORE);
				submit_sleeper_end(CORE)
			fi
		od
	:: else -> break
	od;
	/* Threads that sleep now have nothing to do: let them go. */
	over = true;
	fd[1] = true;
	fd[2] = true
}

/* thread_main(): thread_serve() with submit_producer_respond(), else thread_sleep(). */
proctype thread(byte me)
{
	do
	:: over -> break
	:: load(DISPATCH_RING(me)) != executed[me] ->
		executed[me]++;
		d_step { answered[me]++; put(SUBMIT_RING(me), answered[me]); crossing[CORE]++ };
#ifndef NO_FENCE_RESPOND
		full_fence();
#endif
		submit_sleeper_wake(CORE);
		done(CORE)
	:: else ->
		submit_sleeper_begin(me);
		if
		:: load(DISPATCH_RING(me)) != executed[me]
		:: else -> wait_readable(me)
		fi;
		submit_sleeper_end(me)
	od
}

init
{
	byte me;

	atomic {
		run thread(1);
		run thread(2);
		do
		:: me < THREADS -> run store_buffer(me); me++
		:: else -> break
		od
	}
}

#ifdef PROGRESS
ltl progress { <> over }
#else
#define LOST_ANY ( \
	LOST(CORE, answered[1] != drained[1] || answered[2] != drained[2]) || \
	LOST(1, dispatched[1] != executed[1]) || LOST(2, dispatched[2] != executed[2]))
active proctype watch()
{
end:
	atomic { LOST_ANY -> assert(!LOST_ANY) }
}
#endif
