/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_pools.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>

/* What makes a pool like another. */
struct kind {
	unsigned int n;
	unsigned int elt_size;
	unsigned int cache_size;
	unsigned int private_bytes;
	unsigned int priv_size; /* of an mbuf, as is the room for its data */
	unsigned int data_room_size;
	unsigned int flags;
};

/* A pool, used or on the shelf. */
struct kept {
	struct kept *next;
	struct rte_mempool *pool;
	struct kind kind;
	bool used;
	void **objects; /* in the order of a new pool, and behind them room for as many */
	unsigned int nb_objects; /* noted so far */
};

static struct kept *shelf;

static struct kept *find(const struct kind *kind, const char *name);
static void unique_name(char name[RTE_MEMPOOL_NAMESIZE]);
static struct rte_mempool *keep(struct rte_mempool *pool, const struct kind *kind,
				const char *name);
static void set_name(struct rte_mempool *pool, const char *name);
static void note_object(struct rte_mempool *pool, void *arg, void *object, unsigned int index);
static void zero_object(struct rte_mempool *pool, void *arg, void *object, unsigned int index);
static bool renew(struct kept *kept);

struct rte_mempool *
__wrap_rte_mempool_create(const char *name, unsigned int n, unsigned int elt_size,
			  unsigned int cache_size, unsigned int private_data_size,
			  rte_mempool_ctor_t *mp_init, void *mp_init_arg,
			  rte_mempool_obj_cb_t *obj_init, void *obj_init_arg, int socket_id,
			  unsigned int flags)
{
	const struct kind kind = {
		.n = n,
		.elt_size = elt_size,
		.cache_size = cache_size,
		.private_bytes = private_data_size,
		.flags = flags,
	};
	struct kept *kept = find(&kind, name);
	char unique[RTE_MEMPOOL_NAMESIZE];

	if (kept != NULL) {
		rte_mempool_obj_iter(kept->pool, zero_object, NULL);
		if (obj_init != NULL)
			rte_mempool_obj_iter(kept->pool, obj_init, obj_init_arg);
		return kept->pool;
	}
	unique_name(unique);
	return keep(__real_rte_mempool_create(unique, n, elt_size, cache_size, private_data_size,
					      mp_init, mp_init_arg, obj_init, obj_init_arg,
					      socket_id, flags),
		    &kind, name);
}

struct rte_mempool *
__wrap_rte_pktmbuf_pool_create(const char *name, unsigned int n, unsigned int cache_size,
			       uint16_t priv_size, uint16_t data_room_size, int socket_id)
{
	const struct kind kind = {
		.n = n,
		.cache_size = cache_size,
		.priv_size = priv_size,
		.data_room_size = data_room_size,
	};
	struct kept *kept = find(&kind, name);
	char unique[RTE_MEMPOOL_NAMESIZE];

	if (kept != NULL)
		return kept->pool;
	unique_name(unique);
	return keep(__real_rte_pktmbuf_pool_create(unique, n, cache_size, priv_size, data_room_size,
						   socket_id),
		    &kind, name);
}

void
__wrap_rte_mempool_free(struct rte_mempool *pool)
{
	struct kept **link, *kept;

	for (link = &shelf; *link != NULL && (*link)->pool != pool; link = &(*link)->next)
		;
	kept = *link;
	if (kept != NULL && renew(kept)) {
		kept->used = false;
		return;
	}
	if (kept != NULL) {
		*link = kept->next;
		free(kept->objects);
		free(kept);
	}
	__real_rte_mempool_free(pool);
}

static struct kept *
find(const struct kind *kind, const char *name)
{
	struct kept *kept;

	for (kept = shelf; kept != NULL; kept = kept->next) {
		if (kept->used || kept->kind.n != kind->n ||
		    memcmp(&kept->kind, kind, sizeof(*kind)) != 0)
			continue;
		kept->used = true;
		set_name(kept->pool, name);
		return kept;
	}
	return NULL;
}

/* Pools of one name stand on the shelf. */
static void
unique_name(char name[RTE_MEMPOOL_NAMESIZE])
{
	static unsigned int nb;

	snprintf(name, RTE_MEMPOOL_NAMESIZE, "sim_pool_%u", nb++);
}

static struct rte_mempool *
keep(struct rte_mempool *pool, const struct kind *kind, const char *name)
{
	struct kept *kept;

	if (pool == NULL)
		return NULL;
	kept = calloc(1, sizeof(*kept));
	if (kept != NULL)
		kept->objects = calloc(2 * (size_t)kind->n, sizeof(kept->objects[0]));
	if (kept == NULL || kept->objects == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory to keep pools\n");
	kept->pool = pool;
	kept->kind = *kind;
	kept->used = true;
	kept->next = shelf;
	shelf = kept;
	rte_mempool_obj_iter(pool, note_object, kept);
	set_name(pool, name);
	return pool;
}

/* The one that it is printed by. */
static void
set_name(struct rte_mempool *pool, const char *name)
{
	snprintf(pool->name, sizeof(pool->name), "%s", name);
}

static void
note_object(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct kept *kept = arg;

	RTE_SET_USED(pool);
	RTE_SET_USED(index);
	kept->objects[kept->nb_objects++] = object;
}

static void
zero_object(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(index);
	memset(object, 0, pool->elt_size);
}

/* All objects back in their first order; false: one is lacking. */
static bool
renew(struct kept *kept)
{
	struct rte_mempool *pool = kept->pool;
	unsigned int n = kept->nb_objects;

	rte_mempool_cache_flush(NULL, pool);
	if (rte_mempool_generic_get(pool, kept->objects + n, n, NULL) < 0)
		return false;
	rte_mempool_generic_put(pool, kept->objects, n, NULL);
	return true;
}
