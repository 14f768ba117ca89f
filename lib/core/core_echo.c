/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <string.h>

#include <rte_common.h>

#include "tr_core.h"

/*
 * Echo. A request carries as many bytes as fit where its key would be: it is answered at once,
 * and composed in its turn.
 */

static void *
echo_create(void *arg, unsigned int core)
{
	(void)core;
	/* Nothing is shared: anything but NULL will do. */
	return arg != NULL ? arg : (void *)(uintptr_t)&tr_core_echo;
}

static void
echo_destroy(void *protocol)
{
	(void)protocol;
}

static void
echo_open(void *protocol, struct tr_conn *conn, void *state)
{
	(void)protocol;
	(void)conn;
	(void)state;
}

static void
echo_closed(void *protocol, void *state)
{
	(void)protocol;
	(void)state;
}

static enum tr_protocol_verdict
echo_parse(void *protocol, const struct tr_protocol_host *host, struct tr_conn *conn, void *state,
	   const uint8_t *data, size_t len, size_t *consumed)
{
	static const struct tr_response answer = {.status = TR_ENGINE_OK};
	struct tr_request *request;
	size_t part;

	(void)protocol;
	(void)state;
	for (*consumed = 0; *consumed < len; *consumed += part) {
		request = host->request_get(conn);
		if (request == NULL)
			return TR_PROTOCOL_BLOCKED;
		part = RTE_MIN(len - *consumed, (size_t)TR_ENGINE_KEY_MAX);
		memcpy(request->key, data + *consumed, part);
		request->key_len = part;
		host->request_answer(conn, request, &answer, 0);
	}
	return TR_PROTOCOL_MORE;
}

static int
echo_compose(void *protocol, void *state, const struct tr_request *request,
	     const struct tr_response *response, struct tr_chain *chain)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)request->key,
			     .iov_len = request->key_len};

	(void)protocol;
	(void)state;
	(void)response;
	return tr_chain_append(chain, &part, 1);
}

const struct tr_protocol_ops tr_core_echo = {
	.name = "echo",
	.create = echo_create,
	.destroy = echo_destroy,
	.open = echo_open,
	.closed = echo_closed,
	.parse = echo_parse,
	.compose = echo_compose,
};
