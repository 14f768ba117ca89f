/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A real core under everything that other threads can do to it: engine threads and an engine's own
 * threads answer, late, in any order and now and then twice, while connections come and go, control
 * messages are posted, and the core polls or sleeps. Every value is released once, on the core;
 * every client gets its answers, in order and byte for byte; nobody sleeps through a message.
 *
 * The core, the clients and the wire between them are this thread's, on a virtual clock; the others
 * run as they like. A sleep ends by a wake-up alone: one that is lost ends the test.
 *
 *     test_core_stress [--responses N] [--seed SEED]
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_pause.h>

#include "core_control.h"
#include "core_rig.h"
#include "test_eal.h"

#define THREADS 2
#define WORKERS 2
#define CLIENTS 32
#define CREDITS 200 /* rings of 255: room for SECONDS_MAX second answers */
#define SECONDS_MAX 32
#define LETTERS 26
#define VALUE_BYTES_MAX 6000
#define EXPECTED_MAX 128 /* answers that a client waits for */
#define LOST_MS 60000
#define TURN_US 5
#define FIRST_PORT 20000
#define PORTS 40000

/** When the core sleeps. */
enum stress_idle { IDLE_POLL, IDLE_SLEEP, IDLE_MIXED };

/** One of the engine's own threads, and the requests that it will answer some time. */
struct stress_worker {
	pthread_t id;
	struct stress *stress;
	uint64_t seed;
	pthread_mutex_t lock;
	pthread_cond_t more;
	const struct tr_request *requests[CREDITS];
	unsigned int nb;
	bool quit;
};

/** What a client waits for: the letters that it sent, in a ring; and how far the first came. */
struct stress_client {
	char expected[EXPECTED_MAX];
	unsigned int first, nb;
	uint32_t offset;
};

struct stress {
	struct core_rig rig;
	uint64_t seed;
	pthread_t core;
	struct stress_worker workers[WORKERS];
	struct stress_client clients[CLIENTS];
	pthread_t poster;
	atomic_bool posting;
	atomic_uint
		tickets; /* messages that may be posted: one too many would hide a lost wake-up */
	uint64_t posted; /* by the poster, when it has ended */
	uint64_t posts_run;
	_Atomic uint64_t answered; /* second answers included */
	_Atomic uint64_t seconds; /* second answers */
	atomic_int seconds_out; /* not yet released */
	uint64_t released;
	uint64_t connected, aborted, closed, sleeps;
	uint64_t checked; /* answers that a client got whole */
	uint16_t next_port;
};

/** A value on its way; the address sanitizer sees whoever reads it too late. */
struct stress_value {
	struct stress *stress;
	bool second;
	uint8_t bytes[];
};

static uint64_t responses = 60000; /* all tests together */
static uint64_t seed;

static uint32_t
random_below(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33) % below;
}

/* Of the answer to a letter, beside the letter itself: none, short, long, or by reference. */
static uint32_t
value_bytes(char letter)
{
	if (letter == 'z')
		return VALUE_BYTES_MAX;
	return letter < 'a' + 4 ? 0 : (letter - 'a') * 41;
}

/* What the value of each letter is: made once, as the sanitizers take their time for each byte. */
static uint8_t values[LETTERS][VALUE_BYTES_MAX];

static void
values_make(void)
{
	unsigned int letter;
	uint32_t i;

	for (letter = 0; letter < LETTERS; letter++)
		for (i = 0; i < VALUE_BYTES_MAX; i++)
			values[letter][i] = core_rig_value_byte('a' + letter, i);
}

/* Engine threads, and the engine's own. */

static void
release_value(void *arg)
{
	struct stress_value *value = arg;

	RTE_VERIFY(pthread_equal(value->stress->core, pthread_self()));
	value->stress->released++;
	if (value->second)
		atomic_fetch_sub(&value->stress->seconds_out, 1);
	free(value);
}

static void
answer(struct stress *stress, char letter, bool second, struct tr_response *response)
{
	uint32_t len = value_bytes(letter);
	struct stress_value *value = malloc(sizeof(*value) + RTE_MAX(len, 1u));

	RTE_VERIFY(value != NULL);
	value->stress = stress;
	value->second = second;
	value->bytes[0] = letter;
	if (len > 0)
		memcpy(value->bytes, values[letter - 'a'], len);
	response->value = value->bytes;
	response->value_len = RTE_MAX(len, 1u);
	response->release = release_value;
	response->release_arg = value;
	atomic_fetch_add_explicit(&stress->answered, 1, memory_order_relaxed);
}

static enum tr_engine_verdict
stress_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	struct stress *stress = engine;
	struct stress_worker *worker = &stress->workers[request->token % WORKERS];

	/* By letters, so that one key's requests are not always late. */
	if ((request->key[0] + (request->token >> 32)) % 3 != 0) {
		answer(stress, request->key[0], false, response);
		return TR_ENGINE_DONE;
	}
	pthread_mutex_lock(&worker->lock);
	RTE_VERIFY(worker->nb < RTE_DIM(worker->requests));
	worker->requests[worker->nb++] = request;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	return TR_ENGINE_PENDING;
}

static void *
stress_create(const char *args, const struct tr_engine_config *config, char *error,
	      size_t error_size)
{
	(void)args;
	(void)config;
	(void)error;
	(void)error_size;
	return NULL;
}

static void
stress_destroy(void *engine)
{
	(void)engine;
}

static enum tr_engine_status
stress_prepare(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
	return TR_ENGINE_NOT_STORED;
}

static void
stress_discard(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
}

static const struct tr_engine_ops stress_ops = {
	.name = "stress",
	.create = stress_create,
	.destroy = stress_destroy,
	.prepare = stress_prepare,
	.discard = stress_discard,
	.execute = stress_execute,
};

/* Any of them, and one in sixteen twice: by then its object may be another request. */
static void
worker_answer(struct stress_worker *worker, struct tr_submit_producer *producer, uint64_t token,
	      char letter)
{
	struct stress *stress = worker->stress;
	struct tr_response response = {.token = token};

	answer(stress, letter, false, &response);
	tr_submit_response(producer, &response);
	if (random_below(&worker->seed, 16) != 0)
		return;
	if (atomic_fetch_add(&stress->seconds_out, 1) >= SECONDS_MAX) {
		atomic_fetch_sub(&stress->seconds_out, 1);
		return;
	}
	if (random_below(&worker->seed, 2) == 0)
		rte_delay_us_sleep(50);
	answer(stress, letter, true, &response);
	atomic_fetch_add_explicit(&stress->seconds, 1, memory_order_relaxed);
	tr_submit_response(producer, &response);
}

static void *
worker_main(void *arg)
{
	struct stress_worker *worker = arg;
	struct tr_submit *submit = worker->stress->rig.submit;
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "worker");
	uint64_t token;
	unsigned int i;
	char letter;

	RTE_VERIFY(producer != NULL);
	pthread_mutex_lock(&worker->lock);
	while (worker->nb > 0 || !worker->quit) {
		if (worker->nb == 0) {
			pthread_cond_wait(&worker->more, &worker->lock);
			continue;
		}
		i = random_below(&worker->seed, worker->nb);
		token = worker->requests[i]->token;
		letter = worker->requests[i]->key[0];
		worker->requests[i] = worker->requests[--worker->nb];
		pthread_mutex_unlock(&worker->lock);
		/* Late: connections close meanwhile. */
		if (random_below(&worker->seed, 32) == 0)
			rte_delay_us_sleep(100);
		worker_answer(worker, producer, token, letter);
		if (random_below(&worker->seed, 1024) == 0) {
			tr_submit_producer_destroy(producer);
			producer = tr_submit_producer_create(submit, "worker");
		}
		pthread_mutex_lock(&worker->lock);
	}
	pthread_mutex_unlock(&worker->lock);
	tr_submit_producer_destroy(producer);
	return NULL;
}

/* Control. */

static void
run_post(struct core *core, const struct core_message *message)
{
	struct stress *stress = message->arg;

	(void)core;
	RTE_VERIFY(message->data == ++stress->posts_run);
}

static void *
poster_main(void *arg)
{
	struct stress *stress = arg;
	struct core_message message = {.run = run_post, .arg = stress, .data = 1};

	while (atomic_load(&stress->posting)) {
		if (atomic_load(&stress->tickets) == 0) {
			rte_delay_us_sleep(20);
			continue;
		}
		atomic_fetch_sub(&stress->tickets, 1);
		if (core_control_post(stress->rig.core, &message) == 0)
			message.data++;
	}
	stress->posted = message.data - 1;
	return NULL;
}

/* Clients. */

static void
check_answers(struct core_rig *rig, unsigned int index, const uint8_t *data, uint32_t len)
{
	struct stress *stress = container_of(rig, struct stress, rig);
	struct stress_client *client = &stress->clients[index];
	uint32_t part;

	for (; len > 0; data += part, len -= part) {
		char letter = client->expected[client->first];
		uint32_t bytes = letter >= 'a' ? value_bytes(letter) : 0;

		RTE_VERIFY(client->nb > 0);
		if (client->offset == 0) {
			part = 1;
			RTE_VERIFY(data[0] == (uint8_t)letter);
		} else {
			part = RTE_MIN(len, bytes - (client->offset - 1));
			RTE_VERIFY(memcmp(data, &values[letter - 'a'][client->offset - 1], part) ==
				   0);
		}
		client->offset += part;
		if (client->offset <= bytes)
			continue;
		client->offset = 0;
		client->first = (client->first + 1) % EXPECTED_MAX;
		client->nb--;
		stress->checked++;
	}
}

static void
client_connect(struct stress *stress, unsigned int index)
{
	struct core_rig *rig = &stress->rig;
	struct core_rig_client *client = &rig->clients[index];

	memset(&stress->clients[index], 0, sizeof(stress->clients[index]));
	*client = (struct core_rig_client){.rig = rig};
	client->tcp =
		tcp_connect(rig->stack.tcp, rig->config.ipv4.addr, rte_cpu_to_be_16(CORE_RIG_PORT),
			    rte_cpu_to_be_16(FIRST_PORT + stress->next_port), client, rig->now_us);
	stress->next_port = (stress->next_port + 1) % PORTS;
	stress->connected += client->tcp != NULL;
}

/* Small letters, and now and then a barrier that needs no engine. */
static void
client_ask(struct stress *stress, unsigned int index)
{
	struct stress_client *client = &stress->clients[index];
	struct tcp_conn *tcp = stress->rig.clients[index].tcp;
	unsigned int nb = 1 + random_below(&stress->seed, 24), i;
	char letters[24];
	struct iovec part = {.iov_base = letters};

	nb = RTE_MIN(nb, EXPECTED_MAX - client->nb);
	for (i = 0; i < nb; i++) {
		bool barrier = random_below(&stress->seed, 64) == 0;
		/* The longest is rare. */
		uint32_t among = random_below(&stress->seed, 32) == 0 ? LETTERS : LETTERS - 1;

		letters[i] = barrier ? 'A' : 'a' + random_below(&stress->seed, among);
	}
	part.iov_len = nb;
	if (nb == 0 || tr_chain_append(tcp_chain(tcp), &part, 1) < 0)
		return;
	for (i = 0; i < nb; i++)
		client->expected[(client->first + client->nb++) % EXPECTED_MAX] = letters[i];
	tcp_send(tcp);
}

static void
clients_turn(struct stress *stress)
{
	unsigned int index = random_below(&stress->seed, CLIENTS);
	struct core_rig_client *client = &stress->rig.clients[index];
	uint32_t chance;

	if (client->tcp == NULL) {
		client_connect(stress, index);
		return;
	}
	if (!client->open)
		return;
	chance = random_below(&stress->seed, 256);
	if (chance < 16) {
		tcp_abort(client->tcp);
		stress->aborted++;
	} else if (chance < 18) {
		/* In good order: what it asked for still comes. */
		client->open = false;
		tcp_close(client->tcp);
		stress->closed++;
	} else {
		client_ask(stress, index);
	}
}

/* The loop. */

static bool
outstanding(const struct core *core)
{
	return core->stats.dispatched > core->stats.responses;
}

static void
core_sleep(struct stress *stress)
{
	struct core *core = stress->rig.core;
	struct pollfd fd = {.fd = submit_wake_fd(core->submit, core->index), .events = POLLIN};

	if (outstanding(core) && random_below(&stress->seed, 8) == 0)
		atomic_fetch_add(&stress->tickets, 1);
	if (!outstanding(core) || !submit_sleep_begin(core->submit, core->index))
		return;
	if (!core_control_waits(core)) {
		stress->sleeps++;
		RTE_VERIFY(poll(&fd, 1, LOST_MS) == 1);
	}
	submit_sleep_end(core->submit, core->index);
}

/* One turn of everything that is this thread's; whether there was something to do. */
static bool
turn(struct stress *stress)
{
	struct core_rig *rig = &stress->rig;
	uint64_t next_us;
	unsigned int work;

	sim_wire_advance(rig->wire, rig->now_us);
	sim_stack_poll(&rig->stack, rig->now_us);
	work = core_poll(rig->core, rig->now_us);
	next_us = sim_wire_next_us(rig->wire);
	rig->now_us += TURN_US;
	if (work == 0 && next_us != UINT64_MAX)
		rig->now_us = RTE_MAX(rig->now_us, next_us);
	return work > 0 || next_us != UINT64_MAX;
}

static uint64_t
wakeups(struct stress *stress)
{
	struct submit_producer_stats stats;
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; submit_producer_stats(stress->rig.submit, i, &stats) == 0; i++) {
		RTE_VERIFY(stats.drop_ring_full == 0 && stats.drop_bad_token == 0);
		total += stats.wakeups;
	}
	return total;
}

static void
abort_all(struct stress *stress)
{
	unsigned int i;

	for (i = 0; i < CLIENTS; i++)
		if (stress->rig.clients[i].tcp != NULL)
			tcp_abort(stress->rig.clients[i].tcp);
}

static void
run(struct stress *stress, enum stress_idle idle, uint64_t goal)
{
	uint64_t progress = rte_rdtsc(), lost = rte_get_tsc_hz() / 1000 * LOST_MS;
	const struct core_stats *stats = &stress->rig.core->stats;
	uint64_t turns, before = 0;
	bool sleeps = idle == IDLE_SLEEP, worked = true;

	for (turns = 1; stats->responses < goal || worked || outstanding(stress->rig.core);
	     turns++) {
		if (turns % 1024 == 0 && !sleeps)
			atomic_fetch_add(&stress->tickets, 1);
		if (turns % 1024 == 0 && idle == IDLE_MIXED)
			sleeps = random_below(&stress->seed, 2) == 0;
		/* Rarely enough that there is nothing to do at times. */
		if (stats->responses < goal && random_below(&stress->seed, 8) == 0)
			clients_turn(stress);
		/* Of what is on its way then nothing comes after the threads' end. */
		if (stats->responses >= goal)
			abort_all(stress);
		worked = turn(stress);
		if (!worked) {
			if (sleeps)
				core_sleep(stress);
			else
				rte_pause();
		}
		if (stats->responses != before || !outstanding(stress->rig.core)) {
			before = stats->responses;
			progress = rte_rdtsc();
		}
		RTE_VERIFY(rte_rdtsc() - progress < lost);
	}
}

static void
start(struct stress *stress, uint64_t first_seed)
{
	const struct tr_core_config config = {.credits = CREDITS,
					      .engine_threads = THREADS,
					      .request_timeout_ms = 1000000000,
					      .send_timeout_ms = 1000000000};
	static const struct sim_wire_config wire = {
		.delay_us = 20, .mtu = 1500, .tx_segments = true, .share_mbufs = true};
	const struct tr_engine engine = {.ops = &stress_ops, .instance = stress};
	unsigned int i;

	stress->seed = first_seed;
	stress->core = pthread_self();
	for (i = 0; i < WORKERS; i++) {
		struct stress_worker *worker = &stress->workers[i];

		worker->stress = stress;
		worker->seed = first_seed + 1 + i;
		pthread_mutex_init(&worker->lock, NULL);
		pthread_cond_init(&worker->more, NULL);
	}
	core_rig_init_engine(&stress->rig, &config, &wire, first_seed, &engine);
	stress->rig.sink = check_answers;
	for (i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&stress->workers[i].id, NULL, worker_main,
						&stress->workers[i]),
				 0);
	atomic_store(&stress->posting, true);
	assert_int_equal(pthread_create(&stress->poster, NULL, poster_main, stress), 0);
}

static void
stop(struct stress *stress)
{
	unsigned int i;

	atomic_store(&stress->posting, false);
	pthread_join(stress->poster, NULL);
	for (i = 0; i < WORKERS; i++) {
		struct stress_worker *worker = &stress->workers[i];

		pthread_mutex_lock(&worker->lock);
		worker->quit = true;
		pthread_cond_signal(&worker->more);
		pthread_mutex_unlock(&worker->lock);
		pthread_join(worker->id, NULL);
		pthread_cond_destroy(&worker->more);
		pthread_mutex_destroy(&worker->lock);
	}
}

static void
stress_run(enum stress_idle idle)
{
	struct stress *stress = calloc(1, sizeof(*stress));
	uint64_t begin = rte_rdtsc(), woken;
	struct core_stats stats;

	assert_non_null(stress);
	start(stress, seed + idle);
	run(stress, idle, responses / 3);
	stop(stress);
	/* The last second answers and messages, then what the wire and the chains hold. */
	core_rig_run(&stress->rig, 100000);
	woken = wakeups(stress);
	stats = stress->rig.core->stats;
	core_rig_deinit(&stress->rig);

	assert_int_equal(stress->released, atomic_load(&stress->answered));
	assert_int_equal(stats.responses, stats.dispatched);
	assert_int_equal(stats.drop_response_double, atomic_load(&stress->seconds));
	assert_int_equal(stress->posts_run, stress->posted);
	assert_true(stress->posts_run > 0);
	/* No system call for a core that is awake. */
	if (idle == IDLE_POLL)
		assert_int_equal(woken, 0);
	else
		assert_true(stress->sleeps > 0 && woken > 0);
	print_message("%" PRIu64 " responses (%" PRIu64 " late, %" PRIu64
		      " answered twice), %" PRIu64 " checked by clients; %" PRIu64
		      " connections, %" PRIu64 " reset, %" PRIu64 " closed; %" PRIu64
		      " sleeps, %" PRIu64 " wake-ups by producers, %" PRIu64 " messages; %.1f s\n",
		      stats.responses, stats.responses_late, stats.drop_response_double,
		      stress->checked, stress->connected, stress->aborted, stress->closed,
		      stress->sleeps, woken, stress->posts_run,
		      (double)(rte_rdtsc() - begin) / rte_get_tsc_hz());
	free(stress);
}

static void
test_core_that_polls(void **state)
{
	(void)state;
	stress_run(IDLE_POLL);
}

static void
test_core_that_sleeps(void **state)
{
	(void)state;
	stress_run(IDLE_SLEEP);
}

static void
test_core_that_does_both(void **state)
{
	(void)state;
	stress_run(IDLE_MIXED);
}

static int
setup(void **state)
{
	(void)state;
	values_make();
	test_eal_init();
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"responses", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_core_that_polls, test_pools_full),
		cmocka_unit_test_teardown(test_core_that_sleeps, test_pools_full),
		cmocka_unit_test_teardown(test_core_that_does_both, test_pools_full),
	};
	int option;

	seed = (uint64_t)time(NULL);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			responses = strtoull(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	printf("--seed %" PRIu64 "\n", seed);
	return cmocka_run_group_tests(tests, setup, test_pools_full);
}
