/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_hello.h"

#include <rte_bitops.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#include "mc_binary.h"
#include "mc_internal.h"

#define MC_HELLO_GRANTED (RTE_BIT64(MC_HELLO_TCP_NODELAY) | RTE_BIT64(MC_HELLO_UNORDERED_EXECUTION))
#define MC_HELLO_GRANTED_COUNT 2

uint64_t
mc_hello_grant(struct tr_request *request, const uint8_t *features, uint32_t len)
{
	uint64_t wanted = 0;
	rte_be16_t feature;
	uint32_t at;

	for (at = 0; at < len; at += sizeof(feature)) {
		memcpy(&feature, features + at, sizeof(feature));
		feature = rte_be_to_cpu_16(feature);
		if (feature < 64)
			wanted |= RTE_BIT64(feature);
	}
	request->protocol_data[1] = wanted & MC_HELLO_GRANTED;
	return request->protocol_data[1];
}

int
mc_hello_compose(const struct tr_request *request, struct tr_chain *chain)
{
	uint64_t granted = request->protocol_data[1];
	rte_be16_t features[MC_HELLO_GRANTED_COUNT];
	struct mc_binary_header header;
	struct iovec parts[2];
	uint32_t count = 0;

	for (; granted != 0; granted &= granted - 1)
		features[count++] = rte_cpu_to_be_16(rte_bsf64(granted));
	mc_binary_header_init(&header, request, MC_BINARY_OK);
	header.body_len = rte_cpu_to_be_32(count * sizeof(features[0]));
	parts[0] = mc_part(&header, sizeof(header));
	parts[1] = mc_part(features, count * sizeof(features[0]));
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}
