#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Make the guide's page of requirements out of test/requirements.txt and of the tags beside tests.

A tag is a comment above a test, "Shows: MUST-1, 1337-reset.", in C or in Python. With --results the
page tells what the last run of a build folder left in its logs; without, the results that it has stay,
and a test that is new in it was not run.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = "test/requirements.txt"
PAGE = "doc/guides/conformance.rst"
FOLDERS = ("test/packet", "test/unit", "test/sim", "test/system")

TAG = re.compile(r"Shows: ([^.]*)\.")
TEST = re.compile(r"^(?:def )?(test_\w+|main)\(", re.M)
CELL = re.compile(r"``(test_\w+)``: ((?:(?:``test_\w+``|all of it) \*\*[a-z ]+\*\*(?:, )?)+)")
RESULT = re.compile(r"(?:``(test_\w+)``|all of it) \*\*([a-z ]+)\*\*")
CASE = re.compile(r"\[\s*(OK|FAILED|SKIPPED)\s*\] (test_\w+)")
KINDS = {"But:": "but", "Missing:": "missing"}


class Requirement:
    """A line of the list, with the tests that name it."""

    def __init__(self, name, rfc, text):
        self.name = name
        self.rfc = rfc
        self.text = text
        self.but = self.missing = None
        self.tests = []


def read_list(root):
    """Tables, each a title and its requirements; and what is wrong with the list."""
    tables = []
    problems = []
    for number, line in enumerate((root / LIST).read_text(encoding="utf-8").splitlines(), 1):
        fields = [field.strip() for field in line.split("|")]
        kind, _, reason = line.strip().partition(" ")
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            tables.append((line.strip("[]"), []))
        elif tables and len(fields) == 3 and all(fields):
            tables[-1][1].append(Requirement(*fields))
        elif tables and tables[-1][1] and kind in KINDS and reason:
            setattr(tables[-1][1][-1], KINDS[kind], reason)
        else:
            problems.append(f"{LIST}:{number}: neither a requirement nor what belongs to one")
    return tables, problems


def read_tags(root):
    """Pairs of a requirement's name and the test that shows it: its program and, if any, its case."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("test_*")):
            if path.suffix not in (".c", ".py"):
                continue
            text = path.read_text(encoding="utf-8")
            for tag in TAG.finditer(text):
                case = TEST.search(text, tag.end())
                case = case[1] if case and case[1] != "main" else ""
                for name in re.split(r"[,\s*#]+", tag[1].strip()):
                    yield name, (str(path.relative_to(root)), case)


def read(root):
    """Tables with their tests, and all that is wrong."""
    tables, problems = read_list(root)
    every = [requirement for _, requirements in tables for requirement in requirements]
    by_name = {requirement.name: requirement for requirement in every}
    if len(by_name) < len(every):
        problems.append(f"{LIST}: a name stands twice")
    for name, test in read_tags(root):
        if name in by_name:
            by_name[name].tests.append(test)
        else:
            problems.append(f"{test[0]}: {test[1]} shows {name}, which is no requirement")
    for requirement in every:
        if requirement.missing and requirement.tests:
            problems.append(f"{LIST}: {requirement.name} is missing, and shown by a test")
        if not requirement.missing and not requirement.tests:
            problems.append(f"{LIST}: {requirement.name} has neither a test nor a reason")
    return tables, problems


def check(root):
    """What is wrong with list, tags and the committed page."""
    tables, problems = read(root)
    path = root / PAGE
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    if committed != page(tables, read_page(committed)):
        problems.append(f"{PAGE}: not what list and tags give: run test/conformance.py")
    if "**failed**" in committed:
        problems.append(f"{PAGE}: a test failed in the run whose results it tells")
    return problems


HEAD = """..  SPDX-License-Identifier: BSD-3-Clause
    Copyright(c) 2026 The tailrace authors
    Made by test/conformance.py of test/requirements.txt and of tags beside tests: change those.

What RFCs want
==============

Each requirement, and the tests that show it. What is not there stands here too, with the reason.
A test is named by its program, which stands below ``build/test`` or is a file of ``test/system``, and
its case. %s
After another run ``test/conformance.py --results build`` makes this page anew; a check of the suite
lint compares it with the tests' tags.

"""
ABOUT = re.compile(r"and\nits case\. (.*)\nAfter another run")
NO_RESULTS = {"cases": {}, "about": "There are no results."}


def page(tables, results):
    """The page, with results of read_results() or read_page()."""
    every = [requirement for _, requirements in tables for requirement in requirements]
    missing = sum(requirement.missing is not None for requirement in every)
    text = HEAD % results["about"]
    text += f"{len(every)} requirements: {len(every) - missing} are shown, {missing} are missing.\n"
    for title, requirements in tables:
        text += f"\n{title}\n{'-' * len(title)}\n\n.. list-table::\n   :header-rows: 1\n"
        text += "   :widths: 14 12 34 40\n\n"
        text += "   * - requirement\n     - RFC\n     - what\n     - shown by, and result\n"
        for requirement in requirements:
            text += f"   * - {requirement.name}\n     - {requirement.rfc}\n     - {requirement.text}"
            text += f". But {requirement.but}" if requirement.but else ""
            text += "\n     - " + shown_by(requirement, results) + "\n"
    return text


def shown_by(requirement, results):
    """A cell: the reason, or the programs with the cases of each."""
    if requirement.missing:
        return f"*not implemented*: {requirement.missing}"
    programs = {}
    for path, case in requirement.tests:
        programs.setdefault(path, []).append(case)
    cells = []
    for path, cases in programs.items():
        words = []
        for case in cases:
            words.append((f"``{case}``" if case else "all of it")
                         + f" **{result_of(results, path, case)}**")
        cells.append(f"``{pathlib.PurePath(path).stem}``: {', '.join(words)}")
    return "; ".join(cells)


def result_of(results, path, case):
    """Of a case, or of its program where that says nothing of cases; a parametrized one's worst."""
    program = pathlib.PurePath(path).stem
    found = {result for (name, at), result in results["cases"].items()
             if name == program and (not case or at.split("[")[0] == case)}
    return next((result for result in ("failed", "skipped", "passed") if result in found), "not run")


def read_results(build):
    """What the last run of each suite left in a build folder: the result of each case."""
    cases = {}
    logs = sorted((build / "meson-logs").glob("*.json"), key=lambda log: log.stat().st_mtime)
    for log in logs:
        for line in log.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            program = "test_" + entry["name"].split(" / ")[-1]
            cases[program, ""] = "passed" if entry["result"] == "OK" else "failed"
            for result, case in CASE.findall(entry.get("stdout", "")):
                cases[program, case] = {"OK": "passed", "SKIPPED": "skipped"}.get(result, "failed")
    system = build / "meson-logs" / "system.xml"
    if system.exists():
        logs.append(system)
        for case in xml.etree.ElementTree.parse(system).iter("testcase"):
            inside = {child.tag for child in case}
            program = case.get("classname").split(".")[-1]
            cases[program, case.get("name")] = "failed" if inside & {"failure", "error"} else \
                "skipped" if "skipped" in inside else "passed"
    if not logs:
        sys.exit(f"{build}: no logs of tests")
    last = max(log.stat().st_mtime for log in logs)
    commit = subprocess.run(["git", "-C", build, "rev-parse", "--short", "HEAD"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    return {"cases": cases, "about": f"Results are of commit {commit}, of the run that ended "
            + time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(last)) + "."}


def read_page(text):
    """The results that a page tells."""
    about = ABOUT.search(text)
    if about is None:
        return NO_RESULTS
    return {"about": about[1],
            "cases": {(cell[1], case): result for cell in CELL.finditer(text)
                      for case, result in RESULT.findall(cell[2]) if result != "not run"}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--results", type=pathlib.Path, metavar="BUILD",
                        help="tell the results that this build folder holds")
    arguments = parser.parse_args()
    found_tables, found_problems = read(ROOT)
    for problem in found_problems:
        print(problem, file=sys.stderr)
    told = read_results(arguments.results) if arguments.results else \
        read_page((ROOT / PAGE).read_text(encoding="utf-8"))
    (ROOT / PAGE).write_text(page(found_tables, told), encoding="utf-8")
    sys.exit(1 if found_problems else 0)
