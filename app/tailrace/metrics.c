/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "metrics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <microhttpd.h>
#include <rte_common.h>

#include "metrics_text.h"

#define PATH "/metrics"

/* Connections at a time; how long one may last, busy or not; what it may send. */
#define CONNS_MAX 16
#define CONN_MS 5000
#define CONN_BYTES 16384

/* How often connections are looked at while there are some. */
#define CHECK_MS 500

/* A connection, and when it is over whatever its client does. */
struct metrics_conn {
	int fd; /* -1: none */
	uint64_t end_ms;
};

struct metrics {
	struct metrics_config config;
	struct MHD_Daemon *daemon;
	struct metrics_conn conns[CONNS_MAX];
	unsigned int nb_conns;
	bool closed; /* one was, in this run */
};

/* Of either family. */
union socket_addr {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static int open_socket(const struct metrics_config *config, char *error, size_t error_size);
static socklen_t fill_sockaddr(const struct metrics_config *config, union socket_addr *addr);
static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *data_size, void **request);
static struct MHD_Response *metrics_response(struct metrics *metrics);
static void note_conn(void *arg, struct MHD_Connection *connection, void **conn,
		      enum MHD_ConnectionNotificationCode what);
static uint64_t now_ms(void);

struct metrics *
metrics_create(const struct metrics_config *config, char *error, size_t error_size)
{
	struct metrics *metrics;
	unsigned int i;
	int fd;

	metrics = calloc(1, sizeof(*metrics));
	fd = metrics != NULL ? open_socket(config, error, error_size) : -1;
	if (fd < 0) {
		if (metrics == NULL)
			snprintf(error, error_size, "no memory for metrics");
		free(metrics);
		return NULL;
	}
	metrics->config = *config;
	for (i = 0; i < CONNS_MAX; i++)
		metrics->conns[i].fd = -1;
	/* Without a thread of its own: metrics_run() does everything. The socket is its own now. */
	metrics->daemon =
		MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, metrics,
				 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				 CONNS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONN_BYTES,
				 MHD_OPTION_NOTIFY_CONNECTION, note_conn, metrics, MHD_OPTION_END);
	if (metrics->daemon == NULL) {
		snprintf(error, error_size, "--metrics: the HTTP server does not start");
		close(fd);
		free(metrics);
		return NULL;
	}
	return metrics;
}

static int
open_socket(const struct metrics_config *config, char *error, size_t error_size)
{
	union socket_addr addr = {0};
	socklen_t size = fill_sockaddr(config, &addr);
	char text[TR_ADDR_ENDPOINT_SIZE];
	int on = 1;
	int fd;

	fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, &addr.any, size) == 0 && listen(fd, CONNS_MAX) == 0)
		return fd;
	snprintf(error, error_size,
		 "--metrics %s: %s; an address and a port of this machine that are free would do",
		 tr_addr_format_endpoint(&config->addr, config->port, text), strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static socklen_t
fill_sockaddr(const struct metrics_config *config, union socket_addr *addr)
{
	if (tr_addr_is_ipv4(&config->addr)) {
		addr->ipv4.sin_family = AF_INET;
		addr->ipv4.sin_port = htons(config->port);
		addr->ipv4.sin_addr.s_addr = tr_addr_to_ipv4(&config->addr);
		return sizeof(addr->ipv4);
	}
	addr->ipv6.sin6_family = AF_INET6;
	addr->ipv6.sin6_port = htons(config->port);
	memcpy(&addr->ipv6.sin6_addr, &config->addr, sizeof(addr->ipv6.sin6_addr));
	return sizeof(addr->ipv6);
}

void
metrics_destroy(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	MHD_stop_daemon(metrics->daemon);
	free(metrics);
}

int
metrics_fd(const struct metrics *metrics)
{
	return MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int
metrics_timeout_ms(struct metrics *metrics)
{
	MHD_UNSIGNED_LONG_LONG wanted;

	if (MHD_get_timeout(metrics->daemon, &wanted) == MHD_YES && wanted < CHECK_MS)
		return (int)wanted;
	return metrics->nb_conns > 0 ? CHECK_MS : -1;
}

void
metrics_run(struct metrics *metrics)
{
	uint64_t now = now_ms();
	unsigned int i;

	/* The library bounds silence alone: who sends a byte now and then would stay for ever. */
	for (i = 0; i < CONNS_MAX; i++)
		if (metrics->conns[i].fd >= 0 && now >= metrics->conns[i].end_ms)
			shutdown(metrics->conns[i].fd, SHUT_RDWR);
	/* At its limit the library does not listen, and again not before the run after a close. */
	do {
		metrics->closed = false;
		MHD_run(metrics->daemon);
	} while (metrics->closed);
}

static void
note_conn(void *arg, struct MHD_Connection *connection, void **conn,
	  enum MHD_ConnectionNotificationCode what)
{
	struct metrics *metrics = arg;
	struct metrics_conn *slot = *conn;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		slot->fd = -1;
		metrics->nb_conns--;
		metrics->closed = true;
		return;
	}
	/* There are as many as the library has connections. */
	slot = metrics->conns;
	while (slot->fd >= 0)
		slot++;
	slot->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	slot->end_ms = now_ms() + CONN_MS;
	metrics->nb_conns++;
	*conn = slot;
}

static enum MHD_Result
answer(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *data, size_t *data_size, void **request)
{
	static char not_found[] = "there is " PATH " here\n";
	static char not_allowed[] = "GET would do\n";
	struct MHD_Response *response;
	unsigned int status = MHD_HTTP_OK;
	enum MHD_Result result;

	RTE_SET_USED(version);
	RTE_SET_USED(data);
	RTE_SET_USED(data_size);
	RTE_SET_USED(request);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		status = MHD_HTTP_METHOD_NOT_ALLOWED;
		response = MHD_create_response_from_buffer(strlen(not_allowed), not_allowed,
							   MHD_RESPMEM_PERSISTENT);
	} else if (strcmp(url, PATH) != 0) {
		status = MHD_HTTP_NOT_FOUND;
		response = MHD_create_response_from_buffer(strlen(not_found), not_found,
							   MHD_RESPMEM_PERSISTENT);
	} else {
		response = metrics_response(arg);
	}
	if (response == NULL)
		return MHD_NO;
	/* One request a connection: what it may last is what a request may. */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* NULL: no memory. */
static struct MHD_Response *
metrics_response(struct metrics *metrics)
{
	struct MHD_Response *response = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int rc;

	out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	rc = metrics_text_write(out, metrics->config.server, metrics->config.mc);
	if (fclose(out) == 0 && rc == 0)
		response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, METRICS_TEXT_TYPE);
	return response;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}
