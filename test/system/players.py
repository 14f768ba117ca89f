# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Clients that behave in one way each, and compare every byte that they receive with the model."""

import random
import socket
import struct
import time

import mc
import model

QUIET = tuple(name for name, opcodes in model.OPCODES.items() if opcodes[1] is not None)
KIB = 1024
MIB = 1 << 20
HELLO, UNORDERED = 0x1f, 0x000e
PIPELINE = 150
CHUNK = 50  # operations of a pipeline that are sent at once
SLOW_PAUSE_S = 0.3


class Player:
    """One client with keys of its own, and what it found."""

    def __init__(self, server, name, seed):
        self.server = server
        self.name = name.encode()
        self.rng = random.Random(seed)
        self.model = model.Model()
        self.reordered = 0
        self._opaque = 0
        self.round = 0

    def play(self, behaviour):
        """Behave once, with new keys, on a new connection."""
        self.model = model.Model()
        self.round += 1
        behaviour(self)
        # What is stored now is what the model says; and a server that runs for long stays empty.
        with TextLine(self) as line:
            for key in list(self.model.items):
                line.ops(model.Op(name, key) for name in ("get", "delete", "get"))

    def keys(self, count):
        """So many keys of nobody else."""
        return [b"%s-%d-%d" % (self.name, self.round, i) for i in range(count)]

    def op(self, keys, *names, **sizes):
        """A random operation."""
        return model.random_op(self.rng, keys, names or tuple(model.OPCODES), **sizes)

    def opaque(self):
        """A number for a binary request."""
        self._opaque += 1
        return self._opaque

    def text(self, op, noreply=False):
        """A text request and its answer."""
        return model.text(self.model, op, noreply)

    def binary(self, op, quiet=False):
        """A binary request and its reply."""
        return model.binary(self.model, op, self.opaque(), quiet, self.rng.random() < 0.3)

    def noop(self):
        """The same of a NOOP."""
        opaque = self.opaque()
        return mc.request(mc.NOOP, opaque=opaque), model.reply(mc.NOOP, opaque)


class TextLine:
    """A connection of the text protocol: ends with quit, after which nothing more may come."""

    def __init__(self, player, sock=None):
        self.player = player
        self.sock = sock or player.server.connect()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        with self.sock:
            if kind is None:
                self.sock.sendall(b"quit\r\n")
                assert_end(self.sock)

    def exchange(self, requests, expected):
        """Send requests and compare the answers."""
        mc.exchange(self.sock, requests, expected)

    def ops(self, ops, noreply=0.0):
        """Send operations all at once and compare the answers."""
        pairs = [self.player.text(op, self.player.rng.random() < noreply) for op in ops]
        self.exchange(b"".join(request for request, _ in pairs),
                      b"".join(answer for _, answer in pairs))


class BinaryLine:
    """A connection of the binary protocol: ends with a QUIT, whose answer is the last."""

    def __init__(self, player, unordered=False):
        self.player = player
        self.sock = player.server.connect()
        self.checker = model.Checker()
        if unordered:
            script = model.Script()
            features = struct.pack("!HH", UNORDERED, 0x0001)
            script.add(mc.request(HELLO, b"matrix", features),
                       model.reply(HELLO, 0, value=features[:2]))
            self.exchange(script)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        with self.sock:
            if kind is None:
                script = model.Script()
                script.add(mc.request(mc.QUIT), model.reply(mc.QUIT, 0))
                self.exchange(script)
                assert_end(self.sock)
                self.player.reordered += self.checker.reordered

    def exchange(self, script):
        """Send a script and compare the replies."""
        length = script.length()
        received = mc.pump(self.sock, script.requests, lambda got: len(got) >= length)
        self.checker.check(received, script)

    def ops(self, ops, quiet=0.0):
        """Send operations all at once, some of them quiet, and compare the replies."""
        script = model.Script()
        for op in ops:
            script.add(*self.player.binary(op, self.player.rng.random() < quiet))
        if quiet:
            script.add(*self.player.noop())
        self.exchange(script)


def assert_end(sock):
    """The server closes, and sends nothing before."""
    rest = sock.recv(100)
    assert rest == b"", f"{rest!r} at the end"


def depth_one(player):
    """One request, one answer."""
    keys = player.keys(4)
    with TextLine(player) as line:
        for _ in range(CHUNK // 2):
            line.ops([player.op(keys)])
    keys = player.keys(8)[4:]
    with BinaryLine(player) as line:
        for _ in range(CHUNK // 2):
            line.ops([player.op(keys)])


def deep_text(player):
    """Long pipelines, also of commands that are not answered, and of several keys at once."""
    keys = player.keys(20)
    with TextLine(player) as line:
        for _ in range(PIPELINE // CHUNK):
            line.ops((player.op(keys) for _ in range(CHUNK)), noreply=0.2)
            line.exchange(b"get " + b" ".join(keys) + b"\r\n",
                          b"".join(model.text_value(key, player.model.items.get(key))
                                   for key in keys) + b"END\r\n")


def deep_binary(player):
    """Long pipelines in which everything is answered."""
    keys = player.keys(20)
    with BinaryLine(player) as line:
        for _ in range(PIPELINE // CHUNK):
            line.ops(player.op(keys) for _ in range(CHUNK))


def quiet_binary(player):
    """Most say nothing when all is well; a NOOP ends them."""
    keys = player.keys(20)
    with BinaryLine(player) as line:
        for _ in range(PIPELINE // CHUNK):
            line.ops((player.op(keys) for _ in range(CHUNK)), quiet=0.8)


def unordered_binary(player):
    """What may be reordered comes in any order, but never across a quiet command or a barrier."""
    keys = player.keys(40)
    with BinaryLine(player, unordered=True) as line:
        for _ in range(PIPELINE // CHUNK):
            script = model.Script()
            while len(script.groups) < 8:
                # No key twice, but for reads: their order would be nobody's to predict.
                window = player.rng.sample(keys, player.rng.randint(1, 30))
                for key in window:
                    script.add(*player.binary(player.op([key])), any_order=True)
                key = player.rng.choice(window)
                quiet = player.rng.choice([0, 3])
                for _ in range(quiet):
                    some = [key, player.rng.choice(keys)]
                    script.add(*player.binary(player.op(some, *QUIET), quiet=True))
                if not quiet or player.rng.random() < 0.5:
                    script.add(*player.noop())
                for _ in range(player.rng.randint(0, 5)):
                    script.add(*player.binary(player.op([key], "get")), any_order=True)
                script.add(*player.noop())
            line.exchange(script)


def hammer(player):
    """One key: the answers follow the order of the program."""
    keys = player.keys(1)
    with TextLine(player) as line:
        line.ops((player.op(keys, sizes=(1, 10)) for _ in range(PIPELINE)), noreply=0.2)
        line.ops([model.Op("get", keys[0])])
        # The same key by the other protocol, on another connection: all before is answered.
        with BinaryLine(player) as other:
            other.ops((player.op(keys, sizes=(1, 10)) for _ in range(PIPELINE)), quiet=0.3)


def slow_reader(player):
    """Asks for much, and reads it after a while, little by little."""
    keys = player.keys(4)
    sock = player.server.socket()
    sock.settimeout(mc.DEADLINE_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * KIB)
    sock.connect((player.server.address, player.server.port))
    with TextLine(player, sock) as line:
        line.ops(model.Op("set", key, player.rng.randbytes(player.rng.randint(5000, 30000)))
                 for key in keys)
        pairs = [player.text(player.op(keys, "get", "get", "append", sizes=(10,)))
                 for _ in range(80)]
        expected = b"".join(answer for _, answer in pairs)
        sock.sendall(b"".join(request for request, _ in pairs))
        time.sleep(SLOW_PAUSE_S)
        received = bytearray()
        while len(received) < len(expected):
            chunk = sock.recv(player.rng.randint(1, 64 * KIB))
            assert chunk, f"closed after {len(received)} bytes of {len(expected)}"
            received += chunk
            time.sleep(player.rng.choice([0, 0, 0.001]))
        mc.assert_same(bytes(received), expected)


def quitter(player):
    """Goes with requests pending, comes back, and finds a state that its program went through."""
    for count, rude in ((1, True), (40, True), (1, False), (40, False)):
        keys = player.keys(count)
        least = dict.fromkeys(keys, -1)
        ask(player, keys, least, rude)
        # What was pending executes when it does: each key's states, in the order of the program.
        with mc.Text(player.server.connect()) as client:
            for key in player.rng.choices(keys, k=20):
                value = client.get(key)
                number = int(value[:len(value) // 50]) if value else -1
                assert value in (None, program_value(number))
                assert number == -1 or keys[number % count] == key
                assert least[key] <= number < PIPELINE, (least[key], number)
                least[key] = number
        with TextLine(player) as line:
            keys = player.keys(50)[40:]
            line.ops(player.op(keys) for _ in range(20))


def ask(player, keys, least, rude):
    """Send a program, read a part of the answers, and go; least: what was acknowledged."""
    requests, wanted = [], []
    for i in range(PIPELINE):
        key, value = keys[i % len(keys)], program_value(i)
        requests.append(b"set %s 0 0 %d\r\n%s\r\nget %s\r\n" % (key, len(value), value, key))
        wanted.append(b"STORED\r\nVALUE %s 0 %d\r\n%s\r\nEND\r\n" % (key, len(value), value))
    with player.server.connect() as sock:
        sock.sendall(b"".join(requests))
        received = sock.recv(player.rng.choice([1, 200, 4000]))
        mc.assert_same(received, b"".join(wanted)[:len(received)])
        for i in range(received.count(b"STORED\r\n")):
            least[keys[i % len(keys)]] = i
        if rude:  # a RST at once; else a FIN, if all was read, and a RST for what comes then
            reset(sock)
        elif player.rng.random() < 0.5:
            sock.shutdown(socket.SHUT_WR)


def reset(sock):
    """Close with a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def program_value(number):
    """What the program stores: its number, often."""
    return b"%d" % number * 50


def large_values(player):
    """Values that are sent from where they are, and replaced meanwhile."""
    keys = player.keys(2)
    sizes = [64 * KIB, MIB, player.rng.randint(64 * KIB, 300 * KIB)]
    with TextLine(player) as line:
        line.ops([op for size in sizes for op in (
            model.Op("set", keys[0], player.rng.randbytes(size)), model.Op("get", keys[0]),
            model.Op("get", keys[0]))])
        line.ops([model.Op("prepend", keys[0], b"more"), model.Op("get", keys[0]),
                  model.Op("delete", keys[0]), model.Op("get", keys[0])])
    with BinaryLine(player) as line:
        line.ops([op for size in sizes for op in (
            model.Op("set", keys[1], player.rng.randbytes(size)), model.Op("get", keys[1]),
            model.Op("gat", keys[1]))], quiet=0.5)
        line.ops([model.Op("delete", keys[1])])


BEHAVIOURS = (depth_one, deep_text, deep_binary, quiet_binary, unordered_binary, hammer,
              slow_reader, quitter, large_values)
