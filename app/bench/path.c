/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "path.h"

const struct path *const paths[PATHS] = {
	&path_evbuffer_add,
	&path_evbuffer_reserve,
	&path_tailrace_copy,
	&path_tailrace_reference,
};
