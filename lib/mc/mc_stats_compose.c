/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The answer to STAT: one reply for each statistic, then the one that ends them. It is built in a
 * buffer of its own, for it is rare, long, and must reach the chain as one piece.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_debug.h>

#include "mc_binary.h"
#include "mc_internal.h"
#include "mc_stats.h"

/* Bytes around a name and a text: a binary header, or "STAT ", " " and a line end. */
#define MC_STATS_FRAME 24

/* Longest name and text of our own together. */
#define MC_STATS_OWN_BYTES (48 + MC_VERSION_MAX)

/* Our own statistics that are no counters. */
#define MC_STATS_OWN_FIELDS 7

/* The most that is taken of an engine's list. */
#define MC_STATS_ENGINE_BYTES (1024 * 1024)

/* The group that is not a group: set the counters to zero. */
#define MC_STATS_RESET "reset"

struct mc_stats_writer {
	const struct mc_conn *state;
	const struct tr_request *request;
	uint8_t *bytes;
	size_t len;
	size_t room;
};

static bool mc_stats_is_reset(const struct tr_request *request);
static int mc_stats_write_all(struct mc_stats_writer *writer, struct mc *mc,
			      const struct tr_response *response);
static void mc_stats_write_own(struct mc_stats_writer *writer, struct mc *mc);
static void mc_stats_write_number(struct mc_stats_writer *writer, const char *name,
				  uint64_t number);
static void mc_stats_write_counter(const struct mc_stats_counter *counter, void *arg);
static size_t mc_stats_walk_engine(const struct tr_response *response,
				   struct mc_stats_writer *writer);
static void mc_stats_write(struct mc_stats_writer *writer, const void *name, size_t name_len,
			   const void *text, size_t text_len);
static void mc_stats_write_end(struct mc_stats_writer *writer, bool reset);
static void mc_stats_put(struct mc_stats_writer *writer, const void *bytes, size_t len);

bool
mc_stats_answers(const struct tr_request *request, const struct tr_response *response)
{
	return request->key_len == 0 || mc_stats_is_reset(request) ||
	       response->status == TR_ENGINE_OK;
}

int
mc_stats_compose(struct mc *mc, const struct mc_conn *state, const struct tr_request *request,
		 const struct tr_response *response, struct tr_chain *chain)
{
	bool reset = mc_stats_is_reset(request);
	struct mc_stats_writer writer = {.state = state, .request = request};
	uint8_t end[MC_STATS_FRAME];
	struct iovec part;
	int ret;

	if (reset) {
		writer.bytes = end;
		writer.room = sizeof(end);
		mc_stats_write_end(&writer, true);
	} else {
		ret = mc_stats_write_all(&writer, mc, response);
		if (ret != 0)
			return ret;
	}
	part = mc_part(writer.bytes, writer.len);
	ret = tr_chain_append(chain, &part, 1);
	if (!reset)
		free(writer.bytes);
	else if (ret == 0)
		mc_stats_reset(mc->stats);
	return ret;
}

static bool
mc_stats_is_reset(const struct tr_request *request)
{
	return request->key_len == strlen(MC_STATS_RESET) &&
	       memcmp(request->key, MC_STATS_RESET, request->key_len) == 0;
}

static int
mc_stats_write_all(struct mc_stats_writer *writer, struct mc *mc,
		   const struct tr_response *response)
{
	size_t own = 0;

	if (writer->request->key_len == 0)
		own = MC_COUNTERS + MC_STATS_OWN_FIELDS;
	writer->room = own * (MC_STATS_FRAME + MC_STATS_OWN_BYTES) +
		       mc_stats_walk_engine(response, NULL) + MC_STATS_FRAME;
	writer->bytes = malloc(writer->room);
	if (writer->bytes == NULL)
		return -ENOMEM;
	if (own != 0)
		mc_stats_write_own(writer, mc);
	mc_stats_walk_engine(response, writer);
	mc_stats_write_end(writer, false);
	return 0;
}

static void
mc_stats_write_own(struct mc_stats_writer *writer, struct mc *mc)
{
	const struct mc_stats *stats = mc->stats;
	uint32_t now_s = writer->request->now_s;
	uint64_t started = stats->started;

	mc_stats_write_number(writer, "pid", stats->pid);
	mc_stats_write_number(writer, "uptime", now_s > started ? now_s - started : 0);
	mc_stats_write_number(writer, "time", now_s);
	mc_stats_write(writer, "version", strlen("version"), mc->version, mc->version_len);
	mc_stats_write_number(writer, "pointer_size", 8 * sizeof(void *));
	mc_stats_write_number(writer, "threads", stats->nb_cores);
	mc_stats_write_number(writer, "curr_connections", mc_stats_connections(stats));
	mc_stats_counters(stats, UINT_MAX, mc_stats_write_counter, writer);
}

static void
mc_stats_write_counter(const struct mc_stats_counter *counter, void *arg)
{
	mc_stats_write_number(arg, counter->name, counter->value);
}

static void
mc_stats_write_number(struct mc_stats_writer *writer, const char *name, uint64_t number)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRIu64, number);

	mc_stats_write(writer, name, strlen(name), text, len);
}

/*
 * Walk the engine's list (name NUL text NUL ...), and write it if there is a writer. What is not
 * terminated is left out. Returns the bytes that writing needs.
 */
static size_t
mc_stats_walk_engine(const struct tr_response *response, struct mc_stats_writer *writer)
{
	size_t left = RTE_MIN(response->value_len, (uint32_t)MC_STATS_ENGINE_BYTES);
	const char *name = response->value;
	size_t need = 0;

	if (response->status != TR_ENGINE_OK || response->has_number || name == NULL)
		return 0;
	while (left != 0) {
		size_t name_len = strnlen(name, left);
		const char *text = name + name_len + 1;
		size_t text_len;

		if (name_len + 1 >= left || name_len > UINT16_MAX)
			break;
		text_len = strnlen(text, left - name_len - 1);
		if (name_len + 1 + text_len >= left)
			break;
		/* An empty name would end the list. */
		if (writer != NULL && name_len != 0)
			mc_stats_write(writer, name, name_len, text, text_len);
		need += MC_STATS_FRAME + name_len + text_len;
		left -= name_len + 1 + text_len + 1;
		name = text + text_len + 1;
	}
	return need;
}

static void
mc_stats_write(struct mc_stats_writer *writer, const void *name, size_t name_len, const void *text,
	       size_t text_len)
{
	struct mc_binary_header header;

	if (writer->state->mode == MC_MODE_TEXT) {
		mc_stats_put(writer, "STAT ", 5);
		mc_stats_put(writer, name, name_len);
		mc_stats_put(writer, " ", 1);
		mc_stats_put(writer, text, text_len);
		mc_stats_put(writer, "\r\n", 2);
		return;
	}
	mc_binary_header_init(&header, writer->request, 0);
	header.key_len = rte_cpu_to_be_16(name_len);
	header.body_len = rte_cpu_to_be_32(name_len + text_len);
	mc_stats_put(writer, &header, sizeof(header));
	mc_stats_put(writer, name, name_len);
	mc_stats_put(writer, text, text_len);
}

static void
mc_stats_write_end(struct mc_stats_writer *writer, bool reset)
{
	struct mc_binary_header header;

	if (writer->state->mode == MC_MODE_TEXT) {
		if (reset)
			mc_stats_put(writer, "RESET\r\n", 7);
		else
			mc_stats_put(writer, "END\r\n", 5);
		return;
	}
	mc_binary_header_init(&header, writer->request, 0);
	mc_stats_put(writer, &header, sizeof(header));
}

static void
mc_stats_put(struct mc_stats_writer *writer, const void *bytes, size_t len)
{
	RTE_ASSERT(len <= writer->room - writer->len);
	memcpy(writer->bytes + writer->len, bytes, len);
	writer->len += len;
}
