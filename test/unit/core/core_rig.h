/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A core on a virtual wire, with a client stack at the other end, an engine that answers only
 * when the test says so, and a protocol of one-byte requests.
 *
 * The protocol: a small letter asks the engine for the key of that letter and is answered with
 * it; 'U' before it makes it unordered, and 'Q' quiet: told only if it fails. 'F' is a barrier that
 * the engine is asked for; another capital letter is a barrier that needs no engine. 'S' and three
 * decimal digits store that many kilobytes, which follow, but those that begin with '!' the
 * protocol refuses to store; '.' closes. A failure is told by '?'. A letter for which the test says
 * so is answered with a value behind it, in memory of its own.
 */
#ifndef CORE_RIG_H
#define CORE_RIG_H

#include "core.h"
#include "order_history.h"
#include "sim_stack.h"
#include "sim_wire.h"

/** Requests that the engine was given and has not answered. */
#define CORE_RIG_PENDING_MAX 512

/** Client connections. */
#define CORE_RIG_CONNS_MAX 48

struct core_rig;

/** One client connection, as the test sees it. */
struct core_rig_client {
	struct core_rig *rig;
	struct tcp_conn *tcp;
	bool open;
	bool ended;
	bool deaf; /* reads nothing: set by the test; ends with core_rig_read() */
	char received[65536]; /* what the server sent, as a string */
	uint32_t nb_received;
	uint32_t urgent_end; /* of urgent data: so many bytes will have been received */
};

/** Everything. */
struct core_rig {
	uint64_t now_us;
	struct sim_wire *wire;
	struct sim_stack stack;
	struct core *core;
	struct tr_submit *submit;
	struct tr_submit_producer *producer;
	struct tr_engine engine;
	struct tr_core_config config;
	struct core_rig_client clients[CORE_RIG_CONNS_MAX];
	/* The engine: what was executed, in order, and what waits for its answer. */
	char executed[4096]; /* letters */
	unsigned int nb_executed;
	struct tr_request *pending[CORE_RIG_PENDING_MAX];
	unsigned int nb_pending;
	unsigned int prepared; /* given and not taken back */
	unsigned int answered;
	unsigned int released;
	bool answer_at_once;
	uint32_t trailer_bytes; /* that the protocol says will follow a value */
	uint32_t value_bytes[26]; /* of the answer to each letter, beside the letter */
	struct order_history *history; /* where to record what happens, if set */
	bool answer_urgent; /* all that is composed is urgent */
	const struct tr_protocol_host *host; /* as parse was given */
	unsigned int nb_urgent; /* how often the protocol was told of urgent data */
	uint32_t urgent_bytes; /* and of how much, the last time */
	unsigned int nb_opened; /* connections to the core: numbers them in the history */
	/* What clients receive goes here, if set, and not to client->received. */
	void (*sink)(struct core_rig *rig, unsigned int index, const uint8_t *data, uint32_t len);
};

/** Where the protocol of one-byte requests is listened for, and where echo is. */
#define CORE_RIG_PORT 7
#define CORE_RIG_ECHO_PORT 8

/** Set up; zero fields of @p config mean a test's defaults. */
void core_rig_init(struct core_rig *rig, const struct tr_core_config *config);

/** The same, on a wire of one's own. */
void core_rig_init_wire(struct core_rig *rig, const struct tr_core_config *config,
			const struct sim_wire_config *wire, uint64_t seed);

/** The same, with an engine of one's own; it may have engine threads. */
void core_rig_init_engine(struct core_rig *rig, const struct tr_core_config *config,
			  const struct sim_wire_config *wire, uint64_t seed,
			  const struct tr_engine *engine);

/** Tear down, and check that the engine got everything back. */
void core_rig_deinit(struct core_rig *rig);

/** Tear down without giving the core another turn. */
void core_rig_free(struct core_rig *rig);

/** Let time go on until nothing moves, or for @p us at most. */
void core_rig_run(struct core_rig *rig, uint64_t us);

/** Open client connection @p index to the protocol of one-byte requests, and wait until it is. */
void core_rig_connect(struct core_rig *rig, unsigned int index);

/** The same, to a port: CORE_RIG_PORT or CORE_RIG_ECHO_PORT. */
void core_rig_connect_to(struct core_rig *rig, unsigned int index, uint16_t port);

/** The same without waiting. */
void core_rig_connect_begin(struct core_rig *rig, unsigned int index, uint16_t port);

/** Send bytes on a client connection, and let them arrive. */
void core_rig_send(struct core_rig *rig, unsigned int index, const void *data, size_t len);

/** The same, of a string. */
void core_rig_say(struct core_rig *rig, unsigned int index, const char *text);

/** Answer all pending requests, and let nothing arrive. */
void core_rig_answer_all(struct core_rig *rig);

/** A byte of the value that answers a letter. */
uint8_t core_rig_value_byte(char letter, uint32_t offset);

/** Let a client that was deaf read on. */
void core_rig_read(struct core_rig *rig, unsigned int index);

/** Answer the pending request whose key is this letter (the first of several), and let it arrive.
 */
void core_rig_answer(struct core_rig *rig, char key);

#endif /* CORE_RIG_H */
