/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_progress.h"

#include <string.h>

/* How often connections are looked at within the limit. */
#define LOOKS 8

static bool has_to_move(const struct sim_peer_conn *conn, const struct tcp_conn_info *info);
static void note(struct sim_progress_conn *conn, unsigned int side,
		 const struct sim_peer_conn *peer, const struct tcp_conn_info *info);

void
sim_progress_init(struct sim_progress *progress, uint64_t limit_us)
{
	memset(progress, 0, sizeof(*progress));
	progress->limit_us = limit_us;
}

bool
sim_progress_due(struct sim_progress *progress, uint64_t excuses, uint64_t now_us)
{
	unsigned int i;

	if (excuses != progress->excuses) {
		progress->excuses = excuses;
		for (i = 0; i < SIM_PEER_CONNS_MAX; i++)
			progress->conns[i].since_us = now_us;
	}
	if (now_us < progress->next_us)
		return false;
	progress->next_us = now_us + progress->limit_us / LOOKS;
	return true;
}

bool
sim_progress_is_stuck(struct sim_progress *progress, unsigned int index,
		      const struct sim_peer_conn *client, const struct sim_peer_conn *server,
		      uint64_t now_us)
{
	const struct sim_peer_conn *peers[2] = {client, server};
	struct sim_progress_conn *conn = &progress->conns[index], before = *conn;
	bool to_move = false, unread = false;
	struct tcp_conn_info info;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		info = (struct tcp_conn_info){.state = TCP_CLOSED};
		if (peers[i]->tcp != NULL)
			tcp_conn_info(peers[i]->tcp, &info);
		note(conn, i, peers[i], &info);
		to_move |= has_to_move(peers[i], &info);
		unread |= info.receive_bytes > 0;
	}
	/* A reader that pauses goes on in its time. */
	conn->rests = !to_move || unread;
	if (conn->rests || before.rests || memcmp(before.sides, conn->sides, sizeof(before.sides)))
		conn->since_us = now_us;
	return now_us - conn->since_us > progress->limit_us;
}

static bool
has_to_move(const struct sim_peer_conn *conn, const struct tcp_conn_info *info)
{
	switch (info->state) {
	case TCP_SYN_SENT:
	case TCP_FIN_WAIT_1:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return true;
	default:
		return conn->tcp != NULL && info->send_bytes > 0;
	}
}

static void
note(struct sim_progress_conn *conn, unsigned int side, const struct sim_peer_conn *peer,
     const struct tcp_conn_info *info)
{
	conn->sides[side].received = peer->received;
	conn->sides[side].snd_una = info->snd_una;
	conn->sides[side].state = info->state;
}
