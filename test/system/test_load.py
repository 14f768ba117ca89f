# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""tailrace-bench load: what it tells of a server agrees with what the server and the wire say."""

import contextlib
import itertools
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import time
import xml.etree.ElementTree

import pytest

import netns
import ports
import server as servers
import telemetry

pytestmark = pytest.mark.tailrace_only("its own benchmark")

BENCH = servers.BUILD / "app" / "tailrace-bench"
DEADLINE_S = 100
PERCENTILES = ("p50", "p90", "p99", "p99.9", "p99.99", "p100")
KILLED = 3
# Of ours towards a server (RFC 6335's dynamic ones).
PORTS = 16384
PACE = 0.997  # of a clock, by another
SHORT = ("--warmup", "100ms", "--duration", "500ms")


def start(*args, **options):
    return subprocess.Popen([str(BENCH), "load", *args], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE,
                            **{"stderr": subprocess.PIPE, **options})


def run(*args):
    with start(*args) as process:
        try:
            out, err = process.communicate(timeout=DEADLINE_S)
        finally:
            process.kill()
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def succeed(server, *args):
    done = run("--kernel", "--server", f"{server.address}:{server.port}", *args)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def measure(server, *args):
    """The one result, after what must hold for every one."""
    done = run("--kernel", "--server", f"{server.address}:{server.port}", *args, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    result, = told["results"]
    # Standard output is JSON alone: what should not have happened is said elsewhere.
    late = re.findall(r"^(\d+) requests were not answered within", done.stderr, re.M)
    assert late == [str(result["unanswered"])] * (result["unanswered"] > 0)
    assert done.stderr == "" or late
    latency = result["latency_us"]
    assert result["refused"] == 0 and result["differing"] == 0
    counted = result["hits"] + result["misses"] + result["stored"] + result["unanswered"]
    assert latency["all"]["count"] == latency["get"]["count"] + latency["set"]["count"] == counted
    assert result["due"] == pytest.approx(counted, abs=told["connections"] * told["depth"])
    for values in latency.values():
        ordered = [values[p] for p in PERCENTILES]
        assert ordered == sorted(ordered)
    return result


@pytest.fixture(scope="module", name="stock")
def stock_fixture():
    """Debian's memcached, behind a pair of interfaces."""
    with servers.Stock(threads=1) as started:
        yield started


@pytest.mark.parametrize("protocol", ["text", "binary"])
@pytest.mark.parametrize("depth", [1, 16])
def test_memcached(stock, protocol, depth):
    """Plausible: memcached answers, every value is right, and it counts as many gets as we do."""
    before = stat(stock, "cmd_get")
    result = measure(stock, *SHORT, "--warmup", "0ms", "--protocol", protocol, "--verify",
                     "--depth", str(depth), "--connections", "8")
    assert result["misses"] == 0
    assert result["hits"] == stat(stock, "cmd_get") - before
    assert result["answers_per_s"] > 1000
    # As many are in flight as may be, all of the time (Little's law).
    assert result["answers_per_s"] * result["latency_us"]["all"]["mean"] / 1e6 == pytest.approx(
        8 * depth, rel=0.2)
    assert result["stored"] / result["hits"] == pytest.approx(1 / 9, rel=0.2)


def stat(server, name):
    with server.connect() as sock:
        sock.sendall(b"stats\r\n")
        text = b""
        while not text.endswith(b"END\r\n"):
            text += sock.recv(65536)
    return int(re.search(rf"STAT {name} (\d+)".encode(), text)[1])


@pytest.mark.parametrize("protocol", ["text", "binary"])
def test_tailrace(server, protocol):
    """Sizes as in Facebook's ETC pool, some keys much more often than others, two threads."""
    result = measure(server, *SHORT, "--protocol", protocol, "--verify", "--key-bytes", "etc",
                     "--value-bytes", "etc", "--popularity", "zipf", "--get-ratio", "30:1",
                     "--keys", "2000", "--threads", "2", "--depth", "4")
    assert result["misses"] == 0 and result["hits"] > 100


def test_large_values(server):
    """Requests that no buffer of a socket takes at once."""
    result = measure(server, *SHORT, "--verify", "--keys", "20", "--value-bytes", "1-1000000",
                     "--get-ratio", "1:1", "--connections", "4", "--depth", "4")
    assert result["misses"] == 0 and result["stored"] > 0


@pytest.mark.parametrize("arrival", ["fixed", "poisson"])
def test_open_loop(stock, arrival):
    result = measure(stock, "--rate", "2000", "--arrival", arrival, "--warmup", "200ms",
                     "--duration", "2s")
    assert result["unanswered"] == 0
    if arrival == "fixed":
        assert result["due"] == 4000
    else:
        assert 4000 - 6 * 4000 ** 0.5 < result["due"] < 4000 + 6 * 4000 ** 0.5


def test_same_seed_same_requests(stock):
    first, again, other = (
        measure(stock, *SHORT, "--rate", "4000", "--seed", seed) for seed in ("5", "5", "6"))
    assert (first["due"], first["hits"], first["stored"]) == \
        (again["due"], again["hits"], again["stored"])
    assert (first["due"], first["hits"]) != (other["due"], other["hits"])


def test_overload():
    """At twice the capacity requests fall due no later, and are answered ever later."""
    connections, delay_ms = 4, 10
    capacity = connections * 1000 // delay_ms
    rate = 2 * capacity
    engine = f"ewouldblock,answer=late,delay_us={delay_ms * 1000},inner=dram"
    with servers.Tailrace(threads=1, engine=engine) as server:
        short, long = (measure(server, "--connections", str(connections), "--keys", "10", "--rate",
                               str(rate), "--arrival", "fixed", "--warmup", "0ms", "--duration",
                               f"{seconds}s") for seconds in (1, 3))
    for result, seconds in ((short, 1), (long, 3)):
        assert result["due"] == pytest.approx(rate * seconds, abs=1)
        assert 0 < result["answers_per_s"] < 1.05 * capacity
        # About half of the requests came too early for the server; the last ones waited longest.
        assert result["latency_us"]["all"]["p100"] > 0.25e6 * seconds
    assert long["latency_us"]["all"]["p50"] > 1.5 * short["latency_us"]["all"]["p50"]


def test_stall():
    """A server that stands still for half a second is late for all that was due meanwhile."""
    with servers.Stock() as server:
        with start("--kernel", "--server", f"{server.address}:{server.port}", "--rate", "1000",
                   "--arrival", "fixed", "--warmup", "0ms", "--duration", "3s", "--keys", "10",
                   "--json") as process:
            try:
                # A second's.
                wait_gets(server, 900)
                server.proc.send_signal(signal.SIGSTOP)
                time.sleep(0.5)
                server.proc.send_signal(signal.SIGCONT)
                out, _ = process.communicate(timeout=20)
            finally:
                process.kill()
    result, = json.loads(out)["results"]
    latency = result["latency_us"]["all"]
    assert latency["count"] == result["due"] == 3000
    # One in six was due then, and waited for 0 to 500 ms: one in ten for more than 200 ms.
    assert latency["p90"] > 100e3 and latency["p99"] > 400e3


def wait_gets(server, count):
    servers.wait_until("gets", lambda: stat(server, "cmd_get") >= count, 20)


def test_capture():
    """Latencies are those that the packets show."""
    engine = "ewouldblock,answer=burst,window=4096,delay_us=100000,inner=dram"
    rate, seconds = 1000, 3
    with servers.Tailrace(threads=1, engine=engine) as server:
        measure(server, *SHORT, "--keys", "100", "--connections", "100")
        with capture(servers.TAP) as sock:
            told = measure(server, "--keys", "100", "--no-fill", "--connections", "200", "--rate",
                           str(rate), "--arrival", "fixed", "--warmup", "0ms", "--duration",
                           f"{seconds}s")["latency_us"]["all"]
            times = request_times(sock)
    assert len(times) == told["count"] == rate * seconds
    since_sent = sorted(answer - sent for sent, answer in times)
    since_due = sorted(answer - due for due, (_, answer) in zip(schedule(times, rate), times))
    stall = max(after - before for (before, _), (after, _) in itertools.pairwise(times))
    for p in (50, 90, 99):
        at = int(p / 100 * len(times)) - 1
        print(f"p{p}, us: told {told[f'p{p}']}, since sent {since_sent[at]}, "
              f"since due {since_due[at]}; stall {stall}")
        # DPDK rounds the frequency of the TSC to 10 MHz.
        assert told[f"p{p}"] >= PACE * since_sent[at]
        # The few slowest also show a thread that the machine did not run as answers came. Others
        # do where it stood still for long: requests, of which each ms has one, left late too.
        if p < 99:
            assert 0.9 * since_due[at] <= told[f"p{p}"] <= 1.1 * since_due[at] + stall


def schedule(times, rate):
    """When each request was due, or later: those of the first and of the last tenth that left
    soonest were on time, unless all of a tenth waited for answers. The TSC and the kernel's clock
    need not agree on how long a second is.
    """
    slack = [sent - k * 1e6 / rate for k, (sent, _) in enumerate(times)]
    tenth = len(slack) // 10
    apart = (1 - PACE) * 1e6 / rate * len(times)
    begin, end = min(slack[:tenth]), min(slack[-tenth:])
    begin, end = min(begin, end + apart), min(end, begin + apart)
    return [begin + k * (1e6 / rate + (end - begin) / len(slack)) for k in range(len(slack))]


def capture(interface):
    """A socket that keeps all packets from now on, with the kernel's times."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
    sock.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
    sock.bind((interface, 0))
    sock.setblocking(False)
    return sock


def request_times(sock):
    """When each request left, in order, and when the next answer on its connection came, us."""
    asked, times, seen = {}, [], set()
    while True:
        try:
            packet, ancillary, _, _ = sock.recvmsg(2048, 128)
        except BlockingIOError:
            return times
        if packet[12:14] != b"\x08\x00" or packet[23] != socket.IPPROTO_TCP:
            continue
        ip_len = (packet[14] & 15) * 4
        tcp = packet[14 + ip_len:]
        payload = struct.unpack_from("!H", packet, 16)[0] - ip_len - (tcp[12] >> 4) * 4
        if payload == 0:
            continue
        at = struct.unpack("qq", ancillary[0][2])
        at_us = at[0] * 1e6 + at[1] / 1e3
        source, target, sequence = struct.unpack_from("!HHI", tcp)
        if (source, target, sequence) in seen:
            continue  # who asked or answered had to wait for a CPU: it was sent again
        seen.add((source, target, sequence))
        if target == servers.PORT:
            assert source not in asked, "a second request before the answer"
            asked[source] = len(times)
            times.append((at_us, None))
        else:
            k = asked.pop(target)
            times[k] = (times[k][0], at_us)


def own_stack_command(folder, vdev, *args, addr=f"{servers.HOST_ADDRESS}/24",
                      server=servers.ADDRESS, lcores="1"):
    """What loads over our own stack, in a second process with a port of its own."""
    return [str(BENCH), *servers.eal_args(folder.prefix, lcores, tap=False), "--log-level=*:error",
            f"--vdev={vdev}", "--", "load", "--addr", addr, "--server", server, *args]


def own_stack(folder, vdev, *args, **whom):
    """The same, to its end."""
    done = subprocess.run(own_stack_command(folder, vdev, *args, **whom), check=False, timeout=DEADLINE_S,
                          text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **folder.options())
    assert not folder.left()
    return done


@pytest.mark.parametrize("args", [
    ("--protocol", "text", "--value-bytes", "etc", "--depth", "8"),
    ("--protocol", "binary", "--value-bytes", "0-100000", "--keys", "200", "--get-ratio", "1:1"),
    ("--connections", "200", "--rate", "2000"),
])
def test_own_stack(args):
    """From stack to stack over a memif: every value is right, also with many segments."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--listen", str(servers.PORT)) as vdev:
            done = own_stack(other, vdev, *SHORT, "--verify", "--json", *args)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    result, = told["results"]
    assert told["transport"] == "tailrace" and told["fill_refused"] == 0
    assert result["refused"] == result["misses"] == result["differing"] == 0
    assert result["hits"] > 50 and result["stored"] > 5


@pytest.mark.parametrize("name", [servers.ADDRESS6, f"[{servers.ADDRESS6}]",
                                  f"[{servers.ADDRESS6}]:{servers.PORT}"])
def test_ipv6(name):
    """Over the kernel's sockets, with its address in every form that people write."""
    with servers.Tailrace(family=6) as server:
        before = server.counter("ip6_rx")
        done = run("--kernel", "--server", name, *SHORT, "--verify", "--json")
        assert server.counter("ip6_rx") - before > 100
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    result, = told["results"]
    assert told["server"] == name
    assert result["misses"] == result["refused"] == result["differing"] == 0 < result["hits"]


def test_own_stack_ipv6():
    """From stack to stack, which has IPv6 alone: it waits until its address may be used."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--addr", f"{servers.ADDRESS6}/64", "--listen",
                                str(servers.PORT)) as vdev:
            done = own_stack(other, vdev, *SHORT, "--verify", "--json", "--keys", "500",
                             "--value-bytes", "0-5000",
                             addr=f"{servers.HOST_ADDRESS6}/64", server=servers.ADDRESS6)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    result, = told["results"]
    assert told["transport"] == "tailrace" and told["server"] == servers.ADDRESS6
    assert result["misses"] == result["refused"] == result["differing"] == 0 < result["hits"]


def test_own_stack_to_several_cores():
    """Two cores and a memif of one queue: each has connections, and both answer by that queue."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--listen", str(servers.PORT), lcores="0,1") as vdev:
            done = own_stack(other, vdev, *SHORT, "--verify", "--json", "--connections", "40")
            with telemetry.Session(folder.runtime) as session:
                cores = [session.ask(f"/tailrace/stack,{core}") for core in range(2)]
    assert done.returncode == 0, done.stderr
    result, = json.loads(done.stdout)["results"]
    assert result["refused"] == result["misses"] == result["differing"] == 0
    # All that comes is the first core's, or was steered to the other: no queue brings it twice.
    assert cores[1]["rx_frames"] <= cores[0]["steered"]
    for core in cores:
        assert core["opened_passive"] > 0 and core["requests"] > 50, cores
        assert core["drop_no_conn"] == core["reset_sent"] == 0


def test_killed_peers():
    """Of a memif: each dies in the midst of its load, and whoever comes next is served."""
    def answered():
        with telemetry.Session(folder.runtime) as session:
            # The core begins when the first peer is there.
            return (session.ask("/tailrace/core,0") or {"responses": 0})["responses"]

    with servers.Folder() as folder, netns.Namespace():
        with ports.memif_server(folder, "--listen", str(servers.PORT)) as vdev:
            for _ in range(KILLED):
                before = answered()
                with servers.Folder() as other, subprocess.Popen(
                        own_stack_command(other, vdev, "--duration", f"{DEADLINE_S}s"),
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL, **other.options()) as process:
                    try:
                        servers.wait_until("load", lambda: answered() > before + 1000, DEADLINE_S)
                        assert process.poll() is None
                    finally:
                        process.kill()
            with servers.Folder() as other:
                done = own_stack(other, vdev, *SHORT, "--verify", "--json")
    assert done.returncode == 0, done.stderr
    result, = json.loads(done.stdout)["results"]
    assert result["refused"] == result["differing"] == 0
    assert result["hits"] > 50


def test_own_stack_to_memcached(tmp_path):
    """Two threads, a tap each, whose other ends are the kernel's that memcached is behind."""
    taps = [(f"loadtap{i}", f"10.77.0.{i + 2}", f"02:00:00:77:00:0{i + 2}") for i in range(2)]
    with servers.Folder() as folder, netns.Namespace():
        with subprocess.Popen(["memcached", "-u", "nobody", "-U", "0", "-l", "0.0.0.0"],
                              stdin=subprocess.DEVNULL, **folder.options()) as memcached:
            args = [*servers.eal_args(folder.prefix, "0,1", tap=False), "--log-level=*:error",
                    *(f"--vdev=net_tap{i},iface={name}" for i, (name, _, _) in enumerate(taps)),
                    "--", "load", "--server", servers.HOST_ADDRESS, *SHORT, "--verify", "--json"]
            for i, (_, address, _) in enumerate(taps):
                args += ["--addr", f"{address}/24,port={i}"]
            out = (tmp_path / "out").open("w+")
            try:
                with out, subprocess.Popen([str(BENCH), *args], stdin=subprocess.DEVNULL,
                                           stdout=out, **folder.options()) as process:
                    try:
                        for tap in taps:
                            attach(*tap)
                        servers.wait_until("its end", lambda: ended(process, taps), DEADLINE_S)
                        assert process.returncode == 0
                        out.seek(0)
                        told = json.load(out)
                    finally:
                        process.kill()
            finally:
                memcached.kill()
    assert told["threads"] == 2 and told["connections"] == 16
    result, = told["results"]
    assert result["misses"] == result["refused"] == result["differing"] == 0
    assert result["hits"] > 100


def ended(process, taps):
    """Whether it has ended. Until then net_tap may once more give a tap's two ends one MAC."""
    for name, _, mac in taps:
        if mac not in netns.run("ip", "-o", "link", "show", "dev", name, check=False):
            netns.run("ip", "link", "set", "dev", name, "address", mac, check=False)
    return process.poll() is not None


@contextlib.contextmanager
def kernel_port(queues=1):
    """A port of our own stack whose other end is the kernel's: the device."""
    netns.run("ip", "link", "add", "port0", "type", "veth", "peer", "name", servers.PEER)
    netns.run("ip", "link", "set", "dev", "port0", "up")
    # A packet socket is handed what the sender left to a device: no checksum.
    netns.run("ethtool", "-K", servers.PEER, "tx", "off")
    servers.address_add6(servers.PEER, servers.ADDRESS6)
    servers.address_up(servers.PEER, f"{servers.ADDRESS}/24")
    yield f"net_af_packet0,iface=port0,framesz=2048,blocksz=4096,qpairs={queues}"


@contextlib.contextmanager
def memcached(folder):
    """Debian's, at all addresses of this namespace, with room for many."""
    def listens():
        with contextlib.suppress(OSError):
            return socket.create_connection((servers.ADDRESS, servers.PORT), 10)
        return None

    with subprocess.Popen(["memcached", "-u", "nobody", "-U", "0", "-p", str(servers.PORT), "-c",
                           "20000", "-b", "4096"], stdin=subprocess.DEVNULL,
                          **folder.options()) as process:
        try:
            servers.wait_until("memcached", listens, servers.START_DEADLINE_S).close()
            yield
        finally:
            process.kill()


def test_own_stack_ports_exhausted():
    """A connection more than there are ports: that is not the server's doing."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace(), \
            kernel_port() as vdev, memcached(folder):
        done = own_stack(other, vdev, "--connections", str(PORTS + 1))
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"tailrace-bench: --connections: after {PORTS} of a thread no port of ours is left for "
        f"one to {servers.ADDRESS}; fewer would do\n")


def test_own_stack_address_of_another():
    """The server's link has our address, too."""
    with servers.Folder() as folder, netns.Namespace(), kernel_port() as vdev:
        done = own_stack(folder, vdev, addr=f"{servers.ADDRESS6}/64", server=servers.HOST_ADDRESS6)
    assert done.returncode == 1
    assert done.stderr.endswith("tailrace-bench: --addr: another host has that address\n")


def shares_a_port(folder, vdev):
    """Two threads with a queue each of one port: every value is right, and nothing is lost."""
    done = own_stack(folder, vdev, *SHORT, "--verify", "--json", "--threads", "2", "--connections",
                     "41", "--keys", "1000", "--value-bytes", "0-5000", lcores="0,1")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    result, = told["results"]
    assert told["threads"] == 2 and told["connections"] == 41
    assert result["misses"] == result["refused"] == result["differing"] == 0
    assert result["hits"] > 100


def test_own_stack_threads_share_a_port():
    """The kernel chooses among packet sockets by a hash of its own: answers are steered."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace(), \
            kernel_port(queues=2) as vdev, memcached(folder):
        shares_a_port(other, vdev)


def test_own_stack_threads_share_a_memif():
    """Whose queues nothing is known of, to a server with as many."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--listen", str(servers.PORT), lcores="0,1") as vdev:
            shares_a_port(other, vdev)


def test_own_stack_too_few_queues():
    with servers.Folder() as folder, netns.Namespace(), kernel_port() as vdev:
        done = own_stack(folder, vdev, "--threads", "2", lcores="0,1")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "tailrace-bench: --threads: 2, but port 0 (net_af_packet) has 1 queue for us; fewer, or an "
        "--addr and a port for each, would do\n")


def attach(name, address, mac):
    """Route an address to a tap when it is up."""
    servers.wait_until(name, lambda: netns.link_is_up(name), servers.START_DEADLINE_S)
    netns.run("ip", "link", "set", "dev", name, "address", mac)
    servers.address_up(name, f"{servers.HOST_ADDRESS}/32")
    netns.run("ip", "route", "add", address, "dev", name)


def test_own_stack_refused():
    """Nobody listens there."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--listen", "7,proto=echo") as vdev:
            done = own_stack(other, vdev)
    assert done.returncode == 1
    assert done.stderr.endswith(f"tailrace-bench: {servers.ADDRESS}: Connection refused\n")


def test_too_many_threads():
    """Each has a CPU of its own, or there is no measurement."""
    cpus = len(os.sched_getaffinity(0))
    done = run("--kernel", "--server", "127.0.0.1:1", "--threads", str(cpus + 1), "--connections",
               "64")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == \
        f"tailrace-bench: --threads: {cpus + 1}, but there are {cpus} CPUs\n"


def test_own_stack_without_port():
    """EAL has no device: the message says so."""
    done = run("--server", servers.ADDRESS, "--addr", f"{servers.HOST_ADDRESS}/24")
    assert done.returncode == 1
    assert "port 0" in done.stderr and "--vdev" in done.stderr


def test_misses(stock):
    result = measure(stock, *SHORT, "--no-fill", "--get-ratio", "1:0", "--key-bytes", "77")
    assert result["hits"] == 0 and result["misses"] > 0


@pytest.mark.parametrize("protocol", ["text", "binary"])
def test_wrong_values(stock, protocol):
    """Values of another seed are of the same size and differ: that is a failure when asked for."""
    args = ("--kernel", "--server", f"{stock.address}:{stock.port}", *SHORT, "--get-ratio", "1:0",
            "--keys", "100", "--protocol", protocol)
    assert run(*args, "--seed", "1").returncode == 0
    assert run(*args, "--no-fill", "--seed", "2").returncode == 0
    done = run(*args, "--no-fill", "--seed", "2", "--verify")
    assert done.returncode == 1
    assert re.fullmatch(r"tailrace-bench: \d+ values were not what their key must have\n",
                        done.stderr)
    assert "values were not what their key must have" in done.stdout


def test_largest_values(stock):
    """memcached takes the largest values with the largest keys, as it comes."""
    result = measure(stock, *SHORT, "--keys", "4", "--value-bytes", "1000000", "--key-bytes",
                     "250", "--get-ratio", "1:1")
    assert result["misses"] == 0 and result["stored"] > 0


def test_refused():
    """Errors that the server reports are counted, and said."""
    with servers.Tailrace(args=["--value-max", "1K"]) as server:
        args = (*SHORT, "--keys", "50", "--value-bytes", "1000-1100")
        done = run("--kernel", "--server", f"{server.address}:{server.port}", *args, "--json")
        assert done.returncode == 0
        assert re.fullmatch(r"\d+ requests were answered with an error\.\n", done.stderr)
        told = json.loads(done.stdout)
        assert 0 < told["fill_refused"] < told["filled"] == 50
        result, = told["results"]
        assert result["refused"] > 0 and result["misses"] > 0 and result["stored"] > 0
        assert re.search(r"^\d+ requests were answered with an error\.$",
                         succeed(server, *args), re.M)


def test_only_errors():
    """A server that does nothing else is not measured."""
    with servers.Tailrace(args=["--value-max", "1K"]) as server:
        done = run("--kernel", "--server", f"{server.address}:{server.port}", *SHORT, "--keys",
                   "50", "--value-bytes", "2000", "--get-ratio", "0:1")
    assert done.returncode == 1
    assert done.stderr == "tailrace-bench: the server answered with nothing but errors\n"
    assert "requests were answered with an error." in done.stdout


def test_no_answers(tmp_path):
    """Nor is one that is silent; what was asked for is written nevertheless."""
    svg_file, report_file = tmp_path / "load.svg", tmp_path / "load.html"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = run("--kernel", "--server", f"127.0.0.1:{listener.getsockname()[1]}", *SHORT,
                   "--no-fill", "--connections", "2", "--sweep", "100-200/2", "--json", "--svg",
                   str(svg_file), "--report", str(report_file))
    assert done.returncode == 1
    assert done.stderr.endswith(
        "\ntailrace-bench: no request was answered in the measured time\n")
    assert "requests were not answered within a second" in done.stderr
    assert [result["answers_per_s"] for result in json.loads(done.stdout)["results"]] == [0, 0]
    for text in (svg_file.read_text(), report_file.read_text()):
        assert "<svg" in text and not re.search(r"\b(nan|inf)\b", text)
    xml.etree.ElementTree.parse(svg_file)


@pytest.mark.parametrize("option", ["--json", "--hgrm", "--svg", "--report"])
def test_no_such_folder(tmp_path, option):
    """A file that cannot be written is said before anything runs: nobody listens here."""
    done = run("--kernel", "--server", "127.0.0.1:1", option, str(tmp_path / "no" / "file"))
    assert done.returncode == 2
    assert done.stderr == f"tailrace-bench: {tmp_path}/no/file: No such file or directory\n"


def test_nothing_measured(stock, tmp_path):
    """A run without results leaves files as they were; one with results leaves nothing of them."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("of an earlier run\n" * 10000)
    nobody = ("--kernel", "--server", f"{stock.address}:1")
    for args in ((*nobody, "--json", str(old), "--svg", str(new)),
                 (*nobody, "--json", str(old), "--svg", str(new), "--hgrm", "/no/file")):
        assert run(*args).returncode != 0
        assert old.read_text() == "of an earlier run\n" * 10000 and not new.exists()
    succeed(stock, *SHORT, "--json", str(old), "--svg", str(new))
    assert json.loads(old.read_text())["results"]
    xml.etree.ElementTree.parse(new)


def test_full_disk(stock, tmp_path):
    """A file that cannot be written keeps no other from it."""
    svg_file = tmp_path / "load.svg"
    done = run("--kernel", "--server", f"{stock.address}:{stock.port}", *SHORT, "--json",
               "/dev/full", "--svg", str(svg_file))
    assert done.returncode == 1
    assert done.stderr == "tailrace-bench: /dev/full: No space left on device\n"
    assert "answers/s" in done.stdout
    xml.etree.ElementTree.parse(svg_file)


def test_table_and_files(stock, tmp_path):
    json_file, hgrm_file = tmp_path / "load.json", tmp_path / "load.hgrm"
    table = succeed(stock, *SHORT, "--json", str(json_file), "--hgrm", str(hgrm_file))
    told = json.loads(json_file.read_text())
    assert told["arrival"] is None and told["warmup_s"] == 0.1
    result, = told["results"]
    latency = result["latency_us"]["all"]
    line, = re.findall(r"^all .*", table, re.M)
    assert [float(word) for word in line.split()[1:]] == pytest.approx(
        [latency["count"], latency["mean"], *(latency[p] for p in PERCENTILES)], rel=0.001,
        abs=0.06)
    rows = [line.split() for line in hgrm_file.read_text().splitlines()
            if re.match(r" +\d", line)]
    assert float(rows[-1][1]) == 1 and int(rows[-1][2]) == latency["count"]
    median, = (row for row in rows if float(row[1]) == 0.5)
    assert float(median[0]) == pytest.approx(latency["p50"], rel=0.001)


def test_sweep(stock, tmp_path):
    """Each rate has its result, its line in the table, and its point in the plot."""
    json_file, svg_file = tmp_path / "load.json", tmp_path / "load.svg"
    table = succeed(stock, *SHORT, "--sweep", "1K-3K/3", "--json", str(json_file), "--svg",
                    str(svg_file))
    told = json.loads(json_file.read_text())
    assert told["arrival"] == "poisson"
    results = told["results"]
    assert [result["rate"] for result in results] == [1000, 2000, 3000]
    for result in results:
        assert result["due"] == pytest.approx(result["rate"] / 2, rel=0.3)
    rows = [line.split() for line in table.splitlines() if re.match(r" +\d+ +\d+ ", line)]
    assert [float(row[0]) for row in rows] == [1000, 2000, 3000]
    for row, result in zip(rows, results):
        assert float(row[1]) == pytest.approx(result["answers_per_s"], abs=1)
    svg = xml.etree.ElementTree.parse(svg_file).getroot()
    lines = svg.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.get("points").split()) for line in lines] == [3, 3, 3]
    # Further right is more throughput.
    across = [float(point.split(",")[0]) for point in lines[0].get("points").split()]
    assert across == sorted(across)


@pytest.mark.parametrize("args", [("--rate", "1K"), ("--sweep", "1K-2K/2"), ()])
def test_report(stock, tmp_path, args):
    """A page that needs nothing else: plot, figures, command, machine."""
    file = tmp_path / "a<b&c.html"
    succeed(stock, *SHORT, *args, "--report", str(file))
    text = file.read_text()
    # All that HTML allows and XML does not is in its head.
    page = xml.etree.ElementTree.fromstring(text[text.index("<body>"):text.index("</html>")])
    assert page.find("pre").text.endswith(f"--report {file}")
    assert page.findall(".//{http://www.w3.org/2000/svg}polyline")
    facts = {row.find("th").text: row.find("td").text for row in page.findall(".//tr")
             if len(row) == 2}
    assert facts["DPDK"].startswith("DPDK ") and facts["protocol"] == "text"
    assert int(facts["CPUs"]) == os.sysconf("SC_NPROCESSORS_ONLN")
    assert "<script" not in text and "href" not in text and " src=" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_progress_and_interrupt(stock):
    """A terminal sees how far it is; after Ctrl-C come the results until then."""
    master, slave = pty.openpty()
    try:
        with start("--kernel", "--server", f"{stock.address}:{stock.port}", "--duration", "60s",
                   "--warmup", "0ms", "--json", stderr=slave) as process:
            try:
                seen = b""
                while b"answers/s" not in seen:
                    ready, _, _ = select.select([master], [], [], 20)
                    assert ready, seen
                    seen += os.read(master, 4096)
                before = voluntary_switches(process.pid)
                time.sleep(2)
                # The main thread is on a worker's CPU: it wakes to show that, and not to look.
                assert voluntary_switches(process.pid) - before <= 4
                process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=20)
            finally:
                process.kill()
    finally:
        os.close(slave)
        os.close(master)
    assert process.returncode == 0
    result, = json.loads(out)["results"]
    assert 1 < result["seconds"] < 30 and result["unanswered"] == 0
    assert b"storing the keys" in seen and b" of 60 s: " in seen


def voluntary_switches(thread):
    text = pathlib.Path(f"/proc/{thread}/status").read_text()
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])


def test_server_goes():
    """A server that ends is a failure with a reason, at once."""
    with servers.Tailrace() as server:
        with start("--kernel", "--server", f"{server.address}:{server.port}",
                   "--duration", "60s") as process:
            try:
                wait_gets(server, 1)
                server.stop()
                _, err = process.communicate(timeout=20)
            finally:
                process.kill()
        assert process.returncode == 1
        assert re.fullmatch(r"tailrace-bench: (the server closed a connection|"
                            r"(send|receive): .*)\n", err)


def test_nobody_listens(stock):
    done = run("--kernel", "--server", f"{stock.address}:1")
    assert done.returncode == 1
    assert done.stderr == f"tailrace-bench: {stock.address}:1: Connection refused\n"


def test_not_memcached(stock):
    done = run("--kernel", "--server", f"{stock.address}:{stock.echo_port}", *SHORT)
    assert done.returncode == 1
    assert done.stderr == \
        "tailrace-bench: the server's answer is not one to a set of the text protocol\n"


SERVER = ("--kernel", "--server", "127.0.0.1")


@pytest.mark.parametrize("args, named", [
    ((), "--server"),
    (("--server", "localhost"), "IPv4"),
    (("--server", "[127.0.0.1]:1"), "[127.0.0.1]:1"),
    (("--server", "[2001:db8::2"), "[2001:db8::2]:11211"),
    (("--server", "[2001:db8::2]1"), "[2001:db8::2]:11211"),
    (("--server", "[2001:db8::2]:"), "[2001:db8::2]:11211"),
    (("--server", "2001:db8::2::1"), "IPv6"),
    (("--server", "127.0.0.1:0"), "127.0.0.1:0"),
    (("--server", "127.0.0.1:65536"), "127.0.0.1:65536"),
    (("--server", "127.0.0.1:"), "127.0.0.1:"),
    ((*SERVER, "--frob"), "load --help"),
    ((*SERVER, "--protocol", "meta"), "text or binary"),
    ((*SERVER, "--connections", "0"), "from 1 to"),
    ((*SERVER, "--rate", "0"), "--rate"),
    ((*SERVER, "--rate", "fast"), "fast"),
    ((*SERVER, "--arrival", "never"), "poisson or fixed"),
    ((*SERVER, "--keys", "0"), "--keys"),
    ((*SERVER, "--key-bytes", "251"), "from 1 to 250"),
    ((*SERVER, "--key-bytes", "20-10"), "20-10"),
    ((*SERVER, "--key-bytes", "2", "--keys", "1025"), "at least 3 bytes"),
    ((*SERVER, "--value-bytes", "1M"), "1M"),
    ((*SERVER, "--popularity", "zipf:0"), "zipf:0"),
    ((*SERVER, "--popularity", "zipf:x"), "zipf:x"),
    ((*SERVER, "--get-ratio", "0:0"), "9:1"),
    ((*SERVER, "--get-ratio", "9"), "9:1"),
    ((*SERVER, "--duration", "10"), "10s"),
    ((*SERVER, "--duration", "0ms"), "0ms"),
    ((*SERVER, "--threads", "2", "--connections", "1"), "1 connections"),
    ((*SERVER, "--verify=yes"), "takes no value"),
    ((*SERVER, "--sweep", "10K"), "10K-100K/10"),
    ((*SERVER, "--sweep", "10K-10K"), "10K-100K/10"),
    ((*SERVER, "--sweep", "1K-10K/1"), "10K-100K/10"),
    ((*SERVER, "--sweep", "1K-10K", "--rate", "1K"), "--rate"),
    ((*SERVER, "--sweep", "1K-10K", "--hgrm", "x"), "--hgrm"),
    (("--server", "127.0.0.1"), "--addr"),
    ((*SERVER, "--addr", "10.0.0.1/24"), "--addr"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1"), "prefix length"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/24,port=x"), "port=0"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/24", "--addr", "10.0.0.3/24"), "port 0 twice"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/24", "--addr", "10.0.0.3/24,port=1",
      "--threads", "3"), "share one --addr"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/24", "--gateway", "here"), "here"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/33"), "prefix length"),
    (("--server", "2001:db8::2", "--addr", "2001:db8::1/129"), "prefix length"),
    (("--server", "2001:db8::2", "--addr", "10.0.0.1/24"), "--addr: not of the same family"),
    (("--server", "10.0.0.2", "--addr", "10.0.0.1/24", "--gateway", "fe80::1"),
     "--gateway: not of the same family"),
])
def test_bad_arguments(args, named):
    done = run(*args)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("tailrace-bench: ") and done.stderr.count("\n") == 1
    assert named in done.stderr


def test_help():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert "--get-ratio" in done.stdout and "poisson" in done.stdout
