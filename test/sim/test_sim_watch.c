/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The watch of the wire, fed what no TCP may send: it says so each time, and never before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#include "sim_watch.h"
#include "test_eal.h"
#include "wire_arp.h"
#include "wire_ether.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"
#include "wire_nd.h"
#include "wire_tcp.h"

#define CLIENT 0
#define SERVER 1
#define CLIENT_PORT 20000
#define MTU 1500
#define ISS UINT32_C(0xfffffff0) /* so that numbers wrap */
#define PEER_ISS 5000
#define WINDOW 1000
#define TIME 77

static struct rte_mempool *pool;
static struct sim_watch watch;
static bool answering; /* a reset, with all that is sent */

/* A segment; numbers count from the SYNs. */
struct segment {
	uint8_t flags; /* 0: ACK */
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint16_t window; /* 0: WINDOW */
	uint32_t sack[2];
	uint32_t ts_value; /* 0: TIME */
	uint32_t ts_echo;
	bool no_timestamps;
	bool ipv6;
};

static void put_in(unsigned int end, const uint8_t *data, uint32_t len, uint32_t first_bytes);

static int
setup(void **state)
{
	(void)state;
	sim_watch_init(&watch, CLIENT_PORT, MTU);
	answering = false;
	return 0;
}

static void
put(unsigned int end, const uint8_t *data, uint32_t len)
{
	put_in(end, data, len, len);
}

/* With so many bytes in the first mbuf, behind which the others still stand, and in a second. */
static void
put_in(unsigned int end, const uint8_t *data, uint32_t len, uint32_t first_bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *next;

	assert_non_null(mbuf);
	assert_non_null(rte_pktmbuf_append(mbuf, len));
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), data, len);
	if (first_bytes < len) {
		rte_pktmbuf_trim(mbuf, len - first_bytes);
		next = rte_pktmbuf_alloc(pool);
		assert_non_null(next);
		memcpy(rte_pktmbuf_append(next, len - first_bytes), data + first_bytes,
		       len - first_bytes);
		assert_int_equal(rte_pktmbuf_chain(mbuf, next), 0);
	}
	if (answering)
		sim_watch_answer(&watch, end, mbuf);
	else
		sim_watch_frame(&watch, end, mbuf);
	rte_pktmbuf_free(mbuf);
}

/* One end sends; what the watch has against it. */
static const char *
sends(unsigned int end, const struct segment *segment)
{
	const uint32_t own = end == CLIENT ? ISS : PEER_ISS;
	const uint32_t other = end == CLIENT ? PEER_ISS : ISS;
	uint8_t data[2048] = {0};
	struct rte_ether_hdr ether = {.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)};
	uint8_t *packet = data + sizeof(ether);
	struct wire_ipv4 ip = {.src = 1, .dst = 2, .protocol = IPPROTO_TCP, .ttl = 64};
	struct wire_ipv6 ipv6 = {.next_header = IPPROTO_TCP, .hop_limit = 64};
	uint32_t bytes, header_bytes;
	struct wire_tcp tcp = {
		.src_port = rte_cpu_to_be_16(end == CLIENT ? CLIENT_PORT : 7),
		.dst_port = rte_cpu_to_be_16(end == CLIENT ? 7 : CLIENT_PORT),
		.seq = own + segment->seq,
		.ack = other + segment->ack,
		.flags = segment->flags != 0 ? segment->flags : WIRE_TCP_ACK,
		.window = segment->window != 0 ? segment->window : WINDOW,
	};

	tcp.options.has_timestamps = !segment->no_timestamps;
	tcp.options.ts_value = segment->ts_value != 0 ? segment->ts_value : TIME;
	tcp.options.ts_echo = segment->ts_echo;
	if (segment->sack[1] != 0) {
		tcp.options.nb_sack = 1;
		tcp.options.sack[0].left = other + segment->sack[0];
		tcp.options.sack[0].right = other + segment->sack[1];
	}
	if (segment->ipv6)
		ether.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);
	memcpy(data, &ether, sizeof(ether));
	bytes = wire_tcp_header_bytes(&tcp.options) + segment->len;
	ip.total_bytes = WIRE_IPV4_HEADER_BYTES + bytes;
	ipv6.payload_bytes = bytes;
	if (segment->ipv6)
		wire_ipv6_write(packet, &ipv6);
	else
		wire_ipv4_write(packet, &ip);
	header_bytes = segment->ipv6 ? WIRE_IPV6_HEADER_BYTES : WIRE_IPV4_HEADER_BYTES;
	wire_tcp_write(packet + header_bytes, &tcp);
	put(end, data, sizeof(ether) + header_bytes + bytes);
	return watch.wrong;
}

/* The same in good order. */
static void
good(unsigned int end, const struct segment *segment)
{
	const char *wrong = sends(end, segment);

	if (wrong != NULL)
		fail_msg("%s: %s", wrong, watch.segment);
}

static void
bad(unsigned int end, const struct segment *segment, const char *wrong)
{
	const char *said = sends(end, segment);

	assert_non_null(said);
	assert_string_equal(said, wrong);
	assert_int_equal(watch.wrong_end, end);
}

#define SEGMENT(...) (&(const struct segment){__VA_ARGS__})

/* Both are open, and the client has 101 to 200 on its way. */
static void
open_up(void)
{
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_SYN));
	good(SERVER, SEGMENT(.flags = WIRE_TCP_SYN | WIRE_TCP_ACK, .ack = 1));
	good(CLIENT, SEGMENT(.seq = 1, .ack = 1));
	good(CLIENT, SEGMENT(.seq = 1, .ack = 1, .len = 100));
	good(SERVER, SEGMENT(.seq = 1, .ack = 101));
	good(CLIENT, SEGMENT(.seq = 101, .ack = 1, .len = 100));
}

static void
test_good(void **state)
{
	(void)state;
	open_up();
	good(CLIENT, SEGMENT(.seq = 201, .ack = 1, .len = 100));
	good(SERVER, SEGMENT(.seq = 1, .ack = 101, .sack = {201, 301}));
	good(CLIENT, SEGMENT(.seq = 101, .ack = 1, .len = 100));
	good(SERVER, SEGMENT(.seq = 1, .ack = 301, .window = 800));
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_ACK | WIRE_TCP_FIN, .seq = 301, .ack = 1));
	good(SERVER, SEGMENT(.seq = 1, .ack = 302, .window = 799));
	good(SERVER, SEGMENT(.flags = WIRE_TCP_RST, .seq = 1));
}

static void
test_acknowledgments(void **state)
{
	static const struct {
		uint32_t ack;
		const char *wrong;
	} cases[] = {
		{202, "acknowledged what was not sent"},
		{0, "acknowledged what was before the SYN"},
		{100, "took back an acknowledgment"},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		setup(state);
		open_up();
		bad(SERVER, SEGMENT(.seq = 1, .ack = cases[i].ack, .window = 5000), cases[i].wrong);
	}
}

static void
test_window(void **state)
{
	(void)state;
	open_up();
	good(SERVER, SEGMENT(.seq = 1, .ack = 201, .window = WINDOW - 100));
	bad(SERVER, SEGMENT(.seq = 1, .ack = 201, .window = WINDOW - 101),
	    "took back what its window had offered");
}

static void
test_data(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t seq;
		uint32_t len;
		const char *wrong;
	} cases[] = {
		{WIRE_TCP_ACK, 202, 10, "left a gap"},
		{WIRE_TCP_ACK, 201, 902, "sent more than the window takes"},
		{WIRE_TCP_PSH, 201, 10, "sent neither ACK nor SYN"},
		{WIRE_TCP_RST, 201, 10, "sent data with a reset"},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		setup(state);
		open_up();
		bad(CLIENT,
		    SEGMENT(.flags = cases[i].flags, .seq = cases[i].seq, .ack = 1,
			    .len = cases[i].len),
		    cases[i].wrong);
	}
}

/* One end asks everybody, by ARP, where somebody is. */
static void
asks(unsigned int end, rte_be32_t own, rte_be32_t target)
{
	const struct wire_ether ether = {
		.dst = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		.type = RTE_ETHER_TYPE_ARP,
	};
	const struct wire_arp arp = {
		.operation = WIRE_ARP_REQUEST,
		.sender_addr = own,
		.target_addr = target,
	};
	uint8_t data[WIRE_ETHER_HEADER_BYTES + WIRE_ARP_BYTES];

	wire_ether_write(data, &ether);
	wire_arp_write(data + WIRE_ETHER_HEADER_BYTES, &arp);
	put(end, data, sizeof(data));
}

static void solicits_in(unsigned int end, const struct tr_addr *own, uint8_t type,
			uint32_t first_bytes);

/* By neighbour discovery; from no address, to try its own. */
static void
solicits(unsigned int end, const struct tr_addr *own, uint8_t type)
{
	solicits_in(end, own, type, WIRE_ND_BYTES_MAX);
}

/* The same, with so many bytes behind the header in the first mbuf, and the others in a second. */
static void
solicits_in(unsigned int end, const struct tr_addr *own, uint8_t type, uint32_t first_bytes)
{
	const struct wire_ether ether = {
		.dst = {{0x33, 0x33, 0xff, 0, 0, 2}},
		.type = RTE_ETHER_TYPE_IPV6,
	};
	const struct wire_ipv6 ipv6 = {
		.src = *own,
		.dst = {{0xff, 2, [11] = 1, 0xff, [15] = 2}},
		.payload_bytes = WIRE_ND_BYTES_MAX,
		.next_header = IPPROTO_ICMPV6,
		.hop_limit = 255,
	};
	uint8_t data[WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES + WIRE_ND_BYTES_MAX] = {0};

	wire_ether_write(data, &ether);
	wire_ipv6_write(data + WIRE_ETHER_HEADER_BYTES, &ipv6);
	data[WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES] = type;
	put_in(end, data, sizeof(data), sizeof(data) - WIRE_ND_BYTES_MAX + first_bytes);
}

/* Who tells of itself, or tries its address, keeps nothing waiting. */
static void
test_no_neighbour(void **state)
{
	const struct tr_addr own = {{0xfe, 0x80, [15] = 1}}, none = tr_addr_none();

	(void)state;
	open_up();
	asks(CLIENT, 1, 1);
	asks(CLIENT, 0, 1);
	solicits(CLIENT, &none, WIRE_ICMP6_NEIGHBOUR_SOLICITATION);
	solicits(CLIENT, &own, WIRE_ICMP6_ROUTER_SOLICITATION);
	/* What its first mbuf does not hold is not looked at. */
	solicits_in(CLIENT, &own, WIRE_ICMP6_NEIGHBOUR_SOLICITATION, 0);
	bad(CLIENT, SEGMENT(.seq = 301, .ack = 1, .len = 100), "left a gap");
	setup(state);
	open_up();
	solicits(CLIENT, &own, WIRE_ICMP6_NEIGHBOUR_SOLICITATION);
	good(CLIENT, SEGMENT(.seq = 301, .ack = 1, .len = 100));
}

/* The segment that is missing waited for a neighbour, and had to make room. */
static void
test_neighbour(void **state)
{
	(void)state;
	open_up();
	asks(SERVER, 2, 1);
	bad(CLIENT, SEGMENT(.seq = 301, .ack = 1, .len = 100), "left a gap");
	setup(state);
	open_up();
	asks(CLIENT, 1, 2);
	good(CLIENT, SEGMENT(.seq = 301, .ack = 1, .len = 100));
	bad(CLIENT, SEGMENT(.seq = 501, .ack = 1, .len = 100), "left a gap");
	setup(state);
	asks(SERVER, 2, 1);
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_SYN));
	good(SERVER, SEGMENT(.seq = 1, .ack = 1));
	good(SERVER, SEGMENT(.flags = WIRE_TCP_SYN | WIRE_TCP_ACK, .ack = 1));
}

static void
test_fin(void **state)
{
	(void)state;
	open_up();
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_ACK | WIRE_TCP_FIN, .seq = 201, .ack = 1));
	bad(CLIENT, SEGMENT(.seq = 202, .ack = 1, .len = 1), "sent after its FIN");
	setup(state);
	open_up();
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_ACK | WIRE_TCP_FIN, .seq = 201, .ack = 1));
	bad(CLIENT, SEGMENT(.flags = WIRE_TCP_ACK | WIRE_TCP_FIN, .seq = 101, .len = 50, .ack = 1),
	    "sent a FIN somewhere else");
}

static void
test_sack(void **state)
{
	(void)state;
	open_up();
	bad(SERVER, SEGMENT(.seq = 1, .ack = 101, .sack = {101, 201}),
	    "sent a SACK block that is none");
	setup(state);
	open_up();
	bad(SERVER, SEGMENT(.seq = 1, .ack = 101, .sack = {150, 202}),
	    "sent a SACK block of what was not sent");
	/* What came twice is acknowledged (RFC 2883); before the SYN is nothing. */
	setup(state);
	open_up();
	good(SERVER, SEGMENT(.seq = 1, .ack = 101, .sack = {51, 101}));
	bad(SERVER, SEGMENT(.seq = 1, .ack = 101, .sack = {0, 101}),
	    "sent a SACK block that is none");
}

static void
test_timestamps(void **state)
{
	(void)state;
	open_up();
	bad(CLIENT, SEGMENT(.seq = 201, .ack = 1, .no_timestamps = true), "left out its timestamp");
	setup(state);
	open_up();
	bad(CLIENT, SEGMENT(.seq = 201, .ack = 1, .ts_value = TIME - 1), "went back in time");
	setup(state);
	open_up();
	bad(CLIENT, SEGMENT(.seq = 201, .ack = 1, .ts_echo = TIME + 1),
	    "echoed a timestamp that was not sent");
}

static void
test_beginning(void **state)
{
	(void)state;
	bad(CLIENT, SEGMENT(.seq = 1, .ack = 1), "sent before its SYN");
	setup(state);
	bad(CLIENT, SEGMENT(.flags = WIRE_TCP_SYN | WIRE_TCP_ACK, .ack = 1),
	    "acknowledged a connection that the other end does not have");
	setup(state);
	open_up();
	bad(CLIENT, SEGMENT(.seq = 201, .ack = 1, .len = MTU - 40),
	    "sent a packet larger than the MTU");
}

/* RFC 9293 section 3.10.7.1: never. RFC 5961 section 3.2: with an ACK, if it may be a guess. */
static void
test_resets(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t len;
		const char *wrong;
	} cases[] = {
		{WIRE_TCP_RST, 0, "answered a reset with a reset"},
		{WIRE_TCP_RST | WIRE_TCP_ACK, 0, "answered a reset with a reset"},
		{WIRE_TCP_ACK, 1, "answered a reset with more than an ACK"},
		{WIRE_TCP_ACK | WIRE_TCP_FIN, 0, "answered a reset with more than an ACK"},
		{WIRE_TCP_SYN, 0, "answered a reset with more than an ACK"},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		setup(state);
		open_up();
		answering = true;
		good(SERVER, SEGMENT(.seq = 1, .ack = 101));
		bad(SERVER,
		    SEGMENT(.flags = cases[i].flags, .seq = 1, .ack = 101, .len = cases[i].len),
		    cases[i].wrong);
	}
}

static void
test_ipv6(void **state)
{
	(void)state;
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_SYN, .ipv6 = true));
	good(SERVER,
	     SEGMENT(.flags = WIRE_TCP_SYN | WIRE_TCP_ACK, .ack = 1, .window = 5000, .ipv6 = true));
	good(CLIENT, SEGMENT(.seq = 1, .ack = 1, .len = MTU - 72, .ipv6 = true));
	bad(SERVER, SEGMENT(.seq = 1, .ack = MTU, .ipv6 = true), "acknowledged what was not sent");
	setup(state);
	good(CLIENT, SEGMENT(.flags = WIRE_TCP_SYN, .ipv6 = true));
	bad(CLIENT, SEGMENT(.seq = 1, .ack = 1, .len = MTU - 71, .ipv6 = true),
	    "sent a packet larger than the MTU");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_pools_full)
		TEST(test_good),       TEST(test_acknowledgments),
		TEST(test_window),     TEST(test_data),
		TEST(test_fin),	       TEST(test_sack),
		TEST(test_timestamps), TEST(test_beginning),
		TEST(test_resets),     TEST(test_ipv6),
		TEST(test_neighbour),  TEST(test_no_neighbour),
	};

	test_eal_init();
	pool = rte_pktmbuf_pool_create("frames", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : EXIT_FAILURE;
}
