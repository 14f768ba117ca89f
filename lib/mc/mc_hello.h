/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * MCBP's HELLO, by which a client asks for features of the protocol: its value is a list of them,
 * two bytes each, and the answer's value lists those that it gets.
 *
 * Granted is what the server does, and nothing else: unordered execution, and that responses do not
 * wait for the acknowledgment of earlier ones (they never do).
 *
 * Threads: the core that owns the connection.
 */
#ifndef MC_HELLO_H
#define MC_HELLO_H

#include <stdint.h>

#include "tr_protocol.h"

/** Most bytes of a list. */
#define MC_HELLO_LIST_MAX 128

/** Features that mc knows; all below 64. */
enum mc_hello_feature { MC_HELLO_TCP_NODELAY = 0x03, MC_HELLO_UNORDERED_EXECUTION = 0x0e };

/**
 * Of a list of features (@p len bytes, even) those that the client gets: a bit for each. Keeps them
 * in the request's protocol_data for the answer.
 */
uint64_t mc_hello_grant(struct tr_request *request, const uint8_t *features, uint32_t len);

/** Write the answer to a HELLO. As tr_protocol_ops.compose. */
int mc_hello_compose(const struct tr_request *request, struct tr_chain *chain);

#endif /* MC_HELLO_H */
