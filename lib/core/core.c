/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "core_body.h"
#include "core_conn.h"
#include "core_control.h"
#include "core_reply.h"
#include "core_request.h"
#include "core_steer.h"
#include "core_timeout.h"
#include "core_wait.h"
#include "tcp_isn.h"
#include "tcp_listen.h"

#define RX_BURST 64

/* A core that was not polled for so long has stalled, and for how long it is then patient. */
#define STALL_US (100 * 1000)
#define GRACE_US (1000 * 1000)

/* And for how long then not: one that stalls again and again would never declare a timeout. */
#define GRACE_REST_US (10 * 1000 * 1000)

/* How often a port that takes nothing is asked again, at least. */
#define TX_RETRY_US 1000

/* How often the receive pools are looked at. */
#define PRESSURE_CHECK_US 1000

/*
 * With less than this part of one left, connections with unread bytes are given no more; and with
 * less than that, none is: what acknowledges is to find room.
 */
#define PRESSURE_UNREAD_SHARE 2
#define PRESSURE_ALL_SHARE 4

/* Segments kept out of order by all connections of a core. */
#define REASSEMBLY_MAX 4096

#define RECEIVE_WINDOW_BYTES (128 * 1024)
#define TIME_WAIT_US (60 * 1000 * 1000ull)
#define NEIGHBOURS_MAX 1024

/* Mbufs for data: so many a credit, and what each holds at least where paths are narrow. */
#define SEND_MBUFS_CREDIT 4
#define SEND_MBUF_BYTES_LEAST 1024

/* Those of jumbo frames are as many bytes, but one for each credit. */
#define SEND_MBUFS_CREDIT_LEAST 1

/*
 * Of segments on their way out that are not the chain's own mbufs, two each: those of values by
 * reference, and retransmissions.
 */
#define SEGMENT_MBUFS 2048

/* Values that the send chains of a core hold by reference. */
#define VALUES_REFERENCED_MAX 4096

/* Room for a frame without TCP payload. */
#define CONTROL_MBUFS 4096
#define CONTROL_MBUF_BYTES (CHAIN_HEADROOM + 128)

/* What is sent as the core ends. */
struct last_frames {
	struct core *core;
	uint32_t patience_us;
};

static void note_stall(struct core *core, uint64_t now_us);
static void transmit_last(struct last_frames *last);
static uint64_t next_event_us(const struct core *core);
static bool is_stuck(const struct core *core);
static unsigned int receive(struct core *core);
static unsigned int transmit(struct core *core);
static void tick(struct core *core);
static void check_pressure(struct core *core);
static int create_pools(struct core *core, int socket);
static int create_chain_pools(struct core *core, int socket);
static void wake(void *arg);
static int create_stack(struct core *core, const struct core_config *config);

unsigned int
core_poll(struct core *core, uint64_t now_us)
{
	unsigned int work = 0;

	core_cycles_turn_begin(&core->cycles, now_us);
	if (unlikely(now_us > core->stall_us))
		note_stall(core, now_us);
	core->stall_us = now_us + STALL_US;
	core->now_us = now_us;
	core->now_s = (core->unix_us + now_us) / 1000000;
	if (unlikely(core_control_waits(core)))
		work += core_control_run(core);
	core_cycles_stage(&core->cycles, CORE_STAGE_RX);
	work += receive(core);
	core_cycles_stage(&core->cycles, CORE_STAGE_PARSE);
	work += core_conn_run(core);
	core_cycles_stage(&core->cycles, CORE_STAGE_OTHER);
	tick(core);
	core_cycles_stage(&core->cycles, CORE_STAGE_SUBMIT);
	/* Where no thread answers, all was answered as it was asked. */
	if (submit_producers(core->submit) > 0)
		work += core_reply_drain(core);
	/* What was answered in time is not to be found late because the core was. */
	if (!TAILQ_EMPTY(&core->timed))
		core_timeout_tick(core);
	if (unlikely(core->nb_waiting > 0))
		work += core_wait_resume(core);
	submit_flush(core->submit, core->index);
	core_cycles_stage(&core->cycles, CORE_STAGE_OUT);
	tcp_output(core->tcp, now_us);
	core_cycles_stage(&core->cycles, CORE_STAGE_TX);
	work += transmit(core);
	core_cycles_stage(&core->cycles, CORE_STAGE_OTHER);
	if (unlikely(core->chains.reference_bytes > 0))
		chain_reference_release(&core->chains);
	core->stats.turns += work > 0;
	core_cycles_turn_end(&core->cycles, work);
	return work;
}

static unsigned int
receive(struct core *core)
{
	struct rte_mbuf *mbufs[RX_BURST];
	struct ip_packet packet;
	uint16_t nb, i;

	nb = core->port->rx(core->port, mbufs, RX_BURST);
	core_cycles_stage(&core->cycles, CORE_STAGE_TCP_IN);
	for (i = 0; i < nb; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (i = 0; i < nb; i++)
		if (eth_input(core->ip, mbufs[i], core->now_us, &packet) == IP_DELIVER)
			tcp_input(core->tcp, mbufs[i], &packet, core->now_us);
	core->stats.rx_frames += nb;
	return nb;
}

static void
tick(struct core *core)
{
	uint64_t now_us = core->now_us;

	tcp_tick(core->tcp, now_us);
	ip_tick(core->ip, now_us);
	if (!TAILQ_EMPTY(&core->bodies))
		core_body_tick(core);
	if (!TAILQ_EMPTY(&core->sending))
		core_conn_tick(core);
	if (core->rx_mbufs == NULL || now_us < core->pressure_check_us)
		return;
	check_pressure(core);
}

static __rte_noinline void
check_pressure(struct core *core)
{
	enum tcp_pressure pressure = TCP_PRESSURE_NONE;
	const struct rte_mempool *pool;
	unsigned int left, i;

	for (i = 0; i < core->nb_rx_pools; i++) {
		pool = core->rx_pools[i];
		left = rte_mempool_avail_count(pool);
		if (left < pool->size / PRESSURE_ALL_SHARE)
			pressure = TCP_PRESSURE_ALL;
		else if (pressure == TCP_PRESSURE_NONE && left < pool->size / PRESSURE_UNREAD_SHARE)
			pressure = TCP_PRESSURE_UNREAD;
	}
	core->pressure_check_us = core->now_us + PRESSURE_CHECK_US;
	core->pressure = pressure;
	tcp_set_pressure(core->tcp, pressure);
}

static unsigned int
transmit(struct core *core)
{
	struct ip_txq *txq = ip_txq(core->ip);
	uint16_t sent;

	if (txq->nb == 0)
		return 0;
	sent = core->port->tx(core->port, txq->frames, txq->nb);
	core->stats.tx_frames += sent;
	txq->nb -= sent;
	if (unlikely(core->tx_refusals > 0) && sent > 0)
		core->tx_refusals = 0;
	if (unlikely(txq->nb > 0)) {
		core->stats.tx_partial++;
		core->tx_refusals += sent == 0 && core->tx_refusals < CORE_PORT_REFUSALS;
		memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
	}
	return sent;
}

/* What waits in the device and in the rings came in time, if it did: look before judging it. */
static void
note_stall(struct core *core, uint64_t now_us)
{
	core->stats.stalls++;
	if (core->grace_us == 0 || now_us >= core->grace_us + GRACE_REST_US)
		core->grace_us = now_us + GRACE_US;
}

uint64_t
core_sleep_until_us(struct core *core)
{
	uint64_t next_us = next_event_us(core);

	core->stall_us = RTE_MIN(next_us, UINT64_MAX - STALL_US) + STALL_US;
	return next_us;
}

static uint64_t
next_event_us(const struct core *core)
{
	uint64_t next_us = RTE_MIN(tcp_next_timer_us(core->tcp), ip_next_timer_us(core->ip));
	const struct core_port *port;
	const struct tr_conn *conn;
	unsigned int wait;

	for (port = core->port; port != NULL; port = port->below)
		if (port->due_us != 0)
			next_us = RTE_MIN(next_us, port->due_us);
	if (core->nb_ready > 0 ||
	    (ip_txq(core->ip)->nb > 0 && core->tx_refusals < CORE_PORT_REFUSALS))
		return core->now_us;
	for (wait = CORE_WAIT_CREDIT; wait < CORE_WAITS; wait++)
		if (core->wait_tries[wait] > 0 && core->wait_count[wait] > 0)
			return core->now_us;
	if (core->wait_count[CORE_WAIT_MEMORY] > 0)
		next_us = RTE_MIN(next_us, core->memory_retry_us);
	if (is_stuck(core))
		next_us = RTE_MIN(next_us, core->now_us + TX_RETRY_US);
	/* What comes when the core has slept is not to be dropped for a want that is over. */
	if (core->pressure)
		next_us = RTE_MIN(next_us, core->pressure_check_us);
	next_us = RTE_MIN(next_us, core_timeout_next_us(core));
	conn = TAILQ_FIRST(&core->bodies);
	if (conn != NULL)
		next_us = RTE_MIN(next_us, core_body_due_us(core, conn));
	conn = TAILQ_FIRST(&core->sending);
	if (conn != NULL)
		next_us = RTE_MIN(next_us, core_conn_due_us(core, conn));
	return next_us;
}

/* A port without a peer takes nothing for as long as that lasts. */
static bool
is_stuck(const struct core *core)
{
	return (ip_txq(core->ip)->nb > 0 && core->tx_refusals == CORE_PORT_REFUSALS) ||
	       (core->steer != NULL && core_steer_is_stuck(core->steer, core->index));
}

int
core_listen(struct core *core, const struct core_listener *listener)
{
	struct core_listener *slot;
	int ret = core_can_listen(core, listener);

	if (ret < 0)
		return ret;
	slot = &core->listeners[core->nb_listeners];
	*slot = *listener;
	if (core->listening) {
		ret = tcp_listen(core->tcp, slot->addr, slot->port, slot);
		if (ret < 0)
			return ret;
	}
	core->nb_listeners++;
	return 0;
}

int
core_can_listen(struct core *core, const struct core_listener *listener)
{
	unsigned int i;

	/* TCP does not know of those that are stopped. */
	for (i = 0; i < core->nb_listeners; i++)
		if (core->listeners[i].port == listener->port &&
		    tr_addr_is_same(&core->listeners[i].addr, &listener->addr))
			return -EADDRINUSE;
	return core->nb_listeners < CORE_LISTENERS_MAX ? 0 : -ENOSPC;
}

static void
close_conn(struct tcp_conn *tcp, void *arg)
{
	struct tr_conn *conn = tcp_conn_user(tcp);

	(void)arg;
	if (conn != NULL)
		core_conn_close(conn);
}

void
core_set_listening(struct core *core, bool listening)
{
	struct core_listener *listener;
	unsigned int i;

	/* So TCP cannot refuse: it has no other listeners than these, which differ. */
	RTE_BUILD_BUG_ON(CORE_LISTENERS_MAX > TCP_LISTEN_MAX);
	if (core->listening == listening)
		return;
	core->listening = listening;
	for (i = 0; i < core->nb_listeners; i++) {
		listener = &core->listeners[i];
		if (listening)
			tcp_listen(core->tcp, listener->addr, listener->port, listener);
		else
			tcp_unlisten(core->tcp, listener->addr, listener->port);
	}
	if (!listening)
		tcp_conn_walk(core->tcp, close_conn, NULL);
}

static void
count_undrained(struct tcp_conn *tcp, void *arg)
{
	struct tcp_conn_info info;
	unsigned int *undrained = arg;

	tcp_conn_info(tcp, &info);
	/* From FIN-WAIT-2 on, all that we sent has been acknowledged. */
	if (info.state != TCP_FIN_WAIT_2 && info.state != TCP_TIME_WAIT)
		++*undrained;
}

bool
core_is_drained(struct core *core)
{
	unsigned int undrained = 0;

	tcp_conn_walk(core->tcp, count_undrained, &undrained);
	return undrained == 0 && core->credits_used == 0 && ip_txq(core->ip)->nb == 0;
}

/* Each sends a reset at once: make room, or the queue drops what comes after it is full. */
static void
abort_conn(struct tcp_conn *tcp, void *arg)
{
	struct last_frames *last = arg;

	if (tcp_conn_user(tcp) == NULL)
		return;
	last->core->stats.aborted_drain++;
	if (ip_txq(last->core->ip)->nb >= IP_TXQ_SIZE / 2)
		transmit_last(last);
	tcp_abort(tcp);
}

static void
transmit_last(struct last_frames *last)
{
	struct ip_txq *txq = ip_txq(last->core->ip);
	uint16_t sent =
		core_port_tx_last(last->core->port, txq->frames, txq->nb, &last->patience_us);

	last->core->stats.tx_frames += sent;
	txq->nb -= sent;
	memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
}

void
core_abort(struct core *core)
{
	struct last_frames last = {.core = core, .patience_us = CORE_PORT_PATIENCE_US};

	tcp_conn_walk(core->tcp, abort_conn, &last);
	transmit_last(&last);
}

struct core *
core_create(const struct core_config *config)
{
	struct core *core;
	unsigned int wait;
	int ret;

	core = rte_zmalloc_socket("core", sizeof(*core), RTE_CACHE_LINE_SIZE, config->socket);
	if (core == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	core->index = config->index;
	core->lcore = config->lcore;
	core->port = config->port;
	core->submit = config->submit;
	core->engine = *config->engine;
	core->owner = config->owner;
	core->rx_mbufs = config->rx_mbufs;
	core->rx_pools = &core->rx_mbufs;
	core->nb_rx_pools = 1;
	core->config = *config->server;
	core->credits_max = config->server->credits;
	core->now_us = config->now_us;
	core->unix_us = config->unix_us;
	core->stall_us = UINT64_MAX;
	core_cycles_init(&core->cycles, config->now_us,
			 config->server->engine_threads > 0 ? CORE_STAGE_SUBMIT
							    : CORE_STAGE_ENGINE);
	core->listening = true;
	core->key_seed = tcp_isn_siphash(config->secret, (const uint8_t *)"keys", 4);
	TAILQ_INIT(&core->ready);
	TAILQ_INIT(&core->timed);
	TAILQ_INIT(&core->bodies);
	TAILQ_INIT(&core->sending);
	for (wait = 0; wait < CORE_WAITS; wait++)
		TAILQ_INIT(&core->waits[wait]);
	ret = create_pools(core, config->socket);
	if (ret == 0)
		ret = create_stack(core, config);
	if (ret < 0) {
		core_destroy(core);
		rte_errno = -ret;
		return NULL;
	}
	return core;
}

static int
create_pools(struct core *core, int socket)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	int ret;

	snprintf(name, sizeof(name), "core%u_requests", core->index);
	ret = core_request_setup(core, name, socket);
	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "core%u_control", core->index);
	ret = core_control_setup(core, name, socket);
	if (ret < 0)
		return ret;
	ret = core_conn_setup(core, socket);
	if (ret < 0)
		return ret;
	ret = create_chain_pools(core, socket);
	if (ret < 0)
		return ret;
	if (core->port->tx_external) {
		snprintf(name, sizeof(name), "core%u_values", core->index);
		ret = chain_reference_setup(&core->chains, name, VALUES_REFERENCED_MAX,
					    core->config.body_budget_bytes, socket);
		if (ret < 0)
			return ret;
		core->chains.wake = wake;
		core->chains.wake_arg = core;
	}
	snprintf(name, sizeof(name), "core%u_frames", core->index);
	core->control_mbufs =
		rte_pktmbuf_pool_create(name, CONTROL_MBUFS, 0, 0, CONTROL_MBUF_BYTES, socket);
	return core->control_mbufs != NULL ? 0 : -rte_errno;
}

static int
create_chain_pools(struct core *core, int socket)
{
	uint16_t mtu = core->port->mtu;
	unsigned int credit =
		mtu <= RTE_MBUF_DEFAULT_DATAROOM ? SEND_MBUFS_CREDIT : SEND_MBUFS_CREDIT_LEAST;
	/* The longest value must fit, for ports that want it copied, and leave room for others. */
	unsigned int nb = RTE_MAX(credit * core->credits_max,
				  2 * (core->config.value_max / SEND_MBUF_BYTES_LEAST));
	char name[RTE_MEMPOOL_NAMESIZE];

	core->chains.link_segments = core->port->tx_segments;
	core->chains.share_mbufs = core->port->share_mbufs;
	snprintf(name, sizeof(name), "core%u_send", core->index);
	core->chains.mbufs = chain_mempool_create_for(name, nb, mtu, socket);
	if (core->chains.mbufs == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "core%u_segments", core->index);
	/* Where a segment is linked to the chain's bytes, these hold its headers alone. */
	if (core->chains.link_segments && core->chains.share_mbufs)
		mtu = 0;
	core->chains.segments = chain_mempool_create_for(name, SEGMENT_MBUFS, mtu, socket);
	return core->chains.segments != NULL ? 0 : -rte_errno;
}

/* Any thread: a value waits for its release. */
static void
wake(void *arg)
{
	const struct core *core = arg;

	submit_wake(core->submit, core->index);
}

static int
create_stack(struct core *core, const struct core_config *config)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	struct ip_config ip = {
		.mac = core->port->mac,
		.ipv4 = core->config.ipv4,
		.ipv6 = core->config.ipv6,
		.routes = core->config.routes,
		.nb_routes = core->config.nb_routes,
		.mtu = core->port->mtu,
		.tx_segments = core->port->tx_segments,
		.neighbours_max = NEIGHBOURS_MAX,
		.neighbours_key = rte_jhash(config->secret, sizeof(config->secret), 0),
		.mbufs = core->control_mbufs,
		.quote_mbufs = core->chains.mbufs,
		.dscp = core->config.dscp,
		.ttl = core->config.ttl,
		.tx_ipv4_checksum = core->port->tx_ipv4_checksum,
		.tx_tcp_checksum = core->port->tx_tcp_checksum,
		.socket = config->socket,
		.events = config->ip_events,
		.events_arg = core,
	};
	struct tcp_config tcp = {
		.name = name,
		.events = &core_conn_events,
		.events_arg = core,
		.conns_max = core->config.conns_max,
		.receive_window_bytes = RECEIVE_WINDOW_BYTES,
		.reassembly_max = REASSEMBLY_MAX,
		.congestion = core->config.congestion,
		.large_mbufs = core->port->tx_large_mbufs,
		.ecn = core->config.ecn_off ? TCP_ECN_OFF : TCP_ECN_ACCEPT,
		.chain_pool = &core->chains,
		.mbufs = core->control_mbufs,
		.time_wait_us = TIME_WAIT_US,
		.keepalive_idle_us = core->config.keepalive_s * UINT64_C(1000000),
		.now_us = config->now_us,
		.socket = config->socket,
	};

	core->ip = ip_create(&ip);
	if (core->ip == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "core%u_tcp", core->index);
	tcp.ip = core->ip;
	memcpy(tcp.secret, config->secret, sizeof(tcp.secret));
	core->tcp = tcp_create(&tcp);
	return core->tcp != NULL ? 0 : -rte_errno;
}

void
core_destroy(struct core *core)
{
	struct last_frames last = {.core = core};
	unsigned int i;

	if (core == NULL)
		return;
	/* Calls whose caller has given up are freed as they run. */
	if (core->control != NULL)
		core_control_run(core);
	if (core->tcp != NULL)
		tcp_conn_walk(core->tcp, abort_conn, &last);
	/* All of them, however many one turn takes: their values are of an engine that goes next.
	 */
	while (core->requests != NULL && core_reply_drain(core) > 0)
		;
	core_request_teardown(core);
	for (i = 0; i < core->nb_listeners; i++)
		core->listeners[i].ops->destroy(core->listeners[i].protocol);
	tcp_destroy(core->tcp);
	ip_destroy(core->ip);
	chain_reference_release(&core->chains);
	chain_reference_teardown(&core->chains);
	core_control_teardown(core);
	core_conn_teardown(core);
	rte_mempool_free(core->chains.segments);
	rte_mempool_free(core->chains.mbufs);
	rte_mempool_free(core->control_mbufs);
	rte_free(core);
}
