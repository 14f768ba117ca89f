/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Memory as weak as the protocol must bear: each thread has a store buffer with an entry for each
 * location. Entries reach memory at any later time and in any order, so that stores to different
 * locations are seen in any order (weaker than x86; release stores are taken for relaxed ones). A
 * second store to a location replaces a first one that still waits; that the first is seen before
 * is the run in which it left early. Loads are steps in program order: those of the protocol that
 * matter follow a full fence, and to load as early as the fence allows is one of the runs.
 *
 * The file that includes this one defines THREADS and LOCATIONS (at most 8). A thread is a process
 * with its number in `me`.
 */
#define EMPTY 255
#define AT(l) (me * LOCATIONS + (l))

byte mem[LOCATIONS];
byte buffer[THREADS * LOCATIONS] = EMPTY;
byte waiting[THREADS]; /* entries in use */

#define load(l) (buffer[AT(l)] == EMPTY -> mem[l] : buffer[AT(l)])

inline put(l, v)
{
	if
	:: buffer[AT(l)] == EMPTY -> waiting[me]++
	:: else
	fi;
	buffer[AT(l)] = v
}

inline store(l, v)
{
	d_step { put(l, v) }
}

/* rte_atomic_thread_fence(__ATOMIC_SEQ_CST): no load after it before all stores are in memory. */
inline full_fence()
{
	waiting[me] == 0
}

#define LEAVES(l) \
	d_step { (l) < LOCATIONS && buffer[AT((l) % LOCATIONS)] != EMPTY -> \
		mem[(l) % LOCATIONS] = buffer[AT((l) % LOCATIONS)]; \
		buffer[AT((l) % LOCATIONS)] = EMPTY; waiting[me]-- }

/* The hardware of thread `me`: one process each, so that fairness empties every buffer. */
proctype store_buffer(byte me)
{
end:
	do
	:: LEAVES(0)
	:: LEAVES(1)
	:: LEAVES(2)
	:: LEAVES(3)
	:: LEAVES(4)
	:: LEAVES(5)
	:: LEAVES(6)
	:: LEAVES(7)
	od
}
