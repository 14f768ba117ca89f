/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#define ARENA_BYTES (1 << 20)
#define SLOTS 512

static uint8_t arena[ARENA_BYTES] __rte_aligned(64);

static void
test_exact_fit_and_whole(void **state)
{
	struct dram_heap heap;
	void *memory, *other;

	(void)state;
	dram_heap_init(&heap, arena, sizeof(arena));
	assert_true(dram_heap_is_whole(&heap));
	memory = dram_heap_alloc(&heap, 1);
	assert_int_equal(dram_heap_block_bytes(memory), DRAM_BLOCK_MIN);
	assert_int_equal((uintptr_t)memory % DRAM_HEAP_ALIGN, 0);
	other = dram_heap_alloc(&heap, 100);
	assert_int_equal(dram_heap_block_bytes(other), 128);
	assert_false(dram_heap_is_whole(&heap));
	dram_heap_free(&heap, memory);
	/* The hole of the same size is taken before the rest is cut. */
	assert_ptr_equal(dram_heap_alloc(&heap, 16), memory);
	dram_heap_free(&heap, other);
	dram_heap_free(&heap, memory);
	assert_true(dram_heap_is_whole(&heap));
	fixture_check_heap(&heap);
}

static void
test_too_large(void **state)
{
	struct dram_heap heap;

	(void)state;
	dram_heap_init(&heap, arena, sizeof(arena));
	assert_null(dram_heap_alloc(&heap, ARENA_BYTES));
	assert_null(dram_heap_alloc(&heap, UINT32_MAX));
	assert_null(dram_heap_alloc(&heap, 1ull << 50));
	assert_false(dram_heap_has(&heap, ARENA_BYTES));
	assert_true(dram_heap_has(&heap, ARENA_BYTES / 2));
	assert_true(dram_heap_is_whole(&heap));
}

/* Neighbours merge in every order of frees. */
static void
test_merges(void **state)
{
	static const unsigned int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
						 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct dram_heap heap;
	void *memory[3];
	unsigned int i, j;

	(void)state;
	dram_heap_init(&heap, arena, sizeof(arena));
	for (i = 0; i < RTE_DIM(orders); i++) {
		for (j = 0; j < 3; j++)
			memory[j] = dram_heap_alloc(&heap, 1000 * (j + 1));
		/* Wherever the cursor is, a merge keeps it on a block. */
		heap.cursor = (struct dram_block *)((uint8_t *)memory[i % 3] - DRAM_BLOCK_HEADER);
		for (j = 0; j < 3; j++) {
			dram_heap_free(&heap, memory[orders[i][j]]);
			fixture_check_heap(&heap);
		}
		assert_true(dram_heap_is_whole(&heap));
	}
}

static uint32_t
random_bytes(void)
{
	switch (rand() % 8) {
	case 0:
		return rand() % 100000;
	case 1:
		return rand() % 10000;
	default:
		return rand() % 600;
	}
}

/* Allocations never overlap, say truly when there is no room, and leave nothing behind. */
static void
test_random_model(void **state)
{
	static struct {
		uint8_t *memory;
		uint32_t bytes;
		uint8_t pattern;
	} slots[SLOTS];
	struct dram_heap heap;
	unsigned int seed = 1, i, slot;
	uint32_t at, refused = 0;
	bool has;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	dram_heap_init(&heap, arena, sizeof(arena));
	for (i = 0; i < 50000; i++) {
		slot = rand() % SLOTS;
		if (slots[slot].memory != NULL) {
			for (at = 0; at < slots[slot].bytes; at++)
				if (slots[slot].memory[at] != slots[slot].pattern)
					fail_msg("step %u: overwritten", i);
			dram_heap_free(&heap, slots[slot].memory);
			slots[slot].memory = NULL;
		} else {
			slots[slot].bytes = random_bytes();
			slots[slot].pattern = rand();
			has = dram_heap_has(&heap, slots[slot].bytes);
			slots[slot].memory = dram_heap_alloc(&heap, slots[slot].bytes);
			assert_int_equal(has, slots[slot].memory != NULL);
			refused += !has;
			if (has)
				memset(slots[slot].memory, slots[slot].pattern, slots[slot].bytes);
		}
		if (i % 64 == 0)
			fixture_check_heap(&heap);
	}
	assert_true(refused > 0);
	for (slot = 0; slot < SLOTS; slot++)
		if (slots[slot].memory != NULL)
			dram_heap_free(&heap, slots[slot].memory);
	fixture_check_heap(&heap);
	assert_true(dram_heap_is_whole(&heap));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_fit_and_whole),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_merges),
		cmocka_unit_test(test_random_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
