/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The path of tailrace: engine threads submit messages; the core, which alone knows the chain,
 * composes the responses into it, cuts segments, and trims what was acknowledged.
 *
 * A turn is that of lib/core: responses of a burst are composed, then the connection is sent once.
 * The device is one that has sent a segment as soon as it has it, and the peer acknowledges at
 * once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <rte_mempool.h>

#include "chain.h"
#include "path.h"
#include "producer.h"
#include "run.h"
#include "submit.h"

/* As in lib/core. */
#define RESPOND_BURST 32
#define DRAIN_BURST 32
#define DRAIN_TURN 256
#define TX_BURST 64

/* As in lib/mc. */
#define WRITE_MAX 1024

/* Payload of a segment on Ethernet, with time stamps. */
#define SEGMENT_BYTES 1448

/* No more bytes are composed in a turn: the send buffer of a connection is full. */
#define SEND_BYTES (1024 * 1024)

/* For a full send buffer, and the largest burst on top of it. */
#define MBUFS 8192
#define SEGMENTS 1024

/* What the core knows of a request. */
struct slot {
	const uint8_t *key;
	unsigned int thread;
};

struct tailrace_state {
	struct run *run;
	struct tr_submit *submit;
	struct tr_submit_producer *producers[STREAM_THREADS_MAX];
	uint32_t credits; /* of each thread: so many slots are its own */
	struct slot slots[RUN_CREDITS];
	struct chain_pool pool;
	struct tr_chain chain;
	uint64_t released; /* values, each once */
};

static void *tailrace_create(struct run *run, bool reference);
static int setup(struct tailrace_state *state, bool reference);
static int setup_submit(struct tailrace_state *state);
static int setup_chain(struct tailrace_state *state, bool reference);
static int compose(struct tailrace_state *state, const struct tr_response *response);
static bool write_in_place(struct tailrace_state *state, const struct stream_header *header,
			   const uint8_t *key, const struct tr_response *response);
static int send_chain(struct tailrace_state *state);
static void transmit(struct tailrace_state *state, struct rte_mbuf **packets, unsigned int nb);
static void tailrace_destroy(void *arg);

/* An engine drops its reference to the item here. */
static void
release(void *arg)
{
	uint64_t *released = arg;

	(*released)++;
}

static void
tailrace_produce(void *arg, struct producer *producer)
{
	struct tailrace_state *state = arg;
	const struct stream *stream = state->run->config.stream;
	struct tr_submit_producer *handle = state->producers[producer->index];
	uint32_t first = producer->index * producer->credits;
	struct tr_response responses[RESPOND_BURST];

	/* In bursts, as engine threads answer. */
	while (producer_next(producer)) {
		uint64_t nb = producer->credits - (producer->sent - producer->seen);
		uint64_t i;

		nb = RTE_MIN(RTE_MIN(nb, producer->quota - producer->sent), RTE_DIM(responses));
		for (i = 0; i < nb; i++) {
			uint64_t number = producer->sent + i;
			uint32_t index = first + (number & (producer->credits - 1));

			responses[i] = (struct tr_response){
				.token = submit_token(0, index, number / producer->credits),
				.cas = number,
				.value = stream_value(stream, producer->index, number),
				.release = release,
				.release_arg = &state->released,
				.value_len = stream->value_bytes,
				.status = TR_ENGINE_OK,
			};
		}
		tr_submit_responses(handle, responses, nb);
		producer->sent += nb;
	}
}

static int
tailrace_turn(void *arg)
{
	struct tailrace_state *state = arg;
	struct run *run = state->run;
	uint32_t completed[STREAM_THREADS_MAX] = {0};
	struct tr_response responses[DRAIN_BURST];
	unsigned int total = 0;
	unsigned int nb, i;
	int rc;

	do {
		nb = submit_drain(state->submit, 0, responses, DRAIN_BURST);
		for (i = 0; i < nb; i++) {
			rc = compose(state, &responses[i]);
			if (unlikely(rc < 0))
				return rc;
			completed[state->slots[submit_token_index(responses[i].token)].thread]++;
		}
		total += nb;
	} while (nb == DRAIN_BURST && total < DRAIN_TURN &&
		 tr_chain_bytes(&state->chain) < SEND_BYTES);
	if (total == 0)
		return 0;

	rc = send_chain(state);
	if (unlikely(rc < 0))
		return rc;
	chain_reference_release(&state->pool);
	for (i = 0; i < run->config.stream->nb_threads; i++)
		producer_complete(&run->producers[i], completed[i]);
	return total;
}

/* Header, extras, key and value: in place if they fit, or by one append. */
static int
compose(struct tailrace_state *state, const struct tr_response *response)
{
	const struct stream *stream = state->run->config.stream;
	const struct slot *slot = &state->slots[submit_token_index(response->token)];
	struct stream_header header;
	const struct iovec parts[] = {
		{&header, sizeof(header)},
		{RTE_PTR_ADD(&stream->extras, 0), STREAM_EXTRAS_BYTES},
		{RTE_PTR_ADD(slot->key, 0), STREAM_KEY_BYTES},
		{RTE_PTR_ADD(response->value, 0), response->value_len},
	};
	int rc;

	stream_header_write(&header, response->value_len, slot->thread, response->cas);
	if (state->pool.reference_min == 0 && write_in_place(state, &header, slot->key, response))
		rc = 0;
	else if (state->pool.reference_min == 0)
		rc = tr_chain_append(&state->chain, parts, RTE_DIM(parts));
	else
		rc = tr_chain_append_value(&state->chain, parts, RTE_DIM(parts), 3,
					   response->release, response->release_arg);
	if (unlikely(rc < 0))
		return rc;
	if (rc != TR_CHAIN_TAKEN)
		response->release(response->release_arg);
	return 0;
}

/* As lib/mc does it: what fits into one mbuf is written where it will be sent from. */
static bool
write_in_place(struct tailrace_state *state, const struct stream_header *header, const uint8_t *key,
	       const struct tr_response *response)
{
	uint32_t bytes = STREAM_HEAD_BYTES + response->value_len;
	uint8_t *to = NULL;

	if (response->value_len <= WRITE_MAX)
		to = tr_chain_reserve(&state->chain, bytes);
	if (unlikely(to == NULL))
		return false;
	memcpy(to, header, STREAM_HEADER_BYTES);
	to += STREAM_HEADER_BYTES;
	memcpy(to, &state->run->config.stream->extras, STREAM_EXTRAS_BYTES);
	to += STREAM_EXTRAS_BYTES;
	memcpy(to, key, STREAM_KEY_BYTES);
	to += STREAM_KEY_BYTES;
	rte_memcpy(to, response->value, response->value_len);
	tr_chain_commit(&state->chain, bytes);
	return true;
}

/* Send and acknowledge all of the chain. */
static int
send_chain(struct tailrace_state *state)
{
	uint32_t bytes = tr_chain_bytes(&state->chain);
	struct rte_mbuf *packets[TX_BURST];
	unsigned int nb = 0;
	uint32_t offset;
	uint32_t len;

	for (offset = 0; offset < bytes; offset += len) {
		len = RTE_MIN(bytes - offset, (uint32_t)SEGMENT_BYTES);
		packets[nb] = chain_segment(&state->chain, offset, &len);
		if (unlikely(packets[nb] == NULL)) {
			transmit(state, packets, nb);
			return -ENOMEM;
		}
		if (++nb == TX_BURST) {
			transmit(state, packets, nb);
			nb = 0;
		}
	}
	transmit(state, packets, nb);
	chain_trim(&state->chain, bytes);
	return 0;
}

/* The device's part. */
static void
transmit(struct tailrace_state *state, struct rte_mbuf **packets, unsigned int nb)
{
	const struct rte_mbuf *mbuf;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		for (mbuf = packets[i]; mbuf != NULL; mbuf = mbuf->next)
			run_sent(state->run, rte_pktmbuf_mtod(mbuf, const void *), mbuf->data_len);
		rte_pktmbuf_free(packets[i]);
	}
}

static const char *
tailrace_count(const void *arg, struct run_counts *counts)
{
	const struct tailrace_state *state = arg;
	const struct chain_stats *stats = &state->pool.stats;
	uint64_t for_segments = 2 * stats->segments_linked + stats->segments_copied;

	counts->bytes_copied += stats->bytes_copied;
	counts->segment_allocations += for_segments;
	counts->allocations += stats->mbufs + stats->values_referenced + for_segments;
	return state->released == counts->responses ? NULL : "values were not released once each";
}

static void *
create_copy(struct run *run)
{
	return tailrace_create(run, false);
}

static void *
create_reference(struct run *run)
{
	return tailrace_create(run, true);
}

static void *
tailrace_create(struct run *run, bool reference)
{
	struct tailrace_state *state = calloc(1, sizeof(*state));
	int rc;

	if (state == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	state->run = run;
	rc = setup(state, reference);
	if (rc < 0) {
		tailrace_destroy(state);
		rte_errno = -rc;
		return NULL;
	}
	return state;
}

static int
setup(struct tailrace_state *state, bool reference)
{
	int rc = setup_submit(state);

	return rc < 0 ? rc : setup_chain(state, reference);
}

static int
setup_submit(struct tailrace_state *state)
{
	const struct submit_config config = {.nb_cores = 1, .credits = RUN_CREDITS};
	const struct stream *stream = state->run->config.stream;
	unsigned int thread;
	uint32_t i;

	state->submit = submit_create(&config);
	if (state->submit == NULL)
		return -rte_errno;
	state->credits = run_credits(stream->nb_threads);
	for (thread = 0; thread < stream->nb_threads; thread++) {
		state->producers[thread] = tr_submit_producer_create(state->submit, "bench");
		if (state->producers[thread] == NULL)
			return -rte_errno;
		for (i = 0; i < state->credits; i++)
			state->slots[thread * state->credits + i] = (struct slot){
				.key = stream_key(stream, thread, i),
				.thread = thread,
			};
	}
	return 0;
}

static int
setup_chain(struct tailrace_state *state, bool reference)
{
	struct chain_pool *pool = &state->pool;
	int rc;

	pool->mbufs = chain_mempool_create("bench_mbufs", MBUFS, SOCKET_ID_ANY);
	if (pool->mbufs == NULL)
		return -rte_errno;
	pool->segments = chain_mempool_create("bench_segments", SEGMENTS, SOCKET_ID_ANY);
	if (pool->segments == NULL)
		return -rte_errno;
	pool->share_mbufs = true;
	pool->link_segments = true;
	if (reference) {
		rc = chain_reference_setup(pool, "bench_values", RUN_CREDITS, UINT64_MAX,
					   SOCKET_ID_ANY);
		if (rc < 0)
			return rc;
		/* However small. */
		pool->reference_min = 1;
	}
	chain_init(&state->chain, pool, SEGMENT_BYTES);
	return 0;
}

static void
tailrace_destroy(void *arg)
{
	struct tailrace_state *state = arg;

	if (state->chain.pool != NULL)
		chain_deinit(&state->chain);
	chain_reference_release(&state->pool);
	chain_reference_teardown(&state->pool);
	rte_mempool_free(state->pool.segments);
	rte_mempool_free(state->pool.mbufs);
	submit_destroy(state->submit);
	free(state);
}

const struct path path_tailrace_copy = {
	.name = "tailrace-copy",
	.help = "a message to the core, which composes by one append",
	.create = create_copy,
	.destroy = tailrace_destroy,
	.produce = tailrace_produce,
	.turn = tailrace_turn,
	.count = tailrace_count,
};

const struct path path_tailrace_reference = {
	.name = "tailrace-reference",
	.help = "the same, with the value sent from where it is",
	.create = create_reference,
	.destroy = tailrace_destroy,
	.produce = tailrace_produce,
	.turn = tailrace_turn,
	.count = tailrace_count,
};
