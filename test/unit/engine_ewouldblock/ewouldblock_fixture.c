/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

#include "test_eal.h"

/* Answers that do not come at all end a test after this. */
#define PATIENCE_MS 20000

struct fake fake;
struct fixture fixture;

static const char fake_stats[] = "fake_items\0"
				 "7";

static void
sleep_ms(unsigned int ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000L};

	nanosleep(&time, NULL);
}

static void *
fake_create(const char *args, const struct tr_engine_config *config, char *error, size_t error_size)
{
	if (args != NULL) {
		snprintf(error, error_size, "fake takes no %s", args);
		return NULL;
	}
	fake.config = *config;
	return &fake;
}

static void
fake_stop(void *engine)
{
	assert_ptr_equal(engine, &fake);
	fake.executed_at_stop = fake.executed;
	fake.stopped++;
}

static void
fake_destroy(void *engine)
{
	assert_ptr_equal(engine, &fake);
}

static enum tr_engine_status
fake_prepare(void *engine, struct tr_request *request)
{
	assert_ptr_equal(engine, &fake);
	request->item = &fake;
	fake.prepared++;
	return TR_ENGINE_TOO_LARGE;
}

static void
fake_discard(void *engine, struct tr_request *request)
{
	assert_ptr_equal(engine, &fake);
	assert_ptr_equal(request->item, &fake);
	fake.discarded++;
}

static void
fake_release(void *arg)
{
	assert_ptr_equal(arg, &fake);
	fake.released++;
}

static enum tr_engine_verdict
fake_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	if (engine != &fake || response->token != request->token)
		abort(); /* on a thread that is not cmocka's */
	fake.executor = pthread_self();
	fake.executed++;
	if (fake.answers_itself)
		return TR_ENGINE_PENDING;
	response->cas = request->cas;
	if (request->op == TR_ENGINE_STAT) {
		response->value = fake_stats;
		response->value_len = sizeof(fake_stats);
	}
	response->release = fake_release;
	response->release_arg = &fake;
	return TR_ENGINE_DONE;
}

static const struct tr_engine_ops fake_ops = {
	.name = "fake",
	.create = fake_create,
	.stop = fake_stop,
	.destroy = fake_destroy,
	.prepare = fake_prepare,
	.discard = fake_discard,
	.execute = fake_execute,
};

TR_ENGINE_REGISTER(fake_ops)

int
fixture_group_setup(void **state)
{
	(void)state;
	test_eal_init();
	return 0;
}

int
fixture_setup(void **state)
{
	const struct submit_config config = {.nb_cores = FIXTURE_CORES, .credits = FIXTURE_CREDITS};

	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	memset(&fake, 0, sizeof(fake));
	fixture.submit = submit_create(&config);
	return fixture.submit != NULL ? 0 : -1;
}

int
fixture_teardown(void **state)
{
	(void)state;
	tr_engine_close(&fixture.engine);
	submit_destroy(fixture.submit);
	if (!fake.answers_itself)
		assert_int_equal(fake.released, fake.executed);
	return 0;
}

static int
open_spec(const char *args, char *error, size_t error_size)
{
	static const char *const directories[] = {TEST_ENGINE_DIR, NULL};
	const struct tr_engine_config config = {
		.nb_cores = FIXTURE_CORES,
		.nb_executors = 3,
		.partitioned = true,
		.requests_max = FIXTURE_CORES * FIXTURE_CREDITS,
		.prepared_bytes = 4096,
		.value_max = 1024,
		.submit = fixture.submit,
		.directories = directories,
	};
	char spec[512];

	snprintf(spec, sizeof(spec), "ewouldblock,%s", args);
	return tr_engine_open(spec, &config, &fixture.engine, error, error_size);
}

void
fixture_open(const char *args)
{
	char error[512];

	if (open_spec(args, error, sizeof(error)) != 0)
		fail_msg("%s", error);
}

void
fixture_refuse(const char *args, const char *message)
{
	char error[512];

	assert_int_not_equal(open_spec(args, error, sizeof(error)), 0);
	assert_null(strchr(error, '\n'));
	if (strstr(error, message) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", message, error);
}

enum tr_engine_verdict
fixture_execute(unsigned int index, enum tr_engine_op op)
{
	struct tr_request *request = &fixture.requests[index];
	unsigned int core = index / FIXTURE_CREDITS;
	struct tr_response response = {0};
	enum tr_engine_verdict verdict;

	*request = (struct tr_request){
		.token = submit_token(core, index % FIXTURE_CREDITS, 1),
		.op = op,
		.core = core,
		.cas = index + 1000,
	};
	response.token = request->token;
	verdict = fixture.engine.ops->execute(fixture.engine.instance, request, &response);
	if (verdict == TR_ENGINE_DONE) {
		assert_int_equal(response.token, request->token);
		assert_int_equal(response.cas, request->cas);
		fixture_release(&response);
	}
	return verdict;
}

void
fixture_pend(unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		assert_int_equal(fixture_execute(i, TR_ENGINE_GET), TR_ENGINE_PENDING);
}

void
fixture_expect(unsigned int nb, uint32_t *indexes)
{
	struct tr_response responses[FIXTURE_CREDITS];
	unsigned int waited;
	unsigned int got = 0;
	unsigned int i;

	for (waited = 0; got < nb && waited < PATIENCE_MS; waited++) {
		got += submit_drain(fixture.submit, 0, &responses[got], nb - got);
		if (got < nb)
			sleep_ms(1);
	}
	assert_int_equal(got, nb);
	for (i = 0; i < nb; i++) {
		indexes[i] = submit_token_index(responses[i].token);
		assert_int_equal(responses[i].token, fixture.requests[indexes[i]].token);
		assert_int_equal(responses[i].cas, indexes[i] + 1000);
		fixture_release(&responses[i]);
	}
}

void
fixture_expect_none(void)
{
	struct tr_response response;

	sleep_ms(20);
	assert_int_equal(submit_drain(fixture.submit, 0, &response, 1), 0);
}

const char *
fixture_control(const char *command, int expected)
{
	static char reply[128];

	assert_int_equal(
		fixture.engine.ops->control(fixture.engine.instance, command, reply, sizeof(reply)),
		expected);
	return reply;
}

uint64_t
fixture_stat(const char *name)
{
	struct tr_request request = {.op = TR_ENGINE_STAT};
	struct tr_response response = {0};
	uint64_t found = UINT64_MAX;
	const char *text, *end;

	assert_int_equal(fixture.engine.ops->execute(fixture.engine.instance, &request, &response),
			 TR_ENGINE_DONE);
	assert_int_equal(response.status, TR_ENGINE_OK);
	end = (const char *)response.value + response.value_len;
	for (text = response.value; text < end; text += strlen(text) + 1) {
		const char *number = text + strlen(text) + 1;

		if (strcmp(text, name) == 0)
			found = strtoull(number, NULL, 10);
		text = number;
	}
	assert_ptr_equal(text, end);
	fixture_release(&response);
	if (found == UINT64_MAX)
		fail_msg("no %s", name);
	return found;
}

void
fixture_release(const struct tr_response *response)
{
	if (!response->has_number && response->release != NULL)
		response->release(response->release_arg);
}
