/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How an engine's own threads answer: a producer handle for each thread, and one call.
 *
 * A handle belongs to the thread that uses it: one single-producer ring to each core hangs on it.
 */
#ifndef TR_SUBMIT_H
#define TR_SUBMIT_H

#include "tr_engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tr_submit;
struct tr_submit_producer;

/**
 * Make a handle through which one thread answers requests. Any control thread, also while cores
 * run.
 *
 * @param submit
 *   From tr_engine_config.
 * @param name
 *   For statistics; copied, at most 15 bytes.
 * @return
 *   The handle, or NULL with rte_errno ENOSPC (no handle left) or ENOMEM.
 */
struct tr_submit_producer *tr_submit_producer_create(struct tr_submit *submit, const char *name);

/**
 * Give a handle back. No thread may be using it; responses that wait in its rings are still
 * delivered.
 */
void tr_submit_producer_destroy(struct tr_submit_producer *producer);

/**
 * Answer a request. The thread that owns @p producer, at any time, in any order, also after the
 * client has gone. Never blocks and cannot fail: the request's credit is the room in the ring.
 *
 * The response is copied. Its value stays the engine's, and valid, until its release function has
 * run on the core. A second answer to one request is released and counted there, and otherwise
 * ignored. If double answers fill a ring, what does not fit is dropped, unreleased, and counted; so
 * is a response whose token names no core.
 */
void tr_submit_response(struct tr_submit_producer *producer, const struct tr_response *response);

/**
 * Answer several requests, of any cores. As tr_submit_response() for each, but those in a row that
 * belong to one core cross together, which costs one fence and one look whether that core sleeps.
 *
 * @param producer
 *   The calling thread's.
 * @param responses
 *   Copied.
 * @param nb
 *   How many.
 */
void tr_submit_responses(struct tr_submit_producer *producer, const struct tr_response *responses,
			 unsigned int nb);

#ifdef __cplusplus
}
#endif

#endif /* TR_SUBMIT_H */
