#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What a request costs, from callgrind's dumps of test/perf/replay: instructions by stage and
last-level cache misses.

A function belongs to a stage by the file it stands in. One that serves several (the C library,
DPDK, the chain, timers, formats) belongs to those who call it, in proportion to what their calls
cost. So every instruction is counted once, and the stages add up to the total.
"""
import argparse
import json
import pathlib
import re
import sys

import callgrind

BASELINE = pathlib.Path(__file__).with_name("baseline.json")

# By how much a figure may grow over the baseline.
SLACK = 0.05

# Cache misses are few, and where memory lies moves some: by half, and by half a miss a request.
MISSES_SLACK = 0.5
MISSES_LEAST = 0.5

STAGES = ("rx", "tcp_in", "parse", "engine", "submit", "compose", "out", "tx", "other")

# The first that matches "file:function" decides; none: the callers do.
STAGE_OF = [(re.compile(pattern), stage) for pattern, stage in (
    (r"replay_client\.c:port_rx|lib/ip/(eth|ip_input|ip_mbuf)\.c:(eth_input|ip_input|ip_mbuf|check_"
     r"|is_verified)", "rx"),
    (r"lib/tcp/tcp_(input|segment|receive|reassembly|ack|loss|congestion|event|close|handshake)\.c",
     "tcp_in"),
    (r"lib/core/core_conn\.c:(readable|sent)", "tcp_in"),
    (r"lib/mc/mc_\w*compose\.c|lib/core/core_reply\.c:(?!core_reply_drain)", "compose"),
    (r"lib/core/core_request\.c:core_request_(execute|free)|lib/core/core_timeout\.c|lib/submit/"
     r"|lib/core/core_reply\.c", "submit"),
    (r"lib/mc/|lib/core/core_(conn|request|order|body)\.c", "parse"),
    (r"drivers/engine/", "engine"),
    (r"lib/tcp/tcp_output\.c|lib/ip/", "out"),
    (r"replay_client\.c:port_tx", "tx"),
    (r"lib/core/core(_wait|_control)?\.c|lib/tcp/tcp\.c", "other"),
)]

ROOTS = "test/perf/replay.c"  # starts and stops the counting, and is not counted


def shares(profile, event):
    """For each function, the part of it that each stage has."""
    roots = {n for n, f in profile.functions.items() if f.file.endswith(ROOTS)}
    share, callers = {}, {}
    for number, function in profile.functions.items():
        where = f"{function.file}:{function.name}"
        stage = next((s for pattern, s in STAGE_OF if pattern.search(where)), None)
        if stage is not None:
            share[number] = {stage: 1.0}
    for (caller, callee), cost in profile.calls.items():
        if callee not in share and caller != callee:
            callers.setdefault(callee, []).append((caller, cost.get(event, 0)))

    def resolve(number, seen):
        if number in share:
            return share[number]
        parts = {}
        total = 0
        for caller, cost in callers.get(number, ()):
            if caller in seen or caller in roots:
                continue
            total += cost
            for stage, part in resolve(caller, seen | {number}).items():
                parts[stage] = parts.get(stage, 0) + part * cost
        result = {s: p / total for s, p in parts.items()} if total > 0 else {"other": 1.0}
        if not seen:
            share[number] = result
        return result

    for number in profile.functions:
        resolve(number, frozenset())
    return share, roots


def measure(profile, requests):
    """The figures of one case, a request."""
    share, roots = shares(profile, "Ir")
    figures = dict.fromkeys(("total", "drain", "misses", *STAGES), 0.0)
    for number, cost in profile.costs("Ir").items():
        if number not in roots:
            figures["total"] += cost
            for stage, part in share[number].items():
                figures[stage] += part * cost
    for event in ("ILmr", "DLmr", "DLmw"):
        figures["misses"] += sum(cost for number, cost in profile.costs(event).items()
                                 if number not in roots)
    figures["drain"] = sum(cost["Ir"] for (_, callee), cost in profile.calls.items()
                           if profile.functions[callee].name == "core_reply_drain")
    return {name: round(value / requests, 2) for name, value in figures.items()}


def read_cases(folder):
    """Case to its Profile and number of requests, in the order in which they ran."""
    requests = {}
    with open(folder / "cases", encoding="utf-8") as f:
        for line in f:
            name, number = line.split()
            requests[name] = int(number)
    names = {}
    cases = {}
    dumps = sorted(folder.glob("callgrind.*"), key=lambda p: int(p.suffix[1:] or 0))
    for path in dumps:
        profile = callgrind.read(path, names)
        if profile.trigger in requests:
            cases[profile.trigger] = profile, requests[profile.trigger]
    if list(cases) != list(requests):
        raise SystemExit(f"{folder}: {len(requests)} cases ran, {len(cases)} were dumped")
    return cases


def figures_of(measured):
    """Name to figure: those that are compared with the baseline, and written to it."""
    figures = {"get_depth1": measured["get_depth1_conns1_null"]["total"],
               "get_depth16": measured["get_depth16_conns1_null"]["total"],
               "drain_to_chain": measured["get_depth16_conns1_rings"]["drain"]}
    for case, parts in measured.items():
        figures[case] = parts["total"]
        figures[f"{case}_misses"] = parts["misses"]
        if case.endswith("_rings"):
            figures[f"{case}_drain"] = parts["drain"]
        if not case.endswith("_thread"):
            figures.update({f"{case}_{stage}": parts[stage] for stage in STAGES})
    return figures


def is_gated(name):
    """Whether growth of a figure fails: totals do, and misses; of stages, the sum."""
    return not any(name.endswith(f"_{stage}") for stage in STAGES)


def compare(old, new):
    """What grew, and what shrank, as lines."""
    grew, shrank = [], []
    for name in sorted(set(old) | set(new)):
        if name not in old or name not in new:
            grew.append(f"{name}: in {'the baseline' if name in old else 'the figures'} alone")
            continue
        if not is_gated(name):
            continue
        slack = old[name] * SLACK
        if name.endswith("_misses"):
            slack = max(old[name] * MISSES_SLACK, MISSES_LEAST)
        line = f"{name}: {old[name]:.2f} to {new[name]:.2f}"
        if new[name] > old[name] + slack:
            grew.append(line)
        elif new[name] < old[name] - slack:
            shrank.append(line)
    return grew, shrank


def print_table(measured):
    columns = ("total", *STAGES, "drain", "misses")
    print(f"{'a request':28}" + "".join(f"{c:>9}" for c in columns))
    for case, parts in measured.items():
        print(f"{case:28}" + "".join(f"{parts[c]:9.0f}" for c in columns[:-1]) +
              f"{parts['misses']:9.2f}")


def print_top(profile, requests, nb):
    """The functions that cost most themselves."""
    print(f"\n{profile.trigger}: instructions a request, of each function itself")
    costs = sorted(profile.costs("Ir").items(), key=lambda item: -item[1])
    for number, cost in costs[:nb]:
        function = profile.functions[number]
        print(f"{cost / requests:9.1f}  {pathlib.Path(function.file).name}:{function.name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path, help="what instructions.sh made")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--update", action="store_true", help="rewrite the baseline")
    parser.add_argument("--baseline", type=pathlib.Path, default=BASELINE)
    parser.add_argument("--top", metavar="CASE", action="append", default=[],
                        help="print the 25 functions that cost most in it")
    args = parser.parse_args()

    cases = read_cases(args.folder)
    measured = {case: measure(*cases[case]) for case in cases}
    figures = figures_of(measured)
    if args.json:
        print(json.dumps(figures, indent=1))
    else:
        print_table(measured)
    for case in args.top:
        print_top(*cases[case], 25)
    if args.update:
        args.baseline.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        return 0
    grew, shrank = compare(json.loads(args.baseline.read_text(encoding="utf-8")), figures)
    for line in shrank:
        print(f"improved: {line}", file=sys.stderr)
    for line in grew:
        print(f"grew: {line}", file=sys.stderr)
    return 1 if grew else 0


if __name__ == "__main__":
    sys.exit(main())
