/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "chain.h"
#include "tcp_congestion.h"
#include "tcp_event.h"
#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_poison.h"
#include "tcp_reassembly.h"
#include "tcp_receive.h"
#include "tcp_timer.h"
#include "tcp_yield.h"

/*
 * With the address sanitizer the rest of a free connection cannot be touched: what frees and finds
 * connections needs no more than this.
 */
#define READABLE_BYTES 64
#define IS_READABLE(field)                                                                         \
	(offsetof(struct tcp_conn, field) + sizeof(((struct tcp_conn *)0)->field) <= READABLE_BYTES)

_Static_assert(IS_READABLE(tcp) && IS_READABLE(flow) && IS_READABLE(place) &&
		       IS_READABLE(output_older) && IS_READABLE(output_newer),
	       "what is read of a free connection lies at its beginning");

static size_t conns_bytes(uint32_t conns_max);
static int setup_conns(struct tcp *tcp, const struct tcp_config *config);
static int setup_flows(struct tcp *tcp, const struct tcp_config *config);
static struct tcp_conn *take_place(struct tcp *tcp);
static uint32_t *flow_first(const struct tcp *tcp, const struct tcp_flow *flow);
static void index_flow(struct tcp_conn *conn);
static void unindex(struct tcp_conn *conn);
static uint16_t first_segment_bytes(const struct tcp_conn *conn);

int
tcp_conn_setup(struct tcp *tcp, const struct tcp_config *config)
{
	int rc;

	tcp->conns_max = config->conns_max;
	tcp->syn_backlog =
		config->syn_backlog != 0 ? config->syn_backlog : RTE_MAX(config->conns_max / 4, 1u);
	rc = setup_conns(tcp, config);
	if (rc < 0)
		return rc;
	return setup_flows(tcp, config);
}

void
tcp_conn_teardown(struct tcp *tcp)
{
	struct tcp_conn *conn;
	uint32_t place;

	for (place = 1; place <= tcp->conns_begun; place++) {
		conn = tcp_conn_at(tcp, place);
		if (conn->tcp == NULL)
			continue;
		tcp_conn_drop(conn, 0);
		tcp_conn_free(conn);
	}
	rte_free(tcp->flows);
	rte_free(tcp->recent);
	if (tcp->conns != NULL)
		ASAN_UNPOISON_MEMORY_REGION(tcp->conns, conns_bytes(tcp->conns_max));
	rte_free(tcp->conns);
}

struct tcp_conn *
tcp_conn_create(struct tcp *tcp, const struct tcp_flow *flow)
{
	struct tcp_conn *conn = take_place(tcp);

	if (conn == NULL)
		return NULL;
	conn->flow = *flow;
	ip_path_init(tcp->ip, &conn->path, &flow->ends, tcp_isn_flow_label(tcp->secret, flow));
	index_flow(conn);
	conn->rcv_scale = tcp->rcv_scale;
	conn->user_timeout_s = tcp->user_timeout_s;
	conn->ts_offset = tcp_isn_timestamp(tcp->secret, flow);
	conn->mss = RTE_MIN(tcp_conn_mss_default(&flow->remote_addr),
			    tcp_conn_mss_ours(tcp, &flow->remote_addr));
	conn->mss_max = conn->mss;
	conn->rcv_mss = tcp_conn_mss_default(&flow->remote_addr);
	chain_init(&conn->chain, tcp->chain_pool, first_segment_bytes(conn));
	tcp_congestion_init(conn);
	tcp_timer_init(conn);
	tcp->conns_nb++;
	return conn;
}

struct tcp_conn *
tcp_conn_lookup_table(struct tcp *tcp, const struct tcp_flow *flow)
{
	uint32_t place = *flow_first(tcp, flow);
	struct tcp_conn *conn;

	for (; place != 0; place = conn->flow_next) {
		conn = tcp_conn_at(tcp, place);
		if (tcp_isn_flow_is_same(&conn->flow, flow)) {
			*tcp_conn_recent(tcp, flow) = place;
			return conn;
		}
	}
	return NULL;
}

void
tcp_conn_drop(struct tcp_conn *conn, int error)
{
	unindex(conn);
	tcp_output_cancel(conn);
	tcp_timer_stop_all(conn);
	tcp_conn_purge(conn);
	tcp_set_state(conn, TCP_CLOSED);
	conn->error = error;
	tcp_event_raise(conn, TCP_EVENT_CLOSED);
}

void
tcp_conn_purge(struct tcp_conn *conn)
{
	chain_deinit(&conn->chain);
	tcp_receive_purge(&conn->receive);
	tcp_reassembly_purge(conn->tcp->reassembly_pool, &conn->reassembly);
	tcp_loss_purge(conn);
}

void
tcp_conn_release(struct tcp_conn *conn)
{
	tcp_event_deliver(conn);
	conn->held = false;
	if (conn->state == TCP_CLOSED)
		tcp_conn_free(conn);
}

void
tcp_conn_free(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	uint32_t place = conn->place;

	tcp_timer_stop_all(conn);
	/* What its owner appended before it was told. */
	tcp_conn_purge(conn);
	if (conn->duplicate_due)
		tcp_duplicate_forget(conn);
	conn->tcp = NULL;
	conn->place = tcp->conns_free;
	tcp->conns_free = place;
	tcp->conns_nb--;
	ASAN_POISON_MEMORY_REGION((uint8_t *)conn + READABLE_BYTES, sizeof(*conn) - READABLE_BYTES);
}

void
tcp_set_state(struct tcp_conn *conn, enum tcp_state state)
{
	uint32_t *state_nb = conn->tcp->state_nb;

	if (conn->state != TCP_CLOSED)
		state_nb[conn->state]--;
	if (state != TCP_CLOSED)
		state_nb[state]++;
	tcp_yield_leave(conn, conn->state);
	tcp_yield_enter(conn, state);
	conn->state = state;
}

uint32_t
tcp_send_acknowledged(const struct tcp_conn *conn)
{
	return conn->snd_una;
}

uint32_t
tcp_conn_id(const struct tcp_conn *conn)
{
	return conn->place - 1;
}

void *
tcp_conn_user(const struct tcp_conn *conn)
{
	return conn->user;
}

struct tcp_conn *
tcp_conn_find(struct tcp *tcp, uint32_t id)
{
	struct tcp_conn *conn;

	if (id >= tcp->conns_begun)
		return NULL;
	conn = tcp_conn_at(tcp, id + 1);
	return conn->tcp != NULL ? conn : NULL;
}

void
tcp_conn_trace(struct tcp_conn *conn, bool traced)
{
	if (traced)
		conn->events |= TCP_EVENT_TRACED;
	else
		conn->events &= ~TCP_EVENT_TRACED;
}

void
tcp_conn_walk(struct tcp *tcp, void (*visit)(struct tcp_conn *conn, void *arg), void *arg)
{
	struct tcp_conn *conn;
	uint32_t place;

	for (place = 1; place <= tcp->conns_begun; place++) {
		conn = tcp_conn_at(tcp, place);
		if (conn->tcp != NULL)
			visit(conn, arg);
	}
}

uint32_t
tcp_conn_count(const struct tcp *tcp)
{
	return tcp->conns_nb;
}

struct tr_chain *
tcp_chain(struct tcp_conn *conn)
{
	return &conn->chain;
}

void
tcp_set_nagle(struct tcp_conn *conn, bool on)
{
	conn->nagle = on;
	tcp_output_want(conn);
}

void
tcp_set_dscp(struct tcp_conn *conn, uint8_t dscp)
{
	ip_path_set_dscp(&conn->path, dscp);
}

void
tcp_set_ttl(struct tcp_conn *conn, uint8_t ttl)
{
	ip_path_set_ttl(&conn->path, ttl);
}

void
tcp_conn_info(const struct tcp_conn *conn, struct tcp_conn_info *info)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;

	*info = (struct tcp_conn_info){
		.local_addr = conn->flow.local_addr,
		.remote_addr = conn->flow.remote_addr,
		.local_port = conn->flow.local_port,
		.remote_port = conn->flow.remote_port,
		.state = conn->state,
		.id = tcp_conn_id(conn),
		.snd_una = conn->snd_una,
		.snd_nxt = conn->snd_max,
		.snd_wnd = conn->snd_wnd,
		.rcv_nxt = conn->rcv_nxt,
		.rcv_wnd = tcp_conn_rcv_wnd(conn),
		.send_bytes = tr_chain_bytes(&conn->chain),
		.receive_bytes = conn->receive.bytes,
		.congestion = conn->tcp->congestion->name,
		.cwnd_bytes = conn->congestion.cwnd,
		.ssthresh_bytes = conn->congestion.ssthresh,
		.srtt_us = conn->srtt_us,
		.rto_us = conn->rto_us,
		.min_rtt_us = conn->loss.min_rtt_us,
		.retransmits = conn->retransmits,
		.sacked_bytes = recovery == NULL ? 0 : recovery->sacked_bytes,
		.lost_bytes = recovery == NULL ? 0 : recovery->lost_bytes,
		.recovery = tcp_loss_name(recovery),
		.mss_bytes = conn->mss,
		.send_scale = conn->snd_scale,
		.receive_scale = conn->rcv_scale,
		.timestamps = conn->timestamps,
		.sack = conn->sack,
		.ecn = conn->ecn,
	};
}

const char *
tcp_state_name(enum tcp_state state)
{
	static const char *const names[TCP_STATES] = {
		[TCP_CLOSED] = "CLOSED",
		[TCP_SYN_SENT] = "SYN-SENT",
		[TCP_SYN_RECEIVED] = "SYN-RECEIVED",
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_FIN_WAIT_1] = "FIN-WAIT-1",
		[TCP_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_CLOSING] = "CLOSING",
		[TCP_LAST_ACK] = "LAST-ACK",
		[TCP_TIME_WAIT] = "TIME-WAIT",
	};

	return state < TCP_STATES ? names[state] : "?";
}

static size_t
conns_bytes(uint32_t conns_max)
{
	return ((size_t)conns_max + 1) * sizeof(struct tcp_conn);
}

/* One array, close together. What was never used is not touched: it costs no memory yet. */
static int
setup_conns(struct tcp *tcp, const struct tcp_config *config)
{
	size_t bytes = conns_bytes(config->conns_max);

	tcp->conns = rte_zmalloc_socket("tcp_conns", bytes, RTE_CACHE_LINE_SIZE, config->socket);
	if (tcp->conns == NULL)
		return -ENOMEM;
	ASAN_POISON_MEMORY_REGION(tcp->conns + 1, bytes - sizeof(*tcp->conns));
	return 0;
}

static int
setup_flows(struct tcp *tcp, const struct tcp_config *config)
{
	uint32_t nb = rte_align32pow2(config->conns_max);

	tcp->flows_mask = nb - 1;
	tcp->flows = rte_zmalloc_socket("tcp_flows", sizeof(*tcp->flows) * (size_t)nb,
					RTE_CACHE_LINE_SIZE, config->socket);
	if (tcp->flows == NULL)
		return -ENOMEM;
	/* Twice as many as connections, so that few meet. */
	tcp->recent_bits = rte_log2_u32(nb) + 1;
	tcp->recent = rte_zmalloc_socket("tcp_recent", sizeof(*tcp->recent) << tcp->recent_bits,
					 RTE_CACHE_LINE_SIZE, config->socket);
	return tcp->recent == NULL ? -ENOMEM : 0;
}

/* The one that was freed last, which may still be in a cache, or the first that never was used. */
static struct tcp_conn *
take_place(struct tcp *tcp)
{
	struct tcp_conn *conn;
	uint32_t place;

	if (tcp->conns_nb == tcp->conns_max && !tcp_yield(tcp))
		return NULL;
	if (tcp->conns_free != 0) {
		place = tcp->conns_free;
		tcp->conns_free = tcp_conn_at(tcp, place)->place;
	} else if (tcp->conns_begun < tcp->conns_max) {
		place = ++tcp->conns_begun;
	} else {
		return NULL;
	}
	conn = tcp_conn_at(tcp, place);
	ASAN_UNPOISON_MEMORY_REGION(conn, sizeof(*conn));
	memset(conn, 0, sizeof(*conn));
	conn->tcp = tcp;
	conn->place = place;
	return conn;
}

/*
 * Where the connections begin of which the flows have this hash. It is keyed: nobody outside can
 * make more of them meet than chance does.
 */
static uint32_t *
flow_first(const struct tcp *tcp, const struct tcp_flow *flow)
{
	return &tcp->flows[tcp_isn_flow(tcp->secret, flow) & tcp->flows_mask];
}

static void
index_flow(struct tcp_conn *conn)
{
	uint32_t *place = flow_first(conn->tcp, &conn->flow);

	conn->flow_next = *place;
	*place = conn->place;
	conn->indexed = true;
}

static void
unindex(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	uint32_t *recent = tcp_conn_recent(tcp, &conn->flow);
	uint32_t *place;

	if (!conn->indexed)
		return;
	conn->indexed = false;
	if (*recent == conn->place)
		*recent = 0;
	place = flow_first(tcp, &conn->flow);
	while (*place != conn->place)
		place = &tcp_conn_at(tcp, *place)->flow_next;
	*place = conn->flow_next;
}

/* Until the peer has told its MSS: what is appended before will most likely fit. */
static uint16_t
first_segment_bytes(const struct tcp_conn *conn)
{
	const struct tcp *tcp = conn->tcp;

	return RTE_MIN(tcp_conn_mss_ours(tcp, &conn->flow.remote_addr) - TCP_TIMESTAMPS_BYTES,
		       (int)chain_segment_bytes_max(tcp->chain_pool));
}
