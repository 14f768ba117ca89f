/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_binary.h"

#include <errno.h>

#include <rte_bitops.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "mc_hello.h"
#include "mc_internal.h"

/* A counter whose expiry is this is not to be created. */
#define MC_BINARY_NO_CREATE_EXPIRY UINT32_MAX

#define FORM(engine_op, form_flags, form_extras_len)                                               \
	{                                                                                          \
		.known = 1, .op = TR_ENGINE_##engine_op, .flags = (form_flags),                    \
		.extras_len = (form_extras_len)                                                    \
	}
#define KEY MC_BINARY_KEY
#define STORE (MC_BINARY_KEY | MC_BINARY_VALUE)
#define KEY_BACK (MC_BINARY_KEY | MC_BINARY_REPLY_KEY)
#define QUIET MC_BINARY_QUIET
#define BARRIER MC_BINARY_BARRIER
#define REORDER MC_BINARY_REORDER

/*
 * REORDER is what kv_engine's UnorderedExecution.md lists, and GATK. Quiet commands are not among
 * them: their silence, once something behind them was answered, must go on to tell that they are
 * done.
 */
static const struct mc_binary_form mc_binary_forms[MC_BINARY_OPCODES] = {
	[MC_BINARY_GET] = FORM(GET, KEY | REORDER, 0),
	[MC_BINARY_GETQ] = FORM(GET, KEY | QUIET, 0),
	[MC_BINARY_GETK] = FORM(GET, KEY_BACK | REORDER, 0),
	[MC_BINARY_GETKQ] = FORM(GET, KEY_BACK | QUIET, 0),
	[MC_BINARY_GAT] = FORM(GAT, KEY | REORDER, 4),
	[MC_BINARY_GATQ] = FORM(GAT, KEY | QUIET, 4),
	[MC_BINARY_GATK] = FORM(GAT, KEY_BACK | REORDER, 4),
	[MC_BINARY_GATKQ] = FORM(GAT, KEY_BACK | QUIET, 4),
	[MC_BINARY_TOUCH] = FORM(TOUCH, KEY | REORDER, 4),
	[MC_BINARY_SET] = FORM(SET, STORE | REORDER, 8),
	[MC_BINARY_SETQ] = FORM(SET, STORE | QUIET, 8),
	[MC_BINARY_ADD] = FORM(ADD, STORE | REORDER, 8),
	[MC_BINARY_ADDQ] = FORM(ADD, STORE | QUIET, 8),
	[MC_BINARY_REPLACE] = FORM(REPLACE, STORE | REORDER, 8),
	[MC_BINARY_REPLACEQ] = FORM(REPLACE, STORE | QUIET, 8),
	[MC_BINARY_APPEND] = FORM(APPEND, STORE | REORDER, 0),
	[MC_BINARY_APPENDQ] = FORM(APPEND, STORE | QUIET, 0),
	[MC_BINARY_PREPEND] = FORM(PREPEND, STORE | REORDER, 0),
	[MC_BINARY_PREPENDQ] = FORM(PREPEND, STORE | QUIET, 0),
	[MC_BINARY_DELETE] = FORM(DELETE, KEY | REORDER, 0),
	[MC_BINARY_DELETEQ] = FORM(DELETE, KEY | QUIET, 0),
	[MC_BINARY_INCREMENT] = FORM(INCR, KEY | REORDER, 20),
	[MC_BINARY_INCREMENTQ] = FORM(INCR, KEY | QUIET, 20),
	[MC_BINARY_DECREMENT] = FORM(DECR, KEY | REORDER, 20),
	[MC_BINARY_DECREMENTQ] = FORM(DECR, KEY | QUIET, 20),
	[MC_BINARY_FLUSH] = FORM(FLUSH, BARRIER | MC_BINARY_EXTRAS_OPTIONAL, 4),
	[MC_BINARY_FLUSHQ] = FORM(FLUSH, BARRIER | MC_BINARY_EXTRAS_OPTIONAL | QUIET, 4),
	[MC_BINARY_STAT] = FORM(STAT, BARRIER | MC_BINARY_KEY_OPTIONAL, 0),
	[MC_BINARY_NOOP] = FORM(OPS, BARRIER, 0),
	[MC_BINARY_VERSION] = FORM(OPS, 0, 0),
	[MC_BINARY_VERBOSITY] = FORM(OPS, 0, 4),
	[MC_BINARY_HELLO] = FORM(OPS, BARRIER | MC_BINARY_KEY_OPTIONAL | MC_BINARY_FEATURES, 0),
	[MC_BINARY_QUIT] = FORM(OPS, BARRIER | MC_BINARY_CLOSE, 0),
	[MC_BINARY_QUITQ] = FORM(OPS, BARRIER | MC_BINARY_CLOSE | QUIET, 0),
};

#undef FORM
#undef KEY
#undef STORE
#undef KEY_BACK
#undef QUIET
#undef BARRIER
#undef REORDER

/* A packet, its lengths in host order and within its body. */
struct mc_binary_packet {
	const struct mc_binary_form *form;
	struct mc_binary_header header;
	const uint8_t *extras;
	const uint8_t *key;
	uint32_t body_len;
	uint32_t value_len;
	uint16_t key_len;
};

static enum mc_result mc_binary_close(struct mc_parser *parser);
static uint16_t mc_binary_check(const struct mc_parser *parser, struct mc_binary_packet *packet);
static uint32_t mc_binary_head_len(const struct mc_binary_packet *packet);
static enum mc_result mc_binary_refuse(struct mc_parser *parser,
				       const struct mc_binary_packet *packet, uint16_t status);
static enum mc_result mc_binary_execute(struct mc_parser *parser,
					const struct mc_binary_packet *packet);
static void mc_binary_negotiate(struct mc_parser *parser, const struct mc_binary_packet *packet,
				struct tr_request *request);
static enum mc_result mc_binary_answer(struct mc_parser *parser,
				       const struct mc_binary_packet *packet,
				       struct tr_request *request, unsigned int order);
static enum mc_result mc_binary_store(struct mc_parser *parser,
				      const struct mc_binary_packet *packet,
				      struct tr_request *request);
static void mc_binary_read_extras(struct tr_request *request,
				  const struct mc_binary_packet *packet);
static uint16_t mc_binary_refusal(enum tr_engine_status status);

const struct mc_binary_form *
mc_binary_form(uint8_t opcode)
{
	static const struct mc_binary_form unknown = {.op = TR_ENGINE_OPS};

	return opcode < MC_BINARY_OPCODES ? &mc_binary_forms[opcode] : &unknown;
}

enum mc_result
mc_binary_command(struct mc_parser *parser)
{
	struct mc_binary_packet packet;
	uint16_t status;

	if (unlikely(*mc_rest(parser) != MC_BINARY_MAGIC_REQUEST))
		return mc_binary_close(parser);
	if (mc_rest_len(parser) < sizeof(packet.header))
		return MC_MORE;
	memcpy(&packet.header, mc_rest(parser), sizeof(packet.header));
	packet.form = mc_binary_form(packet.header.opcode);
	status = mc_binary_check(parser, &packet);
	if (unlikely(status != MC_BINARY_OK))
		return mc_binary_refuse(parser, &packet, status);
	/* At most 24 + 20 + 250 bytes and a list of features, which the host shows at once. */
	if (mc_rest_len(parser) < mc_binary_head_len(&packet))
		return MC_MORE;
	packet.extras = mc_rest(parser) + sizeof(packet.header);
	packet.key = packet.extras + packet.header.extras_len;
	return mc_binary_execute(parser, &packet);
}

static enum mc_result
mc_binary_close(struct mc_parser *parser)
{
	mc_stats_count(parser->mc, MC_CLOSED_MALFORMED);
	parser->host->close(parser->conn);
	return MC_CLOSED;
}

static uint16_t
mc_binary_check(const struct mc_parser *parser, struct mc_binary_packet *packet)
{
	const struct mc_binary_form *form = packet->form;
	uint8_t extras_len = packet->header.extras_len;
	uint32_t head_len;

	packet->key_len = rte_be_to_cpu_16(packet->header.key_len);
	packet->body_len = rte_be_to_cpu_32(packet->header.body_len);
	head_len = (uint32_t)packet->key_len + extras_len;

	if (packet->body_len < head_len)
		return MC_BINARY_INVALID;
	packet->value_len = packet->body_len - head_len;
	if (packet->value_len > 2 * parser->mc->value_max)
		return MC_BINARY_TOO_LARGE;
	if (!form->known)
		return MC_BINARY_UNKNOWN_COMMAND;
	if (packet->key_len > TR_ENGINE_KEY_MAX)
		return MC_BINARY_INVALID;
	if ((form->flags & MC_BINARY_KEY) != 0 && packet->key_len == 0)
		return MC_BINARY_INVALID;
	if ((form->flags & (MC_BINARY_KEY | MC_BINARY_KEY_OPTIONAL)) == 0 && packet->key_len != 0)
		return MC_BINARY_INVALID;
	if (extras_len != form->extras_len &&
	    !(extras_len == 0 && (form->flags & MC_BINARY_EXTRAS_OPTIONAL) != 0))
		return MC_BINARY_INVALID;
	if ((form->flags & MC_BINARY_FEATURES) != 0)
		return packet->value_len > MC_HELLO_LIST_MAX || packet->value_len % 2 != 0
			       ? MC_BINARY_INVALID
			       : MC_BINARY_OK;
	if ((form->flags & MC_BINARY_VALUE) == 0 && packet->value_len != 0)
		return MC_BINARY_INVALID;
	return MC_BINARY_OK;
}

/* Bytes of a packet that are parsed at once: all but a value that is stored. */
static uint32_t
mc_binary_head_len(const struct mc_binary_packet *packet)
{
	uint32_t stored_len = (packet->form->flags & MC_BINARY_VALUE) != 0 ? packet->value_len : 0;

	return sizeof(packet->header) + packet->body_len - stored_len;
}

static enum mc_result
mc_binary_refuse(struct mc_parser *parser, const struct mc_binary_packet *packet, uint16_t status)
{
	struct mc_tag tag = {.opaque = packet->header.opaque, .fixed = status};
	struct tr_request *request;

	request = mc_request_get(parser, packet->header.opcode, tag);
	if (request == NULL)
		return MC_BLOCKED;
	mc_request_answer(parser, request, 0);
	parser->used += sizeof(packet->header);
	switch (status) {
	case MC_BINARY_TOO_LARGE:
		mc_stats_count(parser->mc, MC_STORE_TOO_LARGE);
		break;
	case MC_BINARY_UNKNOWN_COMMAND:
		mc_stats_count(parser->mc, MC_CMD_UNKNOWN);
		break;
	default:
		mc_stats_count(parser->mc, MC_CMD_MALFORMED);
		break;
	}
	/* A header that claims so much is no header; whatever follows cannot be trusted. */
	if (packet->body_len > 2 * parser->mc->value_max + TR_PROTOCOL_SPAN)
		return mc_binary_close(parser);
	mc_skip_body(parser, packet->body_len);
	return MC_NEXT;
}

static enum mc_result
mc_binary_execute(struct mc_parser *parser, const struct mc_binary_packet *packet)
{
	const struct mc_binary_form *form = packet->form;
	struct mc_tag tag = {.opaque = packet->header.opaque};
	struct tr_request *request;
	unsigned int order = 0;

	if ((form->flags & MC_BINARY_BARRIER) != 0) {
		order = TR_PROTOCOL_BARRIER;
	} else if (parser->state->unordered && (form->flags & MC_BINARY_REORDER) != 0) {
		order = TR_PROTOCOL_UNORDERED;
		tag.flags = MC_TAG_UNORDERED;
	}
	request = mc_request_get(parser, packet->header.opcode, tag);
	if (request == NULL)
		return MC_BLOCKED;
	if ((form->flags & MC_BINARY_FEATURES) != 0)
		mc_binary_negotiate(parser, packet, request);
	if (form->op == TR_ENGINE_OPS)
		return mc_binary_answer(parser, packet, request, order);
	request->op = form->op;
	request->cas = rte_be_to_cpu_64(packet->header.cas);
	mc_request_set_key(request, packet->key, packet->key_len);
	mc_binary_read_extras(request, packet);
	if ((form->flags & MC_BINARY_VALUE) != 0)
		return mc_binary_store(parser, packet, request);
	parser->host->request_start(parser->conn, request, order);
	parser->used += sizeof(packet->header) + packet->body_len;
	return MC_NEXT;
}

/* It is a barrier: requests before it keep the order that they came with. */
static void
mc_binary_negotiate(struct mc_parser *parser, const struct mc_binary_packet *packet,
		    struct tr_request *request)
{
	uint64_t granted =
		mc_hello_grant(request, packet->key + packet->key_len, packet->value_len);

	parser->state->unordered = (granted & RTE_BIT64(MC_HELLO_UNORDERED_EXECUTION)) != 0;
}

static enum mc_result
mc_binary_answer(struct mc_parser *parser, const struct mc_binary_packet *packet,
		 struct tr_request *request, unsigned int order)
{
	mc_request_answer(parser, request, order);
	parser->used += sizeof(packet->header) + packet->body_len;
	if ((packet->form->flags & MC_BINARY_CLOSE) == 0)
		return MC_NEXT;
	parser->host->close(parser->conn);
	return MC_CLOSED;
}

static enum mc_result
mc_binary_store(struct mc_parser *parser, const struct mc_binary_packet *packet,
		struct tr_request *request)
{
	int ret;

	/* As memcached does: with a cas, what matters is that the item is still the same. */
	if (request->cas != 0 && request->op != TR_ENGINE_APPEND &&
	    request->op != TR_ENGINE_PREPEND)
		request->op = TR_ENGINE_SET;
	request->value_len = packet->value_len;
	ret = mc_request_store(parser, request, mc_binary_head_len(packet), 0, mc_binary_refusal);
	if (ret == -EAGAIN)
		return MC_BLOCKED;
	if (ret != 0)
		mc_skip_body(parser, packet->value_len);
	return MC_NEXT;
}

static void
mc_binary_read_extras(struct tr_request *request, const struct mc_binary_packet *packet)
{
	const uint8_t *extras = packet->extras;
	rte_be32_t words[2] = {0};
	rte_be64_t longs[2];
	uint32_t expiry;

	switch (packet->header.extras_len) {
	case 4: /* expiry */
		memcpy(words, extras, 4);
		request->expiry_s = mc_expiry(rte_be_to_cpu_32(words[0]), request->now_s);
		break;
	case 8: /* flags, expiry */
		memcpy(words, extras, 8);
		request->client_flags = rte_be_to_cpu_32(words[0]);
		request->expiry_s = mc_expiry(rte_be_to_cpu_32(words[1]), request->now_s);
		break;
	case 20: /* delta, initial value, expiry */
		memcpy(longs, extras, 16);
		memcpy(words, extras + 16, 4);
		request->delta = rte_be_to_cpu_64(longs[0]);
		request->initial = rte_be_to_cpu_64(longs[1]);
		expiry = rte_be_to_cpu_32(words[0]);
		if (expiry == MC_BINARY_NO_CREATE_EXPIRY)
			request->flags |= TR_ENGINE_NO_CREATE;
		else
			request->expiry_s = mc_expiry(expiry, request->now_s);
		break;
	default:
		break;
	}
}

static uint16_t
mc_binary_refusal(enum tr_engine_status status)
{
	return mc_binary_status(TR_ENGINE_SET, status);
}
