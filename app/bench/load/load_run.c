/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_run.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "load_worker.h"
#include "progress.h"

/* Workers are told of a step so long before it starts: they have counts to clear. */
#define LEAD_MS 50
/* Answers may come so long after the end. */
#define GRACE_MS 1000
/* The main thread has a worker's CPU: it runs no more often than it has something to show. */
#define SHOW_EVERY_S 1

struct run;

struct thread {
	pthread_t id;
	struct run *run;
	struct load_worker worker;
};

struct run {
	struct load_plan plan;
	struct load_results *results;
	struct thread *threads;
	unsigned int nb_started;
	struct load_step step;
	_Atomic unsigned int begun; /* steps; all bits: no more of them */
	_Atomic unsigned int through; /* threads with what they do now */
	_Atomic bool failed; /* any of them */
	struct progress progress;
};

/* Set by SIGINT. */
static volatile sig_atomic_t interrupted;
/* For the main thread to look: an interrupt, or a thread that is through or has failed. */
static sem_t news;

static int setup_transport(struct run *run, char *error, size_t error_size);
static int start_threads(struct run *run);
static void end_threads(struct run *run);
static const struct load_worker *first_failed(const struct run *run);
static void *thread_main(void *arg);
static void enter_cpu(unsigned int index);
static int fill(struct run *run);
static int measure_all(struct run *run);
static int measure(struct run *run, double rate);
static int do_step(struct run *run, bool fill, double rate);
static int wait_all(struct run *run);
static bool wait_news(void);
static void show(struct run *run, uint64_t now, uint64_t *answers, uint64_t *at);
static void interrupt(int signal);

int
load_run(struct load_results *results, char *error, size_t error_size)
{
	const struct load_args *args = results->args;
	struct run run = {
		.plan = {.args = args,
			 .transport =
				 args->kernel ? &load_transport_kernel : &load_transport_stack},
		.results = results,
	};
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESETHAND};
	const struct load_worker *failed;
	int rc;

	run.plan.nb_workers = results->threads;
	results->transport = run.plan.transport->name;
	load_popularity_init(&run.plan.popularity, args->keys, args->zipf);
	rc = load_keys_init(&run.plan.keys, args->keys, &args->key_size, &args->value_size,
			    args->seed);
	if (rc < 0) {
		snprintf(error, error_size, "--keys: no memory for %u keys", args->keys);
		return rc;
	}
	progress_init(&run.progress, RTE_MAX(args->sweep_steps, 1u) + !args->no_fill);
	sem_init(&news, 0, 0);
	sigaction(SIGINT, &action, NULL);
	rc = setup_transport(&run, error, error_size);
	if (rc < 0)
		goto free;
	rc = start_threads(&run);
	if (rc == 0 && !args->no_fill)
		rc = fill(&run);
	if (rc == 0)
		rc = measure_all(&run);
	end_threads(&run);
	progress_end(&run.progress);
	snprintf(error, error_size, "%s", rc == -EINTR ? "interrupted" : strerror(-rc));
	failed = first_failed(&run);
	if (failed != NULL)
		snprintf(error, error_size, "%s", failed->error);
	free(run.threads);
	if (run.plan.shared != NULL)
		run.plan.transport->teardown(run.plan.shared);
free:
	load_keys_deinit(&run.plan.keys);
	return rc;
}

static int
setup_transport(struct run *run, char *error, size_t error_size)
{
	if (run->plan.transport->setup == NULL)
		return 0;
	run->plan.shared = run->plan.transport->setup(&run->plan, error, error_size);
	return run->plan.shared != NULL ? 0 : -EIO;
}

static int
start_threads(struct run *run)
{
	unsigned int i;
	int rc = 0;

	run->threads = calloc(run->plan.nb_workers, sizeof(run->threads[0]));
	if (run->threads == NULL)
		return -ENOMEM;
	for (i = 0; i < run->plan.nb_workers && rc == 0; i++) {
		struct thread *thread = &run->threads[i];

		thread->run = run;
		rc = load_worker_init(&thread->worker, &run->plan, i);
		if (rc < 0)
			break;
		rc = -abs(rte_ctrl_thread_create(&thread->id, "bench-load", NULL, thread_main,
						 thread));
		if (rc < 0)
			load_worker_deinit(&thread->worker);
		else
			run->nb_started++;
	}
	return rc < 0 ? rc : wait_all(run);
}

static void
end_threads(struct run *run)
{
	unsigned int i;

	atomic_store_explicit(&run->begun, UINT_MAX, memory_order_release);
	for (i = 0; i < run->nb_started; i++) {
		pthread_join(run->threads[i].id, NULL);
		load_worker_deinit(&run->threads[i].worker);
	}
}

/* What the others say may come of it. */
static const struct load_worker *
first_failed(const struct run *run)
{
	const struct load_worker *worker, *first = NULL;
	unsigned int i;

	for (i = 0; i < run->nb_started; i++) {
		worker = &run->threads[i].worker;
		if (worker->failed && (first == NULL || worker->failed_at < first->failed_at))
			first = worker;
	}
	return first;
}

/* Open, then a step each time that one begins. */
static void *
thread_main(void *arg)
{
	struct thread *thread = arg;
	struct run *run = thread->run;
	struct load_worker *worker = &thread->worker;
	unsigned int done = 0, begun;
	int rc;

	enter_cpu(worker->index);
	for (rc = load_worker_open(worker); rc == 0; rc = load_worker_run(worker, &run->step)) {
		atomic_fetch_add_explicit(&run->through, 1, memory_order_release);
		sem_post(&news);
		do {
			begun = atomic_load_explicit(&run->begun, memory_order_acquire);
			if (begun == done)
				rc = load_worker_idle(worker);
		} while (rc == 0 && begun == done);
		if (rc < 0 || begun == UINT_MAX)
			break;
		done = begun;
	}
	if (rc < 0) {
		atomic_store_explicit(&run->failed, true, memory_order_relaxed);
		sem_post(&news);
	}
	load_worker_close(worker);
	return NULL;
}

/* That of the lcore with this index. */
static void
enter_cpu(unsigned int index)
{
	unsigned int lcore = rte_get_next_lcore(-1, 0, 0);
	rte_cpuset_t cpus;

	while (index-- > 0)
		lcore = rte_get_next_lcore(lcore, 0, 1);
	cpus = rte_lcore_cpuset(lcore);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

static int
fill(struct run *run)
{
	unsigned int i;
	int rc;

	progress_step(&run->progress, "storing the keys");
	rc = do_step(run, true, 0);
	if (rc < 0)
		return rc;
	run->results->filled = run->plan.keys.nb_keys;
	for (i = 0; i < run->nb_started; i++)
		run->results->refused += run->threads[i].worker.counts.refused;
	return interrupted ? -EINTR : 0;
}

/* One rate, or those of a sweep: what was measured before SIGINT is kept. */
static int
measure_all(struct run *run)
{
	const struct load_args *args = run->plan.args;
	unsigned int i;
	int rc = 0;

	if (args->sweep_steps == 0)
		return measure(run, args->rate);
	for (i = 0; i < args->sweep_steps && rc == 0 && !interrupted; i++)
		rc = measure(run, args->sweep_from + (args->sweep_to - args->sweep_from) * i /
							     (args->sweep_steps - 1));
	return rc == -EINTR && run->results->nb_results > 0 ? 0 : rc;
}

static int
measure(struct run *run, double rate)
{
	struct load_result *result;
	unsigned int i;
	uint64_t end;
	int rc;

	progress_step(&run->progress, "measuring");
	rc = do_step(run, false, rate);
	if (rc < 0)
		return rc;
	end = atomic_load_explicit(&run->step.end, memory_order_relaxed);
	if (end <= run->step.warm)
		return -EINTR;
	result = load_result_new(run->results);
	if (result == NULL)
		return -ENOMEM;
	result->rate = rate;
	result->seconds = (double)(end - run->step.warm) / rte_get_tsc_hz();
	for (i = 0; i < run->nb_started; i++)
		load_result_add(result, &run->threads[i].worker);
	return 0;
}

static int
do_step(struct run *run, bool fill, double rate)
{
	const struct load_args *args = run->plan.args;
	uint64_t ms = rte_get_tsc_hz() / 1000;
	struct load_step *step = &run->step;

	step->fill = fill;
	step->rate = rate;
	step->start = rte_rdtsc() + LEAD_MS * ms;
	step->warm = step->start + args->warmup_ms * ms;
	atomic_store_explicit(&step->end, fill ? UINT64_MAX : step->warm + args->duration_ms * ms,
			      memory_order_relaxed);
	step->grace = GRACE_MS * ms;
	atomic_store_explicit(&run->through, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&run->begun, 1, memory_order_release);
	return wait_all(run);
}

/* Until all threads are through, or one has failed. */
static int
wait_all(struct run *run)
{
	uint64_t answers = 0, at = rte_rdtsc();
	bool ending = false;

	while (atomic_load_explicit(&run->through, memory_order_acquire) < run->nb_started) {
		if (atomic_load_explicit(&run->failed, memory_order_relaxed))
			break;
		if (interrupted && !ending) {
			ending = true;
			atomic_store_explicit(&run->step.end, rte_rdtsc(), memory_order_relaxed);
		}
		if (!wait_news())
			show(run, rte_rdtsc(), &answers, &at);
	}
	return atomic_load_explicit(&run->failed, memory_order_relaxed) ? -EIO : 0;
}

/* False: there was none for so long that the user wants to see something. */
static bool
wait_news(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SHOW_EVERY_S;
	return sem_clockwait(&news, CLOCK_MONOTONIC, &until) == 0 || errno != ETIMEDOUT;
}

static void
show(struct run *run, uint64_t now, uint64_t *answers, uint64_t *at)
{
	uint64_t hz = rte_get_tsc_hz(), before = *answers;
	char text[96];
	unsigned int i;
	double done;

	if (run->step.start == 0)
		return;
	for (*answers = 0, i = 0; i < run->nb_started; i++)
		*answers += atomic_load_explicit(&run->threads[i].worker.progress,
						 memory_order_relaxed);
	done = (*answers - (double)before) * hz / (now - *at);
	*at = now;
	if (run->step.fill)
		snprintf(text, sizeof(text), "storing the keys: %" PRIu64 " of %u", *answers,
			 run->plan.keys.nb_keys);
	else
		snprintf(text, sizeof(text), "%s, %.0f of %.0f s: %.0f answers/s",
			 now < run->step.warm ? "warming up" : "measuring",
			 now > run->step.start ? (double)(now - run->step.start) / hz : 0,
			 (double)(run->step.end - run->step.start) / hz, done);
	progress_show(&run->progress, text);
}

static void
interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
	sem_post(&news);
}
