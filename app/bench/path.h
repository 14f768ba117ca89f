/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A path: a way for responses from engine threads to the bytes that a core sends.
 */
#ifndef PATH_H
#define PATH_H

struct producer;
struct run;
struct run_counts;

struct path {
	const char *name;
	const char *help;
	const char *missing; /* why this build lacks it; NULL: it does not */

	/** Make what a run needs; NULL with rte_errno. The main thread. */
	void *(*create)(struct run *run);

	/** Free it. Every thread has ended. */
	void (*destroy)(void *state);

	/** Respond while producer_next() says so. An engine thread. */
	void (*produce)(void *state, struct producer *producer);

	/**
	 * Send what came, and give the credits back. The core.
	 *
	 * @return
	 *   Responses that were sent whole, or -errno.
	 */
	int (*turn)(void *state);

	/**
	 * Add what the path itself counted. Every thread has ended.
	 *
	 * @return
	 *   NULL, or what does not add up.
	 */
	const char *(*count)(const void *state, struct run_counts *counts);
};

extern const struct path path_evbuffer_add;
extern const struct path path_evbuffer_reserve;
extern const struct path path_tailrace_copy;
extern const struct path path_tailrace_reference;

/** All of them, in the order in which they run. */
#define PATHS 4
extern const struct path *const paths[PATHS];

#endif /* PATH_H */
