/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * memcached's binary protocol: what a packet begins with, its status codes and its commands.
 *
 * Threads: constant data.
 */
#ifndef MC_BINARY_H
#define MC_BINARY_H

#include <stdint.h>

#include <rte_byteorder.h>

#include "tr_engine.h"

#define MC_BINARY_MAGIC_REQUEST 0x80
#define MC_BINARY_MAGIC_RESPONSE 0x81

/** First bytes of each packet; network order. */
struct mc_binary_header {
	uint8_t magic;
	uint8_t opcode;
	rte_be16_t key_len;
	uint8_t extras_len;
	uint8_t datatype;
	rte_be16_t status; /* of a response; a request has its vbucket here */
	rte_be32_t body_len; /* of extras, key and value */
	uint32_t opaque; /* comes back as it was */
	rte_be64_t cas;
};

_Static_assert(sizeof(struct mc_binary_header) == 24, "a binary header is 24 bytes");

/** Status codes. */
enum mc_binary_status {
	MC_BINARY_OK = 0x00,
	MC_BINARY_NOT_FOUND = 0x01,
	MC_BINARY_EXISTS = 0x02,
	MC_BINARY_TOO_LARGE = 0x03,
	MC_BINARY_INVALID = 0x04,
	MC_BINARY_NOT_STORED = 0x05,
	MC_BINARY_BAD_DELTA = 0x06,
	MC_BINARY_UNKNOWN_COMMAND = 0x81,
	MC_BINARY_NO_MEMORY = 0x82,
	MC_BINARY_NOT_SUPPORTED = 0x83,
	MC_BINARY_BUSY = 0x86
};

/** Commands that mc itself knows by name. */
enum mc_binary_opcode {
	MC_BINARY_GET = 0x00,
	MC_BINARY_SET = 0x01,
	MC_BINARY_ADD = 0x02,
	MC_BINARY_REPLACE = 0x03,
	MC_BINARY_DELETE = 0x04,
	MC_BINARY_INCREMENT = 0x05,
	MC_BINARY_DECREMENT = 0x06,
	MC_BINARY_QUIT = 0x07,
	MC_BINARY_FLUSH = 0x08,
	MC_BINARY_GETQ = 0x09,
	MC_BINARY_NOOP = 0x0a,
	MC_BINARY_VERSION = 0x0b,
	MC_BINARY_GETK = 0x0c,
	MC_BINARY_GETKQ = 0x0d,
	MC_BINARY_APPEND = 0x0e,
	MC_BINARY_PREPEND = 0x0f,
	MC_BINARY_STAT = 0x10,
	MC_BINARY_SETQ = 0x11,
	MC_BINARY_ADDQ = 0x12,
	MC_BINARY_REPLACEQ = 0x13,
	MC_BINARY_DELETEQ = 0x14,
	MC_BINARY_INCREMENTQ = 0x15,
	MC_BINARY_DECREMENTQ = 0x16,
	MC_BINARY_QUITQ = 0x17,
	MC_BINARY_FLUSHQ = 0x18,
	MC_BINARY_APPENDQ = 0x19,
	MC_BINARY_PREPENDQ = 0x1a,
	MC_BINARY_VERBOSITY = 0x1b,
	MC_BINARY_TOUCH = 0x1c,
	MC_BINARY_GAT = 0x1d,
	MC_BINARY_GATQ = 0x1e,
	MC_BINARY_HELLO = 0x1f,
	MC_BINARY_GATK = 0x23,
	MC_BINARY_GATKQ = 0x24,
	MC_BINARY_OPCODES /* one more than the last */
};

#define MC_BINARY_KEY 0x01 /* has a key */
#define MC_BINARY_KEY_OPTIONAL 0x02 /* may have one */
#define MC_BINARY_VALUE 0x04 /* has a value, and stores it */
#define MC_BINARY_EXTRAS_OPTIONAL 0x08 /* may do without its extras */
#define MC_BINARY_QUIET 0x10 /* says nothing when all is well; a retrieval: on a miss */
#define MC_BINARY_REPLY_KEY 0x20 /* the answer has the key */
#define MC_BINARY_BARRIER 0x40 /* waits for all before it and holds back all after it */
#define MC_BINARY_CLOSE 0x80 /* ends the connection */
#define MC_BINARY_FEATURES 0x100 /* may have a value: a list of features */
#define MC_BINARY_REORDER 0x200 /* may be executed out of order, where that was negotiated */

/** What a command's packets look like. */
struct mc_binary_form {
	uint8_t known;
	uint8_t op; /* enum tr_engine_op; TR_ENGINE_OPS: answered without the engine */
	uint8_t extras_len;
	uint16_t flags; /* MC_BINARY_* */
};

/** The form of a command; @p known is 0 where there is no such command. */
const struct mc_binary_form *mc_binary_form(uint8_t opcode);

/** The binary status of an engine's, as memcached would answer this operation. */
uint16_t mc_binary_status(uint8_t op, uint16_t status);

/** Begin the header of a response: no extras, no key, no body, no cas. */
void mc_binary_header_init(struct mc_binary_header *header, const struct tr_request *request,
			   uint16_t status);

#endif /* MC_BINARY_H */
