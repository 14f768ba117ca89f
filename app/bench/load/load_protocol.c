/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_protocol.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

static uint32_t take_head(const struct load_protocol *protocol, struct load_reply *reply,
			  const struct load_keys *keys, const struct load_request *request,
			  const char *data, uint32_t len);
static uint32_t take_body(struct load_reply *reply, const struct load_keys *keys,
			  const struct load_request *request, const uint8_t *data, uint32_t len);
static uint32_t take_tail(struct load_reply *reply, const uint8_t *data, uint32_t len);

unsigned int
load_protocol_request(const struct load_protocol *protocol, const struct load_keys *keys,
		      const struct load_request *request, char *head, struct iovec *parts)
{
	parts[0].iov_base = head;
	parts[0].iov_len = protocol->request_head(keys, request, head);
	if (!request->set)
		return 1;
	parts[1].iov_base = (void *)(uintptr_t)load_keys_value(keys, request->key);
	parts[1].iov_len = keys->keys[request->key].value_bytes;
	parts[2].iov_base = (void *)(uintptr_t)protocol->request_tail;
	parts[2].iov_len = strlen(protocol->request_tail);
	return LOAD_PROTOCOL_PARTS;
}

enum load_outcome
load_protocol_reply(const struct load_protocol *protocol, struct load_reply *reply,
		    const struct load_keys *keys, const struct load_request *request,
		    const uint8_t *data, uint32_t len, uint32_t *used)
{
	enum load_outcome outcome;

	*used = 0;
	if (reply->outcome == LOAD_MORE) {
		reply->differs = false;
		*used = take_head(protocol, reply, keys, request, (const char *)data, len);
	}
	if (reply->outcome == LOAD_MORE)
		return LOAD_MORE;
	*used += take_body(reply, keys, request, data + *used, len - *used);
	if (reply->skip + reply->value + reply->tail_bytes > 0)
		return LOAD_MORE;
	outcome = reply->outcome;
	reply->outcome = LOAD_MORE;
	reply->value_at = 0;
	return outcome;
}

/* Where it lies, or from the pieces that came; returns how many bytes were used. */
static uint32_t
take_head(const struct load_protocol *protocol, struct load_reply *reply,
	  const struct load_keys *keys, const struct load_request *request, const char *data,
	  uint32_t len)
{
	uint32_t before = reply->head_len;
	uint32_t part, bytes;

	if (before == 0) {
		bytes = protocol->reply_head_bytes(data, len);
		if (bytes > 0) {
			protocol->reply_head(reply, keys, request, data, bytes);
			return bytes;
		}
	}
	part = RTE_MIN(len, sizeof(reply->head) - before);
	memcpy(reply->head + before, data, part);
	bytes = protocol->reply_head_bytes(reply->head, before + part);
	if (bytes > 0) {
		reply->head_len = 0;
		protocol->reply_head(reply, keys, request, reply->head, bytes);
		return bytes - before;
	}
	reply->head_len = before + part;
	if (reply->head_len == sizeof(reply->head))
		reply->outcome = LOAD_BROKEN;
	return part;
}

static uint32_t
take_body(struct load_reply *reply, const struct load_keys *keys,
	  const struct load_request *request, const uint8_t *data, uint32_t len)
{
	const uint8_t *value;
	uint32_t at, part;

	at = RTE_MIN(len, reply->skip);
	reply->skip -= at;
	part = RTE_MIN(len - at, reply->value);
	if (part > 0) {
		/* A value of another length is known to differ. */
		if (reply->verify && !reply->differs) {
			value = load_keys_value(keys, request->key) + reply->value_at;
			reply->differs = memcmp(value, data + at, part) != 0;
		}
		reply->value -= part;
		reply->value_at += part;
		at += part;
	}
	return at + take_tail(reply, data + at, len - at);
}

/* Other bytes than those that must end it: nobody knows where the next reply begins. */
static uint32_t
take_tail(struct load_reply *reply, const uint8_t *data, uint32_t len)
{
	uint32_t part = RTE_MIN(len, reply->tail_bytes);

	if (part == 0)
		return 0;
	if (unlikely(memcmp(reply->tail, data, part) != 0)) {
		reply->outcome = LOAD_BROKEN;
		reply->tail_bytes = 0;
		return part;
	}
	reply->tail += part;
	reply->tail_bytes -= part;
	return part;
}
