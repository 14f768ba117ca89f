/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* In the place of path_evbuffer.c, where there is no libevent. */
#include <stddef.h>

#include "path.h"

const struct path path_evbuffer_add = {
	.name = "evbuffer-add",
	.help = "a locked evbuffer, one append for each part",
	.missing = "built without libevent",
};

const struct path path_evbuffer_reserve = {
	.name = "evbuffer-reserve",
	.help = "a locked evbuffer, all parts into one reserved space",
	.missing = "built without libevent",
};
