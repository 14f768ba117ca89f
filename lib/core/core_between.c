/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_between.h"

#include "core_control.h"
#include "core_server.h"
#include "tcp.h"

static void insert(struct core_port **at, struct core_port *port);
static void set_large(struct core *core);

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
	insert(&core->port, port);
	set_large(core);
}

void
core_between_insert_last(struct core *core, struct core_port *port)
{
	struct core_port **at = &core->port;

	while ((*at)->below != NULL)
		at = &(*at)->below;
	insert(at, port);
	set_large(core);
}

/* No segment comes to be cut where one of the ports is to see what it is cut into. */
static void
set_large(struct core *core)
{
	const struct core_port *port = core->port;
	uint16_t nb_mbufs = port->tx_large_mbufs;

	for (; port != NULL; port = port->below)
		if (port->tx_cut)
			nb_mbufs = 0;
	tcp_set_large(core->tcp, nb_mbufs);
}

static void
insert(struct core_port **at, struct core_port *port)
{
	const struct core_port own = *port;

	*port = **at;
	port->rx = own.rx;
	port->tx = own.tx;
	port->tx_cut = own.tx_cut;
	port->due_us = 0;
	port->below = *at;
	*at = port;
}

void
core_between_remove(struct core *core, struct core_port *port)
{
	struct core_port **at = &core->port;

	while (*at != NULL && *at != port)
		at = &(*at)->below;
	if (*at != NULL)
		*at = port->below;
	set_large(core);
}
