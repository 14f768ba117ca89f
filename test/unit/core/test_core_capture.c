/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A capture on a wire that takes frames when it likes: each once, and none that is not sent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include <rte_byteorder.h>
#include <rte_errno.h>

#include "core_capture.h"
#include "core_rig.h"
#include "core_server.h"
#include "test_eal.h"

/* Of an enhanced packet block: where the length of the frame stands, and the frame. */
#define LENGTH_OFFSET 20
#define FRAME_OFFSET 28

/* The option that holds the direction (its code, and its length), and what it says. */
#define FLAGS_OPTION 0x00040002u
#define RECEIVED 1
#define SENT 2

/* Frames that a test looks at. */
#define FRAMES_MAX 4096

/* What the capture holds at most. */
#define CAPTURED_MAX 2048

struct frame {
	uint32_t len;
	uint8_t data[1600];
};

/* Frames in order. */
struct frames {
	unsigned int nb;
	struct frame frames[FRAMES_MAX];
};

static struct core_rig rig;
static struct tr_core_server server;
static struct core_capture *capture;
static struct core_port *port; /* the core's, without capture */
static struct frames on_wire[2]; /* by the end that sent */
static struct frames captured[2]; /* received, sent */

static void
watch(void *arg, unsigned int end, const struct rte_mbuf *mbuf)
{
	struct frames *frames = &on_wire[end];
	struct frame *frame = &frames->frames[frames->nb];
	const void *data;

	(void)arg;
	assert_true(frames->nb < FRAMES_MAX);
	assert_true(mbuf->pkt_len <= sizeof(frame->data));
	frame->len = mbuf->pkt_len;
	data = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, frame->data);
	if (data != frame->data)
		memcpy(frame->data, data, frame->len);
	frames->nb++;
}

static int
setup(void **state)
{
	static const struct tr_core_config defaults;
	static const struct sim_wire_config wire = {.delay_us = 100,
						    .mtu = 1500,
						    .tx_segments = true,
						    .share_mbufs = true,
						    .tx_large = true,
						    .partial_ppm = 500000};
	static const struct core_capture_filter all;

	(void)state;
	core_rig_init_wire(&rig, &defaults, &wire, 1);
	rig.answer_at_once = true;
	port = rig.core->port;
	server = (struct tr_core_server){.nb_cores = 1, .cores = {rig.core}};
	memset(on_wire, 0, sizeof(on_wire));
	memset(captured, 0, sizeof(captured));
	capture = core_capture_create(&server, &all);
	assert_non_null(capture);
	return 0;
}

static int
teardown(void **state)
{
	core_capture_destroy(capture);
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

/* What another thread does while this one polls the core. */
struct caller {
	pthread_t thread;
	int (*call)(struct core_capture *capture);
	int ret;
	atomic_bool done;
};

static void *
run_caller(void *arg)
{
	struct caller *caller = arg;

	caller->ret = caller->call(capture);
	atomic_store(&caller->done, true);
	return NULL;
}

static void
call(int (*function)(struct core_capture *capture))
{
	struct caller caller = {.call = function};

	assert_int_equal(pthread_create(&caller.thread, NULL, run_caller, &caller), 0);
	while (!atomic_load(&caller.done))
		core_rig_run(&rig, 10);
	pthread_join(caller.thread, NULL);
	assert_int_equal(caller.ret, 0);
}

static void
start(void)
{
	call(core_capture_start);
	assert_ptr_not_equal(rig.core->port, port);
	sim_wire_set_watch(rig.wire, watch, NULL);
}

static void
stop(void)
{
	/* What was sent before is not on its way any more. */
	core_rig_run(&rig, 100000);
	call(core_capture_stop);
	sim_wire_set_watch(rig.wire, NULL, NULL);
	assert_ptr_equal(rig.core->port, port);
}

/* Sort a block by its direction. */
static void
note(const struct rte_mbuf *mbuf)
{
	const uint8_t *block = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	struct frames *frames;
	struct frame *frame;
	uint32_t len, option[2];

	memcpy(&len, block + LENGTH_OFFSET, sizeof(len));
	memcpy(option, block + FRAME_OFFSET + RTE_ALIGN(len, 4), sizeof(option));
	assert_int_equal(option[0], FLAGS_OPTION);
	assert_true(option[1] == RECEIVED || option[1] == SENT);
	frames = &captured[option[1] - RECEIVED];
	frame = &frames->frames[frames->nb++];
	frame->len = len;
	memcpy(frame->data, block + FRAME_OFFSET, len);
}

static unsigned int
take_all(void)
{
	struct rte_mbuf *mbufs[64];
	unsigned int total = 0;
	unsigned int nb, i;

	while ((nb = core_capture_take(capture, mbufs, RTE_DIM(mbufs))) > 0) {
		for (i = 0; i < nb; i++)
			note(mbufs[i]);
		rte_pktmbuf_free_bulk(mbufs, nb);
		total += nb;
	}
	return total;
}

static void
assert_same(const struct frames *got, const struct frames *expected)
{
	unsigned int i;

	assert_int_equal(got->nb, expected->nb);
	for (i = 0; i < got->nb; i++) {
		assert_int_equal(got->frames[i].len, expected->frames[i].len);
		assert_memory_equal(got->frames[i].data, expected->frames[i].data,
				    got->frames[i].len);
	}
}

static void
test_each_frame_once(void **state)
{
	unsigned int i;

	(void)state;
	/* More than a segment, and for each client less than it has room for. */
	rig.value_bytes['v' - 'a'] = 5000;
	start();
	for (i = 0; i < 4; i++)
		core_rig_connect(&rig, i);
	for (i = 0; i < 40; i++) {
		core_rig_say(&rig, i % 4, "abc");
		core_rig_say(&rig, i % 4, "v");
	}
	stop();
	/* The wire did not take all frames that it was given. */
	assert_true(rig.core->stats.tx_partial > 10);
	assert_int_equal(take_all(), on_wire[0].nb + on_wire[1].nb);
	assert_same(&captured[0], &on_wire[0]);
	assert_same(&captured[1], &on_wire[1]);
	assert_int_equal(core_capture_missed(capture), 0);
}

static void
test_missed(void **state)
{
	unsigned int frames;
	unsigned int i;

	(void)state;
	start();
	core_rig_connect(&rig, 0);
	for (i = 0; i < 1200; i++)
		core_rig_say(&rig, 0, "a");
	stop();
	/* Nobody took a frame: so many there are, the rest is counted, and the client has its
	 * answers. */
	assert_int_equal(rig.clients[0].nb_received, 1200);
	frames = on_wire[0].nb + on_wire[1].nb;
	assert_true(frames > CAPTURED_MAX);
	assert_int_equal(core_capture_missed(capture), frames - CAPTURED_MAX);
	assert_int_equal(rig.core->stats.capture_missed, frames - CAPTURED_MAX);
	assert_int_equal(take_all(), CAPTURED_MAX);
}

static void
test_stopped(void **state)
{
	(void)state;
	start();
	core_rig_connect(&rig, 0);
	stop();
	assert_true(take_all() > 3);
	/* Neither again, nor what comes afterwards. */
	call(core_capture_stop);
	core_rig_say(&rig, 0, "abc");
	assert_int_equal(rig.clients[0].nb_received, 3);
	assert_int_equal(take_all(), 0);
	/* And once more, to be ended by the server's end. */
	call(core_capture_start);
	core_rig_say(&rig, 0, "abc");
	core_capture_end(capture);
	assert_ptr_equal(rig.core->port, port);
	assert_true(take_all() > 1);
}

/* A second one, behind the first: it sees every frame too. */
static struct core_capture *
start_another(void)
{
	static const struct core_capture_filter of_echo = {.port = RTE_BE16(CORE_RIG_ECHO_PORT)};
	struct core_capture *first = capture;
	struct core_capture *second;

	second = core_capture_create(&server, &of_echo);
	assert_non_null(second);
	capture = second;
	call(core_capture_start);
	capture = first;
	return second;
}

/* Let a client say something to either port: frames to and from echo. */
static unsigned int
talk(void)
{
	unsigned int before = on_wire[0].nb + on_wire[1].nb;

	core_rig_say(&rig, 1, "echoed");
	core_rig_run(&rig, 1000000);
	before = on_wire[0].nb + on_wire[1].nb - before;
	core_rig_say(&rig, 0, "abc");
	core_rig_run(&rig, 1000000);
	return before;
}

static unsigned int
count(struct core_capture *of)
{
	struct core_capture *own = capture;
	unsigned int nb;

	capture = of;
	nb = take_all();
	capture = own;
	return nb;
}

/* Whichever of two is stopped first, the other goes on. */
static void
test_two(void **state)
{
	struct core_capture *second;
	unsigned int of_echo, all;

	(void)state;
	core_rig_connect(&rig, 0);
	core_rig_connect_to(&rig, 1, CORE_RIG_ECHO_PORT);
	call(core_capture_start);
	second = start_another();
	sim_wire_set_watch(rig.wire, watch, NULL);
	of_echo = talk();
	all = on_wire[0].nb + on_wire[1].nb;
	assert_in_range(of_echo, 2, all - 2);
	assert_int_equal(count(capture), all);
	assert_int_equal(count(second), of_echo);
	/* The one that the other stands before. */
	call(core_capture_stop);
	of_echo = talk();
	assert_int_equal(count(capture), 0);
	assert_int_equal(count(second), of_echo);
	/* Before the other now; and the other goes. */
	call(core_capture_start);
	core_capture_end(second);
	all = on_wire[0].nb + on_wire[1].nb;
	talk();
	assert_int_equal(count(capture), on_wire[0].nb + on_wire[1].nb - all);
	assert_int_equal(count(second), 0);
	sim_wire_set_watch(rig.wire, NULL, NULL);
	call(core_capture_stop);
	assert_ptr_equal(rig.core->port, port);
	core_capture_destroy(second);
}

static void
test_no_more_than_there_is_room_for(void **state)
{
	static const struct core_capture_filter all;
	struct core_capture *more[CORE_CAPTURES_MAX - 1];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(more); i++) {
		more[i] = core_capture_create(&server, &all);
		assert_non_null(more[i]);
	}
	assert_null(core_capture_create(&server, &all));
	assert_int_equal(rte_errno, ENOSPC);
	/* The place of one that is over is another's. */
	core_capture_destroy(more[1]);
	more[1] = core_capture_create(&server, &all);
	assert_non_null(more[1]);
	for (i = 0; i < RTE_DIM(more); i++)
		core_capture_destroy(more[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_each_frame_once),
		TEST(test_missed),
		TEST(test_stopped),
		TEST(test_two),
		TEST(test_no_more_than_there_is_room_for),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
