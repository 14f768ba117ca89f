/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_congestion.h"
#include "tcp_ecn.h"

#include "test_eal.h"

/* How far behind what is acknowledged the last cut may be. */
static const uint32_t behind[] = {0, 1000, 0x7fffffff, 0x80000001, 0xf0000000};

static void
begin(struct loss_fixture *f)
{
	loss_fixture_begin(f, false);
	f->tcp.congestion = tcp_congestion_find("newreno");
	f->conn.ecn = true;
	tcp_congestion_init(&f->conn);
	loss_fixture_send(f, 5000);
	f->ack.flags = WIRE_TCP_ACK | WIRE_TCP_ECE;
	f->ack.header.ack = LOSS_SEQ(1000);
}

/* A gigabyte and more may have been sent since the last time. */
static void
test_mark_counts_however_long_ago_the_last_was(void **state)
{
	struct loss_fixture f;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(behind); i++) {
		begin(&f);
		f.conn.ecn_seq = LOSS_UNA - behind[i];
		tcp_ecn_ack_received(&f.conn, &f.ack);
		assert_int_equal(f.tcp.stats.ecn_reductions, 1);
		loss_fixture_end(&f);
	}
}

static void
test_mark_of_the_same_window_does_not_count(void **state)
{
	struct loss_fixture f;

	(void)state;
	for (uint32_t cut = 1000; cut <= 5000; cut += 1000) {
		begin(&f);
		f.conn.ecn_seq = LOSS_SEQ(cut);
		tcp_ecn_ack_received(&f.conn, &f.ack);
		assert_int_equal(f.tcp.stats.ecn_reductions, 0);
		loss_fixture_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mark_counts_however_long_ago_the_last_was),
		cmocka_unit_test(test_mark_of_the_same_window_does_not_count),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}
