/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Binary packets, written down in tests and appended to a buffer.
 */
#ifndef MC_TEST_BINARY_H
#define MC_TEST_BINARY_H

#include <stddef.h>
#include <stdint.h>

#include "mc_binary.h"

/** Bytes that grow. */
struct mc_test_bytes {
	size_t len;
	uint8_t bytes[64 * 1024];
};

/** A packet; the lengths are those of its parts, plus what the test adds to spoil them. */
struct mc_test_packet {
	uint8_t magic; /* 0: a request's */
	uint8_t opcode;
	uint16_t status;
	uint64_t cas;
	const char *extras; /* extras_len bytes */
	size_t extras_len;
	const char *key; /* a string; NULL: none */
	const char *value; /* a string, or value_len bytes; NULL: none */
	size_t value_len; /* 0: it is a string */
	int key_len_more;
	int extras_len_more;
	int64_t body_len_more;
};

/** Append a packet; its opaque is a hash of its opcode. */
void mc_test_packet(struct mc_test_bytes *bytes, const struct mc_test_packet *packet);

#endif /* MC_TEST_BINARY_H */
