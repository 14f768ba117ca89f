#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""A library can include what the design allows it, and nothing else compiles.

Compiles includes of every library's headers with the flags that the build really uses for each of the
others. The table is the one of doc/guides/architecture.rst.
"""
import pathlib
import re

import lint

ALLOWED = {
    "wire": [],
    "chain": [],
    "engine": [],
    "ip": ["wire", "chain"],
    "tcp": ["ip", "wire", "chain"],
    "submit": ["engine"],
    "protocol": ["engine", "chain"],
    "mc": ["protocol", "engine", "chain"],
    "core": ["tcp", "ip", "wire", "chain", "submit", "engine", "protocol"],
}
ENGINES_ALLOWED = ["engine", "submit"]
# The outer headers of it: they name none of another library.
NET_ALLOWED = ["core"]
# What the server sees: core and mc, and what their headers include.
SERVER_ALLOWED = ["core", "mc", "engine", "protocol", "chain", "wire"]
BENCH_ALLOWED = ["core", "submit", "chain", "engine", "wire"]

# Who may talk to devices.
ETHDEV = ("lib/core/", "app/", "drivers/net/", "test/")

OURS = ("lib/", "app/", "drivers/")


def declared(tree, library):
    """The deps of lib/<library>/meson.build."""
    text = (tree.root / "lib" / library / "meson.build").read_text(encoding="utf-8")
    return re.findall(r"'(\w+)'", re.search(r"^deps = \[(.*?)\]", text, re.M | re.S)[1])


def include_folders(tree, flags):
    """Folders of lib/ that these flags put into the include path."""
    folders = set()
    for flag in flags:
        if not flag.startswith("-I"):
            continue
        path = (tree.build / flag[2:]).resolve()
        if path.parent == (tree.root / "lib").resolve():
            folders.add(path.name)
        elif path in (tree.root.resolve(), (tree.root / "lib").resolve()):
            folders.add(f"the folder {path.name} above the libraries")
    return folders


def check_table(tree):
    """Table, build files and compiler flags say the same."""
    problems = []
    libraries = {p.parent.name for p in (tree.root / "lib").glob("*/meson.build")}
    if libraries != set(ALLOWED):
        problems.append(f"lib/ holds {sorted(libraries)}, the table {sorted(ALLOWED)}")
    for library, allowed in ALLOWED.items():
        if library not in libraries:
            continue
        if sorted(declared(tree, library)) != sorted(allowed):
            problems.append(f"lib/{library}/meson.build: deps are {declared(tree, library)}, "
                            f"the design says {allowed}")
        folders = include_folders(tree, tree.library_flags(library))
        if folders != {library, *allowed}:
            problems.append(f"lib/{library} compiles with {sorted(folders)} in its include "
                            f"path, the design says {sorted({library, *allowed})}")
    return problems


def check_compiler(tree):
    """Allowed includes compile, others do not."""
    users = [(f"lib/{library}", tree.library_flags(library), {library, *allowed})
             for library, allowed in ALLOWED.items()]
    users.append(("app/tailrace", tree.compile_flags("app/libapp_tailrace.a"),
                  set(SERVER_ALLOWED)))
    users.append(("app/bench", tree.compile_flags("app/tailrace-bench"), set(BENCH_ALLOWED)))
    for engine in (tree.root / "drivers" / "engine").iterdir():
        try:
            flags = tree.compile_flags(f"drivers/engine/engine_{engine.name}.so")
        except KeyError:
            continue
        users.append((f"drivers/engine/{engine.name}", flags, set(ENGINES_ALLOWED)))
    users.append(("drivers/net/impair", tree.compile_flags("drivers/net/libnet_impair.a"),
                  set(NET_ALLOWED)))
    problems = []
    for user, flags, allowed in users:
        for library in ALLOWED:
            if library not in allowed:
                problems += check_forbidden(tree, user, flags, library)
        # The inner headers of core are out of reach for programs: the rest of them is.
        if user not in ("app/tailrace", "drivers/net/impair"):
            headers = [h for library in ALLOWED if library in allowed
                       and not (library == "core" and user == "app/bench")
                       for h in tree.headers(library)]
            text = "".join(f'#include "{header}"\n' for header in headers)
            message = tree.compiles(flags, text + "int lint;\n")
            if message:
                problems.append(f"{user} cannot include what it may:\n{message}")
    return problems


def check_forbidden(tree, user, flags, library):
    """One include of the library does not compile, and no other would find its header."""
    headers = tree.headers(library)
    found = "".join(f'#if __has_include("{h}")\n#error {h}\n#endif\n' for h in headers)
    message = tree.compiles(flags, found + "int lint;\n")
    if message:
        return [f"{user} can include headers of {library}, and must not:\n{message}"]
    for header in headers[:1]:
        message = tree.compiles(flags, f'#include "{header}"\nint lint;\n')
        if not message or "No such file" not in message:
            return [f"{user} finds {header} of {library}, and must not: {message}"]
    return []


def check_text(tree):
    """Names are unique, nobody climbs out of a folder, and devices are core's."""
    problems = []
    homes = {}
    for path in tree.files("*.h", under=["lib"]):
        if path.name in homes:
            problems.append(f"{path.name} stands in {homes[path.name]} and in {path.parent.name}")
        homes[path.name] = path.parent.name
    for path in tree.files("*.c", "*.h"):
        name = tree.name(path)
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not found:
                continue
            if found[1] == '"' and ("/" in found[2] or pathlib.Path(found[2]).suffix != ".h"):
                problems.append(f'{name}: include "{found[2]}" is not the name of a header')
            # Not of a program that stands for an embedder's.
            if found[1] == "<" and found[2] in homes and name.startswith(OURS):
                problems.append(f"{name}: <{found[2]}> is ours: write it in quotes")
            if found[2] == "rte_ethdev.h" and not name.startswith(ETHDEV):
                problems.append(f"{name}: only core, app and drivers/net know ethdevs")
    return problems


def check(tree):
    problems = check_text(tree)
    if (tree.root / "meson.build").exists():
        problems += check_table(tree)
        problems += check_compiler(tree)
    return problems


def wrong_deps():
    """A copy of the build files in which ip may include tcp."""
    sample = {"meson.build": ""}
    for library in ALLOWED:
        path = lint.ROOT / "lib" / library / "meson.build"
        sample[f"lib/{library}/meson.build"] = path.read_text(encoding="utf-8")
    sample["lib/ip/meson.build"] = "deps = ['wire', 'chain', 'tcp']\n"
    sample["drivers/engine/.keep"] = ""
    return sample


if __name__ == "__main__":
    lint.run(check,
             {"lib/ip/ip.c": '#include "../tcp/tcp.h"\n'},
             {"lib/tcp/tcp_input.c": "#include <rte_ethdev.h>\n"},
             {"lib/ip/stats.h": "", "lib/tcp/stats.h": ""},
             {"lib/ip/ip.h": "", "lib/tcp/tcp.c": "#include <ip.h>\n"},
             wrong_deps())
