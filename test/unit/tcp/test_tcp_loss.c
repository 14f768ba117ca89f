/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_congestion.h"
#include "tcp_loss.h"

#include "test_eal.h"

#define RECOVERIES 4

static struct rte_mempool *recoveries;
static struct tcp_conn ends; /* of the list of those that have something to send */

static int
setup(void **state)
{
	if (loss_fixture_setup(state) != 0)
		return 1;
	recoveries = tcp_loss_pool_create("recoveries", RECOVERIES, SOCKET_ID_ANY);
	return recoveries == NULL;
}

/* Five segments of a connection without SACK are in flight, the first is lost. */
static void
begin(struct loss_fixture *f)
{
	loss_fixture_begin(f, false);
	f->tcp.recovery_pool = recoveries;
	f->tcp.congestion = tcp_congestion_find("newreno");
	f->conn.state = TCP_ESTABLISHED;
	f->tcp.conns = &ends;
	f->conn.output_listed = true;
	f->conn.sack = false;
	tcp_congestion_init(&f->conn);
	loss_fixture_send(f, 5 * LOSS_MSS);
}

static void
end(struct loss_fixture *f)
{
	tcp_loss_purge(&f->conn);
	assert_int_equal(rte_mempool_avail_count(recoveries), RECOVERIES);
	loss_fixture_end(f);
}

/* Gigabytes may have been sent since the last loss. */
static void
test_duplicates_count_however_long_ago_the_last_loss_was(void **state)
{
	static const uint32_t behind[] = {1, 1000, 0x7fffffff, 0x80000001, 0xf0000000};
	struct loss_fixture f;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(behind); i++) {
		begin(&f);
		f.conn.loss.recover = LOSS_UNA - behind[i];
		for (unsigned int nb = 0; nb < 3; nb++)
			tcp_loss_dup_ack(&f.conn, &f.ack, true);
		assert_int_equal(f.tcp.stats.fast_retransmits, 1);
		assert_true(f.conn.retransmit_due);
		end(&f);
	}
}

/* RFC 6582 section 3.2, step 2 */
static void
test_duplicates_after_a_timeout_do_not_count(void **state)
{
	struct loss_fixture f;

	(void)state;
	for (uint32_t recover = 0; recover <= 5 * LOSS_MSS; recover += LOSS_MSS) {
		begin(&f);
		f.conn.loss.recover = LOSS_SEQ(recover);
		for (unsigned int nb = 0; nb < 3; nb++)
			tcp_loss_dup_ack(&f.conn, &f.ack, true);
		assert_int_equal(f.tcp.stats.fast_retransmits, 0);
		end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duplicates_count_however_long_ago_the_last_loss_was),
		cmocka_unit_test(test_duplicates_after_a_timeout_do_not_count),
	};

	return cmocka_run_group_tests(tests, setup, test_pools_full);
}
