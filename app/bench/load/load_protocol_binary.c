/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "load_protocol.h"

#define REQUEST 0x80
#define RESPONSE 0x81
#define OP_GET 0x00
#define OP_SET 0x01
#define SET_EXTRAS_BYTES 8 /* flags and expiry */
#define STATUS_OK 0
#define STATUS_NOT_FOUND 1

/* Of requests and responses. */
struct header {
	uint8_t magic;
	uint8_t op;
	rte_be16_t key_len;
	uint8_t extras_len;
	uint8_t datatype;
	rte_be16_t status;
	rte_be32_t body_len;
	rte_be32_t opaque;
	rte_be64_t cas;
} __attribute__((packed));

static uint32_t request_head(const struct load_keys *keys, const struct load_request *request,
			     char *head);
static uint32_t reply_head_bytes(const char *data, uint32_t len);
static void reply_head(struct load_reply *reply, const struct load_keys *keys,
		       const struct load_request *request, const char *head, uint32_t len);

const struct load_protocol load_protocol_binary = {
	.name = "binary",
	.request_head = request_head,
	.request_tail = "",
	.reply_head_bytes = reply_head_bytes,
	.reply_head = reply_head,
};

/* Header, extras of a set, key. The opaque is the key's number. */
static uint32_t
request_head(const struct load_keys *keys, const struct load_request *request, char *head)
{
	uint32_t extras_len = request->set ? SET_EXTRAS_BYTES : 0;
	uint32_t value_len = request->set ? keys->keys[request->key].value_bytes : 0;
	uint32_t head_len = sizeof(struct header) + extras_len;
	uint32_t key_len = load_keys_name(keys, request->key, head + head_len);
	struct header header = {
		.magic = REQUEST,
		.op = request->set ? OP_SET : OP_GET,
		.key_len = rte_cpu_to_be_16(key_len),
		.extras_len = extras_len,
		.body_len = rte_cpu_to_be_32(extras_len + key_len + value_len),
		.opaque = rte_cpu_to_be_32(request->key),
	};

	memcpy(head, &header, sizeof(header));
	memset(head + sizeof(header), 0, extras_len);
	return head_len + key_len;
}

static uint32_t
reply_head_bytes(const char *data, uint32_t len)
{
	(void)data;
	return len >= sizeof(struct header) ? sizeof(struct header) : 0;
}

static void
reply_head(struct load_reply *reply, const struct load_keys *keys,
	   const struct load_request *request, const char *head, uint32_t len)
{
	struct header header;
	uint32_t body_len, before;

	(void)len;
	memcpy(&header, head, sizeof(header));
	body_len = rte_be_to_cpu_32(header.body_len);
	before = header.extras_len + rte_be_to_cpu_16(header.key_len);
	reply->outcome = LOAD_BROKEN;
	if (header.magic != RESPONSE || header.op != (request->set ? OP_SET : OP_GET) ||
	    header.opaque != rte_cpu_to_be_32(request->key) || before > body_len ||
	    body_len > UINT32_MAX / 16)
		return;
	reply->skip = body_len;
	switch (rte_be_to_cpu_16(header.status)) {
	case STATUS_OK:
		reply->outcome = request->set ? LOAD_STORED : LOAD_HIT;
		break;
	case STATUS_NOT_FOUND:
		reply->outcome = request->set ? LOAD_REFUSED : LOAD_MISS;
		break;
	default:
		reply->outcome = LOAD_REFUSED;
		break;
	}
	if (reply->outcome != LOAD_HIT)
		return;
	reply->skip = before;
	reply->value = body_len - before;
	reply->differs = reply->verify && reply->value != keys->keys[request->key].value_bytes;
}
