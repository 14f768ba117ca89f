/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "core_info.h"

/*
 * Clients read from the version what they may expect: text and binary commands as memcached 1.6
 * answers them. Of 1.6, the meta commands are not there: they are answered with ERROR.
 */
#define MEMCACHED_VERSION "1.6.18"

static void engine_directory(char path[PATH_MAX], const char *from_here);
static int listen_all(struct server *server, const struct args *args, char *error,
		      size_t error_size);

int
server_setup(struct server *server, const struct args *args, uint16_t port, char *error,
	     size_t error_size)
{
	char built[PATH_MAX];
	char installed[PATH_MAX];
	const char *const directories[] = {built, installed, NULL};
	const struct tr_core_config config = {
		.port_id = port,
		.ipv4 = args->ipv4,
		.ipv6 = args->ipv6,
		.routes = args->routes,
		.nb_routes = args->nb_routes,
		.vlan = args->vlan,
		.mtu = args->mtu,
		.conns_max = args->conns_max,
		.value_max = args->value_max,
		.keepalive_s = args->keepalive_s != 0 ? args->keepalive_s : UINT32_MAX,
		.engine = args->engine,
		.engine_directories = directories,
		.engine_threads = args->engine_threads,
		.congestion = args->congestion,
		.ecn_off = args->ecn_off,
		.dscp = (uint8_t)args->dscp,
		.ttl = (uint8_t)args->ttl,
		.idle_poll = args->idle_poll,
	};

	*server = (struct server){0};
	engine_directory(built, "/../drivers/engine");
	engine_directory(installed, TAILRACE_ENGINE_DIR);
	server->core = tr_core_create(&config, error, error_size);
	if (server->core == NULL)
		return -rte_errno;
	server->mc_stats = mc_stats_create(core_info_cores(server->core));
	if (server->mc_stats == NULL) {
		snprintf(error, error_size, "no memory for statistics");
		return -ENOMEM;
	}
	server->mc = (struct mc_config){
		.stats = server->mc_stats,
		.version = MEMCACHED_VERSION "-tailrace-" TAILRACE_VERSION,
		.value_max = args->value_max,
	};
	return listen_all(server, args, error, error_size);
}

void
server_teardown(struct server *server)
{
	if (server->core != NULL)
		tr_core_destroy(server->core);
	if (server->mc_stats != NULL)
		mc_stats_destroy(server->mc_stats);
}

/* Where the build leaves the engines, or an installation, seen from the program. */
static void
engine_directory(char path[PATH_MAX], const char *from_here)
{
	ssize_t len;
	char *slash;

	len = readlink("/proc/self/exe", path, PATH_MAX - strlen(from_here) - 1);
	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash != NULL ? slash : path, from_here);
}

static int
listen_all(struct server *server, const struct args *args, char *error, size_t error_size)
{
	static const struct tr_protocol_ops *const protocols[] = {
		[ARGS_PROTOCOL_MC] = &mc_protocol,
		[ARGS_PROTOCOL_ECHO] = &tr_core_echo,
	};
	const struct args_listen *listen;
	char text[TR_ADDR_ENDPOINT_SIZE];
	unsigned int i;
	int rc;

	for (i = 0; i < args->nb_listens; i++) {
		listen = &args->listens[i];
		rc = tr_core_listen(server->core, listen->addr, listen->port,
				    protocols[listen->protocol], &server->mc);
		if (rc == 0)
			continue;
		if (tr_addr_is_none(&listen->addr))
			snprintf(text, sizeof(text), "%u", listen->port);
		else
			tr_addr_format_endpoint(&listen->addr, listen->port, text);
		snprintf(error, error_size, "--listen %s: %s", text, strerror(-rc));
		return rc;
	}
	return 0;
}
