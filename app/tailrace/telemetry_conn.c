/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <stdio.h>

#include <arpa/inet.h>

#include "telemetry.h"

/* Connections asked for at a time: a core stands still for no more than this many. */
#define CONNS_AT_ONCE 32

static int conns(const struct telemetry_source *source, const char *param,
		 struct rte_tel_data *data);
static int conn(const struct telemetry_source *source, const char *param,
		struct rte_tel_data *data);
static void add_endpoint(struct rte_tel_data *data, const char *name, const struct tr_addr *addr,
			 uint16_t port);

const struct telemetry_endpoint telemetry_conn[] = {
	{"/tailrace/conns",
	 "Ids of connections, 512 at most. Parameter: the least, to go on from the last before",
	 conns},
	{"/tailrace/conn", "All about a connection. Parameter: its id", conn},
	{0},
};

/* Add the ids of a core's connections; -ENOSPC when there is room for no more, or -errno. */
static int
add_core(struct tr_core_server *server, unsigned int core, uint32_t from, unsigned int *left,
	 struct rte_tel_data *data)
{
	struct core_info_conn found[CONNS_AT_ONCE];
	int nb, i;

	do {
		nb = core_info_conns(server, core, from, found, CONNS_AT_ONCE);
		if (nb < 0)
			return nb;
		for (i = 0; i < nb; i++) {
			if (*left == 0)
				return -ENOSPC;
			rte_tel_data_add_array_u64(data, found[i].id);
			--*left;
		}
		if (nb > 0)
			from = found[nb - 1].id + 1;
	} while (nb == CONNS_AT_ONCE);
	return 0;
}

static int
conns(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	unsigned int left = RTE_TEL_MAX_ARRAY_ENTRIES;
	uint32_t from = 0;
	unsigned int core;
	int rc = 0;

	if (param != NULL && telemetry_number(param, &from) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_U64_VAL);
	for (core = core_info_conn_core(from); core < core_info_cores(source->server) && rc == 0;
	     core++) {
		rc = add_core(source->server, core, from, &left, data);
		from = 0;
	}
	return rc == -ENOSPC ? 0 : rc;
}

static int
conn(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_info_conn info;
	uint32_t id;
	int rc;

	rc = telemetry_number(param, &id);
	if (rc == 0)
		rc = core_info_conn(source->server, id, &info);
	if (rc < 0)
		return rc;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_u64(data, "core", info.core);
	add_endpoint(data, "remote", &info.remote_addr, info.remote_port);
	add_endpoint(data, "local", &info.local_addr, info.local_port);
	rte_tel_data_add_dict_string(data, "state", info.state);
	rte_tel_data_add_dict_string(data, "protocol", info.protocol);
	rte_tel_data_add_dict_u64(data, "requests", info.received_requests);
	rte_tel_data_add_dict_u64(data, "in_flight", info.requests);
	rte_tel_data_add_dict_string(data, "waits_for", info.waits_for);
	rte_tel_data_add_dict_u64(data, "send_bytes", info.send_bytes);
	rte_tel_data_add_dict_u64(data, "receive_bytes", info.receive_bytes);
	rte_tel_data_add_dict_u64(data, "send_window_bytes", info.snd_wnd);
	rte_tel_data_add_dict_u64(data, "receive_window_bytes", info.rcv_wnd);
	rte_tel_data_add_dict_string(data, "congestion_control", info.congestion);
	rte_tel_data_add_dict_u64(data, "ecn", info.ecn);
	rte_tel_data_add_dict_u64(data, "congestion_window_bytes", info.cwnd_bytes);
	rte_tel_data_add_dict_u64(data, "threshold_bytes", info.ssthresh_bytes);
	rte_tel_data_add_dict_u64(data, "srtt_us", info.srtt_us);
	rte_tel_data_add_dict_u64(data, "rto_us", info.rto_us);
	rte_tel_data_add_dict_u64(data, "mss_bytes", info.mss_bytes);
	rte_tel_data_add_dict_u64(data, "min_rtt_us", info.min_rtt_us);
	rte_tel_data_add_dict_u64(data, "retransmits", info.retransmits);
	rte_tel_data_add_dict_string(data, "recovery", info.recovery);
	rte_tel_data_add_dict_u64(data, "sacked_bytes", info.sacked_bytes);
	rte_tel_data_add_dict_u64(data, "lost_bytes", info.lost_bytes);
	return 0;
}

static void
add_endpoint(struct rte_tel_data *data, const char *name, const struct tr_addr *addr, uint16_t port)
{
	char text[TR_ADDR_ENDPOINT_SIZE];

	rte_tel_data_add_dict_string(data, name, tr_addr_format_endpoint(addr, ntohs(port), text));
}
