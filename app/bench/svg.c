/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "svg.h"

#include <math.h>

#include <rte_common.h>

/* Pixels. */
#define PANEL_WIDTH 380
#define PANEL_HEIGHT 300
#define PANEL_GAP 30
#define LEFT 70
#define TOP 80
#define BOTTOM 60
#define RIGHT 20
#define LEGEND_STEP 190

/* What the plot must hold: powers of ten, a logarithmic axis. */
struct scale {
	int low;
	int high;
};

static const char *const colours[PATHS] = {"#b2182b", "#ef8a62", "#2166ac", "#4d9221"};
/* For who sees no colours, and for paper. */
static const char *const dashes[PATHS] = {"6 3", "2 3", "none", "8 3 2 3"};

static struct scale find_scale(const struct results *results);
static void write_legend(FILE *out, const struct results *results);
static void write_panel(FILE *out, const struct results *results, const struct scale *scale,
			unsigned int panel);
static void write_axes(FILE *out, const struct results *results, const struct scale *scale,
		       unsigned int panel);
static void write_line(FILE *out, const struct results *results, const struct scale *scale,
		       unsigned int path, unsigned int panel);
static void write_size(FILE *out, uint32_t bytes);
static double place_x(const struct results *results, unsigned int value, unsigned int panel);
static double place_y(const struct scale *scale, double rate);

void
svg_write(FILE *out, const struct results *results)
{
	unsigned int nb_panels = results->args->nb_threads;
	unsigned int width = LEFT + nb_panels * (PANEL_WIDTH + PANEL_GAP) - PANEL_GAP + RIGHT;
	struct scale scale = find_scale(results);
	unsigned int panel;

	/* The legend has its width, too. */
	width = RTE_MAX(width, LEFT + results->args->nb_paths * LEGEND_STEP + RIGHT);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<title>Responses per second against value size</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		width, TOP + PANEL_HEIGHT + BOTTOM, width, TOP + PANEL_HEIGHT + BOTTOM);
	write_legend(out, results);
	for (panel = 0; panel < nb_panels; panel++)
		write_panel(out, results, &scale, panel);
	fprintf(out, "</svg>\n");
}

/* Of all panels, so that they can be compared. */
static struct scale
find_scale(const struct results *results)
{
	double min = results->results[0].rates.median;
	double max = min;
	unsigned int i;

	for (i = 1; i < results->nb_results; i++) {
		min = RTE_MIN(min, results->results[i].rates.median);
		max = RTE_MAX(max, results->results[i].rates.median);
	}
	return (struct scale){.low = floor(log10(min)), .high = floor(log10(max)) + 1};
}

static void
write_legend(FILE *out, const struct results *results)
{
	unsigned int i, p;
	unsigned int x = LEFT;

	fprintf(out,
		"<text x=\"%u\" y=\"22\" font-size=\"15\">Responses per second against value size, "
		"by engine threads</text>\n",
		LEFT);
	for (i = 0; i < results->args->nb_paths; i++) {
		for (p = 0; results->args->paths[i] != paths[p];)
			p++;
		fprintf(out,
			"<line x1=\"%u\" y1=\"42\" x2=\"%u\" y2=\"42\" stroke=\"%s\" "
			"stroke-width=\"2\" stroke-dasharray=\"%s\"/>"
			"<text x=\"%u\" y=\"46\">%s</text>\n",
			x, x + 30, colours[p], dashes[p], x + 36, paths[p]->name);
		x += LEGEND_STEP;
	}
}

static void
write_panel(FILE *out, const struct results *results, const struct scale *scale, unsigned int panel)
{
	unsigned int p;

	write_axes(out, results, scale, panel);
	for (p = 0; p < PATHS; p++)
		write_line(out, results, scale, p, panel);
}

static void
write_axes(FILE *out, const struct results *results, const struct scale *scale, unsigned int panel)
{
	const struct args *args = results->args;
	unsigned int left = LEFT + panel * (PANEL_WIDTH + PANEL_GAP);
	unsigned int i;
	int power;

	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"none\" "
		"stroke=\"#444\"/>\n"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%u engine thread%s</text>\n"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">bytes of value</text>\n",
		left, TOP, PANEL_WIDTH, PANEL_HEIGHT, left + PANEL_WIDTH / 2, TOP - 8,
		args->threads[panel], args->threads[panel] > 1 ? "s" : "", left + PANEL_WIDTH / 2,
		TOP + PANEL_HEIGHT + 42);
	for (power = scale->low; power <= scale->high; power++) {
		double y = place_y(scale, pow(10, power));

		fprintf(out,
			"<line x1=\"%u\" y1=\"%.1f\" x2=\"%u\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
			left, y, left + PANEL_WIDTH, y);
		if (panel == 0)
			fprintf(out,
				"<text x=\"%u\" y=\"%.1f\" text-anchor=\"end\">10<tspan dy=\"-5\" "
				"font-size=\"9\">%d</tspan></text>\n",
				left - 8, y + 4, power);
	}
	for (i = 0; i < args->nb_value_bytes; i++) {
		fprintf(out, "<text x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">",
			place_x(results, i, panel), TOP + PANEL_HEIGHT + 20);
		write_size(out, args->value_bytes[i]);
		fprintf(out, "</text>\n");
	}
}

static void
write_line(FILE *out, const struct results *results, const struct scale *scale, unsigned int path,
	   unsigned int panel)
{
	const struct args *args = results->args;
	const struct result *result;
	unsigned int i;

	if (result_find(results, paths[path], args->value_bytes[0], args->threads[panel]) == NULL)
		return;
	fprintf(out,
		"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
		"stroke-dasharray=\"%s\" points=\"",
		colours[path], dashes[path]);
	for (i = 0; i < args->nb_value_bytes; i++) {
		result = result_find(results, paths[path], args->value_bytes[i],
				     args->threads[panel]);
		fprintf(out, "%.1f,%.1f ", place_x(results, i, panel),
			place_y(scale, result->rates.median));
	}
	fprintf(out, "\"/>\n");
	for (i = 0; i < args->nb_value_bytes; i++) {
		result = result_find(results, paths[path], args->value_bytes[i],
				     args->threads[panel]);
		fprintf(out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\">"
			"<title>%s: %.0f/s</title></circle>\n",
			place_x(results, i, panel), place_y(scale, result->rates.median),
			colours[path], paths[path]->name, result->rates.median);
	}
}

static void
write_size(FILE *out, uint32_t bytes)
{
	if (bytes >= 1024 && bytes % 1024 == 0)
		fprintf(out, "%uK", bytes / 1024);
	else
		fprintf(out, "%u", bytes);
}

/* Sizes stand at equal distances, 0 among them. */
static double
place_x(const struct results *results, unsigned int value, unsigned int panel)
{
	double step = (double)PANEL_WIDTH / results->args->nb_value_bytes;

	return LEFT + panel * (PANEL_WIDTH + PANEL_GAP) + (value + 0.5) * step;
}

static double
place_y(const struct scale *scale, double rate)
{
	double part = (log10(rate) - scale->low) / (scale->high - scale->low);

	return TOP + PANEL_HEIGHT * (1 - part);
}
