/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The send chain as a protocol sees it: a byte queue of mbufs to append to.
 *
 * A chain belongs to one connection, and so to the core that owns it; no other thread may touch
 * it. What is appended is copied, but for large values, and leaves on the wire in order.
 */
#ifndef TR_CHAIN_H
#define TR_CHAIN_H

#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tr_chain;

/**
 * Append the concatenation of @p parts, all or nothing. The core.
 *
 * Fills the room left in the last mbuf, if that has not been handed to a device, then as many new
 * mbufs as the rest needs: none or one for a response that fits.
 *
 * @param chain
 *   Of a connection that this core owns.
 * @param parts
 *   Bytes to copy; still the caller's afterwards.
 * @param nb_parts
 *   How many parts.
 * @return
 *   0, or -ENOMEM when the pool has not enough mbufs: the chain is as it was.
 */
int tr_chain_append(struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts);

/**
 * Reserve room for a response, to write it where it will be sent from. The core.
 *
 * Followed at once, by the same caller, by tr_chain_commit() of what was written, a byte at least:
 * nothing else may happen to the chain in between, and nothing can, as the core alone touches it.
 *
 * @param chain
 *   Of a connection that this core owns.
 * @param bytes
 *   Most that will be written, a byte at least.
 * @return
 *   Where to write; NULL: the chain has no room for that in one piece, and tr_chain_append() is to
 *   be called, which fills what room there is and knows whether mbufs ran out.
 */
void *tr_chain_reserve(struct tr_chain *chain, uint32_t bytes);

/**
 * Append what was written to the room that tr_chain_reserve() gave. The core.
 *
 * @param chain
 *   The chain.
 * @param bytes
 *   How many were written, from 1 to what was reserved.
 */
void tr_chain_commit(struct tr_chain *chain, uint32_t bytes);

/** The chain has taken a value, and will release it. */
#define TR_CHAIN_TAKEN 1

/**
 * Append the concatenation of @p parts, one of which is a value that need not be copied, all or
 * nothing. The core.
 *
 * A large value is sent from where it is, if the port can do that and the bound on such values
 * allows it. Then its bytes must stay as they are until @p release has run: once, on the core, when
 * the peer has acknowledged them and the device is through with them, or the connection is gone.
 *
 * @param chain
 *   Of a connection that this core owns.
 * @param parts
 *   All but the value are copied, and still the caller's afterwards.
 * @param nb_parts
 *   How many parts.
 * @param value
 *   Which of the parts is the value.
 * @param release
 *   Gives the value back; NULL: nobody says how long it lives, so it is copied.
 * @param arg
 *   Its argument.
 * @return
 *   0: the value was copied, and is the caller's to release; TR_CHAIN_TAKEN: the chain releases it;
 *   -ENOMEM as from tr_chain_append(): the chain is as it was, and the value the caller's.
 */
int tr_chain_append_value(struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts,
			  unsigned int value, void (*release)(void *arg), void *arg);

/** Bytes in the chain: sent and not yet acknowledged, and not yet sent. The core. */
uint32_t tr_chain_bytes(const struct tr_chain *chain);

#ifdef __cplusplus
}
#endif

#endif /* TR_CHAIN_H */
