/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_ask.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core_control.h"
#include "core_request.h"

#define ANSWER_TIMEOUT_S 2

struct core_ask {
	atomic_uint holders;
	sem_t answered;
	int ret;
	char *text;
	uint32_t len;
};

static void begin(struct core *core, void *arg);
static void let_go(struct core_ask *ask);

int
core_ask_stats(struct core *core, char **text, uint32_t *len)
{
	struct core_ask *ask = calloc(1, sizeof(*ask));
	struct timespec until;
	int ret;

	if (ask == NULL)
		return -ENOMEM;
	atomic_init(&ask->holders, 1);
	sem_init(&ask->answered, 0, 0);
	ask->ret = -ETIMEDOUT;
	ret = core_control_call(core, begin, ask);
	if (ret == 0) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += ANSWER_TIMEOUT_S;
		do
			ret = sem_timedwait(&ask->answered, &until);
		while (ret < 0 && errno == EINTR);
		ret = ret == 0 ? ask->ret : -ETIMEDOUT;
	}
	if (ret == 0) {
		*text = ask->text;
		*len = ask->len;
		ask->text = NULL;
	}
	let_go(ask);
	return ret;
}

/* On the core: the question becomes a request without a connection. */
static void
begin(struct core *core, void *arg)
{
	struct core_ask *ask = arg;

	atomic_fetch_add(&ask->holders, 1);
	if (core_request_ask(core, TR_ENGINE_STAT, ask))
		return;
	ask->ret = -EBUSY;
	core_ask_cancel(ask);
}

void
core_ask_answer(struct core_ask *ask, const struct tr_response *response)
{
	ask->ret = response->status == TR_ENGINE_OK ? 0 : -ENOTSUP;
	if (response->status == TR_ENGINE_BUSY)
		ask->ret = -EBUSY;
	if (ask->ret == 0) {
		ask->len = response->value_len;
		ask->text = malloc(ask->len + 1);
		if (ask->text == NULL)
			ask->ret = -ENOMEM;
		else if (ask->len > 0)
			memcpy(ask->text, response->value, ask->len);
	}
	core_ask_cancel(ask);
}

void
core_ask_cancel(struct core_ask *ask)
{
	sem_post(&ask->answered);
	let_go(ask);
}

static void
let_go(struct core_ask *ask)
{
	if (atomic_fetch_sub(&ask->holders, 1) > 1)
		return;
	sem_destroy(&ask->answered);
	free(ask->text);
	free(ask);
}
