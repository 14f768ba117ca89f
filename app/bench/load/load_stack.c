/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Connections over our own stack: each worker has an ethdev and an address of its own, or a queue
 * pair of one that all share, and polls.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "core_client.h"
#include "core_ethdev_peer.h"
#include "load_worker.h"

/* So long none is opened, however many there are. */
#define CONNECT_TIMEOUT_S 10
#define CLOSE_TIMEOUT_S 1
#define ADDRESS_TIMEOUT_US (3 * 1000 * 1000)

/* Connections that are being opened at a time. */
#define OPENING_MAX 64

struct stacks;

struct stack {
	struct stacks *all;
	struct load_worker *worker;
	struct core_client *client;
	bool is_first; /* of its port */
	uint64_t begin; /* the clock's reading when it was first polled */
	uint64_t us_per_cycle; /* times 2^32 */
	uint32_t nb_asked; /* connections that core_client_connect() was called for */
	uint32_t nb_opened;
	uint32_t nb_closed;
	bool closing;
};

/* Of all workers. */
struct stacks {
	_Atomic unsigned int nb_open; /* workers with connections, or not yet */
	_Atomic bool failed; /* one of them could not open its own */
	unsigned int nb;
	struct stack stacks[];
};

static void *setup(const struct load_plan *plan, char *error, size_t error_size);
static int create(struct stacks *all, const struct load_plan *plan, unsigned int first,
		  unsigned int nb, char *error, size_t error_size);
static int check_queues(uint16_t port_id, unsigned int nb, char *error, size_t error_size);
static void teardown(void *shared);
static void *open_all(struct load_worker *worker);
static int open_conns(struct stack *stack);
static int ask(struct stack *stack);
static void close_all(void *transport);
static bool send_parts(void *transport, uint32_t index, const struct iovec *parts, unsigned int nb);
static int turn(void *transport, uint64_t wait_ns);
static uint64_t now_us(const struct stack *stack);
static void opened(void *arg, uint32_t conn);
static void received(void *arg, uint32_t conn, const uint8_t *data, uint32_t len);
static void closed(void *arg, uint32_t conn, int error);

const struct load_transport load_transport_stack = {
	.name = "tailrace",
	.setup = setup,
	.teardown = teardown,
	.open = open_all,
	.close = close_all,
	.send = send_parts,
	.turn = turn,
};

static const struct core_client_events events = {
	.opened = opened,
	.received = received,
	.closed = closed,
};

static void *
setup(const struct load_plan *plan, char *error, size_t error_size)
{
	const unsigned int nb_ports = plan->args->nb_addrs;
	/* One port for all, or one each. */
	const unsigned int of_port = plan->nb_workers / nb_ports;
	struct stacks *all = calloc(1, sizeof(*all) + plan->nb_workers * sizeof(all->stacks[0]));
	unsigned int i;

	if (all == NULL) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	all->nb = plan->nb_workers;
	all->nb_open = plan->nb_workers;
	for (i = 0; i < nb_ports; i++)
		if (create(all, plan, i * of_port, of_port, error, error_size) < 0) {
			teardown(all);
			return NULL;
		}
	return all;
}

/* The clients of a port. */
static int
create(struct stacks *all, const struct load_plan *plan, unsigned int first, unsigned int nb,
       char *error, size_t error_size)
{
	const struct load_addr *addr = &plan->args->addrs[first / nb];
	const struct tr_addr_net net = {
		.addr = addr->addr,
		.prefix_len = addr->prefix_len,
		.gateway = plan->args->gateway,
	};
	struct core_client_config configs[LOAD_ARGS_THREADS_MAX];
	struct core_client *clients[LOAD_ARGS_THREADS_MAX];
	char names[LOAD_ARGS_THREADS_MAX][16];
	unsigned int i;
	int rc;

	rc = check_queues(addr->port_id, nb, error, error_size);
	if (rc < 0)
		return rc;
	for (i = 0; i < nb; i++) {
		struct stack *stack = &all->stacks[first + i];

		snprintf(names[i], sizeof(names[i]), "load%u", first + i);
		configs[i] = (struct core_client_config){
			.name = names[i],
			.port_id = addr->port_id,
			.conns_max = load_worker_conns(plan, first + i),
			.events = &events,
			.events_arg = stack,
		};
		*(tr_addr_is_ipv4(&net.addr) ? &configs[i].ipv4 : &configs[i].ipv6) = net;
		stack->all = all;
		stack->us_per_cycle = 1e6 / rte_get_tsc_hz() * 0x1p32;
	}
	rc = core_client_create_all(configs, nb, clients, error, error_size);
	for (i = 0; i < nb && rc == 0; i++)
		all->stacks[first + i].client = clients[i];
	all->stacks[first].is_first = rc == 0;
	return rc;
}

static int
check_queues(uint16_t port_id, unsigned int nb, char *error, size_t error_size)
{
	struct rte_eth_dev_info info;
	unsigned int queues;

	/* One that is not there is found later. */
	if (!rte_eth_dev_is_valid_port(port_id) || rte_eth_dev_info_get(port_id, &info) < 0)
		return 0;
	queues = RTE_MIN(info.max_rx_queues, info.max_tx_queues);
	queues = RTE_MIN(queues, core_ethdev_peer_queues_max(info.driver_name));
	if (nb <= queues)
		return 0;
	snprintf(error, error_size,
		 "--threads: %u, but port %u (%s) has %u queue%s for us; fewer, or an --addr and a "
		 "port "
		 "for each, would do",
		 nb, port_id, info.driver_name, queues, queues == 1 ? "" : "s");
	return -EINVAL;
}

/* Those of a port go with the first. */
static void
teardown(void *shared)
{
	struct stacks *all = shared;
	unsigned int i;

	for (i = 0; i < all->nb; i++)
		if (all->stacks[i].is_first)
			core_client_destroy(all->stacks[i].client);
	free(all);
}

static void *
open_all(struct load_worker *worker)
{
	struct stacks *all = worker->plan->shared;
	struct stack *stack = &all->stacks[worker->index];

	/* An lcore's caches of mempools. */
	if (rte_thread_register() < 0) {
		load_worker_fail(worker, "no lcore for a thread: %s", rte_strerror(rte_errno));
		return NULL;
	}
	stack->worker = worker;
	stack->begin = rte_rdtsc();
	if (open_conns(stack) == 0)
		return stack;
	atomic_store_explicit(&all->failed, true, memory_order_relaxed);
	close_all(stack);
	return NULL;
}

/* Some at a time: the server's backlog has its bounds. */
static int
open_conns(struct stack *stack)
{
	struct load_worker *worker = stack->worker;
	uint64_t timeout = CONNECT_TIMEOUT_S * rte_get_tsc_hz();
	uint64_t end = rte_rdtsc() + timeout;
	uint32_t nb_opened = 0;

	while (stack->nb_opened < worker->nb_conns) {
		while (stack->nb_asked < worker->nb_conns &&
		       stack->nb_asked < stack->nb_opened + OPENING_MAX && ask(stack) == 0)
			stack->nb_asked++;
		if (turn(stack, 0) < 0)
			return -EIO;
		if (stack->nb_opened > nb_opened) {
			nb_opened = stack->nb_opened;
			end = rte_rdtsc() + timeout;
		}
		if (atomic_load_explicit(&stack->all->failed, memory_order_relaxed))
			return load_worker_fail(worker, "another thread has failed");
		if (rte_rdtsc() > end)
			return load_worker_fail(worker, "%s: does not answer",
						worker->plan->args->server);
	}
	return 0;
}

/* For another connection: 0, -EAGAIN or -EIO. What is not the server's fault says so. */
static int
ask(struct stack *stack)
{
	struct load_worker *worker = stack->worker;
	const struct load_args *args = worker->plan->args;
	int rc = core_client_connect(stack->client, stack->nb_asked, args->server_addr,
				     args->server_port, now_us(stack));

	if (rc == 0)
		return 0;
	/* An address of IPv6 is tried for a second before it is used. */
	if (rc == -EADDRNOTAVAIL && now_us(stack) < ADDRESS_TIMEOUT_US)
		return -EAGAIN;
	if (rc == -EADDRNOTAVAIL)
		return load_worker_fail(worker, "--addr: another host has that address");
	if (rc == -EADDRINUSE)
		return load_worker_fail(worker,
					"--connections: after %u of a thread no port of ours is "
					"left for one to %s; fewer would do",
					stack->nb_asked, args->server);
	return load_worker_fail(worker, "%s: %s", args->server, strerror(-rc));
}

static void
close_all(void *transport)
{
	struct stack *stack = transport;
	uint64_t end = rte_rdtsc() + CLOSE_TIMEOUT_S * rte_get_tsc_hz();
	uint32_t i;

	stack->closing = true;
	for (i = 0; i < stack->nb_asked; i++)
		core_client_close(stack->client, i);
	while (stack->nb_closed < stack->nb_asked && rte_rdtsc() < end)
		core_client_poll(stack->client, now_us(stack));
	/* What comes by its queue may be for others. */
	atomic_fetch_sub_explicit(&stack->all->nb_open, 1, memory_order_relaxed);
	while (atomic_load_explicit(&stack->all->nb_open, memory_order_relaxed) > 0 &&
	       rte_rdtsc() < end)
		core_client_poll(stack->client, now_us(stack));
	rte_thread_unregister();
}

static bool
send_parts(void *transport, uint32_t index, const struct iovec *parts, unsigned int nb)
{
	struct stack *stack = transport;

	return core_client_send(stack->client, index, parts, nb) == 0;
}

static int
turn(void *transport, uint64_t wait_ns)
{
	struct stack *stack = transport;

	(void)wait_ns;
	core_client_poll(stack->client, now_us(stack));
	return unlikely(stack->worker->failed) ? -EIO : 0;
}

static uint64_t
now_us(const struct stack *stack)
{
	return (unsigned __int128)(rte_rdtsc() - stack->begin) * stack->us_per_cycle >> 32;
}

static void
opened(void *arg, uint32_t conn)
{
	struct stack *stack = arg;

	(void)conn;
	stack->nb_opened++;
}

static void
received(void *arg, uint32_t conn, const uint8_t *data, uint32_t len)
{
	struct stack *stack = arg;

	if (likely(!stack->closing && !stack->worker->failed))
		load_worker_input(stack->worker, conn, data, len, rte_rdtsc());
}

static void
closed(void *arg, uint32_t conn, int error)
{
	struct stack *stack = arg;

	(void)conn;
	stack->nb_closed++;
	if (stack->closing)
		return;
	if (error == 0)
		load_worker_fail(stack->worker, "the server closed a connection");
	else
		load_worker_fail(stack->worker, "%s: %s", stack->worker->plan->args->server,
				 strerror(-error));
}
