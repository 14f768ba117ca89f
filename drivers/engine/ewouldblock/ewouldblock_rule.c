/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Which requests become pending. What is chosen depends on the order of requests and on the
 * arguments, on nothing else: one connection sees the same at every run.
 */
#include <string.h>

#include "ewouldblock.h"

static bool rule_apply(const struct ewouldblock_args *args, struct ewouldblock_rule *rule,
		       uint8_t op);

bool
ewouldblock_rule_chooses(struct ewouldblock *engine, const struct tr_request *request)
{
	bool chosen;

	/* Whoever looks how many wait must not have to wait. */
	if (ewouldblock_stat_is(request))
		return false;
	pthread_mutex_lock(&engine->lock);
	chosen = rule_apply(&engine->args, &engine->rule, request->op);
	pthread_mutex_unlock(&engine->lock);
	return chosen;
}

static bool
rule_apply(const struct ewouldblock_args *args, struct ewouldblock_rule *rule, uint8_t op)
{
	uint64_t index = rule->nb++;
	bool seen;

	switch (args->which) {
	case EWOULDBLOCK_EVERY:
		return (index + 1) % args->every == 0;
	case EWOULDBLOCK_RANDOM:
		return ewouldblock_random(&rule->random, 100) < args->percent;
	case EWOULDBLOCK_FIRST:
		seen = op >= TR_ENGINE_OPS || rule->seen[op];
		if (!seen)
			rule->seen[op] = true;
		return !seen;
	case EWOULDBLOCK_SEQUENCE:
		return args->sequence[index % strlen(args->sequence)] == 'p';
	}
	return false;
}

uint32_t
ewouldblock_random(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32) % below;
}
