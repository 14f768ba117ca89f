/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

/* Nothing came for so long: it is lost, however slow the machine. */
#define STALL_S 20

/* An engine thread and what it runs. */
struct engine_thread {
	pthread_t id;
	struct run *run;
	struct producer *producer;
	void *state;
};

static int produce_and_send(struct run *run, void *state, struct run_counts *counts, char *error,
			    size_t error_size);
static int start_threads(struct run *run, void *state, struct engine_thread *threads,
			 unsigned int *nb_started);
static void *engine_main(void *arg);
static int send_all(struct run *run, void *state, struct run_counts *counts);
static bool all_ended(const struct run *run, uint64_t *sent);
static int check(const struct run *run, const struct run_counts *counts, char *error,
		 size_t error_size);

int
run_path(const struct run_config *config, struct run_counts *counts, char *error, size_t error_size)
{
	unsigned int nb_threads = config->stream->nb_threads;
	struct run run = {.config = *config, .checker = {.stream = config->stream}};
	unsigned int i;
	void *state;
	int rc;

	run.producers = rte_calloc("bench_producers", nb_threads, sizeof(run.producers[0]),
				   RTE_CACHE_LINE_SIZE);
	if (run.producers == NULL) {
		snprintf(error, error_size, "%s: no memory", config->path->name);
		return -ENOMEM;
	}
	for (i = 0; i < nb_threads; i++) {
		uint64_t quota = config->responses / nb_threads;

		quota += i < config->responses % nb_threads;
		run.producers[i].run = &run;
		run.producers[i].stop = &run.stop;
		run.producers[i].index = i;
		run.producers[i].credits = run_credits(nb_threads);
		run.producers[i].quota = config->responses > 0 ? quota : UINT64_MAX;
	}

	state = config->path->create(&run);
	if (state == NULL) {
		snprintf(error, error_size, "%s: %s", config->path->name, rte_strerror(rte_errno));
		rc = -rte_errno;
	} else {
		rc = produce_and_send(&run, state, counts, error, error_size);
		config->path->destroy(state);
	}
	rte_free(run.producers);
	return rc;
}

uint32_t
run_credits(unsigned int nb_threads)
{
	return rte_align32prevpow2(RUN_CREDITS / nb_threads);
}

static int
produce_and_send(struct run *run, void *state, struct run_counts *counts, char *error,
		 size_t error_size)
{
	struct engine_thread threads[STREAM_THREADS_MAX];
	const char *complaint;
	unsigned int nb_threads;
	unsigned int i;
	int rc;

	memset(counts, 0, sizeof(*counts));
	rc = start_threads(run, state, threads, &nb_threads);
	if (rc == 0)
		rc = send_all(run, state, counts);
	/* Those that are not through never will be. */
	atomic_store_explicit(&run->stop, true, memory_order_relaxed);
	atomic_store_explicit(&run->start, true, memory_order_release);
	for (i = 0; i < nb_threads; i++)
		pthread_join(threads[i].id, NULL);
	if (rc < 0) {
		snprintf(error, error_size,
			 "%s, %u threads, values of %u bytes: %s after %" PRIu64 " responses",
			 run->config.path->name, run->config.stream->nb_threads,
			 run->config.stream->value_bytes,
			 rc == -ETIMEDOUT ? "nothing more came" : strerror(-rc), counts->responses);
		return rc;
	}

	for (i = 0; i < nb_threads; i++) {
		counts->count.locks += run->producers[i].count.locks;
		counts->count.allocations += run->producers[i].count.allocations;
	}
	complaint = run->config.path->count(state, counts);
	if (complaint != NULL) {
		snprintf(error, error_size, "%s: %s", run->config.path->name, complaint);
		return -EIO;
	}
	return check(run, counts, error, error_size);
}

static int
start_threads(struct run *run, void *state, struct engine_thread *threads, unsigned int *nb_started)
{
	unsigned int i;
	int rc;

	*nb_started = 0;
	for (i = 0; i < run->config.stream->nb_threads; i++) {
		threads[i].run = run;
		threads[i].producer = &run->producers[i];
		threads[i].state = state;
		rc = rte_ctrl_thread_create(&threads[i].id, "bench-engine", NULL, engine_main,
					    &threads[i]);
		if (rc != 0)
			return -abs(rc);
		(*nb_started)++;
	}
	return 0;
}

static void *
engine_main(void *arg)
{
	struct engine_thread *thread = arg;
	struct producer *producer = thread->producer;
	struct run *run = thread->run;
	struct count before;
	struct count after;

	placement_enter_engine(run->config.placement, producer->index);
	while (!atomic_load_explicit(&run->start, memory_order_acquire))
		sched_yield();
	before = count_now();
	run->config.path->produce(thread->state, producer);
	after = count_now();
	count_add(&producer->count, &before, &after);
	atomic_store_explicit(&producer->ended, true, memory_order_release);
	return NULL;
}

/* The core's loop, until everything that was produced has been sent. */
static int
send_all(struct run *run, void *state, struct run_counts *counts)
{
	int (*turn)(void *) = run->config.path->turn;
	uint64_t hz = rte_get_timer_hz();
	uint64_t begin, now, last, end;
	struct count before;
	struct count after;
	unsigned int idle = 0;
	uint64_t sent;
	int nb;

	before = count_now();
	begin = last = rte_get_timer_cycles();
	end = run->config.responses > 0 ? UINT64_MAX : begin + run->config.duration_ms * hz / 1000;
	atomic_store_explicit(&run->start, true, memory_order_release);
	for (;;) {
		nb = turn(state);
		now = rte_get_timer_cycles();
		/* Never before the first: a rate is of something, however late a producer runs. */
		if (now >= end && counts->responses > 0)
			atomic_store_explicit(&run->stop, true, memory_order_relaxed);
		if (nb > 0) {
			counts->responses += nb;
			last = now;
			idle = 0;
			continue;
		}
		if (nb < 0)
			return nb;
		if (all_ended(run, &sent) && sent == counts->responses)
			break;
		if (now - last > STALL_S * hz)
			return -ETIMEDOUT;
		if (++idle % PRODUCER_SPINS == 0)
			sched_yield();
		else
			rte_pause();
	}
	counts->ns = (last - begin) * (1e9 / hz);
	after = count_now();
	count_add(&counts->count, &before, &after);
	return 0;
}

static bool
all_ended(const struct run *run, uint64_t *sent)
{
	unsigned int i;

	*sent = 0;
	for (i = 0; i < run->config.stream->nb_threads; i++) {
		if (!atomic_load_explicit(&run->producers[i].ended, memory_order_acquire))
			return false;
		*sent += run->producers[i].sent;
	}
	return true;
}

/* A path that loses something is not one. */
static int
check(const struct run *run, const struct run_counts *counts, char *error, size_t error_size)
{
	uint64_t bytes = counts->responses * stream_response_bytes(run->config.stream);

	if (run->bytes != bytes) {
		snprintf(error, error_size,
			 "%s: %" PRIu64 " responses make %" PRIu64 " bytes, but %" PRIu64
			 " bytes were sent",
			 run->config.path->name, counts->responses, bytes, run->bytes);
		return -EIO;
	}
	if (run->bytes_differ) {
		snprintf(error, error_size, "%s: bytes were sent that nobody responded with",
			 run->config.path->name);
		return -EIO;
	}
	return 0;
}
