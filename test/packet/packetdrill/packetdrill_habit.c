/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_habit.h"

#include "tcp_seq.h"

static struct packetdrill_flow *find(struct packetdrill_habit *habit, rte_be16_t local_port,
				     rte_be16_t remote_port);
static bool follows(const struct packetdrill_segment *segment,
		    const struct packetdrill_segment *before);

void
packetdrill_habit_sent(struct packetdrill_habit *habit, struct packetdrill_segment *segment,
		       uint32_t burst, bool push, struct packetdrill_segment *before)
{
	const struct wire_tcp *header = &segment->header;
	struct packetdrill_flow *flow = find(habit, header->src_port, header->dst_port);
	uint32_t bytes = segment->payload + !!(header->flags & (WIRE_TCP_SYN | WIRE_TCP_FIN));
	bool is_new = header->flags & WIRE_TCP_SYN || tcp_seq_ge(header->seq, flow->sent);
	bool pushed = header->flags & WIRE_TCP_PSH;

	if (push && is_new && segment->payload > 0 && before != NULL && flow->burst == burst &&
	    follows(segment, before)) {
		packetdrill_segment_push(before, flow->pushed);
		packetdrill_segment_push(segment, true);
	}
	flow->pushed = pushed;
	/* What is sent again goes out one by one. */
	flow->burst = is_new ? burst : 0;
	if (is_new)
		flow->sent = header->seq + bytes;
	if (header->flags & WIRE_TCP_ACK)
		flow->acked = header->ack;
}

uint32_t
packetdrill_habit_received(struct packetdrill_habit *habit,
			   const struct packetdrill_segment *segment, uint8_t *data)
{
	const struct wire_tcp *header = &segment->header;
	struct packetdrill_flow *flow = find(habit, header->dst_port, header->src_port);
	struct wire_tcp again = *header;

	if (segment->payload == 0 || !(header->flags & WIRE_TCP_ACK) ||
	    header->flags & (WIRE_TCP_SYN | WIRE_TCP_RST))
		return 0;
	/* What came early, or not at all, was answered at once. */
	if (flow->acked == 0 || tcp_seq_gt(header->seq, flow->acked) ||
	    tcp_seq_le(header->seq + segment->payload, flow->acked))
		return 0;
	again.seq = flow->acked - 1;
	again.flags = WIRE_TCP_ACK;
	return packetdrill_segment_write(data, segment, &again);
}

static struct packetdrill_flow *
find(struct packetdrill_habit *habit, rte_be16_t local_port, rte_be16_t remote_port)
{
	struct packetdrill_flow *flow;
	unsigned int i;

	for (i = 0; i < PACKETDRILL_HABIT_FLOWS; i++) {
		flow = &habit->flows[i];
		if (flow->local_port == local_port && flow->remote_port == remote_port)
			return flow;
	}
	flow = &habit->flows[habit->next++ % PACKETDRILL_HABIT_FLOWS];
	*flow = (struct packetdrill_flow){
		.local_port = local_port,
		.remote_port = remote_port,
	};
	return flow;
}

static bool
follows(const struct packetdrill_segment *segment, const struct packetdrill_segment *before)
{
	return before->payload > 0 && before->header.src_port == segment->header.src_port &&
	       before->header.dst_port == segment->header.dst_port &&
	       before->header.seq + before->payload == segment->header.seq;
}
