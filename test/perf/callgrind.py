# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Read what callgrind writes: functions, and what calls of them cost."""
import re

NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Function:
    def __init__(self):
        self.name = self.file = "?"


class Profile:
    """One dump.

    functions: by callgrind's number; calls: (caller, callee) to inclusive cost by event; trigger:
    what asked for the dump.
    """

    def __init__(self):
        self.functions = {}
        self.calls = {}
        self.events = []
        self.trigger = ""

    def function(self, number):
        return self.functions.setdefault(number, Function())

    def costs(self, event):
        """What each function cost itself: what calls of it cost, less what its own calls did.

        Callgrind's lines of cost add up to some percent more than that, and than its own summary:
        where a block of instructions is left early they have all of it.
        """
        costs = dict.fromkeys(self.functions, 0)
        for (caller, callee), cost in self.calls.items():
            costs[callee] += cost.get(event, 0)
            costs[caller] -= cost.get(event, 0)
        return costs


def read(path, names):
    """A Profile from a file; names is kept from one dump of a run to the next."""
    profile = Profile()
    file = current = callee = None
    with open(path, encoding="utf-8") as f:
        for line in f:
            key, equals, value = line.rstrip("\n").partition("=")
            if equals and key in ("fl", "fi", "fe", "fn", "cfn", "cfi", "cfl", "ob", "cob"):
                kind = {"f": "file", "o": "object"}[key.removeprefix("c")[0]]
                if key.endswith("fn"):
                    kind = "function"
                number, name = NAME.fullmatch(value).groups()
                if name is not None:
                    names[kind, number] = name
                if key == "fl":
                    file = names[kind, number]
                elif key == "fn":
                    current = number
                    function = profile.function(number)
                    function.name, function.file = names[kind, number], file
                elif key == "cfn":
                    callee = number
                    profile.function(number).name = names[kind, number]
            elif line[0] in "+-*0123456789":
                if callee is None:
                    continue
                total = profile.calls.setdefault((current, callee), {})
                for event, cost in zip(profile.events, map(int, line.split()[1:])):
                    total[event] = total.get(event, 0) + cost
                callee = None
            elif line.startswith("events: "):
                profile.events = line.split()[1:]
            elif line.startswith("desc: Trigger: Client Request: "):
                profile.trigger = line.split(": ", 3)[3].strip()
    return profile
