/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "fuzz.h"

#include <rte_common.h>

#include "test_eal.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* What the helpers of the unit tests assert counts outside of cmocka, too. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	test_eal_init();
	fuzz_setup();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};

	fuzz_run(&input);
	fuzz_check(test_pools_lacking() == 0);
	return 0;
}

uint8_t
fuzz_8(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

uint16_t
fuzz_16(struct fuzz_input *input)
{
	uint8_t low = fuzz_8(input);

	return low | fuzz_8(input) << 8;
}

uint32_t
fuzz_32(struct fuzz_input *input)
{
	uint16_t low = fuzz_16(input);

	return low | (uint32_t)fuzz_16(input) << 16;
}

size_t
fuzz_bytes(struct fuzz_input *input, size_t max, const uint8_t **data)
{
	size_t nb = RTE_MIN(max, input->left);

	*data = input->at;
	input->at += nb;
	input->left -= nb;
	return nb;
}

void
fuzz_fail(const char *expected, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, expected);
	abort();
}
