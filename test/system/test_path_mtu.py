# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""A way through which large packets do not get: a router that says so, and one that does not."""

import contextlib
import socket
import subprocess
import threading

import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

import mc
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its kernel finds the MTU")

WIDEST = 1300
ETH_P_ALL = 3
ETHER_BYTES = 14
PACKET_OUTGOING = 4
# Of a host behind the kernel's router, for each family: its address, the router's, their prefix.
BEHIND = {4: ("10.78.0.9", "10.78.0.1", 24), 6: ("2001:db8:78::9", "2001:db8:78::1", 64)}
NARROW = """table netdev narrow {
    chain in { type filter hook ingress device "%s" priority 0; meta length > %d drop; }
}"""


@contextlib.contextmanager
def narrow():
    """The server's packets get lost if they are longer than that."""
    subprocess.run(["nft", "-f", "-"], input=NARROW % (servers.TAP, WIDEST), check=True, text=True,
                   timeout=10)
    try:
        yield
    finally:
        netns.run("nft", "delete", "table", "netdev", "narrow")


@contextlib.contextmanager
def router():
    """Somebody on the way who says that they are too big."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((servers.TAP, ETH_P_ALL))
    sock.settimeout(0.1)
    done = threading.Event()

    def work():
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                data, sender = sock.recvfrom(65536)
                frame = Ether(data)
                if (sender[2] == PACKET_OUTGOING or TCP not in frame
                        or len(data) - ETHER_BYTES <= WIDEST):
                    continue
                quoted = data[ETHER_BYTES:]
                if IPv6 in frame:
                    error = (IPv6(src=servers.HOST_ADDRESS6, dst=servers.ADDRESS6)
                             / ICMPv6PacketTooBig(mtu=WIDEST) / Raw(quoted[:48]))
                else:
                    error = (IP(src=servers.HOST_ADDRESS, dst=servers.ADDRESS)
                             / ICMP(type=3, code=4, nexthopmtu=WIDEST) / Raw(quoted[:28]))
                sock.send(bytes(Ether(src=frame.dst, dst=frame.src) / error))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sock.close()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("told", [True, False])
def test_narrow_path(told, family):
    """A value comes through, and the next connection need not find out what fits."""
    value = bytes(i * 31 % 251 for i in range(100000))
    with servers.start(family=family) as server:
        server.snapshot_pools()
        with server.text() as client:
            client.set(b"key", value)
            assert client.get(b"key") == value
            with narrow(), router() if told else contextlib.nullcontext():
                assert client.get(b"key") == value
                check_counters(server, told)
                with server.text() as second:
                    assert second.get(b"key") == value
                check_counters(server, told)
        server.pools_settled()


def check_counters(server, told):
    """One connection found out, by what it should have: without a word the old size is tried again."""
    counters = server.counters()
    assert (counters["path_mtu_lowered"], counters["path_mtu_probed"]) == ((1, 0) if told else (0, 2))


@contextlib.contextmanager
def behind_router(server):
    """Be a host behind the server's namespace, by a link that is narrower than the hosts think."""
    address, router_address, length = BEHIND[server.family]
    for key in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
        netns.run("sysctl", "-w", f"net.{key}=1")
    netns.run("ip", "link", "add", "trnear", "mtu", str(WIDEST), "type", "veth",
              "peer", "name", "trfar", "mtu", "1500")
    netns.run("ip", "link", "set", "dev", "trnear", "up")
    nodad = ["nodad"] if server.family == 6 else []
    netns.run("ip", "address", "add", f"{router_address}/{length}", "dev", "trnear", *nodad)
    if server.family == 6:
        # What a router asks its neighbours from; the one that it made itself is the server's too.
        servers.address_add6(servers.TAP, "fe80::77")
    with netns.Namespace() as far:
        netns.run("nsenter", "-t", str(server.pid), "-n", "ip", "link", "set", "dev", "trfar",
                  "netns", far.name)
        netns.run("ip", "link", "set", "dev", "trfar", "up")
        netns.run("ip", "address", "add", f"{address}/{length}", "dev", "trfar", *nodad)
        netns.run("ip", f"-{server.family}", "route", "add", "default", "via", router_address)
        yield


# Shows: 1191-ptb, 8201-ptb.
@pytest.mark.parametrize("family", [4, 6])
def test_kernel_router(family):
    """The kernel routes, and says what does not fit: both ways, a value comes through."""
    gateway = {4: servers.HOST_ADDRESS, 6: servers.HOST_ADDRESS6}[family]
    value = bytes(i * 31 % 251 for i in range(300000))
    with servers.start(args=["--gateway", gateway], family=family) as server, \
            behind_router(server):

        def connect():
            with contextlib.suppress(OSError):
                return server.connect(timeout=1)

        client = servers.wait_until("a connection", connect, 20)
        client.settimeout(30)
        with mc.Text(client) as client:
            client.set(b"key", value)
            assert client.get(b"key") == value
        counters = server.counters()
        assert counters["icmp_errors_received"] > 0
        assert (counters["path_mtu_lowered"], counters["path_mtu_probed"]) == (1, 0)
