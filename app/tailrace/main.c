/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * tailrace, the server: EAL's arguments, "--", and its own (args.c).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "args.h"
#include "control.h"
#include "impair.h"
#include "port.h"
#include "prompt.h"
#include "server.h"
#include "telemetry.h"

/* Exit status: the arguments, or the machine, do not allow a server. */
#define EXIT_SETUP 2

#define ERROR_SIZE 512

static int find_own_args(int argc, char **argv);
static int without_own_args(int argc, char **argv);
static int set_up_and_run(const struct args *args);
static int run(struct server *server, const struct args *args, uint16_t port,
	       struct impair *impair);
static int create_prompt(struct server *server, const struct args *args, struct impair *impair,
			 struct prompt **prompt, struct metrics **metrics, char *error,
			 size_t error_size);
static void print_ready(const struct args *args, uint16_t port);
static void eal_error(int argc, char **argv, char *error, size_t error_size);
static int give_up(const char *error);

int
main(int argc, char **argv)
{
	int own = find_own_args(argc, argv);
	char error[ERROR_SIZE];
	struct args args;
	int status;

	/* EAL's come first, but are used last: a bad line touches no device. */
	if (own == argc)
		return without_own_args(argc, argv);
	if (args_parse(&args, argc - own, argv + own, error, sizeof(error)) < 0)
		return give_up(error);
	if (args.action == ARGS_HELP) {
		args_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (args.action == ARGS_VERSION) {
		printf("tailrace %s\n", TAILRACE_VERSION);
		return EXIT_SUCCESS;
	}

	if (port_check(own, argv, error, sizeof(error)) < 0)
		return give_up(error);
	control_block_signals();
	if (rte_eal_init(argc, argv) < 0) {
		eal_error(own, argv, error, sizeof(error));
		return give_up(error);
	}
	status = set_up_and_run(&args);
	rte_eal_cleanup();
	return status;
}

/* The index of "--", which stands before our own arguments, or argc. */
static int
find_own_args(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return argc;
}

/* Nothing to serve, but whoever asks what this is gets an answer. */
static int
without_own_args(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			printf("tailrace %s\n", TAILRACE_VERSION);
			return EXIT_SUCCESS;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			args_usage(stdout);
			rte_eal_init(argc, argv); /* prints EAL's options and exits */
			return EXIT_SUCCESS;
		}
	}
	return give_up("lacks -- and its own options; <EAL options> -- --addr ADDR/LEN would do");
}

static int
set_up_and_run(const struct args *args)
{
	struct server server = {0};
	struct impair *impair = NULL;
	char error[ERROR_SIZE];
	uint16_t port;
	int status;

	if (port_choose(args->port, &port, error, sizeof(error)) < 0)
		return give_up(error);
	if (server_setup(&server, args, port, error, sizeof(error)) < 0)
		status = give_up(error);
	else if ((impair = impair_create(server.core)) == NULL)
		status = give_up("no memory for impairment");
	else
		status = run(&server, args, port, impair);
	server_teardown(&server);
	impair_destroy(impair);
	return status;
}

static int
run(struct server *server, const struct args *args, uint16_t port, struct impair *impair)
{
	const struct telemetry_source source = {
		.server = server->core,
		.mc = server->mc_stats,
		.impair = impair,
	};
	struct metrics *metrics = NULL;
	struct prompt *prompt = NULL;
	struct control *control;
	char error[ERROR_SIZE];
	int rc;

	if (create_prompt(server, args, impair, &prompt, &metrics, error, sizeof(error)) < 0)
		return give_up(error);
	print_ready(args, port);
	control = control_create(prompt, metrics, server->core);
	if (control == NULL) {
		metrics_destroy(metrics);
		prompt_destroy(prompt);
		return give_up("no control thread could be started");
	}
	if (telemetry_attach(&source) < 0)
		fprintf(stderr, "tailrace: telemetry takes no endpoints; going on without them\n");
	rc = tr_core_run(server->core);
	telemetry_detach();
	control_destroy(control);
	metrics_destroy(metrics);
	prompt_destroy(prompt);
	impair_end(impair);
	if (rc < 0)
		fprintf(stderr, "tailrace: the cores ended: %s\n", strerror(-rc));
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What the control thread serves: the prompt, and metrics if they are wanted. */
static int
create_prompt(struct server *server, const struct args *args, struct impair *impair,
	      struct prompt **prompt, struct metrics **metrics, char *error, size_t error_size)
{
	const struct prompt_config prompt_config = {
		.server = server->core,
		.mc = server->mc_stats,
		.args = args,
		.impair = impair,
	};
	const struct metrics_config metrics_config = {
		.addr = args->metrics_addr,
		.port = args->metrics_port,
		.server = server->core,
		.mc = server->mc_stats,
	};

	*prompt = prompt_create(&prompt_config, error, error_size);
	if (*prompt == NULL)
		return -EINVAL;
	if (args->metrics_port == 0)
		return 0;
	*metrics = metrics_create(&metrics_config, error, error_size);
	if (*metrics != NULL)
		return 0;
	prompt_destroy(*prompt);
	return -EINVAL;
}

static void
print_ready(const struct args *args, uint16_t port)
{
	const struct tr_addr_net *nets[] = {&args->ipv4, &args->ipv6};
	const char *before = "tailrace: ";
	char addr[TR_ADDR_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < RTE_DIM(nets); i++) {
		if (tr_addr_is_none(&nets[i]->addr))
			continue;
		printf("%s%s/%u", before, tr_addr_format(&nets[i]->addr, addr),
		       nets[i]->prefix_len);
		before = " and ";
	}
	printf(" on port %u, engine %s, listening on", port, args->engine);
	for (i = 0; i < args->nb_listens; i++)
		printf("%s %u", i > 0 ? "," : "", args->listens[i].port);
	printf("\n");
	fflush(stdout);
}

/* EAL does not say which of its options it refuses: all of them are named. */
static void
eal_error(int argc, char **argv, char *error, size_t error_size)
{
	bool no_memory = rte_errno == EACCES || rte_errno == ENOMEM;
	size_t len;
	int i;

	len = snprintf(error, error_size, "EAL: %s in", rte_strerror(rte_errno));
	for (i = 1; i < argc && len < error_size; i++)
		len += snprintf(error + len, error_size - len, " %s", argv[i]);
	if (len < error_size)
		snprintf(error + len, error_size - len, "; %s",
			 no_memory ? "without hugepages --no-huge -m 512 would do"
				   : "tailrace --help lists what EAL takes");
}

static int
give_up(const char *error)
{
	fprintf(stderr, "tailrace: %s\n", error);
	return EXIT_SETUP;
}
