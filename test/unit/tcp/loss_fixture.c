/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"

#include <stdio.h>
#include <string.h>

#include "test_eal.h"

static struct rte_mempool *ranges;

int
loss_fixture_setup(void **state)
{
	(void)state;
	test_eal_init();
	ranges = tcp_flight_pool_create("ranges", LOSS_RANGES, SOCKET_ID_ANY);
	return ranges == NULL;
}

void
loss_fixture_begin(struct loss_fixture *f, bool watched)
{
	memset(f, 0, sizeof(*f));
	f->tcp.now_us = 1000000;
	f->tcp.flight_pool = ranges;
	f->conn.tcp = &f->tcp;
	f->conn.mss = LOSS_MSS;
	f->conn.snd_una = LOSS_UNA;
	f->conn.snd_nxt = LOSS_UNA;
	f->conn.snd_max = LOSS_UNA;
	f->conn.snd_wnd_max = 65535;
	f->conn.srtt_us = LOSS_RTT_US;
	f->conn.rto_us = 3 * LOSS_RTT_US;
	f->conn.loss.min_rtt_us = LOSS_RTT_US;
	f->conn.sack = true;
	f->recovery.rack_highest = LOSS_UNA;
	f->recovery.end = LOSS_UNA;
	if (watched)
		f->conn.loss.recovery = &f->recovery;
	f->ack.header.ack = LOSS_UNA;
}

void
loss_fixture_end(struct loss_fixture *f)
{
	tcp_flight_purge(&f->conn);
	assert_int_equal(rte_mempool_avail_count(ranges), LOSS_RANGES);
}

void
loss_fixture_send(struct loss_fixture *f, uint32_t bytes)
{
	tcp_flight_sent(&f->conn, f->conn.snd_nxt);
	f->conn.snd_nxt += bytes;
	if ((int32_t)(f->conn.snd_nxt - f->conn.snd_max) > 0)
		f->conn.snd_max = f->conn.snd_nxt;
}

void
loss_fixture_expect(struct loss_fixture *f, const char *expected)
{
	const struct tcp_flight_range *range;
	char found[1024] = "";
	size_t at = 0;

	for (range = f->conn.flight.head; range != NULL && at < sizeof(found); range = range->next)
		at += snprintf(found + at, sizeof(found) - at, "%s%u-%u%s%s%s", at == 0 ? "" : " ",
			       range->start - LOSS_UNA, range->end - LOSS_UNA,
			       range->sacked ? "S" : "", range->lost ? "L" : "",
			       range->resent ? "R" : "");
	assert_string_equal(found, expected);
}
