# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Launches that cannot work: status 2, one line that names what was wrong, and nothing left."""

import re
import subprocess

import pytest

import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own launch arguments")

ADDR = ["--addr", "10.77.0.2/24"]
# What DPDK itself says: "EAL: ...", "tun_alloc(): ...".
DPDK_LINE = re.compile(r"[A-Z_]+: |\w+\(\): ")

# Arguments, and what the line must name.
LAUNCHES = {
    "unknown option": ([*ADDR, "--frobnicate"], ["--frobnicate"]),
    "unknown short option": ([*ADDR, "-Z"], ["-Z"]),
    "stray word": ([*ADDR, "stray"], ["stray"]),
    "no address": ([], ["--addr"]),
    "address without prefix": (["--addr", "10.77.0.2"], ["--addr", "10.77.0.2"]),
    "address of five parts": (["--addr", "10.77.0.2.1/24"], ["--addr", "10.77.0.2.1"]),
    "address too large": (["--addr", "10.77.0.999/24"], ["--addr", "10.77.0.999"]),
    "address in words": (["--addr", "localhost/24"], ["--addr", "localhost"]),
    "prefix too long": (["--addr", "10.77.0.2/33"], ["--addr", "33"]),
    "port that is not there": (["--addr", "10.77.0.2/24,port=9"], ["--addr", "9"]),
    "gateway elsewhere": ([*ADDR, "--gateway", "10.78.0.1"], ["--gateway", "10.78.0.1"]),
    "gateway in words": ([*ADDR, "--gateway", "router"], ["--gateway", "router"]),
    "listen on 0": ([*ADDR, "--listen", "0"], ["--listen", "0"]),
    "listen on 65536": ([*ADDR, "--listen", "65536"], ["--listen", "65536"]),
    "listen on a word": ([*ADDR, "--listen", "http"], ["--listen", "http"]),
    "listen on -1": ([*ADDR, "--listen", "-1"], ["--listen", "-1"]),
    "listen elsewhere": ([*ADDR, "--listen", "10.9.9.9:11211"], ["--listen", "10.9.9.9"]),
    "unknown protocol": ([*ADDR, "--listen", "80,proto=http"], ["--listen", "http"]),
    "port in use": ([*ADDR, "--listen", "11211", "--listen", "11211"], ["--listen", "11211"]),
    "port in use by another": ([*ADDR, "--listen", "7", "--listen", "10.77.0.2:7,proto=echo"],
                               ["--listen", "7"]),
    "unknown engine": ([*ADDR, "--engine", "nosuch"], ["engine", "nosuch"]),
    "engine that is no file": ([*ADDR, "--engine", "/nowhere/engine.so"],
                               ["engine", "/nowhere/engine.so"]),
    "engine that is no engine": ([*ADDR, "--engine", "/proc/self/exe.so"],
                                 ["engine", "/proc/self/exe.so"]),
    "engine's argument": ([*ADDR, "--engine", "dram,nosuch=1"], ["dram", "nosuch"]),
    "engine threads in words": ([*ADDR, "--engine-threads", "many"], ["--engine-threads", "many"]),
    "engine threads below 0": ([*ADDR, "--engine-threads", "-1"], ["--engine-threads", "-1"]),
    "too many engine threads": ([*ADDR, "--engine-threads", "100000"],
                                ["--engine-threads", "100000"]),
    "no connections": ([*ADDR, "--max-conns", "0"], ["--max-conns", "0"]),
    "unknown idle": ([*ADDR, "--idle", "nap"], ["--idle", "nap"]),
    "metrics on 0": ([*ADDR, "--metrics", "0"], ["--metrics", "0"]),
    "metrics elsewhere": ([*ADDR, "--metrics", "192.0.2.1:80"], ["--metrics", "192.0.2.1:80"]),
    "no such file": ([*ADDR, "--cmdline-file", "/nowhere/file"],
                     ["--cmdline-file", "/nowhere/file"]),
    "no such configuration": (["--config", "/nowhere/file"], ["--config", "/nowhere/file"]),
    "lacks a value": ([*ADDR, "--listen"], ["--listen"]),
}


@pytest.fixture(scope="module", autouse=True)
def namespace():
    """All of them in one namespace: nothing of one is left for the next."""
    with netns.Namespace() as found:
        yield found


def assert_refused(args, names, tap=True, before=()):
    """Launch and expect a refusal."""
    with servers.Folder() as folder:
        done = servers.run_to_end(folder, args, before, tap)
        assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
        lines = [line for line in done.stderr.splitlines() if not DPDK_LINE.match(line)]
        assert len(lines) == 1, done.stderr
        assert all(name in lines[0] for name in names), lines[0]
        assert folder.left() == []
    assert not netns.link_exists(servers.TAP)


@pytest.mark.parametrize("name", LAUNCHES)
def test_refused(name):
    args, names = LAUNCHES[name]
    assert_refused(args, names)


def test_configuration(tmp_path):
    """The line names the file, the line in it, the option and its value."""
    config = tmp_path / "tailrace.conf"
    config.write_text("[tailrace]\naddr = 10.77.0.2/24\n\nlisten = http\n")
    assert_refused(["--config", str(config)], [f"{config}:4:", "listen", "http", "1 to 65535"])


def test_no_port():
    assert_refused(ADDR, ["port"], tap=False)


def test_no_tun():
    """Without /dev/net/tun there is no tap, hence no port."""
    assert_refused(ADDR, ["--vdev net_tap0", "/dev/net/tun"], before=[
        "unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh"])


def test_bad_eal_argument():
    done = subprocess.run([str(servers.BINARY), "--no-such-eal-option", "--", *ADDR], check=False,
                          timeout=servers.START_DEADLINE_S, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert "no-such-eal-option" in done.stderr
