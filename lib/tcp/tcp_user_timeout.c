/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_user_timeout.h"

#include "tcp_output.h"

/* RFC 9293 SHLD-11 has nobody give up sooner; and nobody's memory is held for longer than an hour.
 */
#define MIN_S 100
#define MAX_S 3600
#define SECONDS_MAX (WIRE_TCP_MINUTES - 1)
#define OPTION_BYTES 4

static uint16_t option(const struct tcp *tcp, uint16_t timeout_s);
static uint32_t seconds(uint16_t value);

void
tcp_user_timeout_init(struct tcp *tcp, const struct tcp_config *config)
{
	tcp->user_timeout_s = config->user_timeout_s;
	tcp->user_timeout_option = config->user_timeout_option;
	tcp->user_timeout_min_s =
		config->user_timeout_min_s != 0 ? config->user_timeout_min_s : MIN_S;
	tcp->user_timeout_max_s =
		config->user_timeout_max_s != 0 ? config->user_timeout_max_s : MAX_S;
}

void
tcp_set_user_timeout(struct tcp_conn *conn, uint16_t timeout_s)
{
	conn->user_timeout_own = timeout_s != 0;
	/* Without one of its own it has what the peer is told that it has. */
	conn->user_timeout_s = timeout_s != 0 ? timeout_s : conn->tcp->user_timeout_s;
	/* A SYN says it anyway. */
	if (conn->state != TCP_SYN_SENT && conn->state != TCP_SYN_RECEIVED)
		tcp_user_timeout_tell(conn);
}

/* RFC 5482 section 3.1 */
void
tcp_user_timeout_received(struct tcp_conn *conn, const struct wire_tcp_options *options)
{
	const struct tcp *tcp = conn->tcp;
	uint32_t timeout_s;

	if (options->user_timeout == 0 || !tcp->user_timeout_option || conn->user_timeout_own)
		return;
	timeout_s = RTE_MAX(seconds(options->user_timeout), (uint32_t)tcp->user_timeout_s);
	timeout_s = RTE_MAX(timeout_s, (uint32_t)tcp->user_timeout_min_s);
	timeout_s = RTE_MIN(timeout_s, (uint32_t)tcp->user_timeout_max_s);
	/* The upper limit is for what the peer adds: it does not have us give up sooner. */
	conn->user_timeout_s = RTE_MAX(timeout_s, (uint32_t)tcp->user_timeout_s);
}

uint16_t
tcp_user_timeout_ours(const struct tcp_conn *conn)
{
	if (!conn->user_timeout_own)
		return tcp_user_timeout_default(conn->tcp);
	return option(conn->tcp, conn->user_timeout_s);
}

uint16_t
tcp_user_timeout_default(const struct tcp *tcp)
{
	return option(tcp, tcp->user_timeout_s);
}

void
tcp_user_timeout_tell(struct tcp_conn *conn)
{
	if (tcp_user_timeout_ours(conn) == 0)
		return;
	conn->user_timeout_due = true;
	tcp_conn_set_output(conn);
	tcp_output_ack(conn);
}

/* Full segments have no room for it, and what is missing is more important. */
void
tcp_user_timeout_send(struct tcp_conn *conn, struct wire_tcp *header, uint32_t len)
{
	if (len + OPTION_BYTES > conn->mss || header->options.nb_sack > 0)
		return;
	header->options.user_timeout = tcp_user_timeout_ours(conn);
	conn->user_timeout_due = false;
	tcp_conn_set_output(conn);
}

static uint16_t
option(const struct tcp *tcp, uint16_t timeout_s)
{
	if (!tcp->user_timeout_option)
		return 0;
	/* Rounded up: who is told of more does not give up sooner. */
	return timeout_s <= SECONDS_MAX ? timeout_s : WIRE_TCP_MINUTES | (timeout_s + 59) / 60;
}

static uint32_t
seconds(uint16_t value)
{
	return value & WIRE_TCP_MINUTES ? (value & ~WIRE_TCP_MINUTES) * 60u : value;
}
