/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "submit.h"

#include <errno.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "submit_private.h"

static void wake_threads(struct tr_submit *submit, struct submit_core *core);
static bool config_is_valid(const struct submit_config *config);
static int cores_init(struct tr_submit *submit);
static int threads_init(struct tr_submit *submit);

enum tr_engine_verdict
submit_dispatch(struct tr_submit *submit, unsigned int core, struct tr_request *request,
		struct tr_response *response)
{
	unsigned int thread;
	int rc;

	if (submit->config.nb_threads == 0) {
		memset(response, 0, sizeof(*response));
		response->token = request->token;
		return submit->ops->execute(submit->engine, request, response);
	}

	/* Requests for one key meet in one thread's ring, and execute in their order. */
	thread = request->hash % submit->config.nb_threads;
	rc = rte_ring_sp_enqueue_elem(submit->threads[thread].rings[core], &request,
				      sizeof(request));
	/* The request's credit is the room in the ring: a core that has more is broken. */
	RTE_VERIFY(rc == 0);
	submit->cores[core].dispatched |= 1ULL << thread;
	return TR_ENGINE_PENDING;
}

void
submit_flush(struct tr_submit *submit, unsigned int core)
{
	if (submit->cores[core].dispatched != 0)
		wake_threads(submit, &submit->cores[core]);
}

static __rte_noinline void
wake_threads(struct tr_submit *submit, struct submit_core *core)
{
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (; core->dispatched != 0; core->dispatched &= core->dispatched - 1)
		submit_sleeper_wake(&submit->threads[rte_bsf64(core->dispatched)].sleeper);
}

unsigned int
submit_drain(struct tr_submit *submit, unsigned int core, struct tr_response *responses,
	     unsigned int max)
{
	unsigned int nb = submit_producers(submit);
	unsigned int producer = submit->cores[core].next_producer;
	unsigned int drained = 0;
	unsigned int i;

	for (i = 0; i < nb && drained < max; i++) {
		drained += rte_ring_sc_dequeue_burst_elem(submit->producers[producer]->rings[core],
							  &responses[drained], sizeof(responses[0]),
							  max - drained, NULL);
		if (++producer == nb)
			producer = 0;
	}
	/* The one after the last that had its turn: nobody is passed over for long. */
	submit->cores[core].next_producer = producer;
	return drained;
}

unsigned int
submit_producers(const struct tr_submit *submit)
{
	return atomic_load_explicit(&submit->nb_producers, memory_order_acquire);
}

struct tr_submit *
submit_create(const struct submit_config *config)
{
	struct tr_submit *submit;
	int rc;

	if (!config_is_valid(config)) {
		rte_errno = EINVAL;
		return NULL;
	}
	submit = rte_zmalloc("submit", sizeof(*submit), RTE_CACHE_LINE_SIZE);
	if (submit == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	submit->config = *config;
	pthread_mutex_init(&submit->lock, NULL);

	rc = cores_init(submit);
	if (rc == 0)
		rc = threads_init(submit);
	if (rc < 0) {
		submit_destroy(submit);
		rte_errno = -rc;
		return NULL;
	}
	return submit;
}

void
submit_destroy(struct tr_submit *submit)
{
	unsigned int i;

	if (submit == NULL)
		return;
	for (i = 0; i < submit_producers(submit); i++)
		submit_producer_free(submit->producers[i]);
	for (i = 0; submit->threads != NULL && i < submit->config.nb_threads; i++)
		submit_thread_deinit(&submit->threads[i]);
	for (i = 0; submit->cores != NULL && i < submit->config.nb_cores; i++)
		submit_sleeper_deinit(&submit->cores[i].sleeper);
	pthread_mutex_destroy(&submit->lock);
	rte_free(submit->threads);
	rte_free(submit->cores);
	rte_free(submit);
}

struct rte_ring *
submit_ring_create(const struct submit_config *config, unsigned int element_bytes)
{
	/* A ring holds one less than its size. */
	unsigned int size = rte_align32pow2(config->credits + 1);
	ssize_t bytes = rte_ring_get_memsize_elem(element_bytes, size);
	struct rte_ring *ring;

	/* Not by name: many rings would use up EAL's memzones. */
	ring = bytes < 0 ? NULL : rte_malloc("submit_ring", bytes, RTE_CACHE_LINE_SIZE);
	if (ring == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	rte_ring_init(ring, "submit", size, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring;
}

static bool
config_is_valid(const struct submit_config *config)
{
	return config->nb_cores > 0 && config->nb_cores <= SUBMIT_TOKEN_CORES &&
	       config->nb_threads <= SUBMIT_PRODUCERS_MAX && config->credits > 0 &&
	       config->credits < SUBMIT_TOKEN_INDEXES;
}

static int
cores_init(struct tr_submit *submit)
{
	unsigned int i;
	int rc;

	submit->cores = rte_calloc("submit_cores", submit->config.nb_cores,
				   sizeof(submit->cores[0]), RTE_CACHE_LINE_SIZE);
	if (submit->cores == NULL)
		return -ENOMEM;
	for (i = 0; i < submit->config.nb_cores; i++)
		submit->cores[i].sleeper.fd = -1;
	for (i = 0; i < submit->config.nb_cores; i++) {
		rc = submit_sleeper_init(&submit->cores[i].sleeper);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
threads_init(struct tr_submit *submit)
{
	unsigned int i;
	int rc;

	if (submit->config.nb_threads == 0)
		return 0;
	submit->threads = rte_calloc("submit_threads", submit->config.nb_threads,
				     sizeof(submit->threads[0]), RTE_CACHE_LINE_SIZE);
	if (submit->threads == NULL)
		return -ENOMEM;
	for (i = 0; i < submit->config.nb_threads; i++)
		submit->threads[i].sleeper.fd = -1;
	for (i = 0; i < submit->config.nb_threads; i++) {
		rc = submit_thread_init(&submit->threads[i], submit, i);
		if (rc < 0)
			return rc;
	}
	return 0;
}
