# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Every way of a client with every way of an engine: each stream is compared byte by byte.

Engines that answer at once, later, in another order, in bursts and after the client has gone, on
the core and on engine threads; one server for each, and all behaviours of clients on it at once.

TAILRACE_SEED repeats a run; TAILRACE_MATRIX_S makes each server last so many seconds (at most 90).
"""

import os
import threading
import time

import pytest

import players
import server as servers

ENGINES = {  # with dram inside, by default
    "dram": "dram",
    "every": "ewouldblock,every=3,delay_us=200",
    "random": "ewouldblock,random=60,seed={seed},answer=shuffled,window=8",
    "first": "ewouldblock,first,delay_us=20000",
    "sequence": "ewouldblock,sequence=dppdpppp,answer=burst,window=16,delay_us=2000",
    "executed_late": "ewouldblock,every=1,answer=shuffled,window=32,execute=late",
}
# Those which answer so few requests late that nobody may notice.
SELDOM = ("dram", "first")
THREADS = (0, 1, 4)
PLAYERS = 2  # of each behaviour
ROUNDS = 2
LAST_S = min(90, float(os.environ.get("TAILRACE_MATRIX_S", "0")))

pytestmark = pytest.mark.tailrace_only("its engines and its counters")


@pytest.mark.parametrize("threads", THREADS, ids="threads{}".format)
@pytest.mark.parametrize("engine", ENGINES)
def test_matrix(engine, threads):
    seed = int(os.environ.get("TAILRACE_SEED", 1))
    print(f"TAILRACE_SEED={seed}")
    with servers.start(threads=threads, engine=ENGINES[engine].format(seed=1 + seed)) as server:
        server.snapshot_pools()
        crowd = [(behaviour, players.Player(server, f"{behaviour.__name__}-{i}",
                                            f"{seed} {behaviour.__name__} {i}"))
                 for behaviour in players.BEHAVIOURS for i in range(PLAYERS)]
        try:
            play(crowd)
        except ExceptionGroup as error:
            # A server that gets no CPU for seconds runs into its own time limits.
            error.add_note(f"the server waited for a CPU for {waited_s(server):.1f} s in all")
            raise
        server.assert_serves()
        server.pools_settled()
        assert_settled(server)
        assert_used(server, engine, sum(player.reordered for _, player in crowd))


def play(crowd):
    """All behave at once, and once more until it has lasted long enough."""
    end = time.monotonic() + LAST_S
    failures = []

    def work(behaviour, player):
        try:
            while (player.round < ROUNDS or time.monotonic() < end) and not failures:
                player.play(behaviour)
        except Exception as error:  # pylint: disable=broad-except
            error.add_note(f"{player.name.decode()}, round {player.round}")
            failures.append(error)

    threads = [threading.Thread(target=work, args=one, daemon=True) for one in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise ExceptionGroup("players", failures)


def assert_settled(server):
    """Nothing is held, nothing was answered twice, and everything that was taken was given back."""
    cores, threads = submit(server)
    assert cores and all(one.startswith("0 of ") and one.endswith(" 0 abandoned") for one in cores)
    for thread in threads:
        assert thread["ringfull"] == thread["badtoken"] == "0" and thread["queued"] in "0-", thread
    stack = server.counters()
    for name in ("drop_response_double", "abandoned", "store_no_memory",
                 "references_refused", "cmd_malformed", "cmd_unknown", "closed_malformed"):
        assert stack[name] == 0, f"{name} {stack[name]}"
    assert stack["dispatched"] == stack["responses"]
    assert stack["values_referenced"] == stack["values_released"] > 0
    gone = stack["responses_late"] + stack["discarded"]
    assert stack["composed"] + gone <= stack["requests"]
    engine = engine_stats(server)
    for name in ("evictions", "evicted_for_room", "prepare_no_memory"):
        assert engine[name] == 0, f"{name} {engine[name]}"


def assert_used(server, engine, reordered):
    """The engine did what this case is about; else the comparisons prove nothing."""
    if engine == "dram":
        return
    stats = engine_stats(server)
    assert stats["ewouldblock_pending"] == 0
    assert stats["ewouldblock_made_pending"] == stats["ewouldblock_answered_late"] > 0
    if engine not in SELDOM:
        stack = server.counters()
        assert reordered > 0, "no reply overtook another"
        assert stack["responses_late"] > 0, "no answer came after its client had gone"
        assert stack["discarded"] > 0, "no client went with requests unexecuted"
        assert stack["held_order"] > 0


def submit(server):
    """Credits in use on each core, and what is known of each thread that answers."""
    lines = server.cmd("show submit").splitlines()
    cores = [line.split(": ")[1] for line in lines if " credits " in line]
    names, *threads = [line.split() for line in lines if not line.startswith("core")]
    return cores, [dict(zip(names, words, strict=True)) for words in threads]


def waited_s(server):
    """How long the server's core was ready to run and did not."""
    schedstat = f"/proc/{server.pid}/task/{server.pid}/schedstat"
    with open(schedstat, encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


def engine_stats(server):
    """Statistics of the engine, by their names."""
    found = [line.split() for line in server.cmd("show engine").splitlines()[1:]]
    return {words[0]: int(words[1]) for words in found if words[-1].isdigit()}
