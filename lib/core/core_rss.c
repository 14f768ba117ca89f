/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_rss.h"

#include <string.h>

#include <rte_byteorder.h>

static uint32_t key_window(const struct core_rss *rss, unsigned int bit);

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
core_rss_conn_owner(const struct core_rss *rss, const struct ip_ends *ends, rte_be16_t remote_port,
		    rte_be16_t local_port)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes =
		wire_flow_write(&ends->remote, &ends->local, remote_port, local_port, flow);

	return core_rss_owner(rss, core_rss_hash(rss, flow, bytes));
}
