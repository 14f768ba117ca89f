/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "impair.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>

/* Copies of a core that are in the link, in the stack or in the device at a time, at most. */
#define COPIES_MAX 511

/* What is longer than the packet: an Ethernet header and a VLAN tag. */
#define LINK_BYTES (RTE_ETHER_HDR_LEN + 4)

/* Of one core. */
struct impair_queue {
	struct impair_port port;
	struct impair *impair;
	unsigned int index;
	bool attached; /* the core's */
	struct rte_mempool *copies;
};

struct impair {
	struct tr_core_server *server;
	pthread_mutex_t lock; /* of what follows, up to the queues */
	struct impair_settings settings[IMPAIR_DIRECTIONS];
	uint64_t seed;
	unsigned int nb_queues;
	struct impair_queue queues[];
};

static int create_copies(struct impair *impair);
static int run_on_all(struct impair *impair, void (*function)(struct core *core, void *arg));
static void update(struct core *core, void *arg);
static void seed_links(struct core *core, void *arg);
static bool is_set(const struct impair *impair);
static void detach(struct core *core, struct impair_queue *queue);
static uint64_t link_seed(uint64_t seed, unsigned int queue, unsigned int direction);
static void add_stats(struct impair_stats *sum, const struct impair_stats *stats);

struct impair *
impair_create(struct tr_core_server *server)
{
	unsigned int nb_queues = core_between_cores(server);
	struct impair *impair;
	unsigned int i;

	impair = rte_zmalloc("impair", sizeof(*impair) + nb_queues * sizeof(impair->queues[0]),
			     RTE_CACHE_LINE_SIZE);
	if (impair == NULL)
		return NULL;
	impair->server = server;
	impair->seed = 1;
	impair->nb_queues = nb_queues;
	pthread_mutex_init(&impair->lock, NULL);
	for (i = 0; i < nb_queues; i++) {
		impair->queues[i].impair = impair;
		impair->queues[i].index = i;
	}
	return impair;
}

void
impair_destroy(struct impair *impair)
{
	unsigned int i;

	if (impair == NULL)
		return;
	for (i = 0; i < impair->nb_queues; i++)
		rte_mempool_free(impair->queues[i].copies);
	pthread_mutex_destroy(&impair->lock);
	rte_free(impair);
}

uint16_t
impair_port_id(const struct impair *impair)
{
	return core_between_port(impair->server, 0)->port_id;
}

struct impair_settings
impair_settings(struct impair *impair, enum impair_direction direction)
{
	struct impair_settings settings;

	pthread_mutex_lock(&impair->lock);
	settings = impair->settings[direction];
	pthread_mutex_unlock(&impair->lock);
	return settings;
}

int
impair_set(struct impair *impair, enum impair_direction direction,
	   const struct impair_settings *settings)
{
	int ret = create_copies(impair);

	if (ret < 0)
		return ret;
	pthread_mutex_lock(&impair->lock);
	impair->settings[direction] = *settings;
	pthread_mutex_unlock(&impair->lock);
	return run_on_all(impair, update);
}

int
impair_seed(struct impair *impair, uint64_t seed)
{
	pthread_mutex_lock(&impair->lock);
	impair->seed = seed;
	pthread_mutex_unlock(&impair->lock);
	return run_on_all(impair, seed_links);
}

/*
 * Once, and for good: copies may still be on their way when impairment has ended. Frames that wait
 * to be sent are freed by whichever thread's device has them: no cache of the core's would hold
 * them.
 */
static int
create_copies(struct impair *impair)
{
	const struct core_port *port;
	struct impair_queue *queue;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned int i;

	for (i = 0; i < impair->nb_queues; i++) {
		queue = &impair->queues[i];
		if (queue->copies != NULL)
			continue;
		port = core_between_port(impair->server, i);
		snprintf(name, sizeof(name), "core%u_impair", i);
		queue->copies = rte_pktmbuf_pool_create(
			name, COPIES_MAX, 0, 0, RTE_PKTMBUF_HEADROOM + port->mtu + LINK_BYTES,
			core_between_socket(impair->server, i));
		if (queue->copies == NULL)
			return -ENOMEM;
		impair_port_init(&queue->port, queue->copies, NULL);
	}
	return 0;
}

static int
run_on_all(struct impair *impair, void (*function)(struct core *core, void *arg))
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < impair->nb_queues && ret == 0; i++)
		ret = core_between_run(impair->server, i, function, &impair->queues[i]);
	return ret;
}

/* Runs on the core, while the one thread that sets waits for it. */
static void
update(struct core *core, void *arg)
{
	struct impair_queue *queue = arg;
	const struct impair *impair = queue->impair;
	unsigned int i;

	for (i = 0; i < IMPAIR_DIRECTIONS; i++)
		impair_link_set(&queue->port.links[i], &impair->settings[i],
				*core_between_clock(core));
	if (!is_set(impair)) {
		detach(core, queue);
		return;
	}
	if (queue->attached)
		return;
	queue->attached = true;
	queue->port.now_us = core_between_clock(core);
	seed_links(core, queue);
	core_between_insert_last(core, &queue->port.port);
}

static void
detach(struct core *core, struct impair_queue *queue)
{
	if (!queue->attached)
		return;
	queue->attached = false;
	core_between_remove(core, &queue->port.port);
	impair_port_deinit(&queue->port);
}

static void
seed_links(struct core *core, void *arg)
{
	struct impair_queue *queue = arg;
	unsigned int i;

	(void)core;
	for (i = 0; i < IMPAIR_DIRECTIONS; i++)
		impair_link_seed(&queue->port.links[i],
				 link_seed(queue->impair->seed, queue->index, i));
}

static bool
is_set(const struct impair *impair)
{
	static const struct impair_settings none;

	return memcmp(&impair->settings[IMPAIR_RX], &none, sizeof(none)) != 0 ||
	       memcmp(&impair->settings[IMPAIR_TX], &none, sizeof(none)) != 0;
}

/* Far apart in the generator's one sequence, or links would lose alike. */
static uint64_t
link_seed(uint64_t seed, unsigned int queue, unsigned int direction)
{
	return seed ^ (uint64_t)(1 + IMPAIR_DIRECTIONS * queue + direction) << 48;
}

void
impair_info(struct impair *impair, struct impair_info *info)
{
	unsigned int i, direction;

	memset(info, 0, sizeof(*info));
	info->port_id = impair_port_id(impair);
	pthread_mutex_lock(&impair->lock);
	info->seed = impair->seed;
	for (direction = 0; direction < IMPAIR_DIRECTIONS; direction++)
		info->directions[direction].settings = impair->settings[direction];
	pthread_mutex_unlock(&impair->lock);
	for (i = 0; i < impair->nb_queues; i++)
		for (direction = 0; direction < IMPAIR_DIRECTIONS; direction++)
			add_stats(&info->directions[direction].stats,
				  &impair->queues[i].port.links[direction].stats);
}

static void
add_stats(struct impair_stats *sum, const struct impair_stats *stats)
{
#define ADD(name, help) sum->name += __atomic_load_n(&stats->name, __ATOMIC_RELAXED);
	IMPAIR_STATS(ADD)
#undef ADD
}

void
impair_counters(struct impair *impair,
		void (*visit)(const char *name, const char *help, uint64_t value, void *arg),
		void *arg)
{
	struct impair_info info;

	impair_info(impair, &info);
	add_stats(&info.directions[IMPAIR_RX].stats, &info.directions[IMPAIR_TX].stats);
#define VISIT(name, help) visit(#name, help, info.directions[IMPAIR_RX].stats.name, arg);
	IMPAIR_STATS(VISIT)
#undef VISIT
}

void
impair_end(struct impair *impair)
{
	unsigned int i;

	for (i = 0; i < impair->nb_queues; i++)
		detach(core_between_core(impair->server, i), &impair->queues[i]);
}
