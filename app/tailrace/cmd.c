/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

void
cmd_print_error(struct cmdline *cl, const char *what, int error)
{
	const char *why;

	switch (-error) {
	case ENOENT:
		why = "there is none";
		break;
	case ETIMEDOUT:
		why = "no answer in time";
		break;
	case EBUSY:
		why = "no credit is free; try again";
		break;
	case ENOTSUP:
		why = "not supported";
		break;
	default:
		why = strerror(-error);
	}
	cmdline_printf(cl, "%s: %s\n", what, why);
}
