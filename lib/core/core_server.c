/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "core_control.h"
#include "core_idle.h"
#include "core_server_port.h"
#include "core_steer.h"

#define CONNS_MAX 4096
#define CREDITS 4096
#define CREDITS_MIN 16
#define VALUE_MAX (1024 * 1024)
#define BODY_BUDGET_BYTES (16 * 1024 * 1024)
#define BODY_TIMEOUT_MS 10000
#define REQUEST_TIMEOUT_MS 10000
#define SEND_TIMEOUT_MS 60000
#define SEND_MAX_BYTES (1024 * 1024)
#define KEEPALIVE_S (2 * 3600)

#define DRAIN_US (2 * 1000 * 1000)
#define DRAIN_CHECK_US 1000

/* How long the first core waits for others, each of which may have to wait for its port. */
#define SEND_LAST_US (2 * CORE_PORT_PATIENCE_US)

/*
 * The longest value must fit in the part of the budget that values not arrived may hold, and so
 * must the longest of the small ones, which have a quarter of it.
 */
#define BODY_BUDGET_VALUES 4
#define BODY_BUDGET_SMALL_VALUES 8

static int check_config(struct tr_core_config *config, char *error, size_t error_size);
static bool has_addr(const struct tr_core_config *config);
static int check_routes(const struct tr_core_config *config, char *error, size_t error_size);
static int create_engine(struct tr_core_server *server, char *error, size_t error_size);
static int create_cores(struct tr_core_server *server, char *error, size_t error_size);
static void init_clock(struct tr_core_server *server);
static void drain(struct tr_core_server *server, struct core *core);
static void send_last(struct tr_core_server *server);
static bool have_ended(const struct tr_core_server *server);
static bool is_needed(const struct tr_core_server *server);
static int core_main(void *arg);
static void neighbour_learned(void *arg, const struct ip_neighbour *neighbour);
static void packet_strayed(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet);
static void icmp_error(void *arg, const struct ip_error *error);
static bool link_heard(void *arg, const struct ip_link_news *news);
static bool post_others(struct core *core, const struct core_message *message);

static const struct ip_events ip_events = {
	.neighbour = neighbour_learned,
	.packet = packet_strayed,
	.error = icmp_error,
	.link = link_heard,
};

struct tr_core_server *
tr_core_create(const struct tr_core_config *config, char *error, size_t error_size)
{
	struct tr_core_server *server;
	int ret;

	server = rte_zmalloc("tr_core_server", sizeof(*server), RTE_CACHE_LINE_SIZE);
	if (server == NULL) {
		snprintf(error, error_size, "no memory: give EAL more with -m");
		rte_errno = ENOMEM;
		return NULL;
	}
	server->config = *config;
	server->nb_cores = rte_lcore_count();
	init_clock(server);
	ret = check_config(&server->config, error, error_size);
	if (ret == 0)
		ret = core_server_port_setup(server, error, error_size);
	if (ret == 0)
		ret = create_engine(server, error, error_size);
	if (ret == 0)
		ret = create_cores(server, error, error_size);
	if (ret == 0)
		ret = core_server_port_start(server, error, error_size);
	if (ret < 0) {
		tr_core_destroy(server);
		rte_errno = -ret;
		return NULL;
	}
	return server;
}

static int
check_config(struct tr_core_config *config, char *error, size_t error_size)
{
	static const struct tr_core_config defaults = {
		.conns_max = CONNS_MAX,
		.credits = CREDITS,
		.value_max = VALUE_MAX,
		.body_budget_bytes = BODY_BUDGET_BYTES,
		.body_timeout_ms = BODY_TIMEOUT_MS,
		.request_timeout_ms = REQUEST_TIMEOUT_MS,
		.send_timeout_ms = SEND_TIMEOUT_MS,
		.send_max_bytes = SEND_MAX_BYTES,
		.keepalive_s = KEEPALIVE_S,
	};

#define DEFAULT(field) config->field = config->field != 0 ? config->field : defaults.field
	DEFAULT(conns_max);
	DEFAULT(credits);
	DEFAULT(value_max);
	DEFAULT(body_budget_bytes);
	DEFAULT(body_timeout_ms);
	DEFAULT(request_timeout_ms);
	DEFAULT(send_timeout_ms);
	DEFAULT(send_max_bytes);
	DEFAULT(keepalive_s);
#undef DEFAULT
	if (config->credits < CREDITS_MIN || config->credits >= SUBMIT_TOKEN_INDEXES) {
		snprintf(error, error_size, "credits: %u is not between %u and %u", config->credits,
			 CREDITS_MIN, SUBMIT_TOKEN_INDEXES - 1);
		return -EINVAL;
	}
	if (config->vlan > CORE_VLAN_MAX) {
		snprintf(error, error_size, "vlan: %u is more than %u", config->vlan,
			 CORE_VLAN_MAX);
		return -EINVAL;
	}
	if (config->engine_threads > SUBMIT_PRODUCERS_MAX) {
		snprintf(error, error_size, "engine_threads: %u is more than %u",
			 config->engine_threads, SUBMIT_PRODUCERS_MAX);
		return -EINVAL;
	}
	if (!tcp_congestion_is_known(config->congestion)) {
		snprintf(error, error_size,
			 "congestion: %s is not known; cubic or newreno would do",
			 config->congestion);
		return -EINVAL;
	}
	config->body_budget_bytes = core_server_body_budget(config);
	if (!has_addr(config)) {
		snprintf(error, error_size, "addr: give an address and its prefix length");
		return -EINVAL;
	}
	return check_routes(config, error, error_size);
}

/* Of IPv4, of IPv6 or of both. */
static bool
has_addr(const struct tr_core_config *config)
{
	if (tr_addr_is_none(&config->ipv4.addr))
		return !tr_addr_is_none(&config->ipv6.addr);
	return tr_addr_is_ipv4(&config->ipv4.addr) && config->ipv4.prefix_len <= 32;
}

static int
check_routes(const struct tr_core_config *config, char *error, size_t error_size)
{
	const struct ip_config ip = {
		.ipv4 = config->ipv4,
		.ipv6 = config->ipv6,
		.routes = config->routes,
		.nb_routes = config->nb_routes,
	};
	char prefix[TR_ADDR_TEXT_SIZE], via[TR_ADDR_TEXT_SIZE];
	unsigned int i;

	if (config->nb_routes > IP_ROUTES_MAX) {
		snprintf(error, error_size, "routes: %u are more than %u", config->nb_routes,
			 IP_ROUTES_MAX);
		return -EINVAL;
	}
	for (i = 0; i < config->nb_routes; i++) {
		if (ip_route_is_valid(&ip, i))
			continue;
		snprintf(error, error_size,
			 "routes: %s/%u via %s: give each network once, and a neighbour",
			 tr_addr_format(&config->routes[i].prefix, prefix),
			 config->routes[i].prefix_len, tr_addr_format(&config->routes[i].via, via));
		return -EINVAL;
	}
	return 0;
}

uint64_t
core_server_body_budget(const struct tr_core_config *config)
{
	uint64_t small = RTE_MIN(config->value_max, (uint32_t)CORE_BODY_SMALL_BYTES);
	uint64_t least = RTE_MAX((uint64_t)config->value_max * BODY_BUDGET_VALUES,
				 small * BODY_BUDGET_SMALL_VALUES);

	return RTE_MAX(config->body_budget_bytes, least);
}

static int
create_engine(struct tr_core_server *server, char *error, size_t error_size)
{
	const struct tr_core_config *config = &server->config;
	struct submit_config submit = {
		.nb_cores = server->nb_cores,
		.nb_threads = config->engine_threads,
		.credits = config->credits,
	};
	struct tr_engine_config engine = {
		.nb_cores = server->nb_cores,
		.nb_executors = config->engine_threads ? config->engine_threads : server->nb_cores,
		.partitioned = config->engine_threads > 0 || server->nb_cores == 1,
		.requests_max = config->credits * server->nb_cores,
		.prepared_bytes = config->body_budget_bytes * server->nb_cores,
		.value_max = config->value_max,
		.directories = config->engine_directories,
	};

	server->submit = submit_create(&submit);
	if (server->submit == NULL) {
		snprintf(error, error_size, "no memory for %u engine threads: %s",
			 config->engine_threads, rte_strerror(rte_errno));
		return -rte_errno;
	}
	if (config->engine == NULL)
		return 0;
	engine.submit = server->submit;
	return tr_engine_open(config->engine, &engine, &server->engine, error, error_size);
}

static int
create_cores(struct tr_core_server *server, char *error, size_t error_size)
{
	struct core_config config = {
		.server = &server->config,
		.submit = server->submit,
		.engine = &server->engine,
		.ip_events = &ip_events,
		.owner = server,
	};
	struct timespec now;
	unsigned int lcore, i = 0;
	char what[16];
	int ret;

	clock_gettime(CLOCK_REALTIME, &now);
	config.unix_us = now.tv_sec * 1000000ull + now.tv_nsec / 1000;
	if (getrandom(config.secret, sizeof(config.secret), 0) != sizeof(config.secret)) {
		snprintf(error, error_size, "the kernel gives no random bytes");
		return -EIO;
	}
	RTE_LCORE_FOREACH (lcore) {
		config.index = i;
		config.lcore = lcore;
		config.socket = (int)rte_lcore_to_socket_id(lcore);
		config.port = &server->ports[i];
		config.rx_mbufs = server->rx_mbufs[i];
		server->cores[i] = core_create(&config);
		if (server->cores[i] == NULL) {
			snprintf(what, sizeof(what), "lcore %u", lcore);
			return core_server_no_pools(what, error, error_size);
		}
		i++;
	}
	if (server->engine.ops == NULL)
		return 0;
	ret = submit_start(server->submit, server->engine.ops, server->engine.instance);
	if (ret < 0)
		snprintf(error, error_size, "engine threads cannot be started: %s", strerror(-ret));
	return ret;
}

int
core_server_no_pools(const char *what, char *error, size_t error_size)
{
	int ret = -rte_errno;

	/* ENOBUFS: of a pool's mbufs there was not room for all. */
	if (ret == -ENOMEM || ret == -ENOBUFS)
		snprintf(error, error_size, "no memory for %s: give EAL more with -m", what);
	else if (ret == -EEXIST)
		snprintf(error, error_size, "%s: there is a server in this process already", what);
	else
		snprintf(error, error_size, "%s cannot be set up: %s", what, strerror(-ret));
	return ret;
}

struct listen_call {
	struct core_listener listener;
	int (*listen)(struct core *core, const struct core_listener *listener);
	int ret;
};

static void
listen_call(struct core *core, void *arg)
{
	struct listen_call *call = arg;

	call->ret = call->listen(core, &call->listener);
}

static int
call_core(struct tr_core_server *server, unsigned int index, struct listen_call *call)
{
	int ret = 0;

	if (server->running)
		ret = core_control_call(server->cores[index], listen_call, call);
	else
		listen_call(server->cores[index], call);
	return ret < 0 ? ret : call->ret;
}

int
tr_core_listen(struct tr_core_server *server, struct tr_addr addr, uint16_t port,
	       const struct tr_protocol_ops *protocol, void *arg)
{
	struct listen_call call = {
		.listener = {.addr = addr, .port = rte_cpu_to_be_16(port), .ops = protocol},
		.listen = core_can_listen,
	};
	void *instances[RTE_MAX_LCORE];
	unsigned int created, taken = 0, i;
	int ret = 0;

	if (!tr_addr_is_none(&addr) && !tr_addr_is_same(&addr, &server->config.ipv4.addr) &&
	    !tr_addr_is_same(&addr, &server->config.ipv6.addr))
		return -EADDRNOTAVAIL;
	if (protocol->state_bytes > CORE_PROTOCOL_STATE_BYTES)
		return -EINVAL;
	for (created = 0; created < server->nb_cores; created++) {
		instances[created] = protocol->create(arg, created);
		if (instances[created] == NULL) {
			ret = -ENOMEM;
			goto destroy;
		}
	}
	/* What one of them would refuse is found before another has clients. */
	for (i = 0; i < server->nb_cores && ret == 0; i++)
		ret = call_core(server, i, &call);
	call.listen = core_listen;
	for (; taken < server->nb_cores && ret == 0; taken += ret == 0) {
		call.listener.protocol = instances[taken];
		ret = call_core(server, taken, &call);
	}
destroy:
	for (i = taken; i < created; i++)
		protocol->destroy(instances[i]);
	return ret;
}

int
tr_core_run(struct tr_core_server *server)
{
	struct core *own = NULL;
	unsigned int i;
	int ret = 0;

	server->running = true;
	for (i = 0; i < server->nb_cores; i++) {
		if (server->cores[i]->lcore == rte_get_main_lcore())
			own = server->cores[i];
		else
			ret = rte_eal_remote_launch(core_main, server->cores[i],
						    server->cores[i]->lcore);
		if (ret < 0) {
			tr_core_quit(server);
			break;
		}
	}
	if (ret == 0)
		core_main(own);
	rte_eal_mp_wait_lcore();
	server->running = false;
	return ret;
}

/* The life of a core: turns, sleep, and in the end an orderly retreat. */
static int
core_main(void *arg)
{
	struct core *core = arg;
	struct tr_core_server *server = core->owner;
	struct core_idle idle;
	unsigned int work;
	uint64_t now_us;

	core_idle_init(&idle, core, server->config.idle_poll);
	ip_announce(core->ip);
	while (!atomic_load_explicit(&core->stop, memory_order_relaxed)) {
		now_us = core_server_now_us(server);
		work = core_poll(core, now_us);
		core_idle_turn(&idle, work, now_us);
	}
	core_idle_deinit(&idle);
	drain(server, core);
	return 0;
}

/* Answer what is in flight and close, for as long as that may take; then reset what is left. */
static void
drain(struct tr_core_server *server, struct core *core)
{
	uint64_t now_us = core_server_now_us(server);
	uint64_t end_us = now_us + DRAIN_US;
	uint64_t check_us = now_us + DRAIN_CHECK_US;

	core_set_listening(core, false);
	for (; now_us < end_us; now_us = core_server_now_us(server)) {
		if (core_poll(core, now_us) > 0)
			continue;
		if (now_us >= check_us) {
			if (core_is_drained(core))
				atomic_store_explicit(&core->drained, true, memory_order_relaxed);
			if (atomic_load_explicit(&core->drained, memory_order_relaxed) &&
			    !is_needed(server))
				break;
			check_us = now_us + DRAIN_CHECK_US;
		}
		rte_pause();
	}
	core_abort(core);
	atomic_store_explicit(&core->ended, true, memory_order_release);
	if (core->index == 0 && server->steer != NULL && core_steer_is_partial(server->steer))
		send_last(server);
}

/* The first core sends for others, whose last resets may come after its own. */
static void
send_last(struct tr_core_server *server)
{
	uint64_t end_us = core_server_now_us(server) + SEND_LAST_US;
	bool ended;

	do {
		ended = have_ended(server);
		core_steer_flush(server->steer);
		rte_pause();
	} while (!ended && core_server_now_us(server) < end_us);
}

static bool
have_ended(const struct tr_core_server *server)
{
	unsigned int i;

	for (i = 0; i < server->nb_cores; i++)
		if (!atomic_load_explicit(&server->cores[i]->ended, memory_order_acquire))
			return false;
	return true;
}

/* Whether a core that is done goes on, as its queue may bring what others wait for. */
static bool
is_needed(const struct tr_core_server *server)
{
	unsigned int i;

	for (i = 0; server->steer != NULL && i < server->nb_cores; i++)
		if (!atomic_load_explicit(&server->cores[i]->drained, memory_order_relaxed))
			return true;
	return false;
}

void
tr_core_quit(struct tr_core_server *server)
{
	unsigned int i;

	for (i = 0; i < server->nb_cores; i++) {
		atomic_store_explicit(&server->cores[i]->stop, true, memory_order_relaxed);
		submit_wake(server->submit, i);
	}
}

void
tr_core_destroy(struct tr_core_server *server)
{
	unsigned int i;

	if (server == NULL)
		return;
	if (server->submit != NULL)
		submit_stop(server->submit);
	/* What the engine's own threads still have, they answer while the requests are there. */
	if (server->engine.ops != NULL && server->engine.ops->stop != NULL)
		server->engine.ops->stop(server->engine.instance);
	/* First the port: it holds mbufs of the cores and, by reference, values of the engine. */
	core_server_port_close(server);
	for (i = 0; i < server->nb_cores; i++)
		core_destroy(server->cores[i]);
	if (server->engine.ops != NULL)
		tr_engine_close(&server->engine);
	submit_destroy(server->submit);
	core_server_port_teardown(server);
	rte_free(server);
}

uint64_t
core_server_now_us(const struct tr_core_server *server)
{
	unsigned __int128 cycles = rte_rdtsc() - server->clock_base;

	return (uint64_t)(cycles * server->clock_factor >> 32);
}

static void
init_clock(struct tr_core_server *server)
{
	server->clock_base = rte_rdtsc();
	server->clock_factor = (1000000ull << 32) / rte_get_tsc_hz();
}

static void
run_neighbour(struct core *core, const struct core_message *message)
{
	ip_neighbour_update(core->ip, &message->neighbour, core->now_us);
}

/* A core learned a neighbour: the answer came by its queue, but all of them may have asked. */
static void
neighbour_learned(void *arg, const struct ip_neighbour *neighbour)
{
	const struct core_message message = {.run = run_neighbour, .neighbour = *neighbour};

	post_others(arg, &message);
}

static void
run_link(struct core *core, const struct core_message *message)
{
	ip_link_update(core->ip, &message->link, core->now_us);
}

/* A router's advertisement, or that another has an address of ours, comes to one core. */
static bool
link_heard(void *arg, const struct ip_link_news *news)
{
	const struct core_message message = {.run = run_link, .link = *news};

	return post_others(arg, &message);
}

static void
run_packet(struct core *core, const struct core_message *message)
{
	tcp_input(core->tcp, message->arg, &message->packet, core->now_us);
}

/*
 * Fragments have no ports, but the first: they meet at a core that their addresses alone choose,
 * which hands the whole packet to its connection's. So does a core to which a device gave what it
 * did not find ports in.
 */
static void
packet_strayed(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	const struct core_message message = {.run = run_packet, .arg = mbuf, .packet = *packet};
	struct core *core = arg;
	const struct tr_core_server *server = core->owner;
	uint16_t owner = core_rss_packet_owner(&server->rss, mbuf, packet);

	/* What has no ports is dropped here as anywhere. */
	if (owner == core->index || owner == CORE_RSS_NO_CORE) {
		tcp_input(core->tcp, mbuf, packet, core->now_us);
		return;
	}
	core->stats.steered++;
	if (core_control_post_packet(server->cores[owner], &message) < 0) {
		core->stats.drop_control++;
		rte_pktmbuf_free(mbuf);
	}
}

static void
run_error(struct core *core, const struct core_message *message)
{
	tcp_error(core->tcp, &message->error, core->now_us);
}

/* A device chooses a core by the router that sends the error: perhaps not the connection's. */
static void
icmp_error(void *arg, const struct ip_error *error)
{
	const struct core_message message = {.run = run_error, .error = *error};
	struct core *core = arg;
	const struct tr_core_server *server = core->owner;

	if (tcp_error(core->tcp, error, core->now_us) || server->nb_cores == 1)
		return;
	if (core_icmp_limit_take(&core->icmp_handed, core->now_us))
		post_others(core, &message);
	else
		core->stats.drop_icmp_handed++;
}

/* False: the ring of one was full. */
static bool
post_others(struct core *core, const struct core_message *message)
{
	struct tr_core_server *server = core->owner;
	bool all = true;
	unsigned int i;

	for (i = 0; i < server->nb_cores; i++) {
		if (server->cores[i] == core || core_control_post(server->cores[i], message) == 0)
			continue;
		core->stats.drop_control++;
		all = false;
	}
	return all;
}
