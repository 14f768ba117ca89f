/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_steer.h"

#include <stdatomic.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

/*
 * Frames that may wait for an owner in all its rings together, and in one of them at least: few of
 * the mbufs that cores receive into.
 */
#define FRAMES_MAX 4096
#define RING_FRAMES_MIN 128

/* Frames of a core that wait for the first core to send them. */
#define RING_OUT_FRAMES 512

/* Frames that are passed at a time. */
#define PASS_BURST 32

/* Frames of a burst that are another core's. */
struct outbox {
	struct rte_mbuf *frames[PASS_BURST];
	unsigned int nb;
};

/*
 * Frames of one queue that are not counted before it is missing: the counters may be cleared after
 * one.
 */
#define UNCOUNTED_RX_MAX 2

/*
 * And frames that it took, since what stands before it may lose one. Between the first two the
 * first core sends so many bursts, and then each time four times as many.
 */
#define UNCOUNTED_TX_MAX 6
#define UNCOUNTED_TX_WAIT 4

/* What is known of a queue, one way. Peers are told apart by core_steer.peers. */
struct presence {
	unsigned int there; /* the peer that is known to have opened it */
	unsigned int peer; /* the one of which we know the rest */
	bool missing;
	bool been; /* there, for that peer or an earlier one */
	uint8_t uncounted; /* times in a row that it brought or took what was not counted */
	uint16_t wait; /* bursts that go another way before it is asked again */
};

struct steer_port {
	struct core_port port; /* what the core sees */
	struct core_steer *steer;
	struct core_stats *stats;
	struct rte_ring **inbox; /* by the core that passes */
	struct outbox *outbox; /* by the owner */
	struct presence brings; /* of our queue */
	struct presence takes;
	struct rte_ring *out; /* what the first core is to send for this one; NULL: it does */
	struct outbox *unsent; /* the first core's, of what it took from those: for one core */
	uint16_t refusals; /* times in a row that our queue took none of those */
	uint16_t core;
	uint16_t next; /* whose ring is looked into first */
} __rte_cache_aligned;

struct core_steer {
	struct core_steer_config config;
	atomic_uint peers;
	struct steer_port ports[];
};

static int create_port(struct core_steer *steer, uint16_t core);
static int create_out(struct steer_port *own);
static struct rte_ring *create_ring(unsigned int frames, int socket);
static void destroy_ring(struct rte_ring *ring);
static uint16_t steer_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t steer_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static uint16_t receive(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t send(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb);
static uint16_t send_first(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb);
static bool is_there(const struct steer_port *own, const struct presence *presence);
static bool look(struct steer_port *own, struct presence *presence, bool sent);
static void forget(const struct steer_port *own, struct presence *presence, unsigned int peer);
static void set_there(struct presence *presence);
static void send_for_others(struct steer_port *own);
static struct outbox *take_unsent(struct steer_port *own, uint16_t core);
static void remove_sent(struct outbox *unsent, uint16_t sent);
static uint16_t take(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t keep_own(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb);
static void pass(struct steer_port *own, uint16_t owner);
static bool has_frames(const struct rte_ring *ring);

/* Others' frames have half of a burst at least: a busy queue is not to keep them waiting. */
static uint16_t
steer_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct steer_port *own = container_of(port, struct steer_port, port);
	uint16_t taken = take(own, mbufs, max / 2);
	uint16_t nb;

	if (unlikely(own->unsent != NULL))
		send_for_others(own);
	if (likely(is_there(own, &own->brings)))
		nb = port->below->rx(port->below, mbufs + taken, max - taken);
	else
		nb = receive(own, mbufs + taken, max - taken);
	return taken + keep_own(own, mbufs + taken, nb);
}

/*
 * From a queue that has brought this peer's frames never yet, or is not there. One frame at a time
 * as long as that is not known: to read from one that is not there may take another's.
 */
static __rte_noinline uint16_t
receive(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t max)
{
	struct core_port *below = own->port.below;
	struct presence *brings = &own->brings;
	uint16_t nb;

	if (look(own, brings, false))
		return below->rx(below, mbufs, max);
	if (brings->missing)
		return 0;
	nb = below->rx(below, mbufs, RTE_MIN(max, 1));
	if (nb == 0)
		return 0;
	if (own->port.is_there(&own->port, false)) {
		set_there(brings);
		return nb;
	}
	brings->missing = ++brings->uncounted == UNCOUNTED_RX_MAX;
	own->stats->drop_queue_missing += nb;
	rte_pktmbuf_free_bulk(mbufs, nb);
	return 0;
}

static uint16_t
steer_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct steer_port *own = container_of(port, struct steer_port, port);

	if (likely(is_there(own, &own->takes)))
		return port->below->tx(port->below, mbufs, nb);
	return send(own, mbufs, nb);
}

/* What our queue is not known to take is the first core's to send. */
static __rte_noinline uint16_t
send(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct core_port *below = own->port.below;
	uint16_t passed;

	if (look(own, &own->takes, true))
		return below->tx(below, mbufs, nb);
	if (own->takes.wait > 0)
		own->takes.wait--;
	else if (!own->takes.missing && is_there(own, &own->brings) &&
		 send_first(own, mbufs, nb) > 0)
		return 1;
	passed = rte_ring_sp_enqueue_burst(own->out, (void **)mbufs, nb, NULL);
	if (passed > 0 && own->steer->config.wake != NULL)
		own->steer->config.wake(own->steer->config.wake_arg, 0);
	return passed;
}

/* One frame, to see what becomes of it. */
static uint16_t
send_first(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct core_port *below = own->port.below;
	struct presence *takes = &own->takes;
	uint16_t sent = below->tx(below, mbufs, RTE_MIN(nb, 1));

	if (sent == 0)
		return 0;
	if (own->port.is_there(&own->port, true)) {
		set_there(takes);
		return sent;
	}
	takes->missing = ++takes->uncounted == UNCOUNTED_TX_MAX;
	takes->wait = UNCOUNTED_TX_WAIT << 2 * (takes->uncounted - 1);
	return sent;
}

/* The one question of ordinary bursts. */
static inline bool
is_there(const struct steer_port *own, const struct presence *presence)
{
	return presence->there == atomic_load_explicit(&own->steer->peers, memory_order_relaxed);
}

/*
 * Whether it is there, if that is known. Of another peer than before nothing is, but that the first
 * queue is there always.
 */
static bool
look(struct steer_port *own, struct presence *presence, bool sent)
{
	unsigned int peer = atomic_load_explicit(&own->steer->peers, memory_order_acquire);

	if (presence->peer != peer) {
		forget(own, presence, peer);
		if (own->out != NULL && presence->been && own->port.is_there_unasked) {
			presence->missing = !own->port.is_there(&own->port, sent);
			if (!presence->missing)
				set_there(presence);
		}
	}
	return presence->there == presence->peer;
}

static void
forget(const struct steer_port *own, struct presence *presence, unsigned int peer)
{
	presence->peer = peer;
	presence->there = own->out == NULL ? peer : peer - 1;
	presence->missing = false;
	presence->uncounted = 0;
	presence->wait = 0;
}

static void
set_there(struct presence *presence)
{
	presence->there = presence->peer;
	presence->been = true;
	presence->uncounted = 0;
}

/* What our queue does not take waits, and the rings fill up. */
static void
send_for_others(struct steer_port *own)
{
	struct core_port *below = own->port.below;
	bool waits = false, took = false;
	struct outbox *unsent;
	uint16_t core, sent;

	for (core = 1; core < own->steer->config.rss->nb_cores; core++) {
		unsent = take_unsent(own, core);
		if (unsent->nb == 0)
			continue;
		sent = below->tx(below, unsent->frames, unsent->nb);
		own->stats->sent_for_others += sent;
		remove_sent(unsent, sent);
		took = took || sent > 0;
		waits = waits || unsent->nb > 0;
	}
	if (!waits || took)
		own->refusals = 0;
	else if (own->refusals < CORE_PORT_REFUSALS)
		own->refusals++;
}

static struct outbox *
take_unsent(struct steer_port *own, uint16_t core)
{
	struct outbox *unsent = &own->unsent[core];

	if (unsent->nb == 0)
		unsent->nb = rte_ring_sc_dequeue_burst(own->steer->ports[core].out,
						       (void **)unsent->frames, PASS_BURST, NULL);
	return unsent;
}

static void
remove_sent(struct outbox *unsent, uint16_t sent)
{
	unsent->nb -= sent;
	memmove(unsent->frames, unsent->frames + sent, unsent->nb * sizeof(unsent->frames[0]));
}

void
core_steer_flush(struct core_steer *steer)
{
	struct steer_port *first = &steer->ports[0];
	uint32_t patience_us = CORE_PORT_PATIENCE_US;
	struct outbox *unsent;
	uint16_t core;

	for (core = 1; first->unsent != NULL && core < steer->config.rss->nb_cores; core++)
		do {
			unsent = take_unsent(first, core);
			remove_sent(unsent, core_port_tx_last(first->port.below, unsent->frames,
							      unsent->nb, &patience_us));
		} while (unsent->nb == 0 && has_frames(steer->ports[core].out));
}

static uint16_t
take(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb_cores = own->steer->config.rss->nb_cores;
	uint16_t from = own->next;
	uint16_t taken = 0;
	uint16_t i;

	for (i = 0; i < nb_cores && taken < max; i++) {
		if (own->inbox[from] != NULL)
			taken += rte_ring_sc_dequeue_burst(own->inbox[from], (void **)&mbufs[taken],
							   max - taken, NULL);
		if (++from == nb_cores)
			from = 0;
	}
	/* The one after the last that had its turn: nobody is passed over for long. */
	own->next = from;
	return taken;
}

/* Pass what is others', and close the gaps. */
static uint16_t
keep_own(struct steer_port *own, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct outbox *outbox = own->outbox;
	uint16_t nb_cores = own->steer->config.rss->nb_cores;
	uint16_t kept = 0;
	uint16_t owner;
	uint16_t i;

	for (i = 0; i < nb; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (i = 0; i < nb; i++) {
		owner = core_rss_frame_owner(own->steer->config.rss, mbufs[i]);
		if (owner == own->core || owner == CORE_RSS_NO_CORE) {
			mbufs[kept++] = mbufs[i];
			continue;
		}
		outbox[owner].frames[outbox[owner].nb++] = mbufs[i];
		if (outbox[owner].nb == PASS_BURST)
			pass(own, owner);
	}
	if (kept < nb)
		for (i = 0; i < nb_cores; i++)
			if (outbox[i].nb > 0)
				pass(own, i);
	return kept;
}

static void
pass(struct steer_port *own, uint16_t owner)
{
	const struct core_steer_config *config = &own->steer->config;
	struct outbox *outbox = &own->outbox[owner];
	struct rte_ring *ring = own->steer->ports[owner].inbox[own->core];
	unsigned int passed =
		rte_ring_sp_enqueue_burst(ring, (void **)outbox->frames, outbox->nb, NULL);

	own->stats->steered += outbox->nb;
	if (unlikely(passed < outbox->nb)) {
		own->stats->drop_steer += outbox->nb - passed;
		rte_pktmbuf_free_bulk(outbox->frames + passed, outbox->nb - passed);
	}
	outbox->nb = 0;
	if (config->wake != NULL)
		config->wake(config->wake_arg, owner);
}

atomic_uint *
core_steer_peers(struct core_steer *steer)
{
	return &steer->peers;
}

void
core_steer_counters_cleared(struct core_steer *steer, unsigned int core)
{
	struct steer_port *own = &steer->ports[core];
	unsigned int peer = atomic_load_explicit(&steer->peers, memory_order_acquire);

	forget(own, &own->brings, peer);
	forget(own, &own->takes, peer);
	own->brings.been = false;
	own->takes.been = false;
}

bool
core_steer_waits(const struct core_steer *steer, unsigned int core)
{
	const struct steer_port *own = &steer->ports[core];
	uint16_t i;

	for (i = 0; i < steer->config.rss->nb_cores; i++)
		if ((own->inbox[i] != NULL && has_frames(own->inbox[i])) ||
		    (own->unsent != NULL && own->refusals < CORE_PORT_REFUSALS && i > 0 &&
		     (own->unsent[i].nb > 0 || has_frames(steer->ports[i].out))))
			return true;
	return false;
}

bool
core_steer_is_partial(const struct core_steer *steer)
{
	return steer->config.partial;
}

bool
core_steer_is_stuck(const struct core_steer *steer, unsigned int core)
{
	return steer->ports[core].refusals == CORE_PORT_REFUSALS;
}

/* rte_ring_empty() reads what other threads write without atomics. */
static bool
has_frames(const struct rte_ring *ring)
{
	return __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE) != ring->cons.tail;
}

struct core_port *
core_steer_port(struct core_steer *steer, unsigned int core, struct core_port *below,
		struct core_stats *stats)
{
	struct steer_port *own = &steer->ports[core];

	own->port = *below;
	own->port.rx = steer_rx;
	own->port.tx = steer_tx;
	own->port.below = below;
	own->stats = stats;
	return &own->port;
}

struct core_steer *
core_steer_create(const struct core_steer_config *config)
{
	struct core_steer *steer;
	uint16_t core;
	int ret = 0;

	steer = rte_zmalloc_socket("core_steer",
				   sizeof(*steer) + config->rss->nb_cores * sizeof(steer->ports[0]),
				   RTE_CACHE_LINE_SIZE, config->socket);
	if (steer == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	steer->config = *config;
	for (core = 0; core < config->rss->nb_cores && ret == 0; core++)
		ret = create_port(steer, core);
	if (ret < 0) {
		core_steer_destroy(steer);
		rte_errno = -ret;
		return NULL;
	}
	return steer;
}

static int
create_port(struct core_steer *steer, uint16_t core)
{
	struct steer_port *own = &steer->ports[core];
	uint16_t nb_cores = steer->config.rss->nb_cores;
	int socket = steer->config.socket;
	uint16_t from;

	own->steer = steer;
	own->core = core;
	own->inbox =
		rte_calloc_socket("core_steer_inbox", nb_cores, sizeof(own->inbox[0]), 0, socket);
	own->outbox = rte_calloc_socket("core_steer_outbox", nb_cores, sizeof(own->outbox[0]),
					RTE_CACHE_LINE_SIZE, socket);
	if (own->inbox == NULL || own->outbox == NULL)
		return -ENOMEM;
	for (from = 0; from < nb_cores; from++) {
		if (from == core)
			continue;
		own->inbox[from] = create_ring(RTE_MAX(rte_align32prevpow2(FRAMES_MAX / nb_cores),
						       (uint32_t)RING_FRAMES_MIN),
					       socket);
		if (own->inbox[from] == NULL)
			return -ENOMEM;
	}
	return steer->config.partial ? create_out(own) : 0;
}

/* The first queue is there wherever one is. */
static int
create_out(struct steer_port *own)
{
	const struct core_steer_config *config = &own->steer->config;

	if (own->core > 0) {
		own->out = create_ring(RING_OUT_FRAMES, config->socket);
		if (own->out == NULL)
			return -ENOMEM;
		forget(own, &own->brings, 0);
		forget(own, &own->takes, 0);
		return 0;
	}
	own->unsent =
		rte_calloc_socket("core_steer_unsent", config->rss->nb_cores,
				  sizeof(own->unsent[0]), RTE_CACHE_LINE_SIZE, config->socket);
	return own->unsent != NULL ? 0 : -ENOMEM;
}

/* Not by name: many rings would use up EAL's memzones. */
static struct rte_ring *
create_ring(unsigned int frames, int socket)
{
	struct rte_ring *ring = rte_malloc_socket("core_steer_ring", rte_ring_get_memsize(frames),
						  RTE_CACHE_LINE_SIZE, socket);

	if (ring != NULL)
		rte_ring_init(ring, "core_steer", frames, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring;
}

void
core_steer_destroy(struct core_steer *steer)
{
	struct steer_port *own;
	uint16_t core, i;

	if (steer == NULL)
		return;
	for (core = 0; core < steer->config.rss->nb_cores; core++) {
		own = &steer->ports[core];
		for (i = 0; i < steer->config.rss->nb_cores; i++) {
			if (own->inbox != NULL)
				destroy_ring(own->inbox[i]);
			if (own->unsent != NULL)
				rte_pktmbuf_free_bulk(own->unsent[i].frames, own->unsent[i].nb);
		}
		destroy_ring(own->out);
		rte_free(own->inbox);
		rte_free(own->outbox);
		rte_free(own->unsent);
	}
	rte_free(steer);
}

static void
destroy_ring(struct rte_ring *ring)
{
	struct rte_mbuf *mbuf;

	while (ring != NULL && rte_ring_sc_dequeue(ring, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_free(ring);
}
