/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Connections over our own stack: each worker has an ethdev and an address of its own, and polls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "core_client.h"
#include "load_worker.h"

#define CONNECT_TIMEOUT_S 10
#define CLOSE_TIMEOUT_S 1
#define ADDRESS_TIMEOUT_US (3 * 1000 * 1000)

/* Connections that are being opened at a time. */
#define OPENING_MAX 64

struct stack {
	struct load_worker *worker;
	struct core_client *client;
	uint64_t begin; /* the clock's reading when the stack began */
	uint64_t us_per_cycle; /* times 2^32 */
	uint32_t nb_asked; /* connections that core_client_connect() was called for */
	uint32_t nb_opened;
	uint32_t nb_closed;
	bool closing;
};

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
open_all(struct load_worker *worker)
{
	const struct load_args *args = worker->plan->args;
	const struct load_addr *addr = &args->addrs[worker->index];
	struct stack *stack = calloc(1, sizeof(*stack));
	char error[256];
	char name[16];
	const struct tr_addr_net net = {
		.addr = addr->addr,
		.prefix_len = addr->prefix_len,
		.gateway = args->gateway,
	};
	struct core_client_config config = {
		.name = name,
		.port_id = addr->port_id,
		.conns_max = worker->nb_conns,
		.events = &events,
		.events_arg = stack,
	};

	if (stack == NULL) {
		load_worker_fail(worker, "no memory");
		return NULL;
	}
	/* An lcore's caches of mempools. */
	if (rte_thread_register() < 0) {
		load_worker_fail(worker, "no lcore for a thread: %s", rte_strerror(rte_errno));
		free(stack);
		return NULL;
	}
	snprintf(name, sizeof(name), "load%u", worker->index);
	*(tr_addr_is_ipv4(&net.addr) ? &config.ipv4 : &config.ipv6) = net;
	stack->worker = worker;
	stack->us_per_cycle = 1e6 / rte_get_tsc_hz() * 0x1p32;
	stack->begin = rte_rdtsc();
	stack->client = core_client_create(&config, error, sizeof(error));
	if (stack->client == NULL)
		load_worker_fail(worker, "%s", error);
	else if (open_conns(stack) == 0)
		return stack;
	close_all(stack);
	return NULL;
}

/* Some at a time: the server's backlog has its bounds. */
static int
open_conns(struct stack *stack)
{
	struct load_worker *worker = stack->worker;
	uint64_t end = rte_rdtsc() + CONNECT_TIMEOUT_S * rte_get_tsc_hz();

	while (stack->nb_opened < worker->nb_conns) {
		while (stack->nb_asked < worker->nb_conns &&
		       stack->nb_asked < stack->nb_opened + OPENING_MAX && ask(stack) == 0)
			stack->nb_asked++;
		if (turn(stack, 0) < 0)
			return -EIO;
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
	if (stack->client != NULL) {
		for (i = 0; i < stack->nb_asked; i++)
			core_client_close(stack->client, i);
		while (stack->nb_closed < stack->nb_asked && rte_rdtsc() < end)
			core_client_poll(stack->client, now_us(stack));
	}
	core_client_destroy(stack->client);
	rte_thread_unregister();
	free(stack);
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
