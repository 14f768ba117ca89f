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

#include "tr_addr.h"

static void
test_ipv4_is_mapped(void **state)
{
	static const uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, 77, 0, 2};
	struct tr_addr addr = tr_addr_ipv4(RTE_BE32(0x0a4d0002));

	(void)state;
	assert_memory_equal(&addr, bytes, sizeof(bytes));
	assert_true(tr_addr_is_ipv4(&addr));
	assert_int_equal(tr_addr_to_ipv4(&addr), RTE_BE32(0x0a4d0002));
}

/* Each byte counts, for comparison and for the family. */
static void
test_every_byte_counts(void **state)
{
	const struct tr_addr addr = tr_addr_ipv4(RTE_BE32(0x0a4d0002)), none = {{0}};
	struct tr_addr other;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(addr.bytes); i++) {
		other = addr;
		other.bytes[i] ^= 0x10;
		assert_false(tr_addr_is_same(&addr, &other));
		assert_int_equal(tr_addr_is_ipv4(&other), i >= TR_ADDR_IPV4_OFFSET);
		other = none;
		other.bytes[i] = 1;
		assert_false(tr_addr_is_none(&other));
	}
	other = addr;
	assert_true(tr_addr_is_same(&addr, &other));
}

static void
test_none(void **state)
{
	const struct tr_addr none = {{0}}, none_ipv4 = tr_addr_ipv4(0);

	(void)state;
	assert_true(tr_addr_is_none(&none));
	assert_true(tr_addr_is_none(&none_ipv4));
	assert_false(tr_addr_is_ipv4(&none));
}

/* What is written is what was read, as RFC 5952 section 4 has it. */
static void
test_text(void **state)
{
	static const struct {
		const char *text, *canonical, *endpoint;
	} cases[] = {
		{"10.77.0.2", "10.77.0.2", "10.77.0.2:80"},
		{"255.255.255.255", "255.255.255.255", "255.255.255.255:80"},
		{"2001:DB8::0:2", "2001:db8::2", "[2001:db8::2]:80"},
		{"::", "::", "[::]:80"},
		{"::1", "::1", "[::1]:80"},
		{"fe80:0:0:0:a:b:c:d", "fe80::a:b:c:d", "[fe80::a:b:c:d]:80"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80"},
	};
	char text[TR_ADDR_ENDPOINT_SIZE];
	struct tr_addr addr;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_true(tr_addr_parse(cases[i].text, &addr));
		assert_string_equal(tr_addr_format(&addr, text), cases[i].canonical);
		assert_string_equal(tr_addr_format_endpoint(&addr, 80, text), cases[i].endpoint);
	}
	assert_true(tr_addr_parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &addr));
	assert_int_equal(strlen(tr_addr_format_endpoint(&addr, UINT16_MAX, text)), 47);
}

static void
test_text_that_is_no_address(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"10.77.0",
		"10.77.0.256",
		"10.77.0.2 ",
		"010.77.0.2x",
		"1:2",
		":::",
		"2001:db8::/64",
		"[::1]",
		"fe80::1%eth",
		"localhost",
		"g::",
		"::ffff:10.0.0.1",
	};
	struct tr_addr addr = tr_addr_ipv4(1), before = addr;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(texts); i++) {
		assert_false(tr_addr_parse(texts[i], &addr));
		assert_true(tr_addr_is_same(&addr, &before));
	}
}

static void
test_network(void **state)
{
	static const struct {
		const char *addr;
		uint8_t prefix_len;
		const char *network;
	} cases[] = {
		{"10.77.1.2", 32, "10.77.1.2"},
		{"10.77.1.2", 24, "10.77.1.0"},
		{"10.77.1.2", 16, "10.77.0.0"},
		{"10.77.255.255", 17, "10.77.128.0"},
		{"10.77.255.255", 31, "10.77.255.254"},
		{"255.255.255.255", 1, "128.0.0.0"},
		{"10.77.1.2", 0, "0.0.0.0"},
		{"10.77.1.2", 33, "10.77.1.2"},
		{"10.77.1.2", 255, "10.77.1.2"},
		{"2001:db8::7", 128, "2001:db8::7"},
		{"2001:db8::7", 127, "2001:db8::6"},
		{"2001:db8:ffff::7", 33, "2001:db8:8000::"},
		{"2001:db8::7", 32, "2001:db8::"},
		{"ffff::1", 3, "e000::"},
		{"2001:db8::7", 0, "::"},
		{"2001:db8::7", 255, "2001:db8::7"},
	};
	struct tr_addr addr, network;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_true(tr_addr_parse(cases[i].addr, &addr));
		assert_true(tr_addr_parse(cases[i].network, &network));
		addr = tr_addr_network(&addr, cases[i].prefix_len);
		if (!tr_addr_is_same(&addr, &network))
			fail_msg("%s/%u", cases[i].addr, cases[i].prefix_len);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_is_mapped),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_that_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
