# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""DPDK's telemetry, version 2: JSON over a socket of packets."""

import json
import socket


class Session:
    """Context manager: a connection to the socket in a runtime folder of EAL's."""

    def __init__(self, folder):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock.settimeout(10)
        self._sock.connect(str(folder / "dpdk_telemetry.v2"))
        self.hello = json.loads(self._sock.recv(1024))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._sock.close()

    def ask(self, command):
        """The answer to a command."""
        self._sock.send(command.encode())
        answers = json.loads(self._sock.recv(self.hello["max_output_len"]))
        (path, answer), = answers.items()
        assert path == command.split(",")[0]
        return answer
