/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <rte_byteorder.h>
#include <rte_common.h>

#include "mc_binary.h"
#include "mc_hello.h"
#include "mc_internal.h"

static bool mc_binary_silent(const struct mc_binary_form *form, uint16_t status);
static int mc_binary_compose_error(const struct tr_request *request, uint16_t status,
				   struct tr_chain *chain);
static int mc_binary_compose_miss(const struct tr_request *request, struct tr_chain *chain);
static int mc_binary_compose_version(struct mc *mc, const struct tr_request *request,
				     struct tr_chain *chain);
static int mc_binary_compose_item(const struct tr_request *request,
				  const struct tr_response *response, struct tr_chain *chain);
static int mc_binary_compose_number(const struct tr_request *request,
				    const struct tr_response *response, struct tr_chain *chain);
static int mc_binary_compose_plain(const struct tr_request *request, uint64_t cas,
				   struct tr_chain *chain);
static const char *mc_binary_error_text(uint16_t status);

int
mc_binary_compose(struct mc *mc, const struct mc_conn *state, const struct tr_request *request,
		  const struct tr_response *response, struct tr_chain *chain)
{
	const struct mc_binary_form *form = mc_binary_form(request->protocol_op);
	uint16_t status = mc_tag_load(request).fixed;

	if (status == MC_BINARY_OK)
		status = mc_binary_status(request->op, response->status);
	if (mc_binary_silent(form, status))
		return 0;
	if (request->op == TR_ENGINE_STAT && mc_stats_answers(request, response))
		return mc_stats_compose(mc, state, request, response, chain);
	if (status == MC_BINARY_NOT_FOUND && (form->flags & MC_BINARY_REPLY_KEY) != 0)
		return mc_binary_compose_miss(request, chain);
	if (status != MC_BINARY_OK)
		return mc_binary_compose_error(request, status, chain);
	if (request->protocol_op == MC_BINARY_VERSION)
		return mc_binary_compose_version(mc, request, chain);
	if (request->protocol_op == MC_BINARY_HELLO)
		return mc_hello_compose(request, chain);

	switch (form->op) {
	case TR_ENGINE_GET:
	case TR_ENGINE_GAT:
	case TR_ENGINE_TOUCH:
		return mc_binary_compose_item(request, response, chain);
	case TR_ENGINE_INCR:
	case TR_ENGINE_DECR:
		return mc_binary_compose_number(request, response, chain);
	default:
		return mc_binary_compose_plain(request, response->cas, chain);
	}
}

uint16_t
mc_binary_status(uint8_t op, uint16_t status)
{
	static const uint16_t statuses[TR_ENGINE_STATUSES] = {
		[TR_ENGINE_OK] = MC_BINARY_OK,
		[TR_ENGINE_NOT_FOUND] = MC_BINARY_NOT_FOUND,
		[TR_ENGINE_EXISTS] = MC_BINARY_EXISTS,
		[TR_ENGINE_NOT_STORED] = MC_BINARY_NOT_STORED,
		[TR_ENGINE_TOO_LARGE] = MC_BINARY_TOO_LARGE,
		[TR_ENGINE_BAD_DELTA] = MC_BINARY_BAD_DELTA,
		[TR_ENGINE_NO_MEMORY] = MC_BINARY_NO_MEMORY,
		[TR_ENGINE_INVALID] = MC_BINARY_INVALID,
		[TR_ENGINE_NOT_SUPPORTED] = MC_BINARY_NOT_SUPPORTED,
		[TR_ENGINE_BUSY] = MC_BINARY_BUSY,
	};

	if (status == TR_ENGINE_NOT_STORED && op == TR_ENGINE_ADD)
		return MC_BINARY_EXISTS;
	if (status == TR_ENGINE_NOT_STORED && op == TR_ENGINE_REPLACE)
		return MC_BINARY_NOT_FOUND;
	return status < TR_ENGINE_STATUSES ? statuses[status] : MC_BINARY_BUSY;
}

void
mc_binary_header_init(struct mc_binary_header *header, const struct tr_request *request,
		      uint16_t status)
{
	*header = (struct mc_binary_header){
		.magic = MC_BINARY_MAGIC_RESPONSE,
		.opcode = request->protocol_op,
		.status = rte_cpu_to_be_16(status),
		.opaque = mc_tag_load(request).opaque,
	};
}

/* A quiet retrieval is silent on a miss, any other quiet command on success. */
static bool
mc_binary_silent(const struct mc_binary_form *form, uint16_t status)
{
	if ((form->flags & MC_BINARY_QUIET) == 0)
		return false;
	if (form->op == TR_ENGINE_GET || form->op == TR_ENGINE_GAT)
		return status == MC_BINARY_NOT_FOUND;
	return status == MC_BINARY_OK;
}

static int
mc_binary_compose_error(const struct tr_request *request, uint16_t status, struct tr_chain *chain)
{
	const char *text = mc_binary_error_text(status);
	struct mc_binary_header header;
	struct iovec parts[2];

	mc_binary_header_init(&header, request, status);
	header.body_len = rte_cpu_to_be_32(strlen(text));
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(text, strlen(text));
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}

/* memcached names the key that it missed instead of explaining. */
static int
mc_binary_compose_miss(const struct tr_request *request, struct tr_chain *chain)
{
	struct mc_binary_header header;
	struct iovec parts[2];

	mc_binary_header_init(&header, request, MC_BINARY_NOT_FOUND);
	header.key_len = rte_cpu_to_be_16(request->key_len);
	header.body_len = rte_cpu_to_be_32(request->key_len);
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(request->key, request->key_len);
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}

static int
mc_binary_compose_version(struct mc *mc, const struct tr_request *request, struct tr_chain *chain)
{
	struct mc_binary_header header;
	struct iovec parts[2];

	mc_binary_header_init(&header, request, MC_BINARY_OK);
	header.body_len = rte_cpu_to_be_32(mc->version_len);
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(mc->version, mc->version_len);
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}

static int
mc_binary_compose_item(const struct tr_request *request, const struct tr_response *response,
		       struct tr_chain *chain)
{
	const struct mc_binary_form *form = mc_binary_form(request->protocol_op);
	rte_be32_t client_flags = rte_cpu_to_be_32(response->client_flags);
	uint32_t value_len = form->op == TR_ENGINE_TOUCH ? 0 : response->value_len;
	uint16_t key_len = (form->flags & MC_BINARY_REPLY_KEY) != 0 ? request->key_len : 0;
	struct mc_binary_header header;
	struct iovec parts[4];

	mc_binary_header_init(&header, request, MC_BINARY_OK);
	header.cas = rte_cpu_to_be_64(response->cas);
	header.extras_len = sizeof(client_flags);
	header.key_len = rte_cpu_to_be_16(key_len);
	header.body_len = rte_cpu_to_be_32(sizeof(client_flags) + key_len + value_len);
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(&client_flags, sizeof(client_flags));
	parts[2] = mc_part(request->key, key_len);
	parts[3] = mc_part(response->value, value_len);
	return tr_chain_append_value(chain, parts, RTE_DIM(parts), 3, response->release,
				     response->release_arg);
}

static int
mc_binary_compose_number(const struct tr_request *request, const struct tr_response *response,
			 struct tr_chain *chain)
{
	rte_be64_t number = rte_cpu_to_be_64(response->number);
	struct mc_binary_header header;
	struct iovec parts[2];

	mc_binary_header_init(&header, request, MC_BINARY_OK);
	header.cas = rte_cpu_to_be_64(response->cas);
	header.body_len = rte_cpu_to_be_32(sizeof(number));
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(&number, sizeof(number));
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}

static int
mc_binary_compose_plain(const struct tr_request *request, uint64_t cas, struct tr_chain *chain)
{
	struct mc_binary_header header;
	struct iovec part = mc_part(&header, sizeof(header));

	mc_binary_header_init(&header, request, MC_BINARY_OK);
	header.cas = rte_cpu_to_be_64(cas);
	return tr_chain_append(chain, &part, 1);
}

static const char *
mc_binary_error_text(uint16_t status)
{
	switch (status) {
	case MC_BINARY_NOT_FOUND:
		return "Not found";
	case MC_BINARY_EXISTS:
		return "Data exists for key.";
	case MC_BINARY_TOO_LARGE:
		return "Too large.";
	case MC_BINARY_INVALID:
		return "Invalid arguments";
	case MC_BINARY_NOT_STORED:
		return "Not stored.";
	case MC_BINARY_BAD_DELTA:
		return "Non-numeric server-side value for incr or decr";
	case MC_BINARY_UNKNOWN_COMMAND:
		return "Unknown command";
	case MC_BINARY_NO_MEMORY:
		return "Out of memory";
	case MC_BINARY_NOT_SUPPORTED:
		return "Not supported";
	default:
		return "Temporary failure";
	}
}
