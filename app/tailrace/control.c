/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <rte_common.h>
#include <rte_lcore.h>

#include "trouble.h"

/* How often it looks for trouble when nothing else is to be done. */
#define TROUBLE_MS 1000

struct control {
	struct prompt *prompt;
	struct metrics *metrics; /* or NULL */
	struct trouble *trouble;
	pthread_t thread;
	int signal_fd;
	int end_fd;
};

static void *run(void *arg);
static void wait_once(struct control *control, bool *end);
static void signal_set(sigset_t *set);

void
control_block_signals(void)
{
	sigset_t set;

	signal_set(&set);
	/* Whoever reads what the prompt prints may go away: that ends no server. */
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

struct control *
control_create(struct prompt *prompt, struct metrics *metrics, struct tr_core_server *server)
{
	struct control *control;
	sigset_t set;
	int rc;

	control = calloc(1, sizeof(*control));
	if (control == NULL)
		return NULL;
	control->prompt = prompt;
	control->metrics = metrics;
	signal_set(&set);
	control->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	control->end_fd = eventfd(0, EFD_CLOEXEC);
	rc = control->signal_fd < 0 || control->end_fd < 0 ? -errno : 0;
	control->trouble = trouble_create(server);
	if (rc == 0 && control->trouble == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = rte_ctrl_thread_create(&control->thread, "tr-control", NULL, run, control);
	if (rc == 0)
		return control;

	if (control->signal_fd >= 0)
		close(control->signal_fd);
	if (control->end_fd >= 0)
		close(control->end_fd);
	trouble_destroy(control->trouble);
	free(control);
	errno = -rc;
	return NULL;
}

void
control_destroy(struct control *control)
{
	eventfd_write(control->end_fd, 1);
	pthread_join(control->thread, NULL);
	close(control->signal_fd);
	close(control->end_fd);
	trouble_destroy(control->trouble);
	free(control);
}

static void *
run(void *arg)
{
	struct control *control = arg;
	bool end = false;

	/* Whoever wanted a prompt and cannot have one has no other way to end the server. */
	if (prompt_begin(control->prompt) < 0)
		prompt_quit(control->prompt);
	while (!end)
		wait_once(control, &end);
	return NULL;
}

static void
wait_once(struct control *control, bool *end)
{
	struct signalfd_siginfo signal;
	struct pollfd fds[] = {
		{.fd = control->end_fd, .events = POLLIN},
		{.fd = control->signal_fd, .events = POLLIN},
		{.fd = prompt_fd(control->prompt), .events = POLLIN},
		{.fd = -1, .events = POLLIN},
	};
	int timeout_ms = TROUBLE_MS;
	int metrics_ms;

	if (control->metrics != NULL) {
		fds[3].fd = metrics_fd(control->metrics);
		metrics_ms = metrics_timeout_ms(control->metrics);
		if (metrics_ms >= 0)
			timeout_ms = RTE_MIN(timeout_ms, metrics_ms);
	}
	if (poll(fds, RTE_DIM(fds), timeout_ms) < 0)
		return;
	trouble_tick(control->trouble);
	*end = fds[0].revents != 0;
	if (fds[1].revents != 0 &&
	    read(control->signal_fd, &signal, sizeof(signal)) == sizeof(signal))
		prompt_quit(control->prompt);
	if (fds[2].revents != 0 && !*end)
		prompt_input(control->prompt);
	/* Also when nothing is there to be read: connections come to their end. */
	if (control->metrics != NULL && !*end)
		metrics_run(control->metrics);
}

static void
signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}
