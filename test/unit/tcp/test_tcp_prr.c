/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_loss.h"
#include "tcp_prr.h"
#include "test_eal.h"

/* Twenty segments in flight, the first lost, ssthresh ten. */
static void
begin_twenty(struct loss_fixture *f)
{
	loss_fixture_begin(f, true);
	loss_fixture_send(f, 20 * LOSS_MSS);
	f->recovery.state = TCP_RECOVERY_FAST;
	f->conn.congestion.cwnd = 20 * LOSS_MSS;
	f->conn.congestion.ssthresh = 10 * LOSS_MSS;
	tcp_prr_begin(&f->conn, 20 * LOSS_MSS);
}

/* Send what cwnd allows: lost segments first, then new ones. */
static uint32_t
send_all(struct loss_fixture *f)
{
	uint32_t sent = 0;

	while (tcp_loss_pipe(&f->conn) + LOSS_MSS <= f->conn.congestion.cwnd) {
		if (f->recovery.lost_bytes > 0) {
			f->recovery.lost_bytes -= LOSS_MSS;
			f->recovery.prr_resent += LOSS_MSS;
		} else {
			f->conn.snd_nxt += LOSS_MSS;
			f->conn.snd_max += LOSS_MSS;
		}
		sent += LOSS_MSS;
	}
	return sent;
}

/* RFC 9937 section 5: one for each two that arrive, without a silence in front. */
/* Shows: 9937-sent. */
static void
test_half_of_what_arrives(void **state)
{
	uint32_t sent = 0;
	struct loss_fixture f;

	(void)state;
	begin_twenty(&f);
	f.recovery.lost_bytes = LOSS_MSS;
	for (unsigned int i = 1; i <= 19; i++) {
		f.recovery.sacked_bytes += LOSS_MSS;
		tcp_prr_acked(&f.conn, LOSS_MSS, false);
		sent += send_all(&f);
		assert_in_range(sent + LOSS_MSS, i * LOSS_MSS / 2, i * LOSS_MSS / 2 + 2 * LOSS_MSS);
	}
	assert_int_equal(tcp_loss_pipe(&f.conn), 10 * LOSS_MSS);
	loss_fixture_end(&f);
}

static void
test_first_loss_leaves_at_once(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_twenty(&f);
	f.recovery.lost_bytes = LOSS_MSS;
	tcp_prr_acked(&f.conn, 0, false);
	assert_int_equal(send_all(&f), LOSS_MSS);
	/* What says nothing new lets nothing out. */
	tcp_prr_acked(&f.conn, 0, false);
	assert_int_equal(send_all(&f), 0);
	loss_fixture_end(&f);
}

/* Many losses: no more than arrives, and one more for each ACK that finds no further loss. */
/* Shows: 9937-sent. */
static void
test_below_ssthresh(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_twenty(&f);
	f.recovery.lost_bytes = 15 * LOSS_MSS;
	f.recovery.sacked_bytes = LOSS_MSS;
	tcp_prr_acked(&f.conn, LOSS_MSS, false);
	assert_int_equal(send_all(&f), LOSS_MSS);
	f.recovery.sacked_bytes += LOSS_MSS;
	tcp_prr_acked(&f.conn, LOSS_MSS, true);
	assert_int_equal(send_all(&f), 2 * LOSS_MSS);
	/* Up to ssthresh. */
	f.recovery.sacked_bytes += LOSS_MSS;
	tcp_prr_acked(&f.conn, 30 * LOSS_MSS, true);
	send_all(&f);
	assert_int_equal(tcp_loss_pipe(&f.conn), 10 * LOSS_MSS);
	loss_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_of_what_arrives),
		cmocka_unit_test(test_first_loss_leaves_at_once),
		cmocka_unit_test(test_below_ssthresh),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}
