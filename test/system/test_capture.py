# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The capture: what it writes, by tshark and by what the kernel saw at the other end of the wire."""

import collections
import contextlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapNgReader

import halt
import mc
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own prompt")

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
PACKET_OUTGOING = 4
RECEIVED, SENT = "0x00000001", "0x00000002"
# Two clocks that the same machine keeps, and what it takes to wake a core.
CLOCKS_APART_S = 0.5
# Two cores that are shared with whatever else runs.
DEADLINE_S = 30

Frame = collections.namedtuple("Frame", "time outgoing data")
TSHARK_FIELDS = (
    "frame.time_epoch", "frame.interface_name", "frame.packet_flags", "tcp.stream",
    "tcp.srcport", "tcp.dstport", "tcp.flags.syn", "tcp.flags.fin", "tcp.flags.reset",
    "memcache.command", "memcache.response", "tcp.checksum.status", "ip.checksum.status",
    "_ws.malformed", "_ws.expert.severity")
Line = collections.namedtuple("Line", (name.strip("_").replace(".", "_") for name in TSHARK_FIELDS))
TSHARK_ERROR = 0x800000


class Kernel:
    """Context manager: what the kernel sends and receives on its end of the wire."""

    def __enter__(self):
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.bind((servers.TAP, ETH_P_ALL))
        self._sock.settimeout(0.1)
        self.frames = []
        self._end = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        while True:
            try:
                data, control, _, sender = self._sock.recvmsg(65536, 128)
            except TimeoutError:
                if self._end:
                    return
                continue
            seconds, nanoseconds = struct.unpack("ll", control[0][2])
            self.frames.append(Frame(seconds + nanoseconds / 1e9, sender[2] == PACKET_OUTGOING,
                                     data))

    def __exit__(self, kind, value, trace):
        self._end = True
        self._thread.join(DEADLINE_S)
        self._sock.close()


def frames_of(path):
    """The frames of a file, with their times."""
    with contextlib.closing(RawPcapNgReader(str(path))) as reader:
        return [(((meta.tshigh << 32) + meta.tslow) / meta.tsresol, data)
                for data, meta in reader]


def tshark(path, *options):
    """What tshark prints of a file that it reads to the end."""
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-o", "tcp.check_checksum:TRUE", "-o",
         "ip.check_checksum:TRUE", *options], check=False, timeout=60, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0 and "cut short" not in done.stderr, done.stderr
    return done.stdout


def decoded(path):
    """The frames of a file as tshark decodes them: none malformed, every checksum right."""
    fields = [word for name in TSHARK_FIELDS for word in ("-e", name)]
    lines = [Line(*text.split("\t")) for text in
             tshark(path, "-T", "fields", *fields).splitlines()]
    for line in lines:
        assert not line.ws_malformed, line
        assert all(int(severity) < TSHARK_ERROR for severity in
                   line.ws_expert_severity.split(",") if severity), line
        if line.tcp_stream:
            assert (line.tcp_checksum_status, line.ip_checksum_status) == ("1", "1"), line
    return lines


def own_conn(server, sock):
    """The server's number of a connection, when it is established."""
    host, port = sock.getsockname()[:2]

    def line():
        return [text.split()[0] for text in server.cmd("show conn").splitlines()
                if f"{host}:{port} " in text and "ESTABLISHED" in text]

    return servers.wait_until("connection", line, DEADLINE_S)[0]


def wait_closed(server, port):
    """Wait until the server has seen the end of a connection from a port of ours."""
    servers.wait_until("end of the connection",
                       lambda: f"{servers.HOST_ADDRESS}:{port} " not in server.cmd("show conn"),
                       DEADLINE_S)


def talk(server):
    """A connection from beginning to end, with a few requests: its port."""
    with server.text() as client:
        port = client.sock.getsockname()[1]
        client.set(b"captured", bytes(3000))
        assert client.get(b"captured") == bytes(3000)
        client.set(b"odd", b"123")
        assert client.get(b"odd") == b"123"
    wait_closed(server, port)
    return port


def start(server, path, *options):
    """Begin a capture."""
    assert server.cmd(" ".join(["capture start", str(path), *options])) == ""


def stop(server, path):
    """End it; what the prompt says of it: packets, bytes, dropped."""
    text = server.cmd(f"capture stop {path}")
    match = re.fullmatch(rf"capture {re.escape(str(path))}: (\d+) packets, (\d+) bytes, "
                         r"(\d+) dropped", text)
    assert match, text
    return tuple(map(int, match.groups()))


@pytest.fixture(autouse=True)
def all_over(server):
    """After each test no capture runs, and its pools are gone or full."""
    yield
    assert server.cmd("show capture") == "capture: there is none"
    server.assert_serves()
    server.pools_settled()


def test_whole_connection(server, tmp_path):
    """tshark finds all of a connection, and the bytes are those of the kernel's end."""
    path = tmp_path / "all.pcapng"
    with Kernel() as kernel:
        time.sleep(0.2)
        start(server, path)
        port = talk(server)
        packets, size, dropped = stop(server, path)
        time.sleep(0.2)
    assert dropped == 0 and size == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600

    lines = decoded(path)
    assert packets == len(lines)
    assert {line.frame_interface_name for line in lines} == {servers.TAP}
    ours = [line for line in lines if str(port) in (line.tcp_srcport, line.tcp_dstport)]
    for line in ours:
        assert line.frame_packet_flags == (RECEIVED if line.tcp_srcport == str(port) else SENT)
    from_us = [line for line in ours if line.tcp_srcport == str(port)]
    to_us = [line for line in ours if line.tcp_dstport == str(port)]
    assert ours[0] == from_us[0] and ours[1] == to_us[0]
    for way in (from_us, to_us):
        assert [line.tcp_flags_syn for line in way] == ["1"] + ["0"] * (len(way) - 1)
        assert "1" in [line.tcp_flags_fin for line in way]
        assert "1" not in [line.tcp_flags_reset for line in way]
    assert [line.memcache_command for line in from_us if line.memcache_command] == \
        ["set", "get", "set", "get"]
    assert [line.memcache_response for line in to_us].count("STORED") == 2

    def mine(data):
        frame = Ether(data)
        return TCP in frame and port in (frame[TCP].sport, frame[TCP].dport)

    captured = [(when, data) for when, data in frames_of(path) if mine(data)]
    for outgoing in (True, False):
        seen = [frame for frame in kernel.frames if frame.outgoing == outgoing
                and mine(frame.data)]
        written = [(when, data) for when, data in captured
                   if (Ether(data)[TCP].sport == port) == outgoing]
        assert [data for _, data in written] == [frame.data for frame in seen]
        for (when, _), frame in zip(written, seen):
            assert abs(when - frame.time) < CLOCKS_APART_S, (when, frame.time)


def test_statistics(server, tmp_path):
    """The file says how many frames it holds and lacks."""
    path = tmp_path / "statistics.pcapng"
    start(server, path)
    talk(server)
    packets, *_ = stop(server, path)
    with open(path, "rb") as file:
        data = file.read()
    # The last block: interface statistics (5), with isb_ifrecv (4) and isb_ifdrop (5).
    length, = struct.unpack("<I", data[-4:])
    block = data[-length:]
    assert struct.unpack("<II", block[:8]) == (5, length)
    assert struct.pack("<HHQ", 4, 8, packets) in block
    assert struct.pack("<HHQ", 5, 8, 0) in block


def test_show(server, tmp_path):
    """It tells how far it is, while it runs."""
    path = tmp_path / "show.pcapng"
    start(server, path)
    talk(server)

    def shown():
        text = server.cmd("show capture")
        assert text.startswith(f"capture {path}: ") and text.endswith(" 0 dropped"), text
        return int(re.search(r"(\d+) packets", text).group(1)) > 10

    servers.wait_until("packets", shown, DEADLINE_S)
    assert stop(server, path)[0] == len(decoded(path))


def test_port(server, tmp_path):
    """Of a port, and nothing beside it."""
    path = tmp_path / "port.pcapng"
    start(server, path, "port", str(servers.ECHO_PORT))
    talk(server)
    netns.run("ping", "-c", "1", "-W", "2", servers.ADDRESS)
    with server.connect(servers.ECHO_PORT) as sock:
        port = sock.getsockname()[1]
        mc.exchange(sock, b"echoed", b"echoed")
    wait_closed(server, port)
    stop(server, path)
    lines = decoded(path)
    assert len(lines) >= 8
    assert {frozenset((line.tcp_srcport, line.tcp_dstport)) for line in lines} == \
        {frozenset((str(port), str(servers.ECHO_PORT)))}
    # Of the client's port, as well.
    path = tmp_path / "other.pcapng"
    with server.text() as client, server.text() as other:
        start(server, path, "port", str(client.sock.getsockname()[1]))
        client.set(b"key", b"value")
        other.set(b"key", b"other")
        stop(server, path)
        assert {frozenset((line.tcp_srcport, line.tcp_dstport)) for line in decoded(path)} == \
            {frozenset((str(client.sock.getsockname()[1]), str(servers.PORT)))}


def test_conn(server, tmp_path):
    """Of one connection among several to the same port."""
    path = tmp_path / "conn.pcapng"
    with server.text() as client, server.text() as other:
        port = client.sock.getsockname()[1]
        start(server, path, "conn", own_conn(server, client.sock))
        other.set(b"key", b"other")
        client.set(b"key", b"value")
        assert other.get(b"key") == b"value"
    wait_closed(server, port)
    stop(server, path)
    lines = decoded(path)
    assert {line.tcp_stream for line in lines} == {"0"}
    assert {(line.tcp_srcport, line.frame_packet_flags) for line in lines} == \
        {(str(port), RECEIVED), (str(servers.PORT), SENT)}
    assert [line.memcache_command for line in lines if line.memcache_command] == ["set"]
    assert [line.tcp_flags_fin for line in lines].count("1") == 2


def test_refused(server, tmp_path):
    """What cannot be is said, and leaves no file and no capture."""
    path = tmp_path / "file.pcapng"
    missing = tmp_path / "none" / "file.pcapng"
    exists = tmp_path / "exists"
    exists.write_text("mine")
    for line, answer in (
            (f"capture start {missing}", "No such file or directory"),
            (f"capture start {exists}", "File exists; it is not overwritten"),
            (f"capture start {tmp_path}", "File exists"),
            ("capture start /proc/file.pcapng", "No such file or directory"),
            (f"capture start {path} port 0", "port 0: give 1 to 65535"),
            (f"capture start {path} port 65536", "port 65536: give 1 to 65535"),
            (f"capture start {path} conn 16777215", "connection 16777215: there is none"),
            (f"capture start {path} conn x", "Bad arguments"),
            (f"capture start {path} por 1", "Bad arguments"),
            ("capture start", "Bad arguments"),
            (f"capture start /tmp/{'x' * 123}", "Bad arguments"),
            ("capture stop", "capture: there is none")):
        assert answer in server.cmd(line), line
        assert server.cmd("show capture") == "capture: there is none"
    assert exists.read_text() == "mine" and not path.exists()


def test_several(server, tmp_path):
    """Four at a time, each with what its filter lets pass, whichever begins or ends first."""
    paths = [tmp_path / f"{name}.pcapng" for name in ("all", "echo", "conn", "again")]
    fifth = tmp_path / "fifth.pcapng"
    with server.text() as client:
        client.set(b"key", b"value")
        start(server, paths[0])
        start(server, paths[1], "port", str(servers.ECHO_PORT))
        start(server, paths[2], "conn", own_conn(server, client.sock))
        assert "File exists" in server.cmd(f"capture start {paths[2]}")
        start(server, paths[3])
        assert server.cmd(f"capture start {fifth}") == \
            "capture: 4 run, and no more do; capture stop <file> ends one"
        assert not fifth.exists()
        assert [line.split(":")[0] for line in server.cmd("show capture").splitlines()] == \
            [f"capture {path}" for path in paths]
        with server.connect(servers.ECHO_PORT) as sock:
            mc.exchange(sock, b"echoed", b"echoed")
            port = sock.getsockname()[1]
        wait_closed(server, port)
        stop(server, paths[3])
        assert client.get(b"key") == b"value"
        stop(server, paths[0])
        client.set(b"key", b"other")
    assert server.cmd(f"capture stop {paths[0]}") == f"capture {paths[0]}: there is none"
    talk(server)
    assert len(server.cmd("capture stop").splitlines()) == 2
    assert server.cmd("capture stop") == "capture: there is none"

    def commands(path):
        return [line.memcache_command for line in decoded(path) if line.memcache_command]

    assert [commands(path) for path in paths] == [["get"], [], ["get", "set"], []]
    echoed = str(servers.ECHO_PORT)
    to_echo = [[echoed in (line.tcp_srcport, line.tcp_dstport) for line in decoded(path)]
               for path in paths]
    assert all(to_echo[1]) and len(to_echo[1]) > 5 and not any(to_echo[2])
    assert sum(to_echo[0]) == len(to_echo[1])


def test_slow_disk(server, tmp_path):
    """The prompt waits for what is not written yet, but not for ever."""
    path = tmp_path / "slow.pcapng"
    start(server, path)
    with halt.Halted(server.pid, "tr-capture"):
        server.assert_serves()
        assert server.cmd("capture stop") == \
            f"capture {path}: not all of it is written yet; stop it again"
    assert stop(server, path)[0] == len(decoded(path)) > 5


def test_disk_full(server, small_disk):
    """The file ends with a whole frame, the prompt says why, and what came later is counted."""
    path = small_disk / "full.pcapng"
    start(server, path)
    with server.text() as client:
        for _ in range(40):
            client.set(b"key", bytes(20000))
    text = server.cmd("capture stop")
    packets, size, dropped = map(int, re.search(
        r"(\d+) packets, (\d+) bytes, (\d+) dropped", text).groups())
    assert "the file could not be written any more: No space left on device" in text
    assert dropped > 0 and path.stat().st_size == size <= 256 * 1024
    assert packets == len(decoded(path)) > 100
    assert f'tailrace: event=file_error path="{path}" error="No space left on device"' in \
        server.log()
    # And where not even the head fits.
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1024)):
            pass
    none = small_disk / "none.pcapng"
    assert "No space left on device" in server.cmd(f"capture start {none}")
    assert not none.exists()


def test_missed(server, tmp_path):
    """A writer that cannot keep up costs the capture frames, and the client nothing."""
    path = tmp_path / "missed.pcapng"
    before = server.counter("capture_missed")
    start(server, path)
    with server.text() as client:
        value = bytes(200000)
        client.set(b"large", value)
        with halt.Halted(server.pid, "tr-capture"):
            for _ in range(40):
                assert client.get(b"large") == value
    packets, _, dropped = stop(server, path)
    assert dropped == server.counter("capture_missed") - before > 0
    assert packets == len(decoded(path))


def test_core_stands_still(server, tmp_path):
    """A core that does not answer is said, and what may have begun can be ended when it does."""
    path = tmp_path / "still.pcapng"
    start(server, path)
    with halt.Halted(server.pid, "tailrace"):
        assert server.cmd("capture stop") == "capture: it goes on: no answer in time"
    talk(server)
    assert stop(server, path)[0] == len(decoded(path)) > 10
    path = tmp_path / "again.pcapng"
    with halt.Halted(server.pid, "tailrace"):
        assert server.cmd(f"capture start {path}") == \
            f"capture {path}: the cores do not answer: Connection timed out"
        assert server.cmd("show capture").startswith(f"capture {path}: 0 packets")
    assert stop(server, path)[0] == 0


@pytest.mark.parametrize("signum", [signal.SIGTERM, None], ids=["signal", "quit"])
def test_open_at_the_end(tmp_path, signum):
    """A server that ends closes the file, with the last word of each connection in it."""
    path = tmp_path / "open.pcapng"
    with servers.Tailrace(threads=1) as server:
        start(server, path)
        with server.text() as client:
            client.set(b"key", b"value")
            port = str(client.sock.getsockname()[1])
            if signum is None:
                server.say("quit")
                server.ended()
            else:
                server.stop(signum)
    lines = decoded(path)
    assert [line.memcache_command for line in lines if line.memcache_command] == ["set"]
    assert "1" in [line.tcp_flags_fin for line in lines if line.tcp_dstport == port]


def test_two_cores(tmp_path):
    """Each core's frames are there, whichever has the connection."""
    path = tmp_path / "two.pcapng"
    with servers.Tailrace(lcores="0,1") as server:
        start(server, path, "port", str(servers.PORT))
        ports = {str(talk(server)) for _ in range(8)}
        stop(server, path)
        assert re.search(r"core 1\b", server.cmd("show stack core 1"))
    lines = decoded(path)
    for port in ports:
        commands = [line.memcache_command for line in lines
                    if line.tcp_srcport == port and line.memcache_command]
        assert commands == ["set", "get", "set", "get"]
        assert [line.tcp_flags_fin for line in lines
                if port in (line.tcp_srcport, line.tcp_dstport)].count("1") == 2


def test_from_a_file(tmp_path):
    """A file of commands starts one without a prompt, while the cores begin to run."""
    path, commands = tmp_path / "file.pcapng", tmp_path / "commands"
    commands.write_text(f"capture start {path} port {servers.PORT}\nshow capture\n")
    with servers.Tailrace(args=["--cmdline-file", str(commands)], interactive=False) as server:
        servers.wait_until("capture", lambda: f"capture {path}: " in server.log(), DEADLINE_S)
        server.assert_serves()
        server.stop()
    assert [line.memcache_command for line in decoded(path) if line.memcache_command] == \
        ["set", "get"]
