/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_client_news.h"

#include <rte_errno.h>
#include <rte_ring_elem.h>

#include "core_rss.h"
#include "tcp.h"

/* Messages that wait for a client. */
#define MESSAGES_MAX 256

struct message {
	void (*run)(struct core_client_news *news, const struct message *message);
	union {
		struct ip_neighbour neighbour;
		struct ip_link_news link;
		struct ip_error error;
		struct {
			struct rte_mbuf *mbuf;
			struct ip_packet packet;
		};
	};
};

static void neighbour_learned(void *arg, const struct ip_neighbour *neighbour);
static bool link_heard(void *arg, const struct ip_link_news *link);
static void icmp_error(void *arg, const struct ip_error *error);
static void run_packet(struct core_client_news *news, const struct message *message);
static void packet_strayed(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet);
static bool tell(struct core_client_news *news, struct core_client_news *other,
		 const struct message *message);
static bool tell_others(struct core_client_news *news, const struct message *message);

const struct ip_events core_client_news_events = {
	.neighbour = neighbour_learned,
	.link = link_heard,
	.error = icmp_error,
	.packet = packet_strayed,
};

int
core_client_news_setup(struct core_client_news *news, const char *name,
		       struct core_client_news *other, const struct core_rss *rss, uint16_t index,
		       struct core_stats *stats)
{
	news->rss = rss;
	news->index = index;
	news->stats = stats;
	news->ring = rte_ring_create_elem(name, sizeof(struct message), MESSAGES_MAX, SOCKET_ID_ANY,
					  RING_F_SC_DEQ);
	if (news->ring == NULL)
		return -rte_errno;
	news->next = news;
	if (other != NULL) {
		news->next = other->next;
		other->next = news;
	}
	return 0;
}

void
core_client_news_teardown(struct core_client_news *news)
{
	struct message message;

	while (news->ring != NULL &&
	       rte_ring_dequeue_elem(news->ring, &message, sizeof(message)) == 0)
		if (message.run == run_packet)
			rte_pktmbuf_free(message.mbuf);
	rte_ring_free(news->ring);
}

void
core_client_news_hear(struct core_client_news *news)
{
	struct message message;

	while (rte_ring_dequeue_elem(news->ring, &message, sizeof(message)) == 0) {
		news->stats->control++;
		message.run(news, &message);
	}
}

static void
run_neighbour(struct core_client_news *news, const struct message *message)
{
	ip_neighbour_update(news->ip, &message->neighbour, news->now_us);
}

static void
neighbour_learned(void *arg, const struct ip_neighbour *neighbour)
{
	const struct message message = {.run = run_neighbour, .neighbour = *neighbour};

	tell_others(arg, &message);
}

static void
run_link(struct core_client_news *news, const struct message *message)
{
	ip_link_update(news->ip, &message->link, news->now_us);
}

static bool
link_heard(void *arg, const struct ip_link_news *link)
{
	const struct message message = {.run = run_link, .link = *link};

	return tell_others(arg, &message);
}

static void
run_error(struct core_client_news *news, const struct message *message)
{
	tcp_error(news->tcp, &message->error, news->now_us);
}

static void
icmp_error(void *arg, const struct ip_error *error)
{
	const struct message message = {.run = run_error, .error = *error};
	struct core_client_news *news = arg;

	if (tcp_error(news->tcp, error, news->now_us) || news->next == news)
		return;
	if (core_icmp_limit_take(&news->icmp_handed, news->now_us))
		tell_others(news, &message);
	else
		news->stats->drop_icmp_handed++;
}

static void
run_packet(struct core_client_news *news, const struct message *message)
{
	tcp_input(news->tcp, message->mbuf, &message->packet, news->now_us);
}

/* Fragments meet at a client that their addresses alone choose, and ports may not be found. */
static void
packet_strayed(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	const struct message message = {.run = run_packet, .mbuf = mbuf, .packet = *packet};
	struct core_client_news *news = arg;
	struct core_client_news *other;
	uint16_t owner = core_rss_packet_owner(news->rss, mbuf, packet);

	for (other = news->next; other != news && other->index != owner; other = other->next)
		;
	/* What has no ports is dropped here as anywhere. */
	if (other == news) {
		tcp_input(news->tcp, mbuf, packet, news->now_us);
		return;
	}
	news->stats->steered++;
	if (!tell(news, other, &message))
		rte_pktmbuf_free(mbuf);
}

/* False: the ring of one was full. */
static bool
tell_others(struct core_client_news *news, const struct message *message)
{
	struct core_client_news *other;
	bool all = true;

	for (other = news->next; other != news; other = other->next)
		all &= tell(news, other, message);
	return all;
}

/* False: its ring was full. */
static bool
tell(struct core_client_news *news, struct core_client_news *other, const struct message *message)
{
	if (rte_ring_enqueue_elem(other->ring, (void *)(uintptr_t)message, sizeof(*message)) == 0)
		return true;
	news->stats->drop_control++;
	return false;
}
