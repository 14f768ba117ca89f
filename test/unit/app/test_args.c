/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>
#include <rte_common.h>

#include "args.h"

#define WORDS_MAX 128

/* Parse a command line that is split at its spaces. The text is kept: strings point into it. */
static int
parse(const char *line, struct args *args, char *error, size_t error_size)
{
	static char text[2048];
	char *argv[WORDS_MAX + 1] = {0};
	char *state = NULL;
	char *word;
	int argc = 0;

	assert_true(strlen(line) < sizeof(text));
	strcpy(text, line);
	for (word = strtok_r(text, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	memset(error, 0, error_size);
	return args_parse(args, argc, argv, error, error_size);
}

static void
parse_good(const char *line, struct args *args)
{
	char error[256];

	if (parse(line, args, error, sizeof(error)) != 0)
		fail_msg("'%s' was refused: %s", line, error);
	assert_string_equal(error, "");
}

static void
test_defaults(void **state)
{
	struct args args;

	(void)state;
	parse_good("tailrace --addr 10.77.0.2/24", &args);
	assert_int_equal(args.action, ARGS_SERVE);
	assert_int_equal(tr_addr_to_ipv4(&args.ipv4.addr), htonl(0x0a4d0002));
	assert_int_equal(args.ipv4.prefix_len, 24);
	assert_int_equal(args.port, ARGS_PORT_ANY);
	assert_true(tr_addr_is_none(&args.ipv4.gateway));
	assert_int_equal(args.nb_routes, 0);
	assert_int_equal(args.vlan, 0);
	assert_int_equal(args.mtu, 0);
	assert_int_equal(args.nb_listens, 1);
	assert_true(tr_addr_is_none(&args.listens[0].addr));
	assert_int_equal(args.listens[0].port, 11211);
	assert_int_equal(args.listens[0].protocol, ARGS_PROTOCOL_MC);
	assert_string_equal(args.engine, "dram");
	assert_int_equal(args.engine_threads, 1);
	assert_int_equal(args.conns_max, 4096);
	assert_int_equal(args.value_max, 1 << 20);
	assert_int_equal(args.keepalive_s, 7200);
	assert_false(args.idle_poll);
	assert_string_equal(args.congestion, "cubic");
	assert_false(args.ecn_off);
	assert_int_equal(args.dscp, 0);
	assert_int_equal(args.ttl, 64);
	assert_false(args.interactive);
	assert_null(args.cmdline_file);
	assert_int_equal(args.metrics_port, 0);
}

static void
test_every_option(void **state)
{
	struct args args;

	(void)state;
	parse_good("tailrace --addr 192.168.7.9/16,port=3 --gateway 192.168.0.1"
		   " --route 10.0.0.0/8,via=192.168.0.2 --route=10.1.2.3/32,via=192.168.0.3"
		   " --vlan 7 --mtu 9000 --listen 11300"
		   " --listen=192.168.7.9:7,proto=echo --listen 0.0.0.0:11212,proto=mc"
		   " --engine ./x.so,memory=64M --engine-threads 0 --max-conns 100"
		   " --value-max 2M --keepalive 60 --idle poll --congestion newreno --ecn off -i"
		   " --dscp 46 --ttl 255"
		   " --cmdline-file a.txt --metrics 9121",
		   &args);
	assert_int_equal(tr_addr_to_ipv4(&args.ipv4.addr), htonl(0xc0a80709));
	assert_int_equal(args.ipv4.prefix_len, 16);
	assert_int_equal(args.port, 3);
	assert_int_equal(tr_addr_to_ipv4(&args.ipv4.gateway), htonl(0xc0a80001));
	assert_int_equal(args.nb_routes, 2);
	assert_int_equal(tr_addr_to_ipv4(&args.routes[0].prefix), htonl(0x0a000000));
	assert_int_equal(args.routes[0].prefix_len, 8);
	assert_int_equal(tr_addr_to_ipv4(&args.routes[0].via), htonl(0xc0a80002));
	assert_int_equal(args.routes[1].prefix_len, 32);
	assert_int_equal(args.vlan, 7);
	assert_int_equal(args.mtu, 9000);
	assert_int_equal(args.nb_listens, 3);
	assert_int_equal(args.listens[0].port, 11300);
	assert_int_equal(args.listens[1].port, 7);
	assert_int_equal(tr_addr_to_ipv4(&args.listens[1].addr), htonl(0xc0a80709));
	assert_int_equal(args.listens[1].protocol, ARGS_PROTOCOL_ECHO);
	assert_true(tr_addr_is_none(&args.listens[2].addr));
	assert_int_equal(args.listens[2].protocol, ARGS_PROTOCOL_MC);
	assert_string_equal(args.engine, "./x.so,memory=64M");
	assert_int_equal(args.engine_threads, 0);
	assert_int_equal(args.conns_max, 100);
	assert_int_equal(args.value_max, 2 << 20);
	assert_int_equal(args.keepalive_s, 60);
	assert_true(args.idle_poll);
	assert_string_equal(args.congestion, "newreno");
	assert_true(args.ecn_off);
	assert_int_equal(args.dscp, 46);
	assert_int_equal(args.ttl, 255);
	assert_true(args.interactive);
	assert_string_equal(args.cmdline_file, "a.txt");
	assert_int_equal(tr_addr_to_ipv4(&args.metrics_addr), htonl(INADDR_LOOPBACK));
	assert_int_equal(args.metrics_port, 9121);
}

static void
test_edges(void **state)
{
	struct args args;

	(void)state;
	parse_good("tailrace --addr 10.0.0.0/31", &args);
	parse_good("tailrace --addr 2001:db8::2/64 --addr 10.0.0.1/8 --gateway 10.0.0.2"
		   " --gateway fe80::1 --listen [2001:db8::2]:7 --listen 10.0.0.1:7",
		   &args);
	assert_int_equal(args.ipv6.prefix_len, 64);
	assert_int_equal(args.ipv6.gateway.bytes[0], 0xfe);
	assert_true(tr_addr_is_same(&args.listens[0].addr, &args.ipv6.addr));
	assert_true(tr_addr_is_same(&args.listens[1].addr, &args.ipv4.addr));
	parse_good("tailrace --addr 2001:db8::2/64 --addr 10.0.0.1/8 --route 0.0.0.0/0,via=10.0.0.2"
		   " --route ::/0,via=fe80::1 --route 2001:db8::/48,via=2001:db8::1"
		   " --route 10.0.0.0/9,via=10.0.0.2",
		   &args);
	assert_int_equal(args.nb_routes, 4);
	assert_false(tr_addr_is_ipv4(&args.routes[1].prefix));
	parse_good("tailrace --addr 10.0.0.1/32", &args);
	parse_good("tailrace --addr 10.0.0.1/1,port=65534", &args);
	assert_int_equal(args.port, 65534);
	parse_good("tailrace --addr 10.0.0.1/8 --listen 1 --listen 65535", &args);
	parse_good("tailrace --addr 10.0.0.1/8 --metrics 0.0.0.0:65535", &args);
	assert_int_equal(tr_addr_to_ipv4(&args.metrics_addr), 0);
	assert_true(tr_addr_is_ipv4(&args.metrics_addr));
	assert_int_equal(args.metrics_port, 65535);
	parse_good("tailrace --addr 2001:db8::2/64 --metrics [::1]:80", &args);
	assert_int_equal(args.metrics_addr.bytes[15], 1);
	assert_false(tr_addr_is_ipv4(&args.metrics_addr));
	assert_true(tr_addr_is_none(&args.ipv4.addr));
	assert_int_equal(args.ipv6.prefix_len, 64);
	parse_good("tailrace --addr 10.0.0.1/8 --engine-threads 64 --max-conns 1048576", &args);
	parse_good("tailrace --addr 10.0.0.1/8 --value-max 1024", &args);
	assert_int_equal(args.value_max, 1024);
	parse_good("tailrace --addr 10.0.0.1/8 --value-max 512M", &args);
	assert_int_equal(args.value_max, 1 << 29);
	parse_good("tailrace --addr 10.0.0.1/8 --idle interrupt --interactive", &args);
	assert_false(args.idle_poll);
	assert_true(args.interactive);
}

/* Asked for, they win over everything that stands behind them. */
static void
test_help_and_version(void **state)
{
	struct args args;

	(void)state;
	parse_good("tailrace --help", &args);
	assert_int_equal(args.action, ARGS_HELP);
	parse_good("tailrace -h --nonsense", &args);
	assert_int_equal(args.action, ARGS_HELP);
	parse_good("tailrace --addr 10.0.0.1/8 --version", &args);
	assert_int_equal(args.action, ARGS_VERSION);
}

#define ADDR "tailrace --addr 10.77.0.2/24 "

static const struct {
	const char *line;
	const char *names; /* the option and its value, in the error */
	const char *would_do; /* the way out, in the error */
} bad_lines[] = {
	{"tailrace", "--addr: missing", "10.77.0.2/24"},
	{"tailrace --listen 11211", "--addr: missing", "ADDR/LEN"},
	{"tailrace --addr", "--addr: lacks its value", "ADDR/LEN"},
	{"tailrace --addr 10.77.0.2", "--addr 10.77.0.2: lacks its prefix length", "10.77.0.2/24"},
	{"tailrace --addr 10.77.0/24", "10.77.0 is not an IP address", "ADDR/LEN"},
	{"tailrace --addr 10.77.0.256/24", "10.77.0.256 is not", "ADDR/LEN"},
	{ADDR "--addr fe80::1%tap/64", "fe80::1%tap is not an IP address", "ADDR/LEN"},
	{ADDR "--addr 2001:db8::2/129", "prefix length 129", "1 to 128"},
	{ADDR "--addr ff02::1/64", "no host", "ADDR/LEN"},
	{ADDR "--addr ::1/64", "no host", "ADDR/LEN"},
	{ADDR "--addr 2001:db8::2/64 --addr 2001:db8::3/64", "given twice", "once for each"},
	{ADDR "--addr 2001:db8::2/64,port=1", "on another port", "the same"},
	{"tailrace --addr /24", "--addr /24", "ADDR/LEN"},
	{"tailrace --addr 10.77.0.2/", "prefix length ;", "1 to 32"},
	{"tailrace --addr 10.77.0.2/0", "prefix length 0", "1 to 32"},
	{"tailrace --addr 10.77.0.2/33", "prefix length 33", "1 to 32"},
	{"tailrace --addr 10.77.0.2/-1", "prefix length -1", "1 to 32"},
	{"tailrace --addr 10.77.0.2/24x", "prefix length 24x", "1 to 32"},
	{"tailrace --addr 10.77.0.2/4294967320", "prefix length 4294967320", "1 to 32"},
	{"tailrace --addr 10.77.0.2/18446744073709551640", "prefix length 184", "1 to 32"},
	{"tailrace --addr 10.77.0.0/24", "--addr 10.77.0.0/24: no host", "10.77.0.2/24"},
	{"tailrace --addr 10.77.0.255/24", "--addr 10.77.0.255/24: no host", "10.77.0.2/24"},
	{"tailrace --addr 0.0.0.0/24", "no host", "10.77.0.2/24"},
	{"tailrace --addr 127.0.0.1/8", "no host", "10.77.0.2/24"},
	{"tailrace --addr 224.0.0.1/8", "no host", "10.77.0.2/24"},
	{"tailrace --addr 10.77.0.2/24,port", "port is not known here", "port=N"},
	{"tailrace --addr 10.77.0.2/24,", "is not known here", "port=N"},
	{"tailrace --addr 10.77.0.2/24,port=", "port ;", "one of EAL's ports"},
	{"tailrace --addr 10.77.0.2/24,port=x", "port x", "one of EAL's ports"},
	{"tailrace --addr 10.77.0.2/24,port=65535", "port 65535", "one of EAL's ports"},
	{"tailrace --addr 10.77.0.2/24,port=0,port=1", "port 0,port=1", "one of EAL's ports"},
	{ADDR "--addr 10.77.0.3/24", "given twice", "once for each"},
	{ADDR "--gateway 10.77.0", "--gateway 10.77.0", "10.77.0.1"},
	{ADDR "--gateway 0.0.0.0", "--gateway 0.0.0.0", "10.77.0.1"},
	{ADDR "--gateway 255.255.255.255", "--gateway 255.255.255.255", "10.77.0.1"},
	{ADDR "--gateway 10.77.0.2", "--gateway 10.77.0.2", "router's address"},
	{ADDR "--gateway 10.78.0.1", "--gateway 10.78.0.1", "neighbour would do"},
	{"tailrace --gateway 10.78.0.1 --addr 10.77.0.2/24", "--gateway 10.78.0.1", "neighbour"},
	{ADDR "--route 10.78.0.0,via=10.77.0.1", "lacks its prefix length", "10.78.0.0/16"},
	{ADDR "--route 10.78.0/16,via=10.77.0.1", "10.78.0 is not an IP address", "PREFIX/LEN"},
	{ADDR "--route 10.78.0.0/33,via=10.77.0.1", "prefix length 33", "0 to 32"},
	{ADDR "--route 2001:db8::/129,via=fe80::1", "prefix length 129", "0 to 128"},
	{ADDR "--route 10.78.0.1/16,via=10.77.0.1", "bits behind its prefix", "10.78.0.0/16"},
	{ADDR "--route 2001:db8::1/32,via=fe80::1", "bits behind its prefix", "2001:db8::/32"},
	{ADDR "--route 10.78.0.0/16", "names no router", "via=ADDR"},
	{ADDR "--route 10.78.0.0/16,10.77.0.1", "names no router", "via=ADDR"},
	{ADDR "--route 10.78.0.0/16,via=router", "names no router", "via=ADDR"},
	{ADDR "--route 10.78.0.0/16,via=0.0.0.0", "names no router", "via=ADDR"},
	{ADDR "--route 10.78.0.0/16,via=fe80::1", "to IPv4 by IPv6", "of the same"},
	{ADDR "--route 2001:db8::/32,via=10.77.0.1", "to IPv6 by IPv4", "of the same"},
	{ADDR "--route 2001:db8::/32,via=fe80::1", "not in the network", "neighbour"},
	{ADDR "--route 10.78.0.0/16,via=10.78.0.1", "not in the network", "neighbour"},
	{ADDR "--route 10.78.0.0/16,via=10.77.0.2", "our own --addr", "router's address"},
	{ADDR "--route 10.77.0.0/24,via=10.77.0.1", "is the network of --addr", "another"},
	{ADDR "--route 10.78.0.0/16,via=10.77.0.1 --route 10.78.0.0/16,via=10.77.0.3",
	 "--route 10.78.0.0/16,via=10.77.0.3: given twice", "one router"},
	{ADDR "--gateway 10.77.0.1 --route 0.0.0.0/0,via=10.77.0.3", "what --gateway says",
	 "one of both"},
	{ADDR "--vlan 0", "--vlan 0", "1 to 4094"},
	{ADDR "--vlan 4095", "--vlan 4095", "1 to 4094"},
	{ADDR "--vlan blue", "--vlan blue", "1 to 4094"},
	{ADDR "--mtu 575", "--mtu 575", "576 to 16384"},
	{ADDR "--mtu 16385", "--mtu 16385", "576 to 16384"},
	{ADDR "--mtu jumbo", "--mtu jumbo", "576 to 16384"},
	{ADDR "--addr 2001:db8::2/64 --mtu 1279", "--mtu 1279: is too little for IPv6", "1280"},
	{ADDR "--listen 0", "TCP port 0", "1 to 65535"},
	{ADDR "--listen 65536", "TCP port 65536", "1 to 65535"},
	{ADDR "--listen http", "TCP port http", "1 to 65535"},
	{ADDR "--listen +80", "TCP port +80", "1 to 65535"},
	{ADDR "--listen 10.77.0.2", "TCP port 10.77.0.2", "1 to 65535"},
	{ADDR "--listen 10.77.0.2:", "TCP port ;", "1 to 65535"},
	{ADDR "--listen :11211", "is not an IP address", "11211"},
	{ADDR "--listen 2001:db8::2:80", "is not an IP address", "11211"},
	{ADDR "--listen [10.77.0.2]:80", "is not an IP address", "11211"},
	{ADDR "--listen [2001:db8::2]:80", "not our address", "--addr"},
	{ADDR "--gateway 2001:db8::1", "not in the network", "neighbour"},
	{ADDR "--listen 10.77.0.3:11211", "--listen 10.77.0.3:11211: not our address", "--addr"},
	{ADDR "--listen 7 --listen 7", "--listen 7: in use by another", "another port"},
	{ADDR "--listen 7 --listen 10.77.0.2:7,proto=echo",
	 "--listen 10.77.0.2:7,proto=echo: in use", "another port"},
	{ADDR "--listen 11211,proto=http", "proto=http", "proto=echo"},
	{ADDR "--listen 11211,echo", "--listen 11211,echo", "proto=mc"},
	{ADDR "--metrics 0", "--metrics 0: TCP port 0", "1 to 65535"},
	{ADDR "--metrics 65536", "TCP port 65536", "1 to 65535"},
	{ADDR "--metrics web", "TCP port web", "1 to 65535"},
	{ADDR "--metrics 127.0.0.1", "TCP port 127.0.0.1", "1 to 65535"},
	{ADDR "--metrics localhost:80", "localhost is not an IP address", "9121"},
	{ADDR "--metrics ::1:80", "::1 is not an IP address", "9121"},
	{ADDR "--metrics [127.0.0.1]:80", "is not an IP address", "9121"},
	{"tailrace --addr 2001:db8::2/64 --listen 10.0.0.1:80", "--listen", "10.0.0.1"},
	{"tailrace --addr 2001:db8::2/64 --gateway 10.0.0.1", "--gateway", "10.0.0.1"},
	{ADDR "--metrics 1 --metrics 2", "--metrics: given twice", "once"},
	{ADDR "--engine ,memory=1", "--engine ,memory=1", "dram"},
	{ADDR "--engine-threads 65", "--engine-threads 65", "0 to 64"},
	{ADDR "--engine-threads -1", "--engine-threads -1", "0 to 64"},
	{ADDR "--engine-threads two", "--engine-threads two", "0 to 64"},
	{ADDR "--max-conns 0", "--max-conns 0", "1 to 1048576"},
	{ADDR "--max-conns 1048577", "--max-conns 1048577", "1 to 1048576"},
	{ADDR "--max-conns 99999999999999999999", "--max-conns 9999", "1 to 1048576"},
	{ADDR "--value-max 1023", "--value-max 1023", "1K to 512M"},
	{ADDR "--value-max 2G", "--value-max 2G", "1K to 512M"},
	{ADDR "--value-max M", "--value-max M", "1K to 512M"},
	{ADDR "--value-max 1T", "--value-max 1T", "1K to 512M"},
	{ADDR "--value-max 1m", "--value-max 1m", "1K to 512M"},
	{ADDR "--keepalive -1", "--keepalive -1", "0 to 604800"},
	{ADDR "--keepalive 604801", "--keepalive 604801", "0 to 604800"},
	{ADDR "--idle sleep", "--idle sleep", "poll or interrupt"},
	{ADDR "--congestion vegas", "--congestion vegas", "cubic or newreno"},
	{ADDR "--ecn maybe", "--ecn maybe", "on or off"},
	{ADDR "--dscp 64", "--dscp 64", "0 to 63"},
	{ADDR "--ttl 0", "--ttl 0", "1 to 255"},
	{ADDR "--ttl 256", "--ttl 256", "1 to 255"},
	{ADDR "--cmdline-file", "--cmdline-file: lacks its value", "FILE"},
	{ADDR "--cmdline-file=", "--cmdline-file: lacks its value", "FILE"},
	{ADDR "--nonsense", "--nonsense: no such option", "--help"},
	{ADDR "--nonsense=1", "--nonsense=1: no such option", "--help"},
	{ADDR "--e dram", "--e: no such option, or short for several", "--help"},
	{ADDR "-x", "-x: no such option", "--help"},
	{ADDR "--help=all", "--help=all: takes no value", "--help"},
	{ADDR "--interactive=1", "--interactive=1: takes no value", "--interactive"},
	{ADDR "dram", "dram: not an option", "--help"},
	{ADDR "-- dram", "dram: not an option", "--help"},
};

static void
test_bad_lines(void **state)
{
	struct args args;
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_lines); i++) {
		if (parse(bad_lines[i].line, &args, error, sizeof(error)) != -EINVAL)
			fail_msg("'%s' was taken", bad_lines[i].line);
		if (strstr(error, bad_lines[i].names) == NULL ||
		    strstr(error, bad_lines[i].would_do) == NULL)
			fail_msg("'%s': '%s' names not '%s' or says not '%s'", bad_lines[i].line,
				 error, bad_lines[i].names, bad_lines[i].would_do);
		assert_null(strchr(error, '\n'));
	}
}

/* Values longer than any makes sense, and an error buffer shorter than the message. */
static void
test_long_values(void **state)
{
	static const char *const names[] = {
		"--addr",      "--gateway", "--listen",	 "--engine-threads", "--max-conns",
		"--value-max", "--idle",    "--metrics", "--congestion",     "--route"};
	char value[1000];
	char name[32];
	char *argv[] = {name, name, value, NULL};
	struct args args;
	char error[16];
	unsigned int i;

	(void)state;
	memset(value, '1', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < RTE_DIM(names); i++) {
		strcpy(name, names[i]);
		assert_int_equal(args_parse(&args, 3, argv, error, sizeof(error)), -EINVAL);
		assert_int_equal(strncmp(error, names[i], 6), 0);
		assert_true(strlen(error) < sizeof(error));
	}
}

static void
test_too_many_listens(void **state)
{
	char line[512] = ADDR;
	struct args args;
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARGS_LISTENS_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "--listen %u ", 100 + i);
	parse_good(line, &args);
	assert_int_equal(args.nb_listens, ARGS_LISTENS_MAX);
	strcat(line, "--listen 99");
	assert_int_equal(parse(line, &args, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "--listen 99: one too many; 16 would do"));
}

static void
test_too_many_routes(void **state)
{
	char line[2048] = ADDR;
	struct args args;
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARGS_ROUTES_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 "--route 10.78.%u.0/24,via=10.77.0.1 ", i);
	parse_good(line, &args);
	assert_int_equal(args.nb_routes, ARGS_ROUTES_MAX);
	strcat(line, "--route 10.79.0.0/16,via=10.77.0.1");
	assert_int_equal(parse(line, &args, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "one too many; 32 would do"));
}

/* The help names every option that the parser takes. */
static void
test_usage(void **state)
{
	static const char *const names[] = {"--config ",       "--addr ",
					    "--gateway ",      "--listen ",
					    "--engine ",       "--engine-threads ",
					    "--max-conns ",    "--value-max ",
					    "--idle ",	       "-i, --interactive ",
					    "--cmdline-file ", "--help ",
					    "--version ",      "--metrics ",
					    "--keepalive ",    "--congestion ",
					    "--ecn ",	       "--route ",
					    "--mtu ",	       "--vlan ",
					    "--dscp ",	       "--ttl "};
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	FILE *out;

	(void)state;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	args_usage(out);
	assert_int_equal(fclose(out), 0);
	for (i = 0; i < RTE_DIM(names); i++)
		if (strstr(text, names[i]) == NULL)
			fail_msg("the help lacks %s", names[i]);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_too_many_listens),
		cmocka_unit_test(test_too_many_routes),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
