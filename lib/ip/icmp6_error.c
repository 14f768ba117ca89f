/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp6.h"

#include <netinet/in.h>

static bool kind_of(const struct wire_icmp6_error *error, enum ip_error_kind *kind);
static bool is_ours(const struct ip *ip, const struct wire_icmp6_error *error);

/* What concerns TCP goes to it. */
void
icmp6_error_input(struct ip *ip, const struct rte_mbuf *mbuf)
{
	struct wire_icmp6_error error;
	struct ip_error report;

	if (!wire_icmp6_error_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len,
				    &error) ||
	    !is_ours(ip, &error)) {
		ip->stats.drop_icmp_quote++;
		return;
	}
	if (!kind_of(&error, &report.kind)) {
		ip->stats.drop_icmp6_type++;
		return;
	}
	report.protocol = error.ipv6.next_header;
	report.mtu = RTE_MIN(error.value, (uint32_t)UINT16_MAX);
	report.bytes = RTE_MIN(WIRE_IPV6_HEADER_BYTES + error.ipv6.payload_bytes, UINT16_MAX);
	report.local_addr = error.ipv6.src;
	report.remote_addr = error.ipv6.dst;
	report.local_port = error.src_port;
	report.remote_port = error.dst_port;
	report.seq = error.seq;
	icmp_error_report(ip, &report);
}

/* RFC 9293 section 3.9.2.2, RFC 4443 section 3. False: there is nothing to do. */
static bool
kind_of(const struct wire_icmp6_error *error, enum ip_error_kind *kind)
{
	switch (error->type) {
	case WIRE_ICMP6_TOO_BIG:
		*kind = IP_ERROR_TOO_BIG;
		return true;
	case WIRE_ICMP6_TIME_EXCEEDED:
	case WIRE_ICMP6_PARAMETER_PROBLEM:
		*kind = IP_ERROR_HOST;
		return true;
	case WIRE_ICMP6_UNREACHABLE:
		break;
	default:
		return false;
	}
	switch (error->code) {
	case WIRE_ICMP6_NO_ROUTE:
		*kind = IP_ERROR_NET;
		break;
	case WIRE_ICMP6_PROHIBITED:
	case WIRE_ICMP6_POLICY:
	case WIRE_ICMP6_REJECT_ROUTE:
		*kind = IP_ERROR_PROHIBITED;
		break;
	case WIRE_ICMP6_PORT_UNREACHABLE:
		*kind = IP_ERROR_PORT;
		break;
	default: /* all others say that the host cannot be reached as things are */
		*kind = IP_ERROR_HOST;
		break;
	}
	return true;
}

/* We send nothing but TCP that could not arrive, and no extension headers before it. */
static bool
is_ours(const struct ip *ip, const struct wire_icmp6_error *error)
{
	return ip6_is_ours(ip, &error->ipv6.src) && ip6_is_host(&error->ipv6.dst) &&
	       !ip6_is_ours(ip, &error->ipv6.dst) && error->ipv6.next_header == IPPROTO_TCP;
}
