/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Statistics: the inner engine's, and ours after them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "ewouldblock.h"

/* Room for one of our names and its number. */
#define STAT_BYTES 64

/** An answer that holds both. */
struct stat_list {
	struct tr_response inner; /* released with this list: on the core, as it expects */
	char text[];
};

static void list_release(void *arg);

bool
ewouldblock_stat_is(const struct tr_request *request)
{
	return request->op == TR_ENGINE_STAT && request->key_len == 0;
}

void
ewouldblock_stat_add(struct ewouldblock *engine, struct tr_response *response)
{
	const struct ewouldblock_numbers numbers = ewouldblock_queue_numbers(engine);
	const struct {
		const char *name;
		uint64_t number;
	} ours[] = {
		{"ewouldblock_pending", numbers.pending},
		{"ewouldblock_withheld", numbers.withheld},
		{"ewouldblock_made_pending", numbers.made_pending},
		{"ewouldblock_answered_late", numbers.answered_late},
	};
	struct stat_list *list;
	unsigned int i;
	char *at;

	if (response->status != TR_ENGINE_OK)
		return;
	list = malloc(sizeof(*list) + response->value_len + RTE_DIM(ours) * STAT_BYTES);
	if (list == NULL)
		return; /* the inner engine's alone */
	list->inner = *response;
	if (response->value_len != 0)
		memcpy(list->text, response->value, response->value_len);
	at = list->text + response->value_len;
	for (i = 0; i < RTE_DIM(ours); i++) {
		at += snprintf(at, STAT_BYTES / 2, "%s", ours[i].name) + 1;
		at += snprintf(at, STAT_BYTES / 2, "%" PRIu64, ours[i].number) + 1;
	}
	response->value = list->text;
	response->value_len = at - list->text;
	response->release = list_release;
	response->release_arg = list;
}

static void
list_release(void *arg)
{
	struct stat_list *list = arg;

	if (list->inner.release != NULL)
		list->inner.release(list->inner.release_arg);
	free(list);
}
