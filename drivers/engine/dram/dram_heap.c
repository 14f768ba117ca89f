/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_heap.h"

#include <stddef.h>
#include <string.h>

/* Sizes below this have a subclass for each multiple of the alignment. */
#define LINEAR_BYTES (DRAM_HEAP_ALIGN * DRAM_HEAP_SUBCLASSES)
#define LINEAR_BITS (DRAM_HEAP_SUBCLASS_BITS + 4)

/* Blocks of one list that a search looks at. */
#define LOOK_MAX 4

/* One list of free blocks. */
struct place {
	unsigned int class;
	unsigned int subclass;
};

static struct place place_of(uint64_t bytes);
static struct dram_block *find(const struct dram_heap *heap, uint64_t bytes);
static void list_insert(struct dram_heap *heap, struct dram_block *block, uint64_t bytes);
static void list_remove(struct dram_heap *heap, struct dram_block *block);
static void block_resize(struct dram_block *block, uint64_t bytes);

void
dram_heap_init(struct dram_heap *heap, void *base, uint64_t bytes)
{
	struct dram_block *block = base;

	memset(heap, 0, sizeof(*heap));
	heap->first = block;
	heap->cursor = block;
	heap->bytes = RTE_ALIGN_FLOOR(bytes, (uint64_t)DRAM_HEAP_ALIGN) - DRAM_BLOCK_HEADER;
	block->prev_bytes = 0;
	block_resize(block, heap->bytes);
	dram_block_next(block)->bytes = 0;
	list_insert(heap, block, heap->bytes);
}

void *
dram_heap_alloc(struct dram_heap *heap, uint64_t bytes)
{
	uint64_t need = dram_heap_block_for(bytes);
	struct dram_block *block = find(heap, need);
	struct dram_block *rest;
	uint64_t have;

	if (block == NULL)
		return NULL;
	list_remove(heap, block);
	have = dram_block_bytes(block);
	if (have - need < DRAM_BLOCK_MIN) {
		block->bytes = have;
		return dram_block_memory(block);
	}
	block_resize(block, need);
	rest = dram_block_next(block);
	block_resize(rest, have - need);
	list_insert(heap, rest, have - need);
	return dram_block_memory(block);
}

void
dram_heap_free(struct dram_heap *heap, void *memory)
{
	struct dram_block *block = (struct dram_block *)((uint8_t *)memory - DRAM_BLOCK_HEADER);
	struct dram_block *next = dram_block_next(block);
	struct dram_block *prev = (struct dram_block *)((uint8_t *)block - block->prev_bytes);
	uint64_t bytes = dram_block_bytes(block);

	if (dram_block_is_free(next)) {
		list_remove(heap, next);
		bytes += dram_block_bytes(next);
		if (heap->cursor == next)
			heap->cursor = block;
	}
	if (prev != block && dram_block_is_free(prev)) {
		list_remove(heap, prev);
		bytes += dram_block_bytes(prev);
		if (heap->cursor == block)
			heap->cursor = prev;
		block = prev;
	}
	block_resize(block, bytes);
	list_insert(heap, block, bytes);
}

bool
dram_heap_has(const struct dram_heap *heap, uint64_t bytes)
{
	return find(heap, dram_heap_block_for(bytes)) != NULL;
}

bool
dram_heap_is_whole(const struct dram_heap *heap)
{
	return heap->free_bytes == heap->bytes && dram_block_is_free(heap->first) &&
	       dram_block_bytes(heap->first) == heap->bytes;
}

static struct place
place_of(uint64_t bytes)
{
	unsigned int log2;

	if (bytes < LINEAR_BYTES)
		return (struct place){0, bytes / DRAM_HEAP_ALIGN};
	log2 = 63 - __builtin_clzll(bytes);
	return (struct place){log2 - LINEAR_BITS + 1, (bytes >> (log2 - DRAM_HEAP_SUBCLASS_BITS)) &
							      (DRAM_HEAP_SUBCLASSES - 1)};
}

/*
 * A free block that is large enough, or NULL. A list holds a range of sizes: of its own list only
 * the newest few are looked at, so that holes of one much used size are used again; else the search
 * goes up to the lists where each block will do.
 */
static struct dram_block *
find(const struct dram_heap *heap, uint64_t bytes)
{
	struct place place = place_of(bytes);
	struct dram_block *block;
	uint32_t subclasses;
	uint64_t classes;
	unsigned int i;

	if (place.class >= DRAM_HEAP_CLASSES)
		return NULL;
	block = heap->lists[place.class][place.subclass];
	for (i = 0; i < LOOK_MAX && block != NULL; i++, block = block->next_free)
		if (dram_block_bytes(block) >= bytes)
			return block;
	/* A shift by all 32 bits in two steps: the last subclass has none above it. */
	subclasses = heap->subclasses[place.class] & (UINT32_MAX << place.subclass << 1);
	if (subclasses == 0) {
		classes = heap->classes & (UINT64_MAX << (place.class + 1));
		if (classes == 0)
			return NULL;
		place.class = __builtin_ctzll(classes);
		subclasses = heap->subclasses[place.class];
	}
	return heap->lists[place.class][__builtin_ctz(subclasses)];
}

static void
list_insert(struct dram_heap *heap, struct dram_block *block, uint64_t bytes)
{
	struct place place = place_of(bytes);
	struct dram_block **list = &heap->lists[place.class][place.subclass];

	block->bytes = bytes | DRAM_BLOCK_FREE;
	block->prev_free = NULL;
	block->next_free = *list;
	if (*list != NULL)
		(*list)->prev_free = block;
	*list = block;
	heap->subclasses[place.class] |= 1u << place.subclass;
	heap->classes |= 1ull << place.class;
	heap->free_bytes += bytes;
}

static void
list_remove(struct dram_heap *heap, struct dram_block *block)
{
	uint64_t bytes = dram_block_bytes(block);
	struct place place = place_of(bytes);

	if (block->next_free != NULL)
		block->next_free->prev_free = block->prev_free;
	if (block->prev_free != NULL) {
		block->prev_free->next_free = block->next_free;
	} else {
		heap->lists[place.class][place.subclass] = block->next_free;
		if (block->next_free == NULL)
			heap->subclasses[place.class] &= ~(1u << place.subclass);
		if (heap->subclasses[place.class] == 0)
			heap->classes &= ~(1ull << place.class);
	}
	heap->free_bytes -= bytes;
}

/* Set the size of a block, and tell the one after it. */
static void
block_resize(struct dram_block *block, uint64_t bytes)
{
	block->bytes = bytes;
	dram_block_next(block)->prev_bytes = bytes;
}
