/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_cut.h"

#include <string.h>

#include <rte_debug.h>
#include <rte_ip.h>
#include <rte_tcp.h>

static struct rte_mbuf *copy(const struct rte_mbuf *frame, struct rte_mempool *mbufs,
			     uint32_t headers, uint32_t offset, uint32_t bytes);
static void write_lengths(struct rte_mbuf *piece, const struct rte_mbuf *frame, uint32_t offset,
			  bool last);
static void write_checksums(struct rte_mbuf *piece, const struct rte_mbuf *frame);

unsigned int
sim_cut(const struct rte_mbuf *frame, struct rte_mempool *mbufs, struct rte_mbuf **frames,
	unsigned int max)
{
	uint32_t headers = frame->l2_len + frame->l3_len + frame->l4_len;
	uint32_t offset, bytes, left;
	unsigned int nb = 0;

	if (!(frame->ol_flags & RTE_MBUF_F_TX_TCP_SEG)) {
		frames[0] = copy(frame, mbufs, frame->pkt_len, 0, 0);
		if (frames[0] == NULL)
			return 0;
		write_checksums(frames[0], frame);
		return 1;
	}
	RTE_VERIFY(frame->ol_flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6));
	RTE_VERIFY(frame->tso_segsz > 0 && frame->data_len >= headers);
	RTE_VERIFY(frame->pkt_len - frame->l2_len <= UINT16_MAX);
	for (offset = 0; headers + offset < frame->pkt_len; offset += bytes) {
		RTE_VERIFY(nb < max);
		left = frame->pkt_len - headers - offset;
		bytes = RTE_MIN(left, (uint32_t)frame->tso_segsz);
		frames[nb] = copy(frame, mbufs, headers, offset, bytes);
		if (frames[nb] == NULL)
			break;
		write_lengths(frames[nb], frame, offset, bytes == left);
		write_checksums(frames[nb++], frame);
	}
	return nb;
}

/* The headers, and so many bytes of payload from an offset on. */
static struct rte_mbuf *
copy(const struct rte_mbuf *frame, struct rte_mempool *mbufs, uint32_t headers, uint32_t offset,
     uint32_t bytes)
{
	struct rte_mbuf *piece = rte_pktmbuf_alloc(mbufs);
	const void *from;
	char *to;

	if (piece == NULL)
		return NULL;
	to = rte_pktmbuf_append(piece, headers + bytes);
	RTE_VERIFY(to != NULL);
	from = rte_pktmbuf_read(frame, 0, headers, to);
	if (from != to)
		memcpy(to, from, headers);
	to += headers;
	from = bytes > 0 ? rte_pktmbuf_read(frame, headers + offset, bytes, to) : to;
	if (from != to)
		memcpy(to, from, bytes);
	return piece;
}

/* CWR stays in all of them, as with some devices. */
static void
write_lengths(struct rte_mbuf *piece, const struct rte_mbuf *frame, uint32_t offset, bool last)
{
	uint8_t *packet = rte_pktmbuf_mtod_offset(piece, uint8_t *, frame->l2_len);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(packet + frame->l3_len);
	uint16_t bytes = piece->pkt_len - frame->l2_len;

	if (frame->ol_flags & RTE_MBUF_F_TX_IPV4)
		((struct rte_ipv4_hdr *)packet)->total_length = rte_cpu_to_be_16(bytes);
	else
		((struct rte_ipv6_hdr *)packet)->payload_len =
			rte_cpu_to_be_16(bytes - frame->l3_len);
	tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + offset);
	if (!last)
		tcp->tcp_flags &= ~(RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG);
}

/* The place of TCP's holds the sum of the pseudo header, of a large segment without the length. */
static void
write_checksums(struct rte_mbuf *piece, const struct rte_mbuf *frame)
{
	uint8_t *packet = rte_pktmbuf_mtod_offset(piece, uint8_t *, frame->l2_len);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(packet + frame->l3_len);
	uint32_t bytes = piece->pkt_len - frame->l2_len - frame->l3_len;
	bool large = frame->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	uint32_t sum;

	if (frame->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
		RTE_VERIFY(((struct rte_ipv4_hdr *)packet)->hdr_checksum == 0);
		((struct rte_ipv4_hdr *)packet)->hdr_checksum =
			~rte_raw_cksum(packet, frame->l3_len);
	}
	if ((frame->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM) {
		sum = rte_raw_cksum(tcp, bytes) + (large ? rte_cpu_to_be_16(bytes) : 0);
		tcp->cksum = ~((sum & 0xffff) + (sum >> 16));
	}
}
