/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_nd.h"

#include <string.h>

#include <rte_byteorder.h>

#include "wire_icmp6.h"

/* Section 4.6. */
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2
#define OPTION_UNIT 8

/* Behind the header, before the options: nothing, the target, two timers. */
#define TARGET_BYTES 16
#define TIMERS_BYTES 8

static bool parse_options(const uint8_t *data, uint32_t len, uint8_t mac_option,
			  struct wire_nd *nd);
static uint32_t body_bytes(uint8_t type);
static uint8_t mac_option(uint8_t type);

bool
wire_nd_parse(const uint8_t *data, uint32_t len, struct wire_nd *nd)
{
	struct wire_icmp6 icmp6;
	uint32_t body;

	if (!wire_icmp6_parse(data, len, &icmp6) || icmp6.code != 0)
		return false;
	*nd = (struct wire_nd){.type = icmp6.type};
	body = body_bytes(nd->type);
	data += WIRE_ICMP6_HEADER_BYTES;
	len -= WIRE_ICMP6_HEADER_BYTES;
	if (len < body)
		return false;
	if (body == TARGET_BYTES) {
		memcpy(&nd->target, data, sizeof(nd->target));
		/* A target is one host. */
		if (nd->target.bytes[0] == 0xff)
			return false;
	}
	if (nd->type == WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT)
		nd->flags = icmp6.value >> 24;
	if (nd->type == WIRE_ICMP6_ROUTER_ADVERTISEMENT)
		nd->router_lifetime_s = icmp6.value;
	return parse_options(data + body, len - body, mac_option(nd->type), nd);
}

uint32_t
wire_nd_write(uint8_t *data, const struct wire_nd *nd)
{
	const struct wire_icmp6 icmp6 = {.type = nd->type, .value = (uint32_t)nd->flags << 24};
	uint32_t bytes = WIRE_ICMP6_HEADER_BYTES;

	wire_icmp6_write(data, &icmp6);
	if (body_bytes(nd->type) == TARGET_BYTES) {
		memcpy(data + bytes, &nd->target, sizeof(nd->target));
		bytes += TARGET_BYTES;
	}
	if (nd->has_mac) {
		data[bytes] = mac_option(nd->type);
		data[bytes + 1] = 1;
		memcpy(data + bytes + 2, &nd->mac, sizeof(nd->mac));
		bytes += OPTION_UNIT;
	}
	return bytes;
}

/* An option of length 0 spoils the message; one that is not known is passed over. */
static bool
parse_options(const uint8_t *data, uint32_t len, uint8_t mac_option, struct wire_nd *nd)
{
	unsigned int nb;

	for (nb = 0; len > 0 && nb < WIRE_ND_OPTIONS_MAX; nb++) {
		uint32_t bytes;

		if (len < OPTION_UNIT || data[1] == 0)
			return false;
		bytes = OPTION_UNIT * data[1];
		if (bytes > len)
			return false;
		if (data[0] == mac_option && bytes == OPTION_UNIT) {
			nd->has_mac = true;
			memcpy(&nd->mac, data + 2, sizeof(nd->mac));
		}
		data += bytes;
		len -= bytes;
	}
	return len == 0;
}

static uint32_t
body_bytes(uint8_t type)
{
	switch (type) {
	case WIRE_ICMP6_ROUTER_SOLICITATION:
		return 0;
	case WIRE_ICMP6_ROUTER_ADVERTISEMENT:
		return TIMERS_BYTES;
	default:
		return TARGET_BYTES;
	}
}

static uint8_t
mac_option(uint8_t type)
{
	return type == WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT ? OPTION_TARGET_MAC : OPTION_SOURCE_MAC;
}
