/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Flush: a new epoch begins, and items of an older one are dead. Each shard sees it at its next
 * operation and removes them as it meets them. Within a second, too, order decides and not the
 * clock: a store that executes after the flush was answered is of the new epoch.
 */
#include "dram.h"

static uint64_t
flush_word(uint32_t epoch, uint32_t moment_s)
{
	return (uint64_t)epoch << 32 | moment_s;
}

uint32_t
dram_flush_epoch(struct dram *dram, uint32_t now_s)
{
	uint64_t word = atomic_load_explicit(&dram->flush, memory_order_acquire);

	while ((uint32_t)word != 0 && (uint32_t)word <= now_s) {
		uint64_t next = flush_word((word >> 32) + 1, 0);

		if (atomic_compare_exchange_weak_explicit(
			    &dram->flush, &word, next, memory_order_acq_rel, memory_order_acquire))
			word = next;
	}
	return word >> 32;
}

void
dram_flush(struct dram *dram, const struct tr_request *request, struct tr_response *response)
{
	uint64_t word, next;

	/* A flush whose moment has come is not replaced by this one. */
	dram_flush_epoch(dram, request->now_s);
	word = atomic_load_explicit(&dram->flush, memory_order_relaxed);
	do {
		if (request->expiry_s > request->now_s)
			next = flush_word(word >> 32, request->expiry_s);
		else
			next = flush_word((word >> 32) + 1, 0);
	} while (!atomic_compare_exchange_weak_explicit(
		&dram->flush, &word, next, memory_order_acq_rel, memory_order_relaxed));
	response->status = TR_ENGINE_OK;
}
