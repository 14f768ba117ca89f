/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A TCP/IP stack at one end of a virtual wire, polled by hand.
 */
#ifndef SIM_STACK_H
#define SIM_STACK_H

#include "chain.h"
#include "core_port.h"
#include "ip.h"
#include "tcp.h"

struct sim_watch;

/** The stack and what it lives on. */
struct sim_stack {
	struct core_port *port;
	struct ip *ip;
	struct tcp *tcp;
	struct chain_pool chains;
	struct rte_mempool *mbufs; /* without payload */
	struct sim_watch *watch; /* of its answers to resets; NULL: none */
	uint64_t now_us; /* of this turn */
	struct ip_events ip_events;
};

/** What differs from stack to stack. */
struct sim_stack_config {
	const char *name; /* unique: of its pools */
	struct core_port *port;
	struct tr_addr addr;
	struct tr_addr ipv6; /* all zero: none */
	const struct tcp_events *events;
	void *events_arg;
	struct sim_watch *watch; /* looks at how it answers resets; NULL: nobody does */
	unsigned int nb_mbufs; /* of its send chains */
	unsigned int nb_segment_mbufs; /* for segments that cannot be sent in place; 0: 64 */
	unsigned int nb_control_mbufs; /* without payload; 0: 1024 */
	uint32_t receive_window_bytes;
	uint64_t seed;
	uint64_t now_us;
};

/** Create a stack; ends the process when memory is short. */
void sim_stack_init(struct sim_stack *stack, const struct sim_stack_config *config);

/** Free it. */
void sim_stack_deinit(struct sim_stack *stack);

/** One turn: rx, timers, output, tx. */
void sim_stack_poll(struct sim_stack *stack, uint64_t now_us);

/** When the next timer is due, or UINT64_MAX. */
uint64_t sim_stack_next_us(const struct sim_stack *stack);

/** Whether a stack has no connection left, nothing to transmit and nothing that waits for ARP. */
bool sim_stack_idle(struct ip *ip, const struct tcp *tcp);

#endif /* SIM_STACK_H */
