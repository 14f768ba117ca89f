/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memcpy.h>

#include "mc_binary.h"
#include "mc_internal.h"

/* Longest time that memcached takes as relative to now (protocol.txt, "Expiration times"). */
#define MC_RELATIVE_MAX_S (30 * 24 * 60 * 60)

/* A time that every clock has passed. */
#define MC_EXPIRED_S 1

static void *mc_create(void *arg, unsigned int core);
static void mc_destroy(void *protocol);
static void mc_open(void *protocol, struct tr_conn *conn, void *state);
static void mc_closed(void *protocol, void *state);
static enum tr_protocol_verdict mc_parse(void *protocol, const struct tr_protocol_host *host,
					 struct tr_conn *conn, void *state, const uint8_t *data,
					 size_t len, size_t *consumed);
static int mc_compose(void *protocol, void *state, const struct tr_request *request,
		      const struct tr_response *response, struct tr_chain *chain);
static enum mc_result mc_step(struct mc_parser *parser);
static enum mc_result mc_command(struct mc_parser *parser);
static enum mc_result mc_value(struct mc_parser *parser);
static enum mc_result mc_skip(struct mc_parser *parser);
static unsigned int mc_order(const struct tr_request *request);

const struct tr_protocol_ops mc_protocol = {
	.name = "mc",
	.state_bytes = sizeof(struct mc_conn),
	.create = mc_create,
	.destroy = mc_destroy,
	.open = mc_open,
	.closed = mc_closed,
	.parse = mc_parse,
	.compose = mc_compose,
};

static void *
mc_create(void *arg, unsigned int core)
{
	const struct mc_config *config = arg;
	struct mc *mc;

	if (config == NULL || config->stats == NULL || core >= config->stats->nb_cores ||
	    config->version == NULL || strlen(config->version) > MC_VERSION_MAX ||
	    config->value_max > INT32_MAX / 2) {
		rte_errno = EINVAL;
		return NULL;
	}
	mc = calloc(1, sizeof(*mc));
	if (mc == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	mc->stats = config->stats;
	mc->counters = &config->stats->cores[core];
	mc->version = config->version;
	mc->version_len = strlen(config->version);
	mc->value_max = config->value_max != 0 ? config->value_max : MC_VALUE_MAX_DEFAULT;
	return mc;
}

static void
mc_destroy(void *protocol)
{
	free(protocol);
}

static void
mc_open(void *protocol, struct tr_conn *conn, void *state)
{
	RTE_SET_USED(conn);
	RTE_SET_USED(state);
	mc_stats_count(protocol, MC_TOTAL_CONNECTIONS);
	mc_stats_count_connection(protocol, 1);
}

static void
mc_closed(void *protocol, void *state)
{
	RTE_SET_USED(state);
	mc_stats_count_connection(protocol, -1);
}

static enum tr_protocol_verdict
mc_parse(void *protocol, const struct tr_protocol_host *host, struct tr_conn *conn, void *state,
	 const uint8_t *data, size_t len, size_t *consumed)
{
	struct mc_parser parser = {
		.mc = protocol,
		.host = host,
		.conn = conn,
		.state = state,
		.data = data,
		.len = len,
	};
	enum mc_result result;

	do {
		result = mc_step(&parser);
	} while (result == MC_NEXT);

	*consumed = parser.used;
	switch (result) {
	case MC_BLOCKED:
		return TR_PROTOCOL_BLOCKED;
	case MC_CLOSED:
		return TR_PROTOCOL_CLOSED;
	default:
		return TR_PROTOCOL_MORE;
	}
}

static enum mc_result
mc_step(struct mc_parser *parser)
{
	static enum mc_result (*const steps[MC_STEPS])(struct mc_parser *) = {
		[MC_STEP_COMMAND] = mc_command,	   [MC_STEP_VALUE] = mc_value,
		[MC_STEP_SKIP] = mc_skip,	   [MC_STEP_VALUE_END] = mc_text_value_end,
		[MC_STEP_KEYS] = mc_text_get_keys, [MC_STEP_SKIP_LINE] = mc_text_get_skip_line,
	};

	/* An empty value is complete without a byte. */
	if (mc_rest_len(parser) == 0 && parser->state->step != MC_STEP_VALUE)
		return MC_MORE;
	return steps[parser->state->step](parser);
}

static enum mc_result
mc_command(struct mc_parser *parser)
{
	struct mc_conn *state = parser->state;

	if (state->mode == MC_MODE_UNKNOWN)
		state->mode =
			*mc_rest(parser) == MC_BINARY_MAGIC_REQUEST ? MC_MODE_BINARY : MC_MODE_TEXT;
	return state->mode == MC_MODE_BINARY ? mc_binary_command(parser) : mc_text_command(parser);
}

static enum mc_result
mc_value(struct mc_parser *parser)
{
	struct mc_conn *state = parser->state;
	struct tr_request *request = state->request;
	size_t missing = request->value_len - state->value_offset;
	size_t len = RTE_MIN(mc_rest_len(parser), missing);

	if (len != 0)
		memcpy(request->value + state->value_offset, mc_rest(parser), len);
	state->value_offset += len;
	parser->used += len;
	if (len < missing)
		return MC_MORE;
	if (state->mode == MC_MODE_TEXT)
		state->step = MC_STEP_VALUE_END;
	else
		mc_request_start_stored(parser);
	return MC_NEXT;
}

static enum mc_result
mc_skip(struct mc_parser *parser)
{
	struct mc_conn *state = parser->state;
	size_t len = RTE_MIN(mc_rest_len(parser), state->skip);

	state->skip -= len;
	parser->used += len;
	if (state->skip != 0)
		return MC_MORE;
	state->step = MC_STEP_COMMAND;
	return MC_NEXT;
}

static int
mc_compose(void *protocol, void *state, const struct tr_request *request,
	   const struct tr_response *response, struct tr_chain *chain)
{
	struct mc_conn *conn = state;
	int ret;

	if (conn->mode == MC_MODE_BINARY)
		ret = mc_binary_compose(protocol, conn, request, response, chain);
	else
		ret = mc_text_compose(protocol, conn, request, response, chain);
	if (ret >= 0)
		mc_stats_count_response(protocol, request, response);
	return ret;
}

void
mc_skip_body(struct mc_parser *parser, uint64_t len)
{
	parser->state->skip = len;
	parser->state->step = len != 0 ? MC_STEP_SKIP : MC_STEP_COMMAND;
}

struct tr_request *
mc_request_get(struct mc_parser *parser, uint8_t protocol_op, struct mc_tag tag)
{
	struct tr_request *request = parser->host->request_get(parser->conn);

	if (request == NULL)
		return NULL;
	request->protocol_op = protocol_op;
	mc_tag_store(request, tag);
	return request;
}

void
mc_request_set_key(struct tr_request *request, const uint8_t *key, size_t len)
{
	rte_memcpy(request->key, key, len);
	request->key_len = len;
}

void
mc_request_answer(struct mc_parser *parser, struct tr_request *request, unsigned int order)
{
	struct tr_response response = {.status = TR_ENGINE_OK};

	parser->host->request_answer(parser->conn, request, &response, order);
}

int
mc_request_store(struct mc_parser *parser, struct tr_request *request, size_t header_bytes,
		 uint32_t trailer_bytes, uint16_t (*refusal)(enum tr_engine_status status))
{
	const uint8_t *body = parser->data + parser->used + header_bytes;
	struct mc_conn *state = parser->state;
	enum tr_engine_status status = TR_ENGINE_TOO_LARGE;
	struct mc_tag tag;

	if (request->value_len <= parser->mc->value_max) {
		int ret = parser->host->request_prepare(parser->conn, request, body, trailer_bytes,
							&status);

		if (ret == -EAGAIN) {
			parser->host->request_put(parser->conn, request);
			return ret;
		}
		if (ret == 0) {
			parser->used += header_bytes;
			state->request = request;
			state->value_offset = 0;
			state->step = MC_STEP_VALUE;
			return 0;
		}
	}
	parser->used += header_bytes;
	mc_stats_count(parser->mc,
		       status == TR_ENGINE_TOO_LARGE ? MC_STORE_TOO_LARGE : MC_STORE_NO_MEMORY);
	tag = mc_tag_load(request);
	tag.fixed = refusal(status);
	mc_tag_store(request, tag);
	if (request->op != TR_ENGINE_SET) {
		mc_request_answer(parser, request, mc_order(request));
	} else {
		/* As memcached does: what the client meant to replace must not be served as new. */
		request->op = TR_ENGINE_DELETE;
		request->value_len = 0;
		request->cas = 0;
		parser->host->request_start(parser->conn, request, mc_order(request));
	}
	return status == TR_ENGINE_TOO_LARGE ? -EMSGSIZE : -ENOMEM;
}

void
mc_request_start_stored(struct mc_parser *parser)
{
	struct tr_request *request = parser->state->request;

	parser->state->request = NULL;
	parser->state->step = MC_STEP_COMMAND;
	parser->host->request_start(parser->conn, request, mc_order(request));
}

/* The order of a request that stores: never a barrier. */
static unsigned int
mc_order(const struct tr_request *request)
{
	return (mc_tag_load(request).flags & MC_TAG_UNORDERED) != 0 ? TR_PROTOCOL_UNORDERED : 0;
}

uint32_t
mc_expiry(int64_t exptime, uint32_t now_s)
{
	if (exptime == 0)
		return 0;
	if (exptime < 0)
		return MC_EXPIRED_S;
	if (exptime <= MC_RELATIVE_MAX_S)
		exptime += now_s;
	return RTE_MIN(exptime, (int64_t)UINT32_MAX);
}
