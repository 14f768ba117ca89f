/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "engine.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

/** Most engines in one process. */
#define ENGINE_MAX 64

/*
 * The one global of the project: constructors of shared objects fill it before main(), when there
 * is nothing yet to hand them.
 */
static struct {
	const struct tr_engine_ops *ops[ENGINE_MAX];
	unsigned int nb;
} registry;

int
tr_engine_register(const struct tr_engine_ops *ops)
{
	if (ops->name == NULL || ops->name[0] == '\0' || ops->create == NULL ||
	    ops->destroy == NULL || ops->prepare == NULL || ops->discard == NULL ||
	    ops->execute == NULL)
		return -EINVAL;
	if (engine_find(ops->name) != NULL)
		return -EEXIST;
	if (registry.nb == ENGINE_MAX)
		return -ENOSPC;
	registry.ops[registry.nb++] = ops;
	return 0;
}

void
tr_engine_unregister(const struct tr_engine_ops *ops)
{
	unsigned int i;

	for (i = 0; i < registry.nb && registry.ops[i] != ops; i++)
		;
	if (i == registry.nb)
		return; /* its registration was refused */
	registry.nb--;
	memmove(&registry.ops[i], &registry.ops[i + 1],
		(registry.nb - i) * sizeof(registry.ops[0]));
}

const struct tr_engine_ops *
engine_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < registry.nb; i++)
		if (strcmp(registry.ops[i]->name, name) == 0)
			return registry.ops[i];
	return NULL;
}

void
engine_walk(void (*visit)(const struct tr_engine_ops *ops, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < registry.nb; i++)
		visit(registry.ops[i], arg);
}

const char *
engine_status_name(enum tr_engine_status status)
{
	static const char *const names[TR_ENGINE_STATUSES] = {
		[TR_ENGINE_OK] = "ok",
		[TR_ENGINE_NOT_FOUND] = "not_found",
		[TR_ENGINE_EXISTS] = "exists",
		[TR_ENGINE_NOT_STORED] = "not_stored",
		[TR_ENGINE_TOO_LARGE] = "too_large",
		[TR_ENGINE_BAD_DELTA] = "bad_delta",
		[TR_ENGINE_NO_MEMORY] = "no_memory",
		[TR_ENGINE_INVALID] = "invalid",
		[TR_ENGINE_NOT_SUPPORTED] = "not_supported",
		[TR_ENGINE_BUSY] = "busy",
	};

	if ((unsigned int)status >= RTE_DIM(names))
		return "unknown";
	return names[status];
}
