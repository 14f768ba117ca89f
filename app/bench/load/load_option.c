/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_option.h"

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "load_args.h"

#define CONNECTIONS_MAX 1000000
#define DEPTH_MAX 65536
#define RATE_MAX 1000000000
#define TIME_MAX_MS (24 * 3600 * 1000)
#define SWEEP_STEPS_DEFAULT 10
#define SWEEP_STEPS_MAX 100
#define ZIPF_DEFAULT 0.99
#define ZIPF_MAX 10

static const char *split_addr(const char *value, char *addr, size_t size);
static bool read_rate(const char *text, double *rate, const char **end);
static int parse_size(struct option_parser *p, const char *value, uint32_t min, uint32_t max,
		      enum load_size_kind etc, struct load_size *size);
static int parse_time(struct option_parser *p, const char *value, uint32_t min_ms, uint32_t *ms);

int
load_option_server(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	char addr[TR_ADDR_TEXT_SIZE] = "";
	const char *end = split_addr(value, addr, sizeof(addr));
	uint64_t port = 11211;

	if (!tr_addr_parse(addr, &args->server_addr) ||
	    (value[0] == '[' && tr_addr_is_ipv4(&args->server_addr)) ||
	    (*end == ':' && !option_read_number(end + 1, &port, &end)) || *end != '\0' ||
	    port < 1 || port > UINT16_MAX)
		return option_fail(p,
				   "%s: an IPv4 or IPv6 address, perhaps with a port, such as "
				   "127.0.0.1:11211 or [2001:db8::2]:11211 would do",
				   value);
	args->server = value;
	args->server_port = port;
	return 0;
}

/* The address, without brackets, and what stands behind it. With a port one with colons has them.
 */
static const char *
split_addr(const char *value, char *addr, size_t size)
{
	bool bracket = value[0] == '[';
	const char *begin = value + bracket;
	size_t len = strcspn(begin, bracket ? "]" : ":");
	bool closed = bracket && begin[len] == ']';

	if (!bracket && begin[len] == ':' && strchr(begin + len + 1, ':') != NULL)
		len = strlen(begin);
	if (len < size && bracket == closed)
		memcpy(addr, begin, len);
	return begin + len + closed;
}

int
load_option_kernel(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->kernel = true;
	return 0;
}

int
load_option_addr(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	struct load_addr *addr = &args->addrs[args->nb_addrs];
	char text[TR_ADDR_TEXT_SIZE] = "";
	size_t len = strcspn(value, "/");
	const char *end = value + len;
	uint64_t prefix_len = 0, port = 0;

	if (args->nb_addrs == LOAD_ARGS_THREADS_MAX)
		return option_fail(p, "%u of them at most would do", LOAD_ARGS_THREADS_MAX);
	if (len < sizeof(text))
		memcpy(text, value, len);
	if (!tr_addr_parse(text, &addr->addr) || *end != '/' ||
	    !option_read_number(end + 1, &prefix_len, &end) || prefix_len < 1 ||
	    prefix_len > (tr_addr_is_ipv4(&addr->addr) ? 32 : 128) ||
	    (strncmp(end, ",port=", 6) == 0 && !option_read_number(end + 6, &port, &end)) ||
	    *end != '\0' || port >= RTE_MAX_ETHPORTS)
		return option_fail(p,
				   "%s: an address with its prefix length, perhaps with a "
				   "port, such as 10.77.0.1/24,port=0, would do",
				   value);
	addr->prefix_len = prefix_len;
	addr->port_id = port;
	args->nb_addrs++;
	return 0;
}

int
load_option_gateway(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	if (!tr_addr_parse(value, &args->gateway))
		return option_fail(p, "%s: an IPv4 or IPv6 address would do", value);
	return 0;
}

int
load_option_protocol(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	if (strcmp(value, "text") == 0)
		args->protocol = &load_protocol_text;
	else if (strcmp(value, "binary") == 0)
		args->protocol = &load_protocol_binary;
	else
		return option_fail(p, "%s: text or binary would do", value);
	return 0;
}

static int
parse_u32(struct option_parser *p, const char *value, uint32_t min, uint32_t max, uint32_t *number)
{
	uint64_t wide;
	int rc = option_number(p, value, min, max, &wide);

	*number = wide;
	return rc;
}

int
load_option_connections(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, CONNECTIONS_MAX, &args->connections);
}

int
load_option_depth(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, DEPTH_MAX, &args->depth);
}

int
load_option_threads(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, LOAD_ARGS_THREADS_MAX, &args->threads);
}

int
load_option_rate(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	const char *end = value;

	if (!read_rate(value, &args->rate, &end) || *end != '\0')
		return option_fail(p, "%s: requests a second, from 1 to %u, would do", value,
				   RATE_MAX);
	return 0;
}

/* K stands for a thousand requests, not for 1024. */
static bool
read_rate(const char *text, double *rate, const char **end)
{
	uint64_t number;

	if (!option_read_number(text, &number, end))
		return false;
	if ((*end)[-1] > '9')
		number = number / 1024 * 1000;
	*rate = number;
	return number >= 1 && number <= RATE_MAX;
}

int
load_option_sweep(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	uint64_t steps = SWEEP_STEPS_DEFAULT;
	const char *end;

	if (!read_rate(value, &args->sweep_from, &end) || *end != '-' ||
	    !read_rate(end + 1, &args->sweep_to, &end) || args->sweep_to <= args->sweep_from ||
	    (*end == '/' && !option_read_number(end + 1, &steps, &end)) || *end != '\0' ||
	    steps < 2 || steps > SWEEP_STEPS_MAX)
		return option_fail(p,
				   "%s: two rates, and 2 to %u steps, such as 10K-100K/10 "
				   "would do",
				   value, SWEEP_STEPS_MAX);
	args->sweep_steps = steps;
	return 0;
}

int
load_option_arrival(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	if (strcmp(value, "poisson") != 0 && strcmp(value, "fixed") != 0)
		return option_fail(p, "%s: poisson or fixed would do", value);
	args->poisson = value[0] == 'p';
	return 0;
}

int
load_option_keys(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, LOAD_KEYS_MAX, &args->keys);
}

int
load_option_key_bytes(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->key_size_text = value;
	return parse_size(p, value, 1, LOAD_SIZE_KEY_MAX, LOAD_SIZE_ETC_KEY, &args->key_size);
}

int
load_option_value_bytes(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->value_size_text = value;
	return parse_size(p, value, 0, LOAD_SIZE_VALUE_MAX, LOAD_SIZE_ETC_VALUE, &args->value_size);
}

static int
parse_size(struct option_parser *p, const char *value, uint32_t min, uint32_t max,
	   enum load_size_kind etc, struct load_size *size)
{
	const char *end = value;
	uint64_t low, high;

	if (strcmp(value, "etc") == 0) {
		*size = (struct load_size){.kind = etc, .min = min, .max = max};
		return 0;
	}
	if (option_read_number(value, &low, &end)) {
		high = low;
		if (*end != '-' || option_read_number(end + 1, &high, &end)) {
			if (*end == '\0' && low >= min && low <= high && high <= max) {
				*size = (struct load_size){.min = low, .max = high};
				return 0;
			}
		}
	}
	return option_fail(p, "%s: a size from %u to %u, two of them as in 10-100, or etc would do",
			   value, min, max);
}

int
load_option_popularity(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	char *end = NULL;

	if (strcmp(value, "uniform") == 0)
		args->zipf = 0;
	else if (strcmp(value, "zipf") == 0)
		args->zipf = ZIPF_DEFAULT;
	else {
		if (strncmp(value, "zipf:", 5) == 0)
			args->zipf = strtod(value + 5, &end);
		if (end == NULL || end == value + 5 || *end != '\0' || !(args->zipf > 0) ||
		    args->zipf > ZIPF_MAX)
			return option_fail(p,
					   "%s: uniform, zipf, or zipf:S with S above 0 and at "
					   "most %u would do",
					   value, ZIPF_MAX);
	}
	return 0;
}

int
load_option_get_ratio(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	uint64_t gets, sets;
	const char *end;

	if (!option_read_number(value, &gets, &end) || *end != ':' ||
	    !option_read_number(end + 1, &sets, &end) || *end != '\0' || gets > 1000000 ||
	    sets > 1000000 || gets + sets == 0)
		return option_fail(p, "%s: gets and sets, such as 9:1, 1:0 or 0:1, would do",
				   value);
	args->gets = gets;
	args->sets = sets;
	return 0;
}

int
load_option_warmup(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_time(p, value, 0, &args->warmup_ms);
}

int
load_option_duration(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_time(p, value, 1, &args->duration_ms);
}

/* A number is not enough: seconds here, milliseconds in submit. */
static int
parse_time(struct option_parser *p, const char *value, uint32_t min_ms, uint32_t *ms)
{
	char *end;
	double time = strtod(value, &end);

	if (value[0] >= '0' && value[0] <= '9') {
		if (strcmp(end, "s") == 0)
			time *= 1000;
		else if (strcmp(end, "ms") != 0)
			time = -1;
		if (time >= min_ms && time <= TIME_MAX_MS) {
			*ms = time;
			return 0;
		}
	}
	return option_fail(p, "%s: a time from %ums to 24 hours, such as 500ms or 10s, would do",
			   value, min_ms);
}

int
load_option_no_fill(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->no_fill = true;
	return 0;
}

int
load_option_verify(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->verify = true;
	return 0;
}

int
load_option_seed(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return option_number(p, value, 0, UINT64_MAX, &args->seed);
}

int
load_option_json(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->json = true;
	args->json_file = value;
	return 0;
}

int
load_option_hgrm(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->hgrm_file = value;
	return 0;
}

int
load_option_svg(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->svg_file = value;
	return 0;
}

int
load_option_report(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->report_file = value;
	return 0;
}

int
load_option_help(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->help = true;
	return 0;
}
