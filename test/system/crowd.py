# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Many clients at once, and the innocent one who must not suffer from the others."""

import contextlib
import os
import selectors
import threading
import zlib

import mc

INNOCENT_DEADLINE_S = 5
INNOCENT_TURNS = 20


def talk(server, connections, rounds):
    """So many connections set and get at once, so many times each, and all are answered."""
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for i in range(connections):
            sock = stack.enter_context(server.connect())
            selector.register(sock, selectors.EVENT_READ, _Talker(sock, i, rounds))
        for key in selector.get_map().values():
            key.data.ask()
        while selector.get_map():
            ready = selector.select(10)
            assert ready, f"{len(selector.get_map())} connections wait for an answer"
            for key, _ in ready:
                if key.data.hear():
                    selector.unregister(key.fileobj)


@contextlib.contextmanager
def innocent(server, flushed=False):
    """Someone who goes on setting and getting meanwhile, each within a deadline.

    When others may flush the server, what was set may be missing; it is never something else.
    """
    stop = threading.Event()
    failures = []
    turns = 0

    def work():
        nonlocal turns
        try:
            with mc.Text(server.connect(timeout=INNOCENT_DEADLINE_S)) as client:
                # Some of them also when the others were quick.
                while not stop.is_set() or turns < INNOCENT_TURNS:
                    value = os.urandom(1000)
                    client.set(b"innocent", value)
                    got = client.get(b"innocent")
                    assert got == value or (flushed and got is None), got
                    turns += 1
            # So is someone who comes now.
            with mc.Text(server.connect(timeout=INNOCENT_DEADLINE_S)) as client:
                client.set(b"innocent", b"late")
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(3 * INNOCENT_DEADLINE_S)
    assert not thread.is_alive()
    assert not failures, failures


class _Talker:
    """A connection of many: sets and gets in turn, and checks the replies."""

    def __init__(self, sock, number, rounds):
        self.sock = sock
        self.key = b"talker-%d" % number
        self.rounds = 0
        self.wanted = rounds
        self.received = b""
        self.expected = b""

    def ask(self):
        """Send a set and a get of what it set."""
        value = (b"%d-" % self.rounds) * (1 + zlib.crc32(b"%s %d" % (self.key, self.rounds)) % 200)
        self.sock.sendall(b"set %s 0 0 %d\r\n%s\r\nget %s\r\n"
                          % (self.key, len(value), value, self.key))
        self.expected = b"STORED\r\nVALUE %s 0 %d\r\n%s\r\nEND\r\n" % (self.key, len(value), value)
        self.received = b""

    def hear(self):
        """Receive; return whether it is done."""
        chunk = self.sock.recv(65536)
        assert chunk, f"{self.key}: closed"
        self.received += chunk
        if len(self.received) < len(self.expected):
            return False
        mc.assert_same(self.received, self.expected)
        self.rounds += 1
        if self.rounds == self.wanted:
            return True
        self.ask()
        return False
