/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of Ethernet, IPv4, IPv6 and what belongs to them: each dropped packet counts under
 * exactly one name. One writer, the owning core; any thread reads.
 */
#ifndef IP_STATS_H
#define IP_STATS_H

#include <stdint.h>

/* clang-format off */
/** X(name, what it counts) for each counter; the drops are those whose name begins drop_. */
#define IP_STATS(X)                                                                        \
	X(eth_rx, "frames received")                                                       \
	X(arp_rx, "ARP packets received")                                                  \
	X(arp_tx, "ARP packets sent")                                                      \
	X(arp_answered, "ARP requests answered")                                           \
	X(arp_updates, "other ARP packets that confirm or change a known neighbour")       \
	X(ip_rx, "IPv4 packets received")                                                  \
	X(ip_tx, "IPv4 packets sent")                                                      \
	X(ip_fragments, "fragments that became part of a whole packet")                    \
	X(ip_reassembled, "packets put together from fragments")                           \
	X(ip6_rx, "IPv6 packets received")                                                 \
	X(ip6_tx, "IPv6 packets sent")                                                     \
	X(icmp6_tx, "ICMPv6 messages sent")                                                \
	X(nd_rx, "messages of neighbour discovery received")                               \
	X(nd_answered, "neighbour solicitations answered")                                 \
	X(nd_updates, "advertisements of neighbours and routers made use of")              \
	X(mld_queries, "questions for our multicast groups answered")                      \
	X(icmp_echo, "ICMP echo requests answered")                                        \
	X(icmp_errors_received, "ICMP errors about segments that may be ours")             \
	X(icmp_errors_sent, "ICMP errors sent")                                            \
	X(icmp_errors_limited, "ICMP errors not sent because there were too many")         \
	X(drop_eth_short, "frames shorter than an Ethernet header")                        \
	X(drop_eth_type, "frames of a type that is not spoken here")                       \
	X(drop_eth_address, "frames for another host")                                     \
	X(drop_eth_own, "IPv6 frames to a group that are our own, looped back")              \
	X(drop_arp_malformed, "ARP packets that are short or not for IPv4 over Ethernet")  \
	X(drop_arp_conflict, "ARP packets in which another host claims our address")       \
	X(drop_arp_ignored, "ARP packets that are neither for us nor from a neighbour")    \
	X(drop_ip_truncated, "IPv4 packets shorter than they say")                         \
	X(drop_ip_header, "IPv4 headers of a wrong version or length")                     \
	X(drop_ip_checksum, "IPv4 headers with a wrong checksum")                          \
	X(drop_ip_source, "IPv4 packets from an address that no host has")                 \
	X(drop_ip_destination, "IPv4 packets for another host")                            \
	X(drop_ip_source_route, "IPv4 packets with a source route")                        \
	X(drop_ip_fragment, "fragments where nothing puts them together")                  \
	X(drop_fragment_malformed, "fragments of a length or place that no packet has")    \
	X(drop_fragment_conflict, "fragments that overlap, repeat or contradict others")   \
	X(drop_fragment_full, "fragments of one packet more than can be incomplete")       \
	X(drop_fragment_timeout, "fragments whose packet was not whole after a minute")    \
	X(drop_ip_protocol, "IPv4 packets of a protocol that is not spoken here")          \
	X(drop_udp, "UDP packets: no port is open")                                        \
	X(drop_icmp_malformed, "ICMP packets that are short or have a wrong checksum")     \
	X(drop_icmp_quote, "ICMP errors that quote too little, or no packet of ours")      \
	X(drop_icmp_type, "ICMP packets of a type that is not acted on")                   \
	X(drop_ip6_truncated, "IPv6 packets shorter than they say")                        \
	X(drop_ip6_header, "IPv6 headers of a wrong version or without payload")           \
	X(drop_ip6_source, "IPv6 packets from an address that no other host has")          \
	X(drop_ip6_destination, "IPv6 packets for another host or group")                  \
	X(drop_ip6_extension, "IPv6 extension headers that are malformed or refused")      \
	X(drop_ip6_fragment, "IPv6 fragments where nothing puts them together")            \
	X(drop_ip6_nothing, "IPv6 packets that say that nothing follows")                  \
	X(drop_ip6_protocol, "IPv6 packets of a protocol that is not spoken here")         \
	X(drop_icmp6_malformed, "ICMPv6 messages that are short, wrong or from afar")      \
	X(drop_icmp6_type, "ICMPv6 messages of a type that is not acted on")               \
	X(drop_nd_malformed, "neighbour discovery that is malformed or not of the link")   \
	X(drop_nd_conflict, "neighbour discovery in which another host has our address")   \
	X(drop_nd_ignored, "neighbour discovery that is of no use here")                   \
	X(drop_no_mbuf, "packets not sent or read for want of an mbuf")                    \
	X(drop_no_route, "packets to a network that no route leads to")                    \
	X(drop_ip_too_big, "packets not sent because they exceed the MTU")                 \
	X(drop_neighbour_queue, "packets that waited too long for a neighbour's address")  \
	X(drop_neighbour_table, "packets to a new neighbour while too many are asked for") \
	X(drop_tx_queue, "packets with the transmit queue full")
/* clang-format on */

/** The counters by name. */
struct ip_stats {
#define IP_STATS_FIELD(name, help) uint64_t name;
	IP_STATS(IP_STATS_FIELD)
#undef IP_STATS_FIELD
};

#endif /* IP_STATS_H */
