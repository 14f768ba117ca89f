#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each counter that a lib/*/*_stats.h names is counted by the library that names it, and each drop
has one name.

Counters stand in X(name, help) lists, or in an enum of NAME constants that ends in NAME_COUNTERS.
One that nothing counts is a defect: it reads as zero in trouble. What is dropped is found by names
that begin with drop_: one entry in all lists, with a meaning of its own.
"""
import re

import lint

LIST = re.compile(r'^\s*X\((\w+),\s*"([^"]*)"\)', re.M)
ENUM = re.compile(r"^enum \w+ \{\n((?:.*\n)*?)\s*\w+_COUNTERS\b", re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def is_counted(name, source):
    """Incremented in place, or handed by address to what increments: stats of ours, not a copy."""
    counter = rf"stats(?:\.|->){name}\b"
    return re.search(rf"{counter}\s*(?:\+\+|\+=)|(?:\+\+|&)[\w.>-]*{counter}"
                     rf"|_count\(&\w+->{name}\b", source) is not None


def is_counted_enum(name, source):
    """Named in an argument, which the [NAME] of a table is not."""
    return re.search(rf"\b\w+_(?:count|add)\([^;]*\b{name}\b", source) is not None


def check_drops(tree):
    """One entry and one meaning for each drop; nothing else is dropped."""
    problems = []
    entries = [(tree.name(header), name, meaning)
               for header in tree.files("*_stats.h", under=["lib"])
               for name, meaning in LIST.findall(header.read_text(encoding="utf-8"))]
    names = [name for _, name, _ in entries]
    meanings = [meaning for _, _, meaning in entries]
    for header, name, meaning in entries:
        if names.count(name) > 1:
            problems.append(f"{header}: {name} stands in more than one list, or twice")
        if len(meaning.split()) < 2 or meanings.count(meaning) > 1:
            problems.append(f"{header}: {name} lacks a meaning of its own")
        if re.search(r"\bdrop", meaning) and not name.startswith("drop_"):
            problems.append(f"{header}: {name} counts what is dropped: it begins with drop_")
    for path in tree.files("*.[ch]", under=["lib"]):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        problems += [f"{tree.name(path)}: {name} counts what is dropped: it begins with drop_"
                     for name in re.findall(r"\b\w+_drop\([^;]*stats(?:\.|->)(\w+)", text)
                     if not name.startswith("drop_")]
    return problems


def check(tree):
    problems = check_drops(tree)
    for header in tree.files("*_stats.h", under=["lib"]):
        text = COMMENT.sub("", header.read_text(encoding="utf-8"))
        source = "".join(COMMENT.sub("", p.read_text(encoding="utf-8"))
                         for p in sorted(header.parent.glob("*.[ch]")))
        counters = [(name, is_counted) for name, _ in LIST.findall(text)]
        for body in ENUM.findall(text):
            counters += [(name, is_counted_enum) for name in re.findall(r"\b[A-Z]\w+", body)]
        if not counters:
            problems.append(f"{tree.name(header)}: no list of counters that this check can read")
        problems += [f"{tree.name(header)}: nothing in lib/{header.parent.name} counts {name}"
                     for name, counted in counters if not counted(name, source)]
    return problems


STATS = "#define A_STATS(X) \\\n\tX(moves, \"it moved\") \\\n\tX(rests, \"it rested\")\n"
USED = "void\nf(struct a *a)\n{\n\ta->stats.moves++;\n"
LISTED = "#define A_STATS(X) \\\n\tX(%s, \"%s\")\n"
BOTH = "\ta->stats.moves++;\n\ta->stats.drop_a++;\n"
ENUMS = "enum a_counter {\n\tA_DROPS,\n\tA_RESTS,\n\tA_COUNTERS\n};\n"
lint.run(check,
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "}\n"},
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "\tuse(a->stats.rests);\n}\n"},
         {"lib/a/a_stats.h": STATS, "lib/a/a.c": USED + "\t/* a->stats.rests++; */\n}\n"},
         {"lib/a/a_stats.h": ENUMS, "lib/a/a.c": "\ta_count(a, A_DROPS);\n\t[A_RESTS] = 1,\n"},
         {"lib/a/a_stats.h": "struct a_stats {\n\tint drops;\n};\n"},
         {"lib/a/a_stats.h": LISTED % ("moves", "frames dropped"), "lib/a/a.c": BOTH},
         {"lib/a/a_stats.h": LISTED % ("drop_a", "frames"), "lib/a/a.c": BOTH},
         {"lib/a/a_stats.h": LISTED % ("drop_a", "a frame"), "lib/a/a.c": BOTH,
          "lib/b/b_stats.h": LISTED % ("drop_a", "b frame"), "lib/b/b.c": BOTH},
         {"lib/a/a_stats.h": LISTED % ("drop_a", "a frame"), "lib/a/a.c": BOTH,
          "lib/b/b_stats.h": LISTED % ("moves", "a frame"), "lib/b/b.c": BOTH},
         {"lib/a/a_stats.h": LISTED % ("moves", "it moved"),
          "lib/a/a.c": BOTH + "\ta_drop(m, &a->stats.moves);\n"})
