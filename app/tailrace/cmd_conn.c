/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>

#include <arpa/inet.h>

static void show_list(void *parsed, struct cmdline *cl, void *data);
static void show_one(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_conn, "conn");
CMD_NUMBER(token_id);

static const cmdline_parse_inst_t conn_list = {
	.f = show_list,
	.help_str = "show conn: list the connections",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_conn), NULL},
};
static const cmdline_parse_inst_t conn_one = {
	.f = show_one,
	.help_str = "show conn <id>: all about one of them",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_conn), CMD_TOKEN(token_id), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&conn_list, &conn_one, NULL};

const struct cmd_topic cmd_conn = {"conn", "TCP connections", commands};

/* Connections asked for at a time: a core stands still for no more than this many. */
#define CONNS_AT_ONCE 32

static unsigned int list_core(struct cmdline *cl, struct tr_core_server *server, unsigned int core);
static void print_line(struct cmdline *cl, const struct core_info_conn *conn);

static void
show_list(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	unsigned int total = 0;
	unsigned int core;

	RTE_SET_USED(parsed);
	cmdline_printf(cl, "%-10s %4s %-21s %-21s %-12s %-8s %8s %8s %8s\n", "id", "core", "remote",
		       "local", "state", "protocol", "inflight", "send", "receive");
	for (core = 0; core < core_info_cores(context->server); core++)
		total += list_core(cl, context->server, core);
	cmdline_printf(cl, "%u connections\n", total);
}

static void
show_one(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	struct core_info_conn conn;
	char remote[TR_ADDR_ENDPOINT_SIZE];
	char local[TR_ADDR_ENDPOINT_SIZE];
	char what[32];
	int rc;

	rc = core_info_conn(context->server, words->number, &conn);
	if (rc < 0) {
		snprintf(what, sizeof(what), "connection %u", words->number);
		cmd_print_error(cl, what, rc);
		return;
	}
	cmdline_printf(cl, "connection %u on core %u: %s\n", conn.id, conn.core, conn.state);
	cmdline_printf(cl, "  remote %s, local %s, protocol %s\n",
		       tr_addr_format_endpoint(&conn.remote_addr, ntohs(conn.remote_port), remote),
		       tr_addr_format_endpoint(&conn.local_addr, ntohs(conn.local_port), local),
		       conn.protocol[0] != '\0' ? conn.protocol : "none");
	cmdline_printf(cl, "  requests %" PRIu64 ", in flight %u%s%s\n", conn.received_requests,
		       conn.requests, conn.waits_for[0] != '\0' ? ", waits for " : "",
		       conn.waits_for);
	cmdline_printf(cl, "  send queue %u bytes, receive queue %u bytes\n", conn.send_bytes,
		       conn.receive_bytes);
	cmdline_printf(cl, "  windows: send %u, receive %u, congestion %u, threshold %u bytes\n",
		       conn.snd_wnd, conn.rcv_wnd, conn.cwnd_bytes, conn.ssthresh_bytes);
	cmdline_printf(cl, "  congestion control %s, ECN %s\n", conn.congestion,
		       conn.ecn ? "yes" : "no");
	cmdline_printf(cl, "  srtt %u us, rto %u us, mss %u bytes, retransmits %u\n", conn.srtt_us,
		       conn.rto_us, conn.mss_bytes, conn.retransmits);
	cmdline_printf(cl, "  recovery %s: sacked %u, lost %u bytes; shortest round trip %u us\n",
		       conn.recovery, conn.sacked_bytes, conn.lost_bytes, conn.min_rtt_us);
}

/* Returns how many there were. */
static unsigned int
list_core(struct cmdline *cl, struct tr_core_server *server, unsigned int core)
{
	struct core_info_conn conns[CONNS_AT_ONCE];
	unsigned int total = 0;
	uint32_t from = 0;
	char what[32];
	int nb;
	int i;

	do {
		nb = core_info_conns(server, core, from, conns, CONNS_AT_ONCE);
		if (nb < 0) {
			snprintf(what, sizeof(what), "core %u", core);
			cmd_print_error(cl, what, nb);
			break;
		}
		for (i = 0; i < nb; i++)
			print_line(cl, &conns[i]);
		total += (unsigned int)nb;
		if (nb > 0)
			from = conns[nb - 1].id + 1;
	} while (nb == CONNS_AT_ONCE);
	return total;
}

static void
print_line(struct cmdline *cl, const struct core_info_conn *conn)
{
	char remote[TR_ADDR_ENDPOINT_SIZE];
	char local[TR_ADDR_ENDPOINT_SIZE];

	cmdline_printf(
		cl, "%-10u %4u %-21s %-21s %-12s %-8s %8u %8u %8u%s\n", conn->id, conn->core,
		tr_addr_format_endpoint(&conn->remote_addr, ntohs(conn->remote_port), remote),
		tr_addr_format_endpoint(&conn->local_addr, ntohs(conn->local_port), local),
		conn->state, conn->protocol[0] != '\0' ? conn->protocol : "-", conn->requests,
		conn->send_bytes, conn->receive_bytes, conn->waits_for[0] != '\0' ? " waits" : "");
}
