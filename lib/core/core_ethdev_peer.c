/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_ethdev_peer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_pause.h>

#include "core_guard.h"

static bool has_partial_queues(const char *driver);
static bool is_counted(const struct core_port *port, bool sent);
static int peer_changed(uint16_t port_id, enum rte_eth_event_type type, void *arg, void *ret);

/* What tells that its queues are to be found anew. */
static const unsigned int watched[] = {RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_QUEUE_STATE};

/*
 * net_memif keeps where an earlier peer had the ring of a queue, which in memory of the next may be
 * anything; but it counts, whenever the frames came, for the queues of the present one alone.
 */
void
core_ethdev_peer_setup(struct core_port *port, const char *driver)
{
	port->is_there = has_partial_queues(driver) ? is_counted : NULL;
	port->is_there_unasked = strcmp(driver, "net_memif") == 0;
}

unsigned int
core_ethdev_peer_queues_max(const char *driver)
{
	return has_partial_queues(driver) ? RTE_ETHDEV_QUEUE_STAT_CNTRS : UINT_MAX;
}

/* Of as many queues as we set up, the peer of these may open fewer, and nothing says how many. */
static bool
has_partial_queues(const char *driver)
{
	return strcmp(driver, "net_memif") == 0 || strcmp(driver, "net_vhost") == 0;
}

/*
 * Drivers count for the queues that their peer has opened. net_memif finds the first queue's ring
 * where another's was never named, and reads from it and writes to it.
 */
static bool
is_counted(const struct core_port *port, bool sent)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(port->port_id, &stats) != 0)
		return false;
	return (sent ? stats.q_opackets : stats.q_ipackets)[port->queue] > 0;
}

/*
 * net_memif says nothing: the guard looks. A vhost's peer may also open and close queues while it
 * stays.
 */
int
core_ethdev_peer_watch(uint16_t port_id, atomic_uint *changes)
{
	unsigned int i;
	int ret = 0;

	if (core_guard_watch(port_id, changes))
		return 0;
	for (i = 0; i < RTE_DIM(watched) && ret == 0; i++)
		ret = rte_eth_dev_callback_register(port_id, watched[i], peer_changed, changes);
	if (ret < 0)
		core_ethdev_peer_unwatch(port_id, changes);
	return ret;
}

void
core_ethdev_peer_unwatch(uint16_t port_id, atomic_uint *changes)
{
	unsigned int i;

	if (core_guard_watch(port_id, NULL))
		return;
	for (i = 0; i < RTE_DIM(watched); i++)
		while (rte_eth_dev_is_valid_port(port_id) &&
		       rte_eth_dev_callback_unregister(port_id, watched[i], peer_changed,
						       changes) == -EAGAIN)
			rte_pause();
}

static int
peer_changed(uint16_t port_id, enum rte_eth_event_type type, void *arg, void *ret)
{
	atomic_uint *changes = arg;

	(void)port_id;
	(void)type;
	(void)ret;
	atomic_store_explicit(changes, *changes + 1, memory_order_release);
	return 0;
}
