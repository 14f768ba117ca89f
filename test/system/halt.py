# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""One thread of a server that stands still."""

import ctypes
import os
import pathlib


class Halted:
    """Context manager: one thread of a process stands still, and the others go on."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
    WALL = 0x40000000

    def __init__(self, pid, name):
        self._tid, = [int(thread.name) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()
                      if (thread / "comm").read_text().strip() == name]
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _ptrace(self, request):
        if self._libc.ptrace(request, self._tid, None, None) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "ptrace")

    def __enter__(self):
        self._ptrace(self.SEIZE)
        self._ptrace(self.INTERRUPT)
        os.waitpid(self._tid, self.WALL)

    def __exit__(self, kind, value, trace):
        self._ptrace(self.DETACH)
