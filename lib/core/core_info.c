/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_info.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_string_fns.h>

#include "core_ask.h"
#include "core_control.h"
#include "core_server.h"
#include "core_steer.h"

static const char *const wait_names[] = {
	[CORE_WAIT_NONE] = "",
	[CORE_WAIT_CREDIT] = "credit",
	[CORE_WAIT_BODY] = "room for a value",
	[CORE_WAIT_MEMORY] = "memory",
	[CORE_WAITS] = "",
	[CORE_WAIT_SEND] = "the peer to read",
	[CORE_WAIT_OWN] = "its own requests",
};

struct conns_call {
	struct core_info_conn *conns;
	uint32_t from;
	unsigned int max;
	unsigned int nb;
};

struct routes_call {
	struct core_info_route *routes;
	unsigned int max;
	unsigned int nb;
};

struct neighbours_call {
	struct core_info_neighbour *neighbours;
	unsigned int max;
	unsigned int nb;
};

struct counter_visit {
	void (*visit)(const struct core_info_counter *counter, void *arg);
	void *arg;
};

static void visit_submit(struct tr_submit *submit, const struct counter_visit *to);
static void describe_conn(const struct core *core, struct tcp_conn *tcp,
			  struct core_info_conn *info);

unsigned int
core_info_cores(const struct tr_core_server *server)
{
	return server->nb_cores;
}

uint16_t
core_info_vlan(const struct tr_core_server *server, uint16_t port_id)
{
	return port_id == server->config.port_id ? server->config.vlan : 0;
}

static void
describe_core(struct core *core, void *arg)
{
	struct core_info_core *info = arg;

	*info = (struct core_info_core){
		.lcore = core->lcore,
		.queue = core->port->queue,
		.conns = tcp_conn_count(core->tcp),
		.conns_max = core->config.conns_max,
		.credits = core->credits_used,
		.credits_max = core->credits_max,
		.abandoned = core->nb_abandoned,
		.body_bytes = core->body_bytes[0] + core->body_bytes[1],
		.body_bytes_max = core->config.body_budget_bytes,
		.responses = core->stats.composed,
		.allocations = core->chains.stats.mbufs,
		.bytes_copied = core->chains.stats.bytes_copied,
		.bytes_referenced = core->chains.stats.bytes_referenced,
		.listening = core->listening,
	};
}

int
core_info_core(struct tr_core_server *server, unsigned int core, struct core_info_core *info)
{
	if (core >= server->nb_cores)
		return -ENOENT;
	return core_control_call(server->cores[core], describe_core, info);
}

static void
collect_conn(struct core *core, void *arg)
{
	struct conns_call *call = arg;
	struct tcp_conn *tcp;
	uint32_t id;

	for (id = call->from; id < core->config.conns_max && call->nb < call->max; id++) {
		tcp = tcp_conn_find(core->tcp, id);
		if (tcp != NULL)
			describe_conn(core, tcp, &call->conns[call->nb++]);
	}
}

int
core_info_conns(struct tr_core_server *server, unsigned int core, uint32_t from,
		struct core_info_conn *conns, unsigned int max)
{
	struct conns_call call = {.conns = conns, .max = max};
	int ret;

	if (core >= server->nb_cores)
		return -ENOENT;
	call.from = from & ((1u << CORE_INFO_CONN_SHIFT) - 1);
	ret = core_control_call(server->cores[core], collect_conn, &call);
	return ret < 0 ? ret : (int)call.nb;
}

unsigned int
core_info_conn_core(uint32_t id)
{
	return id >> CORE_INFO_CONN_SHIFT;
}

int
core_info_conn(struct tr_core_server *server, uint32_t id, struct core_info_conn *conn)
{
	int nb = core_info_conns(server, core_info_conn_core(id), id, conn, 1);

	if (nb < 0)
		return nb;
	return nb == 1 && conn->id == id ? 0 : -ENOENT;
}

static void
describe_conn(const struct core *core, struct tcp_conn *tcp, struct core_info_conn *info)
{
	const struct tr_conn *conn = tcp_conn_user(tcp);
	struct tcp_conn_info state;

	tcp_conn_info(tcp, &state);
	*info = (struct core_info_conn){
		.id = core->index << CORE_INFO_CONN_SHIFT | state.id,
		.core = core->index,
		.local_addr = state.local_addr,
		.remote_addr = state.remote_addr,
		.local_port = state.local_port,
		.remote_port = state.remote_port,
		.send_bytes = state.send_bytes,
		.receive_bytes = state.receive_bytes,
		.snd_wnd = state.snd_wnd,
		.rcv_wnd = state.rcv_wnd,
		.cwnd_bytes = state.cwnd_bytes,
		.ssthresh_bytes = state.ssthresh_bytes,
		.srtt_us = state.srtt_us,
		.rto_us = state.rto_us,
		.min_rtt_us = state.min_rtt_us,
		.retransmits = state.retransmits,
		.sacked_bytes = state.sacked_bytes,
		.lost_bytes = state.lost_bytes,
		.mss_bytes = state.mss_bytes,
		.ecn = state.ecn,
	};
	strlcpy(info->state, tcp_state_name(state.state), sizeof(info->state));
	strlcpy(info->congestion, state.congestion, sizeof(info->congestion));
	strlcpy(info->recovery, state.recovery, sizeof(info->recovery));
	if (conn == NULL)
		return;
	strlcpy(info->protocol, conn->ops->name, sizeof(info->protocol));
	info->requests = conn->requests + (conn->open != NULL);
	strlcpy(info->waits_for, wait_names[conn->wait], sizeof(info->waits_for));
	info->received_requests = conn->requests_total;
}

static void
visit_counter(const struct counter_visit *to, const char *topic, const char *name, const char *help,
	      uint64_t value)
{
	struct core_info_counter counter = {
		.topic = topic, .name = name, .help = help, .value = value};

	to->visit(&counter, to->arg);
}

int
core_info_counters(struct tr_core_server *server, unsigned int core,
		   void (*visit)(const struct core_info_counter *counter, void *arg), void *arg)
{
	const struct counter_visit to = {.visit = visit, .arg = arg};
	unsigned int first = core == UINT_MAX ? 0 : core;
	unsigned int end = core == UINT_MAX ? server->nb_cores : core + 1;
	unsigned int i;
	uint64_t sum;

	if (end > server->nb_cores)
		return -ENOENT;
#define VISIT(topic, name, help, stats)                                                            \
	for (sum = 0, i = first; i < end; i++)                                                     \
		sum += __atomic_load_n(&(stats)->name, __ATOMIC_RELAXED);                          \
	visit_counter(&to, topic, #name, help, sum);
#define VISIT_CORE(name, help) VISIT("core", name, help, &server->cores[i]->stats)
#define VISIT_IP(name, help) VISIT("ip", name, help, ip_stats(server->cores[i]->ip))
#define VISIT_TCP(name, help) VISIT("tcp", name, help, tcp_stats(server->cores[i]->tcp))
#define VISIT_CHAIN(name, help) VISIT("chain", name, help, &server->cores[i]->chains.stats)
	CORE_STATS(VISIT_CORE)
	IP_STATS(VISIT_IP)
	TCP_STATS(VISIT_TCP)
	CHAIN_STATS(VISIT_CHAIN)
#undef VISIT_CHAIN
#undef VISIT_TCP
#undef VISIT_IP
#undef VISIT_CORE
#undef VISIT
	/* Producers answer to all cores. */
	if (core == UINT_MAX)
		visit_submit(server->submit, &to);
	return 0;
}

static void
visit_submit(struct tr_submit *submit, const struct counter_visit *to)
{
	struct submit_producer_stats sum = {0}, one;
	unsigned int i;

#define ADD(name, help) sum.name += one.name;
#define VISIT(name, help) visit_counter(to, "submit", #name, help, sum.name);
	for (i = 0; submit_producer_stats(submit, i, &one) == 0; i++) {
		SUBMIT_STATS(ADD)
	}
	SUBMIT_STATS(VISIT)
#undef VISIT
#undef ADD
}

static void
clear_stats(struct core *core, void *arg)
{
	(void)arg;
	memset(&core->stats, 0, sizeof(core->stats));
	memset(&core->chains.stats, 0, sizeof(core->chains.stats));
	core_cycles_clear(&core->cycles);
	ip_stats_clear(core->ip);
	if (core->steer != NULL)
		core_steer_counters_cleared(core->steer, core->index);
	tcp_stats_clear(core->tcp);
}

/* Have every core run a call. */
static int
call_all(struct tr_core_server *server, void (*call)(struct core *core, void *arg), void *arg)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < server->nb_cores && ret == 0; i++)
		ret = core_control_call(server->cores[i], call, arg);
	return ret;
}

int
core_info_clear(struct tr_core_server *server)
{
	return call_all(server, clear_stats, NULL);
}

static void
copy_cycles(struct core *core, void *arg)
{
	struct core_cycles_totals *totals = arg;

	*totals = core->cycles.totals;
}

int
core_info_cycles(struct tr_core_server *server, unsigned int core,
		 struct core_cycles_totals *totals)
{
	if (core >= server->nb_cores)
		return -ENOENT;
	return core_control_call(server->cores[core], copy_cycles, totals);
}

static void
clear_cycles(struct core *core, void *arg)
{
	(void)arg;
	core_cycles_clear(&core->cycles);
}

int
core_info_clear_cycles(struct tr_core_server *server, unsigned int core)
{
	if (core >= server->nb_cores)
		return -ENOENT;
	return core_control_call(server->cores[core], clear_cycles, NULL);
}

static void
collect_neighbour(const struct ip_neighbour *neighbour, bool reachable, void *arg)
{
	struct neighbours_call *call = arg;
	struct core_info_neighbour *info;

	if (call->nb == call->max)
		return;
	info = &call->neighbours[call->nb++];
	info->addr = neighbour->addr;
	memcpy(info->mac, neighbour->mac.addr_bytes, sizeof(info->mac));
	info->reachable = reachable;
}

static void
collect_neighbours(struct core *core, void *arg)
{
	ip_neighbour_walk(core->ip, collect_neighbour, arg);
}

int
core_info_neighbours(struct tr_core_server *server, unsigned int core,
		     struct core_info_neighbour *neighbours, unsigned int max)
{
	struct neighbours_call call = {.neighbours = neighbours, .max = max};
	int ret;

	if (core >= server->nb_cores)
		return -ENOENT;
	ret = core_control_call(server->cores[core], collect_neighbours, &call);
	return ret < 0 ? ret : (int)call.nb;
}

static void
collect_route(const struct tr_addr_route *route, bool learned, void *arg)
{
	struct routes_call *call = arg;

	if (call->nb < call->max)
		call->routes[call->nb++] =
			(struct core_info_route){.route = *route, .learned = learned};
}

static void
collect_routes(struct core *core, void *arg)
{
	ip_route_walk(core->ip, collect_route, arg);
}

int
core_info_routes(struct tr_core_server *server, unsigned int core, struct core_info_route *routes,
		 unsigned int max)
{
	struct routes_call call = {.routes = routes, .max = max};
	int ret;

	if (core >= server->nb_cores)
		return -ENOENT;
	ret = core_control_call(server->cores[core], collect_routes, &call);
	return ret < 0 ? ret : (int)call.nb;
}

int
core_info_producer(struct tr_core_server *server, unsigned int producer,
		   struct core_info_producer *info)
{
	struct submit_producer_stats stats;
	struct submit_thread_stats thread;
	int ret;

	ret = submit_producer_stats(server->submit, producer, &stats);
	if (ret < 0)
		return ret;
	*info = (struct core_info_producer){
		.responses = stats.responses,
		.wakeups = stats.wakeups,
		.ring_full = stats.drop_ring_full,
		.bad_token = stats.drop_bad_token,
	};
	strlcpy(info->name, stats.name, sizeof(info->name));
	if (submit_thread_stats(server->submit, producer, &thread) < 0)
		return 0;
	info->engine_thread = true;
	info->executed = thread.executed;
	info->pending = thread.pending;
	info->sleeps = thread.sleeps;
	info->queued = thread.queued;
	return 0;
}

const char *
core_info_engine(const struct tr_core_server *server)
{
	return server->engine.ops != NULL ? server->engine.ops->name : NULL;
}

int
core_info_engine_stats(struct tr_core_server *server,
		       void (*visit)(const char *name, const char *text, void *arg), void *arg)
{
	const char *at, *end, *value;
	uint32_t len;
	char *text;
	int ret;

	if (server->engine.ops == NULL)
		return -ENOENT;
	ret = core_ask_stats(server->cores[0], &text, &len);
	if (ret < 0)
		return ret;
	text[len] = '\0';
	for (at = text, end = text + len; at < end; at = value + strlen(value) + 1) {
		value = at + strlen(at) + 1;
		if (value > end)
			break;
		visit(at, value, arg);
	}
	free(text);
	return 0;
}

int
core_info_engine_control(struct tr_core_server *server, const char *command, char *reply,
			 size_t reply_size)
{
	const struct tr_engine *engine = &server->engine;

	reply[0] = '\0';
	if (engine->ops == NULL)
		return -ENOENT;
	if (engine->ops->control == NULL)
		return -ENOTSUP;
	return engine->ops->control(engine->instance, command, reply, reply_size);
}

static void
set_listening(struct core *core, void *arg)
{
	core_set_listening(core, *(bool *)arg);
}

int
core_info_stop(struct tr_core_server *server)
{
	bool listening = false;

	return call_all(server, set_listening, &listening);
}

int
core_info_start(struct tr_core_server *server)
{
	bool listening = true;

	return call_all(server, set_listening, &listening);
}
