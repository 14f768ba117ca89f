/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Traces of connections: each line news, each connection's own, and the end in the last. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include <rte_errno.h>

#include "core_rig.h"
#include "core_server.h"
#include "core_trace.h"
#include "test_eal.h"

/* Lines that a trace holds until they are taken: as many as its ring. */
#define LINES_MAX 4095

static struct core_rig rig;
static struct tr_core_server server;
static struct core_trace_line lines[LINES_MAX + 1];

static int
setup(void **state)
{
	static const struct tr_core_config defaults;

	(void)state;
	core_rig_init(&rig, &defaults);
	rig.answer_at_once = true;
	server = (struct tr_core_server){.nb_cores = 1, .cores = {rig.core}};
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

/* What another thread does while this one polls the core. */
struct caller {
	pthread_t thread;
	int (*call)(struct core_trace *trace);
	struct core_trace *trace;
	int ret;
	atomic_bool done;
};

static void *
run_caller(void *arg)
{
	struct caller *caller = arg;

	caller->ret = caller->call(caller->trace);
	atomic_store(&caller->done, true);
	return NULL;
}

static int
call(int (*function)(struct core_trace *trace), struct core_trace *trace)
{
	struct caller caller = {.call = function, .trace = trace};

	assert_int_equal(pthread_create(&caller.thread, NULL, run_caller, &caller), 0);
	while (!atomic_load(&caller.done))
		core_rig_run(&rig, 10);
	pthread_join(caller.thread, NULL);
	return caller.ret;
}

static void
find_id(struct tcp_conn *tcp, void *arg)
{
	struct tcp_conn_info info;
	uint32_t *id = arg;

	tcp_conn_info(tcp, &info);
	*id = info.id;
}

/* Trace the connection that the core has. */
static struct core_trace *
start(uint32_t id)
{
	struct core_trace *trace = core_trace_create(&server, id);

	assert_non_null(trace);
	assert_return_code(call(core_trace_start, trace), 0);
	return trace;
}

/* Connect a client: the number of its connection, if the core has no other. */
static uint32_t
connect_alone(unsigned int client)
{
	uint32_t id = UINT32_MAX;

	core_rig_connect(&rig, client);
	assert_int_equal(tcp_conn_count(rig.core->tcp), 1);
	tcp_conn_walk(rig.core->tcp, find_id, &id);
	return id;
}

/* Connections that there are, by number. */
struct found {
	uint32_t ids[CORE_RIG_CONNS_MAX];
	unsigned int nb;
};

static void
add_id(struct tcp_conn *tcp, void *arg)
{
	struct found *found = arg;

	find_id(tcp, &found->ids[found->nb++]);
}

/* Connect clients 0 to @p nb - 1. */
static struct found
connect_all(unsigned int nb)
{
	struct found found = {0};
	unsigned int i;

	for (i = 0; i < nb; i++)
		core_rig_connect(&rig, i);
	tcp_conn_walk(rig.core->tcp, add_id, &found);
	assert_int_equal(found.nb, nb);
	return found;
}

/* End a trace that is stopped; how many lines it had, which are in @ref lines. */
static unsigned int
finish(struct core_trace *trace)
{
	unsigned int nb = core_trace_take(trace, lines, LINES_MAX + 1);

	core_trace_destroy(trace);
	return nb;
}

static unsigned int
stop(struct core_trace *trace)
{
	assert_return_code(call(core_trace_stop, trace), 0);
	return finish(trace);
}

static void
assert_news(unsigned int nb)
{
	const size_t offset = offsetof(struct core_trace_line, state);
	unsigned int i;

	for (i = 1; i < nb; i++) {
		assert_true(lines[i].time_us >= lines[i - 1].time_us);
		assert_memory_not_equal((const char *)&lines[i] + offset,
					(const char *)&lines[i - 1] + offset,
					sizeof(lines[i]) - offset);
	}
}

/* The value goes out, is acknowledged, and the client closes. */
static void
test_from_begin_to_end(void **state)
{
	struct core_trace *trace;
	unsigned int nb, i;
	uint32_t queued = 0, cwnd = 0;

	(void)state;
	rig.value_bytes['v' - 'a'] = 50000;
	trace = start(connect_alone(0));
	core_rig_say(&rig, 0, "v");
	core_rig_run(&rig, 1000000);
	tcp_close(rig.clients[0].tcp);
	core_rig_run(&rig, 1000000);
	nb = stop(trace);
	assert_true(nb > 5);
	assert_news(nb);
	assert_string_equal(lines[0].state, "ESTABLISHED");
	assert_int_equal(lines[0].snd_una, lines[0].snd_nxt);
	for (i = 0; i < nb; i++) {
		queued = RTE_MAX(queued, lines[i].send_bytes);
		cwnd = RTE_MAX(cwnd, lines[i].cwnd_bytes);
	}
	assert_in_range(queued, 10000, 50001);
	/* All of it, and the FIN, in the end. */
	assert_string_equal(lines[nb - 1].state, "CLOSED");
	assert_int_equal(lines[nb - 1].snd_una - lines[0].snd_una, 50001 + 1);
	assert_int_equal(lines[nb - 1].rcv_nxt - lines[0].rcv_nxt, 1 + 1);
	assert_true(cwnd > lines[0].cwnd_bytes);
	assert_int_equal(lines[nb - 1].requests, 0);
}

/* RFC 9293 section 3.6: who closes first waits, and the trace ends with that. */
static void
test_ends_in_time_wait(void **state)
{
	struct core_trace *trace;
	unsigned int nb;
	uint32_t id;

	(void)state;
	id = connect_alone(0);
	trace = start(id);
	core_rig_say(&rig, 0, "a.");
	core_rig_run(&rig, 100000);
	assert_non_null(tcp_conn_find(rig.core->tcp, id));
	nb = stop(trace);
	assert_news(nb);
	assert_string_equal(lines[0].state, "ESTABLISHED");
	assert_string_equal(lines[nb - 1].state, "TIME-WAIT");
	assert_int_equal(lines[nb - 1].send_bytes, 0);
	/* It can be asked for in that state too, and says nothing more. */
	trace = start(id);
	core_rig_run(&rig, 1000000);
	nb = stop(trace);
	assert_int_equal(nb, 1);
	assert_string_equal(lines[0].state, "TIME-WAIT");
}

/* Each has the lines of its own connection, in whatever order they begin and end. */
static void
test_several(void **state)
{
	struct core_trace *traces[3];
	struct found found;
	unsigned int nb, i;

	(void)state;
	found = connect_all(4);
	for (i = 0; i < 3; i++)
		traces[i] = start(found.ids[i]);
	/* Client 3 is not traced; each of the others asks once more often than the one before. */
	for (i = 0; i < 12; i++)
		core_rig_say(&rig, i < 6 ? (i < 1 ? 0 : i < 3 ? 1 : 2) : 3, "a");
	core_rig_run(&rig, 1000000);
	for (i = 0; i < 3; i++) {
		unsigned int which = (i + 1) % 3;

		nb = stop(traces[which]);
		assert_news(nb);
		assert_int_equal(lines[nb - 1].rcv_nxt - lines[0].rcv_nxt, which + 1);
	}
	core_rig_say(&rig, 0, "a");
	assert_int_equal(rig.core->stats.trace_missed, 0);
}

/* Each at most once, as many as there is room for, and a place that was left is another's. */
static void
test_refused(void **state)
{
	struct core_trace *traces[CORE_TRACES_MAX];
	struct core_trace *more;
	struct found found;
	unsigned int i;

	(void)state;
	assert_null(core_trace_create(&server, 1u << 24));
	assert_int_equal(rte_errno, ENOENT);
	more = core_trace_create(&server, 0);
	assert_int_equal(call(core_trace_start, more), -ENOENT);
	core_trace_destroy(more);

	found = connect_all(CORE_TRACES_MAX + 1);
	for (i = 0; i < CORE_TRACES_MAX; i++)
		traces[i] = start(found.ids[i]);
	assert_null(core_trace_create(&server, found.ids[0]));
	assert_int_equal(rte_errno, EEXIST);
	more = core_trace_create(&server, found.ids[CORE_TRACES_MAX]);
	assert_non_null(more);
	assert_int_equal(call(core_trace_start, more), -ENOSPC);
	/* One that does not run is stopped all the same, and takes no other's place away. */
	assert_return_code(call(core_trace_stop, more), 0);
	assert_int_equal(stop(traces[5]), 1);
	assert_return_code(call(core_trace_start, more), 0);
	traces[5] = more;
	for (i = 0; i < CORE_TRACES_MAX; i++)
		assert_int_equal(stop(traces[i]), 1);
}

/* A later connection has the number of the one that is over, and is not traced. */
static void
test_number_of_another(void **state)
{
	struct core_trace *trace;
	unsigned int tries = 0;
	uint32_t id;

	(void)state;
	id = connect_alone(0);
	trace = start(id);
	do {
		tcp_abort(rig.clients[0].tcp);
		core_rig_run(&rig, 100000);
		assert_int_equal(tcp_conn_count(rig.core->tcp), 0);
		assert_true(tries++ < 1000);
	} while (connect_alone(0) != id);
	core_rig_say(&rig, 0, "abc");
	assert_int_equal(stop(trace), 2);
	assert_string_equal(lines[1].state, "CLOSED");
	core_rig_say(&rig, 0, "abc");
}

/* What finds no room is counted, and the connection goes on. */
static void
test_missed(void **state)
{
	struct core_trace *trace;
	unsigned int i;

	(void)state;
	trace = start(connect_alone(0));
	for (i = 0; i < LINES_MAX; i++)
		core_rig_say(&rig, 0, "a");
	assert_int_equal(rig.clients[0].nb_received, LINES_MAX);
	assert_true(core_trace_missed(trace) > 0);
	assert_int_equal(core_trace_missed(trace), rig.core->stats.trace_missed);
	assert_int_equal(stop(trace), LINES_MAX);
}

/* Where no core runs any more. */
static void
test_ended(void **state)
{
	struct core_trace *trace;
	uint32_t id;

	(void)state;
	id = connect_alone(0);
	trace = start(id);
	core_trace_end(trace);
	core_rig_say(&rig, 0, "a");
	assert_int_equal(finish(trace), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_from_begin_to_end),
		TEST(test_ends_in_time_wait),
		TEST(test_several),
		TEST(test_refused),
		TEST(test_number_of_another),
		TEST(test_missed),
		TEST(test_ended),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
