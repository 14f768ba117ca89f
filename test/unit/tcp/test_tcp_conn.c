/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include <rte_malloc.h>

#include "tcp_conn.h"
#include "tcp_output.h"
#include "test_eal.h"

/*
 * What a connection may cost, in bytes: a field that is added has its reason, and the table of
 * doc/guides/pressure.rst says what it makes of a million.
 */
#define CONN_BYTES_MAX 496
#define ALL_BYTES_MAX 512

#define CONNS_FEW 4095
#define CONNS_MANY 8191

struct stack {
	struct rte_mempool *mbufs;
	struct chain_pool chains;
	struct ip *ip;
	struct tcp *tcp;
	uint32_t walked; /* connections */
};

static const struct tcp_events events;

static void
begin(struct stack *stack, uint32_t conns_max)
{
	static unsigned int stacks;
	char name[16];
	struct ip_config ip_config = {
		.ipv4 = {.addr = tr_addr_ipv4(RTE_BE32(0x0a4d0002)), .prefix_len = 24},
		.mtu = 1500,
		.neighbours_max = 8,
		.socket = SOCKET_ID_ANY,
	};
	struct tcp_config config = {
		.name = name,
		.events = &events,
		.conns_max = conns_max,
		.receive_window_bytes = 65536,
		.reassembly_max = 16,
		.flight_max = 64,
		.recovery_max = 16,
		.time_wait_us = 1000000,
		.secret = "0123456789abcde",
		.socket = SOCKET_ID_ANY,
	};

	snprintf(name, sizeof(name), "conn%u", stacks++);
	memset(stack, 0, sizeof(*stack));
	stack->mbufs = chain_mempool_create(name, 16, SOCKET_ID_ANY);
	assert_non_null(stack->mbufs);
	stack->chains.mbufs = stack->mbufs;
	stack->chains.segments = stack->mbufs;
	ip_config.mbufs = stack->mbufs;
	stack->ip = ip_create(&ip_config);
	assert_non_null(stack->ip);
	config.ip = stack->ip;
	config.mbufs = stack->mbufs;
	config.chain_pool = &stack->chains;
	stack->tcp = tcp_create(&config);
	assert_non_null(stack->tcp);
}

static void
end(struct stack *stack)
{
	tcp_destroy(stack->tcp);
	ip_destroy(stack->ip);
	test_pools_full(NULL);
	rte_mempool_free(stack->mbufs);
}

static size_t
heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	size_t bytes = 0;
	int socket;

	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	return bytes;
}

static size_t
stack_bytes(uint32_t conns_max)
{
	size_t before = heap_bytes();
	struct stack stack;
	size_t bytes;

	begin(&stack, conns_max);
	bytes = heap_bytes() - before;
	end(&stack);
	return bytes;
}

/* All that grows with the number of connections: their array, and the tables that find them. */
static void
test_a_connection_costs_no_more(void **state)
{
	size_t few = stack_bytes(CONNS_FEW), many = stack_bytes(CONNS_MANY);
	size_t each = (many - few) / (CONNS_MANY - CONNS_FEW);

	(void)state;
	print_message("connection %zu bytes, with its tables %zu\n", sizeof(struct tcp_conn), each);
	assert_true(each >= sizeof(struct tcp_conn));
	assert_true(sizeof(struct tcp_conn) <= CONN_BYTES_MAX);
	assert_true(each <= ALL_BYTES_MAX);
}

static void
count_conn(struct tcp_conn *conn, void *arg)
{
	struct stack *stack = arg;
	struct tcp_conn_info info;

	tcp_conn_info(conn, &info);
	assert_ptr_equal(tcp_conn_find(stack->tcp, info.id), conn);
	stack->walked++;
}

/* Each place is a connection's, or free: once in the list, or never used. Ids are found so. */
static void
check_places(struct stack *stack)
{
	struct tcp *tcp = stack->tcp;
	uint32_t place, id, nb_free = 0, nb_found = 0;

	for (place = tcp->conns_free; place != 0; place = tcp_conn_at(tcp, place)->place) {
		assert_in_range(place, 1, tcp->conns_begun);
		assert_null(tcp_conn_find(tcp, place - 1));
		nb_free++;
	}
	for (id = 0; id < tcp->conns_max + 2; id++)
		nb_found += tcp_conn_find(tcp, id) != NULL;
	stack->walked = 0;
	tcp_conn_walk(tcp, count_conn, stack);
	assert_int_equal(nb_found, tcp_conn_count(tcp));
	assert_int_equal(stack->walked, tcp_conn_count(tcp));
	assert_int_equal(nb_found + nb_free, tcp->conns_begun);
	assert_true(tcp->conns_begun <= tcp->conns_max);
}

static struct tcp_flow
flow_of(unsigned int i)
{
	return (struct tcp_flow){
		.remote_addr = tr_addr_ipv4(rte_cpu_to_be_32(0x0a4d0010 + i / 8)),
		.local_addr = tr_addr_ipv4(RTE_BE32(0x0a4d0002)),
		.remote_port = rte_cpu_to_be_16(1000 + i % 8),
		.local_port = RTE_BE16(11211),
	};
}

/* Against the plain truth: an array. There are few places, so that many flows meet in each. */
static void
test_found_by_flow(void **state)
{
	struct tcp_conn *conns[64] = {0}, *conn;
	struct stack stack;
	struct tcp_flow flow;
	unsigned int i, j, round, nb = 0, seed = 11;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	begin(&stack, 50);
	stack.tcp->flows_mask = 3;
	for (round = 0; round < 5000; round++) {
		i = random() % RTE_DIM(conns);
		flow = flow_of(i);
		if (conns[i] != NULL) {
			conn = conns[i];
			tcp_conn_hold(conn);
			tcp_conn_drop(conn, 0);
			tcp_conn_release(conn);
			conns[i] = NULL;
			nb--;
		} else {
			conns[i] = tcp_conn_create(stack.tcp, &flow);
			assert_int_equal(conns[i] != NULL, nb < 50);
			nb += conns[i] != NULL;
		}
		for (j = 0; j < RTE_DIM(conns); j++) {
			flow = flow_of(j);
			assert_ptr_equal(tcp_conn_lookup_table(stack.tcp, &flow), conns[j]);
			assert_ptr_equal(tcp_conn_lookup(stack.tcp, &flow), conns[j]);
		}
		check_places(&stack);
	}
	end(&stack);
}

/* Those that want to send are looked at in turn, and those that end before are not. */
static void
test_output_list(void **state)
{
	struct tcp_conn *conns[5];
	struct stack stack;
	struct tcp_flow flow;
	uint32_t place;
	unsigned int i, gone;

	(void)state;
	begin(&stack, RTE_DIM(conns));
	for (gone = 0; gone < RTE_DIM(conns); gone++) {
		for (i = 0; i < RTE_DIM(conns); i++) {
			flow = flow_of(i);
			conns[i] = tcp_conn_create(stack.tcp, &flow);
			assert_non_null(conns[i]);
			tcp_set_state(conns[i], TCP_ESTABLISHED);
		}
		assert_false(tcp_output_waits(stack.tcp));
		for (i = 0; i < RTE_DIM(conns); i++)
			tcp_output_want(conns[i]);
		tcp_output_cancel(conns[gone]);
		place = stack.tcp->conns->output_newer;
		for (i = 0; i < RTE_DIM(conns); i++) {
			if (i == gone)
				continue;
			assert_ptr_equal(tcp_conn_at(stack.tcp, place), conns[i]);
			place = conns[i]->output_newer;
		}
		assert_int_equal(place, 0);
		assert_true(tcp_output_waits(stack.tcp));
		tcp_output(stack.tcp, 1);
		assert_false(tcp_output_waits(stack.tcp));
		for (i = 0; i < RTE_DIM(conns); i++) {
			tcp_conn_hold(conns[i]);
			tcp_conn_drop(conns[i], 0);
			tcp_conn_release(conns[i]);
		}
		check_places(&stack);
	}
	end(&stack);
}

static int
setup(void **state)
{
	(void)state;
	test_eal_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_costs_no_more),
		cmocka_unit_test(test_found_by_flow),
		cmocka_unit_test(test_output_list),
	};

	return cmocka_run_group_tests(tests, setup, test_pools_full);
}
