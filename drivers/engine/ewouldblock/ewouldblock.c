/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>

static const char *const args_help =
	"which requests become pending: every=N (1), random=PERCENT, first (of each operation) or "
	"sequence=LETTERS of d (done) and p (pending); how they are answered: answer=late, burst, "
	"shuffled or never (late), delay_us=N (1000), window=N of a burst or shuffle (8); "
	"execute=now or late (now); seed=N (1); last inner=NAME,key=value... (dram)";

static int open_inner(struct ewouldblock *engine, const struct tr_engine_config *config,
		      char *error, size_t error_size);

static enum tr_engine_status
ewouldblock_prepare(void *arg, struct tr_request *request)
{
	struct ewouldblock *engine = arg;

	return engine->inner.ops->prepare(engine->inner.instance, request);
}

static void
ewouldblock_discard(void *arg, struct tr_request *request)
{
	struct ewouldblock *engine = arg;

	engine->inner.ops->discard(engine->inner.instance, request);
}

static enum tr_engine_verdict
ewouldblock_execute(void *arg, const struct tr_request *request, struct tr_response *response)
{
	struct ewouldblock *engine = arg;
	const struct tr_engine *inner = &engine->inner;
	bool chosen = ewouldblock_rule_chooses(engine, request);
	bool is_stat = ewouldblock_stat_is(request);

	if (!chosen || !engine->args.execute_late) {
		/* Pending is pending: then the inner engine answers, and may have done so. */
		if (inner->ops->execute(inner->instance, request, response) == TR_ENGINE_PENDING)
			return TR_ENGINE_PENDING;
		if (is_stat)
			ewouldblock_stat_add(engine, response);
		if (!chosen)
			return TR_ENGINE_DONE;
	}
	ewouldblock_queue_add(engine, request, response);
	return TR_ENGINE_PENDING;
}

static int
ewouldblock_control(void *arg, const char *command, char *reply, size_t reply_size)
{
	struct ewouldblock *engine = arg;

	if (strcmp(command, "hold") == 0) {
		ewouldblock_queue_hold(engine);
		snprintf(reply, reply_size, "holds what is pending until release");
	} else if (strcmp(command, "release") == 0) {
		snprintf(reply, reply_size, "releases %" PRIu64, ewouldblock_queue_release(engine));
	} else {
		snprintf(reply, reply_size, "no command \"%s\"; hold or release would do", command);
		return -EINVAL;
	}
	return 0;
}

/* First our own: as they execute, the inner engine may keep some of them. */
static void
ewouldblock_stop(void *arg)
{
	struct ewouldblock *engine = arg;

	ewouldblock_queue_stop(engine);
	if (engine->inner.ops->stop != NULL)
		engine->inner.ops->stop(engine->inner.instance);
}

static void
ewouldblock_destroy(void *arg)
{
	struct ewouldblock *engine = arg;

	ewouldblock_queue_stop(engine);
	ewouldblock_queue_free(engine);
	if (engine->producer != NULL)
		tr_submit_producer_destroy(engine->producer);
	tr_engine_close(&engine->inner);
	pthread_cond_destroy(&engine->changed);
	pthread_mutex_destroy(&engine->lock);
	free(engine->inner_spec);
	free(engine);
}

static void *
ewouldblock_create(const char *text, const struct tr_engine_config *config, char *error,
		   size_t error_size)
{
	struct ewouldblock *engine = calloc(1, sizeof(*engine));
	pthread_condattr_t monotonic;
	int rc;

	if (engine == NULL) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	pthread_mutex_init(&engine->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&engine->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);

	if (ewouldblock_args_parse(text, &engine->args, error, error_size) < 0 ||
	    open_inner(engine, config, error, error_size) < 0)
		goto fail;
	engine->rule.random = ewouldblock_random_begin(engine->args.seed);
	engine->producer = tr_submit_producer_create(config->submit, "tr-ewouldblock");
	if (engine->producer == NULL) {
		snprintf(error, error_size, "no producer handle: %s", rte_strerror(rte_errno));
		goto fail;
	}
	rc = ewouldblock_queue_start(engine, config->requests_max);
	if (rc < 0) {
		snprintf(error, error_size, "its thread cannot be started: %s", strerror(-rc));
		goto fail;
	}
	return engine;

fail:
	ewouldblock_destroy(engine);
	return NULL;
}

/* When requests execute late, that is one more executor, of any key. */
static int
open_inner(struct ewouldblock *engine, const struct tr_engine_config *config, char *error,
	   size_t error_size)
{
	struct tr_engine_config inner = *config;

	if (engine->args.execute_late) {
		inner.nb_executors++;
		inner.partitioned = false;
	}
	engine->inner_spec = strdup(engine->args.inner);
	if (engine->inner_spec == NULL) {
		snprintf(error, error_size, "no memory");
		return -ENOMEM;
	}
	engine->args.inner = engine->inner_spec;
	return tr_engine_open(engine->inner_spec, &inner, &engine->inner, error, error_size);
}

static const struct tr_engine_ops ewouldblock_ops = {
	.name = "ewouldblock",
	.args_help = args_help,
	.create = ewouldblock_create,
	.stop = ewouldblock_stop,
	.destroy = ewouldblock_destroy,
	.prepare = ewouldblock_prepare,
	.discard = ewouldblock_discard,
	.execute = ewouldblock_execute,
	.control = ewouldblock_control,
};

TR_ENGINE_REGISTER(ewouldblock_ops)
