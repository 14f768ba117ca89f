/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args_option.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>
#include <rte_cfgfile.h>

static int parse_addr(struct args_parser *p, const char *value);
static int parse_addr_port(struct args_parser *p, const char *rest);
static int parse_gateway(struct args_parser *p, const char *value);
static int parse_route(struct args_parser *p, const char *value);
static int parse_listen(struct args_parser *p, const char *value);
static int parse_engine(struct args_parser *p, const char *value);
static int parse_idle(struct args_parser *p, const char *value);
static int parse_congestion(struct args_parser *p, const char *value);
static int parse_ecn(struct args_parser *p, const char *value);
static int parse_metrics(struct args_parser *p, const char *value);
static int parse_help(struct args_parser *p, const char *value);
static int parse_version(struct args_parser *p, const char *value);
static int parse_number(struct args_parser *p, const char *value);
static int parse_size(struct args_parser *p, const char *value);
static int parse_flag(struct args_parser *p, const char *value);
static int parse_text(struct args_parser *p, const char *value);

/* The types that several options share, each with the member of struct args that it fills in. */
#define NUMBER(member, least, most)                                                                \
	.parse = parse_number, .field = offsetof(struct args, member), .min = least, .max = most
#define SIZE(member, least, most)                                                                  \
	.parse = parse_size, .field = offsetof(struct args, member), .min = least, .max = most
#define FLAG(member) .parse = parse_flag, .field = offsetof(struct args, member), .standard = "no"
#define TEXT(member) .parse = parse_text, .field = offsetof(struct args, member)

/* What every host takes (RFC 791 section 3.2), and more than any port is known to. */
#define MTU_MIN 576
#define MTU_MAX 16384

/* RFC 8200 section 5. */
#define IPV6_MTU_MIN 1280

/* The checks tell where a new one is explained and tested as well. */
const struct args_option args_options[] = {
	{"config", .value = "FILE", .early = true, TEXT(config),
	 .help = "read options from FILE; those given here win over it"},
	{"addr", .value = "ADDR/LEN[,port=N]", .repeats = true, .parse = parse_addr,
	 .help = "our address and its network, on EAL's port N (default: the first); again for one"
		 " of IPv6 beside one of IPv4"},
	{"gateway", .value = "ADDR", .repeats = true, .parse = parse_gateway,
	 .help = "router to other networks (default: none; of IPv6, one that advertises itself);"
		 " again for IPv6"},
	{"route", .value = "PREFIX/LEN,via=ADDR", .repeats = true, .parse = parse_route,
	 .help = "router to a network; may be repeated (default: none but --gateway)"},
	{"vlan", .value = "ID", NUMBER(vlan, 1, 4094),
	 .help = "tag of all frames, sent and received (default: none)"},
	{"mtu", .value = "BYTES", NUMBER(mtu, MTU_MIN, MTU_MAX),
	 .help = "longest IP packet, on the port too (default: what the port has)"},
	{"listen", .value = "[ADDR:]PORT[,proto=mc|echo]", .repeats = true, .parse = parse_listen,
	 .standard = "11211,proto=mc", .help = "accept connections; may be repeated"},
	{"engine", .value = "NAME|PATH.so[,key=value...]", .parse = parse_engine,
	 .standard = "dram", .help = "storage engine: dram, null or ewouldblock"},
	{"engine-threads", .value = "N", NUMBER(engine_threads, 0, 64), .standard = "1",
	 .help = "threads that execute requests; 0: the cores do it"},
	{"max-conns", .value = "N", NUMBER(conns_max, 1, 1 << 20), .standard = "4096",
	 .help = "connections of each core"},
	{"value-max", .value = "BYTES[K|M|G]", SIZE(value_max, 1 << 10, 1 << 29), .standard = "1M",
	 .help = "largest value stored"},
	{"keepalive", .value = "SECONDS", NUMBER(keepalive_s, 0, 604800), .standard = "7200",
	 .help = "silence of a client after which it is asked whether it is there; 0: never"},
	{"idle", .value = "interrupt|poll", .parse = parse_idle, .standard = "interrupt",
	 .help = "sleep until something comes, or spin"},
	{"congestion", .value = "cubic|newreno", .parse = parse_congestion, .standard = "cubic",
	 .help = "how TCP chooses how much to send at once"},
	{"ecn", .value = "on|off", .parse = parse_ecn, .standard = "on",
	 .help = "congestion notification (RFC 3168) with peers that ask for it"},
	{"dscp", .value = "N", NUMBER(dscp, 0, 63), .standard = "0",
	 .help = "differentiated services code point (RFC 2474) of TCP segments"},
	{"ttl", .value = "N", NUMBER(ttl, 1, 255), .standard = "64",
	 .help = "time to live, or hop limit, of what is sent"},
	{"metrics", .value = "[ADDR:]PORT", .parse = parse_metrics,
	 .help = "serve metrics for Prometheus on the kernel's TCP, 127.0.0.1 if no address is"
		 " given (default: none)"},
	{"interactive", .letter = 'i', FLAG(interactive),
	 .help = "read commands from standard input"},
	{"cmdline-file", .value = "FILE", TEXT(cmdline_file),
	 .help = "execute the commands in FILE at start"},
	{"help", .letter = 'h', .early = true, .parse = parse_help, .help = "print this and exit"},
	{"version", .early = true, .parse = parse_version, .help = "print the version and exit"},
	{NULL},
};
static_assert(sizeof(args_options) <= ARGS_OPTIONS_MAX * sizeof(args_options[0]),
	      "room for every option");

static int check_gateway(struct args_parser *p);
static int check_route(struct args_parser *p, unsigned int nth);
static int check_router(struct args_parser *p, const struct tr_addr *addr);
static int check_listen(struct args_parser *p, unsigned int nth);
static void find_setting(struct args_parser *p, const char *name, unsigned int nth);
static char *split(const char *value, char text[CFG_VALUE_LEN]);
static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);
static bool split_endpoint(char *text, struct tr_addr *addr, char **port);
static bool is_host(const struct tr_addr *addr);
static bool is_ipv4_host(uint32_t addr);
static bool is_in(const struct tr_addr_net *net, const struct tr_addr *addr);
static uint32_t netmask(uint8_t prefix_len);
static bool is_edge(const struct tr_addr_net *net);
static struct tr_addr_net *net_of(struct args *args, const struct tr_addr *addr);

#define ADDR_WOULD_DO "ADDR/LEN[,port=N] would do, such as 10.77.0.2/24"

static int
parse_addr(struct args_parser *p, const char *value)
{
	struct args *args = p->args;
	struct tr_addr_net net = {0};
	struct tr_addr_net *of;
	char text[CFG_VALUE_LEN];
	uint64_t number;
	char *slash;
	char *rest;

	rest = split(value, text);
	slash = strchr(text, '/');
	if (slash == NULL)
		return args_option_fail(p, "lacks its prefix length; " ADDR_WOULD_DO);
	*slash = '\0';
	if (!tr_addr_parse(text, &net.addr))
		return args_option_fail(p, "%s is not an IP address; " ADDR_WOULD_DO, text);
	if (!read_number(slash + 1, 1, tr_addr_is_ipv4(&net.addr) ? 32 : 128, &number))
		return args_option_fail(p, "prefix length %s; 1 to %u would do", slash + 1,
					tr_addr_is_ipv4(&net.addr) ? 32 : 128);
	net.prefix_len = (uint8_t)number;
	if (!is_host(&net.addr) || is_edge(&net))
		return args_option_fail(p, "no host can have this address; " ADDR_WOULD_DO);
	of = net_of(args, &net.addr);
	if (p->nth == 0) {
		args->ipv4.addr = tr_addr_none();
		args->ipv6.addr = tr_addr_none();
	}
	if (!tr_addr_is_none(&of->addr))
		return args_option_fail(p, "given twice; once for each of IPv4 and IPv6 would do");
	of->addr = net.addr;
	of->prefix_len = net.prefix_len;
	return parse_addr_port(p, rest);
}

/* What stands behind an address. All addresses are on one port. */
static int
parse_addr_port(struct args_parser *p, const char *rest)
{
	uint16_t port = ARGS_PORT_ANY;
	uint64_t number;

	if (rest != NULL) {
		if (strncmp(rest, "port=", 5) != 0)
			return args_option_fail(p, "%s is not known here; port=N would do", rest);
		if (!read_number(rest + 5, 0, ARGS_PORT_ANY - 1, &number))
			return args_option_fail(
				p, "port %s; the number of one of EAL's ports would do", rest + 5);
		port = (uint16_t)number;
	}
	if (p->nth > 0 && port != p->args->port)
		return args_option_fail(p, "on another port than the other; the same would do");
	p->args->port = port;
	return 0;
}

static int
parse_gateway(struct args_parser *p, const char *value)
{
	struct tr_addr_net *net;
	struct tr_addr addr;

	if (!tr_addr_parse(value, &addr) || !is_host(&addr))
		return args_option_fail(p, "not the address of a router; 10.77.0.1 would do");
	net = net_of(p->args, &addr);
	if (p->nth == 0) {
		p->args->ipv4.gateway = tr_addr_none();
		p->args->ipv6.gateway = tr_addr_none();
	}
	if (!tr_addr_is_none(&net->gateway))
		return args_option_fail(p, "given twice; once for each of IPv4 and IPv6 would do");
	net->gateway = addr;
	return 0;
}

#define ROUTE_WOULD_DO "PREFIX/LEN,via=ADDR would do, such as 10.78.0.0/16,via=10.77.0.1"

static int
parse_route(struct args_parser *p, const char *value)
{
	struct tr_addr_route route;
	struct tr_addr network;
	char text[CFG_VALUE_LEN];
	uint64_t number;
	char *slash;
	char *rest;

	if (p->nth == ARGS_ROUTES_MAX)
		return args_option_fail(p, "one too many; %u would do", ARGS_ROUTES_MAX);
	rest = split(value, text);
	slash = strchr(text, '/');
	if (slash == NULL)
		return args_option_fail(p, "lacks its prefix length; " ROUTE_WOULD_DO);
	*slash = '\0';
	if (!tr_addr_parse(text, &route.prefix))
		return args_option_fail(p, "%s is not an IP address; " ROUTE_WOULD_DO, text);
	if (!read_number(slash + 1, 0, tr_addr_is_ipv4(&route.prefix) ? 32 : 128, &number))
		return args_option_fail(p, "prefix length %s; 0 to %u would do", slash + 1,
					tr_addr_is_ipv4(&route.prefix) ? 32 : 128);
	route.prefix_len = (uint8_t)number;
	network = tr_addr_network(&route.prefix, route.prefix_len);
	if (!tr_addr_is_same(&network, &route.prefix))
		return args_option_fail(p, "has bits behind its prefix; %s/%u would do",
					tr_addr_format(&network, text), route.prefix_len);
	if (rest == NULL || strncmp(rest, "via=", 4) != 0 || !tr_addr_parse(rest + 4, &route.via) ||
	    !is_host(&route.via))
		return args_option_fail(p, "names no router; " ROUTE_WOULD_DO);
	if (tr_addr_is_ipv4(&route.prefix) != tr_addr_is_ipv4(&route.via))
		return args_option_fail(p, "to IPv%c by IPv%c; a router of the same would do",
					tr_addr_is_ipv4(&route.prefix) ? '4' : '6',
					tr_addr_is_ipv4(&route.via) ? '4' : '6');
	p->args->routes[p->nth] = route;
	p->args->nb_routes = p->nth + 1;
	return 0;
}

#define LISTEN_WOULD_DO "[ADDR:]PORT[,proto=mc|echo] would do, such as 11211"

static int
parse_listen(struct args_parser *p, const char *value)
{
	struct args_listen listen = {.protocol = ARGS_PROTOCOL_MC};
	char text[CFG_VALUE_LEN];
	uint64_t number;
	char *port;
	char *rest;

	if (p->nth == ARGS_LISTENS_MAX)
		return args_option_fail(p, "one too many; %u would do", ARGS_LISTENS_MAX);
	rest = split(value, text);
	if (!split_endpoint(text, &listen.addr, &port))
		return args_option_fail(p, "%s is not an IP address; " LISTEN_WOULD_DO, text);
	if (!read_number(port, 1, UINT16_MAX, &number))
		return args_option_fail(p, "TCP port %s; 1 to 65535 would do", port);
	listen.port = (uint16_t)number;

	if (rest != NULL && strcmp(rest, "proto=echo") == 0)
		listen.protocol = ARGS_PROTOCOL_ECHO;
	else if (rest != NULL && strcmp(rest, "proto=mc") != 0)
		return args_option_fail(p, "%s is not known here; proto=mc or proto=echo would do",
					rest);
	p->args->listens[p->nth] = listen;
	p->args->nb_listens = p->nth + 1;
	return 0;
}

static int
parse_engine(struct args_parser *p, const char *value)
{
	if (value[0] == '\0' || value[0] == ',')
		return args_option_fail(p, "lacks a name; dram would do");
	p->args->engine = value;
	return 0;
}

static int
parse_idle(struct args_parser *p, const char *value)
{
	p->args->idle_poll = strcmp(value, "poll") == 0;
	if (!p->args->idle_poll && strcmp(value, "interrupt") != 0)
		return args_option_fail(p, "poll or interrupt would do");
	return 0;
}

static int
parse_congestion(struct args_parser *p, const char *value)
{
	if (strcmp(value, "cubic") != 0 && strcmp(value, "newreno") != 0)
		return args_option_fail(p, "cubic or newreno would do");
	p->args->congestion = value;
	return 0;
}

static int
parse_ecn(struct args_parser *p, const char *value)
{
	p->args->ecn_off = strcmp(value, "off") == 0;
	if (!p->args->ecn_off && strcmp(value, "on") != 0)
		return args_option_fail(p, "on or off would do");
	return 0;
}

#define METRICS_WOULD_DO "[ADDR:]PORT would do, such as 9121"

static int
parse_metrics(struct args_parser *p, const char *value)
{
	char text[CFG_VALUE_LEN];
	uint64_t number;
	char *port;

	p->args->metrics_addr = tr_addr_ipv4(htonl(INADDR_LOOPBACK));
	strlcpy(text, value, sizeof(text));
	if (!split_endpoint(text, &p->args->metrics_addr, &port))
		return args_option_fail(p, "%s is not an IP address; " METRICS_WOULD_DO, text);
	if (!read_number(port, 1, UINT16_MAX, &number))
		return args_option_fail(p, "TCP port %s; 1 to 65535 would do", port);
	p->args->metrics_port = (uint16_t)number;
	return 0;
}

static int
parse_help(struct args_parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->action = ARGS_HELP;
	return 0;
}

static int
parse_version(struct args_parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->action = ARGS_VERSION;
	return 0;
}

/* Into a uint32_t. */
static int
parse_number(struct args_parser *p, const char *value)
{
	const struct args_option *option = p->setting.option;
	uint64_t number;

	if (!read_number(value, option->min, option->max, &number))
		return args_option_fail(p, "%" PRIu64 " to %" PRIu64 " would do", option->min,
					option->max);
	*(uint32_t *)RTE_PTR_ADD(p->args, option->field) = (uint32_t)number;
	return 0;
}

/* Bytes, into a uint32_t. The bounds are whole KiB and MiB. */
static int
parse_size(struct args_parser *p, const char *value)
{
	static const char letters[] = "KMG";
	const struct args_option *option = p->setting.option;
	char text[CFG_VALUE_LEN];
	unsigned int shift = 0;
	const char *letter;
	uint64_t number;
	size_t len;

	len = strlcpy(text, value, sizeof(text));
	letter = len > 0 ? strchr(letters, text[len - 1]) : NULL;
	if (letter != NULL) {
		shift = 10 * (unsigned int)(letter - letters + 1);
		text[len - 1] = '\0';
	}
	if (!read_number(text, 1, option->max, &number) || number << shift < option->min ||
	    number << shift > option->max)
		return args_option_fail(p, "%" PRIu64 "K to %" PRIu64 "M would do",
					option->min >> 10, option->max >> 20);
	*(uint32_t *)RTE_PTR_ADD(p->args, option->field) = (uint32_t)(number << shift);
	return 0;
}

/* Into a bool. The command line says only yes, by naming the option. */
static int
parse_flag(struct args_parser *p, const char *value)
{
	bool *flag = RTE_PTR_ADD(p->args, p->setting.option->field);

	*flag = strcmp(value, "yes") == 0;
	if (!*flag && strcmp(value, "no") != 0)
		return args_option_fail(p, "yes or no would do");
	return 0;
}

/* Into a pointer: any text but none. */
static int
parse_text(struct args_parser *p, const char *value)
{
	if (value[0] == '\0')
		return args_option_fail(p, "lacks its value %s", p->setting.option->value);
	*(const char **)RTE_PTR_ADD(p->args, p->setting.option->field) = value;
	return 0;
}

int
args_option_check(struct args_parser *p)
{
	const struct args *args = p->args;
	unsigned int i;

	if (tr_addr_is_none(&args->ipv4.addr) && tr_addr_is_none(&args->ipv6.addr)) {
		p->setting = (struct args_setting){0};
		snprintf(p->error, p->error_size, "--addr: missing; " ADDR_WOULD_DO);
		return -EINVAL;
	}
	find_setting(p, "mtu", 0);
	if (args->mtu != 0 && args->mtu < IPV6_MTU_MIN && !tr_addr_is_none(&args->ipv6.addr))
		return args_option_fail(p, "is too little for IPv6; %u would do", IPV6_MTU_MIN);
	for (i = 0; i < p->args->nb_settings; i++) {
		p->setting = args->settings[i];
		if (strcmp(p->setting.option->name, "gateway") == 0 && check_gateway(p) < 0)
			return -EINVAL;
	}
	for (i = 0; i < args->nb_routes; i++)
		if (check_route(p, i) < 0)
			return -EINVAL;
	for (i = 0; i < args->nb_listens; i++)
		if (check_listen(p, i) < 0)
			return -EINVAL;
	return 0;
}

/* The one of p->setting. */
static int
check_gateway(struct args_parser *p)
{
	struct tr_addr addr;

	tr_addr_parse(p->setting.value, &addr);
	return check_router(p, &addr);
}

static int
check_route(struct args_parser *p, unsigned int nth)
{
	const struct tr_addr_route *route = &p->args->routes[nth], *other;
	const struct tr_addr_net *net = net_of(p->args, &route->via);
	struct tr_addr own = tr_addr_network(&net->addr, net->prefix_len);

	find_setting(p, "route", nth);
	if (check_router(p, &route->via) < 0)
		return -EINVAL;
	if (route->prefix_len == net->prefix_len && tr_addr_is_same(&route->prefix, &own))
		return args_option_fail(p, "is the network of --addr; another would do");
	if (route->prefix_len == 0 && !tr_addr_is_none(&net->gateway))
		return args_option_fail(p, "is what --gateway says; one of both would do");
	for (other = p->args->routes; other < route; other++)
		if (other->prefix_len == route->prefix_len &&
		    tr_addr_is_same(&other->prefix, &route->prefix))
			return args_option_fail(p, "given twice; one router to it would do");
	return 0;
}

/* Whether a router of p->setting is a neighbour. */
static int
check_router(struct args_parser *p, const struct tr_addr *addr)
{
	const struct tr_addr_net *net = net_of(p->args, addr);

	if (tr_addr_is_same(addr, &net->addr))
		return args_option_fail(p, "is our own --addr; a router's address would do");
	if (!is_in(net, addr))
		return args_option_fail(p, "not in the network of --addr; a neighbour would do");
	return 0;
}

static int
check_listen(struct args_parser *p, unsigned int nth)
{
	const struct args_listen *listens = p->args->listens;
	unsigned int i;

	find_setting(p, "listen", nth);
	if (!tr_addr_is_none(&listens[nth].addr) &&
	    !tr_addr_is_same(&listens[nth].addr, &p->args->ipv4.addr) &&
	    !tr_addr_is_same(&listens[nth].addr, &p->args->ipv6.addr))
		return args_option_fail(p, "not our address; that of --addr, or none, would do");
	/* With or without one of our addresses, a port is the same port; not of both. */
	for (i = 0; i < nth; i++)
		if (listens[i].port == listens[nth].port &&
		    (tr_addr_is_none(&listens[i].addr) || tr_addr_is_none(&listens[nth].addr) ||
		     tr_addr_is_same(&listens[i].addr, &listens[nth].addr)))
			return args_option_fail(
				p, "in use by another --listen; another port would do");
	return 0;
}

/* Make a setting that was parsed the one that is complained about. */
static void
find_setting(struct args_parser *p, const char *name, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < p->args->nb_settings; i++) {
		p->setting = p->args->settings[i];
		if (strcmp(p->setting.option->name, name) == 0 && nth-- == 0)
			return;
	}
}

int
args_option_fail(struct args_parser *p, const char *format, ...)
{
	const struct args_setting *setting = &p->setting;
	size_t len;
	va_list ap;

	if (setting->source == ARGS_SOURCE_FILE)
		snprintf(p->error, p->error_size, "%s:%u: ", p->args->config, setting->line);
	else
		strlcpy(p->error, "--", p->error_size);
	len = strlen(p->error);
	snprintf(p->error + len, p->error_size - len, "%s%s%.64s%s: ", setting->option->name,
		 setting->value[0] != '\0' ? " " : "", setting->value,
		 strlen(setting->value) > 64 ? "..." : "");
	len = strlen(p->error);
	va_start(ap, format);
	vsnprintf(p->error + len, p->error_size - len, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* Copy a value and cut it at its first comma. What stands after it, or NULL. */
static char *
split(const char *value, char text[CFG_VALUE_LEN])
{
	char *rest;

	strlcpy(text, value, CFG_VALUE_LEN);
	rest = strchr(text, ',');
	if (rest != NULL)
		*rest++ = '\0';
	return rest;
}

/* Digits and nothing else: no sign, no space, no base. */
static bool
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
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

/* [ADDR:]PORT; an address with colons of its own stands in brackets. @p addr stays where there is
 * none. False: the address is none. @p text is cut. */
static bool
split_endpoint(char *text, struct tr_addr *addr, char **port)
{
	char *end = strrchr(text, ':');
	char *start = text;

	*port = text;
	if (end == NULL)
		return true;
	*end = '\0';
	*port = end + 1;
	if (text[0] == '[' && end[-1] == ']') {
		start++;
		end[-1] = '\0';
	}
	return tr_addr_parse(start, addr) && tr_addr_is_ipv4(addr) == (start == text);
}

/* Whether a host on a wire can have this address. A link-local one of IPv6 everybody has already.
 */
static bool
is_host(const struct tr_addr *addr)
{
	static const struct tr_addr loopback = {{[15] = 1}};

	if (tr_addr_is_ipv4(addr))
		return is_ipv4_host(tr_addr_to_ipv4(addr));
	return !tr_addr_is_none(addr) && !tr_addr_is_same(addr, &loopback) &&
	       addr->bytes[0] != 0xff;
}

/* Not 0/8, 127/8, multicast or reserved. */
static bool
is_ipv4_host(uint32_t addr)
{
	uint8_t first = ntohl(addr) >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Of IPv6, link-local addresses are in every network. */
static bool
is_in(const struct tr_addr_net *net, const struct tr_addr *addr)
{
	struct tr_addr own = tr_addr_network(&net->addr, net->prefix_len);
	struct tr_addr network = tr_addr_network(addr, net->prefix_len);

	if (tr_addr_is_none(&net->addr))
		return false;
	if (!tr_addr_is_ipv4(addr) && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80)
		return true;
	return tr_addr_is_same(&network, &own);
}

/* The first and the last address of a network are no host's (not so in a /31, RFC 3021). */
static bool
is_edge(const struct tr_addr_net *net)
{
	uint32_t mask, host;

	if (!tr_addr_is_ipv4(&net->addr) || net->prefix_len >= 31)
		return false;
	mask = netmask(net->prefix_len);
	host = tr_addr_to_ipv4(&net->addr) & ~mask;
	return host == 0 || host == ~mask;
}

/* Where what is given for an address's family is kept. */
static struct tr_addr_net *
net_of(struct args *args, const struct tr_addr *addr)
{
	return tr_addr_is_ipv4(addr) ? &args->ipv4 : &args->ipv6;
}

/* In network order. */
static uint32_t
netmask(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix_len));
}
