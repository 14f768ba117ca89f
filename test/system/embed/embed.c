/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A whole program around libtailrace, built outside of its tree: a server with a protocol of its
 * own, which sends back what it receives in upper case.
 *
 *	cc $(pkg-config --cflags tailrace) embed.c -o embed $(pkg-config --libs tailrace)
 *	embed <EAL arguments> -- ADDRESS PORT
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>

#include <tr_core.h>
#include <tr_protocol.h>

/* What a signal handler can reach. */
static struct tr_core_server *server;

static void *
upper_create(void *arg, unsigned int core)
{
	(void)core;
	return arg; /* nothing is shared, and it must not be NULL */
}

static void
upper_destroy(void *protocol)
{
	(void)protocol;
}

static void
upper_open(void *protocol, struct tr_conn *conn, void *state)
{
	(void)protocol;
	(void)conn;
	(void)state;
}

static void
upper_closed(void *protocol, void *state)
{
	(void)protocol;
	(void)state;
}

/*
 * As many bytes as a request has room for, where its key would be, become one request. No engine
 * is needed: it is answered at once, and takes its place behind those before it.
 */
static enum tr_protocol_verdict
upper_parse(void *protocol, const struct tr_protocol_host *host, struct tr_conn *conn, void *state,
	    const uint8_t *data, size_t len, size_t *consumed)
{
	static const struct tr_response answer = {.status = TR_ENGINE_OK};
	struct tr_request *request;

	(void)protocol;
	(void)state;
	*consumed = 0;
	while (*consumed < len) {
		request = host->request_get(conn);
		if (request == NULL)
			return TR_PROTOCOL_BLOCKED;
		while (request->key_len < TR_ENGINE_KEY_MAX && *consumed < len)
			request->key[request->key_len++] = toupper(data[(*consumed)++]);
		host->request_answer(conn, request, &answer, 0);
	}
	return TR_PROTOCOL_MORE;
}

static int
upper_compose(void *protocol, void *state, const struct tr_request *request,
	      const struct tr_response *response, struct tr_chain *chain)
{
	const struct iovec part = {(void *)(uintptr_t)request->key, request->key_len};

	(void)protocol;
	(void)state;
	(void)response;
	return tr_chain_append(chain, &part, 1);
}

static const struct tr_protocol_ops upper = {
	.name = "upper",
	.create = upper_create,
	.destroy = upper_destroy,
	.open = upper_open,
	.closed = upper_closed,
	.parse = upper_parse,
	.compose = upper_compose,
};

static void
quit(int signal_number)
{
	(void)signal_number;
	tr_core_quit(server);
}

int
main(int argc, char **argv)
{
	struct tr_core_config config = {.ipv4 = {.prefix_len = 24}};
	char error[256] = "";
	int ret;

	ret = rte_eal_init(argc, argv);
	if (ret < 0 || argc - ret != 3 || !tr_addr_parse(argv[ret + 1], &config.ipv4.addr)) {
		fprintf(stderr, "usage: %s <EAL arguments> -- ADDRESS PORT\n", argv[0]);
		return EXIT_FAILURE;
	}
	argv += ret;
	server = tr_core_create(&config, error, sizeof(error));
	if (server == NULL) {
		fprintf(stderr, "%s\n", error);
		return EXIT_FAILURE;
	}
	signal(SIGTERM, quit);
	ret = tr_core_listen(server, tr_addr_none(), atoi(argv[2]), &upper, &config);
	if (ret == 0)
		ret = tr_core_run(server);
	tr_core_destroy(server);
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
