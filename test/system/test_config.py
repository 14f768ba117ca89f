# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The examples of configuration files: each starts a server, with the command that it names."""

import contextlib
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own configuration")

EXAMPLES = sorted((servers.SOURCE / "config" / "examples").glob("*.conf"))


def named_command(example):
    """The command in the comment of an example: EAL's arguments, and its own."""
    line, = [line for line in example.read_text(encoding="utf-8").splitlines()
             if line.startswith(";   tailrace ")]
    words = shlex.split(line[1:])
    split = words.index("--")
    return words[1:split], words[split + 1:]


@contextlib.contextmanager
def memif_peer(folder, eal):
    """What a memif needs to have a link: the other end, a server of its own, once we listen."""
    vdev, = [word for word in eal if "memif" in word]
    name = re.search("socket=([^,]*)", vdev)[1]
    prefix = f"{folder.prefix}-peer"
    servers.wait_until("the memif listens",
                       lambda: name in pathlib.Path("/proc/thread-self/net/unix").read_text(),
                       servers.START_DEADLINE_S, every_s=0.005)
    args = [*servers.eal_args(prefix, tap=False), vdev.replace("role=server", "role=client"),
            "--", "--addr", "10.77.1.1/24"]
    with subprocess.Popen([servers.BINARY, *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as peer:
        try:
            yield
        finally:
            peer.terminate()
            peer.wait(servers.STOP_DEADLINE_S)
            shutil.rmtree(f"/var/run/dpdk/{prefix}", ignore_errors=True)


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_example(example):
    """It serves until it is told to quit, and says that it is configured as the file says."""
    eal, own = named_command(example)
    assert own == ["--config", example.name]
    with servers.Folder() as folder, netns.Namespace():
        if "-a" in eal:  # a device that is not here
            eal = servers.eal_args(folder.prefix)
            eal[eal.index("512")] = "1024"
        else:
            eal += ["--file-prefix", folder.prefix, "--no-shconf", "--no-telemetry"]
        commands = folder.path / "commands"
        commands.write_text("show config\nquit\n")
        with subprocess.Popen([servers.BINARY, *eal, "--", *own, "--cmdline-file", commands],
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=example.parent) as proc:
            with contextlib.ExitStack() as stack:
                stack.callback(proc.kill)
                if any("memif" in word for word in eal):
                    stack.enter_context(memif_peer(folder, eal))
                stdout, stderr = proc.communicate(timeout=servers.START_DEADLINE_S)
        assert proc.returncode == 0, (stdout, stderr)
        assert folder.left() == []
    said = stdout.splitlines()
    for line in example.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((";", "[")):
            assert line in said, line


def test_there_are_examples():
    assert {path.stem for path in EXAMPLES} == {"memif", "nic", "tap"}
