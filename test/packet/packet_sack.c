/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packet_sack.h"

void
packet_sack_begin_on_path(struct packet *packet, const struct packet_setup *setup,
			  const struct wire_tcp_options *options, uint64_t rtt_us)
{
	packet_begin(packet, setup);
	packet->timestamps = options->has_timestamps;
	if (packet->timestamps)
		packet->ts_value = options->ts_value;
	inject(packet, .flags = SYN, .options = options);
	expect(packet, .flags = SYN | ACK, .ack = 1);
	packet->now_us += rtt_us;
	inject(packet, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(packet);
}

void
packet_sack_begin(struct packet *packet, const struct packet_setup *setup)
{
	packet_sack_begin_on_path(
		packet, setup,
		&(struct wire_tcp_options){.has_mss = true, .mss = MSS, .sack_permitted = true},
		RTT_US);
}

void
packet_sack_flight(struct packet *packet, unsigned int first, unsigned int nb)
{
	packet_append(packet, nb * MSS);
	for (unsigned int i = first; i < first + nb; i++)
		expect(packet, .flags = ACK | (i == first + nb - 1 ? PSH : 0), .seq = SEQ(i),
		       .ack = 1, .len = MSS);
	expect_none(packet);
}

void
packet_sack_inject(struct packet *packet, uint32_t acked, const struct packet_blocks *blocks)
{
	struct wire_tcp_options options = {0};

	for (unsigned int i = 0; i < 4 && blocks->block[i].to != 0; i++) {
		options.sack[i].left = packet->iss + SEQ(blocks->block[i].from);
		options.sack[i].right = packet->iss + SEQ(blocks->block[i].to);
		options.nb_sack++;
	}
	inject(packet, .flags = ACK, .seq = 1, .ack = SEQ(acked), .options = &options);
}

struct tcp_conn_info
packet_sack_look(const struct packet *packet)
{
	struct tcp_conn_info info;

	tcp_conn_info(packet->owner.conn, &info);
	return info;
}
