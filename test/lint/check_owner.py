#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""One writer: no lock and no atomic read-modify-write where data passes, and no mbuf where an
engine thread runs.

What crosses from thread to thread is a load or a store of its own, a fence, or a ring of one
producer and one consumer. The few exceptions below are not on the way of a request.
"""
import re

import lint

LIBRARIES = ("wire", "chain", "ip", "tcp", "protocol", "mc", "core", "engine", "submit")

# C11's, GCC's and DPDK's, locks of all kinds, and rings and pools that serve several threads.
SHARED = re.compile(r"""\b(?:
    (?:__)?atomic_(?:fetch|exchange|compare_exchange|flag_test|test_and_set)\w* |
    __atomic_(?:add|sub|and|or|xor|nand)_fetch | __sync_\w+ |
    rte_atomic(?:16|32|64|128)_\w+ |
    rte_(?:spinlock|rwlock|ticketlock|mcslock|seqlock|seqcount|pflock)_\w+ |
    pthread_(?:mutex|rwlock|spin|cond|barrier)_\w+ | mtx_\w+ | cnd_\w+ | sem_\w+ |
    rte_ring_m[pc]_\w+ | RING_F_M[PC]_\w+
    )\b""", re.X)

# File, what it may use, and why that is not the data path.
ALLOWED = {
    # a device may give back the last mbuf of a large value on any thread: it posts to the owner
    "lib/chain/chain_reference.c": r"rte_ring_mp_enqueue",
    # prompt and telemetry: who asks sleeps until a core has answered
    "lib/core/core_ask.c": r"sem_\w+|atomic_fetch_(add|sub)",
    "lib/core/core_control.c": r"sem_\w+|atomic_compare_exchange_strong",
    # control and EAL's interrupt thread wait for each other; a burst has loads, stores and a fence
    "lib/core/core_guard.c": r"pthread_(mutex|cond)_\w+",
    # "stats reset": the number of resets is the one thing that all cores write
    "lib/mc/mc_stats.c": r"__atomic_fetch_add",
    # the slots of producers, filled and named among control threads
    "lib/submit/submit.c": r"pthread_mutex_\w+",
    "lib/submit/submit_producer.c": r"pthread_mutex_\w+",
    "lib/submit/submit_private.h": r"pthread_mutex_t",
}

# What an engine's thread runs, or is handed.
ENGINE_SIDE = ("lib/engine", "lib/submit", "drivers/engine")
MBUF = re.compile(r"\brte_(?:pkt)?mbuf\w*|\brte_(?:ether|ethdev|net|ip|tcp)\.h")

COMMENT = re.compile(r"/\*.*?\*/", re.S)


def sources(tree, folders):
    """Name and lines of the C files there, comments blanked."""
    for path in tree.files("*.c", "*.h", under=folders):
        text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]),
                           path.read_text(encoding="utf-8"))
        yield tree.name(path), list(enumerate(text.splitlines(), 1))


def check(tree):
    problems = []
    unused = set(ALLOWED)
    for name, lines in sources(tree, [f"lib/{library}" for library in LIBRARIES]):
        for number, line in lines:
            for word in (m[0] for m in SHARED.finditer(line)):
                if re.fullmatch(ALLOWED.get(name, ""), word):
                    unused.discard(name)
                else:
                    problems.append(f"{name}:{number}: {word}: one thread writes, see the "
                                    f"exceptions in test/lint/check_owner.py")
    for name, lines in sources(tree, ENGINE_SIDE):
        problems += [f"{name}:{number}: {line.strip()}: an engine thread never sees an mbuf"
                     for number, line in lines if MBUF.search(line)]
    if tree.root == lint.ROOT:
        problems += [f"test/lint/check_owner.py: {name} no longer needs its exception"
                     for name in sorted(unused)]
    return problems + check_headers(tree)


def check_headers(tree):
    """What an engine's thread runs does not know struct rte_mbuf by way of another header either."""
    problems = []
    users = [(f"lib/{library}", f"lib/libtr_{library}.a") for library in ("engine", "submit")]
    users += [(f"drivers/engine/{path.name}", f"drivers/engine/engine_{path.name}.so")
              for path in sorted(tree.root.glob("drivers/engine/*/"))]
    for folder, target in users:
        includes = "".join(sorted({line.strip() + "\n" for _, lines in sources(tree, [folder])
                                   for _, line in lines if re.match(r"\s*#\s*include", line)}))
        if not includes:
            continue
        flags = tree.compile_flags(target) + [f"-I{tree.root / folder}"]
        if message := tree.compiles(flags, includes + "int lint;\n"):
            problems.append(f"{folder}: its includes do not compile together:\n{message}")
        # Whoever defines it a second time has seen it once.
        elif tree.compiles(flags, includes + "struct rte_mbuf {\n\tint lint;\n};\n"):
            problems.append(f"{folder} sees struct rte_mbuf")
    return problems


LOCKED = "static void\nf(struct a *a)\n{\n\t%s;\n}\n"
lint.run(check,
         {"lib/tcp/tcp.c": LOCKED % "atomic_fetch_add(&a->n, 1)"},
         {"lib/ip/ip.c": LOCKED % "__atomic_fetch_add(&a->n, 1, __ATOMIC_RELAXED)"},
         {"lib/chain/chain.c": LOCKED % "__sync_add_and_fetch(&a->n, 1)"},
         {"lib/core/core_reply.c": LOCKED % "rte_spinlock_lock(&a->lock)"},
         {"lib/core/core.h": "struct core {\n\tpthread_mutex_t lock;\n};\n"},
         {"lib/mc/mc.c": LOCKED % "rte_atomic32_inc(&a->n)"},
         {"lib/mc/mc_stats.c": LOCKED % "pthread_mutex_lock(&a->lock)"},
         {"lib/submit/submit.c": LOCKED % "rte_ring_mp_enqueue(a->ring, a)"},
         {"lib/engine/tr_engine.h": "#include <rte_mbuf.h>\n"},
         {"lib/submit/submit.h": "struct rte_mbuf;\n"},
         {"lib/submit/submit.h": "#include <rte_pdump.h>\n"},
         {"drivers/engine/null/null.c": LOCKED % "rte_pktmbuf_free(a)"})
