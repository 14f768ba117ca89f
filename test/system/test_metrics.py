# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Metrics over HTTP, read as Prometheus does; and what no client of them can do."""

import contextlib
import http.client
import socket
import struct
import threading
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

import halt
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own metrics")

METRICS_PORT = 9121
CONNS_MAX = 16
CONN_S = 5

STAGES = {"other", "rx", "tcp_in", "parse", "engine", "submit", "compose", "out", "tx"}


def request(method="GET", path="/metrics", timeout=10):
    """Status, headers and body of one request."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", METRICS_PORT,
                                                       timeout=timeout)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def scrape():
    """Family by its name; the parser refuses what is not the format."""
    status, headers, text = request()
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)), "a family stands in two places"
    samples = [(sample.name, *sorted(sample.labels.items())) for family in families
               for sample in family.samples]
    assert len(samples) == len(set(samples)), "a sample stands twice"
    return {family.name: family for family in families}


def value(families, name, /, **labels):
    """The value of the one sample that has these labels."""
    family = next(family for key, family in families.items()
                  if name in (key, f"{key}_total", f"{key}_count", f"{key}_sum"))
    found, = [sample.value for sample in family.samples if sample.name == name and
              labels.items() <= sample.labels.items()]
    return found


@pytest.fixture(scope="module")
def measured():
    """A server with metrics, that has done something."""
    with servers.Tailrace(threads=1, args=["--metrics", str(METRICS_PORT)]) as started:
        started.snapshot_pools()
        for _ in range(300):
            started.assert_serves()
        yield started


@pytest.fixture(autouse=True)
def still_serves(request):  # pylint: disable=redefined-outer-name
    """After each test with the module's server it serves, and its pools are full."""
    yield
    if "measured" in request.fixturenames:
        server = request.getfixturevalue("measured")
        server.assert_serves()
        server.pools_settled()


@pytest.mark.usefixtures("measured")
def test_every_family_says_what_it_is():
    families = scrape()
    assert len(families) > 100
    for name, family in families.items():
        assert name.startswith("tailrace_") and len(family.documentation.split()) > 1, name
        assert family.type in ("counter", "gauge", "histogram") or name == "tailrace_engine_stat"
        assert family.samples, name


def test_counters_are_those_of_the_prompt(measured):
    families = scrape()
    counters = measured.counters()
    found = {}
    for name, family in families.items():
        for topic in ("core", "ip", "tcp", "chain", "mc"):
            if family.type == "counter" and name.startswith(f"tailrace_{topic}_"):
                found[name.removeprefix(f"tailrace_{topic}_")] = family.samples[0].value
    found.pop("seconds")
    assert set(found) == set(counters) - {"drop_ring_full", "drop_bad_token"}
    assert found["cmd_set"] == counters["cmd_set"] >= 300
    assert found["composed"] == counters["composed"] >= 600
    assert value(families, "tailrace_core_composed_total", core="0") == counters["composed"]


@pytest.mark.usefixtures("measured")
def test_time():
    families = scrape()
    assert value(families, "tailrace_core_seconds_total", core="0", state="work") > 0
    assert value(families, "tailrace_core_seconds_total", core="0", state="idle") > 0
    stages = {sample.labels["stage"]: sample.value
              for sample in families["tailrace_stage_seconds"].samples}
    assert set(stages) == STAGES and stages["rx"] > 0
    assert sum(stages.values()) == pytest.approx(
        value(families, "tailrace_turn_seconds_sum", core="0"), rel=1e-3)


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("name", ["tailrace_turn_seconds", "tailrace_queue_seconds"])
def test_histograms(name):
    families = scrape()
    buckets = [(float(sample.labels["le"]), sample.value) for sample in families[name].samples
               if sample.name == f"{name}_bucket"]
    bounds, counts = zip(*buckets)
    count = value(families, f"{name}_count", core="0")
    assert list(bounds) == sorted(set(bounds)) and bounds[-1] == float("inf")
    assert list(counts) == sorted(counts) and counts[-1] == count > 0
    # The mean is where the counts are.
    mean = value(families, f"{name}_sum", core="0") / count
    assert 0 < mean < max(bound for bound, below in zip(bounds[1:], counts) if below < count)


def test_threads_ports_pools_engine(measured):
    families = scrape()
    assert value(families, "tailrace_thread_executed_total", thread="0") >= 600
    assert value(families, "tailrace_thread_ring_full_total", thread="0") == 0
    assert value(families, "tailrace_port_rx_packets_total", port="0") > 600
    assert value(families, "tailrace_port_drop_tx_errors_total", port="0") == 0
    assert value(families, "tailrace_engine_info", engine="dram") == 1
    assert value(families, "tailrace_engine_stat", name="curr_items") == 1
    pools = {sample.labels["pool"] for sample in families["tailrace_mempool_objects"].samples}
    assert pools and all(pool in measured.cmd("show mempool") for pool in pools)
    with measured.text() as client:
        client.set(b"key", b"value")
        assert value(scrape(), "tailrace_conns", core="0") >= 1


@pytest.mark.usefixtures("measured")
def test_loopback_alone():
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((servers.HOST_ADDRESS, METRICS_PORT), timeout=5).close()


@pytest.mark.usefixtures("measured")
def test_other_requests():
    assert request(path="/")[0] == 404
    assert request(path="/metrics/x")[0] == 404
    assert request("POST")[0] == 405
    assert request("DELETE")[0] == 405
    status, headers, body = request("HEAD")
    assert status == 200 and int(headers["Content-Length"]) > 1000 and body == ""
    # One request a connection.
    assert request()[1]["Connection"].lower() == "close"


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("text", [
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\0" * 100, b"\xff" * 20000 + b"\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
    b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100000,
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /metrics HTTP/9.9\r\n\r\n",
], ids=range(9))
def test_garbage(text):
    """Whatever comes, the connection ends in time, and the next one is served."""
    with socket.create_connection(("127.0.0.1", METRICS_PORT), timeout=20 * CONN_S) as sock:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            sock.sendall(text)
            while sock.recv(65536):
                pass
        assert time.monotonic() - began < 10 * CONN_S
    scrape()


@pytest.mark.usefixtures("measured")
def test_gone_before_the_answer():
    """Clients that do not wait for what they asked for."""
    for i in range(60):
        sock = socket.create_connection(("127.0.0.1", METRICS_PORT), timeout=10)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        if i % 2 > 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        if i % 3 > 0:
            time.sleep(0.02)
        sock.close()
    scrape()


def test_slow_clients_go(measured):
    """All connections are taken by clients that send a byte now and then: they are closed, and who
    waits behind them is served. The prompt and memcached's clients do not notice."""
    stop = threading.Event()

    def trickle(sock):
        with contextlib.suppress(OSError):
            while not stop.is_set():
                sock.sendall(b"A")
                time.sleep(0.2)

    socks = [socket.create_connection(("127.0.0.1", METRICS_PORT), timeout=10)
             for _ in range(CONNS_MAX)]
    threads = [threading.Thread(target=trickle, args=[sock], daemon=True) for sock in socks]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.5)
        began = time.monotonic()
        status = request(timeout=10 * CONN_S)[0]
        waited = time.monotonic() - began
        assert status == 200 and waited > 1
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    for sock in socks:
        # Closed by the server: with an end, or with a reset as there were unread bytes.
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""
        sock.close()
    measured.cmd("show core 0 turns")


def test_many_scrapes(measured):
    """Several read at the same time, and the prompt with them."""
    failures = []

    def work():
        try:
            for _ in range(10):
                scrape()
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        measured.cmd("show stack")
        measured.assert_serves()
    for thread in threads:
        thread.join(30)
    assert not failures and not any(thread.is_alive() for thread in threads)


def test_core_stands_still(measured):
    """A core that does not answer holds up no scrape for ever: what it would say is left out."""
    names = {"tailrace_conns", "tailrace_engine_stat"}

    def answered(text):
        return {family.name for family in text_string_to_metric_families(text) if family.samples}

    assert names <= answered(request()[2])
    with halt.Halted(measured.pid, "tailrace"):
        for _ in range(2):
            status, _, text = request(timeout=30)
            assert status == 200 and not names & answered(text)
            # Counters are read where they stand.
            assert {"tailrace_core_requests", "tailrace_info"} <= answered(text)
    servers.wait_until("core", lambda: names <= answered(request()[2]), 30)


def test_ends_with_clients_connected():
    with servers.Tailrace(args=["--metrics", f"0.0.0.0:{METRICS_PORT}"], interactive=False) \
            as server:
        socks = [socket.create_connection((servers.HOST_ADDRESS, METRICS_PORT), timeout=5)
                 for _ in range(3)]
        socks[0].sendall(b"GET /met")
        scrape()
        server.stop()
        for sock in socks:
            sock.close()


def test_two_cores():
    with servers.Tailrace(lcores="0,1", args=["--metrics", str(METRICS_PORT)]) as server:
        server.assert_serves()
        families = scrape()
        for name in ("tailrace_conns_max", "tailrace_core_seconds", "tailrace_tcp_rx_segments",
                     "tailrace_turn_seconds"):
            assert {sample.labels["core"] for sample in families[name].samples} == {"0", "1"}


def test_port_in_use():
    with netns.Namespace(), servers.Folder() as folder, \
            socket.create_server(("127.0.0.1", METRICS_PORT)):
        done = servers.run_to_end(folder, ["--addr", f"{servers.ADDRESS}/24", "--metrics",
                                           str(METRICS_PORT)])
        assert done.returncode == 2
        assert f"--metrics 127.0.0.1:{METRICS_PORT}: Address already in use" in done.stderr
