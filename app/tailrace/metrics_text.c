/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "metrics_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "drops.h"

/* Buckets of the histograms are powers of two of their unit: of cycles, and of microseconds. */
#define TURN_POWER_FIRST 8
#define TURN_POWER_LAST 32
#define QUEUE_POWER_FIRST 0
#define QUEUE_POWER_LAST 24

#define NAME_SIZE 128

/* A family whose samples are fields of a struct, 64 bits each. */
struct metrics_field {
	const char *name;
	const char *help;
	size_t offset;
};

/* A core that answered. */
struct core_sample {
	struct core_info_core info;
	struct core_cycles_totals totals;
};

/* What a family of one sample a core shows. */
struct core_family {
	const char *name;
	const char *type;
	const char *help;
	uint64_t (*value)(const struct core_info_core *info);
};

static unsigned int read_cores(struct tr_core_server *server, struct core_sample *cores);
static void write_cores(FILE *out, const struct core_sample *cores, unsigned int nb);
static void write_time(FILE *out, const struct core_sample *cores, unsigned int nb);
static void write_histograms(FILE *out, const struct core_sample *cores, unsigned int nb);
static int write_counters(FILE *out, struct tr_core_server *server, const struct mc_stats *mc);
static void write_threads(FILE *out, struct tr_core_server *server);
static void write_ports(FILE *out);
static void write_port(FILE *out, const struct metrics_field *field);
static uint64_t value_of(const void *stats, size_t offset);
static void write_pools(FILE *out);
static void write_engine(FILE *out, struct tr_core_server *server);
static void family(FILE *out, const char *name, const char *type, const char *help);
static void write_escaped(FILE *out, const char *text);

int
metrics_text_write(FILE *out, struct tr_core_server *server, const struct mc_stats *mc)
{
	struct core_sample *cores;
	unsigned int nb;
	int rc;

	cores = calloc(core_info_cores(server), sizeof(*cores));
	if (cores == NULL)
		return -ENOMEM;
	family(out, "tailrace_info", "gauge", "The server's version");
	fprintf(out, "tailrace_info{version=\"%s\"} 1\n", TAILRACE_VERSION);
	nb = read_cores(server, cores);
	write_cores(out, cores, nb);
	write_time(out, cores, nb);
	write_histograms(out, cores, nb);
	free(cores);
	rc = write_counters(out, server, mc);
	write_threads(out, server);
	write_ports(out);
	write_pools(out);
	if (nb == core_info_cores(server))
		write_engine(out, server);
	return rc;
}

/* How many answered, up to the first that does not: whoever waits has waited long enough then. */
static unsigned int
read_cores(struct tr_core_server *server, struct core_sample *cores)
{
	unsigned int core;

	for (core = 0; core < core_info_cores(server); core++) {
		if (core_info_core(server, core, &cores[core].info) < 0 ||
		    core_info_cycles(server, core, &cores[core].totals) < 0)
			break;
	}
	return core;
}

#define CORE_VALUE(field)                                                                          \
	static uint64_t core_##field(const struct core_info_core *info)                            \
	{                                                                                          \
		return info->field;                                                                \
	}
CORE_VALUE(listening)
CORE_VALUE(conns)
CORE_VALUE(conns_max)
CORE_VALUE(credits)
CORE_VALUE(credits_max)
CORE_VALUE(abandoned)
CORE_VALUE(body_bytes)
CORE_VALUE(body_bytes_max)
#undef CORE_VALUE

static const struct core_family core_families[] = {
	{"tailrace_listening", "gauge", "Whether the core accepts connections", core_listening},
	{"tailrace_conns", "gauge", "Connections, TIME-WAIT included", core_conns},
	{"tailrace_conns_max", "gauge", "Connections that there can be", core_conns_max},
	{"tailrace_credits_used", "gauge", "Credits in use: requests in flight", core_credits},
	{"tailrace_credits_max", "gauge", "Credits that there are", core_credits_max},
	{"tailrace_credits_abandoned", "gauge",
	 "Credits of requests that the engine has past their time", core_abandoned},
	{"tailrace_body_bytes", "gauge", "Bytes of values not executed yet", core_body_bytes},
	{"tailrace_body_bytes_max", "gauge", "Bytes of such values that there can be",
	 core_body_bytes_max},
};

static void
write_cores(FILE *out, const struct core_sample *cores, unsigned int nb)
{
	const struct core_family *one;
	unsigned int i;

	for (one = core_families; one < core_families + RTE_DIM(core_families); one++) {
		family(out, one->name, one->type, one->help);
		for (i = 0; i < nb; i++)
			fprintf(out, "%s{core=\"%u\"} %" PRIu64 "\n", one->name, i,
				one->value(&cores[i].info));
	}
}

static void
write_time(FILE *out, const struct core_sample *cores, unsigned int nb)
{
	double hz = rte_get_tsc_hz();
	unsigned int i, stage;

	family(out, "tailrace_core_seconds_total", "counter",
	       "Time of turns that found work, and of others and sleep");
	for (i = 0; i < nb; i++) {
		fprintf(out, "tailrace_core_seconds_total{core=\"%u\",state=\"work\"} %.6f\n", i,
			cores[i].totals.spent_us[true] / 1e6);
		fprintf(out, "tailrace_core_seconds_total{core=\"%u\",state=\"idle\"} %.6f\n", i,
			cores[i].totals.spent_us[false] / 1e6);
	}
	family(out, "tailrace_stage_seconds_total", "counter",
	       "Time of the stages of stamped turns, one in 64 or so of those that found work");
	for (i = 0; i < nb; i++)
		for (stage = 0; stage < CORE_STAGES; stage++)
			fprintf(out,
				"tailrace_stage_seconds_total{core=\"%u\",stage=\"%s\"} %.9f\n", i,
				core_cycles_stage_name(stage), cores[i].totals.stages[stage] / hz);
}

static void
write_histogram(FILE *out, const char *name, unsigned int core,
		const struct core_histogram *histogram, unsigned int first, unsigned int last,
		double unit_s)
{
	unsigned int power;

	for (power = first; power <= last; power++)
		fprintf(out, "%s_bucket{core=\"%u\",le=\"%.9g\"} %" PRIu64 "\n", name, core,
			(RTE_BIT64(power) - 1) * unit_s, core_histogram_below(histogram, power));
	fprintf(out, "%s_bucket{core=\"%u\",le=\"+Inf\"} %" PRIu64 "\n", name, core,
		histogram->count);
	fprintf(out, "%s_sum{core=\"%u\"} %.9f\n", name, core, histogram->sum * unit_s);
	fprintf(out, "%s_count{core=\"%u\"} %" PRIu64 "\n", name, core, histogram->count);
}

static void
write_histograms(FILE *out, const struct core_sample *cores, unsigned int nb)
{
	unsigned int i;

	family(out, "tailrace_turn_seconds", "histogram", "Time of a stamped turn");
	for (i = 0; i < nb; i++)
		write_histogram(out, "tailrace_turn_seconds", i, &cores[i].totals.turns,
				TURN_POWER_FIRST, TURN_POWER_LAST, 1.0 / rte_get_tsc_hz());
	family(out, "tailrace_queue_seconds", "histogram",
	       "From when a request was complete to its answer from another thread, in stamped "
	       "turns");
	for (i = 0; i < nb; i++)
		write_histogram(out, "tailrace_queue_seconds", i, &cores[i].totals.queue,
				QUEUE_POWER_FIRST, QUEUE_POWER_LAST, 1e-6);
}

/* The counters of all cores: a family stands together, so they are read core by core first. */
struct counters {
	struct core_info_counter *counters; /* nb of each core, one core after the other */
	unsigned int nb;
	unsigned int max;
	int error;
};

static void
collect_counter(const struct core_info_counter *counter, void *arg)
{
	struct counters *all = arg;
	struct core_info_counter *more;

	if (all->nb == all->max) {
		all->max = RTE_MAX(2 * all->max, 256u);
		more = realloc(all->counters, all->max * sizeof(*more));
		if (more == NULL) {
			all->error = -ENOMEM;
			return;
		}
		all->counters = more;
	}
	all->counters[all->nb++] = *counter;
}

static void
collect_mc_counter(const struct mc_stats_counter *counter, void *arg)
{
	const struct core_info_counter one = {
		.topic = "mc",
		.name = counter->name,
		.help = counter->help,
		.value = counter->value,
	};

	collect_counter(&one, arg);
}

static int
write_counters(FILE *out, struct tr_core_server *server, const struct mc_stats *mc)
{
	unsigned int nb_cores = core_info_cores(server), core, each, i;
	const struct core_info_counter *counter;
	struct counters all = {0};
	char name[NAME_SIZE];

	for (core = 0; core < nb_cores && all.error == 0; core++) {
		core_info_counters(server, core, collect_counter, &all);
		mc_stats_counters(mc, core, collect_mc_counter, &all);
	}
	each = all.nb / nb_cores;
	for (i = 0; i < each && all.error == 0; i++) {
		counter = &all.counters[i];
		snprintf(name, sizeof(name), "tailrace_%s_%s_total", counter->topic, counter->name);
		family(out, name, "counter", counter->help);
		for (core = 0; core < nb_cores; core++)
			fprintf(out, "%s{core=\"%u\"} %" PRIu64 "\n", name, core,
				all.counters[core * each + i].value);
	}
	free(all.counters);
	return all.error;
}

/* Names need not be unique. */
static void
write_threads(FILE *out, struct tr_core_server *server)
{
	static const struct metrics_field fields[] = {
#define FIELD(field, help)                                                                         \
	{"tailrace_thread_" #field "_total", help, offsetof(struct core_info_producer, field)}
		FIELD(responses, "Responses that the thread gave to cores"),
		FIELD(wakeups, "Cores that it woke for them"),
		FIELD(ring_full, "Responses dropped: some request was answered twice"),
		FIELD(bad_token, "Responses dropped: of no request there ever was"),
		FIELD(executed, "Requests that an engine thread executed"),
		FIELD(pending, "Of these, left for a later answer"),
		FIELD(sleeps, "Times that an engine thread slept"),
#undef FIELD
	};
	const struct metrics_field *field;
	struct core_info_producer info;
	unsigned int i;

	for (field = fields; field < fields + RTE_DIM(fields); field++) {
		family(out, field->name, "counter", field->help);
		for (i = 0; core_info_producer(server, i, &info) == 0; i++) {
			fprintf(out, "%s{thread=\"%u\",name=\"", field->name, i);
			write_escaped(out, info.name);
			fprintf(out, "\"} %" PRIu64 "\n", value_of(&info, field->offset));
		}
	}
}

static void
write_ports(FILE *out)
{
	static const struct metrics_field fields[] = {
#define FIELD(name, field, help)                                                                   \
	{"tailrace_port_" name "_total", help, offsetof(struct rte_eth_stats, field)}
		FIELD("rx_packets", ipackets, "Packets received"),
		FIELD("rx_bytes", ibytes, "Bytes received"),
		FIELD("tx_packets", opackets, "Packets sent"),
		FIELD("tx_bytes", obytes, "Bytes sent"),
#undef FIELD
	};
	const struct metrics_field *field;
	const struct drops_port *drop;
	char name[NAME_SIZE];

	for (field = fields; field < fields + RTE_DIM(fields); field++)
		write_port(out, field);
	for (drop = drops_of_ports; drop->name != NULL; drop++) {
		snprintf(name, sizeof(name), "tailrace_port_%s_total", drop->name);
		write_port(out, &(struct metrics_field){name, drop->help, drop->offset});
	}
}

static void
write_port(FILE *out, const struct metrics_field *field)
{
	struct rte_eth_stats stats;
	uint16_t port;

	family(out, field->name, "counter", field->help);
	RTE_ETH_FOREACH_DEV (port)
		if (rte_eth_stats_get(port, &stats) == 0)
			fprintf(out, "%s{port=\"%u\"} %" PRIu64 "\n", field->name, port,
				value_of(&stats, field->offset));
}

static uint64_t
value_of(const void *stats, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)stats + offset, sizeof(value));
	return value;
}

static void
write_pool(struct rte_mempool *pool, void *arg)
{
	FILE *out = arg;

	fprintf(out, "tailrace_mempool_objects{pool=\"");
	write_escaped(out, pool->name);
	fprintf(out, "\"} %u\n", pool->size);
}

static void
write_pool_used(struct rte_mempool *pool, void *arg)
{
	FILE *out = arg;

	fprintf(out, "tailrace_mempool_in_use{pool=\"");
	write_escaped(out, pool->name);
	fprintf(out, "\"} %u\n", rte_mempool_in_use_count(pool));
}

static void
write_pools(FILE *out)
{
	family(out, "tailrace_mempool_objects", "gauge", "Objects of a memory pool");
	rte_mempool_walk(write_pool, out);
	family(out, "tailrace_mempool_in_use", "gauge", "Of these, in use");
	rte_mempool_walk(write_pool_used, out);
}

/* Those of an engine's statistics that are numbers. */
static void
write_stat(const char *name, const char *text, void *arg)
{
	FILE *out = arg;
	double value;
	char *end;

	value = strtod(text, &end);
	if (end == text || *end != '\0')
		return;
	fprintf(out, "tailrace_engine_stat{name=\"");
	write_escaped(out, name);
	fprintf(out, "\"} %.17g\n", value);
}

static void
write_engine(FILE *out, struct tr_core_server *server)
{
	const char *name = core_info_engine(server);

	if (name == NULL)
		return;
	family(out, "tailrace_engine_info", "gauge", "The engine's name");
	fprintf(out, "tailrace_engine_info{engine=\"%s\"} 1\n", name);
	family(out, "tailrace_engine_stat", "untyped", "The engine's own statistics, by name");
	core_info_engine_stats(server, write_stat, out);
}

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s ", name);
	write_escaped(out, help);
	fprintf(out, "\n# TYPE %s %s\n", name, type);
}

/* What neither ends a label's value nor a line; a help's quotes are shown as they are escaped. */
static void
write_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}
