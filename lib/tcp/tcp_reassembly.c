/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_reassembly.h"

#include "tcp_receive.h"
#include "tcp_seq.h"

static enum tcp_reassembly_verdict insert(struct rte_mempool *pool,
					  struct tcp_reassembly *reassembly, struct rte_mbuf *mbuf,
					  uint32_t seq, uint32_t entries_max);
static enum tcp_reassembly_verdict add(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
				       struct rte_mbuf *mbuf, struct tcp_reassembly_entry **link,
				       uint32_t seq, uint32_t entries_max);
static void remove_covered(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
			   struct tcp_reassembly_entry **link, uint32_t end);
static void free_entry(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
		       struct tcp_reassembly_entry **link);

struct rte_mempool *
tcp_reassembly_pool_create(const char *name, uint32_t entries, int socket)
{
	return rte_mempool_create(name, entries, sizeof(struct tcp_reassembly_entry), 0, 0, NULL,
				  NULL, NULL, NULL, socket,
				  RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
}

enum tcp_reassembly_verdict
tcp_reassembly_insert(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
		      struct rte_mbuf *mbuf, uint32_t seq, uint32_t entries_max)
{
	enum tcp_reassembly_verdict verdict = TCP_REASSEMBLY_DUPLICATE;
	enum tcp_reassembly_verdict one;
	struct rte_mbuf *next;
	uint32_t len;

	for (; mbuf != NULL; mbuf = next) {
		next = mbuf->next;
		len = mbuf->data_len;
		mbuf->next = NULL;
		mbuf->nb_segs = 1;
		mbuf->pkt_len = len;
		one = insert(pool, reassembly, mbuf, seq, entries_max);
		if (one == TCP_REASSEMBLY_FULL || verdict == TCP_REASSEMBLY_DUPLICATE)
			verdict = one;
		seq += len;
	}
	return verdict;
}

struct rte_mbuf *
tcp_reassembly_take(struct rte_mempool *pool, struct tcp_reassembly *reassembly, uint32_t seq,
		    uint32_t *len)
{
	struct tcp_reassembly_entry *entry;
	struct rte_mbuf *mbuf;
	uint32_t old;

	while ((entry = reassembly->head) != NULL && tcp_seq_le(entry->seq, seq)) {
		old = seq - entry->seq;
		if (old < entry->len) {
			mbuf = entry->mbuf;
			*len = entry->len - old;
			entry->mbuf = NULL;
			free_entry(pool, reassembly, &reassembly->head);
			tcp_receive_trim_front(&mbuf, old);
			return mbuf;
		}
		free_entry(pool, reassembly, &reassembly->head);
	}
	return NULL;
}

void
tcp_reassembly_cut(struct rte_mempool *pool, struct tcp_reassembly *reassembly, uint32_t end)
{
	struct tcp_reassembly_entry **link = &reassembly->head;
	struct tcp_reassembly_entry *entry;

	while ((entry = *link) != NULL && tcp_seq_lt(entry->seq, end)) {
		if (tcp_seq_gt(entry->seq + entry->len, end)) {
			entry->len = end - entry->seq;
			tcp_receive_truncate(entry->mbuf, entry->len);
		}
		link = &entry->next;
	}
	while (*link != NULL)
		free_entry(pool, reassembly, link);
}

void
tcp_reassembly_purge(struct rte_mempool *pool, struct tcp_reassembly *reassembly)
{
	while (reassembly->head != NULL)
		free_entry(pool, reassembly, &reassembly->head);
}

void
tcp_reassembly_sack(const struct tcp_reassembly *reassembly, struct wire_tcp_options *options,
		    unsigned int max)
{
	const struct tcp_reassembly_entry *entry = reassembly->head;
	uint32_t stamps[WIRE_TCP_SACK_MAX];
	uint32_t left, right, stamp;
	unsigned int nb = 0;
	unsigned int i;

	max = RTE_MIN(max, (unsigned int)WIRE_TCP_SACK_MAX);
	while (entry != NULL && max > 0) {
		/* A block is a run of segments without a gap, as new as the newest of them. */
		left = entry->seq;
		right = left;
		stamp = entry->stamp;
		for (; entry != NULL && entry->seq == right; entry = entry->next) {
			right += entry->len;
			stamp = tcp_seq_max(stamp, entry->stamp);
		}
		if (nb == max && tcp_seq_lt(stamp, stamps[nb - 1]))
			continue;
		i = nb < max ? nb++ : nb - 1;
		for (; i > 0 && tcp_seq_lt(stamps[i - 1], stamp); i--) {
			stamps[i] = stamps[i - 1];
			options->sack[i] = options->sack[i - 1];
		}
		stamps[i] = stamp;
		options->sack[i].left = left;
		options->sack[i].right = right;
	}
	options->nb_sack = nb;
}

/* A single mbuf. */
static enum tcp_reassembly_verdict
insert(struct rte_mempool *pool, struct tcp_reassembly *reassembly, struct rte_mbuf *mbuf,
       uint32_t seq, uint32_t entries_max)
{
	struct tcp_reassembly_entry **link = &reassembly->head;
	struct tcp_reassembly_entry *before = NULL;
	struct tcp_reassembly_entry *entry;
	uint32_t len = mbuf->data_len;
	uint32_t overlap;

	/* Past those that begin before it; the last of them may reach into it. */
	while ((entry = *link) != NULL && tcp_seq_le(entry->seq, seq)) {
		overlap = entry->seq + entry->len - seq;
		if ((int32_t)overlap >= (int32_t)len) {
			entry->stamp = ++reassembly->stamp;
			rte_pktmbuf_free(mbuf);
			return TCP_REASSEMBLY_DUPLICATE;
		}
		if ((int32_t)overlap > 0) {
			rte_pktmbuf_adj(mbuf, overlap);
			seq += overlap;
			len -= overlap;
		}
		before = entry;
		link = &entry->next;
	}
	remove_covered(pool, reassembly, link, seq + len);
	entry = *link;
	if (entry != NULL && tcp_seq_lt(entry->seq, seq + len)) {
		len = entry->seq - seq;
		tcp_receive_truncate(mbuf, len);
	}
	if (before != NULL && before->seq + before->len == seq &&
	    tcp_receive_gather(before->mbuf, mbuf)) {
		before->len += len;
		before->stamp = ++reassembly->stamp;
		rte_pktmbuf_free(mbuf);
		return TCP_REASSEMBLY_KEPT;
	}
	return add(pool, reassembly, mbuf, link, seq, entries_max);
}

static enum tcp_reassembly_verdict
add(struct rte_mempool *pool, struct tcp_reassembly *reassembly, struct rte_mbuf *mbuf,
    struct tcp_reassembly_entry **link, uint32_t seq, uint32_t entries_max)
{
	struct tcp_reassembly_entry *entry;
	void *object;

	if (mbuf->data_len == 0) {
		rte_pktmbuf_free(mbuf);
		return TCP_REASSEMBLY_DUPLICATE;
	}
	if (reassembly->nb >= entries_max || rte_mempool_get(pool, &object) < 0) {
		rte_pktmbuf_free(mbuf);
		return TCP_REASSEMBLY_FULL;
	}
	entry = object;
	entry->mbuf = mbuf;
	entry->seq = seq;
	entry->len = mbuf->data_len;
	entry->stamp = ++reassembly->stamp;
	entry->next = *link;
	*link = entry;
	reassembly->nb++;
	return TCP_REASSEMBLY_KEPT;
}

/* The new segment has all that these have, and takes one entry in place of many. */
static void
remove_covered(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
	       struct tcp_reassembly_entry **link, uint32_t end)
{
	while (*link != NULL && tcp_seq_le((*link)->seq + (*link)->len, end))
		free_entry(pool, reassembly, link);
}

static void
free_entry(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
	   struct tcp_reassembly_entry **link)
{
	struct tcp_reassembly_entry *entry = *link;

	*link = entry->next;
	reassembly->nb--;
	rte_pktmbuf_free(entry->mbuf);
	rte_mempool_put(pool, entry);
}
