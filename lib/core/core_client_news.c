/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_client_news.h"

#include <rte_errno.h>
#include <rte_ring_elem.h>

/* Messages that wait for a client. */
#define MESSAGES_MAX 64

struct message {
	bool is_link;
	union {
		struct ip_neighbour neighbour;
		struct ip_link_news link;
	};
};

static bool tell_others(struct core_client_news *news, const struct message *message);
static void neighbour_learned(void *arg, const struct ip_neighbour *neighbour);
static bool link_heard(void *arg, const struct ip_link_news *link);

const struct ip_events core_client_news_events = {
	.neighbour = neighbour_learned,
	.link = link_heard,
};

int
core_client_news_setup(struct core_client_news *news, const char *name,
		       struct core_client_news *other, struct core_stats *stats)
{
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
	rte_ring_free(news->ring);
}

void
core_client_news_hear(struct core_client_news *news, uint64_t now_us)
{
	struct message message;

	while (rte_ring_dequeue_elem(news->ring, &message, sizeof(message)) == 0) {
		news->stats->control++;
		if (message.is_link)
			ip_link_update(news->ip, &message.link, now_us);
		else
			ip_neighbour_update(news->ip, &message.neighbour, now_us);
	}
}

static void
neighbour_learned(void *arg, const struct ip_neighbour *neighbour)
{
	const struct message message = {.neighbour = *neighbour};

	tell_others(arg, &message);
}

static bool
link_heard(void *arg, const struct ip_link_news *link)
{
	const struct message message = {.is_link = true, .link = *link};

	return tell_others(arg, &message);
}

/* False: the ring of one was full. */
static bool
tell_others(struct core_client_news *news, const struct message *message)
{
	struct core_client_news *other;
	bool all = true;

	for (other = news->next; other != news; other = other->next) {
		if (rte_ring_enqueue_elem(other->ring, (void *)(uintptr_t)message,
					  sizeof(*message)) == 0)
			continue;
		news->stats->drop_control++;
		all = false;
	}
	return all;
}
