/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the tests of the ewouldblock engine share: the engine, loaded around a fake one that writes
 * down what it is asked, over real submit rings.
 */
#ifndef EWOULDBLOCK_FIXTURE_H
#define EWOULDBLOCK_FIXTURE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "submit.h"
#include "tr_engine.h"

#define FIXTURE_CORES 2
#define FIXTURE_CREDITS 64

/** A delay that no test waits for. */
#define FIXTURE_LONG "delay_us=4000000000"

/** What the inner engine saw. */
struct fake {
	struct tr_engine_config config;
	bool answers_itself; /* execute() says pending */
	atomic_uint executed;
	atomic_uint released;
	unsigned int executed_at_stop;
	unsigned int stopped;
	unsigned int prepared;
	unsigned int discarded;
	_Atomic pthread_t executor; /* of the last one */
};

extern struct fake fake;

/** An engine under test, and the requests that were given to it. */
struct fixture {
	struct tr_submit *submit;
	struct tr_engine engine;
	struct tr_request requests[FIXTURE_CORES * FIXTURE_CREDITS];
};

extern struct fixture fixture;

/** Initialise EAL; for a group. */
int fixture_group_setup(void **state);

/** Around a test: rings and the fake engine; the engine is closed, and all that was answered was
 * released once. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/** Open "ewouldblock,ARGS". */
void fixture_open(const char *args);

/** Fail to, with this in the message. */
void fixture_refuse(const char *args, const char *message);

/** Execute request @p index of core 0, or of the core after that for the second half. */
enum tr_engine_verdict fixture_execute(unsigned int index, enum tr_engine_op op);

/** Execute GET number 0 to @p nb - 1; all become pending. */
void fixture_pend(unsigned int nb);

/** Wait for @p nb answers of core 0 and release them; their indexes in the order they came. */
void fixture_expect(unsigned int nb, uint32_t *indexes);

/** Nothing is answered, as far as a short wait can tell. */
void fixture_expect_none(void);

/** Give a command; returns the reply. */
const char *fixture_control(const char *command, int expected);

/** A number in the engine's statistics. */
uint64_t fixture_stat(const char *name);

/** Release what a response carries. */
void fixture_release(const struct tr_response *response);

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif /* EWOULDBLOCK_FIXTURE_H */
