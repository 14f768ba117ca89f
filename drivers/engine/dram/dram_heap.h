/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A heap inside a given stretch of memory: two-level segregated fit, every call in constant time.
 *
 * The stretch is a row of blocks, each behind a 16-byte header, that ends in an empty one. Free
 * blocks hang on lists by size class; two bitmaps name the lists that are not empty. Two free
 * blocks never stand side by side.
 *
 * Threads: one owner. Others may only ask dram_heap_block_bytes() of memory that is allocated.
 */
#ifndef DRAM_HEAP_H
#define DRAM_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

/** Alignment of all that is given out, and the step between block sizes. */
#define DRAM_HEAP_ALIGN 16

/** Subclasses that a power of two is cut into: the sizes on one list differ by at most 1/32. */
#define DRAM_HEAP_SUBCLASS_BITS 5
#define DRAM_HEAP_SUBCLASSES (1 << DRAM_HEAP_SUBCLASS_BITS)

/** Classes: one for what is smaller than 512 bytes, then powers of two, up to 16 TiB. */
#define DRAM_HEAP_CLASSES 36

/** A block; its memory starts behind the two sizes. */
struct dram_block {
	uint64_t prev_bytes; /* size of the block before this one; 0: this is the first */
	uint64_t bytes; /* own size with this header; DRAM_BLOCK_FREE in the lowest bit */
	struct dram_block *next_free; /* these two only while it is free */
	struct dram_block *prev_free;
};

#define DRAM_BLOCK_FREE 1ul
#define DRAM_BLOCK_HEADER 16
#define DRAM_BLOCK_MIN sizeof(struct dram_block)

/** A heap. */
struct dram_heap {
	struct dram_block *first;
	struct dram_block *cursor; /* where a walk goes on; kept on a block by merges */
	uint64_t bytes; /* of all blocks */
	uint64_t free_bytes;
	uint64_t classes; /* bit set: class has a list that is not empty */
	uint32_t subclasses[DRAM_HEAP_CLASSES];
	struct dram_block *lists[DRAM_HEAP_CLASSES][DRAM_HEAP_SUBCLASSES];
};

/** Size of the block that holds @p bytes of memory. */
static inline uint64_t
dram_heap_block_for(uint64_t bytes)
{
	uint64_t block = RTE_ALIGN_CEIL(bytes + DRAM_BLOCK_HEADER, (uint64_t)DRAM_HEAP_ALIGN);

	return block < DRAM_BLOCK_MIN ? DRAM_BLOCK_MIN : block;
}

static inline void *
dram_block_memory(struct dram_block *block)
{
	return (uint8_t *)block + DRAM_BLOCK_HEADER;
}

static inline uint64_t
dram_block_bytes(const struct dram_block *block)
{
	return block->bytes & ~DRAM_BLOCK_FREE;
}

static inline bool
dram_block_is_free(const struct dram_block *block)
{
	return (block->bytes & DRAM_BLOCK_FREE) != 0;
}

/** The block after this one; the last one, of size 0, is never free and has none. */
static inline struct dram_block *
dram_block_next(struct dram_block *block)
{
	return (struct dram_block *)((uint8_t *)block + dram_block_bytes(block));
}

/** Size of the block behind allocated memory, header included. Any thread. */
static inline uint64_t
dram_heap_block_bytes(const void *memory)
{
	const uint8_t *block = (const uint8_t *)memory - DRAM_BLOCK_HEADER;

	return dram_block_bytes((const struct dram_block *)block);
}

/**
 * Make a heap of a stretch of memory.
 *
 * @param base
 *   Aligned to DRAM_HEAP_ALIGN.
 * @param bytes
 *   At least DRAM_BLOCK_MIN and a header.
 */
void dram_heap_init(struct dram_heap *heap, void *base, uint64_t bytes);

/** Allocate; NULL when no free block is large enough. */
void *dram_heap_alloc(struct dram_heap *heap, uint64_t bytes);

/** Free what dram_heap_alloc() gave. */
void dram_heap_free(struct dram_heap *heap, void *memory);

/** Whether dram_heap_alloc() would succeed. */
bool dram_heap_has(const struct dram_heap *heap, uint64_t bytes);

/** Whether nothing is allocated. */
bool dram_heap_is_whole(const struct dram_heap *heap);

#endif /* DRAM_HEAP_H */
