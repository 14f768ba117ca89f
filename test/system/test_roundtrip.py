# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What is stored comes back, byte for byte: random keys, all sizes, pipelined and quiet."""

import os
import random

import pytest

import mc
import server as servers

VALUE_MAX = 1024 * 1024
# The largest item of stock memcached is 1 MiB with its key and header, and it stores large ones
# in pieces: its limit lies some hundred bytes lower.
LARGEST = VALUE_MAX - 1024 if servers.STOCK else VALUE_MAX
# Where segments, mbufs, reserves and slabs begin and end.
EDGES = [0, 1, 2, 99, 100, 101, 1447, 1448, 1449, 1459, 1460, 1461, 2047, 2048, 2049, 4095, 4096,
         4097, 16383, 16384, 16385, 65535, 65536, 65537, LARGEST - 1, LARGEST]
RANDOM_ITEMS = 150
BATCH_BYTES = 4 << 20


@pytest.fixture
def rng():
    """A generator whose seed is in the log; TAILRACE_SEED gives it again."""
    seed = int(os.environ.get("TAILRACE_SEED", random.SystemRandom().getrandbits(32)))
    print(f"TAILRACE_SEED={seed}")
    return random.Random(seed)


def items(rng):
    """Keys and values, in random order: all edges, and sizes of which small ones are common."""
    sizes = EDGES + [int(LARGEST ** (rng.random() ** 1.5)) for _ in range(RANDOM_ITEMS)]
    rng.shuffle(sizes)
    alphabet = [bytes([c]) for c in range(33, 127)]
    found = {}
    for size in sizes:
        length = rng.choice([1, 2, 10, 32, 249, 250, rng.randint(1, 250)])
        # A one byte key may come twice: then the later value counts.
        found[b"".join(rng.choices(alphabet, k=length))] = rng.randbytes(size)
    return list(found.items())


def batches(pairs):
    """Cut into lists that are some MiB each, so that they stay pipelines and not hours."""
    batch, total = [], 0
    for key, value in pairs:
        batch.append((key, value))
        total += len(value)
        if total > BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


@pytest.fixture(autouse=True)
def empty(threaded_server):
    """Each test finds an empty server and leaves full pools."""
    with threaded_server.text() as client:
        mc.exchange(client.sock, b"flush_all\r\n", b"OK\r\n")
    yield
    threaded_server.pools_settled()


def text_set(key, value, noreply=False):
    """A set of the text protocol."""
    return b"set %s %d 0 %d%s\r\n%s\r\n" % (key, len(value), len(value),
                                            b" noreply" if noreply else b"", value)


def text_value(key, value):
    """What answers a get of the text protocol, but for the END."""
    return b"VALUE %s %d %d\r\n%s\r\n" % (key, len(value), len(value), value)


def test_text_one_by_one(threaded_server, rng):
    with threaded_server.connect() as sock:
        for key, value in items(rng):
            mc.exchange(sock, text_set(key, value), b"STORED\r\n")
            mc.exchange(sock, b"get %s\r\n" % key, text_value(key, value) + b"END\r\n")


def test_text_pipelined(threaded_server, rng):
    with threaded_server.connect() as sock:
        for batch in batches(items(rng)):
            mc.exchange(sock, b"".join(text_set(*pair) + b"get %s\r\n" % pair[0]
                                       for pair in batch),
                        b"".join(b"STORED\r\n" + text_value(*pair) + b"END\r\n"
                                 for pair in batch))


def test_text_noreply(threaded_server, rng):
    with threaded_server.connect() as sock:
        for batch in batches(items(rng)):
            mc.exchange(sock, b"".join(text_set(*pair, noreply=True) for pair in batch)
                        + mc.PING, mc.PONG)
            keys = b" ".join(key for key, _ in batch)
            if len(keys) < 1900:
                mc.exchange(sock, b"get " + keys + b"\r\n",
                            b"".join(text_value(*pair) for pair in batch) + b"END\r\n")
            for key, value in batch:
                mc.exchange(sock, b"get %s missing\r\n" % key, text_value(key, value) + b"END\r\n")


def test_binary_one_by_one(threaded_server, rng):
    with threaded_server.binary() as client:
        for opaque, (key, value) in enumerate(items(rng)):
            # Nothing comes back while a value crosses: no need to pump.
            stored = client.call(mc.store(mc.SET, key, value, opaque, flags=len(value)))
            assert (stored.status, stored.opaque) == (mc.OK, opaque)
            found = client.call(mc.request(mc.GETK, key, opaque=opaque))
            assert_found(found, key, value, opaque)
            assert found.cas == stored.cas != 0


def test_binary_pipelined(threaded_server, rng):
    with threaded_server.connect() as sock:
        for batch in batches(items(rng)):
            data = b"".join(mc.store(mc.SET, key, value, 2 * i, flags=len(value))
                            + mc.request(mc.GETK, key, opaque=2 * i + 1)
                            for i, (key, value) in enumerate(batch))
            answers = call_all(sock, data)
            assert [answer.opaque for answer in answers] == list(range(2 * len(batch)))
            for i, (key, value) in enumerate(batch):
                assert (answers[2 * i].opcode, answers[2 * i].status) == (mc.SET, mc.OK)
                assert_found(answers[2 * i + 1], key, value, 2 * i + 1)


def test_binary_quiet(threaded_server, rng):
    with threaded_server.connect() as sock:
        for batch in batches(items(rng)):
            data = b"".join(mc.store(mc.SETQ, key, value, i, flags=len(value))
                            for i, (key, value) in enumerate(batch))
            assert call_all(sock, data) == []
            data = b"".join(mc.request(mc.GETKQ, key, opaque=i)
                            + mc.request(mc.GETKQ, b"missing", opaque=i)
                            for i, (key, _) in enumerate(batch))
            answers = call_all(sock, data)
            assert len(answers) == len(batch)
            for i, (key, value) in enumerate(batch):
                assert_found(answers[i], key, value, i)


@pytest.mark.tailrace_only("its own counters")
def test_large_values_are_not_copied(threaded_server, rng):
    """Sent from the engine's memory, also as it changes, and while a client reads nothing."""
    threaded_server.cmd("clear stats")
    with threaded_server.connect() as sock, threaded_server.connect() as slow:
        for i in range(20):
            key, value = b"key%d" % (i % 3), rng.randbytes(LARGEST - i)
            mc.exchange(sock, text_set(key, value), b"STORED\r\n")
            mc.exchange(sock, b"get %s %s\r\n" % (key, key),
                        2 * text_value(key, value) + b"END\r\n")
            if i == 0:
                first = text_value(key, value) + b"END\r\n"
                slow.sendall(b"get %s\r\n" % key)
        # What it asked for first, though long replaced.
        got = mc.pump(slow, b"", lambda received: len(received) >= len(first))
        mc.assert_same(got, first)
    assert threaded_server.counter("values_referenced") == 41
    assert threaded_server.counter("values_released") == 41
    assert threaded_server.counter("bytes_copied") < 4096


def test_too_large(threaded_server):
    """Refused, swallowed, and the connection goes on; the old value is gone or as it was."""
    value = bytes(VALUE_MAX + 1)
    with threaded_server.connect() as sock:
        mc.exchange(sock, text_set(b"large", value),
                    b"SERVER_ERROR object too large for cache\r\n")
        mc.exchange(sock, mc.PING, mc.PONG)
    with threaded_server.binary() as client:
        answer = mc.pump(client.sock, mc.store(mc.SET, b"large", value) + mc.request(mc.NOOP),
                         mc.ends_with_noop(0))
        (refused, _), rest = mc.responses(answer)
        assert (refused.opcode, refused.status, rest) == (mc.SET, mc.TOO_LARGE, 0)


def assert_found(answer, key, value, opaque):
    """The answer to a GETK or GETKQ."""
    assert (answer.status, answer.opaque, answer.key) == (mc.OK, opaque, key)
    assert answer.extras == len(value).to_bytes(4, "big")
    mc.assert_same(answer.value, value)


def call_all(sock, data):
    """Send requests with a NOOP behind them; return the responses before that of the NOOP."""
    answers, rest = mc.responses(mc.pump(sock, data + mc.request(mc.NOOP, opaque=0xfeedface),
                                         mc.ends_with_noop(0xfeedface)))
    assert rest == 0 and answers[-1].opcode == mc.NOOP
    return answers[:-1]
