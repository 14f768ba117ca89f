# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What compare.sh writes: results.json for programs, table.rst for the guide, report.html."""
import datetime
import html
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess

BASE = "memcached-loopback"
PERCENTILES = ("mean", "p50", "p99", "p99.9")
HEAD = ("target", "answers/s", "spread", "ratio", *(f"{p} us" for p in PERCENTILES))
STYLE = """body { font-family: sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em;
color: #222; background: white }
pre { background: #f4f4f4; padding: 0.8em; white-space: pre-wrap; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto }
table { border-collapse: collapse }
th, td { padding: 0.2em 0.5em; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }"""


class Report:
    """What was measured so far, and where."""

    def __init__(self, command, args, cpus):
        self.complete = False
        self.failures = {}
        self._command = command
        self._settings = {
            "duration_s": args.duration, "repetitions": args.repetitions,
            "protocols": args.protocols, "open_loop_percent": args.share,
            "server_cpu": cpus[0], "generator_cpu": cpus[1]}
        self._begin = datetime.datetime.now(datetime.timezone.utc)
        self._ticks = _cpu_ticks()
        self._machine = machine()
        self._targets = {}

    def add(self, target, results, cycles):
        """One repetition of a target."""
        entry = self._targets.setdefault(target.name, {"what": target.what, "points": {}})
        entry["commands"] = target.commands
        for point, result in results.items():
            entry["points"].setdefault(point, []).append(result)
        entry["cycles"] = {point: text for point, text in cycles.items() if text is not None}

    def rows(self):
        """Point to target to figures: medians of the repetitions."""
        rows = {}
        for name, entry in self._targets.items():
            for point, results in entry["points"].items():
                rows.setdefault(point, {})[name] = summary(results)
        for row in rows.values():
            for name, figures in row.items():
                # A frame is no answer.
                if BASE in row and name != "memif-bounce":
                    figures["ratio"] = figures["answers_per_s"] / row[BASE]["answers_per_s"]
        return rows

    def table(self):
        """All figures, as reStructuredText that can also be read as it is."""
        text = []
        for point, row in self.rows().items():
            text += [f"{point}:", "", *simple_table([HEAD, *map(cells, row.items())]), ""]
        return "\n".join(text)

    def write(self, folder):
        """All files; of what there is, if it was interrupted."""
        (folder / "results.json").write_text(json.dumps(self._json(), indent=1) + "\n",
                                             encoding="utf-8")
        (folder / "table.rst").write_text(self.table(), encoding="utf-8")
        (folder / "report.html").write_text(self._html(folder), encoding="utf-8")

    def _json(self):
        rows = self.rows()
        targets = {}
        for name, entry in self._targets.items():
            points = {point: {**rows[point][name], "runs": runs}
                      for point, runs in entry["points"].items()}
            targets[name] = {**entry, "points": points}
        return {"complete": self.complete, "command": self._command,
                "begin": self._begin.isoformat(timespec="seconds"),
                "end": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "settings": self._settings, "machine": self._facts(), "failures": self.failures,
                "targets": targets}

    def _facts(self):
        """Those of the machine, and how busy it was besides."""
        ticks = [now - before for now, before in zip(_cpu_ticks(), self._ticks)]
        return {**self._machine, "load average at the end": load_average(),
                "stolen by the hypervisor": f"{100 * ticks[7] / max(1, sum(ticks)):.1f}%"}

    def _html(self, folder):
        data = self._json()
        text = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
                f"<title>tailrace compared</title><style>{STYLE}</style></head><body>",
                "<h1>tailrace and others</h1>", f"<pre>{html.escape(self._command)}</pre>"]
        if not self.complete:
            text.append("<p><strong>Not complete: something failed or was interrupted.</strong></p>")
        for name, why in self.failures.items():
            text.append(f"<h2>{name} failed</h2><pre>{html.escape(why)}</pre>")
        for point, row in self.rows().items():
            text += [f"<h2>{point}</h2>", *html_table([HEAD, *map(cells, row.items())])]
        text.append(f"<p>Medians of the repetitions; spread: from the slowest to the fastest, as a "
                    f"part of the median; ratio: to {BASE}.</p><h2>Targets</h2>")
        for name, entry in self._targets.items():
            text.append(f"<h3>{name}</h3><p>{html.escape(entry['what'])}</p>")
            text += [f"<p>{what}</p><pre>{html.escape(command)}</pre>"
                     for what, command in entry["commands"].items()]
            text += [f"<p>show core 0 cycles: {point}</p><pre>{html.escape(cycles)}</pre>"
                     for point, cycles in entry["cycles"].items()]
            plots = [folder / f"{name}-{protocol}.svg" for protocol in self._settings["protocols"]]
            text += [plot.read_text(encoding="utf-8") for plot in plots if plot.exists()]
        facts = {"begin": data["begin"], "end": data["end"], **self._settings, **data["machine"]}
        text += ["<h2>Settings and machine</h2>",
                 *html_table([("", ""), *((k, str(v)) for k, v in facts.items())]),
                 "</body></html>", ""]
        return "\n".join(text)


def summary(results):
    """The figures of a point, of all its repetitions."""
    rates = [result["answers_per_s"] for result in results]
    latencies = [result["latency_us"]["all"] for result in results]
    median = statistics.median(rates)
    return {"answers_per_s": median, "lowest": min(rates), "highest": max(rates),
            "spread": (max(rates) - min(rates)) / median if median else 0,
            "latency_us": {p: statistics.median(latency[p] for latency in latencies)
                           for p in PERCENTILES if p in latencies[0]}}


def cells(item):
    """The texts of a row."""
    name, figures = item
    latency = figures["latency_us"]
    return (name, f"{figures['answers_per_s']:.0f}", f"{100 * figures['spread']:.0f}%",
            f"{figures['ratio']:.2f}" if "ratio" in figures else "-",
            *(f"{latency[p]:.1f}" if p in latency else "-" for p in PERCENTILES))


def simple_table(rows):
    """Lines of reStructuredText."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    line = "  ".join("=" * width for width in widths)
    texts = ["  ".join((c.ljust if i == 0 else c.rjust)(w)
                       for i, (c, w) in enumerate(zip(row, widths))) for row in rows]
    return [line, texts[0], line, *texts[1:], line]


def html_table(rows):
    """Lines of HTML; the first row is a head."""
    yield "<table>"
    for number, row in enumerate(rows):
        tag = "td" if number else "th"
        yield "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row) + "</tr>"
    yield "</table>"


def machine():
    """What a reader must know of it."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = [line.split(":", 1)[1].strip() for line in cpuinfo.splitlines()
             if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    source = pathlib.Path(__file__).parent
    return {"CPU": model[0] if model else platform.machine(), "CPUs": os.cpu_count(),
            "memory": f"{memory:.1f} GiB", "kernel": f"{platform.system()} {platform.release()}",
            "DPDK": said("pkg-config", "--modversion", "libdpdk"),
            "memcached": said("memcached", "--version"),
            "tailrace": said("git", "-C", str(source), "describe", "--always", "--dirty"),
            "load average at the beginning": load_average()}


def said(*command):
    """What a program prints; empty where there is none."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL, check=False).stdout.strip()


def load_average():
    """Of a minute."""
    return f"{os.getloadavg()[0]:.2f}"


def _cpu_ticks():
    """user, nice, system, idle, iowait, irq, softirq, steal."""
    first = pathlib.Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    return [int(number) for number in first.split()[1:9]]
