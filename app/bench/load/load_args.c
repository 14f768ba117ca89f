/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_args.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "option.h"

#define CONNECTIONS_MAX 1000000
#define DEPTH_MAX 65536
#define RATE_MAX 1000000000
#define TIME_MAX_MS (24 * 3600 * 1000)
#define SWEEP_STEPS_DEFAULT 10
#define SWEEP_STEPS_MAX 100
#define ZIPF_DEFAULT 0.99
#define ZIPF_MAX 10

static int parse_server(struct option_parser *p, const char *value);
static int parse_kernel(struct option_parser *p, const char *value);
static int parse_addr(struct option_parser *p, const char *value);
static int parse_gateway(struct option_parser *p, const char *value);
static int parse_protocol(struct option_parser *p, const char *value);
static int parse_connections(struct option_parser *p, const char *value);
static int parse_depth(struct option_parser *p, const char *value);
static int parse_threads(struct option_parser *p, const char *value);
static int parse_rate(struct option_parser *p, const char *value);
static int parse_arrival(struct option_parser *p, const char *value);
static int parse_sweep(struct option_parser *p, const char *value);
static int parse_keys(struct option_parser *p, const char *value);
static int parse_key_bytes(struct option_parser *p, const char *value);
static int parse_value_bytes(struct option_parser *p, const char *value);
static int parse_popularity(struct option_parser *p, const char *value);
static int parse_get_ratio(struct option_parser *p, const char *value);
static int parse_warmup(struct option_parser *p, const char *value);
static int parse_duration(struct option_parser *p, const char *value);
static int parse_no_fill(struct option_parser *p, const char *value);
static int parse_verify(struct option_parser *p, const char *value);
static int parse_seed(struct option_parser *p, const char *value);
static int parse_json(struct option_parser *p, const char *value);
static int parse_hgrm(struct option_parser *p, const char *value);
static int parse_svg(struct option_parser *p, const char *value);
static int parse_report(struct option_parser *p, const char *value);
static int parse_help(struct option_parser *p, const char *value);

/* Every option, in the order of the help. */
static const struct option options[] = {
	{.help = "Whom, and which way"},
	{"--server", OPTION_VALUE, "ADDR[:PORT]", "whom to ask (port: 11211)", parse_server},
	{"--protocol", OPTION_VALUE, "text|binary", "memcached's (default: text)", parse_protocol},
	{"--kernel", OPTION_NOTHING, NULL, "over the kernel's sockets", parse_kernel},
	{"--addr", OPTION_VALUE, "ADDR/LEN[,port=N]",
	 "over our own stack: a thread's address and EAL's port (0)", parse_addr},
	{"--gateway", OPTION_VALUE, "ADDR", "of our own stack, to other networks", parse_gateway},
	{"--threads", OPTION_VALUE, "N",
	 "each on a CPU of its own (default: 1, or EAL's lcores; one for each --addr)",
	 parse_threads},

	{.help = "How requests come"},
	{"--connections", OPTION_VALUE, "N", "of all threads together (default: 16)",
	 parse_connections},
	{"--depth", OPTION_VALUE, "N", "requests in flight on each connection (default: 1)",
	 parse_depth},
	{"--rate", OPTION_VALUE, "N[K]",
	 "open loop: so many a second, K for thousands (default: closed loop)", parse_rate},
	{"--arrival", OPTION_VALUE, "poisson|fixed", "of an open loop (default: poisson)",
	 parse_arrival},
	{"--sweep", OPTION_VALUE, "N[K]-N[K][/STEPS]",
	 "open loop at several rates, from one up to another (10 steps)", parse_sweep},
	{"--warmup", OPTION_VALUE, "TIME", "not measured, such as 500ms or 5s (default: 1s)",
	 parse_warmup},
	{"--duration", OPTION_VALUE, "TIME", "measured; of each rate (default: 10s)",
	 parse_duration},

	{.help = "What is asked for"},
	{"--get-ratio", OPTION_VALUE, "GETS:SETS", "so many for so many (default: 9:1)",
	 parse_get_ratio},
	{"--keys", OPTION_VALUE, "N[K]", "how many there are; K is 1024 (default: 10000)",
	 parse_keys},
	{"--key-bytes", OPTION_VALUE, "N|N-N|etc",
	 "one size, any between two, or Facebook's ETC pool (default: 32)", parse_key_bytes},
	{"--value-bytes", OPTION_VALUE, "N[K]|N[K]-N[K]|etc", "likewise; K is 1024 (default: 100)",
	 parse_value_bytes},
	{"--popularity", OPTION_VALUE, "uniform|zipf[:S]",
	 "of keys; S is Zipf's exponent, 0.99 (default: uniform)", parse_popularity},
	{"--no-fill", OPTION_NOTHING, NULL, "do not store each key once before that",
	 parse_no_fill},
	{"--verify", OPTION_NOTHING, NULL, "compare every value with what its key must have",
	 parse_verify},
	{"--seed", OPTION_VALUE, "N", "of all that is random (default: 1)", parse_seed},

	{.help = "What is told"},
	{"--json", OPTION_PERHAPS_VALUE, "[FILE]", "write JSON to FILE, or instead of the table",
	 parse_json},
	{"--hgrm", OPTION_VALUE, "FILE", "write latencies as HdrHistogram's tools read them",
	 parse_hgrm},
	{"--svg", OPTION_VALUE, "FILE",
	 "plot latency by percentile; of a sweep, against throughput", parse_svg},
	{"--report", OPTION_VALUE, "FILE", "write a page with plot, figures, command and machine",
	 parse_report},
	{"--help", OPTION_NOTHING, NULL, "print this and exit", parse_help},
};

static int finish(struct option_parser *p);
static int check_ways(struct option_parser *p);
static bool read_rate(const char *text, double *rate, const char **end);
static int parse_size(struct option_parser *p, const char *value, uint32_t min, uint32_t max,
		      enum load_size_kind etc, struct load_size *size);
static int parse_time(struct option_parser *p, const char *value, uint32_t min_ms, uint32_t *ms);

int
load_args_parse(struct load_args *args, int argc, char **argv, char *error, size_t error_size)
{
	struct option_parser parser = {
		.command = "load",
		.args = args,
		.error = error,
		.error_size = error_size,
	};

	*args = (struct load_args){
		.protocol = &load_protocol_text,
		.connections = 16,
		.depth = 1,
		.poisson = true,
		.keys = 10000,
		.key_size = {.min = 32, .max = 32},
		.value_size = {.min = 100, .max = 100},
		.key_size_text = "32",
		.value_size_text = "100",
		.gets = 9,
		.sets = 1,
		.warmup_ms = 1000,
		.duration_ms = 10000,
		.seed = 1,
	};
	if (option_parse(&parser, options, RTE_DIM(options), argc, argv) < 0)
		return -EINVAL;
	return args->help ? 0 : finish(&parser);
}

void
load_args_usage(FILE *out)
{
	fprintf(out,
		"usage: tailrace-bench [<EAL options> --] load --server ADDR[:PORT] --kernel "
		"[options]\n"
		"       tailrace-bench <EAL options> -- load --server ADDR[:PORT] --addr "
		"ADDR/LEN [options]\n"
		"\n"
		"Asks a memcached server for keys, and tells how many answers came a second and "
		"how\nlong they took.\n"
		"\n"
		"In a closed loop every connection always has --depth requests in flight. In an "
		"open\nloop requests fall due whatever the server does, and a latency begins "
		"when its request\nwas due.\n");
	option_usage(out, options, RTE_DIM(options));
	fprintf(out,
		"\n"
		"Examples:\n"
		"  tailrace-bench load --kernel --server 10.77.0.2 --depth 16 --threads 2\n"
		"  tailrace-bench load --kernel --server 10.77.0.2 --rate 50K --hgrm out.hgrm\n"
		"  tailrace-bench load --kernel --server 10.77.0.2 --sweep 10K-200K/20 "
		"--report sweep.html\n"
		"  tailrace-bench load --kernel --server 10.77.0.2 --key-bytes etc "
		"--value-bytes etc \\\n"
		"      --popularity zipf --get-ratio 30:1 --verify\n"
		"\n"
		"Exit status: 0; 1 if the server could not be measured, gave no answer but "
		"errors, or a\nvalue differs; 2 if an argument does not allow a "
		"measurement.\n");
}

/* What options must agree on. */
static int
finish(struct option_parser *p)
{
	struct load_args *args = p->args;
	unsigned int digits = load_keys_digits(args->keys);

	p->option = "--server";
	if (args->server == NULL)
		return option_fail(p, "missing; --server 127.0.0.1:11211 would do");
	p->option = "--sweep";
	if (args->sweep_steps > 0 && args->rate > 0)
		return option_fail(p, "given with --rate; one of them would do");
	if (args->sweep_steps > 0 && args->hgrm_file != NULL)
		return option_fail(p, "given with --hgrm, which has room for one rate; --json or "
				      "--report would do");
	p->option = "--key-bytes";
	if (args->key_size.min < digits && args->key_size.kind == LOAD_SIZE_RANGE)
		return option_fail(p, "%s: %u keys need names of at least %u bytes",
				   args->key_size_text, args->keys, digits);
	if (check_ways(p) < 0)
		return -EINVAL;
	p->option = "--threads";
	if (args->threads > args->connections)
		return option_fail(p, "%u: there are but %u connections", args->threads,
				   args->connections);
	return 0;
}

/* Sockets, or our own stack with a port for each thread. */
static int
check_ways(struct option_parser *p)
{
	struct load_args *args = p->args;
	unsigned int i, j;

	p->option = "--kernel";
	if (!args->kernel && args->nb_addrs == 0)
		return option_fail(p, "missing; that, or --addr for our own stack, would do");
	if (args->kernel && args->nb_addrs > 0)
		return option_fail(p, "given with --addr; one of them would do");
	if (args->kernel)
		return 0;
	p->option = "--addr";
	for (i = 1; i < args->nb_addrs; i++)
		for (j = 0; j < i; j++)
			if (args->addrs[i].port_id == args->addrs[j].port_id)
				return option_fail(p,
						   "port %u twice; one of EAL's ports for each "
						   "would do",
						   args->addrs[i].port_id);
	p->option = "--threads";
	if (args->threads > 0 && args->threads != args->nb_addrs)
		return option_fail(p, "%u: each needs an --addr and a port of its own",
				   args->threads);
	args->threads = args->nb_addrs;
	return 0;
}

static int
parse_server(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	char addr[INET_ADDRSTRLEN] = "";
	size_t len = strcspn(value, ":");
	uint64_t port = 11211;
	const char *end = value + len;

	if (len < sizeof(addr))
		memcpy(addr, value, len);
	if (inet_pton(AF_INET, addr, &args->server_addr) != 1 ||
	    (*end == ':' && !option_read_number(end + 1, &port, &end)) || *end != '\0' ||
	    port < 1 || port > UINT16_MAX)
		return option_fail(p,
				   "%s: an IPv4 address, perhaps with a port, such as "
				   "127.0.0.1:11211 would do",
				   value);
	args->server = value;
	args->server_port = port;
	return 0;
}

static int
parse_kernel(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->kernel = true;
	return 0;
}

static int
parse_addr(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;
	struct load_addr *addr = &args->addrs[args->nb_addrs];
	char text[INET_ADDRSTRLEN] = "";
	size_t len = strcspn(value, "/");
	const char *end = value + len;
	uint64_t prefix_len = 0, port = 0;

	if (args->nb_addrs == LOAD_ARGS_THREADS_MAX)
		return option_fail(p, "%u of them at most would do", LOAD_ARGS_THREADS_MAX);
	if (len < sizeof(text))
		memcpy(text, value, len);
	if (inet_pton(AF_INET, text, &addr->addr) != 1 || *end != '/' ||
	    !option_read_number(end + 1, &prefix_len, &end) || prefix_len < 1 || prefix_len > 32 ||
	    (strncmp(end, ",port=", 6) == 0 && !option_read_number(end + 6, &port, &end)) ||
	    *end != '\0' || port >= RTE_MAX_ETHPORTS)
		return option_fail(p,
				   "%s: an IPv4 address with its prefix length, perhaps with a "
				   "port, such as 10.77.0.1/24,port=0, would do",
				   value);
	addr->prefix_len = prefix_len;
	addr->port_id = port;
	args->nb_addrs++;
	return 0;
}

static int
parse_gateway(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	if (inet_pton(AF_INET, value, &args->gateway) != 1)
		return option_fail(p, "%s: an IPv4 address would do", value);
	return 0;
}

static int
parse_protocol(struct option_parser *p, const char *value)
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

static int
parse_connections(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, CONNECTIONS_MAX, &args->connections);
}

static int
parse_depth(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, DEPTH_MAX, &args->depth);
}

static int
parse_threads(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, LOAD_ARGS_THREADS_MAX, &args->threads);
}

static int
parse_rate(struct option_parser *p, const char *value)
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

static int
parse_sweep(struct option_parser *p, const char *value)
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

static int
parse_arrival(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	if (strcmp(value, "poisson") != 0 && strcmp(value, "fixed") != 0)
		return option_fail(p, "%s: poisson or fixed would do", value);
	args->poisson = value[0] == 'p';
	return 0;
}

static int
parse_keys(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_u32(p, value, 1, LOAD_KEYS_MAX, &args->keys);
}

static int
parse_key_bytes(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->key_size_text = value;
	return parse_size(p, value, 1, LOAD_SIZE_KEY_MAX, LOAD_SIZE_ETC_KEY, &args->key_size);
}

static int
parse_value_bytes(struct option_parser *p, const char *value)
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

static int
parse_popularity(struct option_parser *p, const char *value)
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

static int
parse_get_ratio(struct option_parser *p, const char *value)
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

static int
parse_warmup(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return parse_time(p, value, 0, &args->warmup_ms);
}

static int
parse_duration(struct option_parser *p, const char *value)
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

static int
parse_no_fill(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->no_fill = true;
	return 0;
}

static int
parse_verify(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->verify = true;
	return 0;
}

static int
parse_seed(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	return option_number(p, value, 0, UINT64_MAX, &args->seed);
}

static int
parse_json(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->json = true;
	args->json_file = value;
	return 0;
}

static int
parse_hgrm(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->hgrm_file = value;
	return 0;
}

static int
parse_svg(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->svg_file = value;
	return 0;
}

static int
parse_report(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	args->report_file = value;
	return 0;
}

static int
parse_help(struct option_parser *p, const char *value)
{
	struct load_args *args = p->args;

	(void)value;
	args->help = true;
	return 0;
}
