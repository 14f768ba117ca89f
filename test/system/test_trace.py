# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The trace of a connection: its lines against what was sent, and against `show conn`."""

import collections
import csv
import re
import time

import pytest

import halt
import mc
import server as servers

pytestmark = pytest.mark.tailrace_only("its own prompt")

DEADLINE_S = 30
NAMES = ("time_s state cwnd_bytes ssthresh_bytes srtt_us rto_us snd_una snd_nxt in_flight_bytes "
         "snd_wnd rcv_nxt rcv_wnd send_queue_bytes requests retransmits").split()
Line = collections.namedtuple("Line", NAMES)


def conn_of(server, sock):
    """The server's number of a connection that is established."""
    host, port = sock.getsockname()[:2]

    def found():
        return [text.split()[0] for text in server.cmd("show conn").splitlines()
                if f"{host}:{port} " in text and "ESTABLISHED" in text]

    return servers.wait_until("connection", found, DEADLINE_S)[0]


def start(server, conn, path):
    """Begin a trace."""
    assert server.cmd(f"trace start {conn} {path}") == ""


def stop(server, conn, path):
    """End it; what the prompt says of it: lines, dropped."""
    text = server.cmd(f"trace stop {conn}")
    match = re.fullmatch(rf"trace of connection {conn} to {re.escape(str(path))}: (\d+) lines, "
                         r"(\d+) dropped", text)
    assert match, text
    return tuple(map(int, match.groups()))


def lines_of(path):
    """The lines of a file: time and numbers as such."""
    with open(path, newline="", encoding="ascii") as file:
        names, *rows = csv.reader(file)
    assert names == NAMES
    return [Line(float(row[0]), row[1], *map(int, row[2:])) for row in rows]


def assert_in_order(lines):
    """What holds for each line, and from one to the next."""
    for line in lines:
        assert (line.snd_nxt - line.snd_una) % 2**32 == line.in_flight_bytes
    for before, after in zip(lines, lines[1:]):
        assert after.time_s >= before.time_s - 0.001
        assert (after.snd_una - before.snd_una) % 2**32 < 2**31
        assert (after.rcv_nxt - before.rcv_nxt) % 2**32 < 2**31
        assert after[1:] != before[1:], "nothing changed"


@pytest.fixture(autouse=True)
def all_over(server):
    """After each test no trace runs, and the pools are full."""
    yield
    assert server.cmd("show trace") == "trace: there is none"
    server.assert_serves()
    server.pools_settled()


def test_transfer(server, tmp_path):
    """The window opens, the peer acknowledges every byte, and the connection ends."""
    path = tmp_path / "trace.csv"
    value = bytes(500000)
    before = time.time()
    with server.text() as client:
        client.set(b"key", value)
        conn = conn_of(server, client.sock)
        start(server, conn, path)
        for _ in range(5):
            assert client.get(b"key") == value
        text = server.cmd(f"show conn {conn}")
        port = client.sock.getsockname()[1]
    servers.wait_until("end", lambda: f":{port} " not in server.cmd("show conn"), DEADLINE_S)
    nb_lines, dropped = stop(server, conn, path)
    after = time.time()

    lines = lines_of(path)
    assert len(lines) == nb_lines > 100 and dropped == 0
    assert_in_order(lines)
    first, *_, last = lines
    assert before - 0.5 < first.time_s <= last.time_s < after + 0.5
    assert first.state == "ESTABLISHED" and last.state == "CLOSED"
    open_lines = [line for line in lines if line.state == "ESTABLISHED"]
    sent = (open_lines[-1].snd_una - first.snd_una) % 2**32
    assert 5 * len(value) < sent < 5 * (len(value) + 100)
    assert max(line.cwnd_bytes for line in lines) > first.cwnd_bytes
    assert max(line.in_flight_bytes for line in lines) > 10000
    assert max(line.send_queue_bytes for line in lines) > 10000
    # What it said when all was acknowledged is what the prompt said.
    shown = re.search(r"congestion (\d+), threshold (\d+) bytes", text)
    assert (open_lines[-1].cwnd_bytes, open_lines[-1].ssthresh_bytes) == \
        tuple(map(int, shown.groups()))
    assert (open_lines[-1].in_flight_bytes, open_lines[-1].requests) == (0, 0)


def test_others_are_not_traced(server, tmp_path):
    """Neither a connection beside it nor one that comes after it with its number."""
    path = tmp_path / "trace.csv"
    with server.text() as client:
        with server.text() as traced:
            traced.set(b"key", b"value")
            conn = conn_of(server, traced.sock)
            start(server, conn, path)
            client.set(b"key", bytes(100000))
            port = traced.sock.getsockname()[1]
        servers.wait_until("end", lambda: f":{port} " not in server.cmd("show conn"), DEADLINE_S)
    for _ in range(10):
        server.assert_serves()
    nb_lines, _ = stop(server, conn, path)
    lines = lines_of(path)
    assert len(lines) == nb_lines < 10 and lines[-1].state == "CLOSED"


def test_show(server, tmp_path):
    path = tmp_path / "trace.csv"
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        start(server, conn, path)
        client.set(b"key", b"value")

        def shown():
            text = server.cmd("show trace")
            match = re.fullmatch(rf"trace of connection {conn} to \S+: (\d+) lines, 0 dropped",
                                 text)
            assert match, text
            return int(match.group(1)) > 1

        servers.wait_until("lines", shown, DEADLINE_S)
        other = tmp_path / "other.csv"
        assert server.cmd(f"trace start {conn} {other}") == \
            f"trace: connection {conn} has one, to {path}; trace stop {conn} ends it"
        assert not other.exists()
        stop(server, conn, path)
        assert server.cmd("trace stop") == "trace: there is none"
        assert server.cmd(f"trace stop {conn}") == \
            f"trace of connection {conn}: there is none"
        # Once more, of the same connection.
        start(server, conn, other)
        client.set(b"key", b"value")
        assert stop(server, conn, other)[0] == len(lines_of(other)) > 1


def test_several(server, tmp_path):
    """As many as run at a time, each with its own connection's lines; one more is refused."""
    nb = 16
    clients = [server.text() for _ in range(nb + 1)]
    try:
        for client in clients:
            client.set(b"key", b"value")
        conns = [conn_of(server, client.sock) for client in clients]
        paths = [tmp_path / f"{conn}.csv" for conn in conns]
        for conn, path in zip(conns[:nb], paths):
            start(server, conn, path)
        assert server.cmd(f"trace start {conns[nb]} {paths[nb]}") == \
            f"trace: {nb} run, and no more do; trace stop <id> ends one"
        assert not paths[nb].exists()
        assert [line.split()[3] for line in server.cmd("show trace").splitlines()] == conns[:nb]
        for i, client in enumerate(clients):
            for _ in range(i + 1):
                assert client.get(b"key") == b"value"
        stop(server, conns[3], paths[3])
        start(server, conns[nb], paths[nb])
        assert len(server.cmd("trace stop").splitlines()) == nb
    finally:
        for client in clients:
            client.close()
    for i, path in enumerate(paths[:nb]):
        lines = lines_of(path)
        assert_in_order(lines)
        received = (lines[-1].rcv_nxt - lines[0].rcv_nxt) % 2**32
        assert received == (i + 1) * len(b"get key\r\n"), path
    assert len(lines_of(paths[nb])) == 1


def test_we_close_first(server, tmp_path):
    """The trace of a connection that we close ends as it waits."""
    path = tmp_path / "quit.csv"
    with server.connect() as sock:
        mc.exchange(sock, b"set k 0 0 1\r\nv\r\n", b"STORED\r\n")
        conn = conn_of(server, sock)
        start(server, conn, path)
        mc.exchange(sock, b"quit\r\n", b"")
        assert sock.recv(1) == b""
    servers.wait_until("TIME-WAIT", lambda: "TIME-WAIT" in server.cmd(f"show conn {conn}"),
                       DEADLINE_S)
    stop(server, conn, path)
    lines = lines_of(path)
    assert_in_order(lines)
    assert lines[0].state == "ESTABLISHED" and lines[-1].state == "TIME-WAIT"


def test_slow_disk(server, tmp_path):
    """The prompt waits for what is not written yet, but not for ever."""
    path = tmp_path / "slow.csv"
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        start(server, conn, path)
        with halt.Halted(server.pid, "tr-trace"):
            client.set(b"key", b"value")
            assert server.cmd(f"trace stop {conn}") == \
                f"trace {path}: not all of it is written yet; stop it again"
            assert server.cmd("show trace") != "trace: there is none"
        assert stop(server, conn, path)[0] == len(lines_of(path)) > 1


def test_refused(server, tmp_path):
    """What cannot be is said, and leaves no file and no trace."""
    path = tmp_path / "trace.csv"
    exists = tmp_path / "exists"
    exists.write_text("mine")
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        for line, answer in (
                (f"trace start 16777215 {path}", "connection 16777215: there is none"),
                (f"trace start 4000 {path}", "connection 4000: there is none"),
                (f"trace start 4294967295 {path}", "connection 4294967295: there is none"),
                (f"trace start {conn} {exists}", "File exists; it is not overwritten"),
                (f"trace start {conn} {tmp_path}/none/file", "No such file or directory"),
                (f"trace start {conn}", "Bad arguments"),
                (f"trace start x {path}", "Bad arguments"),
                ("trace stop", "trace: there is none")):
            assert answer in server.cmd(line), line
            assert server.cmd("show trace") == "trace: there is none"
    assert exists.read_text() == "mine" and not path.exists()


def test_missed(server, tmp_path):
    """A writer that cannot keep up costs the trace lines, and the client nothing."""
    path = tmp_path / "missed.csv"
    before = server.counter("trace_missed")
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        start(server, conn, path)
        with halt.Halted(server.pid, "tr-trace"):
            for _ in range(5000):
                assert client.get(b"key") == b"value"
        nb_lines, dropped = stop(server, conn, path)
    assert dropped == server.counter("trace_missed") - before > 0
    assert nb_lines == len(lines_of(path)) > 4000


def test_core_stands_still(server, tmp_path):
    """A core that does not answer is said, and what may have begun can be ended when it does."""
    path = tmp_path / "still.csv"
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        with halt.Halted(server.pid, "tailrace"):
            assert server.cmd(f"trace start {conn} {path}") == \
                f"trace {path}: the core does not answer: Connection timed out"
        assert stop(server, conn, path) == (0, 0)
        path = tmp_path / "again.csv"
        start(server, conn, path)
        client.set(b"key", b"value")
        with halt.Halted(server.pid, "tailrace"):
            assert server.cmd("trace stop") == "trace: it goes on: no answer in time"
        assert stop(server, conn, path)[0] == len(lines_of(path)) > 1


def test_disk_full(server, small_disk):
    """The file ends with a whole line, and the prompt says why."""
    path = small_disk / "trace.csv"
    with server.text() as client:
        client.set(b"key", b"value")
        conn = conn_of(server, client.sock)
        start(server, conn, path)
        for _ in range(5000):
            assert client.get(b"key") == b"value"
        text = server.cmd("trace stop")
    assert "the file could not be written any more: No space left on device" in text
    nb_lines, dropped = map(int, re.search(r"(\d+) lines, (\d+) dropped", text).groups())
    assert dropped > 0 and nb_lines == len(lines_of(path)) > 100
    assert path.read_bytes().endswith(b"\n")


def test_open_at_the_end(tmp_path):
    """A server that ends closes the file, and the connection's end is in it."""
    path = tmp_path / "open.csv"
    with servers.Tailrace(threads=1) as server:
        with server.connect() as sock:
            mc.exchange(sock, b"set k 0 0 1\r\nv\r\n", b"STORED\r\n")
            start(server, conn_of(server, sock), path)
            server.stop()
    lines = lines_of(path)
    assert_in_order(lines)
    assert lines[0].state == "ESTABLISHED" and lines[-1].state != "ESTABLISHED"
