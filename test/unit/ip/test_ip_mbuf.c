/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip_host.h"
#include "test_eal.h"

#include "ip_internal.h"

#define BYTES 200

static uint8_t pattern[BYTES];

static struct rte_mbuf *
make(struct ip_host *host, uint32_t segment_bytes)
{
	uint32_t i;

	for (i = 0; i < BYTES; i++)
		pattern[i] = i;
	return ip_host_segments(host, pattern, BYTES, segment_bytes);
}

static void
check(struct rte_mbuf *mbuf, uint32_t bytes)
{
	uint8_t copy[BYTES];

	rte_mbuf_sanity_check(mbuf, 1);
	assert_int_equal(mbuf->pkt_len, bytes);
	assert_memory_equal(rte_pktmbuf_read(mbuf, 0, bytes, copy), pattern, bytes);
}

static void
test_pullup(void **state)
{
	struct ip_host *host = *state;
	uint32_t segment, bytes;

	for (segment = 1; segment < BYTES; segment += 1 + segment / 8)
		for (bytes = segment + 1; bytes <= BYTES; bytes++) {
			struct rte_mbuf *mbuf = make(host, segment);

			assert_true(ip_mbuf_pullup(mbuf, bytes));
			assert_int_equal(mbuf->data_len, bytes);
			check(mbuf, BYTES);
			rte_pktmbuf_free(mbuf);
		}
}

/* No room behind the bytes, but before them. */
static void
test_pullup_moves(void **state)
{
	struct ip_host *host = *state;
	struct rte_mbuf *mbuf = make(host, 50);
	uint16_t off = mbuf->buf_len - 50;

	memmove((char *)mbuf->buf_addr + off, rte_pktmbuf_mtod(mbuf, void *), 50);
	mbuf->data_off = off;
	assert_int_equal(rte_pktmbuf_tailroom(mbuf), 0);
	assert_true(ip_mbuf_pullup(mbuf, 134));
	assert_int_equal(mbuf->data_len, 134);
	check(mbuf, BYTES);
	rte_pktmbuf_free(mbuf);
}

static void
test_pullup_refuses(void **state)
{
	struct ip_host *host = *state;
	struct rte_mbuf *mbuf = make(host, 50), *clone;

	rte_mbuf_refcnt_update(mbuf, 1);
	assert_false(ip_mbuf_pullup(mbuf, 134));
	rte_mbuf_refcnt_update(mbuf, -1);
	clone = rte_pktmbuf_clone(mbuf, host->config.mbufs);
	assert_false(ip_mbuf_pullup(clone, 134));
	check(clone, BYTES);
	rte_pktmbuf_free(clone);
	check(mbuf, BYTES);
	mbuf->buf_len = RTE_PKTMBUF_HEADROOM; /* smaller than what is asked for */
	assert_false(ip_mbuf_pullup(mbuf, 134));
	mbuf->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
	check(mbuf, BYTES);
	rte_pktmbuf_free(mbuf);
}

static void
test_cut(void **state)
{
	struct ip_host *host = *state;
	uint32_t segment, bytes;

	for (segment = 1; segment <= BYTES; segment += 1 + segment / 8)
		for (bytes = 0; bytes <= BYTES; bytes++) {
			struct rte_mbuf *mbuf = make(host, segment);

			ip_mbuf_cut(mbuf, bytes);
			check(mbuf, bytes);
			rte_pktmbuf_free(mbuf);
		}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pullup, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_pullup_moves, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_pullup_refuses, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_cut, ip_host_setup, ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}
