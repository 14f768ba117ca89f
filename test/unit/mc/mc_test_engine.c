/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_test_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mc_test_item {
	struct mc_test_item *next;
	uint8_t *value;
	uint64_t cas;
	uint32_t value_len;
	uint32_t client_flags;
	uint32_t expiry_s;
	uint16_t key_len;
	uint8_t key[TR_ENGINE_KEY_MAX];
};

/* A value on its way to the client. */
struct mc_test_value {
	struct mc_test_engine *engine;
	uint8_t bytes[];
};

static struct mc_test_item *item_find(struct mc_test_engine *engine,
				      const struct tr_request *request);
static struct mc_test_item *item_take(struct mc_test_engine *engine,
				      const struct tr_request *request);
static void item_insert(struct mc_test_engine *engine, struct mc_test_item *item);
static void item_free(struct mc_test_item *item);
static enum tr_engine_status store(struct mc_test_engine *engine, const struct tr_request *request,
				   struct tr_response *response);
static enum tr_engine_status extend(struct mc_test_engine *engine, const struct tr_request *request,
				    struct tr_response *response);
static enum tr_engine_status arithmetic(struct mc_test_engine *engine,
					const struct tr_request *request,
					struct tr_response *response);
static enum tr_engine_status retrieve(struct mc_test_engine *engine,
				      const struct tr_request *request,
				      struct tr_response *response);
static enum tr_engine_status list(struct mc_test_engine *engine, const struct tr_request *request,
				  struct tr_response *response);
static void give(struct mc_test_engine *engine, struct tr_response *response, const void *bytes,
		 uint32_t len);
static void release(void *arg);

void
mc_test_engine_prepare(struct mc_test_engine *engine, struct tr_request *request)
{
	struct mc_test_item *item = calloc(1, sizeof(*item));

	memcpy(item->key, request->key, request->key_len);
	item->key_len = request->key_len;
	item->client_flags = request->client_flags;
	item->value_len = request->value_len;
	if (request->value_len != 0)
		item->value = malloc(request->value_len);
	request->item = item;
	request->value = item->value;
	engine->prepared++;
}

void
mc_test_engine_discard(struct mc_test_engine *engine, struct tr_request *request)
{
	item_free(request->item);
	request->item = NULL;
	engine->prepared--;
}

void
mc_test_engine_execute(struct mc_test_engine *engine, struct tr_request *request,
		       struct tr_response *response)
{
	struct mc_test_item *item;

	switch (request->op) {
	case TR_ENGINE_GET:
	case TR_ENGINE_GAT:
	case TR_ENGINE_TOUCH:
		response->status = retrieve(engine, request, response);
		break;
	case TR_ENGINE_DELETE:
		item = item_find(engine, request);
		response->status = TR_ENGINE_NOT_FOUND;
		if (item == NULL)
			break;
		response->status = TR_ENGINE_EXISTS;
		if (request->cas != 0 && request->cas != item->cas)
			break;
		response->status = TR_ENGINE_OK;
		item_free(item_take(engine, request));
		break;
	case TR_ENGINE_INCR:
	case TR_ENGINE_DECR:
		response->status = arithmetic(engine, request, response);
		break;
	case TR_ENGINE_FLUSH:
		if (request->expiry_s == 0)
			mc_test_engine_clear(engine);
		break;
	case TR_ENGINE_STAT:
		response->status = list(engine, request, response);
		break;
	case TR_ENGINE_APPEND:
	case TR_ENGINE_PREPEND:
		response->status = extend(engine, request, response);
		break;
	default:
		response->status = store(engine, request, response);
		break;
	}
	if (request->item != NULL)
		mc_test_engine_discard(engine, request);
}

void
mc_test_engine_clear(struct mc_test_engine *engine)
{
	while (engine->items != NULL) {
		struct mc_test_item *item = engine->items;

		engine->items = item->next;
		item_free(item);
	}
}

static enum tr_engine_status
store(struct mc_test_engine *engine, const struct tr_request *request, struct tr_response *response)
{
	struct mc_test_item *old = item_find(engine, request);
	struct mc_test_item *prepared = request->item;
	struct mc_test_item *item;

	if ((request->op == TR_ENGINE_ADD && old != NULL) ||
	    (request->op == TR_ENGINE_REPLACE && old == NULL))
		return TR_ENGINE_NOT_STORED;
	if (request->cas != 0 && old == NULL)
		return TR_ENGINE_NOT_FOUND;
	if (request->cas != 0 && old->cas != request->cas)
		return TR_ENGINE_EXISTS;
	if (old != NULL)
		item_free(item_take(engine, request));
	item = calloc(1, sizeof(*item));
	*item = *prepared;
	prepared->value = NULL;
	item->expiry_s = request->expiry_s;
	item_insert(engine, item);
	response->cas = item->cas;
	return TR_ENGINE_OK;
}

static enum tr_engine_status
extend(struct mc_test_engine *engine, const struct tr_request *request,
       struct tr_response *response)
{
	struct mc_test_item *item = item_find(engine, request);
	uint32_t len;
	uint8_t *value;

	if (item == NULL)
		return TR_ENGINE_NOT_STORED;
	if (request->cas != 0 && item->cas != request->cas)
		return TR_ENGINE_EXISTS;
	len = item->value_len + request->value_len;
	value = malloc(len + 1);
	if (request->op == TR_ENGINE_PREPEND && request->value_len != 0)
		memcpy(value, request->value, request->value_len);
	if (item->value_len != 0)
		memcpy(value + (request->op == TR_ENGINE_PREPEND ? request->value_len : 0),
		       item->value, item->value_len);
	if (request->op == TR_ENGINE_APPEND && request->value_len != 0)
		memcpy(value + item->value_len, request->value, request->value_len);
	free(item->value);
	item->value = value;
	item->value_len = len;
	item->cas = ++engine->last_cas;
	response->cas = item->cas;
	return TR_ENGINE_OK;
}

static enum tr_engine_status
arithmetic(struct mc_test_engine *engine, const struct tr_request *request,
	   struct tr_response *response)
{
	struct mc_test_item *item = item_find(engine, request);
	uint64_t number = request->initial;
	char text[24];
	char *end;

	if (item == NULL && (request->flags & TR_ENGINE_NO_CREATE) != 0)
		return TR_ENGINE_NOT_FOUND;
	if (item == NULL) {
		item = calloc(1, sizeof(*item));
		memcpy(item->key, request->key, request->key_len);
		item->key_len = request->key_len;
		item->expiry_s = request->expiry_s;
		item_insert(engine, item);
	} else {
		if (request->cas != 0 && item->cas != request->cas)
			return TR_ENGINE_EXISTS;
		if (item->value_len == 0 || item->value_len >= sizeof(text))
			return TR_ENGINE_BAD_DELTA;
		memcpy(text, item->value, item->value_len);
		text[item->value_len] = '\0';
		number = strtoull(text, &end, 10);
		if (*end != '\0')
			return TR_ENGINE_BAD_DELTA;
		if (request->op == TR_ENGINE_INCR)
			number += request->delta;
		else
			number -= request->delta < number ? request->delta : number;
		item->cas = ++engine->last_cas;
	}
	free(item->value);
	item->value_len = snprintf(text, sizeof(text), "%" PRIu64, number);
	item->value = malloc(item->value_len);
	memcpy(item->value, text, item->value_len);
	response->has_number = 1;
	response->number = number;
	response->cas = item->cas;
	return TR_ENGINE_OK;
}

static enum tr_engine_status
retrieve(struct mc_test_engine *engine, const struct tr_request *request,
	 struct tr_response *response)
{
	struct mc_test_item *item = item_find(engine, request);

	if (item == NULL)
		return TR_ENGINE_NOT_FOUND;
	response->cas = item->cas;
	response->client_flags = item->client_flags;
	if (request->op != TR_ENGINE_TOUCH)
		give(engine, response, item->value, item->value_len);
	if (request->op != TR_ENGINE_GET)
		item->expiry_s = request->expiry_s;
	return TR_ENGINE_OK;
}

static enum tr_engine_status
list(struct mc_test_engine *engine, const struct tr_request *request, struct tr_response *response)
{
	static const char group[] = "colour\0blue\0width\0"
				    "7\0";
	static const char general[] = "curr_items\0"
				      "3\0"
				      "empty\0";

	if (request->key_len == 0) {
		give(engine, response, general, sizeof(general));
		return TR_ENGINE_OK;
	}
	if (request->key_len == 5 && memcmp(request->key, "group", 5) == 0) {
		give(engine, response, group, sizeof(group) - 1);
		return TR_ENGINE_OK;
	}
	return TR_ENGINE_NOT_FOUND;
}

static void
give(struct mc_test_engine *engine, struct tr_response *response, const void *bytes, uint32_t len)
{
	struct mc_test_value *value;

	if (len == 0)
		return;
	value = malloc(sizeof(*value) + len);
	value->engine = engine;
	memcpy(value->bytes, bytes, len);
	response->value = value->bytes;
	response->value_len = len;
	response->release = release;
	response->release_arg = value;
	engine->released++;
}

static void
release(void *arg)
{
	struct mc_test_value *value = arg;

	value->engine->released--;
	free(value);
}

static struct mc_test_item *
item_find(struct mc_test_engine *engine, const struct tr_request *request)
{
	struct mc_test_item *item;

	for (item = engine->items; item != NULL; item = item->next)
		if (item->key_len == request->key_len &&
		    memcmp(item->key, request->key, item->key_len) == 0)
			break;
	if (item == NULL || item->expiry_s == 0 || item->expiry_s > request->now_s)
		return item;
	item_free(item_take(engine, request));
	return NULL;
}

static struct mc_test_item *
item_take(struct mc_test_engine *engine, const struct tr_request *request)
{
	struct mc_test_item **link = &engine->items;
	struct mc_test_item *item;

	while ((*link)->key_len != request->key_len ||
	       memcmp((*link)->key, request->key, request->key_len) != 0)
		link = &(*link)->next;
	item = *link;
	*link = item->next;
	return item;
}

static void
item_insert(struct mc_test_engine *engine, struct mc_test_item *item)
{
	item->cas = ++engine->last_cas;
	item->next = engine->items;
	engine->items = item;
}

static void
item_free(struct mc_test_item *item)
{
	free(item->value);
	free(item);
}
