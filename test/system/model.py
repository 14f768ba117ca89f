# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""A model of the store: predicts every byte that a server answers to one connection.

It holds for keys that no other connection touches. Of a cas it predicts which ones are the same:
which number a server gives to the state of an item is its own affair.
"""

import collections
import struct

import mc

WRONG_CAS = (1 << 63) + 5
NO_CREATE = 0xffffffff
NOT_STORED, BAD_DELTA = 5, 6
TEXTS = {mc.NOT_FOUND: b"Not found", mc.EXISTS: b"Data exists for key.",
         NOT_STORED: b"Not stored.",
         BAD_DELTA: b"Non-numeric server-side value for incr or decr"}

OPCODES = {  # loud, quiet, loud with key, quiet with key
    "get": (mc.GET, mc.GETQ, mc.GETK, mc.GETKQ),
    "gat": (0x1d, 0x1e, 0x23, 0x24),
    "touch": (mc.TOUCH, None),
    "set": (mc.SET, mc.SETQ),
    "add": (mc.ADD, 0x12),
    "replace": (mc.REPLACE, 0x13),
    "append": (mc.APPEND, 0x19),
    "prepend": (mc.PREPEND, 0x1a),
    "delete": (mc.DELETE, 0x14),
    "incr": (mc.INCR, 0x15),
    "decr": (mc.DECR, 0x16),
}
STORES = ("set", "add", "replace", "append", "prepend")

Item = collections.namedtuple("Item", "value flags version")
Result = collections.namedtuple("Result", "status item number", defaults=(None, None))
Reply = collections.namedtuple("Reply", "data version")  # its cas is zero: compared apart


class Op:
    """One operation, whatever the protocol."""

    def __init__(self, name, key, value=b"", **more):
        self.name, self.key, self.value = name, key, value
        self.flags = more.get("flags", 0)
        self.delta = more.get("delta", 0)
        self.initial = more.get("initial")
        self.wrong_cas = more.get("wrong_cas", False)

    def extras(self):
        """Extras of its binary request."""
        if self.name in ("set", "add", "replace"):
            return struct.pack("!II", self.flags, 0)
        if self.name in ("incr", "decr"):
            return struct.pack("!QQI", self.delta, self.initial or 0,
                               NO_CREATE if self.initial is None else 0)
        return bytes(4) if self.name in ("touch", "gat") else b""


def random_op(rng, keys, names=tuple(OPCODES), sizes=(0, 1, 7, 100, 1500)):
    """An operation on one of these keys: small values, of which some are numbers."""
    if rng.random() < 0.3:
        value = b"%d" % rng.choice([0, 9, 10, 99, rng.getrandbits(64), (1 << 64) - 1])
    else:
        value = rng.randbytes(rng.randint(0, rng.choice(sizes)))
    return Op(rng.choice(names), rng.choice(keys), value, flags=rng.getrandbits(32),
              delta=rng.choice([0, 1, 11, rng.getrandbits(64)]),
              initial=rng.choice([None, 0, 99, rng.getrandbits(64)]),
              wrong_cas=rng.random() < 0.1)


class Model:
    """The items of one connection."""

    def __init__(self):
        self.items = {}
        self._versions = 0

    def run(self, op, binary):
        """Execute an operation; return what becomes of it."""
        item = self.items.get(op.key)
        if op.name in ("get", "gat", "touch"):
            return Result(mc.OK, item) if item else Result(mc.NOT_FOUND)
        if binary and op.wrong_cas and op.name in ("set", "delete"):
            return Result(mc.EXISTS if item else mc.NOT_FOUND)
        if op.name in STORES:
            return self._store(op, item)
        if op.name == "delete":
            self.items.pop(op.key, None)
            return Result(mc.OK if item else mc.NOT_FOUND)
        return self._count(op, item, binary)

    def _store(self, op, item):
        if op.name == "add" and item:
            return Result(mc.EXISTS)
        if op.name == "replace" and not item:
            return Result(mc.NOT_FOUND)
        if op.name in ("append", "prepend"):
            if not item:
                return Result(NOT_STORED)
            value = item.value + op.value if op.name == "append" else op.value + item.value
            return Result(mc.OK, self._put(op.key, value, item.flags))
        return Result(mc.OK, self._put(op.key, op.value, op.flags))

    def _count(self, op, item, binary):
        if not item:
            if not binary or op.initial is None:
                return Result(mc.NOT_FOUND)
            return Result(mc.OK, self._put(op.key, b"%d" % op.initial, 0), op.initial)
        digits = item.value.rstrip(b" ")
        if not digits.isdigit() or len(item.value) > 20 or int(digits) >= 1 << 64:
            return Result(BAD_DELTA)
        number = int(digits)
        number = (number + op.delta) % (1 << 64) if op.name == "incr" else \
            max(0, number - op.delta)
        # A value does not get shorter: spaces fill it up.
        value = (b"%d" % number).ljust(len(item.value))
        return Result(mc.OK, self._put(op.key, value, item.flags), number)

    def _put(self, key, value, flags):
        self._versions += 1
        self.items[key] = Item(value, flags, self._versions)
        return self.items[key]


def text(model, op, noreply=False):
    """The request of an operation in the text protocol, and its answer."""
    result = model.run(op, binary=False)
    last = b" noreply\r\n" if noreply else b"\r\n"
    if op.name in STORES:
        request = b"%s %s %d 0 %d%s%s\r\n" % (op.name.encode(), op.key, op.flags, len(op.value),
                                              last, op.value)
        answer = b"STORED\r\n" if result.status == mc.OK else b"NOT_STORED\r\n"
    elif op.name in ("get", "gat"):
        request = (b"get %s\r\n" if op.name == "get" else b"gat 0 %s\r\n") % op.key
        answer = text_value(op.key, result.item) + b"END\r\n"
    else:
        word = {"touch": b" 0", "delete": b""}.get(op.name, b" %d" % op.delta)
        request = b"%s %s%s%s" % (op.name.encode(), op.key, word, last)
        answer = {mc.NOT_FOUND: b"NOT_FOUND\r\n", BAD_DELTA: b"CLIENT_ERROR cannot increment or "
                  b"decrement non-numeric value\r\n"}.get(result.status)
        if answer is None:
            answer = {"touch": b"TOUCHED\r\n", "delete": b"DELETED\r\n"}.get(op.name) or \
                b"%d\r\n" % result.number
    return request, b"" if noreply and op.name not in ("get", "gat") else answer


def text_value(key, item):
    """What the text protocol shows of an item."""
    if item is None:
        return b""
    return b"VALUE %s %d %d\r\n%s\r\n" % (key, item.flags, len(item.value), item.value)


def binary(model, op, opaque, quiet=False, with_key=False):
    """The request of an operation in the binary protocol, and its reply or None."""
    opcodes = OPCODES[op.name]
    opcode = opcodes[(quiet and opcodes[1] is not None) + 2 * (with_key and len(opcodes) == 4)]
    quiet = opcode in opcodes[1::2]
    key_back = opcode in opcodes[2:]
    cas = WRONG_CAS if op.wrong_cas and op.name in ("set", "delete") else 0
    result = model.run(op, binary=True)
    value = op.value if op.name in STORES else b""
    request = mc.request(opcode, op.key, value, op.extras(), cas=cas, opaque=opaque)
    if quiet and result.status == (mc.NOT_FOUND if op.name in ("get", "gat") else mc.OK):
        return request, None
    return request, _reply(op, opcode, opaque, result, key_back)


def _reply(op, opcode, opaque, result, key_back):
    extras, key, value, version = b"", b"", b"", 0
    if result.status != mc.OK:
        if result.status == mc.NOT_FOUND and key_back:
            key = op.key
        else:
            value = TEXTS[result.status]
    elif op.name in ("get", "gat", "touch"):
        extras = struct.pack("!I", result.item.flags)
        key = op.key if key_back else b""
        value = b"" if op.name == "touch" else result.item.value
        version = result.item.version
    elif op.name != "delete":
        value = struct.pack("!Q", result.number) if op.name in ("incr", "decr") else b""
        version = result.item.version
    return reply(opcode, opaque, extras, key, value, result.status, version)


def reply(opcode, opaque, extras=b"", key=b"", value=b"", status=mc.OK, version=0):
    """A response of the binary protocol."""
    return Reply(mc.HEADER.pack(mc.RESPONSE, opcode, len(key), len(extras), 0, status,
                                len(extras) + len(key) + len(value), opaque, 0)
                 + extras + key + value, version)


class Script:
    """Binary requests, and their replies: groups, each ordered or in any order."""

    def __init__(self):
        self.requests = bytearray()
        self.groups = []  # (any order?, [Reply])

    def add(self, request, expected, any_order=False):
        """Another request; its reply may change places with its neighbours of that kind."""
        self.requests += request
        if not self.groups or self.groups[-1][0] != any_order:
            self.groups.append((any_order, []))
        if expected is not None:
            self.groups[-1][1].append(expected)

    def length(self):
        """Bytes of all replies."""
        return sum(len(expected.data) for _, replies in self.groups for expected in replies)


class Checker:
    """Compares what one connection received, over its life."""

    def __init__(self):
        self.reordered = 0  # replies that overtook another
        self._cas = {}
        self._versions = {}

    def check(self, received, script):
        """Byte by byte, but for the cas, which must be that of its version and of no other."""
        found, rest = mc.pieces(received)
        assert rest == 0, f"{rest} bytes of half a response"
        at = 0
        for any_order, replies in script.groups:
            part = found[at:at + len(replies)]
            at += len(replies)
            if any_order:
                by_opaque = {expected.data[12:16]: expected for expected in replies}
                assert len(by_opaque) == len(replies)
                self.reordered += sum(a[12:16] != b.data[12:16] for a, b in zip(part, replies))
                replies = [by_opaque.pop(data[12:16], None) for data in part]
                assert None not in replies and not by_opaque, \
                    f"opaques {[data[12:16].hex() for data in part]}, missing {list(by_opaque)}"
            for data, expected in zip(part, replies):
                self._check_one(data, expected)
        assert at == len(found), f"{len(found)} responses for {at}"

    def _check_one(self, data, expected):
        cas, = struct.unpack_from("!Q", data, 16)
        mc.assert_same(data[:16] + bytes(8) + data[24:], expected.data)
        if expected.version == 0:
            assert cas == 0, f"cas {cas} without an item"
            return
        assert cas != 0
        assert self._cas.setdefault(expected.version, cas) == cas
        assert self._versions.setdefault(cas, expected.version) == expected.version
