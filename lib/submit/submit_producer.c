/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "submit_private.h"

static struct tr_submit_producer *producer_find_free(const struct tr_submit *submit);
static struct tr_submit_producer *producer_alloc(struct tr_submit *submit);
static void producer_publish(struct tr_submit *submit, struct tr_submit_producer *producer);

void
tr_submit_response(struct tr_submit_producer *producer, const struct tr_response *response)
{
	tr_submit_responses(producer, response, 1);
}

void
tr_submit_responses(struct tr_submit_producer *producer, const struct tr_response *responses,
		    unsigned int nb)
{
	unsigned int core, together;

	for (; nb > 0; nb -= together, responses += together) {
		core = submit_token_core(responses->token);
		together = 1;
		while (together < nb && submit_token_core(responses[together].token) == core)
			together++;
		/* Not tokens that ever were in a request. */
		if (unlikely(core >= producer->submit->config.nb_cores))
			submit_count(&producer->drop_bad_token, together);
		else
			submit_producer_respond(producer, core, responses, together);
	}
}

void
submit_producer_respond(struct tr_submit_producer *producer, unsigned int core,
			const struct tr_response *responses, unsigned int nb)
{
	unsigned int sent = rte_ring_sp_enqueue_burst_elem(producer->rings[core], responses,
							   sizeof(*responses), nb, NULL);

	submit_count(&producer->responses, sent);
	/* There is room for an answer to every credit: some request was answered twice. */
	if (unlikely(sent < nb))
		submit_count(&producer->drop_ring_full, nb - sent);

	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (submit_sleeper_wake(&producer->submit->cores[core].sleeper))
		submit_count(&producer->wakeups, 1);
}

struct tr_submit_producer *
tr_submit_producer_create(struct tr_submit *submit, const char *name)
{
	struct tr_submit_producer *producer;

	pthread_mutex_lock(&submit->lock);
	producer = producer_find_free(submit);
	if (producer == NULL) {
		producer = producer_alloc(submit);
		if (producer == NULL)
			goto out;
		producer_publish(submit, producer);
	}
	producer->in_use = true;
	strlcpy(producer->name, name, sizeof(producer->name));
out:
	pthread_mutex_unlock(&submit->lock);
	return producer;
}

/*
 * The rings stay, and cores go on looking at them: what waits there is delivered, and the next
 * thread that wants a handle continues where this one ended.
 */
void
tr_submit_producer_destroy(struct tr_submit_producer *producer)
{
	struct tr_submit *submit = producer->submit;

	pthread_mutex_lock(&submit->lock);
	producer->in_use = false;
	pthread_mutex_unlock(&submit->lock);
}

int
submit_producer_stats(struct tr_submit *submit, unsigned int index,
		      struct submit_producer_stats *stats)
{
	struct tr_submit_producer *producer;

	if (index >= submit_producers(submit))
		return -ENOENT;
	producer = submit->producers[index];
	/* A handle that is used again has another name. */
	pthread_mutex_lock(&submit->lock);
	strlcpy(stats->name, producer->name, sizeof(stats->name));
	pthread_mutex_unlock(&submit->lock);
	stats->responses = submit_counter(&producer->responses);
	stats->wakeups = submit_counter(&producer->wakeups);
	stats->drop_ring_full = submit_counter(&producer->drop_ring_full);
	stats->drop_bad_token = submit_counter(&producer->drop_bad_token);
	return 0;
}

void
submit_producer_free(struct tr_submit_producer *producer)
{
	struct tr_response response;
	unsigned int core;

	for (core = 0; core < producer->submit->config.nb_cores; core++) {
		struct rte_ring *ring = producer->rings[core];

		while (ring != NULL &&
		       rte_ring_sc_dequeue_elem(ring, &response, sizeof(response)) == 0)
			if (!response.has_number && response.release != NULL)
				response.release(response.release_arg);
		rte_free(ring);
	}
	rte_free(producer);
}

static struct tr_submit_producer *
producer_find_free(const struct tr_submit *submit)
{
	unsigned int nb = submit_producers(submit);
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (!submit->producers[i]->in_use)
			return submit->producers[i];
	return NULL;
}

/* NULL with rte_errno. */
static struct tr_submit_producer *
producer_alloc(struct tr_submit *submit)
{
	unsigned int nb_cores = submit->config.nb_cores;
	struct tr_submit_producer *producer;
	unsigned int core;

	if (submit_producers(submit) == SUBMIT_PRODUCERS_MAX) {
		rte_errno = ENOSPC;
		return NULL;
	}
	producer = rte_zmalloc("submit_producer",
			       sizeof(*producer) + nb_cores * sizeof(producer->rings[0]),
			       RTE_CACHE_LINE_SIZE);
	if (producer == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	producer->submit = submit;
	for (core = 0; core < nb_cores; core++) {
		producer->rings[core] =
			submit_ring_create(&submit->config, sizeof(struct tr_response));
		if (producer->rings[core] == NULL) {
			submit_producer_free(producer);
			rte_errno = ENOMEM;
			return NULL;
		}
	}
	return producer;
}

/* Who sees the number sees the slots below it. */
static void
producer_publish(struct tr_submit *submit, struct tr_submit_producer *producer)
{
	unsigned int nb = submit_producers(submit);

	submit->producers[nb] = producer;
	atomic_store_explicit(&submit->nb_producers, nb + 1, memory_order_release);
}
