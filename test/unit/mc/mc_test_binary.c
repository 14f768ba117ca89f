/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_test_binary.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_debug.h>

static void
put(struct mc_test_bytes *bytes, const void *data, size_t len)
{
	RTE_VERIFY(bytes->len + len <= sizeof(bytes->bytes));
	if (len != 0)
		memcpy(bytes->bytes + bytes->len, data, len);
	bytes->len += len;
}

void
mc_test_packet(struct mc_test_bytes *bytes, const struct mc_test_packet *packet)
{
	size_t key_len = packet->key != NULL ? strlen(packet->key) : 0;
	size_t value_len = packet->value != NULL && packet->value_len == 0 ? strlen(packet->value)
									   : packet->value_len;
	size_t body_len = packet->extras_len + key_len + value_len + packet->body_len_more;
	struct mc_binary_header header = {
		.magic = packet->magic != 0 ? packet->magic : MC_BINARY_MAGIC_REQUEST,
		.opcode = packet->opcode,
		.key_len = rte_cpu_to_be_16(key_len + packet->key_len_more),
		.extras_len = packet->extras_len + packet->extras_len_more,
		.status = rte_cpu_to_be_16(packet->status),
		.body_len = rte_cpu_to_be_32(body_len),
		.opaque = 0x9e3779b1u * (packet->opcode + 1),
		.cas = rte_cpu_to_be_64(packet->cas),
	};

	put(bytes, &header, sizeof(header));
	put(bytes, packet->extras, packet->extras_len);
	put(bytes, packet->key, key_len);
	put(bytes, packet->value, value_len);
}
