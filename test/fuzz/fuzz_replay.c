/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Run the inputs of a corpus, each a line of hexadecimal digits, without libFuzzer. */
#include <string.h>

#include "fuzz.h"

static size_t decode(char *line, ssize_t len);

int
main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	unsigned int inputs = 0;
	size_t size = 0, len;
	char *line = NULL;
	uint8_t *exact;
	ssize_t chars;

	if (file == NULL) {
		fprintf(stderr, "usage: %s CORPUS.hex\n", argv[0]);
		return EXIT_FAILURE;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	while ((chars = getline(&line, &size, file)) > 0) {
		len = decode(line, chars);
		exact = malloc(len);
		fuzz_check(exact != NULL || len == 0);
		if (len > 0)
			memcpy(exact, line, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
		inputs++;
	}
	free(line);
	fclose(file);
	printf("%u inputs\n", inputs);
	return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* In place; returns the number of bytes. */
static size_t
decode(char *line, ssize_t len)
{
	unsigned int byte;
	ssize_t i;

	for (i = 0; i + 1 < len && sscanf(line + i, "%2x", &byte) == 1; i += 2)
		line[i / 2] = byte;
	return i / 2;
}
