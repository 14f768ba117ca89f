# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""An interface of the kernel's in a VLAN of another, for kernels that have none: a thread between."""

import contextlib
import fcntl
import os
import select
import socket
import struct
import threading

TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI = 2, 0x1000
SOL_PACKET, PACKET_AUXDATA = 263, 8
AUXDATA = struct.Struct("=IIIHHHH")
VLAN_VALID = 1 << 4
PACKET_OUTGOING = 4
FRAME_MAX = 65536


class Tagger:
    """Context manager: an interface @p name, whose frames pass @p device with a tag."""

    def __init__(self, name, device, vlan):
        self._vlan = vlan
        self._tap = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._sock.bind((device, 3))
        self._end, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.others = 0  # frames without our tag

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        os.close(self._stop)
        self._thread.join()
        os.close(self._end)
        os.close(self._tap)
        self._sock.close()

    def _run(self):
        # The device goes with the server.
        with contextlib.suppress(OSError):
            self._pass()

    def _pass(self):
        while True:
            ready, _, _ = select.select([self._tap, self._sock, self._end], [], [])
            if self._end in ready:
                return
            if self._tap in ready:
                frame = os.read(self._tap, FRAME_MAX)
                self.send(frame, self._vlan)
            if self._sock in ready:
                self._receive()

    def send(self, frame, vlan):
        """Send a frame on the device with a tag; None: without."""
        tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
        self._sock.send(frame[:12] + tag + frame[12:])

    def _receive(self):
        frame, controls, _, address = self._sock.recvmsg(FRAME_MAX, 256)
        if address[2] == PACKET_OUTGOING:
            return
        # The kernel takes the tag out of the frame before any socket has it.
        for level, kind, data in controls:
            if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
                continue
            status, _, _, _, _, tag, _ = AUXDATA.unpack(data[:AUXDATA.size])
            if status & VLAN_VALID and tag & 0xfff == self._vlan:
                os.write(self._tap, frame)
            else:
                self.others += 1
