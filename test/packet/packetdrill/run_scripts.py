#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Run scripts that others wrote for packetdrill against our stack, and say which pass.

What a script sets with sysctl is given to the stack as --so_flags, where it has such a setting.
Commands that would change the kernel do nothing.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SHIMS = ("ethtool", "ip", "nstat", "sysctl", "tc")
LIMIT_S = 20
# What Google's defaults.sh sets for each of its scripts; habits and a window scale of 8 are Linux'.
FLAGS = {"ecn": "off", "habits": "linux", "rcvbuf": "8400000"}
SYSCTLS = {
    "tcp_ecn": {"0": ("ecn", "off"), "1": ("ecn", "request"), "2": ("ecn", "accept")},
    "tcp_timestamps": {"0": ("timestamps", "off")},
    "tcp_congestion_control": {"cubic": ("congestion", "cubic"), "reno": ("congestion", "newreno")},
}
LINKS = {
    "ipv4": (["--ip_version=ipv4", "--local_ip=192.168.0.2", "--gateway_ip=192.168.0.1",
              "--netmask_ip=255.255.0.0"],
             {"local": "192.168.0.2", "gateway": "192.168.0.1", "mtu": "1500"}),
    "ipv6": (["--ip_version=ipv6", "--mtu=1520", "--local_ip=fd3d:0a0b:17d6::1",
              "--gateway_ip=fd3d:0a0b:17d6:8888::1", "--remote_ip=fd3d:fa7b:d17d::1"],
             {"local": "fd3d:a0b:17d6::1", "gateway": "fd3d:a0b:17d6:8888::1", "mtu": "1520"}),
}


def flags_of(text, link):
    """The --so_flags of a script."""
    flags = dict(FLAGS, **LINKS[link][1])
    for name, value in re.findall(r"net[./]ipv4[./](\w+)=\"?(\w+)", text):
        flags.update([SYSCTLS.get(name, {}).get(value, ("ecn", flags["ecn"]))])
    return ",".join(f"{key}={value}" for key, value in sorted(flags.items()))


def run(script, args, path):
    """Whether it passes, and what was said."""
    text = script.read_text(encoding="utf-8", errors="replace")
    command = [args.packetdrill.resolve(), f"--so_filename={args.object.resolve()}",
               f"--so_flags={flags_of(text, args.link)}", *LINKS[args.link][0],
               "-D", "CODE=host_unreachable", "-D", "CMSG_LEVEL_IP=SOL_IP",
               "-D", "CMSG_TYPE_RECVERR=IP_RECVERR", script.name]
    environment = dict(os.environ, LD_PRELOAD=str(args.object.resolve()), PATH=path)
    try:
        done = subprocess.run(command, cwd=script.parent, env=environment, timeout=LIMIT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired:
        return False, "takes too long"
    return done.returncode == 0, done.stdout.decode(errors="replace").strip()


def find(args):
    """Scripts, in order."""
    for script in sorted(args.folder.rglob("*.pkt")):
        name = str(script.relative_to(args.folder))
        if not any(fnmatch.fnmatch(name, pattern) for pattern in args.exclude):
            yield name, script


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packetdrill", type=pathlib.Path, help="the program")
    parser.add_argument("object", type=pathlib.Path, help="libtailrace_packetdrill.so")
    parser.add_argument("folder", type=pathlib.Path, help="of scripts, with what they call")
    parser.add_argument("--link", choices=LINKS, default="ipv4")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN",
                        help="scripts to leave out, relative to the folder; * is any text")
    parser.add_argument("--quiet", action="store_true", help="do not say why a script fails")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as shims:
        for name in SHIMS:
            shim = pathlib.Path(shims) / name
            shim.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
            shim.chmod(0o755)
        path = f"{shims}:{os.environ['PATH']}"
        scripts = list(find(args))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            results = pool.map(lambda script: run(script[1], args, path), scripts)
            passed = 0
            for (name, _), (good, said) in zip(scripts, results):
                passed += good
                print("pass" if good else "FAIL", name, flush=True)
                if not good and not args.quiet:
                    print("    " + said.replace("\n", "\n    "))
    print(f"{passed} of {len(scripts)} pass")
    sys.exit(passed == 0)


if __name__ == "__main__":
    main()
