/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_between.h"

#include "core_control.h"
#include "core_server.h"
#include "tcp.h"

unsigned int
core_between_cores(const struct tr_core_server *server)
{
	return server->nb_cores;
}

const struct core_port *
core_between_port(const struct tr_core_server *server, unsigned int core)
{
	return &server->ports[core];
}

int
core_between_socket(const struct tr_core_server *server, unsigned int core)
{
	return (int)rte_lcore_to_socket_id(server->cores[core]->lcore);
}

int
core_between_run(struct tr_core_server *server, unsigned int core,
		 void (*function)(struct core *core, void *arg), void *arg)
{
	return core_control_call(server->cores[core], function, arg);
}

struct core *
core_between_core(struct tr_core_server *server, unsigned int core)
{
	return server->cores[core];
}

const uint64_t *
core_between_clock(const struct core *core)
{
	return &core->now_us;
}

void
core_between_insert_first(struct core *core, struct core_port *port)
{
	core_port_insert(&core->port, port);
	tcp_set_large(core->tcp, core_port_large_mbufs(core->port));
}

void
core_between_insert_last(struct core *core, struct core_port *port)
{
	struct core_port **at = &core->port;

	while ((*at)->below != NULL)
		at = &(*at)->below;
	core_port_insert(at, port);
	tcp_set_large(core->tcp, core_port_large_mbufs(core->port));
}

void
core_between_remove(struct core *core, struct core_port *port)
{
	core_port_remove(&core->port, port);
	tcp_set_large(core->tcp, core_port_large_mbufs(core->port));
}
