/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the tests of the dram engine share: an instance to look into, requests to it under a clock
 * of the test's own, and the proof that nothing of its memory is lost.
 */
#ifndef DRAM_FIXTURE_H
#define DRAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dram.h"
#include "tr_engine.h"

/** An engine under test. */
struct fixture {
	struct dram *dram;
	uint32_t now_s;
	uint16_t core; /* whose requests fixture_request() makes */
};

/** The table that the engine registered. */
const struct tr_engine_ops *fixture_ops(void);

/** Create an engine; @p config NULL: one core that executes its own, values up to 64 KiB. */
void fixture_create(struct fixture *fixture, const char *args,
		    const struct tr_engine_config *config);

/** Flush, assert that every arena is whole again, and destroy. */
void fixture_destroy(struct fixture *fixture);

/** Assert what holds between two operations: heaps, tables and lists agree. */
void fixture_check(struct fixture *fixture);

/** Assert that blocks lie side by side, none free beside another, all free ones on their lists. */
void fixture_check_heap(const struct dram_heap *heap);

/** A request, with its hash and the clock. */
struct tr_request fixture_request(struct fixture *fixture, enum tr_engine_op op, const char *key);

/** Prepare a value of @p len bytes, copied from @p value when that is not NULL. */
enum tr_engine_status fixture_prepare(struct fixture *fixture, struct tr_request *request,
				      const void *value, uint32_t len);

/** Execute. */
struct tr_response fixture_execute(struct fixture *fixture, const struct tr_request *request);

/** Release what a response carries. */
void fixture_release(const struct tr_response *response);

/** Prepare and execute a storing operation: its status. */
enum tr_engine_status fixture_store(struct fixture *fixture, enum tr_engine_op op, const char *key,
				    const char *value);

/** Assert that a key has this value; NULL: that it is missing. Returns the response, released. */
struct tr_response fixture_expect(struct fixture *fixture, const char *key, const char *value);

/** The value of a statistic. */
uint64_t fixture_stat(struct fixture *fixture, const char *name);

#endif /* DRAM_FIXTURE_H */
