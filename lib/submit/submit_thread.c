/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "submit_private.h"

/* Requests taken from one core at a time; their answers go back together. */
#define THREAD_BURST 32

/*
 * Empty rounds before a thread sleeps. Few: it may share its CPU with a core that would fill its
 * rings, which is why it also yields now and then.
 */
#define THREAD_IDLE_ROUNDS 256
#define THREAD_YIELD_ROUNDS 64

static void *thread_main(void *arg);
static unsigned int thread_serve(struct submit_thread *thread, unsigned int core);
static void thread_spin(unsigned int idle);
static void thread_sleep(struct submit_thread *thread);
static unsigned int thread_queued(const struct submit_thread *thread);

int
submit_start(struct tr_submit *submit, const struct tr_engine_ops *ops, void *engine)
{
	char name[RTE_MAX_THREAD_NAME_LEN];
	unsigned int i;
	int rc;

	submit->ops = ops;
	submit->engine = engine;
	atomic_store_explicit(&submit->stopping, false, memory_order_relaxed);
	for (i = 0; i < submit->config.nb_threads; i++) {
		snprintf(name, sizeof(name), "tr-engine/%u", (uint8_t)i);
		rc = rte_ctrl_thread_create(&submit->threads[i].id, name, NULL, thread_main,
					    &submit->threads[i]);
		if (rc != 0) {
			submit_stop(submit);
			return -abs(rc);
		}
		submit->nb_running++;
	}
	return 0;
}

void
submit_stop(struct tr_submit *submit)
{
	unsigned int i;

	atomic_store_explicit(&submit->stopping, true, memory_order_release);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < submit->nb_running; i++)
		submit_sleeper_wake(&submit->threads[i].sleeper);
	for (i = 0; i < submit->nb_running; i++)
		pthread_join(submit->threads[i].id, NULL);
	submit->nb_running = 0;
}

int
submit_thread_stats(const struct tr_submit *submit, unsigned int index,
		    struct submit_thread_stats *stats)
{
	const struct submit_thread *thread;

	if (index >= submit->config.nb_threads)
		return -ENOENT;
	thread = &submit->threads[index];
	stats->executed = submit_counter(&thread->executed);
	stats->pending = submit_counter(&thread->pending);
	stats->sleeps = submit_counter(&thread->sleeps);
	stats->queued = thread_queued(thread);
	return 0;
}

static void *
thread_main(void *arg)
{
	struct submit_thread *thread = arg;
	unsigned int idle = 0;
	bool stopping;

	for (;;) {
		/* First: what was dispatched before the stop is found by the round after it. */
		stopping = atomic_load_explicit(&thread->submit->stopping, memory_order_acquire);
		if (submit_thread_round(thread) > 0) {
			idle = 0;
		} else if (stopping) {
			return NULL;
		} else if (++idle < THREAD_IDLE_ROUNDS) {
			thread_spin(idle);
		} else {
			thread_sleep(thread);
			idle = 0;
		}
	}
}

unsigned int
submit_thread_round(struct submit_thread *thread)
{
	unsigned int nb_cores = thread->submit->config.nb_cores;
	unsigned int core = thread->next_core;
	unsigned int served = 0;
	unsigned int i;

	for (i = 0; i < nb_cores; i++) {
		served += thread_serve(thread, core);
		if (++core == nb_cores)
			core = 0;
	}
	thread->next_core = core + 1 < nb_cores ? core + 1 : 0;
	return served;
}

static unsigned int
thread_serve(struct submit_thread *thread, unsigned int core)
{
	const struct tr_submit *submit = thread->submit;
	struct tr_response responses[THREAD_BURST];
	struct tr_request *requests[THREAD_BURST];
	unsigned int done = 0;
	unsigned int nb;
	unsigned int i;

	nb = rte_ring_sc_dequeue_burst_elem(thread->rings[core], requests, sizeof(requests[0]),
					    RTE_DIM(requests), NULL);
	if (nb == 0)
		return 0;

	for (i = 0; i < nb; i++) {
		struct tr_response *response = &responses[done];

		memset(response, 0, sizeof(*response));
		response->token = requests[i]->token;
		/* When it is pending, it may have been answered by now, and be gone. */
		if (submit->ops->execute(submit->engine, requests[i], response) == TR_ENGINE_DONE)
			done++;
	}
	submit_count(&thread->executed, nb);
	submit_count(&thread->pending, nb - done);
	if (done > 0)
		submit_producer_respond(thread->producer, core, responses, done);
	return nb;
}

static void
thread_spin(unsigned int idle)
{
	if (idle % THREAD_YIELD_ROUNDS == 0)
		sched_yield();
	else
		rte_pause();
}

static void
thread_sleep(struct submit_thread *thread)
{
	struct submit_sleeper *sleeper = &thread->sleeper;

	submit_sleeper_begin(sleeper);
	if (thread_queued(thread) == 0 &&
	    !atomic_load_explicit(&thread->submit->stopping, memory_order_acquire)) {
		submit_count(&thread->sleeps, 1);
		submit_sleeper_wait(sleeper);
	}
	submit_sleeper_end(sleeper);
}

static unsigned int
thread_queued(const struct submit_thread *thread)
{
	unsigned int queued = 0;
	unsigned int core;

	for (core = 0; core < thread->submit->config.nb_cores; core++)
		queued += submit_ring_count(thread->rings[core]);
	return queued;
}

int
submit_thread_init(struct submit_thread *thread, struct tr_submit *submit, unsigned int index)
{
	unsigned int nb_cores = submit->config.nb_cores;
	char name[16];
	unsigned int core;
	int rc;

	thread->submit = submit;
	rc = submit_sleeper_init(&thread->sleeper);
	if (rc < 0)
		return rc;
	thread->rings = rte_calloc("submit_thread", nb_cores, sizeof(thread->rings[0]), 0);
	if (thread->rings == NULL)
		return -ENOMEM;
	for (core = 0; core < nb_cores; core++) {
		thread->rings[core] =
			submit_ring_create(&submit->config, sizeof(struct tr_request *));
		if (thread->rings[core] == NULL)
			return -ENOMEM;
	}
	snprintf(name, sizeof(name), "tr-engine/%u", (uint8_t)index);
	thread->producer = tr_submit_producer_create(submit, name);
	return thread->producer == NULL ? -rte_errno : 0;
}

/* The producer belongs to the crossing. */
void
submit_thread_deinit(struct submit_thread *thread)
{
	unsigned int core;

	for (core = 0; thread->rings != NULL && core < thread->submit->config.nb_cores; core++)
		rte_free(thread->rings[core]);
	rte_free(thread->rings);
	submit_sleeper_deinit(&thread->sleeper);
}
