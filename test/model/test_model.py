#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Search every run of a model of sleeping and waking (spin), and of models with a part left out.

Usage: test_model.py MODEL, one of core_sleeps, thread_sleeps, both_sleep.

As it stands a model must have no error: no wake-up is lost, nobody is stuck, and under weak fairness
everything arrives. Each part that is left out must be missed: a search that finds nothing wrong
without it proves nothing with it.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77

# What all three share: wake.pml.
SHARED = ["NO_FENCE_BEGIN", "WRITE_BEFORE_STORE", "EVENTFD_WITHOUT_ORDER"]
LEFT_OUT = {
    "core_sleeps": ["NO_FENCE_RESPOND", "NO_FENCE_WAKE", "NO_CHECK_RESPONSES", "NO_CHECK_CONTROL",
                    "NO_CHECK_STOP"],
    "thread_sleeps": ["NO_FENCE_FLUSH", "NO_FENCE_STOP", "NO_CHECK_QUEUED", "NO_CHECK_STOPPING"],
    "both_sleep": ["NO_FENCE_FLUSH", "NO_FENCE_RESPOND"],
}
# Sleeps that something else than a wake-up ends: where all sleep together, none.
ENDED_BY_OTHERS = {"core_sleeps": 1, "thread_sleeps": 1, "both_sleep": 0}


def search(model, ended, macros=()):
    """All runs of a model: what pan prints."""
    source = pathlib.Path(__file__).resolve().parent / f"{model}.pml"
    defines = [f"-D{macro}" for macro in (f"ENDED_BY_OTHERS={ended}", *macros)]
    if "PROGRESS" in macros:
        # So many processes take fairness a second and a third word of flags.
        compiled, run = ["-DNFAIR=3"], ["-a", "-f"]
    else:
        compiled, run = ["-DSAFETY"], []
    with tempfile.TemporaryDirectory() as folder:
        for command in (["spin", "-a", *defines, str(source)],
                        ["gcc", "-O1", "-w", "-DCOLLAPSE", *compiled, "-o", "pan", "pan.c"]):
            made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if made.returncode != 0:
                sys.exit(f"{' '.join(command)}: {made.stdout}{made.stderr}")
        return subprocess.run(["./pan", "-m100000", *run], cwd=folder, capture_output=True,
                              text=True, check=True).stdout


def check(model, name, printed, expected):
    """Whether a search was whole, and found what it should: nothing, or `expected` in its error."""
    errors = re.search(r"depth reached (\d+), errors: (\d+)", printed)
    states = re.search(r"(\d+) states, stored", printed)
    if errors is None or states is None or "max search depth too small" in printed:
        print(printed)
        return False
    found = re.search(r"^pan:\d+: (.*?) \(at depth", printed, re.M)
    if expected is None:
        good = errors[2] == "0" and found is None
    else:
        good = errors[2] != "0" and found is not None and expected in found[1]
    print(f"{model} {name}: {states[1]} states, errors: {errors[2]}{'' if good else ' UNEXPECTED'}")
    if not good:
        print(printed)
    return good


def main(model):
    if shutil.which("spin") is None:
        print("skipped: there is no spin")
        return SKIPPED
    good = check(model, "as it stands", search(model, ENDED_BY_OTHERS[model]), None)
    good &= check(model, "progress", search(model, 0, ["PROGRESS", "SMALL"]), None)
    for macro in SHARED + LEFT_OUT[model]:
        good &= check(model, macro, search(model, 0, [macro, "SMALL"]), "asleep[")
    # Such writes happen, and are borne.
    good &= check(model, "NO_LATE_WRITE", search(model, 0, ["NO_LATE_WRITE"]), "naps[")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
