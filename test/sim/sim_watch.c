/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_watch.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "tcp_seq.h"
#include "wire_ipv4.h"
#include "wire_tcp.h"

/* A segment on its way from one end to the other. */
struct seen {
	struct wire_tcp header;
	uint32_t len;
	uint32_t end_seq;
	uint32_t edge; /* of the window it offers */
};

static const char *look(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf,
			unsigned int *index);
static void describe(struct sim_watch *watch, const struct sim_watch_side *from,
		     const struct sim_watch_side *to, const struct seen *seen);
static const char *check(struct sim_watch_side *from, struct sim_watch_side *to, struct seen *seen);
static void begin(struct sim_watch_side *from, struct sim_watch_side *to, const struct seen *seen);
static const char *check_ack(struct sim_watch_side *from, const struct sim_watch_side *to,
			     const struct seen *seen);
static bool came_twice(const struct sim_watch_side *to, const struct seen *seen);
static const char *check_sack(const struct sim_watch_side *to, const struct seen *seen);
static const char *check_window(struct sim_watch_side *from, const struct seen *seen);
static const char *check_data(struct sim_watch_side *from, const struct sim_watch_side *to,
			      const struct seen *seen);
static const char *check_timestamps(struct sim_watch_side *from, const struct sim_watch_side *to,
				    const struct wire_tcp_options *options);

void
sim_watch_init(struct sim_watch *watch, uint16_t first_port, uint16_t mtu)
{
	memset(watch, 0, sizeof(*watch));
	watch->first_port = first_port;
	watch->mtu = mtu;
}

void
sim_watch_frame(void *arg, unsigned int end, const struct rte_mbuf *mbuf)
{
	struct sim_watch *watch = arg;
	const char *wrong;
	unsigned int index = 0;

	if (watch->wrong != NULL)
		return;
	wrong = look(watch, end, mbuf, &index);
	if (wrong == NULL)
		return;
	watch->wrong = wrong;
	watch->wrong_conn = index;
	watch->wrong_end = end;
}

static const char *
look(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf, unsigned int *index)
{
	const uint8_t *data = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, RTE_ETHER_HDR_LEN);
	uint32_t bytes = mbuf->data_len - RTE_ETHER_HDR_LEN;
	struct rte_ether_hdr ether;
	struct sim_watch_side *sides;
	struct wire_ipv4 ip;
	struct seen seen = {0};
	const char *wrong;
	rte_be16_t port;

	/* Nothing is aligned here: payload decides where headers begin. */
	memcpy(&ether, rte_pktmbuf_mtod(mbuf, const void *), sizeof(ether));
	if (ether.ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		return NULL;
	if (wire_ipv4_parse(data, bytes, mbuf->pkt_len - RTE_ETHER_HDR_LEN, 1, &ip) != WIRE_IPV4_OK)
		return "sent an IP header that is wrong";
	if (ip.total_bytes > watch->mtu)
		return "sent a packet larger than the MTU";
	if (ip.protocol != IPPROTO_TCP)
		return NULL;
	if (wire_tcp_parse(data + ip.header_bytes, bytes - ip.header_bytes, &seen.header) !=
	    WIRE_TCP_OK)
		return "sent a TCP header that is wrong";
	port = end == 0 ? seen.header.src_port : seen.header.dst_port;
	*index = (uint16_t)(rte_be_to_cpu_16(port) - watch->first_port);
	if (*index >= SIM_WATCH_CONNS_MAX)
		return "sent a segment of a connection that nobody opened";
	seen.len = ip.total_bytes - ip.header_bytes - seen.header.header_bytes;
	sides = watch->conns[*index];
	wrong = check(&sides[end], &sides[1 - end], &seen);
	if (wrong != NULL)
		describe(watch, &sides[end], &sides[1 - end], &seen);
	return wrong;
}

/* Numbers relative to the SYNs. */
static void
describe(struct sim_watch *watch, const struct sim_watch_side *from,
	 const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp *header = &seen->header;

	snprintf(watch->segment, sizeof(watch->segment),
		 "flags %02x seq %u len %u ack %u edge %u; had sent to %u, edge %u; "
		 "peer had sent to %u, edge %u",
		 header->flags, header->seq - from->iss, seen->len, header->ack - to->iss,
		 seen->edge - to->iss, from->seq_max - from->iss, from->edge - to->iss,
		 to->seq_max - to->iss, to->edge - from->iss);
}

static const char *
check(struct sim_watch_side *from, struct sim_watch_side *to, struct seen *seen)
{
	const struct wire_tcp *header = &seen->header;
	const char *wrong = NULL;

	/* Whatever number a reset has, its receiver judges. */
	if (header->flags & WIRE_TCP_RST)
		return seen->len > 0 ? "sent data with a reset" : NULL;
	if (header->flags & WIRE_TCP_SYN && (!from->known || header->seq != from->iss))
		begin(from, to, seen);
	if (!from->known)
		return "sent before its SYN";
	seen->end_seq = header->seq + seen->len + !!(header->flags & WIRE_TCP_SYN) +
			!!(header->flags & WIRE_TCP_FIN);
	seen->edge = header->ack +
		     ((uint32_t)header->window << (header->flags & WIRE_TCP_SYN ? 0 : from->scale));
	if (header->flags & WIRE_TCP_ACK)
		wrong = check_ack(from, to, seen);
	else if (!(header->flags & WIRE_TCP_SYN))
		wrong = "sent neither ACK nor SYN";
	if (wrong == NULL)
		wrong = check_data(from, to, seen);
	if (wrong == NULL)
		wrong = check_timestamps(from, to, &header->options);
	return wrong;
}

/* A first SYN, or one of a connection after another on the same ports. */
static void
begin(struct sim_watch_side *from, struct sim_watch_side *to, const struct seen *seen)
{
	bool again = from->known;

	*from = (struct sim_watch_side){
		.known = true,
		.strict = !again,
		.iss = seen->header.seq,
		.seq_max = seen->header.seq,
		.scale = seen->header.options.window_scale,
		.timestamps = seen->header.options.has_timestamps,
		.ts_value = seen->header.options.ts_value,
	};
	if (again) {
		to->strict = false;
		to->offered = false;
	}
}

static const char *
check_ack(struct sim_watch_side *from, const struct sim_watch_side *to, const struct seen *seen)
{
	uint32_t ack = seen->header.ack;

	if (!to->known)
		return "acknowledged a connection that the other end does not have";
	if (!from->strict) {
		if (tcp_seq_le(ack, to->iss) || tcp_seq_gt(ack, to->seq_max))
			return NULL;
		from->strict = true;
	}
	if (tcp_seq_gt(ack, to->seq_max))
		return "acknowledged what was not sent";
	if (tcp_seq_le(ack, to->iss))
		return "acknowledged what was before the SYN";
	if (from->offered && tcp_seq_gt(ack, from->edge + 1))
		return "acknowledged what it had not offered to take";
	if (from->offered && tcp_seq_lt(ack, from->ack))
		return "took back an acknowledgment";
	from->ack = ack;
	if (check_sack(to, seen) != NULL)
		return check_sack(to, seen);
	return check_window(from, seen);
}

/*
 * RFC 2018 section 3: blocks are what was sent, and lie beyond a gap; but the first may be what
 * came twice (RFC 2883 section 4).
 */
static const char *
check_sack(const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp_options *options = &seen->header.options;
	unsigned int i;

	for (i = came_twice(to, seen); i < options->nb_sack; i++) {
		if (tcp_seq_le(options->sack[i].left, seen->header.ack) ||
		    tcp_seq_ge(options->sack[i].left, options->sack[i].right))
			return "sent a SACK block that is none";
		if (tcp_seq_gt(options->sack[i].right, to->seq_max))
			return "sent a SACK block of what was not sent";
	}
	return NULL;
}

/* It is acknowledged, or lies in the second. */
static bool
came_twice(const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp_options *options = &seen->header.options;
	uint32_t left = options->sack[0].left;
	uint32_t right = options->sack[0].right;

	if (options->nb_sack == 0 || tcp_seq_ge(left, right) || tcp_seq_le(left, to->iss))
		return false;
	if (tcp_seq_le(right, seen->header.ack))
		return true;
	return options->nb_sack > 1 && tcp_seq_ge(left, options->sack[1].left) &&
	       tcp_seq_le(right, options->sack[1].right);
}

/* RFC 9293 section 3.8.6: it never shrinks, but for what a scaled field cannot say (RFC 7323). */
static const char *
check_window(struct sim_watch_side *from, const struct seen *seen)
{
	uint32_t unsaid = (UINT32_C(1) << from->scale) - 1;

	/* Nor can a field that is full say more: the window of a SYN is not scaled. */
	if (from->offered && tcp_seq_lt(seen->edge + unsaid, from->edge) &&
	    seen->header.window != UINT16_MAX)
		return "took back what its window had offered";
	from->edge = from->offered ? tcp_seq_max(from->edge, seen->edge) : seen->edge;
	from->offered = true;
	return NULL;
}

/* One byte may lie beyond the window, as a probe (RFC 9293 section 3.8.6.1). */
static const char *
check_data(struct sim_watch_side *from, const struct sim_watch_side *to, const struct seen *seen)
{
	bool fin = seen->header.flags & WIRE_TCP_FIN;

	if (tcp_seq_gt(seen->header.seq, from->seq_max))
		return "left a gap";
	if (seen->end_seq != seen->header.seq && from->strict && to->strict && to->offered &&
	    tcp_seq_gt(seen->end_seq, to->edge + 1))
		return "sent more than the window takes";
	if (from->fin && tcp_seq_gt(seen->end_seq, from->fin_seq + 1))
		return "sent after its FIN";
	if (fin && from->fin && from->fin_seq != seen->end_seq - 1)
		return "sent a FIN somewhere else";
	if (fin) {
		from->fin = true;
		from->fin_seq = seen->end_seq - 1;
	}
	from->seq_max = tcp_seq_max(from->seq_max, seen->end_seq);
	return NULL;
}

/* RFC 7323 section 3.2: on all or none; and what is echoed was sent. */
static const char *
check_timestamps(struct sim_watch_side *from, const struct sim_watch_side *to,
		 const struct wire_tcp_options *options)
{
	if (!from->timestamps)
		return options->has_timestamps ? "sent timestamps unasked" : NULL;
	if (!options->has_timestamps)
		return "left out its timestamp";
	if (tcp_seq_lt(options->ts_value, from->ts_value))
		return "went back in time";
	from->ts_value = options->ts_value;
	if (to->known && to->strict && from->strict && options->ts_echo != 0 &&
	    tcp_seq_gt(options->ts_echo, to->ts_value))
		return "echoed a timestamp that was not sent";
	return NULL;
}
