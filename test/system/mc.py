# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Small clients of the memcached protocols, for what ordinary clients never do."""

import select
import struct
import time

HEADER = struct.Struct("!BBHBBHIIQ")
REQUEST, RESPONSE = 0x80, 0x81
GET, SET, ADD, REPLACE, DELETE, INCR, DECR, QUIT, FLUSH, GETQ, NOOP, VERSION, GETK, GETKQ = \
    range(14)
APPEND, PREPEND, STAT, SETQ = 0x0e, 0x0f, 0x10, 0x11
TOUCH = 0x1c
OK, NOT_FOUND, EXISTS, TOO_LARGE = 0, 1, 2, 3

# A command of the text protocol that changes nothing, and its answer, which comes last.
PING, PONG = b"verbosity 0\r\n", b"OK\r\n"

DEADLINE_S = 30


def pump(sock, data, done, deadline_s=DEADLINE_S):
    """Send data and receive at the same time, until done(received) is true; return received.

    A pipelining client that only writes, while the server only writes, waits forever.
    """
    received = bytearray()
    unsent = memoryview(data)
    end = time.monotonic() + deadline_s
    timeout = sock.gettimeout()
    sock.setblocking(False)
    try:
        while unsent or not done(received):
            left = end - time.monotonic()
            readable, writable, _ = select.select([sock], [sock] if unsent else [], [],
                                                  max(0, left))
            if not readable and not writable:
                raise AssertionError(f"no progress: {len(unsent)} bytes to send, received "
                                     f"{len(received)}: {bytes(received[-200:])!r}")
            if writable:
                unsent = unsent[sock.send(unsent[:262144]):]
            if readable:
                chunk = sock.recv(262144)
                if not chunk:
                    raise EOFError(f"closed after {len(received)} bytes: "
                                   f"{bytes(received[-200:])!r}")
                received += chunk
    finally:
        sock.settimeout(timeout)
    return bytes(received)


def exchange(sock, request, expected, deadline_s=DEADLINE_S):
    """Send a request and expect exactly these bytes."""
    got = pump(sock, request, lambda received: len(received) >= len(expected), deadline_s)
    assert_same(got, expected)


def assert_same(got, expected):
    """Equality of long byte strings, with a short message."""
    if got == expected:
        return
    at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b),
              min(len(got), len(expected)))
    raise AssertionError(f"{len(got)} bytes for {len(expected)}, differ at {at}: "
                         f"{got[max(0, at - 20):at + 60]!r} for "
                         f"{expected[max(0, at - 20):at + 60]!r}")


class _Client:
    def __init__(self, sock):
        self.sock = sock
        self._buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the connection."""
        self.sock.close()

    def read(self, length):
        """Exactly so many bytes."""
        while len(self._buffer) < length:
            self._fill()
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def line(self):
        """A line, without its end."""
        while (at := self._buffer.find(b"\r\n")) < 0:
            self._fill()
        line = bytes(self._buffer[:at])
        del self._buffer[:at + 2]
        return line

    def _fill(self):
        chunk = self.sock.recv(262144)
        if not chunk:
            raise EOFError(f"closed after {bytes(self._buffer[-200:])!r}")
        self._buffer += chunk


class Text(_Client):
    """The text protocol."""

    def set(self, key, value):
        """Store."""
        self.sock.sendall(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value))
        line = self.line()
        assert line == b"STORED", line

    def get(self, key):
        """The value, or None."""
        self.sock.sendall(b"get %s\r\n" % key)
        line = self.line()
        if line == b"END":
            return None
        word, name, _, length = line.split()
        assert (word, name) == (b"VALUE", key), line
        value = self.read(int(length))
        assert self.read(7) == b"\r\nEND\r\n"
        return value

    def stats(self):
        """General statistics."""
        self.sock.sendall(b"stats\r\n")
        found = {}
        while (line := self.line()) != b"END":
            word, name, value = line.split(b" ", 2)
            assert word == b"STAT", line
            found[name.decode()] = value.decode()
        return found


def request(opcode, key=b"", value=b"", extras=b"", cas=0, opaque=0):
    """A request of the binary protocol."""
    return HEADER.pack(REQUEST, opcode, len(key), len(extras), 0, 0,
                       len(extras) + len(key) + len(value), opaque, cas) + extras + key + value


def store(opcode, key, value, opaque=0, flags=0, expiry=0):
    """A request of the binary protocol that stores."""
    return request(opcode, key, value, struct.pack("!II", flags, expiry), opaque=opaque)


class Response:
    """A response of the binary protocol."""

    def __init__(self, header, body):
        (self.magic, self.opcode, key_len, extras_len, self.datatype, self.status, _, self.opaque,
         self.cas) = HEADER.unpack(header)
        self.extras = body[:extras_len]
        self.key = body[extras_len:extras_len + key_len]
        self.value = body[extras_len + key_len:]


def pieces(data):
    """The bytes of each whole response at the start of data, and the number of those behind."""
    found = []
    at = 0
    while len(data) - at >= HEADER.size:
        end = at + HEADER.size + HEADER.unpack_from(data, at)[6]
        if len(data) < end:
            break
        found.append(bytes(data[at:end]))
        at = end
    return found, len(data) - at


def responses(data):
    """The whole responses at the start of data, and the number of bytes behind them."""
    found, rest = pieces(data)
    return [Response(piece[:HEADER.size], piece[HEADER.size:]) for piece in found], rest


def ends_with_noop(opaque):
    """For pump(): the last response is that to this NOOP (24 bytes, no body)."""
    tail = HEADER.pack(RESPONSE, NOOP, 0, 0, 0, 0, 0, opaque, 0)
    return lambda received: received.endswith(tail)


class Binary(_Client):
    """The binary protocol."""

    def call(self, data):
        """Send one request and return its response."""
        self.sock.sendall(data)
        return self.response()

    def response(self):
        """The next response."""
        header = self.read(HEADER.size)
        assert header[0] == RESPONSE, header
        return Response(header, self.read(HEADER.unpack(header)[6]))
