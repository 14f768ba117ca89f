# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The stack and the kernel's TCP, each as the server of the other: much, little, often, impaired.

All of it over both families.

TAILRACE_INTEROP_MIB, TAILRACE_INTEROP_SEQUENTIAL and TAILRACE_INTEROP_CONCURRENT make it more.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import time

import pytest

import conftest
import crowd
import kernel
import mc
import netns
import players
import server as servers

pytestmark = pytest.mark.tailrace_only("its own stack")

BULK_MIB = int(os.environ.get("TAILRACE_INTEROP_MIB", "32"))
SEQUENTIAL = int(os.environ.get("TAILRACE_INTEROP_SEQUENTIAL", "1000"))
CONCURRENT = int(os.environ.get("TAILRACE_INTEROP_CONCURRENT", "500"))
SETTINGS_MIB = 4
# What is asked for beyond the suite's share takes its time.
DEADLINE_S = conftest.TEST_DEADLINE_S + 5 * BULK_MIB + SEQUENTIAL // 50 + CONCURRENT // 20
IMPAIRED = ("loss 1%", "duplicate 1%", "reorder 2%")
IMPAIRED_PPM = ("10000", "10000", "20000")  # the same
WAY_S = 2
KERNEL_PORT = 5001
HEADERS_BYTES = {4: 20 + 20 + 12, 6: 40 + 20 + 12}
# A router that is congested for one packet in so many that may be marked.
MARKED = """
table netdev marked {{
	chain in {{
		type filter hook ingress device "{device}" priority 0
		{ip} ecn ect0 numgen inc mod 20 0 counter {ip} ecn set ce
	}}
	chain out {{
		type filter hook egress device "{device}" priority 0
		{ip} ecn ect0 numgen inc mod 20 0 counter {ip} ecn set ce
	}}
}}
"""


@pytest.fixture(autouse=True)
def longer(deadline):
    """More time, after the fixture that gives it."""
    signal.alarm(DEADLINE_S)


@pytest.fixture(scope="module")
def interop(family):
    """A server whose pools for impairment are made already."""
    with servers.Tailrace(family=family) as started:
        assert started.cmd("set impair port 0 rx loss 1%") == ""
        assert started.cmd("set impair port 0 off") == ""
        started.snapshot_pools()
        yield started


@pytest.fixture
def server(interop):
    """The same; after each test nothing is impaired, clients are served, and the pools are full."""
    yield interop
    assert interop.cmd("set impair port 0 off") == ""
    interop.assert_serves()
    interop.pools_settled()


def impair(server, *settings):
    """Both ways, these settings."""
    for setting in settings:
        for direction in ("rx", "tx"):
            assert server.cmd(f"set impair port 0 {direction} {setting}") == ""


def round_trip(server, mib):
    """Through the server's echo port."""
    with server.connect(server.echo_port) as sock:
        kernel.round_trip(sock, mib)


def line_of(server, sock):
    """The fields of the line that the prompt has for a connection of ours; none: empty."""
    host, port = sock.getsockname()[:2]
    wanted = f" [{host}]:{port} " if server.family == 6 else f" {host}:{port} "
    for line in server.cmd("show conn").splitlines():
        if wanted in line:
            return line.split()
    return []


def is_in(server, sock, state):
    """Whether the stack has a connection of ours in this state."""
    return state in line_of(server, sock)


def test_bulk(server):
    round_trip(server, BULK_MIB)


def test_bulk_impaired(server):
    """Hundreds of losses either way, and the same bytes."""
    before = server.counters()
    impair(server, *IMPAIRED)
    round_trip(server, BULK_MIB)
    after = server.counters()
    assert after["retransmits"] > before["retransmits"], after


# What the kernel offers, and what both agree on then: its TCP_INFO.
ALL = kernel.TIMESTAMPS | kernel.SACK | kernel.WINDOW_SCALING | kernel.ECN
OPTIONS = {
    "all": ({"tcp_ecn": 1}, ALL),
    "no_timestamps": ({"tcp_ecn": 1, "tcp_timestamps": 0}, ALL & ~kernel.TIMESTAMPS),
    "no_sack": ({"tcp_ecn": 1, "tcp_sack": 0}, ALL & ~kernel.SACK),
    "no_window_scaling": ({"tcp_ecn": 1, "tcp_window_scaling": 0}, ALL & ~kernel.WINDOW_SCALING),
    "no_ecn": ({"tcp_ecn": 0}, ALL & ~kernel.ECN),
    "ecn_not_asked": ({"tcp_ecn": 2}, ALL & ~kernel.ECN),
    "nothing": ({"tcp_ecn": 0, "tcp_timestamps": 0, "tcp_sack": 0, "tcp_window_scaling": 0}, 0),
}


# Shows: 7323-scale, 3168-negotiate.
@pytest.mark.parametrize("impaired", [False, True], ids=["clean", "impaired"])
@pytest.mark.parametrize("values, agreed", OPTIONS.values(), ids=OPTIONS)
def test_options(server, values, agreed, impaired):
    """With each option and without it."""
    with kernel.sysctl(**values):
        if impaired:
            impair(server, *IMPAIRED)
        with server.connect(server.echo_port) as sock:
            assert kernel.settings(sock)[0] == agreed
            kernel.round_trip(sock, SETTINGS_MIB)


# Shows: 3168-negotiate.
def test_ecn_off(family):
    """Congestion notification is not agreed on where the server was told so."""
    with servers.Tailrace(args=["--ecn", "off"], family=family) as server, \
            kernel.sysctl(tcp_ecn=1), server.connect(server.echo_port) as sock:
        assert kernel.settings(sock)[0] == ALL & ~kernel.ECN
        kernel.round_trip(sock, SETTINGS_MIB)


@contextlib.contextmanager
def marked(server):
    """Packets are marked both ways; yields how many were."""
    rules = MARKED.format(device=servers.TAP, ip="ip6" if server.family == 6 else "ip")
    subprocess.run(["nft", "-f", "-"], input=rules, check=True, text=True, timeout=10)
    try:
        yield lambda: [int(packets) for packets in
                       re.findall(r"packets (\d+)", netns.run("nft", "list", "ruleset"))]
    finally:
        netns.run("nft", "delete", "table", "netdev", "marked")


# Shows: 3168-negotiate, 3168-echo, 3168-cut.
def test_ecn_marks(server):
    """Marks both ways: who is told of one sends less, and nothing is sent again."""
    before = server.counters()
    with kernel.sysctl(tcp_ecn=1), marked(server) as counts, \
            server.connect(server.echo_port) as sock:
        kernel.round_trip(sock, SETTINGS_MIB)
        ours, the_kernels = counts()
    after = server.counters()
    # What was marked as one large packet came as many.
    assert after["ecn_marks"] - before["ecn_marks"] >= the_kernels > 0
    # The kernel told of each window that had a marked packet of ours.
    assert 0 < after["ecn_reductions"] - before["ecn_reductions"] <= ours
    assert after["retransmits"] == before["retransmits"]


@pytest.mark.parametrize("algorithm", ["reno", "cubic"])
def test_congestion_control(server, algorithm):
    """Whatever the kernel's algorithm, with losses: those that every kernel has."""
    impair(server, *IMPAIRED)
    with server.connect(server.echo_port) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())
        kernel.round_trip(sock, SETTINGS_MIB)


# Shows: MUST-14, MUST-16, 6691-options.
@pytest.mark.parametrize("impaired", [False, True], ids=["clean", "impaired"])
@pytest.mark.parametrize("mtu", ["least", 1500, 9000])
def test_mtu(server, mtu, impaired):
    """The smaller of both ends' counts."""
    if mtu == "least":
        mtu = kernel.LEAST_MTU[server.family]
    mss = min(mtu, 1500) - HEADERS_BYTES[server.family]
    with kernel.mtu(servers.TAP, mtu):
        if impaired:
            impair(server, *IMPAIRED)
        with server.connect(server.echo_port) as sock:
            assert f"mss {mss} bytes" in server.cmd(f"show conn {line_of(server, sock)[0]}")
            kernel.round_trip(sock, SETTINGS_MIB)
            assert kernel.settings(sock)[1] == mss


def test_simultaneous_close(server):
    """Both send a FIN before either has the other's (RFC 9293 section 3.6)."""
    # Before the connection begins, so that the kernel waits as long before it sends again.
    assert server.cmd(f"set impair port 0 tx delay {WAY_S}s") == ""
    with server.connect() as sock:
        sock.sendall(b"quit\r\n")
        servers.wait_until("the server's FIN is on its way",
                           lambda: is_in(server, sock, "FIN-WAIT-1"), 10)
        sock.shutdown(socket.SHUT_WR)
        servers.wait_until("the kernel's passed it", lambda: is_in(server, sock, "CLOSING"), 10)
        assert sock.recv(1) == b""
        servers.wait_until("the end", lambda: is_in(server, sock, "TIME-WAIT"), 10)


@pytest.mark.parametrize("impaired", [False, True], ids=["clean", "impaired"])
def test_reset_in_midstream(server, impaired):
    """The kernel goes with a RST, with bytes under way both ways."""
    if impaired:
        impair(server, *IMPAIRED)
    before = server.counter("reset_received")
    for _ in range(20):
        sock = server.connect(server.echo_port)
        mc.pump(sock, bytes(kernel.MIB), lambda received: len(received) > 100000)
        players.reset(sock)
    if not impaired:  # else some are lost, and the answer to what is sent next resets
        servers.wait_until("all resets",
                           lambda: server.counter("reset_received") == before + 20, 10)


def test_reset_for_unread(server):
    """The kernel closes with bytes unread, which it tells with a RST (RFC 2525 section 2.17)."""
    before = server.counter("reset_received")
    for _ in range(20):
        with server.connect(server.echo_port) as sock:
            sock.sendall(bytes(100))
            servers.wait_until("bytes to read", lambda: len(sock.recv(100, socket.MSG_PEEK)) == 100,
                               10, every_s=0.001)
    servers.wait_until("all resets", lambda: server.counter("reset_received") == before + 20, 10)


# Shows: SHLD-3.
def test_reset_by_the_server(server):
    """The server closes with bytes unread: it resets (RFC 9293 section 3.6.1)."""
    with server.connect() as sock:
        mc.exchange(sock, mc.PING, mc.PONG)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(100):
                sock.sendall(b"quit\r\n" + bytes(100000))
                time.sleep(0.01)


@pytest.mark.parametrize("first", ["kernel", "stack", "reset"])
def test_one_after_another(server, first):
    """Whoever ends the connection: its ports can be used again."""
    # All of them, and those in TIME-WAIT after a second, or they run out.
    with kernel.sysctl(tcp_tw_reuse=1, ip_local_port_range="1024 65535"):
        for i in range(SEQUENTIAL):
            if first == "stack":
                with server.connect() as sock:
                    mc.exchange(sock, mc.PING + b"quit\r\n", mc.PONG)
                    assert sock.recv(1) == b""
                continue
            sock = server.connect(server.echo_port)
            mc.exchange(sock, b"%d" % i, b"%d" % i)
            players.reset(sock) if first == "reset" else sock.close()


def test_many_at_once(family):
    """As many as there may be, and they leave nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, CONCURRENT + 200), hard))
    try:
        with servers.Tailrace(args=["--max-conns", str(2 * CONCURRENT)],
                              family=family) as server:
            server.snapshot_pools()
            crowd.talk(server, CONCURRENT, 5)
            server.assert_serves()
            server.pools_settled()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def reset_early(sock):
    """Go with a RST when a part has come."""
    sock.recv(10000, socket.MSG_WAITALL)
    players.reset(sock)


def close_unread(sock):
    """Go with bytes unread."""
    sock.recv(10000, socket.MSG_WAITALL)


class Client:
    """Context manager: a namespace in which our stack is the client of the kernel."""

    def __init__(self, family, serve):
        self._family = family
        self._serve = serve
        self._folder = servers.Folder()
        self._namespace = netns.Namespace()

    def run(self, mib, impaired=(), **values):
        """Let it send so much, and compare what comes back; return its status and what it said."""
        ours, the_kernels, any_address = {
            4: (servers.ADDRESS, servers.HOST_ADDRESS, ""),
            6: (servers.ADDRESS6, servers.HOST_ADDRESS6, "::")}[self._family]
        with self._folder as folder, self._namespace, kernel.sysctl(**values):
            args = [servers.BUILD / "test/system/peer", *servers.eal_args(folder.prefix), "--",
                    ours, the_kernels, str(KERNEL_PORT), str(mib * kernel.MIB), *impaired]
            with kernel.Listener(any_address, KERNEL_PORT, self._serve) as listener, \
                    subprocess.Popen(
                    args, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, **folder.options()) as proc:
                try:
                    servers.wait_until("the port starts", lambda: netns.link_is_up(servers.TAP),
                                       servers.START_DEADLINE_S)
                    servers.address_up(servers.TAP, f"{servers.HOST_ADDRESS}/24")
                    servers.address_add6(servers.TAP)
                    servers.wait_until("a connection", lambda: self._connected(listener, proc), 30)
                    output = proc.communicate(timeout=DEADLINE_S)[0]
                except BaseException:
                    proc.kill()
                    raise
            return proc.returncode, output

    @staticmethod
    def _connected(listener, proc):
        # It may have come and gone with its tap.
        with contextlib.suppress(RuntimeError):
            servers.address_tap()
        return listener.accepted.is_set() or proc.poll() is not None


def check_client(family, impaired=(), **values):
    """All comes back; return what else it said."""
    status, output = Client(family, kernel.echo).run(BULK_MIB, impaired, **values)
    length = BULK_MIB * kernel.MIB
    assert status == 0 and f"sent {length}, received {length}\n" in output, output
    return output


@pytest.mark.parametrize("values", [{}, {"tcp_timestamps": 0, "tcp_sack": 0,
                                         "tcp_window_scaling": 0}], ids=["all", "nothing"])
def test_client(family, values):
    """The kernel is the server."""
    check_client(family, **values)


def test_client_impaired(family):
    """The same, with hundreds of losses either way."""
    output = check_client(family, IMPAIRED_PPM)
    done = re.findall(r"(?:rx|tx): lost (\d+), duplicated (\d+), reordered (\d+)", output)
    assert len(done) == 2 and all(int(count) > 100 for each in done for count in each), output


# Shows: MUST-12.
@pytest.mark.parametrize("serve", [reset_early, close_unread])
def test_client_is_reset(family, serve):
    """The kernel's server ends with a RST: so does the client, and says so."""
    status, output = Client(family, serve).run(BULK_MIB)
    assert status == 1 and ", wrong\n" in output, output
