/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bitops.h>
#include <rte_common.h>

#define DEFAULT_LISTEN_PORT 11211
#define DEFAULT_ENGINE "dram"
#define ENGINE_THREADS_MAX 64
#define CONNS_MAX (1u << 20)
#define VALUE_MIN (1u << 10)
#define VALUE_MAX (1u << 29)

/* getopt_long() returns this and the option's place in the table. */
#define OPTION_BASE 256

/* Text of a value that is split at its commas. */
#define VALUE_TEXT_SIZE 128

/* A parse on its way: what it fills in, and where a complaint goes. */
struct parser {
	struct args *args;
	const char *option; /* being parsed, without dashes */
	char *error;
	size_t error_size;
};

static int parse_addr(struct parser *p, const char *value);
static int parse_gateway(struct parser *p, const char *value);
static int parse_listen(struct parser *p, const char *value);
static int parse_engine(struct parser *p, const char *value);
static int parse_engine_threads(struct parser *p, const char *value);
static int parse_max_conns(struct parser *p, const char *value);
static int parse_value_max(struct parser *p, const char *value);
static int parse_idle(struct parser *p, const char *value);
static int parse_interactive(struct parser *p, const char *value);
static int parse_cmdline_file(struct parser *p, const char *value);
static int parse_help(struct parser *p, const char *value);
static int parse_version(struct parser *p, const char *value);

/* Every option, in the order of the help. */
static const struct {
	const char *name;
	char letter; /* short form, or 0 */
	bool repeats;
	const char *value; /* what stands after it, or NULL */
	const char *help;
	int (*parse)(struct parser *p, const char *value);
} options[] = {
	{"addr", 0, false, "A.B.C.D/LEN[,port=N]",
	 "our address and its network, on EAL's port N (default: the first)", parse_addr},
	{"gateway", 0, false, "A.B.C.D", "router to other networks (default: none)", parse_gateway},
	{"listen", 0, true, "[A.B.C.D:]PORT[,proto=mc|echo]",
	 "accept connections; may be repeated (default: 11211,proto=mc)", parse_listen},
	{"engine", 0, false, "NAME|PATH.so[,key=value...]",
	 "storage engine: dram, null or ewouldblock (default: dram)", parse_engine},
	{"engine-threads", 0, false, "N",
	 "threads that execute requests; 0: the cores do it (default: 1)", parse_engine_threads},
	{"max-conns", 0, false, "N", "connections of each core (default: 4096)", parse_max_conns},
	{"value-max", 0, false, "BYTES[K|M|G]", "largest value stored (default: 1M)",
	 parse_value_max},
	{"idle", 0, false, "interrupt|poll",
	 "sleep until something comes, or spin (default: interrupt)", parse_idle},
	{"interactive", 'i', false, NULL, "read commands from standard input", parse_interactive},
	{"cmdline-file", 0, false, "FILE", "execute the commands in FILE at start",
	 parse_cmdline_file},
	{"help", 'h', false, NULL, "print this and exit", parse_help},
	{"version", 0, false, NULL, "print the version and exit", parse_version},
};

#define NB_OPTIONS RTE_DIM(options)

static int take_option(struct parser *p, int index, uint32_t *seen);
static int bad_option(struct parser *p, int argc, char **argv, int result);
static int check(struct parser *p);
static int fail(struct parser *p, const char *format, ...) __rte_format_printf(2, 3);

int
args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size)
{
	struct parser parser = {.args = args, .error = error, .error_size = error_size};
	struct option longs[NB_OPTIONS + 1] = {0};
	uint32_t seen = 0;
	unsigned int i;
	int result;

	*args = (struct args){
		.port = ARGS_PORT_ANY,
		.engine = DEFAULT_ENGINE,
		.engine_threads = 1,
	};
	for (i = 0; i < NB_OPTIONS; i++) {
		longs[i].name = options[i].name;
		longs[i].has_arg = options[i].value != NULL ? required_argument : no_argument;
		longs[i].val = OPTION_BASE + (int)i;
	}

	optind = 0; /* glibc: begin anew, after EAL's use of it */
	opterr = 0;
	while ((result = getopt_long(argc, argv, "+:ih", longs, NULL)) != -1) {
		if (result == '?' || result == ':')
			return bad_option(&parser, argc, argv, result);
		for (i = 0; i < NB_OPTIONS; i++)
			if (result == longs[i].val || result == options[i].letter)
				break;
		if (take_option(&parser, (int)i, &seen) < 0)
			return -EINVAL;
		if (args->action != ARGS_SERVE)
			return 0;
	}
	if (optind < argc)
		return fail(&parser, "%s: not an option; --help lists them", argv[optind]);
	return check(&parser);
}

void
args_usage(FILE *out)
{
	char left[64];
	unsigned int i;

	fprintf(out, "usage: tailrace <EAL options> -- --addr A.B.C.D/LEN [options]\n"
		     "\n"
		     "A memcached server on a userspace TCP/IP stack. Its options:\n");
	for (i = 0; i < NB_OPTIONS; i++) {
		snprintf(left, sizeof(left), "    --%s %s", options[i].name,
			 options[i].value != NULL ? options[i].value : "");
		if (options[i].letter != 0)
			memcpy(left, (char[]){'-', options[i].letter, ','}, 3);
		fprintf(out, "  %-46s %s\n", left, options[i].help);
	}
	fprintf(out, "\n"
		     "tailrace --help lists EAL's options too. Without a network card:\n"
		     "  tailrace --no-huge -m 512 --vdev=net_tap0 -- --addr 10.77.0.2/24 -i\n");
}

/* Parse the option that getopt_long() just found. */
static int
take_option(struct parser *p, int index, uint32_t *seen)
{
	p->option = options[index].name;
	if ((*seen & RTE_BIT32(index)) != 0 && !options[index].repeats)
		return fail(p, "--%s: given twice; once would do", p->option);
	*seen |= RTE_BIT32(index);
	return options[index].parse(p, optarg);
}

/* Say what is wrong with the option that getopt_long() refused. */
static int
bad_option(struct parser *p, int argc, char **argv, int result)
{
	const char *text = argv[RTE_MIN(optind, argc) - 1];
	int index = optopt - OPTION_BASE;

	if (result == ':')
		return fail(p, "%s: lacks its value %s", text, options[index].value);
	if (index >= 0)
		return fail(p, "%s: takes no value; --%s would do", text, options[index].name);
	if (optopt != 0)
		return fail(p, "-%c: no such option; --help lists them", optopt);
	return fail(p, "%s: no such option, or short for several; --help lists them", text);
}

static bool split(const char *value, char *text, char **rest);
static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);
static bool parse_ipv4(const char *text, uint32_t *addr);
static bool is_host(uint32_t addr);
static uint32_t netmask(uint8_t prefix_len);

#define ADDR_WOULD_DO "A.B.C.D/LEN[,port=N] would do, such as 10.77.0.2/24"

static int
parse_addr(struct parser *p, const char *value)
{
	struct args *args = p->args;
	char text[VALUE_TEXT_SIZE];
	uint64_t number;
	uint32_t host;
	char *slash;
	char *rest;

	if (!split(value, text, &rest))
		return fail(p, "--addr %.64s...: too long; " ADDR_WOULD_DO, value);
	slash = strchr(text, '/');
	if (slash == NULL)
		return fail(p, "--addr %s: lacks its prefix length; " ADDR_WOULD_DO, value);
	*slash = '\0';
	if (!parse_ipv4(text, &args->addr))
		return fail(p, "--addr %s: %s is not an IPv4 address; " ADDR_WOULD_DO, value, text);
	if (!parse_number(slash + 1, 1, 32, &number))
		return fail(p, "--addr %s: prefix length %s; 1 to 32 would do", value, slash + 1);
	args->prefix_len = (uint8_t)number;

	/* The first and the last address of a network are no host's (not so in a /31, RFC 3021). */
	host = ntohl(args->addr & ~netmask(args->prefix_len));
	if (!is_host(args->addr) ||
	    (args->prefix_len < 31 && (host == 0 || host == ntohl(~netmask(args->prefix_len)))))
		return fail(p, "--addr %s: no host can have this address; " ADDR_WOULD_DO, value);

	if (rest == NULL)
		return 0;
	if (strncmp(rest, "port=", 5) != 0)
		return fail(p, "--addr %s: %s is not known here; port=N would do", value, rest);
	if (!parse_number(rest + 5, 0, ARGS_PORT_ANY - 1, &number))
		return fail(p, "--addr %s: port %s; the number of one of EAL's ports would do",
			    value, rest + 5);
	args->port = (uint16_t)number;
	return 0;
}

static int
parse_gateway(struct parser *p, const char *value)
{
	if (!parse_ipv4(value, &p->args->gateway) || !is_host(p->args->gateway))
		return fail(p, "--gateway %s: not the address of a router; A.B.C.D would do",
			    value);
	return 0;
}

#define LISTEN_WOULD_DO "[A.B.C.D:]PORT[,proto=mc|echo] would do, such as 11211"

static int
parse_listen(struct parser *p, const char *value)
{
	struct args_listen listen = {.protocol = ARGS_PROTOCOL_MC};
	char text[VALUE_TEXT_SIZE];
	uint64_t number;
	char *port = text;
	char *colon;
	char *rest;

	if (p->args->nb_listens == ARGS_LISTENS_MAX)
		return fail(p, "--listen %s: one too many; %u would do", value, ARGS_LISTENS_MAX);
	if (!split(value, text, &rest))
		return fail(p, "--listen %.64s...: too long; " LISTEN_WOULD_DO, value);
	colon = strchr(text, ':');
	if (colon != NULL) {
		*colon = '\0';
		port = colon + 1;
		if (!parse_ipv4(text, &listen.addr))
			return fail(p, "--listen %s: %s is not an IPv4 address; " LISTEN_WOULD_DO,
				    value, text);
	}
	if (!parse_number(port, 1, UINT16_MAX, &number))
		return fail(p, "--listen %s: TCP port %s; 1 to 65535 would do", value, port);
	listen.port = (uint16_t)number;

	if (rest != NULL && strcmp(rest, "proto=echo") == 0)
		listen.protocol = ARGS_PROTOCOL_ECHO;
	else if (rest != NULL && strcmp(rest, "proto=mc") != 0)
		return fail(p, "--listen %s: %s is not known here; proto=mc or proto=echo would do",
			    value, rest);
	p->args->listens[p->args->nb_listens++] = listen;
	return 0;
}

static int
parse_engine(struct parser *p, const char *value)
{
	if (value[0] == '\0' || value[0] == ',')
		return fail(p, "--engine %s: lacks a name; %s would do", value, DEFAULT_ENGINE);
	p->args->engine = value;
	return 0;
}

static int
parse_engine_threads(struct parser *p, const char *value)
{
	uint64_t number;

	if (!parse_number(value, 0, ENGINE_THREADS_MAX, &number))
		return fail(p, "--engine-threads %s: 0 to %u would do", value, ENGINE_THREADS_MAX);
	p->args->engine_threads = (unsigned int)number;
	return 0;
}

static int
parse_max_conns(struct parser *p, const char *value)
{
	uint64_t number;

	if (!parse_number(value, 1, CONNS_MAX, &number))
		return fail(p, "--max-conns %s: 1 to %u would do", value, CONNS_MAX);
	p->args->conns_max = (uint32_t)number;
	return 0;
}

static int
parse_value_max(struct parser *p, const char *value)
{
	static const char letters[] = "KMG";
	char text[VALUE_TEXT_SIZE];
	unsigned int shift = 0;
	const char *letter;
	uint64_t number;
	size_t len;

	len = strlen(value);
	if (len > 0 && len < sizeof(text)) {
		memcpy(text, value, len + 1);
		letter = strchr(letters, text[len - 1]);
		if (letter != NULL) {
			shift = 10 * (unsigned int)(letter - letters + 1);
			text[len - 1] = '\0';
		}
		if (parse_number(text, 1, VALUE_MAX, &number) && number << shift >= VALUE_MIN &&
		    number << shift <= VALUE_MAX) {
			p->args->value_max = (uint32_t)(number << shift);
			return 0;
		}
	}
	return fail(p, "--value-max %s: 1K to 512M would do", value);
}

static int
parse_idle(struct parser *p, const char *value)
{
	if (strcmp(value, "poll") == 0)
		p->args->idle_poll = true;
	else if (strcmp(value, "interrupt") != 0)
		return fail(p, "--idle %s: poll or interrupt would do", value);
	return 0;
}

static int
parse_interactive(struct parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->interactive = true;
	return 0;
}

static int
parse_cmdline_file(struct parser *p, const char *value)
{
	if (value[0] == '\0')
		return fail(p, "--cmdline-file: lacks its file's name");
	p->args->cmdline_file = value;
	return 0;
}

static int
parse_help(struct parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->action = ARGS_HELP;
	return 0;
}

static int
parse_version(struct parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->action = ARGS_VERSION;
	return 0;
}

/* What can be seen only when all options are known. */
static int
check(struct parser *p)
{
	struct args *args = p->args;
	struct in_addr gateway = {.s_addr = args->gateway};
	char text[INET_ADDRSTRLEN];
	unsigned int i, j;

	if (args->addr == 0)
		return fail(p, "--addr: missing; " ADDR_WOULD_DO);

	inet_ntop(AF_INET, &gateway, text, sizeof(text));
	if (args->gateway == args->addr)
		return fail(p, "--gateway %s: is our own --addr; a router's address would do",
			    text);
	if (args->gateway != 0 && ((args->gateway ^ args->addr) & netmask(args->prefix_len)) != 0)
		return fail(p, "--gateway %s: not in the network of --addr; a neighbour would do",
			    text);

	for (i = 0; i < args->nb_listens; i++) {
		if (args->listens[i].addr != 0 && args->listens[i].addr != args->addr) {
			inet_ntop(AF_INET, &args->listens[i].addr, text, sizeof(text));
			return fail(p,
				    "--listen %s:%u: not our address; that of --addr, or none, "
				    "would do",
				    text, args->listens[i].port);
		}
		/* We have one address: with or without it, a port is the same port. */
		for (j = 0; j < i; j++)
			if (args->listens[j].port == args->listens[i].port)
				return fail(p,
					    "--listen %u: in use by another --listen; another port "
					    "would do",
					    args->listens[i].port);
	}
	if (args->nb_listens == 0)
		args->listens[args->nb_listens++].port = DEFAULT_LISTEN_PORT;
	return 0;
}

static int
fail(struct parser *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->error, p->error_size, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* Copy a value and cut it at its first comma; *rest is what stands after it, or NULL. */
static bool
split(const char *value, char *text, char **rest)
{
	size_t len = strlen(value);

	if (len >= VALUE_TEXT_SIZE)
		return false;
	memcpy(text, value, len + 1);
	*rest = strchr(text, ',');
	if (*rest != NULL)
		*(*rest)++ = '\0';
	return true;
}

/* Digits and nothing else: no sign, no space, no base. */
static bool
parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (text[0] == '\0' || strlen(text) > 10)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*number = value;
	return value >= min && value <= max;
}

static bool
parse_ipv4(const char *text, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*addr = in.s_addr;
	return true;
}

/* Whether a host on a wire can have this address: not 0/8, 127/8, multicast or reserved. */
static bool
is_host(uint32_t addr)
{
	uint8_t first = ntohl(addr) >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* In network order. */
static uint32_t
netmask(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix_len));
}
