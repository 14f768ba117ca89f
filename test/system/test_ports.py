# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Ports other than a tap: memif to another process, and a packet socket on a veth."""

import contextlib
import socket
import subprocess

import pytest

import mc
import netns
import ports
import server as servers

PEER = servers.BUILD / "test" / "system" / "peer"
BYTES = 8 << 20

pytestmark = pytest.mark.tailrace_only("it has no ports")


@pytest.mark.parametrize("idle", ["interrupt", "poll"])
def test_memif(idle):
    """Bytes cross a memif to another process with our stack, both ways, and come back equal."""
    with servers.Folder() as folder, servers.Folder() as other, netns.Namespace():
        with ports.memif_server(folder, "--listen", "7,proto=echo", "--idle", idle) as vdev:
            done = subprocess.run([PEER, *servers.eal_args(other.prefix, "1", tap=False),
                                   f"--vdev={vdev}", "--",
                                   servers.HOST_ADDRESS, servers.ADDRESS, "7", str(BYTES)],
                                  check=False, timeout=60, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, **other.options())
            assert done.returncode == 0, done.stdout
            assert f"sent {BYTES}, received {BYTES}\n" in done.stdout


def test_af_packet():
    """Values of all sizes go through a packet socket, which sends no chains of mbufs."""
    with servers.Folder() as folder, netns.Namespace():
        netns.run("ip", "link", "add", "port0", "type", "veth", "peer", "name", servers.PEER)
        netns.run("ip", "link", "set", "dev", "port0", "up")
        # A packet socket is handed what the sender left to a device: no checksum.
        netns.run("ethtool", "-K", servers.PEER, "tx", "off")
        servers.address_up(servers.PEER, f"{servers.HOST_ADDRESS}/24")
        with ports.running(folder, "net_af_packet0,iface=port0,framesz=2048,blocksz=4096",
                     "--listen", str(servers.PORT)):
            def connected():
                with contextlib.suppress(OSError):
                    return mc.Text(socket.create_connection((servers.ADDRESS, servers.PORT), 10))
                return None
            client = servers.wait_until("the port answers", connected, servers.START_DEADLINE_S)
            for size in (0, 1, 1400, 1460, 5000, 100000, 1 << 20):
                value = bytes(i * 31 % 251 for i in range(size))
                client.set(b"key", value)
                assert client.get(b"key") == value
