/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* rte_pcapng.h */
#define ALLOW_EXPERIMENTAL_API

#include "core_capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_pcapng.h>
#include <rte_ring.h>

#include "core_between.h"
#include "core_control.h"
#include "core_server.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_ipv4.h"

/* Frames of a core that are captured and not yet taken, at most: its mbufs, and room in its ring.
 */
#define CAPTURED_MAX 2048

/* Frames that are given to the port at a time. */
#define TX_BURST 64

/*
 * The thread that writes puts mbufs back to the pool's ring, where a core that does so too may have
 * to wait for it. So the core has a cache with room for its copies of a burst that was not taken.
 */
#define MBUF_CACHE (2 * TX_BURST)

/* An Ethernet header and a VLAN tag: what a frame is longer than its packet. */
#define LINK_BYTES (WIRE_ETHER_HEADER_BYTES + 4)

/* Of TCP, where its checksum is. */
#define TCP_CHECKSUM_OFFSET 16

/* The head of an enhanced packet block, as rte_pcapng_copy() puts it before a frame. */
struct packet_block {
	uint32_t type;
	uint32_t total_bytes;
	uint32_t interface;
	uint32_t time_high;
	uint32_t time_low;
	uint32_t captured_bytes;
	uint32_t frame_bytes;
};

/* In the private area of an mbuf: when the core had the frame, on the TSC. */
struct stamp {
	uint64_t tsc;
};

/* What stands between a core and its port. */
struct capture_port {
	struct core_port port; /* what the core sees */
	struct core *core;
	const struct core_capture_filter *filter;
	struct rte_mempool *mbufs;
	struct rte_ring *ring;
	uint64_t missed; /* written by the core */
} __rte_cache_aligned;

struct core_capture {
	struct tr_core_server *server;
	unsigned int number; /* below CORE_CAPTURES_MAX */
	struct core_capture_filter filter;
	unsigned int next; /* the core whose frames are taken next */
	struct capture_port ports[];
};

static int take_number(struct core_capture *capture);
static int create_port(struct core_capture *capture, unsigned int index);
static void attach(struct core *core, void *arg);
static void detach(struct core *core, void *arg);
static uint16_t capture_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t capture_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static uint16_t send_burst(struct capture_port *own, struct rte_mbuf **mbufs, uint16_t nb);
static struct rte_mbuf *copy(struct capture_port *own, const struct rte_mbuf *mbuf,
			     enum rte_pcapng_direction direction, uint64_t tsc);
static void keep(struct capture_port *own, struct rte_mbuf *copied);
static void set_time(struct rte_mbuf *mbuf, uint64_t now_ns, uint64_t now_tsc);
static void set_checksums(struct rte_mbuf *mbuf);

struct core_capture *
core_capture_create(struct tr_core_server *server, const struct core_capture_filter *filter)
{
	struct core_capture *capture;
	unsigned int i;
	int ret;

	capture = rte_zmalloc("core_capture",
			      sizeof(*capture) + server->nb_cores * sizeof(capture->ports[0]),
			      RTE_CACHE_LINE_SIZE);
	if (capture == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	capture->server = server;
	capture->filter = *filter;
	ret = take_number(capture);
	if (ret < 0) {
		rte_free(capture);
		rte_errno = -ret;
		return NULL;
	}
	for (i = 0; i < server->nb_cores && ret == 0; i++)
		ret = create_port(capture, i);
	if (ret < 0) {
		core_capture_destroy(capture);
		rte_errno = -ret;
		return NULL;
	}
	return capture;
}

/* By which its pools are called. */
static int
take_number(struct core_capture *capture)
{
	bool *taken = capture->server->captures;
	unsigned int i;

	for (i = 0; i < CORE_CAPTURES_MAX; i++)
		if (!taken[i]) {
			taken[i] = true;
			capture->number = i;
			return 0;
		}
	return -ENOSPC;
}

static int
create_port(struct core_capture *capture, unsigned int index)
{
	struct core *core = capture->server->cores[index];
	struct capture_port *own = &capture->ports[index];
	int socket = (int)rte_lcore_to_socket_id(core->lcore);
	char name[RTE_MEMPOOL_NAMESIZE];

	own->core = core;
	own->filter = &capture->filter;
	snprintf(name, sizeof(name), "core%u_capture%u", index, capture->number);
	own->mbufs = rte_pktmbuf_pool_create(
		name, CAPTURED_MAX, MBUF_CACHE, sizeof(struct stamp),
		RTE_PKTMBUF_HEADROOM + rte_pcapng_mbuf_size(core->port->mtu + LINK_BYTES), socket);
	if (own->mbufs == NULL)
		return -rte_errno;
	own->ring = rte_ring_create(name, CAPTURED_MAX, socket,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	return own->ring != NULL ? 0 : -rte_errno;
}

void
core_capture_destroy(struct core_capture *capture)
{
	struct capture_port *own;
	struct rte_mbuf *mbuf;
	unsigned int i;

	if (capture == NULL)
		return;
	for (i = 0; i < capture->server->nb_cores; i++) {
		own = &capture->ports[i];
		while (own->ring != NULL && rte_ring_dequeue(own->ring, (void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
		rte_ring_free(own->ring);
		rte_mempool_free(own->mbufs);
	}
	capture->server->captures[capture->number] = false;
	rte_free(capture);
}

int
core_capture_start(struct core_capture *capture)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < capture->server->nb_cores && ret == 0; i++)
		ret = core_control_call(capture->ports[i].core, attach, &capture->ports[i]);
	return ret;
}

int
core_capture_stop(struct core_capture *capture)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < capture->server->nb_cores && ret == 0; i++)
		ret = core_control_call(capture->ports[i].core, detach, &capture->ports[i]);
	return ret;
}

void
core_capture_end(struct core_capture *capture)
{
	unsigned int i;

	for (i = 0; i < capture->server->nb_cores; i++)
		detach(capture->ports[i].core, &capture->ports[i]);
}

/* Between two turns, so the core is in neither port. */
static void
attach(struct core *core, void *arg)
{
	struct capture_port *own = arg;

	own->port.rx = capture_rx;
	own->port.tx = capture_tx;
	/* It shows what is on the wire, and its mbufs hold no more than a frame. */
	own->port.tx_cut = true;
	core_between_insert_first(core, &own->port);
}

static void
detach(struct core *core, void *arg)
{
	struct capture_port *own = arg;

	core_between_remove(core, &own->port);
}

static uint16_t
capture_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct capture_port *own = container_of(port, struct capture_port, port);
	uint16_t nb = port->below->rx(port->below, mbufs, max);
	uint64_t tsc = rte_rdtsc();
	uint16_t i;

	for (i = 0; i < nb; i++)
		if (core_capture_filter_passes(own->filter, mbufs[i], true))
			keep(own, copy(own, mbufs[i], RTE_PCAPNG_DIRECTION_IN, tsc));
	return nb;
}

static uint16_t
capture_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct capture_port *own = container_of(port, struct capture_port, port);
	uint16_t done = 0;
	uint16_t burst, sent;

	do {
		burst = RTE_MIN(nb - done, TX_BURST);
		sent = send_burst(own, mbufs + done, burst);
		done += sent;
	} while (sent == burst && done < nb);
	return done;
}

/* What the port takes is its own at once: the copies are made before, and kept of what it took. */
static uint16_t
send_burst(struct capture_port *own, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct rte_mbuf *copies[TX_BURST];
	bool wanted[TX_BURST];
	uint64_t tsc = rte_rdtsc();
	uint16_t sent, i;

	for (i = 0; i < nb; i++) {
		wanted[i] = core_capture_filter_passes(own->filter, mbufs[i], false);
		copies[i] = NULL;
		if (wanted[i])
			copies[i] = copy(own, mbufs[i], RTE_PCAPNG_DIRECTION_OUT, tsc);
	}
	sent = own->port.below->tx(own->port.below, mbufs, nb);
	for (i = 0; i < sent; i++)
		if (wanted[i])
			keep(own, copies[i]);
	for (; i < nb; i++)
		rte_pktmbuf_free(copies[i]);
	return sent;
}

static struct rte_mbuf *
copy(struct capture_port *own, const struct rte_mbuf *mbuf, enum rte_pcapng_direction direction,
     uint64_t tsc)
{
	struct rte_mbuf *copied = rte_pcapng_copy(own->port.port_id, own->port.queue, mbuf,
						  own->mbufs, UINT32_MAX, tsc, direction);

	if (copied != NULL)
		((struct stamp *)rte_mbuf_to_priv(copied))->tsc = tsc;
	return copied;
}

/* The ring has room for all that the pool has. */
static void
keep(struct capture_port *own, struct rte_mbuf *copied)
{
	if (copied != NULL && rte_ring_sp_enqueue(own->ring, copied) == 0)
		return;
	rte_pktmbuf_free(copied);
	own->core->stats.capture_missed++;
	__atomic_store_n(&own->missed, own->missed + 1, __ATOMIC_RELAXED);
}

unsigned int
core_capture_take(struct core_capture *capture, struct rte_mbuf **mbufs, unsigned int max)
{
	unsigned int nb_cores = capture->server->nb_cores;
	unsigned int nb = 0;
	struct timespec now;
	uint64_t now_ns, now_tsc;
	unsigned int tries, i;

	for (tries = 0; tries < nb_cores && nb == 0; tries++) {
		nb = rte_ring_sc_dequeue_burst(capture->ports[capture->next].ring, (void **)mbufs,
					       max, NULL);
		capture->next = (capture->next + 1) % nb_cores;
	}
	now_tsc = rte_rdtsc();
	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	for (i = 0; i < nb; i++) {
		set_time(mbufs[i], now_ns, now_tsc);
		set_checksums(mbufs[i]);
	}
	return nb;
}

/*
 * The library counts from the start of the process, in cycles whose length EAL knows to 0.2% or so:
 * seconds an hour. We count back from now, and that is milliseconds.
 */
static void
set_time(struct rte_mbuf *mbuf, uint64_t now_ns, uint64_t now_tsc)
{
	const struct stamp *stamp = rte_mbuf_to_priv(mbuf);
	struct packet_block *block = rte_pktmbuf_mtod(mbuf, struct packet_block *);
	/* Another CPU's counter may be a little ahead. */
	uint64_t age_tsc = now_tsc > stamp->tsc ? now_tsc - stamp->tsc : 0;
	unsigned __int128 age_ns = (unsigned __int128)age_tsc * NS_PER_S;
	uint64_t ns = now_ns - (uint64_t)(age_ns / rte_get_tsc_hz());

	block->time_high = ns >> 32;
	block->time_low = (uint32_t)ns;
}

/*
 * As the port sent them. A frame of ours is shorter than an mbuf of the capture's: in one piece.
 * What waited to be sent as the capture began may be a large segment: that is left as the port got
 * it.
 */
static void
set_checksums(struct rte_mbuf *mbuf)
{
	struct packet_block *block = rte_pktmbuf_mtod(mbuf, struct packet_block *);
	uint8_t *packet = (uint8_t *)(block + 1) + mbuf->l2_len;
	uint8_t *segment = packet + mbuf->l3_len;
	uint16_t sum;

	if (mbuf->nb_segs > 1)
		return;
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0) {
		sum = ~wire_checksum_sum(packet, mbuf->l3_len);
		memcpy(packet + WIRE_IPV4_CHECKSUM_OFFSET, &sum, sizeof(sum));
	}
	/* Its place holds the sum of the pseudo header. */
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM) {
		sum = ~wire_checksum_sum(segment,
					 block->captured_bytes - mbuf->l2_len - mbuf->l3_len);
		memcpy(segment + TCP_CHECKSUM_OFFSET, &sum, sizeof(sum));
	}
}

uint64_t
core_capture_missed(const struct core_capture *capture)
{
	uint64_t missed = 0;
	unsigned int i;

	for (i = 0; i < capture->server->nb_cores; i++)
		missed += __atomic_load_n(&capture->ports[i].missed, __ATOMIC_RELAXED);
	return missed;
}

uint16_t
core_capture_port(const struct core_capture *capture)
{
	return capture->server->config.port_id;
}
