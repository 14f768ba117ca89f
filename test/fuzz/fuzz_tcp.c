/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * An input is a list of steps: segments of several peers, made relative to where each connection
 * stands, so that chance gets deep; what the owner does; what befalls the machine; and time. A peer
 * lies about everything but the bytes of its stream. When the list ends, somebody honest must be
 * served, whatever has something to send to silent peers must give up, and all memory must come
 * back. Then the same again: a second run does the same at the same times.
 */
#include <string.h>

#include <rte_common.h>

#include "fuzz.h"
#include "fuzz_watch.h"
#include "fuzz_world.h"
#include "wire_tcp.h"

#define STEPS_MAX 300
#define MS UINT64_C(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define GIVE_UP_US (40 * MINUTE)
#define FORGET_US (5 * MINUTE)
#define HONEST_IN 10
#define HONEST_OUT 100
#define TURNS_MAX 10
#define RAW_MAX 40

/* An input's first byte: how large a window is, and behind that a bit for each peer: IPv6. */
#define FIRST_IPV6 2

/* A step's first byte: what, by whom, and whether the turn goes on. */
#define STEP_KINDS 16
#define STEP_PEER(step) ((step) >> 4 & 3)
#define STEP_MORE 0x40
#define STEP_LATER 0x80

struct fuzz_step {
	struct fuzz_world *world;
	struct fuzz_peer *peer;
	struct fuzz_input *input;
	struct tcp_conn_info info; /* of the peer's connection; zero where there is none */
};

static uint64_t run(struct fuzz_input input);
static void step(struct fuzz_world *world, struct fuzz_input *input);
static void step_data(struct fuzz_step *step);
static void step_ack(struct fuzz_step *step);
static void step_syn(struct fuzz_step *step);
static void step_fin(struct fuzz_step *step);
static void step_reset(struct fuzz_step *step);
static void step_free(struct fuzz_step *step);
static void step_append(struct fuzz_step *step);
static void step_read(struct fuzz_step *step);
static void step_owner(struct fuzz_step *step);
static void step_time(struct fuzz_step *step);
static void step_machine(struct fuzz_step *step);
static void step_sack(struct fuzz_step *step);
static void step_raw(struct fuzz_step *step);
static void step_flood(struct fuzz_step *step);
static void step_window(struct fuzz_step *step);
static void step_crumbs(struct fuzz_step *step);
static struct fuzz_segment segment_of(const struct fuzz_step *step, uint8_t flags);
static void send_segment(struct fuzz_step *step, const struct fuzz_segment *segment);
static void send_reset(struct fuzz_step *step, const struct fuzz_segment *segment);
static void make_peace(struct fuzz_world *world);
static void serve_honest(struct fuzz_world *world);
static void ask_honest(struct fuzz_world *world, struct fuzz_peer *peer);
static void forget_all(struct fuzz_world *world);
static void check_gave_up(struct tcp_conn *conn, void *arg);

static void (*const steps[STEP_KINDS])(struct fuzz_step *step) = {
	step_data,   step_ack,	 step_syn,    step_fin,	   step_reset,	 step_free,
	step_append, step_read,	 step_owner,  step_time,   step_machine, step_sack,
	step_raw,    step_flood, step_window, step_crumbs,
};

void
fuzz_setup(void)
{
	fuzz_world_setup();
}

void
fuzz_run(struct fuzz_input *input)
{
	fuzz_check(run(*input) == run(*input));
}

static uint64_t
run(struct fuzz_input input)
{
	static const uint32_t windows[] = {65535, 2000, 1 << 20, 500};
	static struct fuzz_world world;
	uint8_t first = fuzz_8(&input);
	unsigned int i;

	fuzz_world_init(&world, windows[first % RTE_DIM(windows)], first >> FIRST_IPV6);
	for (i = 0; i < STEPS_MAX && input.left > 0; i++)
		step(&world, &input);
	make_peace(&world);
	serve_honest(&world);
	fuzz_world_advance(&world, GIVE_UP_US);
	tcp_conn_walk(world.stack.tcp, check_gave_up, NULL);
	forget_all(&world);
	fuzz_world_deinit(&world);
	return world.trace;
}

static void
step(struct fuzz_world *world, struct fuzz_input *input)
{
	uint8_t first = fuzz_8(input);
	struct fuzz_step step = {
		.world = world,
		.peer = &world->peers[STEP_PEER(first)],
		.input = input,
	};

	if (first & STEP_LATER)
		fuzz_world_advance(world, MS);
	fuzz_watch_ended(world, step.peer);
	if (step.peer->live != NULL)
		tcp_conn_info(step.peer->live, &step.info);
	steps[first % STEP_KINDS](&step);
	if (!(first & STEP_MORE))
		fuzz_world_poll(world);
}

/* The next bytes, which acknowledge all. */
static void
step_data(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK | WIRE_TCP_PSH);

	segment.len = fuzz_8(step->input) * 6 % 1449;
	send_segment(step, &segment);
	step->peer->next += segment.len;
}

/* Of a part of what is in flight, or more. */
static void
step_ack(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK);
	uint8_t part = fuzz_8(step->input);

	if (part > 0)
		segment.ack -= (segment.ack - step->peer->una) * (uint64_t)part / 255;
	send_segment(step, &segment);
}

static void
step_syn(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_SYN);
	uint8_t what = fuzz_8(step->input);

	if (what & 0x20) /* another connection than before */
		step->peer->irs += 100000;
	segment.seq = step->peer->irs;
	segment.ack = 0;
	if (what & 0x40) /* the answer to a SYN of ours */
		segment.flags |= WIRE_TCP_ACK;
	if (what & 0x40)
		segment.ack = step->peer->iss + 1;
	segment.len = what & 0x80 ? 5 : 0;
	segment.options = (struct wire_tcp_options){
		.has_mss = what & 1,
		.has_window_scale = what & 2,
		.has_timestamps = what & 4,
		.sack_permitted = what & 8,
		.ts_value = step->peer->ts_clock,
	};
	if (what & 0x10) {
		segment.options.mss = fuzz_16(step->input);
		segment.options.window_scale = fuzz_8(step->input);
	} else {
		segment.options.mss = 1460;
		segment.options.window_scale = 7;
	}
	send_segment(step, &segment);
	step->peer->next = step->peer->irs + 1;
}

static void
step_fin(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK | WIRE_TCP_FIN);

	segment.len = fuzz_8(step->input) % 20;
	send_segment(step, &segment);
	step->peer->next += segment.len + 1;
}

static void
step_reset(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_RST);
	uint8_t where = fuzz_8(step->input);

	if (where & 1)
		segment.flags |= WIRE_TCP_ACK;
	if (where & 2)
		segment.seq += (int8_t)where;
	if (where & 4)
		segment.seq = step->peer->edge - (where >> 3);
	send_reset(step, &segment);
}

/* Anything, near or far from what is expected. */
static void
step_free(struct fuzz_step *step)
{
	static const uint32_t far[] = {0,    0x80000000, 0x7fffffff, 65535,
				       1460, 500000,	 -65535,     -500};
	struct fuzz_segment segment = segment_of(step, fuzz_8(step->input));
	int8_t seq = fuzz_8(step->input);
	int8_t ack = fuzz_8(step->input);
	uint8_t options = fuzz_8(step->input);
	uint8_t more = fuzz_8(step->input);

	segment.seq += seq;
	segment.ack += ack;
	if (more & 1)
		segment.seq += far[more >> 1 & 7];
	if (more & 0x10)
		segment.ack += far[more >> 5];
	segment.window = fuzz_16(step->input);
	segment.urgent = segment.window;
	segment.len = fuzz_8(step->input);
	segment.options.has_timestamps ^= options & 1;
	segment.options.ts_value += (uint32_t)(options & 2) << 30;
	segment.options.ts_echo += options & 4;
	segment.options.has_mss = options & 8;
	segment.options.mss = more;
	segment.offset = options >> 4;
	if (segment.offset < 5) /* mostly the right one */
		segment.offset = 0;
	if (segment.flags & WIRE_TCP_RST)
		send_reset(step, &segment);
	else
		send_segment(step, &segment);
}

static void
step_append(struct fuzz_step *step)
{
	fuzz_world_append(step->world, step->peer, 1 + fuzz_8(step->input) * 16);
}

static void
step_read(struct fuzz_step *step)
{
	fuzz_world_read(step->peer, 1 + fuzz_8(step->input) * 256);
}

static void
step_owner(struct fuzz_step *step)
{
	struct fuzz_world *world = step->world;
	struct fuzz_peer *peer = step->peer;
	struct tcp_conn *conn = peer->conn;
	uint8_t what = fuzz_8(step->input) % 8;

	if (conn != NULL && what == 0) {
		fuzz_world_close(peer);
	} else if (conn != NULL && what == 1 && peer->opened) {
		peer->shut |= tcp_shutdown(conn) == 0;
	} else if (conn != NULL && what == 2) {
		tcp_abort(conn);
		fuzz_check(peer->conn == NULL);
	} else if (what == 3) {
		fuzz_world_connect(world, peer);
	} else if (what == 4) {
		world->read = !world->read;
	} else if (what == 5) {
		world->refuse = !world->refuse;
	} else if (what == 6) {
		fuzz_world_listen(world, !world->listening);
	} else if (conn != NULL) {
		tcp_send_urgent(conn);
	}
}

/* From a millisecond to some minutes. */
static void
step_time(struct fuzz_step *step)
{
	uint8_t how = fuzz_8(step->input);

	fuzz_world_advance(step->world, MS * (1 + (how & 0x1f)) << (how >> 5) * 2);
}

static void
step_machine(struct fuzz_step *step)
{
	struct fuzz_world *world = step->world;
	uint8_t what = fuzz_8(step->input);

	switch (what % 8) {
	case 0:
		fuzz_world_restore(world->control, &world->nb_control);
		fuzz_world_restore(world->chain, &world->nb_chain);
		break;
	case 1:
		fuzz_world_exhaust(world->stack.mbufs, world->control, &world->nb_control);
		break;
	case 2:
		fuzz_world_exhaust(world->stack.chains.mbufs, world->chain, &world->nb_chain);
		break;
	case 3:
		fuzz_world_exhaust(world->stack.chains.segments, world->chain, &world->nb_chain);
		break;
	case 4:
		tcp_set_pressure(world->stack.tcp, what & 8);
		break;
	case 5:
		world->hold = what & 8;
		break;
	case 6:
		world->tx_room = what >> 3;
		break;
	default:
		world->tx_room = UINT16_MAX;
	}
}

/* Duplicate ACKs that say what else is there, true or not. */
static void
step_sack(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK);
	uint8_t nb = 1 + fuzz_8(step->input) % WIRE_TCP_SACK_MAX;
	uint32_t base = step->peer->una;
	unsigned int i;

	segment.ack = base;
	for (i = 0; i < nb; i++) {
		segment.options.sack[i].left = base + (int8_t)fuzz_8(step->input) * 100;
		segment.options.sack[i].right =
			segment.options.sack[i].left + (int8_t)fuzz_8(step->input) * 100;
	}
	segment.options.nb_sack = nb;
	send_segment(step, &segment);
}

/* Options that nobody would write. */
static void
step_raw(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK);
	uint8_t how = fuzz_8(step->input);
	uint8_t raw[RAW_MAX] = {0};
	const uint8_t *data;
	size_t nb;

	nb = fuzz_bytes(step->input, how % (RAW_MAX + 1), &data);
	if (nb > 0)
		memcpy(raw, data, nb);
	if (how & 0x80) {
		segment.flags = WIRE_TCP_SYN;
		segment.seq = step->peer->irs;
	}
	segment.raw = raw;
	segment.raw_bytes = RTE_ALIGN_CEIL(nb, 4u);
	send_segment(step, &segment);
}

/* SYNs of nobody. */
static void
step_flood(struct fuzz_step *step)
{
	struct fuzz_segment segment = {
		.ipv6 = step->peer->ipv6,
		.flags = WIRE_TCP_SYN,
		.window = 1000,
	};
	uint8_t nb = fuzz_8(step->input) % 32;
	uint16_t port = FUZZ_PORT + FUZZ_PEERS + fuzz_8(step->input);
	unsigned int i;

	for (i = 0; i < nb; i++)
		fuzz_world_segment(step->world, port + i, &segment);
	fuzz_world_poll(step->world);
}

static void
step_window(struct fuzz_step *step)
{
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK);
	uint8_t window = fuzz_8(step->input);

	segment.window = window * window;
	send_segment(step, &segment);
}

/* Out of order and small. */
static void
step_crumbs(struct fuzz_step *step)
{
	uint8_t nb = 1 + fuzz_8(step->input) % 16;
	uint8_t gap = fuzz_8(step->input);
	struct fuzz_segment segment = segment_of(step, WIRE_TCP_ACK);
	unsigned int i;

	for (i = 0; i < nb; i++) {
		segment.seq += 1 + gap % 64;
		segment.len = 1 + (gap >> 6) * 20;
		send_segment(step, &segment);
	}
}

/* Where everything is as the stack expects it. */
static struct fuzz_segment
segment_of(const struct fuzz_step *step, uint8_t flags)
{
	struct fuzz_peer *peer = step->peer;
	/* While its SYN waits for the device, nobody can know its number. */
	bool shown = peer->live != NULL && peer->known && peer->iss == peer->conn_iss;
	struct fuzz_segment segment = {
		.ipv6 = peer->ipv6,
		.flags = flags,
		.seq = peer->next,
		.ack = shown ? step->info.snd_nxt : peer->sent_max,
		.window = 65535,
	};

	if (peer->live != NULL ? step->info.timestamps : peer->timestamps) {
		segment.options.has_timestamps = true;
		segment.options.ts_value = peer->ts_clock + step->world->now_us / 1000;
		segment.options.ts_echo = peer->ts_value;
	}
	return segment;
}

static void
send_segment(struct fuzz_step *step, const struct fuzz_segment *segment)
{
	fuzz_world_segment(step->world, step->peer->port, segment);
}

/* RFC 9293 section 3.5.2: nobody answers a reset with one. */
static void
send_reset(struct fuzz_step *step, const struct fuzz_segment *segment)
{
	const struct tcp_stats *stats = tcp_stats(step->world->stack.tcp);
	uint64_t resets;

	fuzz_world_poll(step->world);
	resets = stats->reset_sent;
	send_segment(step, segment);
	fuzz_world_poll(step->world);
	fuzz_check(stats->reset_sent == resets);
}

static void
make_peace(struct fuzz_world *world)
{
	unsigned int i;

	fuzz_world_restore(world->control, &world->nb_control);
	fuzz_world_restore(world->chain, &world->nb_chain);
	tcp_set_pressure(world->stack.tcp, false);
	fuzz_world_listen(world, true);
	world->hold = false;
	world->refuse = false;
	world->read = true;
	world->tx_room = UINT16_MAX;
	fuzz_world_poll(world);
	for (i = 0; i < FUZZ_PEERS; i++)
		if (world->peers[i].shut && world->peers[i].peer_closed)
			fuzz_world_close(&world->peers[i]);
	fuzz_world_advance(world, SECOND);
}

/* Whatever the others did: he connects, sends, is answered, and closes. */
static void
serve_honest(struct fuzz_world *world)
{
	struct fuzz_peer *peer = &world->peers[FUZZ_HONEST];
	struct fuzz_segment segment = {
		.ipv6 = peer->ipv6,
		.flags = WIRE_TCP_SYN,
		.seq = peer->irs,
		.window = 65535,
	};

	fuzz_world_segment(world, peer->port, &segment);
	fuzz_world_poll(world);
	fuzz_check(peer->known && peer->acked == peer->irs + 1);
	ask_honest(world, peer);
	fuzz_world_append(world, peer, HONEST_OUT);
	fuzz_world_poll(world);
	fuzz_check(peer->sent_max == peer->iss + 1 + HONEST_OUT);
	fuzz_world_close(peer);
	fuzz_world_poll(world);
	fuzz_check(peer->sent_max == peer->iss + 1 + HONEST_OUT + 1);
	segment.flags = WIRE_TCP_ACK | WIRE_TCP_FIN;
	segment.seq = peer->irs + 1 + HONEST_IN;
	segment.ack = peer->sent_max;
	fuzz_world_segment(world, peer->port, &segment);
	fuzz_world_poll(world);
	fuzz_check(peer->acked == segment.seq + 1 && peer->conn == NULL);
}

static void
ask_honest(struct fuzz_world *world, struct fuzz_peer *peer)
{
	struct fuzz_segment segment = {
		.ipv6 = peer->ipv6,
		.flags = WIRE_TCP_ACK,
		.seq = peer->irs + 1,
		.ack = peer->iss + 1,
		.window = 65535,
		.len = HONEST_IN,
	};

	fuzz_world_segment(world, peer->port, &segment);
	fuzz_world_poll(world);
	fuzz_check(peer->opened && peer->read_seq == peer->irs + 1 + HONEST_IN);
	fuzz_world_advance(world, SECOND);
	fuzz_check(peer->acked == peer->irs + 1 + HONEST_IN);
}

static void
forget_all(struct fuzz_world *world)
{
	unsigned int i;

	for (i = 0; i < FUZZ_PEERS; i++)
		if (world->peers[i].conn != NULL)
			tcp_abort(world->peers[i].conn);
	fuzz_world_advance(world, FORGET_US);
}

/* Nobody answered for so long: who waits for an answer has stopped. */
static void
check_gave_up(struct tcp_conn *conn, void *arg)
{
	struct tcp_conn_info info;

	(void)arg;
	tcp_conn_info(conn, &info);
	/* After tcp_shutdown() the last waits for its owner's tcp_close(). */
	fuzz_check(info.state == TCP_ESTABLISHED || info.state == TCP_CLOSE_WAIT ||
		   (info.state == TCP_FIN_WAIT_2 && tcp_conn_user(conn) != NULL));
	fuzz_check(info.send_bytes == 0 && info.snd_una == info.snd_nxt);
}
