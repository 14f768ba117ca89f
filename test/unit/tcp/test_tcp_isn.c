/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "tcp_isn.h"

static const uint8_t secret[TCP_ISN_SECRET_BYTES] = {0, 1, 2,  3,  4,  5,  6,  7,
						     8, 9, 10, 11, 12, 13, 14, 15};
static const struct tcp_flow flow = {
	.remote_addr = {{1}}, .local_addr = {{2}}, .remote_port = 3, .local_port = 4};

/* The vectors of SipHash's authors: the bytes 0, 1, 2 ... of length 0, 1, 7, 8, 15 and 63. */
/* Shows: MUST-9. */
static void
test_siphash_vectors(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} vectors[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
		{7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
		{15, UINT64_C(0xa129ca6149be45e5)}, {63, UINT64_C(0x958a324ceb064572)},
	};
	uint8_t data[64];

	(void)state;
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = i;
	for (unsigned int i = 0; i < RTE_DIM(vectors); i++)
		assert_true(tcp_isn_siphash(secret, data, vectors[i].len) == vectors[i].hash);
}

/* Shows: MUST-8. */
static void
test_clock_ticks_every_four_us(void **state)
{
	uint32_t first = tcp_isn(secret, &flow, 1000);

	(void)state;
	assert_int_equal(tcp_isn(secret, &flow, 1003), first);
	assert_int_equal(tcp_isn(secret, &flow, 1004), first + 1);
	assert_int_equal(tcp_isn(secret, &flow, 1001000), first + 250000);
}

/* Shows: MUST-9, 6528-isn. */
static void
test_each_flow_and_secret_has_its_own(void **state)
{
	uint8_t other_secret[TCP_ISN_SECRET_BYTES] = {1};
	struct tcp_flow other = flow;
	uint32_t first = tcp_isn(secret, &flow, 0);

	(void)state;
	other.remote_port++;
	assert_int_not_equal(tcp_isn(secret, &other, 0), first);
	assert_int_not_equal(tcp_isn(other_secret, &flow, 0), first);
	assert_int_not_equal(tcp_isn_flow(secret, &other), tcp_isn_flow(secret, &flow));
	assert_int_not_equal(tcp_isn_timestamp(secret, &flow), first);
}

/* Of 65,536 values of a byte: the chi-square test, which chance has at 255 plus or minus 23. */
static void
check_uniform(const unsigned int counts[256])
{
	double chi_square = 0;
	unsigned int i;

	for (i = 0; i < 256; i++)
		chi_square += (counts[i] - 256.) * (counts[i] - 256.) / 256;
	print_message("chi-square %.1f\n", chi_square);
	assert_true(chi_square > 160 && chi_square < 350);
}

/*
 * A scanner that opens connection after connection learns nothing of the next, neither from the
 * numbers nor from their steps. Shows: 6528-isn.
 */
static void
test_uniform(void **state)
{
	unsigned int counts[5][256] = {0}, port, byte;
	struct tcp_flow other = flow;
	uint32_t before = 0, isn;

	(void)state;
	for (port = 0; port < 65536; port++) {
		other.remote_port = rte_cpu_to_be_16(port);
		isn = tcp_isn(secret, &other, 0);
		for (byte = 0; byte < 4; byte++)
			counts[byte][isn >> 8 * byte & 0xff]++;
		counts[4][(isn - before) >> 24]++;
		before = isn;
	}
	for (byte = 0; byte < RTE_DIM(counts); byte++)
		check_uniform(counts[byte]);
}

static void
test_port_does_not_depend_on_the_port(void **state)
{
	struct tcp_flow other = flow;

	(void)state;
	other.local_port = 99;
	assert_int_equal(tcp_isn_port(secret, &other), tcp_isn_port(secret, &flow));
	other.remote_addr = tr_addr_ipv4(99);
	assert_int_not_equal(tcp_isn_port(secret, &other), tcp_isn_port(secret, &flow));
}

/* Clients beside each other, and a client's ports, do not crowd: as many places as by chance. */
static void
test_recent_flows_spread(void **state)
{
	static const struct {
		unsigned int addrs, ports;
	} crowds[] = {{1, 256}, {256, 1}, {16, 16}};
	struct tcp_flow other = flow;
	bool taken[512];
	unsigned int i, addr, port, places;

	(void)state;
	for (i = 0; i < RTE_DIM(crowds); i++) {
		memset(taken, 0, sizeof(taken));
		for (addr = 0; addr < crowds[i].addrs; addr++)
			for (port = 0; port < crowds[i].ports; port++) {
				other.remote_addr =
					tr_addr_ipv4(rte_cpu_to_be_32(0x0a000000 + addr));
				other.remote_port = rte_cpu_to_be_16(30000 + port);
				taken[tcp_isn_flow_recent(&other, 9)] = true;
			}
		for (places = 0, addr = 0; addr < RTE_DIM(taken); addr++)
			places += taken[addr];
		/* By chance: 512 * (1 - 1/e^0.5) = 201. */
		print_message("%u places\n", places);
		assert_true(places > 170);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vectors),
		cmocka_unit_test(test_clock_ticks_every_four_us),
		cmocka_unit_test(test_each_flow_and_secret_has_its_own),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_port_does_not_depend_on_the_port),
		cmocka_unit_test(test_recent_flows_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
