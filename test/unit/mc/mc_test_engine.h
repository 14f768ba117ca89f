/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The smallest engine that has every operation: a list of items in memory of malloc(), so that the
 * address sanitizer sees what is used too late, not returned or read beyond.
 */
#ifndef MC_TEST_ENGINE_H
#define MC_TEST_ENGINE_H

#include <stdbool.h>

#include "tr_engine.h"

struct mc_test_item;

struct mc_test_engine {
	struct mc_test_item *items;
	uint64_t last_cas;
	unsigned int released; /* values given and not yet released */
	unsigned int prepared; /* items given by prepare and not yet consumed */
};

/** tr_engine_ops.prepare: the item and the room for its value. */
void mc_test_engine_prepare(struct mc_test_engine *engine, struct tr_request *request);

/** tr_engine_ops.discard. */
void mc_test_engine_discard(struct mc_test_engine *engine, struct tr_request *request);

/** tr_engine_ops.execute; always done. */
void mc_test_engine_execute(struct mc_test_engine *engine, struct tr_request *request,
			    struct tr_response *response);

/** Free all items. */
void mc_test_engine_clear(struct mc_test_engine *engine);

#endif /* MC_TEST_ENGINE_H */
