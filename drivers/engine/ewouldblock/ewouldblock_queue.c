/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The pending requests, and the thread that answers them.
 *
 * Each waits as long as the others, so the oldest is due first and the queue is a ring. It has room
 * for every request that there can be: a request leaves it before it is answered, and only then is
 * its credit free for another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "ewouldblock.h"

static void *queue_main(void *arg);
static uint32_t queue_due(const struct ewouldblock *engine, uint64_t now_us, uint64_t *wake_us);
static void queue_take(struct ewouldblock *engine, uint32_t nb);
static void queue_sleep(struct ewouldblock *engine, uint64_t wake_us);
static void queue_answer(struct ewouldblock *engine, const struct ewouldblock_entry *entry);
static uint64_t clock_us(void);

void
ewouldblock_queue_add(struct ewouldblock *engine, const struct tr_request *request,
		      const struct tr_response *response)
{
	struct ewouldblock_queue *queue = &engine->queue;
	struct ewouldblock_entry *entry;

	pthread_mutex_lock(&engine->lock);
	/* More requests than there can be: a core that has more than its credits is broken. */
	RTE_VERIFY(queue->tail - queue->head < queue->size);
	entry = &queue->entries[queue->tail++ % queue->size];
	entry->due_us = clock_us() + engine->args.delay_us;
	if (engine->args.execute_late)
		entry->request = request;
	else
		entry->response = *response;
	pthread_cond_signal(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}

void
ewouldblock_queue_hold(struct ewouldblock *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->queue.held = true;
	pthread_mutex_unlock(&engine->lock);
}

uint64_t
ewouldblock_queue_release(struct ewouldblock *engine)
{
	struct ewouldblock_queue *queue = &engine->queue;
	uint64_t nb;

	pthread_mutex_lock(&engine->lock);
	nb = queue->tail - queue->head;
	queue->held = false;
	queue->released = queue->tail;
	pthread_cond_signal(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
	return nb;
}

struct ewouldblock_numbers
ewouldblock_queue_numbers(struct ewouldblock *engine)
{
	const struct ewouldblock_queue *queue = &engine->queue;
	struct ewouldblock_numbers numbers;

	pthread_mutex_lock(&engine->lock);
	numbers = (struct ewouldblock_numbers){
		.pending = queue->tail - queue->head,
		.made_pending = queue->tail,
		.answered_late = queue->head,
	};
	if (queue->held || engine->args.answer == EWOULDBLOCK_NEVER)
		numbers.withheld = queue->tail - RTE_MAX(queue->head, queue->released);
	pthread_mutex_unlock(&engine->lock);
	return numbers;
}

int
ewouldblock_queue_start(struct ewouldblock *engine, uint32_t requests_max)
{
	struct ewouldblock_queue *queue = &engine->queue;
	int rc;

	queue->size = requests_max;
	queue->random = ewouldblock_random_begin(engine->args.seed);
	queue->entries = calloc(requests_max, sizeof(queue->entries[0]));
	queue->batch = calloc(engine->args.window, sizeof(queue->batch[0]));
	if (queue->entries == NULL || queue->batch == NULL)
		return -ENOMEM;
	rc = rte_ctrl_thread_create(&engine->thread, "tr-ewouldblock", NULL, queue_main, engine);
	engine->running = rc == 0;
	return -abs(rc);
}

void
ewouldblock_queue_stop(struct ewouldblock *engine)
{
	if (!engine->running)
		return;
	pthread_mutex_lock(&engine->lock);
	engine->queue.stopping = true;
	pthread_cond_signal(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
	pthread_join(engine->thread, NULL);
	engine->running = false;
}

void
ewouldblock_queue_free(struct ewouldblock *engine)
{
	free(engine->queue.batch);
	free(engine->queue.entries);
}

static void *
queue_main(void *arg)
{
	struct ewouldblock *engine = arg;
	struct ewouldblock_queue *queue = &engine->queue;
	uint64_t wake_us;
	uint32_t nb;
	uint32_t i;

	pthread_mutex_lock(&engine->lock);
	for (;;) {
		nb = queue_due(engine, clock_us(), &wake_us);
		if (nb == 0 && queue->stopping)
			break;
		if (nb == 0) {
			queue_sleep(engine, wake_us);
			continue;
		}
		queue_take(engine, nb);
		pthread_mutex_unlock(&engine->lock);
		for (i = 0; i < nb; i++)
			queue_answer(engine, &queue->batch[i]);
		pthread_mutex_lock(&engine->lock);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}

/* How many may be answered now, a window at most; 0: look again at wake_us. */
static uint32_t
queue_due(const struct ewouldblock *engine, uint64_t now_us, uint64_t *wake_us)
{
	const struct ewouldblock_queue *queue = &engine->queue;
	uint64_t waiting = queue->tail - queue->head;
	uint32_t most = RTE_MIN(waiting, engine->args.window);
	uint64_t oldest_us;
	uint32_t due = 0;

	*wake_us = UINT64_MAX;
	if (queue->stopping || waiting == 0)
		return most;
	if (queue->released > queue->head)
		return RTE_MIN(queue->released - queue->head, most);
	if (queue->held || engine->args.answer == EWOULDBLOCK_NEVER)
		return 0;
	oldest_us = queue->entries[queue->head % queue->size].due_us;
	*wake_us = oldest_us;
	if (engine->args.answer != EWOULDBLOCK_LATE)
		return most == engine->args.window || oldest_us <= now_us ? most : 0;
	while (due < most && queue->entries[(queue->head + due) % queue->size].due_us <= now_us)
		due++;
	return due;
}

/* Move the oldest into the batch, in the order in which they will be answered. */
static void
queue_take(struct ewouldblock *engine, uint32_t nb)
{
	struct ewouldblock_queue *queue = &engine->queue;
	struct ewouldblock_entry entry;
	uint32_t other;
	uint32_t i;

	for (i = 0; i < nb; i++)
		queue->batch[i] = queue->entries[queue->head++ % queue->size];
	if (engine->args.answer != EWOULDBLOCK_SHUFFLED)
		return;
	for (i = nb; i > 1; i--) {
		other = ewouldblock_random(&queue->random, i);
		entry = queue->batch[i - 1];
		queue->batch[i - 1] = queue->batch[other];
		queue->batch[other] = entry;
	}
}

/* Until something changes, or until this moment. */
static void
queue_sleep(struct ewouldblock *engine, uint64_t wake_us)
{
	struct timespec until = {.tv_sec = wake_us / 1000000, .tv_nsec = wake_us % 1000000 * 1000};

	if (wake_us == UINT64_MAX)
		pthread_cond_wait(&engine->changed, &engine->lock);
	else
		pthread_cond_timedwait(&engine->changed, &engine->lock, &until);
}

static void
queue_answer(struct ewouldblock *engine, const struct ewouldblock_entry *entry)
{
	const struct tr_engine *inner = &engine->inner;
	struct tr_response response;

	if (!engine->args.execute_late) {
		tr_submit_response(engine->producer, &entry->response);
		return;
	}
	response = (struct tr_response){.token = entry->request->token};
	/* When the inner engine says that it is pending, it answers itself. */
	if (inner->ops->execute(inner->instance, entry->request, &response) == TR_ENGINE_DONE)
		tr_submit_response(engine->producer, &response);
}

static uint64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
