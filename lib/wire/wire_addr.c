/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tr_addr.h"

#include <stdio.h>

#include <arpa/inet.h>

struct tr_addr
tr_addr_network(const struct tr_addr *addr, uint8_t prefix_len)
{
	unsigned int bits = prefix_len + (tr_addr_is_ipv4(addr) ? 8 * TR_ADDR_IPV4_OFFSET : 0);
	struct tr_addr network = tr_addr_none();
	unsigned int bytes = bits / 8;

	if (bytes >= sizeof(network))
		return *addr;
	memcpy(network.bytes, addr->bytes, bytes);
	network.bytes[bytes] = addr->bytes[bytes] & ~(0xff >> bits % 8);
	return network;
}

bool
tr_addr_parse(const char *text, struct tr_addr *addr)
{
	struct tr_addr read;
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		*addr = tr_addr_ipv4(ipv4.s_addr);
		return true;
	}
	/* The long way to write an IPv4 address would be a second name for the same. */
	if (inet_pton(AF_INET6, text, &read) != 1 || tr_addr_is_ipv4(&read))
		return false;
	*addr = read;
	return true;
}

const char *
tr_addr_format(const struct tr_addr *addr, char *text)
{
	if (tr_addr_is_ipv4(addr))
		inet_ntop(AF_INET, addr->bytes + TR_ADDR_IPV4_OFFSET, text, TR_ADDR_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, addr, text, TR_ADDR_TEXT_SIZE);
	return text;
}

const char *
tr_addr_format_endpoint(const struct tr_addr *addr, uint16_t port, char *text)
{
	char host[TR_ADDR_TEXT_SIZE];

	tr_addr_format(addr, host);
	snprintf(text, TR_ADDR_ENDPOINT_SIZE, tr_addr_is_ipv4(addr) ? "%s:%u" : "[%s]:%u", host,
		 port);
	return text;
}
