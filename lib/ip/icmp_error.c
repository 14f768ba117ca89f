/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp.h"

/* RFC 1812 section 4.3.2.8: as many are useful to those who look for a fault. */
#define ERRORS_MAX 100
#define ERRORS_US UINT64_C(1000000)

static bool kind_of(const struct wire_icmp_error *error, enum ip_error_kind *kind);
static bool is_ours(const struct ip *ip, const struct wire_icmp_error *error);

/*
 * What concerns TCP goes to it. Source Quench is dropped as RFC 6633 says, and a Redirect is not
 * followed: whoever can send one could become everybody's gateway.
 */
void
icmp_error_input(struct ip *ip, struct rte_mbuf *mbuf)
{
	struct wire_icmp_error error;
	struct ip_error report;

	if (!wire_icmp_error_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len,
				   &error) ||
	    !is_ours(ip, &error)) {
		ip_drop(mbuf, &ip->stats.drop_icmp_quote);
		return;
	}
	if (!kind_of(&error, &report.kind)) {
		ip_drop(mbuf, &ip->stats.drop_icmp_type);
		return;
	}
	rte_pktmbuf_free(mbuf);
	report.protocol = error.ipv4.protocol;
	report.mtu = error.mtu;
	report.bytes = error.ipv4.total_bytes;
	report.local_addr = tr_addr_ipv4(error.ipv4.src);
	report.remote_addr = tr_addr_ipv4(error.ipv4.dst);
	report.local_port = error.src_port;
	report.remote_port = error.dst_port;
	report.seq = error.seq;
	icmp_error_report(ip, &report);
}

void
icmp_error_report(struct ip *ip, const struct ip_error *error)
{
	const struct ip_events *events = ip->config.events;

	ip->stats.icmp_errors_received++;
	if (events != NULL && events->error != NULL)
		events->error(ip->config.events_arg, error);
}

void
icmp_error_output(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code,
		  uint64_t now_us)
{
	const uint8_t *packet = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	struct wire_ipv4 ipv4;
	struct rte_mbuf *error;
	uint32_t quoted;
	uint8_t *data;

	if (wire_ipv4_parse(packet, mbuf->data_len, UINT16_MAX, 0, &ipv4) != WIRE_IPV4_OK)
		return;
	/* RFC 1122 section 3.2.2: of fragments nobody has looked at what they are of. */
	if (ipv4.protocol == IPPROTO_ICMP &&
	    (mbuf->data_len <= ipv4.header_bytes || wire_icmp_is_error(packet[ipv4.header_bytes])))
		return;
	if (!icmp_error_may_send(ip, now_us))
		return;
	error = rte_pktmbuf_alloc(ip->config.mbufs);
	if (error == NULL) {
		ip->stats.drop_no_mbuf++;
		return;
	}
	/* Eight bytes behind its header, or what there is of them. */
	quoted = RTE_MIN(RTE_MIN((uint32_t)mbuf->data_len, (uint32_t)ipv4.total_bytes),
			 (uint32_t)ipv4.header_bytes + WIRE_ICMP_QUOTED_BYTES);
	data = (uint8_t *)rte_pktmbuf_append(error, WIRE_ICMP_HEADER_BYTES + quoted);
	memcpy(data + WIRE_ICMP_HEADER_BYTES, packet, quoted);
	wire_icmp_error_write(data, WIRE_ICMP_HEADER_BYTES + quoted, type, code);
	ip->stats.icmp_errors_sent++;
	ip_output(ip, error, ip->config.ipv4.addr, tr_addr_ipv4(ipv4.src), IPPROTO_ICMP, now_us);
}

/* RFC 9293 section 3.9.2.2. False: there is nothing to do. */
static bool
kind_of(const struct wire_icmp_error *error, enum ip_error_kind *kind)
{
	if (error->type == WIRE_ICMP_TIME_EXCEEDED || error->type == WIRE_ICMP_PARAMETER_PROBLEM) {
		*kind = IP_ERROR_HOST;
		return true;
	}
	if (error->type != WIRE_ICMP_UNREACHABLE)
		return false;
	switch (error->code) {
	case WIRE_ICMP_UNREACHABLE_NET:
		*kind = IP_ERROR_NET;
		break;
	case WIRE_ICMP_UNREACHABLE_PROTOCOL:
	case WIRE_ICMP_UNREACHABLE_PORT:
		*kind = IP_ERROR_PORT;
		break;
	case WIRE_ICMP_UNREACHABLE_TOO_BIG:
		*kind = IP_ERROR_TOO_BIG;
		break;
	case WIRE_ICMP_UNREACHABLE_NET_PROHIBITED:
	case WIRE_ICMP_UNREACHABLE_HOST_PROHIBITED:
	case WIRE_ICMP_UNREACHABLE_PROHIBITED:
		*kind = IP_ERROR_PROHIBITED;
		break;
	default: /* all others say that the host cannot be reached as things are */
		*kind = IP_ERROR_HOST;
		break;
	}
	return true;
}

/* We send nothing but TCP that could not arrive, and never in fragments. */
static bool
is_ours(const struct ip *ip, const struct wire_icmp_error *error)
{
	return error->ipv4.src == ip->addr && ip_ipv4_is_peer(ip, error->ipv4.dst) &&
	       error->ipv4.protocol == IPPROTO_TCP && !error->ipv4.more_fragments;
}

bool
icmp_error_may_send(struct ip *ip, uint64_t now_us)
{
	if (now_us - ip->icmp_errors_us >= ERRORS_US) {
		ip->icmp_errors_us = now_us;
		ip->icmp_errors = 0;
	}
	if (ip->icmp_errors == ERRORS_MAX) {
		ip->stats.icmp_errors_limited++;
		return false;
	}
	ip->icmp_errors++;
	return true;
}
