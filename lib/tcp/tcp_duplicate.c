/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_duplicate.h"

#include <string.h>

#include "tcp_conn.h"
#include "tcp_output.h"

static struct tcp_duplicate *oldest(const struct tcp_conn *conn);

bool
tcp_duplicate_note(struct tcp_conn *conn, uint32_t left, uint32_t right)
{
	struct tcp_duplicates *duplicates = &conn->tcp->duplicates;

	if (!conn->sack || conn->state == TCP_SYN_RECEIVED)
		return false;
	duplicates->places[duplicates->next++ % TCP_DUPLICATES] = (struct tcp_duplicate){
		.conn = conn,
		.left = left,
		.right = right,
	};
	conn->duplicate_due = true;
	tcp_output_dup_ack(conn);
	return true;
}

void
tcp_duplicate_tell(struct tcp_conn *conn, struct wire_tcp_options *options)
{
	struct tcp_duplicate *duplicate = oldest(conn);

	if (duplicate == NULL) {
		conn->duplicate_due = false;
		return;
	}
	memmove(&options->sack[1], &options->sack[0], options->nb_sack * sizeof(options->sack[0]));
	options->sack[0].left = duplicate->left;
	options->sack[0].right = duplicate->right;
	options->nb_sack++;
	duplicate->conn = NULL;
}

void
tcp_duplicate_forget(struct tcp_conn *conn)
{
	struct tcp_duplicate *duplicate;

	while ((duplicate = oldest(conn)) != NULL)
		duplicate->conn = NULL;
	conn->duplicate_due = false;
}

static struct tcp_duplicate *
oldest(const struct tcp_conn *conn)
{
	struct tcp_duplicates *duplicates = &conn->tcp->duplicates;
	struct tcp_duplicate *duplicate;
	uint32_t i;

	for (i = 0; i < TCP_DUPLICATES; i++) {
		duplicate = &duplicates->places[(duplicates->next + i) % TCP_DUPLICATES];
		if (duplicate->conn == conn)
			return duplicate;
	}
	return NULL;
}
