/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
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

void
cmd_print_unstopped(struct cmdline *cl, const char *what, const char *path, int error)
{
	char text[64];

	if (error == -EINPROGRESS) {
		cmdline_printf(cl, "%s %s: not all of it is written yet; stop it again\n", what,
			       path);
		return;
	}
	snprintf(text, sizeof(text), "%s: it goes on", what);
	cmd_print_error(cl, text, error);
}
