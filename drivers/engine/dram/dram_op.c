/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The operations that read, store and remove whole values. */
#include "dram.h"

#include <string.h>

static void item_describe(const struct dram_shard *shard, const struct dram_item *item,
			  struct tr_response *response);
static void item_release(void *arg);
static enum tr_engine_status store_check(const struct tr_request *request,
					 const struct dram_item *old);
static enum tr_engine_status concat_check(const struct dram_shard *shard,
					  const struct tr_request *request,
					  const struct dram_item *old);
static struct dram_item *unspill(struct dram_shard *shard, struct dram_item *item);
static struct dram_item *concat(struct dram_shard *shard, const struct tr_request *request,
				struct dram_item *old);

void
dram_op_get(struct dram_shard *shard, const struct tr_request *request,
	    struct tr_response *response)
{
	struct dram_item *item = dram_shard_find(shard, request);
	bool reads = request->op != TR_ENGINE_TOUCH;

	if (item == NULL) {
		response->status = TR_ENGINE_NOT_FOUND;
		return;
	}
	if (request->op != TR_ENGINE_GET)
		item->expiry_s = request->expiry_s;
	/* Marks and last access are those before this read. */
	item_describe(shard, item, response);
	dram_shard_touch(shard, item);
	if (!reads)
		return;
	atomic_store_explicit(&item->state, DRAM_ITEM_LINKED | DRAM_ITEM_FETCHED,
			      memory_order_release);
	dram_item_get(item);
	response->value = dram_item_value(item);
	response->value_len = item->value_len;
	response->release = item_release;
	response->release_arg = item;
}

void
dram_op_store(struct dram_shard *shard, const struct tr_request *request,
	      struct tr_response *response)
{
	struct dram_item *old = dram_shard_find(shard, request);
	struct dram_item *item = request->item;

	response->status = store_check(request, old);
	if (response->status != TR_ENGINE_OK) {
		if (old != NULL && request->op == TR_ENGINE_ADD)
			dram_shard_touch(shard, old);
		dram_item_put(item);
		return;
	}
	if (item == item->arena->spill) {
		item = unspill(shard, item);
		if (item == NULL) {
			response->status = TR_ENGINE_NO_MEMORY;
			return;
		}
		/* It may have been evicted to make the room. */
		old = dram_shard_find(shard, request);
	}
	item->expiry_s = request->expiry_s;
	item->client_flags = request->client_flags;
	item->datatype = request->datatype;
	dram_shard_link(shard, item, request->hash, old);
	response->cas = item->cas;
}

void
dram_op_concat(struct dram_shard *shard, const struct tr_request *request,
	       struct tr_response *response)
{
	struct dram_item *old = dram_shard_find(shard, request);
	struct dram_item *item;

	response->status = concat_check(shard, request, old);
	if (response->status == TR_ENGINE_OK) {
		/* Held, so that it stays where it is while room is made. */
		dram_item_get(old);
		item = concat(shard, request, old);
		if (item != NULL) {
			dram_shard_link(shard, item, request->hash, old);
			response->cas = item->cas;
		} else {
			response->status = TR_ENGINE_NO_MEMORY;
		}
		dram_item_put(old);
	}
	dram_item_put(request->item);
}

void
dram_op_delete(struct dram_shard *shard, const struct tr_request *request,
	       struct tr_response *response)
{
	struct dram_item *item = dram_shard_find(shard, request);

	if (item == NULL) {
		response->status = TR_ENGINE_NOT_FOUND;
	} else if (request->cas != 0 && request->cas != item->cas) {
		response->status = TR_ENGINE_EXISTS;
	} else {
		response->status = TR_ENGINE_OK;
		dram_shard_unlink(shard, item);
	}
}

static void
item_describe(const struct dram_shard *shard, const struct dram_item *item,
	      struct tr_response *response)
{
	uint32_t now_s = shard->now_s;

	response->status = TR_ENGINE_OK;
	response->cas = item->cas;
	response->client_flags = item->client_flags;
	response->datatype = item->datatype;
	if (item->expiry_s == 0)
		response->ttl_s = UINT32_MAX;
	else
		response->ttl_s = item->expiry_s > now_s ? item->expiry_s - now_s : 0;
	/* The clocks of two cores may differ. */
	response->last_access_s = now_s > item->accessed_s ? now_s - item->accessed_s : 0;
	if (atomic_load_explicit(&item->state, memory_order_relaxed) & DRAM_ITEM_FETCHED)
		response->marks = TR_ENGINE_MARK_FETCHED;
}

static void
item_release(void *arg)
{
	dram_item_put(arg);
}

static enum tr_engine_status
store_check(const struct tr_request *request, const struct dram_item *old)
{
	if (request->op == TR_ENGINE_ADD)
		return old == NULL ? TR_ENGINE_OK : TR_ENGINE_NOT_STORED;
	if (old == NULL) {
		if (request->op == TR_ENGINE_REPLACE)
			return TR_ENGINE_NOT_STORED;
		return request->cas == 0 ? TR_ENGINE_OK : TR_ENGINE_NOT_FOUND;
	}
	return request->cas == 0 || request->cas == old->cas ? TR_ENGINE_OK : TR_ENGINE_EXISTS;
}

static enum tr_engine_status
concat_check(const struct dram_shard *shard, const struct tr_request *request,
	     const struct dram_item *old)
{
	if (old == NULL)
		return TR_ENGINE_NOT_STORED;
	if (request->cas != 0 && request->cas != old->cas)
		return TR_ENGINE_EXISTS;
	if ((uint64_t)old->value_len + request->value_len > shard->value_max)
		return TR_ENGINE_TOO_LARGE;
	return TR_ENGINE_OK;
}

/* Move a value that found no room in its core's arena to the shard's, where room can be made. */
static struct dram_item *
unspill(struct dram_shard *shard, struct dram_item *spill)
{
	struct dram_item *item;

	item = dram_shard_alloc(shard, spill->key, spill->key_len, spill->value_len);
	if (item != NULL) {
		memcpy(dram_item_value(item), dram_item_value(spill), spill->value_len);
		dram_shard_count(shard, DRAM_SPILLED, 1);
	}
	dram_item_put(spill);
	return item;
}

/* A new item of both values, with all else as it was. */
static struct dram_item *
concat(struct dram_shard *shard, const struct tr_request *request, struct dram_item *old)
{
	struct dram_item *added = request->item;
	struct dram_item *item, *first, *second;

	item = dram_shard_alloc(shard, old->key, old->key_len, old->value_len + added->value_len);
	if (item == NULL)
		return NULL;
	first = request->op == TR_ENGINE_APPEND ? old : added;
	second = request->op == TR_ENGINE_APPEND ? added : old;
	memcpy(dram_item_value(item), dram_item_value(first), first->value_len);
	memcpy(dram_item_value(item) + first->value_len, dram_item_value(second),
	       second->value_len);
	item->expiry_s = old->expiry_s;
	item->client_flags = old->client_flags;
	item->datatype = old->datatype;
	return item;
}
