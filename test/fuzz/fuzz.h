/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the fuzz targets share: bytes taken from the front of an input, and checks that end the
 * process, which is how libFuzzer learns of a defect.
 *
 * Each target is one file with fuzz_setup() and fuzz_run(). Linked with libFuzzer it is fed by it;
 * linked with fuzz_replay.c it runs the inputs of a file.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** What is left of an input. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/** Take bytes; 0 where the input has ended. Numbers are little-endian. */
uint8_t fuzz_8(struct fuzz_input *input);
uint16_t fuzz_16(struct fuzz_input *input);
uint32_t fuzz_32(struct fuzz_input *input);

/** Take up to @p max bytes as they are; returns how many, at *data. */
size_t fuzz_bytes(struct fuzz_input *input, size_t max, const uint8_t **data);

/** The target: before the first input, and for each. */
void fuzz_setup(void);
void fuzz_run(struct fuzz_input *input);

/** libFuzzer's names for these. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** End the process when a condition does not hold. */
#define fuzz_check(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(#condition, __FILE__, __LINE__);                                 \
	} while (0)

/** Print what was expected, and abort. */
_Noreturn void fuzz_fail(const char *expected, const char *file, int line);

#endif /* FUZZ_H */
