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
#include <unistd.h>

#include <arpa/inet.h>

#include <cmocka.h>
#include <rte_common.h>

#include "args.h"
#include "args_option.h"

#define WORDS_MAX 16
#define ERROR_SIZE 512

static char path[] = "/tmp/test_args_file_XXXXXX";

static void
write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Parse a command line that names a file, and has these words, which are split at spaces. */
static int
parse_with(struct args *args, const char *config, const char *words, char *error)
{
	static char text[256];
	static char first[] = "tailrace";
	char *argv[WORDS_MAX + 1] = {first};
	char *state = NULL;
	char *word;
	int argc = 1;

	snprintf(text, sizeof(text), "--config=%s %s", config, words);
	for (word = strtok_r(text, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	memset(error, 0, ERROR_SIZE);
	return args_parse(args, argc, argv, error, ERROR_SIZE);
}

static int
parse(struct args *args, const char *words, char *error)
{
	return parse_with(args, path, words, error);
}

static void
parse_good(struct args *args, const char *text, const char *words)
{
	char error[ERROR_SIZE];

	write_file(text, strlen(text));
	if (parse(args, words, error) != 0)
		fail_msg("'%s' was refused: %s", text, error);
	assert_string_equal(error, "");
}

/* Every option that a file may hold, each with a value that is not its default. */
static const char every_option[] = "; all of it\n"
				   "\n"
				   "  [tailrace] ; the one section\n"
				   "addr=192.168.7.9/16,port=3\n"
				   "\tgateway =  192.168.0.1   ; a router\r\n"
				   "route = 10.0.0.0/8,via=192.168.0.2\n"
				   "route = 172.16.0.0/12,via=192.168.0.3\n"
				   "vlan = 4094\n"
				   "mtu = 1280\n"
				   "listen = 11300\n"
				   "listen = 192.168.7.9:7,proto=echo\n"
				   "engine = ./x\\;y.so,memory=64M\n"
				   "engine-threads = 0\n"
				   "max-conns = 100\n"
				   "value-max = 2M\n"
				   "keepalive = 60\n"
				   "idle = poll\n"
				   "congestion = newreno\n"
				   "ecn = off\n"
				   "dscp = 46\n"
				   "ttl = 255\n"
				   "metrics = 9121\n"
				   "interactive = yes\n"
				   "cmdline-file = a file.txt"; /* a last line without its end */

static void
assert_every_option(const struct args *args)
{
	assert_int_equal(tr_addr_to_ipv4(&args->ipv4.addr), htonl(0xc0a80709));
	assert_int_equal(args->ipv4.prefix_len, 16);
	assert_int_equal(args->port, 3);
	assert_int_equal(tr_addr_to_ipv4(&args->ipv4.gateway), htonl(0xc0a80001));
	assert_int_equal(args->nb_routes, 2);
	assert_int_equal(args->vlan, 4094);
	assert_int_equal(args->mtu, 1280);
	assert_int_equal(args->routes[1].prefix_len, 12);
	assert_int_equal(args->nb_listens, 2);
	assert_int_equal(args->listens[0].port, 11300);
	assert_int_equal(args->listens[1].port, 7);
	assert_int_equal(tr_addr_to_ipv4(&args->listens[1].addr), htonl(0xc0a80709));
	assert_int_equal(args->listens[1].protocol, ARGS_PROTOCOL_ECHO);
	assert_string_equal(args->engine, "./x;y.so,memory=64M");
	assert_int_equal(args->engine_threads, 0);
	assert_int_equal(args->conns_max, 100);
	assert_int_equal(args->value_max, 2 << 20);
	assert_int_equal(args->keepalive_s, 60);
	assert_true(args->idle_poll);
	assert_string_equal(args->congestion, "newreno");
	assert_true(args->ecn_off);
	assert_int_equal(args->dscp, 46);
	assert_int_equal(args->ttl, 255);
	assert_int_equal(tr_addr_to_ipv4(&args->metrics_addr), htonl(INADDR_LOOPBACK));
	assert_int_equal(args->metrics_port, 9121);
	assert_true(args->interactive);
	assert_string_equal(args->cmdline_file, "a file.txt");
}

static void
test_every_option(void **state)
{
	const struct args_option *option;
	char line[64];
	struct args args;

	(void)state;
	parse_good(&args, every_option, "");
	assert_every_option(&args);
	/* An option that is new stands above as well. */
	for (option = args_options; option->name != NULL; option++) {
		snprintf(line, sizeof(line), "%s ", option->name);
		if (strstr(every_option, line) == NULL) {
			line[strlen(line) - 1] = '=';
			if (!option->early && strstr(every_option, line) == NULL)
				fail_msg("this test has no %s", option->name);
		}
	}
}

/* What is in force, as text; to be freed. */
static char *
print(const struct args *args)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	args_print(args, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_print_is_a_file(void **state)
{
	struct args first, second;
	char *text, *again;

	(void)state;
	parse_good(&first, every_option, "");
	text = print(&first);
	parse_good(&second, text, "");
	assert_every_option(&second);
	again = print(&second);
	assert_string_equal(text, again);
	free(text);
	free(again);
}

/* Defaults are printed, what is not set is not. */
static void
test_print_defaults(void **state)
{
	struct args args;
	char *text;

	(void)state;
	parse_good(&args, "", "--addr 10.77.0.2/24");
	text = print(&args);
	assert_string_equal(text, "[tailrace]\n"
				  "addr = 10.77.0.2/24\n"
				  "listen = 11211,proto=mc\n"
				  "engine = dram\n"
				  "engine-threads = 1\n"
				  "max-conns = 4096\n"
				  "value-max = 1M\n"
				  "keepalive = 7200\n"
				  "idle = interrupt\n"
				  "congestion = cubic\n"
				  "ecn = on\n"
				  "dscp = 0\n"
				  "ttl = 64\n"
				  "interactive = no\n");
	free(text);
}

static void
test_command_line_wins(void **state)
{
	struct args args;

	(void)state;
	parse_good(&args, every_option,
		   "--addr 192.168.7.10/16 --listen 80 --idle interrupt --engine null");
	assert_int_equal(tr_addr_to_ipv4(&args.ipv4.addr), htonl(0xc0a8070a));
	assert_int_equal(args.port, ARGS_PORT_ANY);
	assert_int_equal(args.nb_listens, 1);
	assert_int_equal(args.listens[0].port, 80);
	assert_false(args.idle_poll);
	assert_string_equal(args.engine, "null");
	/* What it does not name is as the file says. */
	assert_int_equal(args.conns_max, 100);
	assert_int_equal(tr_addr_to_ipv4(&args.ipv4.gateway), htonl(0xc0a80001));
}

#define HEAD "[tailrace]\naddr = 10.77.0.2/24\n"
#define TEN "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	const char *words; /* of the command line */
	const char *names; /* behind the file's name, in the error */
	const char *would_do; /* the way out, in the error */
} bad_files[] = {
	{"", "", "--addr: missing", "ADDR/LEN"},
	{"[tailrace]\n", "", "--addr: missing", "ADDR/LEN"},
	{"addr = 10.77.0.2/24\n", "", ":1: addr: in no section", "[tailrace]"},
	{"[eal]\nl = 0\n", "", ":1: [eal]: no such section", "[tailrace]"},
	{"[tailrace\n", "", ":1: [tailrace: no such section", "[tailrace]"},
	{"[tailrace] addr = 1\n", "", ":1: [tailrace] addr = 1: no such section", "[tailrace]"},
	{HEAD "[tailrace]\n", "", ":3: [tailrace]: given twice", "once"},
	{HEAD "lisen = 80\n", "", ":3: lisen: no such option", "--help"},
	{HEAD "--listen = 80\n", "", ":3: --listen: no such option", "--help"},
	{HEAD "list = 80\n", "", ":3: list: no such option", "--help"},
	{HEAD "config = other\n", "", ":3: config: no such option", "--help"},
	{HEAD "help = yes\n", "", ":3: help: no such option", "--help"},
	{HEAD "= 80\n", "", ":3: : no such option", "--help"},
	{HEAD "interactive\n", "", ":3: interactive: not an option", "NAME = VALUE"},
	{HEAD "listen 80\n", "", ":3: listen 80: not an option", "NAME = VALUE"},
	{HEAD "listen =\n", "", ":3: listen: lacks its value", "listen = VALUE"},
	{HEAD "listen = ; 80\n", "", ":3: listen: lacks its value", "listen = VALUE"},
	{HEAD "\n;\nlisten = http\n", "", ":5: listen http: TCP port http", "1 to 65535"},
	{HEAD "interactive = 1\n", "", ":3: interactive 1: ", "yes or no"},
	{HEAD "idle = poll\nidle = poll\n", "", ":4: idle: given twice", "once"},
	{HEAD "max-conns = 0\n", "", ":3: max-conns 0: ", "1 to 1048576"},
	/* Also what the command line replaces. */
	{HEAD "max-conns = 0\n", "--max-conns 1", ":3: max-conns 0: ", "1 to 1048576"},
	{HEAD "gateway = 10.78.0.1\n", "", ":3: gateway 10.78.0.1: not in", "neighbour"},
	{HEAD "listen = 7\nlisten = 7\n", "", ":4: listen 7: in use", "another port"},
	{HEAD "listen = 10.9.9.9:80\n", "", ":3: listen 10.9.9.9:80: not our", "--addr"},
	{HEAD "listen = 80\n", "--listen 7 --listen 7", "--listen 7: in use", "another port"},
	{HEAD "cmdline-file = a\tb\n", "", ":3: cmdline-file a\tb: ", "printable"},
	{HEAD, "--config x", "--config: given twice", "once"},
	{HEAD ";" HUNDRED HUNDRED HUNDRED TEN TEN TEN, "", ":3: too long", "320 characters"},
	{HEAD "engine = " HUNDRED HUNDRED HUNDRED, "", ":3: engine: too long", "255 characters"},
	{HEAD HUNDRED "=1", "", ":3: 1234", "255 characters"},
};

static void
assert_refused(unsigned int i, const char *text, size_t len)
{
	char error[ERROR_SIZE];
	struct args args;

	write_file(text, len);
	if (parse(&args, bad_files[i].words, error) != -EINVAL)
		fail_msg("'%s' was taken", text);
	if (strstr(error, bad_files[i].names) == NULL ||
	    strstr(error, bad_files[i].would_do) == NULL)
		fail_msg("'%s': '%s' names not '%s' or says not '%s'", text, error,
			 bad_files[i].names, bad_files[i].would_do);
	if (bad_files[i].names[0] == ':')
		assert_memory_equal(error, path, strlen(path));
	assert_null(strchr(error, '\n'));
}

static void
test_bad_files(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_files); i++)
		assert_refused(i, bad_files[i].text, strlen(bad_files[i].text));
}

static void
test_unreadable(void **state)
{
	char error[ERROR_SIZE];
	struct args args;

	(void)state;
	assert_int_equal(parse_with(&args, "/nowhere/file", "", error), -EINVAL);
	assert_string_equal(error, "--config /nowhere/file: No such file or directory; a file of"
				   " options would do");
	assert_int_equal(parse_with(&args, "/tmp", "", error), -EINVAL);
	assert_string_equal(error, "--config /tmp: not a regular file; a file of options would do");
	assert_int_equal(parse_with(&args, "", "", error), -EINVAL);
	assert_string_equal(error, "--config: lacks its value FILE");

	write_file(HEAD "idle =\0 poll\n", sizeof(HEAD "idle =\0 poll\n") - 1);
	assert_int_equal(parse(&args, "", error), -EINVAL);
	assert_non_null(strstr(error, ":3: holds a zero byte"));
}

/* More than there is room for. */
static void
test_too_many(void **state)
{
	char text[4096] = HEAD;
	char error[ERROR_SIZE];
	struct args args;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARGS_FILE_ENTRIES_MAX; i++) {
		if (i == ARGS_LISTENS_MAX) {
			write_file(text, strlen(text));
			assert_int_equal(parse(&args, "", error), 0);
			assert_int_equal(args.nb_listens, ARGS_LISTENS_MAX);
		}
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "listen = %u\n", i + 1);
		if (i == ARGS_LISTENS_MAX) {
			write_file(text, strlen(text));
			assert_int_equal(parse(&args, "", error), -EINVAL);
			assert_non_null(strstr(error, ":19: listen 17: one too many; 16 would do"));
		}
	}
	write_file(text, strlen(text));
	assert_int_equal(parse(&args, "", error), -EINVAL);
	assert_non_null(strstr(error, ":66: listen: one too many; 64 would do"));
}

static int
make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option),   cmocka_unit_test(test_print_is_a_file),
		cmocka_unit_test(test_print_defaults), cmocka_unit_test(test_command_line_wins),
		cmocka_unit_test(test_bad_files),      cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
