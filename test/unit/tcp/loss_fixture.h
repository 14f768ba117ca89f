/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A connection whose flight the tests of loss recovery write by hand, without a stack around it.
 */
#ifndef LOSS_FIXTURE_H
#define LOSS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp_conn.h"
#include "tcp_flight.h"
#include "tcp_recovery.h"
#include "tcp_segment.h"

#define LOSS_MSS 1000
#define LOSS_UNA 0xffffe000u /* numbers wrap early */
#define LOSS_RTT_US 100000
#define LOSS_RANGES 64

/** Sequence number of the byte @p offset after snd_una as it was in the beginning. */
#define LOSS_SEQ(offset) (LOSS_UNA + (offset))

/** The connection, all of it. */
struct loss_fixture {
	struct tcp tcp;
	struct tcp_conn conn;
	struct tcp_recovery recovery;
	struct tcp_segment ack; /* to hand to what wants one */
};

/** Group setup: the pool of ranges. */
int loss_fixture_setup(void **state);

/** A connection with nothing in flight, at one second; with a recovery if @p watched. */
void loss_fixture_begin(struct loss_fixture *f, bool watched);

/** Free its ranges. */
void loss_fixture_end(struct loss_fixture *f);

/** Send @p bytes of new data now. */
void loss_fixture_send(struct loss_fixture *f, uint32_t bytes);

/** Expect these ranges, in order, in the list: "0-1000S 1000-2000" with S sacked, L lost, R resent.
 */
void loss_fixture_expect(struct loss_fixture *f, const char *ranges);

#endif /* LOSS_FIXTURE_H */
