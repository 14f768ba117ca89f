/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a protocol is: a parser of bytes into requests and a composer of responses into bytes,
 * and the services that a core offers to it.
 *
 * Threads: everything here runs on the core that owns the connection.
 *
 * A request goes through these hands: request_get (the credit) → fill in → request_prepare (only
 * if it stores a value; then its bytes are copied to request->value) → request_start (an engine
 * executes it) or request_answer (the protocol knows the answer) → compose, once, in order →
 * request_done. What is started or answered is the core's: it may be gone when the call returns. A
 * request that got no further than request_prepare goes back with request_put.
 */
#ifndef TR_PROTOCOL_H
#define TR_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tr_chain.h"
#include "tr_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Contiguous bytes that a parser can count on seeing at once, if they have arrived. */
#define TR_PROTOCOL_SPAN 4096

/** A connection, as a protocol names it. */
struct tr_conn;

/** Waits for all requests of the connection before it, and holds back all after it. */
#define TR_PROTOCOL_BARRIER 0x01
/**
 * May execute and answer out of order among other such requests, where the client negotiated it.
 * Requests without it are a barrier to these, but not to each other.
 */
#define TR_PROTOCOL_UNORDERED 0x02

/** Services of a core to the protocol on it. One const table. */
struct tr_protocol_host {
	/**
	 * Take a request: the credit for one response.
	 *
	 * @return
	 *   A request with token, core, now_us and now_s set, op TR_ENGINE_OPS and all else zero
	 * but the key's bytes, which are not initialised; NULL: no credit. Then stop parsing before
	 *   this request; parse is called again when there is one.
	 */
	struct tr_request *(*request_get)(struct tr_conn *conn);

	/** Give back a request that was neither started nor answered, with what prepare gave. */
	void (*request_put)(struct tr_conn *conn, struct tr_request *request);

	/**
	 * Ask the engine where the value will live. Key, key_len, op, value_len, client_flags and
	 * datatype are set; hash is set here. At most one prepared request of a connection may be
	 * short of its start.
	 *
	 * @param body
	 *   Where the value begins, or will, in the bytes that parse was given: tells whether it
	 *   has arrived already.
	 * @param trailer_bytes
	 *   What must follow the value before the request can start, such as a line's end.
	 * @return
	 *   0: request->value is where the value's bytes go; -EAGAIN: no budget for the body yet,
	 *   stop parsing before this request (after request_put; parse is called again); else
	 *   the engine refused, and the request should be answered with the status in *status, or
	 *   become one that stores nothing and be started.
	 */
	int (*request_prepare)(struct tr_conn *conn, struct tr_request *request,
			       const uint8_t *body, uint32_t trailer_bytes,
			       enum tr_engine_status *status);

	/** Have the engine execute a complete request. @p order: TR_PROTOCOL_*. */
	void (*request_start)(struct tr_conn *conn, struct tr_request *request, unsigned int order);

	/**
	 * Answer a request that needs no engine; it takes its place among the others.
	 *
	 * @param response
	 *   Copied, but for what its value points to. Its token is set here.
	 */
	void (*request_answer)(struct tr_conn *conn, struct tr_request *request,
			       const struct tr_response *response, unsigned int order);

	/** Parse nothing more; close when all that was started has been answered and sent. */
	void (*close)(struct tr_conn *conn);

	/**
	 * All that was composed for the connection so far ends with urgent data (RFC 9293 section
	 * 3.8.5): the client is told so. From a compose of the connection, the last bytes of it
	 * must be in the chain. RFC 6093 advises new protocols against its use.
	 */
	void (*urgent)(struct tr_conn *conn);
};

/** What parse says besides the number of bytes it consumed. */
enum tr_protocol_verdict {
	TR_PROTOCOL_MORE, /**< Call again when more bytes are there than were offered. */
	TR_PROTOCOL_BLOCKED, /**< No credit or budget: call again with the same bytes. */
	TR_PROTOCOL_CLOSED /**< close() was called, or bytes do not matter any more. */
};

/** A protocol: one const table. */
struct tr_protocol_ops {
	/** The name that --listen takes. */
	const char *name;

	/** Bytes of state that each connection keeps for the protocol; at most 128. */
	size_t state_bytes;

	/**
	 * Create what all connections on one core share. Control thread.
	 *
	 * @param arg
	 *   As given with the listener.
	 * @param core
	 *   Index of the core.
	 * @return
	 *   Handed to the other functions, or NULL with rte_errno.
	 */
	void *(*create)(void *arg, unsigned int core);

	/** Free it. Control thread; no core runs any more. */
	void (*destroy)(void *protocol);

	/** A connection was established. @p state is zeroed. */
	void (*open)(void *protocol, struct tr_conn *conn, void *state);

	/**
	 * The connection is gone: free what state points to. Unanswered requests live on; one that
	 * was prepared and not started, the core takes back.
	 */
	void (*closed)(void *protocol, void *state);

	/**
	 * Parse bytes into requests.
	 *
	 * Called with the first unconsumed bytes, contiguous: TR_PROTOCOL_SPAN of them, or all that
	 * have arrived if that is less, or any larger number. Goes on until they are used up, a
	 * request is incomplete, or the host has no credit.
	 *
	 * @param[out] consumed
	 *   Bytes that will not be offered again.
	 */
	enum tr_protocol_verdict (*parse)(void *protocol, const struct tr_protocol_host *host,
					  struct tr_conn *conn, void *state, const uint8_t *data,
					  size_t len, size_t *consumed);

	/**
	 * Write the bytes that answer a request, if any, to the chain: one tr_chain_append(), or
	 * one tr_chain_append_value() of the value of @p response, or one tr_chain_reserve() with
	 * its tr_chain_commit().
	 *
	 * @return
	 *   What that returned. 0: the core releases the value now; TR_CHAIN_TAKEN: the chain has
	 *   it, and releases it later; -ENOMEM: called again later with the same arguments.
	 */
	int (*compose)(void *protocol, void *state, const struct tr_request *request,
		       const struct tr_response *response, struct tr_chain *chain);

	/**
	 * The request is over, composed or not (its connection may have closed before): free what
	 * request->protocol_data points to. May be NULL.
	 */
	void (*request_done)(void *protocol, struct tr_request *request);

	/**
	 * The client says that urgent data comes, or that more of it does (RFC 9293 section 3.8.5).
	 * It comes to parse among the other bytes. May be NULL.
	 *
	 * @param bytes
	 *   Of those not consumed yet, how far it reaches; they may still be on their way.
	 */
	void (*urgent)(void *protocol, struct tr_conn *conn, void *state, uint32_t bytes);
};

#ifdef __cplusplus
}
#endif

#endif /* TR_PROTOCOL_H */
