# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Telemetry: every endpoint below /tailrace, as DPDK's own tool reads it."""

import contextlib
import json
import re
import subprocess
import threading
import time

import pytest

import halt
import server as servers

pytestmark = pytest.mark.tailrace_only("its own telemetry")

STAGES = {"other", "rx", "tcp_in", "parse", "engine", "submit", "compose", "out", "tx"}

# What each endpoint takes and gives: the name of the test below.
ENDPOINTS = {
    "/tailrace/core", "/tailrace/core/cycles", "/tailrace/core/turns", "/tailrace/conn",
    "/tailrace/conns", "/tailrace/stack", "/tailrace/drops", "/tailrace/neighbours",
    "/tailrace/routes", "/tailrace/engine", "/tailrace/submit", "/tailrace/port", "/tailrace/log",
    "/tailrace/mempool", "/tailrace/impair",
}


@pytest.fixture(scope="module")
def watched():
    """A server with telemetry, that has done something."""
    with servers.Tailrace(threads=1, telemetry=True) as started:
        started.snapshot_pools()
        for _ in range(300):
            started.assert_serves()
        yield started


@pytest.fixture
def ask(watched):
    """Ask the server a question, and see it serve afterwards."""
    with watched.telemetry() as session:
        yield session.ask
    watched.assert_serves()
    watched.pools_settled()


def test_endpoints(ask):
    paths = {path for path in ask("/") if path.startswith("/tailrace")}
    assert paths == ENDPOINTS
    for path in sorted(paths):
        assert len(ask(f"/help,{path}")[path]) > 10


def test_core(ask):
    assert ask("/tailrace/core") == [0]
    core = ask("/tailrace/core,0")
    assert core["lcore"] == 0 and core["listening"] == "yes" and core["responses"] >= 600
    assert core["conns"] <= core["conns_max"] and core["credits"] <= core["credits_max"]


def test_core_cycles(ask):
    cycles = ask("/tailrace/core/cycles,0")
    assert STAGES < set(cycles) and cycles["stamped_turns"] > 0
    assert sum(cycles[stage] for stage in STAGES) == cycles["stamped_cycles"]
    assert cycles["work_us"] > 0 and cycles["idle_us"] > 0 and cycles["cycles_a_second"] > 10**6


def test_core_turns(ask):
    turns = ask("/tailrace/core/turns,0")
    for name in ("turn", "queue"):
        quantiles = [turns[f"{name}_{what}_ns"] for what in ("p50", "p90", "p99", "p999",
                                                              "longest")]
        assert turns[f"{name}_number"] > 0 and quantiles == sorted(quantiles)
        assert 0 < turns[f"{name}_mean_ns"] <= quantiles[-1]


def test_conns(watched, ask):
    clients = [watched.text() for _ in range(40)]
    for client in clients:
        client.set(b"key", b"value")
    ids = ask("/tailrace/conns")
    assert ids == sorted(set(ids)) and len(ids) >= 40
    remotes = {ask(f"/tailrace/conn,{number}")["remote"] for number in ids}
    assert {"%s:%d" % client.sock.getsockname() for client in clients} <= remotes
    assert ask(f"/tailrace/conns,{ids[20]}") == ids[20:]
    host, port = clients[0].sock.getsockname()
    conn, = [conn for conn in (ask(f"/tailrace/conn,{number}") for number in ids)
             if conn["remote"] == f"{host}:{port}"]
    assert conn["state"] == "ESTABLISHED" and conn["protocol"] == "mc" and conn["requests"] == 1
    assert conn["local"] == f"{servers.ADDRESS}:{servers.PORT}" and conn["mss_bytes"] > 500
    for client in clients:
        client.close()


def test_many_conns(watched, ask):
    """More than one answer has room for are read in several."""
    socks = [watched.connect() for _ in range(600)]
    ids, more = [], ask("/tailrace/conns")
    assert len(more) == 512
    while more:
        ids += more
        more = ask(f"/tailrace/conns,{ids[-1] + 1}")
    assert ids == sorted(set(ids)) and len(ids) >= 600
    for sock in socks:
        sock.close()


def test_stack(watched, ask):
    counters = ask("/tailrace/stack")
    assert set(counters) == set(watched.counters())
    assert counters["requests"] >= 600 and counters["cmd_set"] >= 300
    of_core = ask("/tailrace/stack,0")
    # Threads answer to all cores: their drops are of none.
    assert set(counters) - set(of_core) == {"drop_ring_full", "drop_bad_token"}


def test_drops(ask):
    drops = ask("/tailrace/drops")
    stack = {name for name in ask("/tailrace/stack") if name.startswith("drop_")}
    ports = {name for name in drops if name.startswith("port0_drop_")}
    impair = {name for name in drops if name.startswith("drop_impair_")}
    assert set(drops) == stack | ports | impair and len(ports) == 4 and len(impair) == 3
    assert drops["drop_ip_checksum"] == 0 and drops["port0_drop_tx_errors"] == 0


def test_neighbours(ask):
    assert f"{servers.HOST_ADDRESS} {servers.HOST_MAC}" in \
        [line.lower() for line in ask("/tailrace/neighbours,0")]


def test_engine(watched, ask):
    engine = ask("/tailrace/engine")
    assert engine.pop("engine") == "dram"
    names = re.findall(r"^  (\S+)", watched.cmd("show engine"), re.M)
    assert list(engine) == [re.sub(r"\W", "_", name) for name in names] and names


def test_submit(ask):
    names = ask("/tailrace/submit")
    assert names
    thread = ask("/tailrace/submit,0")
    assert thread["name"] == names[0] and thread["responses"] >= 600
    assert thread["executed"] >= 600 and thread["ring_full"] == thread["bad_token"] == 0
    assert ask(f"/tailrace/submit,{len(names)}") is None


def test_port(ask):
    assert ask("/tailrace/port") == [0]
    port = ask("/tailrace/port,0")
    assert port["driver"] == "net_tap" and port["link"] == "up" and port["mtu"] == 1500
    assert port["rx_packets"] > 600 and port["tx_packets"] > 600


def test_log(watched, ask):
    topics = [line.split() for line in watched.cmd("show log").splitlines()]
    assert [line.split() for line in ask("/tailrace/log")] == topics and len(topics) > 20
    watched.cmd("set log pmd.net.tap debug")
    assert ask("/tailrace/log,pmd.net.ta?") == ["pmd.net.tap debug"]
    watched.cmd("set log pmd.net.tap notice")


def test_mempool(watched, ask):
    names = ask("/tailrace/mempool")
    assert "core0_rx" in names
    for name in names:
        pool = ask(f"/tailrace/mempool,{name}")
        assert pool["size"] == pool["in_use"] + pool["available"] and pool["object_bytes"] > 0
        assert name in watched.cmd("show mempool")


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_bad_parameters(ask, path):
    """What is not there is null, and no reason to fall."""
    for param in ("77777777", "4294967295", "4294967296", "-1", " 0", "0x0", "1,2", "x" * 200,
                  "\x01\xff"):
        assert ask(f"{path},{param}") in (None, []), param


def test_core_stands_still(watched, ask):
    """A core that does not answer holds up no endpoint for ever, nor another who asks."""
    with halt.Halted(watched.pid, "tailrace"), watched.telemetry() as session:
        for path in ("/tailrace/core,0", "/tailrace/conns", "/tailrace/conn,0",
                     "/tailrace/neighbours,0", "/tailrace/routes,0", "/tailrace/engine"):
            assert ask(path) is None, path
        # Counters are read where they stand.
        assert session.ask("/tailrace/stack")["requests"] >= 600
    assert ask("/tailrace/core,0")["lcore"] == 0


def test_the_tool(watched):
    """DPDK's script reads them as well."""
    done = subprocess.run(["dpdk-telemetry.py", "-f", watched.prefix],
                          input="/tailrace/core,0\n/tailrace/mempool\n", text=True,
                          capture_output=True, timeout=20, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines() if "/tailrace" in line]
    assert [list(answer) for answer in answers] == [["/tailrace/core"], ["/tailrace/mempool"]], done


def test_many_ask(watched):
    """Several tools and the prompt ask at the same time as clients are served."""
    failures = []

    def work():
        try:
            with watched.telemetry() as session:
                for _ in range(20):
                    for path in ("/tailrace/core,0", "/tailrace/stack", "/tailrace/core/turns,0"):
                        assert session.ask(path) is not None
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        watched.cmd("show core 0 turns")
        watched.assert_serves()
    for thread in threads:
        thread.join(20)
    assert not failures and not any(thread.is_alive() for thread in threads)


def test_asked_while_it_ends():
    """Whoever asks as the server ends is answered something, and the end is a clean one."""
    with servers.Tailrace(threads=1, telemetry=True) as server:
        stop = threading.Event()

        def work():
            # The socket may be gone, or go in the middle of an answer.
            with contextlib.suppress(OSError, json.JSONDecodeError), \
                    server.telemetry() as session:
                while not stop.is_set():
                    session.ask("/tailrace/core,0")

        threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        server.assert_serves()
        began = time.monotonic()
        server.stop()
        # Two seconds to drain, and two that one of them waits for a core which answers no more.
        assert time.monotonic() - began < 8
        stop.set()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def test_no_telemetry():
    """Without it the server serves as ever."""
    with servers.Tailrace() as server:
        server.assert_serves()
        assert "telemetry" not in server.log()
