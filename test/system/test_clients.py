# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Clients that people use, each with all that its library offers of one small story."""

import bmemcached
import pylibmc
import pymemcache
import pytest

BIG = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def empty(threaded_server):
    """Each test finds an empty server and leaves full pools."""
    with threaded_server.text() as client:
        client.sock.sendall(b"flush_all\r\n")
        assert client.line() == b"OK"
    yield
    threaded_server.pools_settled()


def test_pymemcache(threaded_server):
    address = (threaded_server.address, threaded_server.port)
    client = pymemcache.Client(address, connect_timeout=10, timeout=10)
    for noreply in (False, True):
        client.set("key", b"value", noreply=noreply)
        assert client.get("key") == b"value"
        assert client.set_many({f"many{i}": b"%d" % i for i in range(50)}, noreply=noreply) == []
        assert client.get_many([f"many{i}" for i in range(60)]) == \
            {f"many{i}": b"%d" % i for i in range(50)}
        client.append("key", b">", noreply=noreply)
        client.prepend("key", b"<", noreply=noreply)
        assert client.get("key") == b"<value>"
        client.delete("key", noreply=noreply)
        assert client.get("key") is None
    client.set("big", BIG)
    assert client.get("big") == BIG
    _pymemcache_conditions(client)
    client.flush_all(noreply=False)
    assert client.get_many(["big", "number", "cas"]) == {}
    client.quit()


def _pymemcache_conditions(client):
    assert client.add("cas", b"1", noreply=False) is True
    assert client.add("cas", b"2", noreply=False) is False
    assert client.replace("none", b"2", noreply=False) is False
    value, unique = client.gets("cas")
    assert value == b"1"
    assert client.cas("cas", b"2", unique, noreply=False) is True
    assert client.cas("cas", b"3", unique, noreply=False) is False
    assert client.cas("none", b"3", unique, noreply=False) is None
    assert client.gets_many(["cas"])["cas"][0] == b"2"
    client.set("number", b"10", noreply=False)
    assert client.incr("number", 5) == 15
    assert client.decr("number", 20) == 0
    assert client.incr("none", 1) is None
    assert client.touch("number", 100, noreply=False) is True
    assert client.touch("none", 100, noreply=False) is False
    stats = client.stats()
    assert int(stats[b"curr_connections"]) >= 1 and stats[b"version"]
    assert client.version()


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_pylibmc(threaded_server, binary):
    client = pylibmc.Client([f"{threaded_server.address}:{threaded_server.port}"], binary=binary,
                            behaviors={"cas": True, "connect_timeout": 10000,
                                       "receive_timeout": 10000000, "send_timeout": 10000000})
    assert client.set("key", b"value") and client.get("key") == b"value"
    assert client.set_multi({f"many{i}": i for i in range(50)}) == []
    assert client.get_multi([f"many{i}" for i in range(60)]) == {f"many{i}": i for i in range(50)}
    assert client.delete_multi([f"many{i}" for i in range(50)])
    assert client.get_multi([f"many{i}" for i in range(60)]) == {}
    assert client.append("key", b">") and client.prepend("key", b"<")
    assert client.get("key") == b"<value>"
    assert client.set("big", BIG) and client.get("big") == BIG
    _pylibmc_conditions(client)
    assert client.delete("key") and client.get("key") is None
    (_, stats), = client.get_stats()
    assert int(stats["curr_connections"]) >= 1
    assert client.flush_all()
    assert client.get("big") is None
    client.disconnect_all()


def _pylibmc_conditions(client):
    assert client.add("cas", "1") and not client.add("cas", "2")
    assert _misses(lambda: client.replace("none", "2"))
    value, unique = client.gets("cas")
    assert value == "1"
    assert client.cas("cas", "2", unique)
    assert not client.cas("cas", "3", unique)
    assert client.get("cas") == "2"
    assert client.set("number", 10)
    assert client.incr("number", 5) == 15 and client.decr("number", 20) == 0
    assert _misses(lambda: client.incr("none"))
    assert client.touch("number", 100) and _misses(lambda: client.touch("none", 100))


def _misses(call):
    # pylibmc returns False or raises, as the operation and the protocol will have it.
    try:
        return not call()
    except pylibmc.NotFound:
        return True


@pytest.mark.parametrize("login", [{}, {"username": "user", "password": "word"}],
                         ids=["plain", "sasl"])
def test_bmemcached(threaded_server, login):
    client = bmemcached.Client((f"{threaded_server.address}:{threaded_server.port}",),
                               socket_timeout=10, **login)
    assert client.set("key", "value") and client.get("key") == "value"
    assert client.set_multi({f"many{i}": str(i) for i in range(50)}) in (True, [])
    assert client.get_multi([f"many{i}" for i in range(60)]) == \
        {f"many{i}": str(i) for i in range(50)}
    assert client.delete_multi([f"many{i}" for i in range(50)])
    assert client.set("big", BIG) and client.get("big") == BIG
    assert client.add("cas", "1") and not client.add("cas", "2")
    assert not client.replace("none", "2")
    value, unique = client.gets("cas")
    assert value == "1"
    assert client.cas("cas", "2", unique) and not client.cas("cas", "3", unique)
    assert client.get("cas") == "2"
    assert client.incr("number", 5, default=10) == 10
    assert client.incr("number", 5) == 15 and client.decr("number", 20) == 0
    assert client.delete("key") and client.get("key") is None
    stats = client.stats()
    assert all(int(group["curr_connections"]) >= 1 for group in stats.values())
    assert client.flush_all()
    assert client.get("big") is None
    client.disconnect_all()
