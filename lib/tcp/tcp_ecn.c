/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_ecn.h"

#include "tcp_congestion.h"
#include "tcp_loss.h"
#include "tcp_recovery.h"
#include "tcp_seq.h"

#define SETUP (WIRE_TCP_ECE | WIRE_TCP_CWR)

static bool is_agreed(const struct tcp_conn *conn, const struct tcp_segment *segment);

void
tcp_ecn_syn_received(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->ecn = is_agreed(conn, segment);
	tcp_conn_set_output(conn);
	conn->ecn_seq = conn->iss;
}

uint8_t
tcp_ecn_syn_flags(const struct tcp_conn *conn)
{
	if (conn->state == TCP_SYN_RECEIVED)
		return conn->ecn ? WIRE_TCP_ECE : 0;
	/* RFC 3168 section 6.1.1.1: who does not answer may not see SYNs that ask for it. */
	return conn->tcp->ecn == TCP_ECN_REQUEST && conn->retries == 0 ? SETUP : 0;
}

/* Section 6.1.3. The CWR of data that was marked again does not end the echo. */
void
tcp_ecn_data_received(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (segment->flags & WIRE_TCP_CWR)
		conn->ecn_echo = false;
	if (segment->ecn == WIRE_IPV4_CE) {
		conn->tcp->stats.ecn_marks++;
		conn->ecn_echo = true;
	}
}

/* Section 6.1.2: once for each window of data, whether marks or losses tell of it. */
void
tcp_ecn_ack_received(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (!(segment->flags & WIRE_TCP_ECE))
		return;
	conn->congestion.limited = false; /* an echo does not open the window either */
	if (tcp_loss_is_reducing(conn) ||
	    tcp_seq_in(conn->ecn_seq, segment->header.ack - 1, conn->snd_max))
		return;
	/* An earlier loss that was none is no reason to take this back. */
	if (conn->loss.recovery != NULL)
		conn->loss.recovery->undo = false;
	conn->tcp->stats.ecn_reductions++;
	tcp_congestion_marked(conn);
}

/* Section 6.1.4 to 6.1.6: only data, when it is sent for the first time, and no window probe. */
uint8_t
tcp_ecn_send(struct tcp_conn *conn, uint32_t seq, uint32_t len, uint8_t flags)
{
	bool data = len > 0 && seq == conn->snd_max && !conn->probe_due;

	ip_path_set_ecn(&conn->path, data ? WIRE_IPV4_ECT0 : 0);
	if (conn->ecn_echo)
		flags |= WIRE_TCP_ECE;
	if (data && conn->ecn_cwr_due) {
		flags |= WIRE_TCP_CWR;
		conn->ecn_cwr_due = false;
	}
	return flags;
}

/*
 * Section 6.1.1. Both flags ask, ECE alone agrees; broken peers return in the SYN-ACK what they
 * were sent. A SYN that is marked itself was changed on its way: so would be our data.
 */
static bool
is_agreed(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint8_t flags = segment->flags & SETUP;

	if (conn->tcp->ecn == TCP_ECN_OFF || segment->ecn != 0)
		return false;
	/* Not once one of our own SYNs went out without it. */
	if (conn->state == TCP_SYN_SENT && tcp_ecn_syn_flags(conn) != SETUP)
		return false;
	return flags == (segment->flags & WIRE_TCP_ACK ? WIRE_TCP_ECE : SETUP);
}
