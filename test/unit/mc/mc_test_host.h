/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A core for one connection, with an engine that is a list of items: what mc's tests run on.
 *
 * It is as unkind as the contract allows: few credits, late answers, no budget, no mbufs, bytes
 * that arrive one at a time; each drawn from a seed.
 */
#ifndef MC_TEST_HOST_H
#define MC_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mc.h"

/** The core's clock, in UNIX seconds. */
#define MC_TEST_NOW_S 1700000000

#define MC_TEST_VERSION "9.8.7"

/** How unkind it is. All zero: as kind as can be. */
struct mc_test_options {
	unsigned int credits; /* 0: 64 */
	unsigned int late_percent; /* answers that wait for another turn */
	unsigned int again_percent; /* bodies for which there is no budget yet */
	unsigned int starved_percent; /* answers that find no mbuf at first */
	size_t chunk; /* bytes that arrive at a time; 0: all of them */
	bool chunk_random; /* from 1 to chunk bytes */
	bool by_reference; /* values of answers need not be copied */
	uint64_t seed;
	uint32_t value_max; /* of the protocol; 0: its default */
	uint32_t engine_value_max; /* of the engine; 0: any */
	enum tr_engine_status engine_fails; /* instead of executing, when not OK */
	enum tr_engine_status prepare_fails; /* instead of preparing, when not OK */
};

struct mc_test;

/** A server with one connection. */
struct mc_test *mc_test_create(const struct mc_test_options *options);

/** Bytes arrive, and everything that can be answered is. */
void mc_test_send(struct mc_test *test, const void *bytes, size_t len);

/** What was answered since the last call; valid until the next mc_test_send(). */
const uint8_t *mc_test_take(struct mc_test *test, size_t *len);

/** Whether the protocol asked for a close. */
bool mc_test_closing(const struct mc_test *test);

/** The statistics of the server. */
struct mc_stats *mc_test_stats(struct mc_test *test);

/** A counter by its name, over all cores. */
uint64_t mc_test_counter(struct mc_test *test, const char *name);

/** Values that were answered by reference. */
uint64_t mc_test_referenced(const struct mc_test *test);

/** The order (TR_PROTOCOL_*) that each request was given so far; valid until the next send. */
const uint8_t *mc_test_orders(const struct mc_test *test, size_t *count);

/** Close and free; asserts that every credit and every item came back. */
void mc_test_destroy(struct mc_test *test);

/** Send @p in to a new server and assert that it answers exactly @p out. */
void mc_test_expect(const struct mc_test_options *options, const void *in, size_t in_len,
		    const void *out, size_t out_len);

/** A deterministic sequence. */
uint64_t mc_test_random(uint64_t *seed);

/* Group setup and teardown: EAL, pools, and the proof that those are full again. */
int mc_test_group_setup(void **state);
int mc_test_group_teardown(void **state);

#endif /* MC_TEST_HOST_H */
