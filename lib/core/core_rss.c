/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_rss.h"

#include <errno.h>
#include <string.h>

#include <sys/random.h>

#include <rte_byteorder.h>
#include <rte_common.h>

static void spread(uint8_t *key, unsigned int port_at);
static bool is_regular(const uint8_t *key, unsigned int lowest, unsigned int nb);
static bool key_bit(const uint8_t *key, unsigned int at);
static uint32_t key_window(const struct core_rss *rss, unsigned int bit);

int
core_rss_key_draw(uint8_t key[CORE_RSS_KEY_BYTES])
{
	if (getrandom(key, CORE_RSS_KEY_BYTES, 0) != CORE_RSS_KEY_BYTES)
		return -EIO;
	/* What comes in has the peer's port behind the addresses. */
	spread(key, WIRE_FLOW_IPV4_FRAGMENT_BYTES);
	spread(key, WIRE_FLOW_IPV6_FRAGMENT_BYTES);
	return 0;
}

/*
 * To bit i of the hash, from the lowest, bit j of the port adds the bit of the key that is i + j in
 * front of one. The lowest n bits of ports are to give all there is to the lowest n of hashes: a
 * matrix that is regular for every n. The last element of the matrix of n makes it so, if it has
 * to be the other one, as the matrix of n - 1 is regular.
 */
static void
spread(uint8_t *key, unsigned int port_at)
{
	const unsigned int lowest = 8 * (port_at + sizeof(rte_be16_t)) - 1 + 31;
	unsigned int nb, last;

	for (nb = 1; nb <= rte_log2_u32(CORE_RSS_ENTRIES); nb++) {
		last = lowest - 2 * (nb - 1);
		if (!is_regular(key, lowest, nb))
			key[last / 8] ^= 0x80 >> last % 8;
	}
}

/* Whether the matrix of nb rows and columns is, by elimination. */
static bool
is_regular(const uint8_t *key, unsigned int lowest, unsigned int nb)
{
	uint32_t rows[32] = {0};
	unsigned int i, j;

	for (i = 0; i < nb; i++)
		for (j = 0; j < nb; j++)
			rows[i] |= (uint32_t)key_bit(key, lowest - i - j) << j;
	for (j = 0; j < nb; j++) {
		for (i = j; i < nb && !(rows[i] >> j & 1); i++)
			;
		if (i == nb)
			return false;
		RTE_SWAP(rows[i], rows[j]);
		for (i = j + 1; i < nb; i++)
			if (rows[i] >> j & 1)
				rows[i] ^= rows[j];
	}
	return true;
}

static bool
key_bit(const uint8_t *key, unsigned int at)
{
	return key[at / 8] & (0x80 >> at % 8);
}

void
core_rss_init(struct core_rss *rss, const uint8_t key[CORE_RSS_KEY_BYTES], uint16_t nb_cores)
{
	unsigned int at, bit, value;

	RTE_BUILD_BUG_ON(WIRE_FLOW_BYTES_MAX + sizeof(uint32_t) > CORE_RSS_KEY_BYTES_MIN);
	memcpy(rss->key, key, sizeof(rss->key));
	rss->nb_cores = nb_cores;
	rss->entries = CORE_RSS_ENTRIES;
	memset(rss->sums, 0, sizeof(rss->sums));
	for (at = 0; at < WIRE_FLOW_BYTES_MAX; at++)
		for (value = 0; value <= UINT8_MAX; value++)
			for (bit = 0; bit < 8; bit++)
				if (value & (0x80 >> bit))
					rss->sums[at][value] ^= key_window(rss, 8 * at + bit);
}

/* The 32 bits of the key that begin at a bit: what this bit of a flow adds, if it is set. */
static uint32_t
key_window(const struct core_rss *rss, unsigned int bit)
{
	rte_be32_t word;
	uint64_t window;

	memcpy(&word, &rss->key[bit / 8], sizeof(word));
	window = (uint64_t)rte_be_to_cpu_32(word) << 8 | rss->key[bit / 8 + sizeof(word)];
	return (uint32_t)(window >> (8 - bit % 8));
}

uint32_t
core_rss_hash(const struct core_rss *rss, const uint8_t *flow, unsigned int bytes)
{
	uint32_t hash = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		hash ^= rss->sums[i][flow[i]];
	return hash;
}

uint16_t
core_rss_frame_owner(const struct core_rss *rss, const struct rte_mbuf *mbuf)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes =
		wire_flow_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, flow);

	if (bytes == 0)
		return CORE_RSS_NO_CORE;
	return core_rss_owner(rss, core_rss_hash(rss, flow, bytes));
}

uint16_t
core_rss_packet_owner(const struct core_rss *rss, const struct rte_mbuf *mbuf,
		      const struct ip_packet *packet)
{
	const struct ip_ends ends = {.remote = packet->src, .local = packet->dst};
	rte_be16_t ports[2];

	if (packet->bytes < sizeof(ports))
		return CORE_RSS_NO_CORE;
	memcpy(ports, rte_pktmbuf_mtod(mbuf, const void *), sizeof(ports));
	return core_rss_conn_owner(rss, &ends, ports[0], ports[1]);
}

uint16_t
core_rss_conn_owner(const struct core_rss *rss, const struct ip_ends *ends, rte_be16_t remote_port,
		    rte_be16_t local_port)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes =
		wire_flow_write(&ends->remote, &ends->local, remote_port, local_port, flow);

	return core_rss_owner(rss, core_rss_hash(rss, flow, bytes));
}
