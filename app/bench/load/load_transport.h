/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What carries a thread's connections: the kernel's sockets, or our own stack.
 *
 * Threads: an instance belongs to the thread that opened it; the main thread sets up before, and
 * tears down after all of them.
 */
#ifndef LOAD_TRANSPORT_H
#define LOAD_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct load_plan;
struct load_worker;

struct load_transport {
	const char *name;

	/**
	 * Make what workers share, or is not theirs to make. May be NULL, as may teardown().
	 *
	 * @param plan
	 *   The plan, which is to have what is returned.
	 * @param error
	 *   On failure: one line.
	 * @param error_size
	 *   Room at error, in bytes.
	 * @return
	 *   It, or NULL.
	 */
	void *(*setup)(const struct load_plan *plan, char *error, size_t error_size);

	/** Free it. */
	void (*teardown)(void *shared);

	/**
	 * Open all connections of a worker, and wait until they are.
	 *
	 * @return
	 *   The instance, or NULL with load_worker_fail() called.
	 */
	void *(*open)(struct load_worker *worker);

	/** Close them, and free it. */
	void (*close)(void *transport);

	/**
	 * Queue bytes on a connection, all or nothing.
	 *
	 * @return
	 *   Whether there was room.
	 */
	bool (*send)(void *transport, uint32_t conn, const struct iovec *parts, unsigned int nb);

	/**
	 * Send what is queued, and hand what came to load_worker_input().
	 *
	 * @param transport
	 *   The instance.
	 * @param wait_ns
	 *   How long to sleep at most if nothing comes; not all can.
	 * @return
	 *   0, or -errno with load_worker_fail() called.
	 */
	int (*turn)(void *transport, uint64_t wait_ns);
};

extern const struct load_transport load_transport_kernel;
extern const struct load_transport load_transport_stack;

#endif /* LOAD_TRANSPORT_H */
