/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "tcp_congestion.h"
#include "tcp_conn.h"
#include "tcp_flight.h"
#include "tcp_keepalive.h"
#include "tcp_loss.h"
#include "tcp_reassembly.h"
#include "tcp_receive.h"
#include "tcp_user_timeout.h"

/* Mbufs that one connection may keep out of order, whatever the others leave. */
#define REASSEMBLY_CONN_MAX 128
/*
 * For connections with losses, or with several round trips' parts in flight: few are at a time, and
 * those that find no memory fall back on timeouts.
 */
#define FLIGHT_MIN 1024
#define FLIGHT_MAX 32768
#define RECOVERY_MIN 64
/* Of a segment that the port cuts: headers, and two mbufs of payload. */
#define LARGE_MBUFS_MIN 3

static int setup(struct tcp *tcp, const struct tcp_config *config);
static int setup_loss(struct tcp *tcp, const struct tcp_config *config);
static int setup_reassembly(struct tcp *tcp, const struct tcp_config *config);

struct tcp *
tcp_create(const struct tcp_config *config)
{
	struct tcp *tcp;
	int rc;

	tcp = rte_zmalloc_socket("tcp", sizeof(*tcp), RTE_CACHE_LINE_SIZE, config->socket);
	if (tcp == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	rc = setup(tcp, config);
	if (rc < 0) {
		tcp_destroy(tcp);
		rte_errno = -rc;
		return NULL;
	}
	return tcp;
}

void
tcp_destroy(struct tcp *tcp)
{
	if (tcp == NULL)
		return;
	tcp_conn_teardown(tcp);
	rte_mempool_free(tcp->reassembly_pool);
	rte_mempool_free(tcp->flight_pool);
	rte_mempool_free(tcp->recovery_pool);
	rte_free(tcp);
}

static int
setup(struct tcp *tcp, const struct tcp_config *config)
{
	int rc;

	if (ip_mtu(config->ip) < TCP_IPV4_HEADERS + TCP_MSS_MIN || config->conns_max == 0 ||
	    config->receive_window_bytes == 0 || config->reassembly_max == 0)
		return -EINVAL;
	tcp->ip = config->ip;
	tcp->txq = ip_txq(config->ip);
	tcp->events = config->events;
	tcp->events_arg = config->events_arg;
	tcp->congestion = tcp_congestion_find(config->congestion);
	if (tcp->congestion == NULL)
		return -EINVAL;
	tcp->ecn = config->ecn;
	tcp->now_us = config->now_us;
	tcp->mbufs = config->mbufs;
	tcp->chain_pool = config->chain_pool;
	tcp->receive_window_bytes = config->receive_window_bytes;
	tcp->rcv_scale = tcp_receive_scale(config->receive_window_bytes);
	tcp->mss = ip_mtu(config->ip) - TCP_IPV4_HEADERS;
	if (config->mss_max != 0)
		tcp->mss = RTE_MIN(tcp->mss, RTE_MAX(config->mss_max, (uint16_t)TCP_MSS_MIN));
	tcp->mss_ipv6 = RTE_MIN(tcp->mss, ip_mtu(config->ip) - TCP_IPV4_HEADERS - TCP_IPV6_MORE);
	tcp_set_large(tcp, config->large_mbufs);
	tcp->time_wait_us = config->time_wait_us;
	tcp_user_timeout_init(tcp, config);
	tcp_keepalive_init(tcp, config);
	memcpy(tcp->secret, config->secret, sizeof(tcp->secret));
	tcp_wheel_init(&tcp->wheel, config->now_us);
	tcp_pmtu_init(&tcp->pmtu);
	rc = setup_reassembly(tcp, config);
	if (rc == 0)
		rc = setup_loss(tcp, config);
	if (rc < 0)
		return rc;
	return tcp_conn_setup(tcp, config);
}

static int
setup_reassembly(struct tcp *tcp, const struct tcp_config *config)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (snprintf(name, sizeof(name), "%s_reas", config->name) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	tcp->reassembly_conn_max = RTE_MIN(config->reassembly_max, (uint32_t)REASSEMBLY_CONN_MAX);
	tcp->reassembly_pool =
		tcp_reassembly_pool_create(name, config->reassembly_max, config->socket);
	return tcp->reassembly_pool == NULL ? -rte_errno : 0;
}

static int
setup_loss(struct tcp *tcp, const struct tcp_config *config)
{
	uint32_t ranges = RTE_MAX(RTE_MIN(config->conns_max, (uint32_t)FLIGHT_MAX / 8) * 8,
				  (uint32_t)FLIGHT_MIN);
	uint32_t recoveries = RTE_MAX(config->conns_max / 4, (uint32_t)RECOVERY_MIN);
	char name[RTE_MEMPOOL_NAMESIZE];

	if (config->flight_max != 0)
		ranges = config->flight_max;
	if (config->recovery_max != 0)
		recoveries = config->recovery_max;
	if (snprintf(name, sizeof(name), "%s_flight", config->name) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	tcp->flight_pool = tcp_flight_pool_create(name, ranges, config->socket);
	if (tcp->flight_pool == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "%s_loss", config->name);
	tcp->recovery_pool = tcp_loss_pool_create(name, recoveries, config->socket);
	return tcp->recovery_pool == NULL ? -rte_errno : 0;
}

void
tcp_set_large(struct tcp *tcp, uint16_t nb_mbufs)
{
	tcp->large_mbufs = nb_mbufs >= LARGE_MBUFS_MIN ? nb_mbufs : 0;
}

void
tcp_set_pressure(struct tcp *tcp, enum tcp_pressure pressure)
{
	tcp->pressure = pressure;
}
