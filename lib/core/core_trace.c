/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_trace.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_ring_elem.h>

#include "core_control.h"
#include "core_info.h"
#include "core_server.h"

/* Lines of a trace that are not yet taken, at most. */
#define LINES_MAX 4096

struct core_trace {
	struct tr_core_server *server;
	struct core *core;
	uint32_t id; /* the connection, as tcp numbers it */
	int attached; /* 0, or -errno: why it was not */
	struct rte_ring *ring;
	struct core_trace_line last;
	uint64_t missed; /* written by the core */
};

static void attach(struct core *core, void *arg);
static void detach(struct core *core, void *arg);
static struct core_trace **slot_of(struct core *core, const struct core_trace *trace);
static struct core_trace *trace_of(struct core *core, uint32_t id);
static bool is_news(struct core_trace *trace, const struct core_trace_line *line);
static void set_time(struct core_trace_line *line, uint64_t unix_us, uint64_t now_us);

struct core_trace *
core_trace_create(struct tr_core_server *server, uint32_t id)
{
	struct core_trace *trace;
	char name[RTE_RING_NAMESIZE];
	unsigned int index = id >> CORE_INFO_CONN_SHIFT;

	if (index >= server->nb_cores) {
		rte_errno = ENOENT;
		return NULL;
	}
	trace = rte_zmalloc("core_trace", sizeof(*trace), RTE_CACHE_LINE_SIZE);
	if (trace == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	trace->server = server;
	trace->core = server->cores[index];
	trace->id = id & ((1u << CORE_INFO_CONN_SHIFT) - 1);
	snprintf(name, sizeof(name), "core%u_trace%u", index, trace->id);
	trace->ring = rte_ring_create_elem(name, sizeof(struct core_trace_line), LINES_MAX,
					   (int)rte_lcore_to_socket_id(trace->core->lcore),
					   RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (trace->ring == NULL) {
		rte_free(trace);
		return NULL;
	}
	return trace;
}

void
core_trace_destroy(struct core_trace *trace)
{
	if (trace == NULL)
		return;
	rte_ring_free(trace->ring);
	rte_free(trace);
}

int
core_trace_start(struct core_trace *trace)
{
	int ret = core_control_call(trace->core, attach, trace);

	return ret < 0 ? ret : trace->attached;
}

int
core_trace_stop(struct core_trace *trace)
{
	return core_control_call(trace->core, detach, trace);
}

void
core_trace_end(struct core_trace *trace)
{
	detach(trace->core, trace);
}

static void
attach(struct core *core, void *arg)
{
	struct core_trace *trace = arg;
	struct tcp_conn *tcp = tcp_conn_find(core->tcp, trace->id);
	struct core_trace **slot = slot_of(core, NULL);

	trace->attached = tcp == NULL ? -ENOENT : slot == NULL ? -ENOSPC : 0;
	if (trace->attached < 0)
		return;
	*slot = trace;
	tcp_conn_trace(tcp, true);
	core_trace_conn(core, tcp);
}

/* The connection may be over, and another may have its number: that one is not traced either. */
static void
detach(struct core *core, void *arg)
{
	struct core_trace *trace = arg;
	struct tcp_conn *tcp = tcp_conn_find(core->tcp, trace->id);
	struct core_trace **slot = slot_of(core, trace);

	if (slot == NULL)
		return;
	if (tcp != NULL)
		tcp_conn_trace(tcp, false);
	*slot = NULL;
}

/* Where a trace of the core's stands, or NULL: it does not run. NULL as trace: where one may. */
static struct core_trace **
slot_of(struct core *core, const struct core_trace *trace)
{
	unsigned int i;

	for (i = 0; i < CORE_TRACES_MAX; i++)
		if (core->traces[i] == trace)
			return &core->traces[i];
	return NULL;
}

static struct core_trace *
trace_of(struct core *core, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < CORE_TRACES_MAX; i++)
		if (core->traces[i] != NULL && core->traces[i]->id == id)
			return core->traces[i];
	return NULL;
}

void
core_trace_conn(void *arg, struct tcp_conn *tcp)
{
	struct core *core = arg;
	struct core_trace *trace;
	const struct tr_conn *conn = tcp_conn_user(tcp);
	struct core_trace_line line;
	struct tcp_conn_info info;

	tcp_conn_info(tcp, &info);
	trace = trace_of(core, info.id);
	line = (struct core_trace_line){
		.time_us = core->now_us,
		.state = tcp_state_name(info.state),
		.cwnd_bytes = info.cwnd_bytes,
		.ssthresh_bytes = info.ssthresh_bytes,
		.srtt_us = info.srtt_us,
		.rto_us = info.rto_us,
		.snd_una = info.snd_una,
		.snd_nxt = info.snd_nxt,
		.snd_wnd = info.snd_wnd,
		.rcv_nxt = info.rcv_nxt,
		.rcv_wnd = info.rcv_wnd,
		.send_bytes = info.send_bytes,
		.requests = conn != NULL ? conn->requests + (conn->open != NULL) : 0,
		.retransmits = info.retransmits,
	};
	if (!is_news(trace, &line) ||
	    rte_ring_sp_enqueue_elem(trace->ring, &line, sizeof(line)) == 0)
		return;
	core->stats.trace_missed++;
	__atomic_store_n(&trace->missed, trace->missed + 1, __ATOMIC_RELAXED);
}

static bool
is_news(struct core_trace *trace, const struct core_trace_line *line)
{
	const size_t offset = offsetof(struct core_trace_line, state);

	if (memcmp((const char *)&trace->last + offset, (const char *)line + offset,
		   sizeof(*line) - offset) == 0)
		return false;
	trace->last = *line;
	return true;
}

unsigned int
core_trace_take(struct core_trace *trace, struct core_trace_line *lines, unsigned int max)
{
	struct timespec now;
	unsigned int nb, i;
	uint64_t now_us;

	nb = rte_ring_sc_dequeue_burst_elem(trace->ring, lines, sizeof(*lines), max, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	now_us = core_server_now_us(trace->server);
	for (i = 0; i < nb; i++)
		set_time(&lines[i], now.tv_sec * US_PER_S + now.tv_nsec / 1000, now_us);
	return nb;
}

/* Back from now, as a capture does: the core's clock is not accurate enough to count on from 0. */
static void
set_time(struct core_trace_line *line, uint64_t unix_us, uint64_t now_us)
{
	line->time_us = unix_us - (now_us > line->time_us ? now_us - line->time_us : 0);
}

uint64_t
core_trace_missed(const struct core_trace *trace)
{
	return __atomic_load_n(&trace->missed, __ATOMIC_RELAXED);
}
