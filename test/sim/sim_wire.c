/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_wire.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "sim_cut.h"
#include "sim_hop.h"
#include "sim_pcap.h"
#include "sim_random.h"

/* Frames on the wire in one direction: what does not fit is lost, as in any queue. */
#define FRAMES_MAX 2048

/* Mbufs that the device keeps at one end. */
#define HELD_MAX 512

#define POOL_MBUFS (2 * FRAMES_MAX + 1024)

/* Mbufs of a large segment, and segments that it is cut into. */
#define LARGE_MBUFS_MAX 40
#define CUTS_MAX 1024

struct frame {
	uint64_t due_us;
	struct rte_mbuf *mbuf;
};

struct end {
	struct core_port port; /* first: the port's functions are given a pointer to it */
	struct sim_wire *wire;
	struct frame frames[FRAMES_MAX]; /* on their way to here, earliest first */
	unsigned int nb_frames;
	uint64_t busy_ns; /* when the last bit to here has left the other end */
	bool cut;
	uint16_t narrow_mtu; /* of IP packets from and to here; 0: any */
	struct frame held[HELD_MAX]; /* sent from here, in a ring: oldest first */
	unsigned int held_first;
	unsigned int nb_held;
};

struct sim_wire {
	struct sim_wire_config config;
	struct sim_random random;
	struct rte_mempool *mbufs;
	uint64_t now_us;
	uint64_t lost;
	void (*watch)(void *arg, unsigned int end, const struct rte_mbuf *mbuf);
	void *watch_arg;
	struct sim_pcap *record;
	unsigned int nb_ends;
	struct end ends[SIM_WIRE_ENDS_MAX];
};

static void end_init(struct sim_wire *wire, struct end *end, uint8_t index);
static uint16_t wire_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t wire_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static void send_cut(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf);
static void put(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf);
static void forward(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf);
static void carry(struct sim_wire *wire, struct end *from, struct end *to,
		  const struct rte_mbuf *mbuf);
static bool fits(struct sim_wire *wire, struct end *from, const struct end *to,
		 const struct rte_mbuf *mbuf);
static void deliver(struct sim_wire *wire, struct end *to, const struct rte_mbuf *mbuf);
static bool queue(const struct sim_wire *wire, struct end *to, uint32_t bytes, uint64_t *left_us);
static void corrupt(struct sim_wire *wire, struct rte_mbuf *mbuf);
static void hold(struct end *end, struct rte_mbuf *mbuf);
static void free_oldest(struct end *end);

struct sim_wire *
sim_wire_create(const struct sim_wire_config *config, uint64_t seed)
{
	struct sim_wire *wire = calloc(1, sizeof(*wire));
	unsigned int i;

	if (wire == NULL)
		return NULL;
	wire->config = *config;
	wire->random.state = seed;
	wire->nb_ends = RTE_MIN(config->nb_ends, (unsigned int)SIM_WIRE_ENDS_MAX);
	if (wire->nb_ends == 0)
		wire->nb_ends = 2;
	wire->mbufs = rte_pktmbuf_pool_create("sim_wire", POOL_MBUFS, 0, 0,
					      RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (wire->mbufs == NULL) {
		free(wire);
		return NULL;
	}
	for (i = 0; i < SIM_WIRE_ENDS_MAX; i++)
		end_init(wire, &wire->ends[i], i);
	return wire;
}

static void
end_init(struct sim_wire *wire, struct end *end, uint8_t index)
{
	const struct sim_wire_config *config = &wire->config;

	end->wire = wire;
	end->port = (struct core_port){
		.rx = wire_rx,
		.tx = wire_tx,
		.port_id = index,
		.mtu = config->mtu,
		.mac = {{0x02}},
		.tx_segments = config->tx_segments,
		.share_mbufs = config->share_mbufs,
		.tx_external = config->tx_segments && config->share_mbufs,
		.tx_ipv4_checksum = config->tx_large,
		.tx_tcp_checksum = config->tx_large,
		.tx_large_mbufs = config->tx_large ? LARGE_MBUFS_MAX : 0,
	};
	end->port.mac.addr_bytes[RTE_ETHER_ADDR_LEN - 1] = index + 1;
}

void
sim_wire_destroy(struct sim_wire *wire)
{
	sim_wire_flush(wire);
	rte_mempool_free(wire->mbufs);
	free(wire);
}

void
sim_wire_flush(struct sim_wire *wire)
{
	struct end *end;

	for (end = wire->ends; end < wire->ends + wire->nb_ends; end++) {
		while (end->nb_frames > 0)
			rte_pktmbuf_free(end->frames[--end->nb_frames].mbuf);
		while (end->nb_held > 0)
			free_oldest(end);
	}
}

struct core_port *
sim_wire_port(struct sim_wire *wire, unsigned int end)
{
	return &wire->ends[end].port;
}

void
sim_wire_advance(struct sim_wire *wire, uint64_t now_us)
{
	struct end *end;

	wire->now_us = now_us;
	for (end = wire->ends; end < wire->ends + wire->nb_ends; end++)
		while (end->nb_held > 0 && end->held[end->held_first].due_us <= now_us)
			free_oldest(end);
}

uint64_t
sim_wire_next_us(const struct sim_wire *wire)
{
	uint64_t next_us = UINT64_MAX;
	const struct end *end;

	for (end = wire->ends; end < wire->ends + wire->nb_ends; end++) {
		if (end->nb_frames > 0)
			next_us = RTE_MIN(next_us, end->frames[0].due_us);
		if (end->nb_held > 0)
			next_us = RTE_MIN(next_us, end->held[end->held_first].due_us);
	}
	return next_us;
}

void
sim_wire_cut(struct sim_wire *wire, bool cut)
{
	unsigned int i;

	for (i = 0; i < wire->nb_ends; i++)
		wire->ends[i].cut = cut;
}

void
sim_wire_cut_end(struct sim_wire *wire, unsigned int end, bool cut)
{
	wire->ends[end].cut = cut;
}

void
sim_wire_narrow(struct sim_wire *wire, unsigned int end, uint16_t mtu)
{
	wire->ends[end].narrow_mtu = mtu;
}

uint64_t
sim_wire_lost(const struct sim_wire *wire)
{
	return wire->lost;
}

void
sim_wire_set_watch(struct sim_wire *wire,
		   void (*watch)(void *arg, unsigned int end, const struct rte_mbuf *mbuf),
		   void *arg)
{
	wire->watch = watch;
	wire->watch_arg = arg;
}

void
sim_wire_set_record(struct sim_wire *wire, struct sim_pcap *record)
{
	wire->record = record;
}

static uint16_t
wire_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct end *end = (struct end *)port;
	uint16_t nb = 0;
	unsigned int i;

	while (nb < max && nb < end->nb_frames && end->frames[nb].due_us <= end->wire->now_us) {
		mbufs[nb] = end->frames[nb].mbuf;
		nb++;
	}
	end->nb_frames -= nb;
	for (i = 0; nb > 0 && i < end->nb_frames; i++)
		end->frames[i] = end->frames[i + nb];
	return nb;
}

static uint16_t
wire_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct end *end = (struct end *)port;
	struct sim_wire *wire = end->wire;
	uint16_t i;

	if (sim_random_chance(&wire->random, wire->config.partial_ppm))
		nb = sim_random_below(&wire->random, nb + 1);
	for (i = 0; i < nb; i++) {
		if (wire->config.tx_large)
			send_cut(wire, end, mbufs[i]);
		else
			put(wire, end, mbufs[i]);
		hold(end, mbufs[i]);
	}
	return nb;
}

static void
send_cut(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf)
{
	struct rte_mbuf *frames[CUTS_MAX];
	unsigned int nb = sim_cut(mbuf, wire->mbufs, frames, CUTS_MAX);
	unsigned int i;

	for (i = 0; i < nb; i++)
		put(wire, from, frames[i]);
	rte_pktmbuf_free_bulk(frames, nb);
}

static void
put(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf)
{
	if (wire->record != NULL)
		sim_pcap_add(wire->record, wire->now_us, mbuf);
	if (wire->watch != NULL)
		wire->watch(wire->watch_arg, from->port.port_id, mbuf);
	forward(wire, from, mbuf);
}

/* To the other end of a wire, whoever it is for; to all of a switch, if it is for all. */
static void
forward(struct sim_wire *wire, struct end *from, const struct rte_mbuf *mbuf)
{
	const uint8_t *dst = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	bool all = wire->nb_ends == 2 || (dst[0] & RTE_ETHER_GROUP_ADDR) != 0;
	struct end *to;

	for (to = wire->ends; to < wire->ends + wire->nb_ends; to++)
		if (to != from && (all || memcmp(dst, &to->port.mac, RTE_ETHER_ADDR_LEN) == 0))
			carry(wire, from, to, mbuf);
}

static void
carry(struct sim_wire *wire, struct end *from, struct end *to, const struct rte_mbuf *mbuf)
{
	const struct sim_wire_config *config = &wire->config;

	if (from->cut || to->cut || sim_random_chance(&wire->random, config->loss_ppm) ||
	    !fits(wire, from, to, mbuf)) {
		wire->lost++;
		return;
	}
	deliver(wire, to, mbuf);
	if (sim_random_chance(&wire->random, config->repeat_ppm))
		deliver(wire, to, mbuf);
}

static bool
fits(struct sim_wire *wire, struct end *from, const struct end *to, const struct rte_mbuf *mbuf)
{
	uint16_t mtu = from->narrow_mtu != 0 ? from->narrow_mtu : UINT16_MAX;
	struct rte_mbuf *error;

	if (to->narrow_mtu != 0)
		mtu = RTE_MIN(mtu, to->narrow_mtu);
	if (mbuf->pkt_len <= RTE_ETHER_HDR_LEN + (uint32_t)mtu)
		return true;
	error = wire->config.silent ? NULL : sim_hop_too_big(wire->mbufs, mbuf, mtu);
	if (error != NULL)
		deliver(wire, from, error);
	rte_pktmbuf_free(error);
	return false;
}

static void
deliver(struct sim_wire *wire, struct end *to, const struct rte_mbuf *mbuf)
{
	const struct sim_wire_config *config = &wire->config;
	uint64_t due_us;
	struct rte_mbuf *copy;
	unsigned int i;

	copy = to->nb_frames < FRAMES_MAX && queue(wire, to, mbuf->pkt_len, &due_us)
		       ? rte_pktmbuf_copy(mbuf, wire->mbufs, 0, UINT32_MAX)
		       : NULL;
	if (copy == NULL) {
		wire->lost++;
		return;
	}
	due_us += config->delay_us;
	copy->ol_flags = 0;
	if (sim_random_chance(&wire->random, config->reorder_ppm))
		due_us += sim_random_below(&wire->random, config->jitter_us);
	if (sim_random_chance(&wire->random, config->corrupt_ppm))
		corrupt(wire, copy);
	for (i = to->nb_frames++; i > 0 && to->frames[i - 1].due_us > due_us; i--)
		to->frames[i] = to->frames[i - 1];
	to->frames[i] = (struct frame){.due_us = due_us, .mbuf = copy};
}

/* When a frame has left for the other end; false: it finds the queue full. */
static bool
queue(const struct sim_wire *wire, struct end *to, uint32_t bytes, uint64_t *left_us)
{
	const struct sim_wire_config *config = &wire->config;
	uint64_t now_ns = wire->now_us * 1000;
	uint64_t wait_ns = to->busy_ns > now_ns ? to->busy_ns - now_ns : 0;

	*left_us = wire->now_us;
	if (config->rate_bps == 0)
		return true;
	if (wait_ns * config->rate_bps / 8 / NS_PER_S + bytes > config->queue_bytes)
		return false;
	to->busy_ns = now_ns + wait_ns + UINT64_C(8) * bytes * NS_PER_S / config->rate_bps;
	*left_us = (to->busy_ns + 999) / 1000;
	return true;
}

/* ARP has no checksum: the frame's own would have found it, and dropped it like a lost one. */
static void
corrupt(struct sim_wire *wire, struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	uint8_t *packet = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, sizeof(*ether));
	uint64_t bit;

	if (ether->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) &&
	    ether->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6))
		return;
	wire->lost++;
	bit = sim_random_below(&wire->random, 8 * (mbuf->data_len - sizeof(*ether)));
	packet[bit / 8] ^= 1 << bit % 8;
}

static void
hold(struct end *end, struct rte_mbuf *mbuf)
{
	struct sim_wire *wire = end->wire;
	struct frame *slot;

	if (end->nb_held == HELD_MAX)
		free_oldest(end);
	slot = &end->held[(end->held_first + end->nb_held++) % HELD_MAX];
	slot->mbuf = mbuf;
	slot->due_us = wire->now_us + sim_random_below(&wire->random, wire->config.hold_us + 1);
}

static void
free_oldest(struct end *end)
{
	rte_pktmbuf_free(end->held[end->held_first].mbuf);
	end->held_first = (end->held_first + 1) % HELD_MAX;
	end->nb_held--;
}
