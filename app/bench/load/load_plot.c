/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_plot.h"

#include <math.h>

#include <rte_common.h>

/* Pixels. */
#define WIDTH 640
#define HEIGHT 320
#define LEFT 80
#define TOP 70
#define RIGHT 30
#define BOTTOM 60
#define LEGEND_STEP 110

#define NS_IN_US 1e3

/* Ticks of a linear axis, about. */
#define TICKS 6

/* Points of a curve, between two powers of ten of what is left above. */
#define CURVE_POINTS 20
/* What is left above: down to one in 10^6. */
#define CURVE_POWERS 6

/* A plot on its way. */
struct plot {
	FILE *out;
	double x_max; /* linear, from 0 */
	int y_low; /* powers of ten of microseconds */
	int y_high;
	unsigned int nb_lines;
};

static const char *const colours[] = {"#2166ac", "#b2182b", "#4d9221", "#b35806"};
/* For who sees no colours, and for paper. */
static const char *const dashes[] = {"none", "6 3", "2 3", "8 3 2 3"};

static void begin(struct plot *plot, const char *title, const char *x_title, uint64_t min_ns,
		  uint64_t max_ns);
static void end(struct plot *plot);
static void write_y_axis(struct plot *plot);
static void write_rate_axis(struct plot *plot);
static void write_percentile_axis(struct plot *plot);
static void begin_line(struct plot *plot, const char *name);
static void add_point(struct plot *plot, double x, uint64_t ns);
static void end_line(struct plot *plot);
static void write_curve(struct plot *plot, const char *name,
			const struct load_histogram *histogram);
static void write_mark(struct plot *plot, const struct load_result *result, double percentile);
static double place_x(const struct plot *plot, double x);
static double place_y(const struct plot *plot, uint64_t ns);

void
load_plot_sweep(FILE *out, const struct load_results *results)
{
	static const double percentiles[] = {50, 99, 99.9};
	/* No less, also where nothing was answered. */
	struct plot plot = {.out = out, .x_max = TICKS};
	uint64_t min = UINT64_MAX, max = 0;
	unsigned int i, p;
	char name[16];

	for (i = 0; i < results->nb_results; i++) {
		const struct load_result *result = &results->results[i];

		min = RTE_MIN(min, load_histogram_percentile(&result->all, percentiles[0]));
		max = RTE_MAX(max, load_histogram_percentile(&result->all, percentiles[2]));
		plot.x_max = RTE_MAX(plot.x_max, load_result_throughput(result));
	}
	begin(&plot, "Latency against throughput", "answers a second", min, max);
	write_rate_axis(&plot);
	for (p = 0; p < RTE_DIM(percentiles); p++) {
		snprintf(name, sizeof(name), "p%g", percentiles[p]);
		begin_line(&plot, name);
		for (i = 0; i < results->nb_results; i++)
			add_point(&plot, load_result_throughput(&results->results[i]),
				  load_histogram_percentile(&results->results[i].all,
							    percentiles[p]));
		end_line(&plot);
		for (i = 0; i < results->nb_results; i++)
			write_mark(&plot, &results->results[i], percentiles[p]);
		plot.nb_lines++;
	}
	end(&plot);
}

void
load_plot_percentiles(FILE *out, const struct load_results *results)
{
	const struct load_result *result = &results->results[results->nb_results - 1];
	struct plot plot = {.out = out, .x_max = CURVE_POWERS};

	begin(&plot, "Latency by percentile", "percentile",
	      load_histogram_percentile(&result->all, 0),
	      load_histogram_percentile(&result->all, 100));
	write_percentile_axis(&plot);
	write_curve(&plot, "get", &result->gets);
	write_curve(&plot, "set", &result->sets);
	end(&plot);
}

static void
begin(struct plot *plot, const char *title, const char *x_title, uint64_t min_ns, uint64_t max_ns)
{
	double min_us = RTE_MAX(min_ns, UINT64_C(1)) / NS_IN_US;
	double max_us = RTE_MAX(max_ns, UINT64_C(1)) / NS_IN_US;

	plot->y_low = floor(log10(min_us));
	plot->y_high = RTE_MAX((int)ceil(log10(max_us)), plot->y_low + 1);
	fprintf(plot->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<title>%s</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%u\" y=\"22\" font-size=\"15\">%s</text>\n"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s</text>\n",
		LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, LEFT + WIDTH + RIGHT,
		TOP + HEIGHT + BOTTOM, title, LEFT, title, LEFT + WIDTH / 2, TOP + HEIGHT + 45,
		x_title);
	write_y_axis(plot);
}

static void
end(struct plot *plot)
{
	fprintf(plot->out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"none\" "
		"stroke=\"#444\"/>\n</svg>\n",
		LEFT, TOP, WIDTH, HEIGHT);
}

/* Powers of ten, and unnamed lines at 2 and 5 times. */
static void
write_y_axis(struct plot *plot)
{
	static const char *const names[] = {"1 ns",   "10 ns", "100 ns", "1 us",   "10 us",
					    "100 us", "1 ms",  "10 ms",	 "100 ms", "1 s",
					    "10 s",   "100 s", "1000 s", "10000 s"};
	static const unsigned int between[] = {1, 2, 5};
	unsigned int i;
	int power;

	for (power = plot->y_low; power <= plot->y_high; power++) {
		for (i = 0; i < RTE_DIM(between) && (i == 0 || power < plot->y_high); i++) {
			double y = place_y(plot, between[i] * pow(10, power) * NS_IN_US);

			fprintf(plot->out,
				"<line x1=\"%u\" y1=\"%.1f\" x2=\"%u\" y2=\"%.1f\" "
				"stroke=\"%s\"/>\n",
				LEFT, y, LEFT + WIDTH, y, i == 0 ? "#ccc" : "#eee");
		}
		fprintf(plot->out, "<text x=\"%u\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			LEFT - 8, place_y(plot, pow(10, power) * NS_IN_US) + 4, names[power + 3]);
	}
}

/* Steps of 1, 2 or 5 times a power of ten. */
static void
write_rate_axis(struct plot *plot)
{
	double least = plot->x_max / TICKS;
	double step = pow(10, floor(log10(least)));
	double at;

	if (step * 5 < least)
		step *= 10;
	else if (step * 2 < least)
		step *= 5;
	else if (step < least)
		step *= 2;
	plot->x_max = ceil(plot->x_max / step) * step;
	for (at = 0; at <= plot->x_max + step / 2; at += step)
		fprintf(plot->out,
			"<line x1=\"%.1f\" y1=\"%u\" x2=\"%.1f\" y2=\"%u\" stroke=\"#eee\"/>"
			"<text x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">%.0f</text>\n",
			place_x(plot, at), TOP, place_x(plot, at), TOP + HEIGHT, place_x(plot, at),
			TOP + HEIGHT + 20, at);
}

static void
write_percentile_axis(struct plot *plot)
{
	static const char *const names[] = {"0%",     "90%",	 "99%",	    "99.9%",
					    "99.99%", "99.999%", "99.9999%"};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		fprintf(plot->out,
			"<line x1=\"%.1f\" y1=\"%u\" x2=\"%.1f\" y2=\"%u\" stroke=\"#eee\"/>"
			"<text x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">%s</text>\n",
			place_x(plot, i), TOP, place_x(plot, i), TOP + HEIGHT, place_x(plot, i),
			TOP + HEIGHT + 20, names[i]);
}

/* With its place in the legend. */
static void
begin_line(struct plot *plot, const char *name)
{
	unsigned int x = LEFT + plot->nb_lines * LEGEND_STEP;
	const char *colour = colours[plot->nb_lines];
	const char *dash = dashes[plot->nb_lines];

	fprintf(plot->out,
		"<line x1=\"%u\" y1=\"46\" x2=\"%u\" y2=\"46\" stroke=\"%s\" stroke-width=\"2\" "
		"stroke-dasharray=\"%s\"/><text x=\"%u\" y=\"50\">%s</text>\n"
		"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
		"stroke-dasharray=\"%s\" points=\"",
		x, x + 30, colour, dash, x + 36, name, colour, dash);
}

static void
add_point(struct plot *plot, double x, uint64_t ns)
{
	fprintf(plot->out, "%.1f,%.1f ", place_x(plot, x), place_y(plot, ns));
}

static void
end_line(struct plot *plot)
{
	fprintf(plot->out, "\"/>\n");
}

static void
write_curve(struct plot *plot, const char *name, const struct load_histogram *histogram)
{
	unsigned int i;
	double x;

	if (histogram->total == 0)
		return;
	begin_line(plot, name);
	for (i = 0; i <= CURVE_POWERS * CURVE_POINTS; i++) {
		x = (double)i / CURVE_POINTS;
		add_point(plot, x, load_histogram_percentile(histogram, 100 * (1 - pow(10, -x))));
		/* Beyond that there is but the largest. */
		if (pow(10, x) > histogram->total)
			break;
	}
	end_line(plot);
	plot->nb_lines++;
}

/* A point, which tells its figures to who points at it. */
static void
write_mark(struct plot *plot, const struct load_result *result, double percentile)
{
	double answers = load_result_throughput(result);
	uint64_t ns = load_histogram_percentile(&result->all, percentile);

	fprintf(plot->out,
		"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%.0f/s of %.0f/s "
		"asked for, p%g: %.1f us</title></circle>\n",
		place_x(plot, answers), place_y(plot, ns), colours[plot->nb_lines], answers,
		result->rate, percentile, ns / NS_IN_US);
}

static double
place_x(const struct plot *plot, double x)
{
	return LEFT + WIDTH * x / plot->x_max;
}

static double
place_y(const struct plot *plot, uint64_t ns)
{
	double power = log10(RTE_MAX(ns, UINT64_C(1)) / NS_IN_US);
	double part = (power - plot->y_low) / (plot->y_high - plot->y_low);

	return TOP + HEIGHT * (1 - RTE_MAX(0, RTE_MIN(1, part)));
}
