/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_keepalive.h"

#include <errno.h>

#include "chain.h"
#include "tcp_close.h"
#include "tcp_output.h"
#include "tcp_seq.h"
#include "tcp_timer.h"

/* RFC 9293 MUST-28: two hours at least. The others as memcached's clients know them from Linux. */
#define IDLE_US (UINT64_C(2) * 3600 * 1000000)
#define INTERVAL_US (UINT64_C(75) * 1000000)
#define PROBES_MAX 9

static bool answered(const struct tcp_conn *conn);

void
tcp_keepalive_init(struct tcp *tcp, const struct tcp_config *config)
{
	tcp->keepalive_idle_us =
		config->keepalive_idle_us != 0 ? config->keepalive_idle_us : IDLE_US;
	tcp->keepalive_interval_us =
		config->keepalive_interval_us != 0 ? config->keepalive_interval_us : INTERVAL_US;
	tcp->keepalive_probes_max =
		config->keepalive_probes_max != 0 ? config->keepalive_probes_max : PROBES_MAX;
}

void
tcp_set_keepalive(struct tcp_conn *conn, bool on)
{
	/* What is closed lingers, on the same timer, and is nobody's any more. */
	if (conn->closed || conn->state == TCP_CLOSED || conn->state == TCP_TIME_WAIT)
		return;
	conn->keepalive = on;
	conn->keepalive_probes = 0;
	if (on)
		tcp_timer_keepalive(conn, conn->tcp->keepalive_idle_us);
	else
		tcp_timer_keepalive_off(conn);
}

/*
 * The timer is not put off by each segment that comes: it looks when the last one came, and waits
 * for the rest of the time.
 */
void
tcp_keepalive_expired(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	uint64_t silent_us = tcp->now_us - conn->heard_us;

	if (!conn->keepalive)
		return;
	/* RFC 9293 MUST-26, MUST-27: what is under way has timers of its own. */
	if (conn->snd_una != conn->snd_max || tr_chain_bytes(&conn->chain) > 0) {
		conn->keepalive_probes = 0;
		tcp_timer_keepalive(conn, tcp->keepalive_idle_us);
		return;
	}
	if (conn->keepalive_probes > 0 && answered(conn))
		conn->keepalive_probes = 0;
	if (conn->keepalive_probes == 0 && silent_us < tcp->keepalive_idle_us) {
		tcp_timer_keepalive(conn, tcp->keepalive_idle_us - silent_us);
		return;
	}
	/* MUST-29: one probe, or its answer, may be lost. */
	if (conn->keepalive_probes >= tcp->keepalive_probes_max) {
		tcp->stats.timed_out++;
		tcp_close_reset(conn, -ETIMEDOUT);
		return;
	}
	conn->keepalive_probes++;
	conn->waiting_ms = (uint32_t)(tcp->now_us / 1000);
	conn->probe_due = true;
	tcp_output_want(conn);
	tcp_timer_keepalive(conn, tcp->keepalive_interval_us);
}

/* Whether anything came since the last probe. */
static bool
answered(const struct tcp_conn *conn)
{
	return tcp_seq_ge((uint32_t)(conn->heard_us / 1000), conn->waiting_ms);
}
