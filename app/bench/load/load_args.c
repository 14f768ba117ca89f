/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_args.h"

#include <errno.h>

#include <rte_common.h>

#include "load_option.h"

/* Every option, in the order of the help. */
static const struct option options[] = {
	{.help = "Whom, and which way"},
	{"--server", OPTION_VALUE, "ADDR[:PORT]",
	 "whom to ask (port: 11211); with a port an IPv6 address stands in brackets",
	 load_option_server},
	{"--protocol", OPTION_VALUE, "text|binary", "memcached's (default: text)",
	 load_option_protocol},
	{"--kernel", OPTION_NOTHING, NULL, "over the kernel's sockets", load_option_kernel},
	{"--addr", OPTION_VALUE, "ADDR/LEN[,port=N]",
	 "over our own stack: its address and EAL's port (0); again: a port for each thread",
	 load_option_addr},
	{"--gateway", OPTION_VALUE, "ADDR", "of our own stack, to other networks",
	 load_option_gateway},
	{"--threads", OPTION_VALUE, "N",
	 "each on a CPU of its own (default: 1, or EAL's lcores; one for each --addr)",
	 load_option_threads},

	{.help = "How requests come"},
	{"--connections", OPTION_VALUE, "N", "of all threads together (default: 16)",
	 load_option_connections},
	{"--depth", OPTION_VALUE, "N", "requests in flight on each connection (default: 1)",
	 load_option_depth},
	{"--rate", OPTION_VALUE, "N[K]",
	 "open loop: so many a second, K for thousands (default: closed loop)", load_option_rate},
	{"--arrival", OPTION_VALUE, "poisson|fixed", "of an open loop (default: poisson)",
	 load_option_arrival},
	{"--sweep", OPTION_VALUE, "N[K]-N[K][/STEPS]",
	 "open loop at several rates, from one up to another (10 steps)", load_option_sweep},
	{"--warmup", OPTION_VALUE, "TIME", "not measured, such as 500ms or 5s (default: 1s)",
	 load_option_warmup},
	{"--duration", OPTION_VALUE, "TIME", "measured; of each rate (default: 10s)",
	 load_option_duration},

	{.help = "What is asked for"},
	{"--get-ratio", OPTION_VALUE, "GETS:SETS", "so many for so many (default: 9:1)",
	 load_option_get_ratio},
	{"--keys", OPTION_VALUE, "N[K]", "how many there are; K is 1024 (default: 10000)",
	 load_option_keys},
	{"--key-bytes", OPTION_VALUE, "N|N-N|etc",
	 "one size, any between two, or Facebook's ETC pool (default: 32)", load_option_key_bytes},
	{"--value-bytes", OPTION_VALUE, "N[K]|N[K]-N[K]|etc", "likewise; K is 1024 (default: 100)",
	 load_option_value_bytes},
	{"--popularity", OPTION_VALUE, "uniform|zipf[:S]",
	 "of keys; S is Zipf's exponent, 0.99 (default: uniform)", load_option_popularity},
	{"--no-fill", OPTION_NOTHING, NULL, "do not store each key once before that",
	 load_option_no_fill},
	{"--verify", OPTION_NOTHING, NULL, "compare every value with what its key must have",
	 load_option_verify},
	{"--seed", OPTION_VALUE, "N", "of all that is random (default: 1)", load_option_seed},

	{.help = "What is told"},
	{"--json", OPTION_PERHAPS_VALUE, "[FILE]", "write JSON to FILE, or instead of the table",
	 load_option_json},
	{"--hgrm", OPTION_VALUE, "FILE", "write latencies as HdrHistogram's tools read them",
	 load_option_hgrm},
	{"--svg", OPTION_VALUE, "FILE",
	 "plot latency by percentile; of a sweep, against throughput", load_option_svg},
	{"--report", OPTION_VALUE, "FILE", "write a page with plot, figures, command and machine",
	 load_option_report},
	{"--help", OPTION_NOTHING, NULL, "print this and exit", load_option_help},
};

static int finish(struct option_parser *p);
static int check_ways(struct option_parser *p);

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
		"  tailrace-bench load --kernel --server [2001:db8::2]:11211\n"
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

/* Sockets, or our own stack with a port for each thread, or one for all. */
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
	for (i = 0; i < args->nb_addrs; i++)
		if (tr_addr_is_ipv4(&args->addrs[i].addr) != tr_addr_is_ipv4(&args->server_addr))
			return option_fail(p, "not of the same family as --server");
	for (i = 1; i < args->nb_addrs; i++)
		for (j = 0; j < i; j++)
			if (args->addrs[i].port_id == args->addrs[j].port_id)
				return option_fail(p,
						   "port %u twice; one of EAL's ports for each "
						   "would do",
						   args->addrs[i].port_id);
	p->option = "--threads";
	if (args->threads > 0 && args->nb_addrs > 1 && args->threads != args->nb_addrs)
		return option_fail(p, "%u: threads share one --addr, or have one each",
				   args->threads);
	if (args->threads == 0)
		args->threads = args->nb_addrs;
	p->option = "--gateway";
	if (!tr_addr_is_none(&args->gateway) &&
	    tr_addr_is_ipv4(&args->gateway) != tr_addr_is_ipv4(&args->server_addr))
		return option_fail(p, "not of the same family as --server");
	return 0;
}
