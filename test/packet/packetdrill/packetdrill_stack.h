/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A stack between IP packets and a clock that moves when it is told to: what packetdrill tests.
 * Ethernet is taken away: whoever is asked for by ARP or neighbour discovery has an address at
 * once.
 *
 * Threads: the caller's lock.
 */
#ifndef PACKETDRILL_STACK_H
#define PACKETDRILL_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chain.h"
#include "ip.h"
#include "packetdrill_flags.h"
#include "packetdrill_habit.h"
#include "tcp.h"

/** An IP packet that the stack sent. */
struct packetdrill_packet {
	TAILQ_ENTRY(packetdrill_packet) link;
	uint64_t sent_us;
	uint32_t len;
	uint8_t data[];
};

/** The stack. */
struct packetdrill_stack {
	const struct packetdrill_flags *flags;
	uint64_t now_us;
	struct rte_mempool *mbufs; /* of all there is but chains */
	struct chain_pool chains;
	struct ip *ip;
	struct tcp *tcp;
	TAILQ_HEAD(packetdrill_sent, packetdrill_packet) sent; /* oldest first */
	struct packetdrill_habit habit;
	uint32_t burst; /* counts turns of output */
	uint16_t mss_max; /* of connections that open from now on; 0: as large as fits */
};

/**
 * Make it: EAL, pools, ip and tcp.
 *
 * @param flags
 *   Stay the caller's, and stay.
 * @return
 *   0 or -errno; packetdrill_stack_deinit() is right afterwards in either case.
 */
int packetdrill_stack_init(struct packetdrill_stack *stack, const struct packetdrill_flags *flags,
			   const struct tcp_events *events, void *events_arg);

/** Free everything but EAL. */
void packetdrill_stack_deinit(struct packetdrill_stack *stack);

/** Take an IP packet from the network. False: it is no IP packet, or mbufs ran out. */
bool packetdrill_stack_input(struct packetdrill_stack *stack, const void *data, size_t len);

/** Send what the connections have to send, at this time. */
void packetdrill_stack_output(struct packetdrill_stack *stack);

/** When a timer is due next, or UINT64_MAX. */
uint64_t packetdrill_stack_next_us(const struct packetdrill_stack *stack);

/** Move the clock on to @p now_us, which is not beyond the next timer, and run what is due. */
void packetdrill_stack_advance(struct packetdrill_stack *stack, uint64_t now_us);

/** The oldest packet that was sent, or NULL; free() it. */
struct packetdrill_packet *packetdrill_stack_take(struct packetdrill_stack *stack);

#endif /* PACKETDRILL_STACK_H */
