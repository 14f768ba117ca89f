# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""A network namespace of one's own: the thread that enters it, and what it starts, live there."""

import ctypes
import itertools
import os
import subprocess

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def run(*args, check=True, timeout=10):
    """Run a short command in the namespace of the calling thread; return its standard output."""
    done = subprocess.run(args, check=False, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def link_exists(name):
    """Whether the namespace of the calling thread has an interface of this name."""
    return run("ip", "-o", "link", "show", "dev", name, check=False) != ""


def link_is_up(name):
    """Whether the namespace of the calling thread has an interface of this name that is up."""
    return run("ip", "-o", "link", "show", "dev", name, "up", check=False) != ""


class Namespace:
    """Context manager: create, enter; then leave, remove. They nest.

    stay() hands the removal to an exit callback of one's own: leave now, remove later.
    """

    def __init__(self):
        self.name = f"tailrace-test-{os.getpid()}-{next(_numbers)}"
        self._home = None
        self._stays = False

    def __enter__(self):
        run("ip", "netns", "add", self.name)
        try:
            # Of this thread: /proc/self is the main thread, which may be elsewhere.
            self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            namespace = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                _setns(namespace)
            finally:
                os.close(namespace)
            run("ip", "link", "set", "dev", "lo", "up")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def stay(self):
        """Do not remove it on leaving; call what this returns to do so."""
        self._stays = True
        return self._remove

    def __exit__(self, kind, value, trace):
        if self._home is not None:
            _setns(self._home)
            os.close(self._home)
            self._home = None
        if not self._stays:
            self._remove()

    def _remove(self):
        run("ip", "netns", "delete", self.name)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "setns")
