/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A server: what it is created from, and what its creation says and leaves behind when it fails. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_ring_elem.h>

#include "core_control.h"
#include "core_info.h"
#include "core_server.h"
#include "test_eal.h"
#include "wire_ether.h"
#include "wire_icmp.h"

#include <netinet/in.h>

#define DEVICE "net_null0"

static uint16_t port_id;
static char error[256];

static int
setup(void **state)
{
	(void)state;
	assert_return_code(rte_eal_hotplug_add("vdev", DEVICE, ""), 0);
	assert_return_code(rte_eth_dev_get_port_by_name(DEVICE, &port_id), 0);
	memset(error, 0, sizeof(error));
	return 0;
}

static int
teardown(void **state)
{
	rte_eal_hotplug_remove("vdev", DEVICE);
	return test_pools_full(state);
}

static struct tr_core_config
config(void)
{
	return (struct tr_core_config){
		.port_id = port_id,
		.ipv4 = {.addr = tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 2))),
			 .prefix_len = 24},
		.conns_max = 64,
		.credits = 64,
	};
}

static struct tr_core_server *
create(const struct tr_core_config *given)
{
	return tr_core_create(given, error, sizeof(error));
}

/* An engine that answers only as it is stopped. */
struct late_engine {
	struct tr_submit_producer *producer;
	uint64_t token;
	unsigned int released;
};

static struct late_engine late;

static void *
late_create(const char *args, const struct tr_engine_config *engine_config, char *text, size_t size)
{
	(void)args;
	(void)text;
	(void)size;
	late.producer = tr_submit_producer_create(engine_config->submit, "late");
	return late.producer != NULL ? &late : NULL;
}

static void
late_release(void *arg)
{
	struct late_engine *engine = arg;

	engine->released++;
}

static void
late_stop(void *engine)
{
	struct tr_response response = {.token = late.token, .release = late_release};

	response.release_arg = engine;
	tr_submit_response(late.producer, &response);
}

static void
late_destroy(void *engine)
{
	assert_ptr_equal(engine, &late);
	/* Nothing is released after this. */
	assert_int_equal(late.released, 1);
	late.released = UINT_MAX;
}

static enum tr_engine_status
late_prepare(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
	return TR_ENGINE_NO_MEMORY;
}

static void
late_discard(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
}

static enum tr_engine_verdict
late_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	(void)engine;
	(void)response;
	late.token = request->token;
	return TR_ENGINE_PENDING;
}

static const struct tr_engine_ops late_ops = {
	.name = "late",
	.create = late_create,
	.stop = late_stop,
	.destroy = late_destroy,
	.prepare = late_prepare,
	.discard = late_discard,
	.execute = late_execute,
};

static void
nothing(const char *name, const char *text, void *arg)
{
	(void)name;
	(void)text;
	(void)arg;
}

static void *
ask_and_quit(void *arg)
{
	assert_int_equal(core_info_engine_stats(arg, nothing, NULL), -ETIMEDOUT);
	/* It has one still. */
	assert_int_equal(core_info_engine_stats(arg, nothing, NULL), -EBUSY);
	tr_core_quit(arg);
	return NULL;
}

static void
test_what_is_pending_is_answered_as_the_engine_stops(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server;
	pthread_t thread;

	(void)state;
	late = (struct late_engine){0};
	assert_return_code(tr_engine_register(&late_ops), 0);
	given.engine = "late";
	server = create(&given);
	assert_non_null(server);
	assert_int_equal(pthread_create(&thread, NULL, ask_and_quit, server), 0);
	assert_return_code(tr_core_run(server), 0);
	pthread_join(thread, NULL);
	assert_int_equal(late.released, 0);
	tr_core_destroy(server);
	assert_int_equal(late.released, UINT_MAX);
	tr_engine_unregister(&late_ops);
}

static void
no_destroy(void *engine)
{
	assert_ptr_equal(engine, &late);
}

static int
obey(void *engine, const char *command, char *reply, size_t reply_size)
{
	assert_ptr_equal(engine, &late);
	snprintf(reply, reply_size, "heard %s", command);
	return strcmp(command, "run fast") == 0 ? 0 : -EINVAL;
}

static void
test_a_command_reaches_an_engine_that_takes_it(void **state)
{
	struct tr_engine_ops ops = late_ops;
	struct tr_core_config given = config();
	struct tr_core_server *server;
	char reply[12] = "x";

	(void)state;
	ops.stop = NULL;
	ops.destroy = no_destroy;
	assert_return_code(tr_engine_register(&ops), 0);
	given.engine = "late";
	server = create(&given);
	assert_non_null(server);
	assert_int_equal(core_info_engine_control(server, "run", reply, sizeof(reply)), -ENOTSUP);
	assert_string_equal(reply, "");
	ops.control = obey;
	assert_int_equal(core_info_engine_control(server, "run fast", reply, sizeof(reply)), 0);
	assert_string_equal(reply, "heard run f");
	assert_int_equal(core_info_engine_control(server, "run", reply, sizeof(reply)), -EINVAL);
	assert_string_equal(reply, "heard run");
	tr_core_destroy(server);
	tr_engine_unregister(&ops);
}

static void
test_a_server_runs_and_ends(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	char reply[12];

	(void)state;
	assert_non_null(server);
	assert_int_equal(core_info_engine_control(server, "run", reply, sizeof(reply)), -ENOENT);
	assert_return_code(tr_core_listen(server, tr_addr_none(), 7, &tr_core_echo, NULL), 0);
	assert_int_equal(tr_core_listen(server, tr_addr_none(), 7, &tr_core_echo, NULL),
			 -EADDRINUSE);
	assert_int_equal(tr_core_listen(server, tr_addr_ipv4(1), 7, &tr_core_echo, NULL),
			 -EADDRNOTAVAIL);
	tr_core_quit(server);
	assert_return_code(tr_core_run(server), 0);
	tr_core_destroy(server);
}

/* Instances of a protocol that there are, and the core whose instance cannot be had. */
struct instances {
	unsigned int nb;
	unsigned int none_for;
};

static struct instances instances;

static void *
create_instance(void *arg, unsigned int core)
{
	if (core == instances.none_for)
		return NULL;
	instances.nb++;
	return arg;
}

static void
destroy_instance(void *protocol)
{
	assert_ptr_equal(protocol, &instances);
	instances.nb--;
}

/* Whichever core cannot: none does, and what was made for them is gone. */
static void
test_all_cores_listen_or_none(void **state)
{
	static const struct core full = {.nb_listeners = CORE_LISTENERS_MAX};
	struct tr_protocol_ops ops = tr_core_echo;
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	unsigned int nb_cores;

	(void)state;
	assert_non_null(server);
	ops.create = create_instance;
	ops.destroy = destroy_instance;
	nb_cores = server->nb_cores;
	server->cores[server->nb_cores++] = (struct core *)(uintptr_t)&full;

	instances = (struct instances){.none_for = nb_cores};
	assert_int_equal(tr_core_listen(server, tr_addr_none(), 7, &ops, &instances), -ENOMEM);
	assert_int_equal(instances.nb, 0);
	assert_int_equal(server->cores[0]->nb_listeners, 0);
	instances.none_for = UINT_MAX;
	assert_int_equal(tr_core_listen(server, tr_addr_none(), 7, &ops, &instances), -ENOSPC);
	assert_int_equal(instances.nb, 0);
	assert_int_equal(server->cores[0]->nb_listeners, 0);

	server->nb_cores = nb_cores;
	assert_return_code(tr_core_listen(server, tr_addr_none(), 7, &ops, &instances), 0);
	assert_int_equal(instances.nb, nb_cores);
	tr_core_destroy(server);
	assert_int_equal(instances.nb, 0);
}

#define OURS RTE_BE32(RTE_IPV4(10, 0, 0, 2))
#define PEER RTE_BE32(RTE_IPV4(10, 0, 0, 3))

static const struct tr_addr ours6 = {{0xfd, [15] = 2}}, peer6 = {{0xfd, [15] = 3}};

/* An ICMP error about a segment of no connection. */
static void
receive_error(struct core *core)
{
	struct wire_ether ether = {.src = {{2, 0, 0, 0, 0, 3}}, .type = RTE_ETHER_TYPE_IPV4};
	struct wire_ipv4 ipv4 = {.src = OURS, .dst = PEER, .protocol = IPPROTO_TCP, .ttl = 64};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(core->rx_mbufs);
	uint8_t frame[WIRE_ETHER_HEADER_BYTES + 2 * WIRE_IPV4_HEADER_BYTES +
		      WIRE_ICMP_HEADER_BYTES + WIRE_ICMP_QUOTED_BYTES] = {0};
	uint8_t *icmp = frame + WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	uint32_t icmp_bytes = frame + sizeof(frame) - icmp;
	struct ip_packet packet;

	assert_non_null(mbuf);
	ether.dst = core->port->mac;
	wire_ether_write(frame, &ether);
	ipv4.total_bytes = 40;
	wire_ipv4_write(icmp + WIRE_ICMP_HEADER_BYTES, &ipv4);
	wire_icmp_error_write(icmp, icmp_bytes, WIRE_ICMP_UNREACHABLE, WIRE_ICMP_UNREACHABLE_HOST);
	ipv4 = (struct wire_ipv4){.src = PEER, .dst = OURS, .protocol = IPPROTO_ICMP, .ttl = 64};
	ipv4.total_bytes = WIRE_IPV4_HEADER_BYTES + icmp_bytes;
	wire_ipv4_write(icmp - WIRE_IPV4_HEADER_BYTES, &ipv4);
	memcpy(rte_pktmbuf_append(mbuf, sizeof(frame)), frame, sizeof(frame));
	assert_int_equal(eth_input(core->ip, mbuf, core->now_us, &packet), IP_TAKEN);
}

/* Of errors that anybody can make up another core hears a hundred in a tenth of a second. */
static void
test_errors_are_handed_on_within_limits(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	struct core other = {0};
	struct core *core;
	unsigned int i, nb;

	(void)state;
	assert_non_null(server);
	core = server->cores[0];
	other.submit = server->submit;
	assert_return_code(core_control_setup(&other, "other", SOCKET_ID_ANY), 0);
	receive_error(core);
	assert_false(core_control_waits(core));
	server->cores[server->nb_cores++] = &other;
	core->now_us = 1000 * 1000;
	for (i = 0; i < 3; i++) {
		for (nb = 0; nb < 150; nb++)
			receive_error(core);
		core->now_us += 100 * 1000 - 1;
		receive_error(core);
		assert_int_equal(rte_ring_count(other.control), 100);
		assert_int_equal(core->stats.drop_icmp_handed, (i + 1) * 51);
		core->now_us++;
		rte_ring_reset(other.control);
	}
	assert_int_equal(core->stats.drop_control, 0);
	server->nb_cores--;
	assert_int_equal(ip_stats(core->ip)->icmp_errors_received, 1 + 3 * 151);
	core_control_teardown(&other);
	tr_core_destroy(server);
}

static struct core *
add_other(struct tr_core_server *server, struct core *other)
{
	static const uint8_t key[CORE_RSS_KEY_BYTES] = "any that is not all zero, and so on";

	other->submit = server->submit;
	assert_return_code(core_control_setup(other, "other", SOCKET_ID_ANY), 0);
	server->cores[server->nb_cores++] = other;
	core_rss_init(&server->rss, key, server->nb_cores);
	return server->cores[0];
}

static void
destroy_with_other(struct tr_core_server *server, struct core *other)
{
	server->nb_cores--;
	core_control_teardown(other);
	tr_core_destroy(server);
}

/* A part of a segment from a port, the first or the second: where it is cut, only 8 bytes fit. */
static void
receive_fragment(struct core *core, uint16_t src_port, uint16_t id, bool second)
{
	struct wire_ether ether = {.src = {{2, 0, 0, 0, 0, 3}}, .type = RTE_ETHER_TYPE_IPV4};
	struct wire_ipv4 ipv4 = {
		.src = PEER, .dst = OURS, .protocol = IPPROTO_TCP, .ttl = 64, .id = id};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(core->rx_mbufs);
	uint8_t frame[WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES + 16] = {0};
	uint8_t *header = frame + WIRE_ETHER_HEADER_BYTES;
	uint8_t *data = header + WIRE_IPV4_HEADER_BYTES;
	uint32_t bytes = second ? 16 : 8;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)header;
	struct ip_packet packet;

	assert_non_null(mbuf);
	ether.dst = core->port->mac;
	wire_ether_write(frame, &ether);
	ipv4.total_bytes = WIRE_IPV4_HEADER_BYTES + bytes;
	wire_ipv4_write(header, &ipv4);
	ip->fragment_offset = second ? RTE_BE16(1) : RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	if (!second)
		memcpy(data, &(rte_be16_t){rte_cpu_to_be_16(src_port)}, sizeof(src_port));
	memcpy(rte_pktmbuf_append(mbuf, data + bytes - frame), frame, data + bytes - frame);
	assert_int_equal(eth_input(core->ip, mbuf, core->now_us, &packet), IP_TAKEN);
}

/* Whichever core its fragments come to, a segment reaches that of its connection. */
static void
test_what_was_in_fragments_goes_to_its_owner(void **state)
{
	const struct ip_ends ends = {.remote = tr_addr_ipv4(PEER), .local = tr_addr_ipv4(OURS)};
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	struct core_message message;
	struct core other = {0};
	unsigned int handed = 0;
	struct core *core;
	uint16_t port;

	(void)state;
	assert_non_null(server);
	core = add_other(server, &other);
	for (port = 1000; port < 1600; port++) {
		receive_fragment(core, port, port, port % 2);
		receive_fragment(core, port, port, !(port % 2));
		handed += core_rss_conn_owner(&server->rss, &ends, rte_cpu_to_be_16(port), 0);
		assert_int_equal(core->stats.steered, handed);
		/* What has no length of a header has got as far as TCP. */
		assert_int_equal(tcp_stats(core->tcp)->drop_truncated, port - 999 - handed);
	}
	assert_in_range(handed, 260, 340);
	/* There is no room for all of them. */
	assert_int_equal(rte_ring_count(other.control) + core->stats.drop_control, handed);
	assert_true(core->stats.drop_control > 0);
	while (rte_ring_dequeue_elem(other.control, &message, sizeof(message)) == 0) {
		assert_int_equal(message.packet.bytes, 24);
		assert_true(tr_addr_is_same(&message.packet.src, &ends.remote));
		message.run(core, &message);
	}
	assert_int_equal(tcp_stats(core->tcp)->drop_truncated, 600 - core->stats.drop_control);
	destroy_with_other(server, &other);
}

static uint8_t *
put(uint8_t *at, const void *data, size_t bytes)
{
	memcpy(at, data, bytes);
	return at + bytes;
}

/* A SYN from a port, behind an option of IPv4 or a header of IPv6 that says nothing. */
static void
receive_behind(struct core *core, uint16_t src_port, bool ipv6)
{
	struct wire_ether ether = {.src = {{2, 0, 0, 0, 0, 3}},
				   .type = ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4};
	struct rte_ipv4_hdr ipv4 = {
		.version_ihl = 0x46,
		.total_length = RTE_BE16(24 + 20),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_TCP,
		.src_addr = PEER,
		.dst_addr = OURS,
	};
	struct rte_ipv6_hdr header = {
		.vtc_flow = RTE_BE32(6u << 28),
		.payload_len = RTE_BE16(8 + 20),
		.proto = IPPROTO_DSTOPTS,
		.hop_limits = 64,
	};
	static const uint8_t no_option[4] = {1, 1, 1, 0};
	static const uint8_t padding[8] = {IPPROTO_TCP, 0, 1, 4};
	struct rte_tcp_hdr tcp = {
		.src_port = rte_cpu_to_be_16(src_port), .data_off = 5 << 4, .tcp_flags = 2};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(core->rx_mbufs);
	uint8_t frame[WIRE_ETHER_HEADER_BYTES + 40 + 8 + 20];
	uint8_t *at = frame + WIRE_ETHER_HEADER_BYTES;
	struct ip_packet packet;

	assert_non_null(mbuf);
	ether.dst = core->port->mac;
	wire_ether_write(frame, &ether);
	memcpy(header.src_addr, peer6.bytes, sizeof(header.src_addr));
	memcpy(header.dst_addr, ours6.bytes, sizeof(header.dst_addr));
	if (ipv6) {
		at = put(put(at, &header, sizeof(header)), padding, sizeof(padding));
	} else {
		at = put(put(at, &ipv4, sizeof(ipv4)), no_option, sizeof(no_option));
		ipv4.hdr_checksum = ~rte_raw_cksum(at - 24, 24);
		memcpy(at - 24, &ipv4, sizeof(ipv4));
	}
	at = put(at, &tcp, sizeof(tcp));
	memcpy(rte_pktmbuf_append(mbuf, at - frame), frame, at - frame);
	assert_int_equal(eth_input(core->ip, mbuf, core->now_us, &packet), IP_TAKEN);
}

/* No reset of the wrong core meets a connection whose ports the device has not found. */
static void
test_what_has_its_ports_behind_options_goes_to_its_owner(void **state)
{
	const struct ip_ends ends[] = {
		{.remote = tr_addr_ipv4(PEER), .local = tr_addr_ipv4(OURS)},
		{.remote = peer6, .local = ours6},
	};
	struct tr_core_config given = config();
	unsigned int handed = 0, here = 0;
	struct tr_core_server *server;
	struct core other = {0};
	struct core *core;
	uint16_t port;

	(void)state;
	given.ipv6 = (struct tr_addr_net){.addr = ours6, .prefix_len = 64};
	server = create(&given);
	assert_non_null(server);
	core = add_other(server, &other);
	for (port = 0; port < 3; port++)
		ip_tick(core->ip, core->now_us += 1000 * 1000);
	for (port = 1000; port < 1040; port++) {
		bool ipv6 = port % 2;

		receive_behind(core, port, ipv6);
		if (core_rss_conn_owner(&server->rss, &ends[ipv6], rte_cpu_to_be_16(port), 0) == 1)
			handed++;
		else
			here++;
		assert_int_equal(rte_ring_count(other.control), handed);
		assert_int_equal(tcp_stats(core->tcp)->drop_checksum, here);
	}
	assert_in_range(handed, 10, 30);
	destroy_with_other(server, &other);
}

/* Whoever sends such segments, and many, does not keep a core from news, nor from the prompt. */
static void
test_packets_leave_room_for_other_messages(void **state)
{
	static const struct core_message message = {0};
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	struct core other = {0};
	struct core *core;
	uint16_t port;
	unsigned int i;

	(void)state;
	assert_non_null(server);
	core = add_other(server, &other);
	for (port = 1000; port < 2000; port++)
		receive_behind(core, port, false);
	assert_true(core->stats.drop_control > 0);
	assert_int_equal(rte_ring_count(other.control) + core->stats.drop_control,
			 core->stats.steered);
	for (i = 0; i < 100; i++)
		assert_return_code(core_control_post(&other, &message), 0);
	destroy_with_other(server, &other);
}

static void
test_a_port_is_in_a_vlan(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server;

	(void)state;
	for (given.vlan = 0; given.vlan < 10; given.vlan += 5) {
		server = create(&given);
		assert_non_null(server);
		assert_int_equal(core_info_vlan(server, port_id), given.vlan);
		assert_int_equal(core_info_vlan(server, port_id + 1), 0);
		tr_core_destroy(server);
		/* It is closed: another for the next. */
		rte_eal_hotplug_remove("vdev", DEVICE);
		setup(state);
	}
}

/* One line that names the culprit. */
static void
assert_refused(const struct tr_core_config *given, int expected, const char *word)
{
	memset(error, 0, sizeof(error));
	assert_null(create(given));
	assert_int_equal(rte_errno, expected);
	assert_non_null(strstr(error, word));
	assert_null(strchr(error, '\n'));
}

static void
test_a_bad_configuration_is_named(void **state)
{
	struct tr_core_config given = config();

	(void)state;
	given.credits = 1;
	assert_refused(&given, EINVAL, "credits");
	given.credits = SUBMIT_TOKEN_INDEXES;
	assert_refused(&given, EINVAL, "credits");
	given = config();
	given.engine_threads = SUBMIT_PRODUCERS_MAX + 1;
	assert_refused(&given, EINVAL, "engine_threads");
	given = config();
	given.congestion = "vegas";
	assert_refused(&given, EINVAL, "congestion");
	given = config();
	given.ipv4.prefix_len = 33;
	assert_refused(&given, EINVAL, "addr");
	given = config();
	given.ipv4.addr = given.ipv6.addr;
	assert_refused(&given, EINVAL, "addr");
	given = config();
	given.port_id = RTE_MAX_ETHPORTS - 1;
	assert_refused(&given, ENODEV, "port");
	given = config();
	given.engine = "none-such";
	assert_refused(&given, ENOENT, "none-such");
}

/* Not that there is no memory for its frames, of which there need be none. */
static void
test_an_mtu_is_refused_before_memory_is_taken(void **state)
{
	struct tr_core_config given = config();
	void *taken[64];
	unsigned int nb = 0;

	(void)state;
	assert_return_code(rte_eal_hotplug_add("vdev", "net_memif0", "role=client"), 0);
	assert_return_code(rte_eth_dev_get_port_by_name("net_memif0", &given.port_id), 0);
	given.mtu = 60000;
	while (nb < RTE_DIM(taken) && (taken[nb] = rte_malloc(NULL, 64 << 20, 0)) != NULL)
		nb++;
	assert_in_range(nb, 1, RTE_DIM(taken) - 1);
	assert_refused(&given, ERANGE, "takes no MTU of 60000");
	while (nb > 0)
		rte_free(taken[--nb]);
	rte_eal_hotplug_remove("vdev", "net_memif0");
}

static void
test_a_second_server_is_told_why(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);

	(void)state;
	assert_non_null(server);
	assert_refused(&given, EEXIST, "already");
	tr_core_destroy(server);
}

static void
test_what_a_producer_drops_has_a_name(void **state)
{
	struct tr_core_config given = config();
	struct tr_core_server *server = create(&given);
	struct tr_response response = {.token = submit_token(1, 0, 0)};
	struct tr_submit_producer *producer;
	struct core_info_producer info;

	(void)state;
	assert_non_null(server);
	producer = tr_submit_producer_create(server->submit, "test");
	assert_non_null(producer);
	tr_submit_response(producer, &response);
	assert_return_code(core_info_producer(server, 0, &info), 0);
	assert_string_equal(info.name, "test");
	assert_int_equal(info.bad_token, 1);
	tr_submit_producer_destroy(producer);
	tr_core_destroy(server);
}

static void
test_every_value_finds_budget(void **state)
{
	struct tr_core_config given = {.value_max = 1000, .body_budget_bytes = 1};

	(void)state;
	/* A quarter is for small values, and half of that for those that have not arrived. */
	assert_true(core_server_body_budget(&given) / 4 / 2 >= 1000);
	given.value_max = 20000;
	assert_true(core_server_body_budget(&given) / 4 / 2 >= CORE_BODY_SMALL_BYTES);
	given.value_max = 1000000;
	assert_true(core_server_body_budget(&given) * 3 / 4 / 2 >= 1000000);
	given.body_budget_bytes = 1ull << 40;
	assert_int_equal(core_server_body_budget(&given), 1ull << 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_command_reaches_an_engine_that_takes_it),
		TEST(test_a_server_runs_and_ends),
		TEST(test_all_cores_listen_or_none),
		TEST(test_errors_are_handed_on_within_limits),
		TEST(test_what_was_in_fragments_goes_to_its_owner),
		TEST(test_what_has_its_ports_behind_options_goes_to_its_owner),
		TEST(test_packets_leave_room_for_other_messages),
		TEST(test_a_port_is_in_a_vlan),
		TEST(test_a_bad_configuration_is_named),
		TEST(test_an_mtu_is_refused_before_memory_is_taken),
		TEST(test_a_second_server_is_told_why),
		TEST(test_what_a_producer_drops_has_a_name),
		TEST(test_every_value_finds_budget),
		TEST(test_what_is_pending_is_answered_as_the_engine_stops),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
