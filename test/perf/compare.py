#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Measures servers beside each other: on the same two CPUs, one for the server and one for the
generator, by the same requests, in turns. Writes a report into a folder."""
import argparse
import contextlib
import datetime
import os
import pathlib
import re
import shlex
import shutil
import signal
import stat
import sys

import compare_report
import compare_target
from compare_target import BUILT_IN, CONNECTIONS

DEPTHS = (1, 16)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORKLOAD = ("--get-ratio", "10:1", "--value-bytes", "64-512")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
ADDRESS = r"\d+\.\d+\.\d+\.\d+:\d+"


def parse_args():
    parser = argparse.ArgumentParser(
        prog="compare.sh", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="targets:\n" + "".join(f"  {n:20} {what}\n" for n, what in BUILT_IN.items()) +
        "\nEnvironment: TAILRACE_BUILD is the folder of the build (build).\n"
        "Exit status: 0; 1 if a target could not be measured; 2 if it cannot begin.")
    parser.add_argument("--targets", metavar="LIST", default=",".join(BUILT_IN),
                        help="which of those below, with commas; none: '' (default: all)")
    parser.add_argument("--target", metavar="NAME=ADDR:PORT", action="append", default=[],
                        help="another server, over the kernel's sockets (may be repeated)")
    parser.add_argument("--memif", metavar="NAME=SOCKET,ADDR:PORT", action="append", default=[],
                        help="another server, behind the socket of its memif (may be repeated)")
    parser.add_argument("--protocols", metavar="LIST", default="text",
                        help="text, binary, or both with a comma (default: text)")
    parser.add_argument("--duration", metavar="SECONDS", type=positive(float), default=5,
                        help="of each measurement (default: 5)")
    parser.add_argument("--repetitions", metavar="N", type=positive(int), default=5,
                        help="of each measurement; of all targets in turn (default: 5)")
    parser.add_argument("--share", metavar="PERCENT", type=positive(int), default=50,
                        help="rate of the open loop, as part of what the closed loop of depth\n"
                        f"{DEPTHS[-1]} reached right before (default: 50)")
    parser.add_argument("--out", metavar="FOLDER", type=pathlib.Path,
                        default=datetime.datetime.now().strftime("compare-%Y%m%d-%H%M%S"),
                        help="where the report goes (default: compare-DATE-TIME)")
    parser.add_argument("--quick", action="store_true",
                        help="one repetition of 0.3 seconds: a try, no measurement")
    args = parser.parse_args()
    if args.quick:
        args.duration, args.repetitions = 0.3, 1
    return parser, args


def positive(kind):
    """Parses a number above zero."""
    def parse(text):
        value = kind(text)
        if not 0 < value < 1e6:
            raise ValueError
        return value
    parse.__name__ = "number above 0"
    return parse


def make_targets(parser, args):
    """What is asked for, once it is known that it can be."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        parser.error("it takes two CPUs: one for the server, one for the generator")
    if os.geteuid() != 0:
        parser.error("it takes root, to make network namespaces")
    targets = []
    for name in filter(None, args.targets.split(",")):
        if name not in BUILT_IN:
            parser.error(f"no target {name}; there are {', '.join(BUILT_IN)}")
        needed = compare_target.NEEDS.get(name)
        if needed is not None and shutil.which(needed) is None:
            parser.error(f"{name} needs {needed}: install Debian's package of it (dpdk-dev, "
                         "memcached), or leave it out of --targets")
        targets.append(compare_target.built_in(name, cpus))
    for text in args.target:
        found = re.fullmatch(f"({NAME})=({ADDRESS})", text)
        if found is None:
            parser.error(f"--target {text}: must be NAME=ADDR:PORT")
        targets.append(compare_target.Target(found[1], f"a server at {found[2]}", cpus,
                                             address=found[2]))
    for text in args.memif:
        found = re.fullmatch(f"({NAME})=([^,]+),({ADDRESS})", text)
        if found is None:
            parser.error(f"--memif {text}: must be NAME=SOCKET,ADDR:PORT")
        if not os.path.exists(found[2]) or not stat.S_ISSOCK(os.stat(found[2]).st_mode):
            parser.error(f"--memif {text}: {found[2]} is not a socket")
        targets.append(compare_target.Target(found[1], f"a server over the memif {found[2]}", cpus,
                                             memif_path=os.path.abspath(found[2]),
                                             address=found[3]))
    names = [target.name for target in targets]
    if not names or len(set(names)) < len(names):
        parser.error("no target" if not names else f"a target twice: {', '.join(names)}")
    for binary in (compare_target.servers.BINARY, compare_target.BENCH):
        if not binary.exists():
            parser.error(f"{binary} is missing: build it, or set TAILRACE_BUILD")
    if "tailrace-tap" in names and not os.path.exists("/dev/net/tun"):
        parser.error("tailrace-tap needs /dev/net/tun")
    return targets, cpus


def measure(target, args, last, say):
    """One turn of a target: its results, and what its core did, by points."""
    times = ("--duration", f"{max(1, int(args.duration * 1000))}ms",
             "--warmup", f"{int(min(1, args.duration) * 1000)}ms")
    results, cycles = {}, {}

    def load(point, *more):
        say(point)
        results[point] = target.load(point, [*WORKLOAD, *times, *more])
        cycles[point] = target.prompt("show core 0 cycles")
        target.prompt("clear core 0 cycles")

    if isinstance(target, compare_target.Bounce):
        for depth in DEPTHS:
            point = f"{args.protocols[0]}, depth {depth}"
            say(point)
            results[point] = target.bounce(point, CONNECTIONS * depth, args.duration)
        return results, cycles
    for protocol in args.protocols:
        for depth in DEPTHS:
            load(f"{protocol}, depth {depth}", "--protocol", protocol, "--depth", str(depth))
        rate = results[f"{protocol}, depth {DEPTHS[-1]}"]["answers_per_s"] * args.share / 100
        plot = ["--svg", str(args.out / f"{target.name}-{protocol}.svg")] if last else []
        load(f"{protocol}, {args.share}% open", "--protocol", protocol, "--depth",
             str(DEPTHS[-1]), "--rate", str(max(1, int(rate))), *plot)
    return results, cycles


def measure_all(targets, args, report):
    """Targets in turns. One that fails is left out from then on, and the others go on."""
    for repetition in range(args.repetitions):
        for target in targets:
            if target.name in report.failures:
                continue

            def say(point, name=target.name, number=repetition + 1):
                if sys.stderr.isatty():
                    print(f"\r\033[K{number}/{args.repetitions} {name}: {point}", end="",
                          file=sys.stderr, flush=True)
            try:
                say("starts")
                with target:
                    results, cycles = measure(target, args, repetition == args.repetitions - 1,
                                              say)
                report.add(target, results, cycles)
            except (compare_target.Failed, AssertionError, OSError, RuntimeError) as error:
                notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
                report.failures[target.name] = f"{error}{notes}"
    report.complete = not report.failures


def on_signal(number, _):
    """Ends us by way of everybody's cleaning up, which another signal does not disturb."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    print("\ncompare.sh: interrupted; the report has what was measured until now",
          file=sys.stderr)
    raise SystemExit(128 + number)


def main():
    parser, args = parse_args()
    args.protocols = args.protocols.split(",")
    if not set(args.protocols) <= {"text", "binary"}:
        parser.error("--protocols takes text, binary, or text,binary")
    args.out = pathlib.Path(args.out).resolve()
    targets, cpus = make_targets(parser, args)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        if any(args.out.iterdir()):
            parser.error(f"{args.out} is not empty")
    except OSError as error:
        parser.error(f"{args.out}: {error.strerror}")
    for number in SIGNALS:
        signal.signal(number, on_signal)
    report = compare_report.Report(shlex.join(["test/perf/compare.sh", *sys.argv[1:]]), args, cpus)
    with contextlib.ExitStack() as stack:
        stack.callback(report.write, args.out)
        measure_all(targets, args, report)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(report.table())
    for name, why in report.failures.items():
        print(f"compare.sh: {name}: {why}", file=sys.stderr)
    print(f"written: {args.out / 'report.html'}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
