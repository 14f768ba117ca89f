/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Counters: values that are decimal numbers. */
#include "dram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Digits of UINT64_MAX. */
#define DIGITS_MAX 20

static void counter_create(struct dram_shard *shard, const struct tr_request *request,
			   struct tr_response *response);
static bool number_parse(const uint8_t *text, uint32_t len, uint64_t *number);
static uint64_t number_add(const struct tr_request *request, uint64_t number);
static struct dram_item *counter_rewrite(struct dram_shard *shard, struct dram_item *item,
					 const char *digits, uint32_t len);

void
dram_op_counter(struct dram_shard *shard, const struct tr_request *request,
		struct tr_response *response)
{
	struct dram_item *item = dram_shard_find(shard, request);
	char digits[DIGITS_MAX + 1];
	uint64_t number;
	uint32_t len;

	if (item == NULL) {
		counter_create(shard, request, response);
		return;
	}
	if (request->cas != 0 && request->cas != item->cas) {
		response->status = TR_ENGINE_EXISTS;
		return;
	}
	if (!number_parse(dram_item_value(item), item->value_len, &number)) {
		response->status = TR_ENGINE_BAD_DELTA;
		return;
	}
	number = number_add(request, number);
	len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	item = counter_rewrite(shard, item, digits, len);
	if (item == NULL) {
		response->status = TR_ENGINE_NO_MEMORY;
		return;
	}
	response->status = TR_ENGINE_OK;
	response->cas = item->cas;
	response->has_number = 1;
	response->number = number;
}

static void
counter_create(struct dram_shard *shard, const struct tr_request *request,
	       struct tr_response *response)
{
	char digits[DIGITS_MAX + 1];
	struct dram_item *item;
	uint32_t len;

	if (request->flags & TR_ENGINE_NO_CREATE || request->cas != 0) {
		response->status = TR_ENGINE_NOT_FOUND;
		return;
	}
	len = snprintf(digits, sizeof(digits), "%" PRIu64, request->initial);
	item = dram_shard_alloc(shard, request->key, request->key_len, len);
	if (item == NULL) {
		response->status = TR_ENGINE_NO_MEMORY;
		return;
	}
	memcpy(dram_item_value(item), digits, len);
	item->expiry_s = request->expiry_s;
	item->client_flags = request->client_flags;
	item->datatype = 0;
	dram_shard_link(shard, item, request->hash, NULL);
	response->status = TR_ENGINE_OK;
	response->cas = item->cas;
	response->has_number = 1;
	response->number = request->initial;
}

/* Digits, then spaces, which a decrement leaves behind. */
static bool
number_parse(const uint8_t *text, uint32_t len, uint64_t *number)
{
	uint64_t value = 0;
	uint32_t i;

	if (len > DIGITS_MAX)
		return false;
	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text[i] - '0', &value))
			return false;
	*number = value;
	if (i == 0)
		return false;
	while (i < len && text[i] == ' ')
		i++;
	return i == len;
}

/* memcached doc/protocol.txt, "Increment/Decrement": incr wraps at 64 bits, decr stops at 0. */
static uint64_t
number_add(const struct tr_request *request, uint64_t number)
{
	if (request->op == TR_ENGINE_INCR)
		return number + request->delta;
	return number > request->delta ? number - request->delta : 0;
}

/*
 * Change the value of an item, in place if no one else reads it. Like memcached's, a value does not
 * get shorter: spaces fill it up (doc/protocol.txt, "decr").
 */
static struct dram_item *
counter_rewrite(struct dram_shard *shard, struct dram_item *item, const char *digits, uint32_t len)
{
	uint32_t value_len = RTE_MAX(len, item->value_len);
	struct dram_item *old = NULL;

	if (!dram_item_is_sole(item) || value_len > dram_item_room(item)) {
		old = item;
		dram_item_get(old);
		item = dram_shard_alloc(shard, old->key, old->key_len, value_len);
		if (item != NULL) {
			item->expiry_s = old->expiry_s;
			item->client_flags = old->client_flags;
			item->datatype = old->datatype;
		}
	}
	if (item != NULL) {
		item->value_len = value_len;
		memcpy(dram_item_value(item), digits, len);
		memset(dram_item_value(item) + len, ' ', value_len - len);
	}
	if (old == NULL) {
		item->cas = dram_shard_cas(shard);
		dram_shard_touch(shard, item);
		return item;
	}
	if (item != NULL)
		dram_shard_link(shard, item, old->hash, old);
	dram_item_put(old);
	return item;
}
