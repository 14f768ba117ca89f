#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each counter that a lib/*/*_stats.h names is counted by the library that names it.

Counters stand in X(name, help) lists, or in an enum of NAME constants that ends in NAME_COUNTERS.
One that nothing counts is a defect: it reads as zero in trouble.
"""
import re

import lint

LIST = re.compile(r"^\s*X\((\w+),", re.M)
ENUM = re.compile(r"^enum \w+ \{\n((?:.*\n)*?)\s*\w+_COUNTERS\b", re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def is_counted(name, source):
    """Incremented in place, or handed by address to what increments: stats of ours, not a copy."""
    counter = rf"stats(?:\.|->){name}\b"
    return re.search(rf"{counter}\s*(?:\+\+|\+=)|(?:\+\+|&)[\w.>-]*{counter}", source) is not None


def is_counted_enum(name, source):
    """Named in an argument, which the [NAME] of a table is not."""
    return re.search(rf"\b\w+_count\([^;]*\b{name}\b", source) is not None


def check(tree):
    problems = []
    for header in tree.files("*_stats.h", under=["lib"]):
        text = COMMENT.sub("", header.read_text(encoding="utf-8"))
        source = "".join(COMMENT.sub("", p.read_text(encoding="utf-8"))
                         for p in sorted(header.parent.glob("*.[ch]")))
        counters = [(name, is_counted) for name in LIST.findall(text)]
        for body in ENUM.findall(text):
            counters += [(name, is_counted_enum) for name in re.findall(r"\b[A-Z]\w+", body)]
        if not counters:
            problems.append(f"{tree.name(header)}: no list of counters that this check can read")
        problems += [f"{tree.name(header)}: nothing in lib/{header.parent.name} counts {name}"
                     for name, counted in counters if not counted(name, source)]
    return problems


STATS = "#define A_STATS(X) \\\n\tX(drops, \"dropped\") \\\n\tX(rests, \"rested\")\n"
USED = "void\nf(struct a *a)\n{\n\ta->stats.drops++;\n"
ENUMS = "enum a_counter {\n\tA_DROPS,\n\tA_RESTS,\n\tA_COUNTERS\n};\n"
lint.run(check,
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "}\n"},
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "\tuse(a->stats.rests);\n}\n"},
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "\t/* a->stats.rests++; */\n}\n"},
         {"lib/a/a_stats.h": ENUMS, "lib/a/a.c": "\ta_count(a, A_DROPS);\n\t[A_RESTS] = 1,\n"},
         {"lib/a/a_stats.h": "struct a_stats {\n\tint drops;\n};\n"})
