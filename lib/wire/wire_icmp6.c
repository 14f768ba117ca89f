/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp6.h"

#include <string.h>

#include <rte_byteorder.h>

bool
wire_icmp6_parse(const uint8_t *data, uint32_t len, struct wire_icmp6 *icmp6)
{
	rte_be32_t value;

	if (len < WIRE_ICMP6_HEADER_BYTES)
		return false;
	memcpy(&value, data + 4, sizeof(value));
	*icmp6 = (struct wire_icmp6){
		.type = data[0],
		.code = data[1],
		.value = rte_be_to_cpu_32(value),
	};
	return true;
}

void
wire_icmp6_write(uint8_t *data, const struct wire_icmp6 *icmp6)
{
	rte_be32_t value = rte_cpu_to_be_32(icmp6->value);

	data[0] = icmp6->type;
	data[1] = icmp6->code;
	memset(data + WIRE_ICMP6_CHECKSUM_OFFSET, 0, sizeof(uint16_t));
	memcpy(data + 4, &value, sizeof(value));
}
