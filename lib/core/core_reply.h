/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Responses: from the submit rings to their place in the pipeline, and in order into the chain.
 * Threads: the core.
 */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include "core.h"

/** Take what engines have answered. Returns how many responses there were. */
unsigned int core_reply_drain(struct core *core);

/** A request is answered. What @p response points to is the core's to release from here on. */
void core_reply(struct core *core, struct core_request *request,
		const struct tr_response *response);

/** Tell the client: compose the response in its turn. Its request is in a pipeline. */
void core_reply_tell(struct core_request *request, const struct tr_response *response);

/** Compose what is in order. @return False when the rest waits for mbufs or for the peer. */
bool core_reply_compose(struct tr_conn *conn);

/** Release the value of a response. */
static inline void
core_reply_release(const struct tr_response *response)
{
	if (!response->has_number && response->release != NULL)
		response->release(response->release_arg);
}

#endif /* CORE_REPLY_H */
