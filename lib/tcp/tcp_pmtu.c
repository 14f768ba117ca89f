/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_pmtu.h"

#include <string.h>

#include "chain.h"
#include "tcp_conn.h"
#include "tcp_loss.h"

/* RFC 791 section 3.2: what every network of IPv4 carries, and no MTU is below it. */
#define MTU_LEAST 68

/* From TCP_PMTU_RETRIES on what every way of IPv6 carries is tried, from here on the least that is
 * believed. */
#define PROBE_SECOND 4

static void forget(struct tcp_pmtu *pmtu);
static bool is_found(const struct tcp_conn *conn);
static bool is_second(const struct tcp_conn *conn, const struct tcp_pmtu_path *path);
static void remember(const struct tcp_conn *conn, uint16_t mtu);
static bool lower(struct tcp_conn *conn, uint16_t mtu);
static uint16_t least_of(const struct tcp_conn *conn);
static uint16_t mss_of(const struct tcp_conn *conn, uint16_t mtu);
static uint32_t sack_bytes(const struct tcp_conn *conn);
static uint16_t headers_of(const struct tcp_conn *conn);
static void set_mss(struct tcp_conn *conn, uint16_t mss);
static uint16_t plateau(uint16_t bytes);
static struct tcp_pmtu_path *place(const struct tcp_conn *conn);
static bool is_known(const struct tcp_conn *conn, const struct tcp_pmtu_path *path);
static bool is_old(const struct tcp_conn *conn, const struct tcp_pmtu_path *path);
static bool is_ipv4(const struct tcp_conn *conn);

void
tcp_pmtu_init(struct tcp_pmtu *pmtu)
{
	memset(pmtu, 0, sizeof(*pmtu));
	pmtu->next_us = UINT64_MAX;
}

uint16_t
tcp_pmtu_mss(const struct tcp_conn *conn)
{
	const struct tcp_pmtu_path *path = place(conn);

	return is_known(conn, path) ? mss_of(conn, path->mtu) : conn->mss_max;
}

void
tcp_pmtu_too_big(struct tcp_conn *conn, uint16_t mtu, uint16_t bytes)
{
	bool is_syn = conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED;
	/* RFC 8201 section 4: what says less than there can be says nothing. */
	uint16_t least = is_ipv4(conn) ? MTU_LEAST : TCP_PMTU_MIN_IPV6;

	if (mtu == 0 && is_ipv4(conn))
		mtu = plateau(bytes);
	/* A packet that would have fitted was not too big, and a SYN fits everywhere. */
	if (mtu < least || mtu >= bytes || is_syn || !lower(conn, mtu)) {
		conn->tcp->stats.icmp_stale++;
		return;
	}
	remember(conn, conn->mss + headers_of(conn));
	conn->tcp->stats.path_mtu_lowered++;
	tcp_loss_resend(conn);
}

void
tcp_pmtu_timeout(struct tcp_conn *conn)
{
	uint32_t flight = RTE_MIN(conn->snd_max - conn->snd_una, conn->chain.bytes);
	uint16_t mtu = conn->retries < PROBE_SECOND ? TCP_PMTU_MIN_IPV6 : least_of(conn);

	if (conn->retries < TCP_PMTU_RETRIES)
		return;
	/* Twice is enough for what was tried once more: what got through then does again. */
	if (is_second(conn, place(conn)))
		mtu = RTE_MIN(mtu, place(conn)->suspected_mtu);
	/*
	 * What goes into one segment even then, with what is told beside it, gets lost for another
	 * reason, and so do many of them. More may be in flight at a later timeout.
	 */
	flight = RTE_MIN(flight, chain_longest(&conn->chain, flight));
	if (flight + sack_bytes(conn) > mss_of(conn, mtu) && lower(conn, mtu))
		conn->tcp->stats.path_mtu_probed++;
}

void
tcp_pmtu_acked(struct tcp_conn *conn)
{
	uint16_t known = tcp_pmtu_mss(conn);

	if (conn->mss >= known)
		return;
	if (chain_longest(&conn->chain, 1) <= conn->mss || !is_found(conn))
		set_mss(conn, known);
	else
		remember(conn, conn->mss + headers_of(conn));
}

void
tcp_pmtu_tick(struct tcp *tcp)
{
	struct tcp_pmtu *pmtu = &tcp->pmtu;
	uint32_t end = RTE_MIN(pmtu->next_id + TCP_PMTU_TICK_CONNS, tcp->conns_max);
	struct tcp_conn *conn;

	if (pmtu->next_id == 0)
		pmtu->old_us = tcp->now_us;
	for (; pmtu->next_id < end; pmtu->next_id++) {
		conn = tcp_conn_find(tcp, pmtu->next_id);
		if (conn == NULL || conn->mss >= conn->mss_max || !is_old(conn, place(conn)))
			continue;
		tcp->stats.path_mtu_raised++;
		set_mss(conn, conn->mss_max);
	}
	if (end == tcp->conns_max)
		forget(pmtu);
	else
		pmtu->next_us = tcp->now_us + TCP_WHEEL_TICK_US;
}

/* All connections have heard. */
static void
forget(struct tcp_pmtu *pmtu)
{
	struct tcp_pmtu_path *path;

	pmtu->next_id = 0;
	pmtu->next_us = UINT64_MAX;
	for (path = pmtu->paths; path < pmtu->paths + TCP_PMTU_PATHS; path++)
		if (path->until_us > pmtu->old_us)
			pmtu->next_us = RTE_MIN(pmtu->next_us, path->until_us);
		else
			path->until_us = 0;
}

/* False: the segments are no larger than that. */
static bool
lower(struct tcp_conn *conn, uint16_t mtu)
{
	uint16_t mss;

	mtu = RTE_MAX(mtu, least_of(conn));
	mss = mss_of(conn, mtu);
	if (mss >= conn->mss)
		return false;
	set_mss(conn, mss);
	return true;
}

/*
 * RFC 4821 section 7.7: a way that was away for a while looks like one that is too narrow, as what
 * got through is the smaller segment. So the old size is tried again, and if it gets lost again
 * while less gets through it was the size. Where there is no place to note it, once is enough.
 */
static bool
is_found(const struct tcp_conn *conn)
{
	struct tcp_pmtu_path *path = place(conn);
	uint64_t now_us = conn->tcp->now_us;

	if (!tr_addr_is_same(&path->addr, &conn->flow.remote_addr)) {
		if (path->until_us != 0)
			return true;
		*path = (struct tcp_pmtu_path){.addr = conn->flow.remote_addr};
	}
	if (is_second(conn, path))
		return true;
	/* Another may have found the same in the same time: what both try again is sent later. */
	if (path->suspected_us == 0 || now_us - path->suspected_us > TCP_PMTU_SUSPECT_US) {
		path->suspected_us = now_us;
		path->suspected_mtu = conn->mss + headers_of(conn);
	}
	return false;
}

/* What is not acknowledged was sent when the size was in doubt already. */
static bool
is_second(const struct tcp_conn *conn, const struct tcp_pmtu_path *path)
{
	uint32_t later_ms = conn->waiting_ms - (uint32_t)(path->suspected_us / 1000);

	return path->suspected_us != 0 && later_ms <= TCP_PMTU_SUSPECT_US / 1000 &&
	       tr_addr_is_same(&path->addr, &conn->flow.remote_addr);
}

static void
remember(const struct tcp_conn *conn, uint16_t mtu)
{
	struct tcp_pmtu_path *path = place(conn);
	struct tcp *tcp = conn->tcp;

	if (path->until_us != 0 && !tr_addr_is_same(&path->addr, &conn->flow.remote_addr))
		return;
	*path = (struct tcp_pmtu_path){
		.addr = conn->flow.remote_addr,
		.mtu = mtu,
		.until_us = tcp->now_us + TCP_PMTU_AGE_US,
	};
	tcp->pmtu.next_us = RTE_MIN(tcp->pmtu.next_us, path->until_us);
	tcp_wheel_wake(&tcp->wheel, tcp->pmtu.next_us);
}

/* The least that is believed. */
static uint16_t
least_of(const struct tcp_conn *conn)
{
	return is_ipv4(conn) ? TCP_PMTU_MIN : TCP_PMTU_MIN_IPV6;
}

/* RFC 6691: options take their room from the payload. */
static uint16_t
mss_of(const struct tcp_conn *conn, uint16_t mtu)
{
	return RTE_MIN(conn->mss_max, (uint16_t)(mtu - headers_of(conn)));
}

static uint16_t
headers_of(const struct tcp_conn *conn)
{
	return TCP_IPV4_HEADERS + (is_ipv4(conn) ? 0 : TCP_IPV6_MORE) +
	       (conn->timestamps ? TCP_TIMESTAMPS_BYTES : 0);
}

/* Most that SACK takes (RFC 2018 section 3), beside payload that leaves the room. */
static uint32_t
sack_bytes(const struct tcp_conn *conn)
{
	uint32_t blocks = RTE_MIN(conn->reassembly.nb, conn->timestamps ? 3u : 4u);

	return conn->sack && blocks > 0 ? 4 + 8 * blocks : 0;
}

static void
set_mss(struct tcp_conn *conn, uint16_t mss)
{
	conn->mss = mss;
	/* What is less than a segment would send none. */
	conn->congestion.cwnd = RTE_MAX(conn->congestion.cwnd, (uint32_t)mss);
	chain_set_segment_bytes(&conn->chain, mss);
}

/* RFC 1191 section 7: the next smaller MTU that is common. */
static uint16_t
plateau(uint16_t bytes)
{
	static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006};
	unsigned int i;

	for (i = 0; i < RTE_DIM(plateaus); i++)
		if (plateaus[i] < bytes)
			return plateaus[i];
	return TCP_PMTU_MIN;
}

/* Keyed: nobody is to know whose place is whose. */
static struct tcp_pmtu_path *
place(const struct tcp_conn *conn)
{
	const struct tcp_flow *flow = &conn->flow;
	uint64_t hash = tcp_isn_siphash(conn->tcp->secret, flow->remote_addr.bytes,
					sizeof(flow->remote_addr.bytes));

	return &conn->tcp->pmtu.paths[hash % TCP_PMTU_PATHS];
}

static bool
is_known(const struct tcp_conn *conn, const struct tcp_pmtu_path *path)
{
	return path->until_us > conn->tcp->now_us &&
	       tr_addr_is_same(&path->addr, &conn->flow.remote_addr);
}

/* What another connection found out since is not. */
static bool
is_old(const struct tcp_conn *conn, const struct tcp_pmtu_path *path)
{
	return path->until_us != 0 && path->until_us <= conn->tcp->pmtu.old_us &&
	       tr_addr_is_same(&path->addr, &conn->flow.remote_addr);
}

static bool
is_ipv4(const struct tcp_conn *conn)
{
	return tr_addr_is_ipv4(&conn->flow.remote_addr);
}
