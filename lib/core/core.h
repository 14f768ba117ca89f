/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A core: the run-to-completion loop that owns a queue of the port, the connections that come in
 * by it, their requests and their send chains.
 *
 * Data goes one way: port, ip, tcp, protocol, dispatch; submit, protocol, chain, tcp, ip, port.
 *
 * Threads: one runs core_poll(); everything in struct core is its own, but for the control ring
 * and for the counters, which any thread may read. create and destroy are for the control thread.
 */
#ifndef CORE_H
#define CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "chain.h"
#include "core_cycles.h"
#include "core_icmp_limit.h"
#include "core_port.h"
#include "core_stats.h"
#include "core_trace.h"
#include "engine.h"
#include "ip.h"
#include "submit.h"
#include "tcp.h"
#include "tr_core.h"
#include "tr_protocol.h"

/** Room for a protocol's state in a connection. */
#define CORE_PROTOCOL_STATE_BYTES 128

/** Ports that a core can listen on. */
#define CORE_LISTENERS_MAX 16

/** Requests of one connection in flight. */
#define CORE_CONN_REQUESTS_MAX 32

/** Requests of one connection in one turn, so that a pipeliner leaves some for the others. */
#define CORE_CONN_REQUESTS_TURN 64

/** Counts of keys in flight; a power of two. */
#define CORE_ORDER_SLOTS 2048

/** Values up to this size have a budget of their own. */
#define CORE_BODY_SMALL_BYTES (16 * 1024)

struct core;
struct core_ask;
struct core_steer;

/** Where a request stands. */
enum core_request_state {
	CORE_REQUEST_FREE,
	CORE_REQUEST_OPEN, /* the protocol fills it in; perhaps prepared */
	CORE_REQUEST_HELD, /* complete; waits for others of its connection */
	CORE_REQUEST_STARTED, /* the engine has it */
	CORE_REQUEST_ANSWERED, /* the response waits to be composed */
	CORE_REQUEST_TOLD, /* abandoned: the client was told, and the engine has it still */
};

/** A request, its place in the pipeline and its response. The object is the credit. */
struct core_request {
	struct tr_request request; /* first: protocols and engines hold a pointer to it */
	struct tr_conn *conn; /* NULL once the connection has closed */
	struct core_ask *ask; /* who asked, if no connection did */
	const struct tr_protocol_ops *ops;
	void *protocol;
	union {
		TAILQ_ENTRY(core_request) link; /* in conn->pipeline, or abandoned; in order */
		SLIST_ENTRY(core_request) free_link; /* in core->requests_free */
	};
	TAILQ_ENTRY(core_request) timed_link; /* in core->timed, while it is in time */
	uint64_t entered_us; /* the pipeline; set when timed */
	struct tr_response response; /* valid when answered, or when local */
	uint32_t body_bytes; /* charged to the budget */
	uint16_t order_slot; /* 1 + where its key is counted; 0: nowhere */
	uint8_t state; /* enum core_request_state */
	uint8_t order; /* TR_PROTOCOL_* */
	bool with_engine; /* which has not answered yet: it may read the request */
	bool timed; /* held for the engine, or with it: in core->timed, or abandoned */
	bool abandoned; /* overdue: the client is told of a temporary failure */
	bool local; /* needs no engine: response is there already */
	bool prepared; /* the engine gave memory that it has not got back */
} __rte_cache_aligned;

TAILQ_HEAD(core_pipeline, core_request);

/** What a connection waits for before it is parsed or composed on. */
enum core_wait {
	CORE_WAIT_NONE,
	CORE_WAIT_CREDIT,
	CORE_WAIT_BODY, /* budget for a value */
	CORE_WAIT_MEMORY, /* mbufs for a response */
	CORE_WAITS, /* those below have no queue: an event ends them */
	CORE_WAIT_SEND, /* its send queue */
	CORE_WAIT_OWN, /* its own requests in flight */
};

/**
 * A connection of a protocol. First what each request needs, then the protocol's state, and last
 * what few connections need: on a core with many each line of it is read from memory.
 */
struct tr_conn {
	struct core *core;
	struct tcp_conn *tcp;
	struct tr_chain *chain; /* what TCP sends */
	const struct tr_protocol_ops *ops;
	void *protocol;
	struct core_pipeline pipeline; /* requests in flight, in order */
	struct core_request *open; /* the one that is being parsed, if any */
	TAILQ_ENTRY(tr_conn) ready_link;
	TAILQ_ENTRY(tr_conn) send_link;
	uint64_t send_progress_us; /* when the send queue last moved as it should */
	uint64_t requests_total;
	uint32_t send_until; /* the sequence number whose acknowledgment is the next such move */
	uint16_t requests; /* in the pipeline */
	uint16_t nb_abandoned; /* on that list */
	uint16_t held; /* in the pipeline, not started */
	uint16_t nb_special; /* of both: barriers, and those that are unordered */
	uint16_t turn_requests; /* taken in this turn */
	uint8_t wait; /* enum core_wait */
	bool ready : 1; /* on the ready list */
	bool body : 1; /* on the body list */
	bool sending : 1; /* on the send list */
	bool closing : 1; /* parses nothing more */
	bool closed : 1; /* TCP was told to close */
	bool ordering : 1; /* core_order_run() is at it */
	bool peer_closed : 1; /* nothing more will come */
	uint8_t state[CORE_PROTOCOL_STATE_BYTES] __rte_aligned(16);
	struct core_pipeline abandoned; /* composed as failures, and not answered yet */
	TAILQ_ENTRY(tr_conn) wait_link;
	TAILQ_ENTRY(tr_conn) body_link;
	uint64_t body_progress_us; /* when the open request's value last moved */
	uint32_t body_moved; /* bytes parsed since body_progress_us */
} __rte_cache_aligned;

TAILQ_HEAD(core_conns, tr_conn);

/** A port that is listened on, with the protocol's instance for this core. */
struct core_listener {
	struct tr_addr addr; /* none: any of ours */
	rte_be16_t port;
	const struct tr_protocol_ops *ops;
	void *protocol;
};

/** What crosses to a core: a function that it runs between two turns. */
struct core_message {
	void (*run)(struct core *core, const struct core_message *message);
	void *arg;
	uint64_t data;
	union {
		struct ip_neighbour neighbour;
		struct ip_error error;
		struct ip_link_news link;
		struct ip_packet packet; /* in the mbuf that arg is */
	};
};

/** What core_create() needs. */
struct core_config {
	unsigned int index;
	unsigned int lcore;
	int socket;
	const struct tr_core_config *server; /* with its defaults filled in; copied */
	struct core_port *port;
	struct rte_mempool *rx_mbufs; /* of what is received, to watch; NULL: not watched */
	struct tr_submit *submit;
	uint8_t secret[16];
	uint64_t now_us; /* on the clock that core_poll() will be given */
	uint64_t unix_us; /* UNIX time at now_us 0 */
	const struct tr_engine *engine; /* ops NULL: none */
	const struct ip_events *ip_events; /* called with the core */
	void *owner; /* whoever runs the core: core does not look at it */
};

struct core {
	/* What every turn touches. */
	struct core_port *port;
	struct ip *ip;
	struct tcp *tcp;
	struct tr_submit *submit;
	struct tr_engine engine; /* ops NULL: none */
	uint64_t now_us;
	uint64_t stall_us; /* polled later than this, it has stalled */
	uint64_t grace_us; /* until then nothing is overdue: what came while it stalled is unread */
	uint32_t now_s; /* UNIX time */
	uint32_t credits_used;
	uint32_t credits_max;
	uint32_t credits_shared; /* the others are for connections with nothing in flight */
	uint32_t credits_given; /* the last are given to nobody while the engine keeps answering */
	struct core_conns ready; /* to be parsed in this turn */
	uint32_t nb_ready;
	struct core_conns waits[CORE_WAITS]; /* each in the order in which they are resumed */
	uint32_t wait_tries[CORE_WAITS]; /* how many may succeed since something was freed */
	uint32_t wait_count[CORE_WAITS];
	uint32_t nb_waiting; /* the sum of these */
	const uint8_t *span; /* what is being parsed, and how much is unread from there on */
	uint32_t span_unread;
	struct core_request *requests; /* by the index in their token */
	SLIST_HEAD(, core_request) requests_free; /* first what was used last: CPUs cache it */
	struct tr_conn *conns; /* by the ids of TCP */
	uint32_t nb_conns; /* of them, in use */
	struct rte_ring *control;
	atomic_bool stop; /* any thread sets it, and wakes the core */
	atomic_bool drained; /* after stop: it goes on for the cores that it passes frames to */
	atomic_bool ended; /* after that: it gives its port nothing any more */
	struct core_stats stats;

	/* Values that are prepared and not executed. */
	uint64_t body_bytes[2]; /* large, small */
	uint64_t body_incomplete[2]; /* of these, not arrived */
	uint64_t body_abandoned[2]; /* of requests that the engine has past their time */
	uint32_t body_requests; /* whose value has not arrived */
	struct core_conns bodies; /* with such a request, least recent progress first */
	struct core_conns sending; /* with unacknowledged bytes, least recent progress first */

	uint32_t order_keys[CORE_ORDER_SLOTS]; /* requests in flight, by connection and key */
	struct core_pipeline timed; /* requests held for the engine or with it, oldest first */
	uint32_t nb_abandoned; /* that the engine has past their time */

	struct core_cycles cycles; /* where the time goes */

	/* Seldom touched. */
	unsigned int index;
	unsigned int lcore;
	void *owner;
	struct core_steer *steer; /* NULL: its queue brings what is its own */
	uint64_t key_seed; /* secret: nobody is to know which keys share a hash */
	uint64_t unix_us;
	uint64_t memory_retry_us;
	uint64_t pressure_check_us;
	uint16_t tx_refusals; /* times in a row that the port took nothing; see core_port.h */
	struct core_icmp_limit icmp_handed; /* errors about no connection of this core */
	struct tr_core_config config;
	struct chain_pool chains;
	struct rte_mempool *control_mbufs;
	struct rte_mempool *rx_mbufs;
	/* Those to watch: rx_mbufs, or the ones of all queues where frames are steered. */
	struct rte_mempool *const *rx_pools;
	unsigned int nb_rx_pools;
	struct core_listener listeners[CORE_LISTENERS_MAX];
	unsigned int nb_listeners;
	struct core_trace *traces[CORE_TRACES_MAX]; /* of connections of this core; or NULL */
	bool listening;
	bool asked; /* the engine has a request that no connection made */
	enum tcp_pressure pressure; /* what TCP was told: receive mbufs run dry */
	uint8_t scratch[TR_PROTOCOL_SPAN];
};

/** Create a core; NULL with rte_errno. */
struct core *core_create(const struct core_config *config);

/**
 * Free a core, its connections and its requests. Control messages that wait are run first;
 * responses that are in the submit rings are released, and so are the values in send chains.
 * Nothing is sent any more, and the port must have given back all that it was given: it is closed,
 * or idle. Before its engine is destroyed.
 */
void core_destroy(struct core *core);

/**
 * One turn: control, rx, timers, submit, tx.
 *
 * @return
 *   How much was done; 0: nothing.
 */
unsigned int core_poll(struct core *core, uint64_t now_us);

/**
 * Until when the core may sleep if nothing else wakes it: the caller does. Coming back much later
 * is a stall, as it is to pass a long time between two turns without having asked.
 */
uint64_t core_sleep_until_us(struct core *core);

/** When a timeout is declared that ends at @p us: not before what a stall kept waiting is seen. */
static inline uint64_t
core_due_us(const struct core *core, uint64_t us)
{
	return RTE_MAX(us, core->grace_us);
}

/**
 * Listen on one more port, as soon as the core accepts connections; the protocol's instance is
 * then the core's. 0, -EADDRINUSE or -ENOSPC.
 */
int core_listen(struct core *core, const struct core_listener *listener);

/** What core_listen() would say. */
int core_can_listen(struct core *core, const struct core_listener *listener);

/** Accept connections on all ports, or no more and close those there are, in good order. */
void core_set_listening(struct core *core, bool listening);

/** Whether every connection has been closed as far as the peer's help is not needed. */
bool core_is_drained(struct core *core);

/** Reset every connection. */
void core_abort(struct core *core);

#endif /* CORE_H */
