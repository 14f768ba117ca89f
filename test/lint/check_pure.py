#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""TCP, and what is below it, is a function: it reads no clock, draws no lots, polls no device and
starts no thread. Time and secrets come in from the caller."""
import re

import lint

PURE = ("lib/wire", "lib/chain", "lib/ip", "lib/tcp")

WORLD = re.compile(r"""\b(?:
    rte_rdtsc\w* | rte_get_(?:tsc|timer|hpet)_\w+ | rte_timer_\w+ | rte_delay_\w+ |
    clock_gettime | gettimeofday | times? (?=\s*\() | nanosleep | usleep | sleep (?=\s*\() |
    rte_rand\w* | rte_drand | rand | random | [dlm]rand48 | arc4random\w* | getrandom | getentropy |
    rte_eth_(?!random_addr\b)[a-z_]+_(?:burst|get|start|stop|configure) | recv\w* (?=\s*\() |
    pthread_create | thrd_create | rte_ctrl_thread_\w+ | rte_thread_create | rte_eal_\w*launch | fork
    )\b""", re.X)

TEXT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def check(tree):
    problems = []
    for path in tree.files("*.c", "*.h", under=PURE):
        text = TEXT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), path.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            problems += [f"{tree.name(path)}:{number}: {word[0]}: time, chance and devices are "
                         f"the caller's" for word in WORLD.finditer(line)]
    return problems


BODY = "static void\nf(struct a *a)\n{\n\ta->b = %s;\n}\n"
lint.run(check,
         {"lib/tcp/tcp_timer.c": BODY % "rte_rdtsc()"},
         {"lib/tcp/tcp_isn.c": BODY % "rte_rand()"},
         {"lib/ip/ip.c": BODY % "clock_gettime(CLOCK_MONOTONIC, &a->c)"},
         {"lib/ip/ip.c": BODY % "time(NULL)"},
         {"lib/chain/chain.c": BODY % "rte_eth_tx_burst(0, 0, &a->c, 1)"},
         {"lib/wire/wire_tcp.c": BODY % "pthread_create(&a->c, NULL, f, a)"})
