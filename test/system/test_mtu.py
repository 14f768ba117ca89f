# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The server told its MTU: bytes both ways in segments as long as that, small ones and jumbo.

Over both families.
"""

import contextlib
import functools
import os
import socket

import pytest

import kernel
import mc
import netns
import ports
import server as servers

pytestmark = pytest.mark.tailrace_only("its own MTU")

MIB = 8
JUMBO = 9000
# Bytes before an echo's, and before a segment's with timestamps.
ECHO_HEADERS = {4: 28, 6: 48}
SEGMENT_HEADERS = {4: 52, 6: 72}


def talk(connect, mss):
    """Bytes come back equal, in full segments; so do values."""
    with connect(servers.ECHO_PORT) as sock:
        kernel.round_trip(sock, MIB)
        assert kernel.settings(sock)[1] == mss
        assert kernel.mss_received(sock) == mss
    with mc.Text(connect(servers.PORT)) as client:
        for size in (0, 1, mss - 1, mss, mss + 1, 4096, 100000, 1 << 20):
            value = os.urandom(size)
            client.set(b"key", value)
            assert client.get(b"key") == value


def ping(address, bytes_, family):
    """An echo of so many bytes in a packet that is not cut."""
    out = netns.run("ping", "-c", "2", "-i", "0.2", "-M", "do", "-s",
                    str(bytes_ - ECHO_HEADERS[family]), address)
    assert " 0% packet loss" in out


@pytest.mark.parametrize("family, mtu", [(4, 576), (4, 1280), (4, 1500), (6, 1280), (6, 1500)])
def test_tap(family, mtu):
    with servers.Tailrace(args=["--mtu", str(mtu)], family=family) as server:
        assert f"mtu {mtu}" in server.cmd("show port 0")
        ping(server.address, mtu, family)
        talk(server.connect, mtu - SEGMENT_HEADERS[family])
        server.assert_serves()


def test_refused_by_the_port():
    with servers.Folder() as folder, netns.Namespace():
        done = servers.run_to_end(folder, ["--addr", f"{servers.ADDRESS}/24", "--mtu", str(JUMBO)])
        assert done.returncode == 2
        assert "takes no MTU of 9000: 46 to 1504 would do" in done.stderr


def connected(address, port):
    """A connection, as soon as the server is there."""
    def attempt():
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), timeout=10)
        return None
    return servers.wait_until("the port answers", attempt, servers.START_DEADLINE_S)


@pytest.mark.parametrize("family", [4, 6])
def test_jumbo(family):
    """On a port that takes it, to the kernel's other end of a veth."""
    with servers.Folder() as folder, netns.Namespace():
        netns.run("ip", "link", "add", "port0", "type", "veth", "peer", "name", servers.PEER)
        for name in ("port0", servers.PEER):
            netns.run("ip", "link", "set", "dev", name, "mtu", str(JUMBO), "up")
            # What is captured there is to be as it would be on a wire.
            netns.run("ethtool", "-K", name, "tx", "off", "gro", "off", "tso", "off", "gso", "off")
        servers.address_up(servers.PEER, f"{servers.HOST_ADDRESS}/24")
        servers.address_add6(servers.PEER)
        address = {4: servers.ADDRESS, 6: servers.ADDRESS6}[family]
        with ports.running(folder, "net_pcap0,iface=port0", "--mtu", str(JUMBO),
                           "--addr", f"{servers.ADDRESS6}/64",
                           "--listen", str(servers.PORT),
                           "--listen", f"{servers.ECHO_PORT},proto=echo"):
            connected(address, servers.PORT).close()
            ping(address, JUMBO, family)
            talk(functools.partial(connected, address), JUMBO - SEGMENT_HEADERS[family])
