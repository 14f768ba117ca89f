# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""libtailrace, installed, is all that a program outside of the tree needs."""

import contextlib
import pathlib
import socket
import subprocess

import pytest

import netns
import server as servers
from installed import run

SOURCE = pathlib.Path(__file__).resolve().parent / "embed" / "embed.c"

pytestmark = pytest.mark.tailrace_only("it has no library")


@pytest.fixture(scope="module", name="program")
def build_program(installed, tmp_path_factory):
    """The program, built as its own comment says, in a folder that is not ours."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "embed.c").write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    run("sh", "-c", "cc -Wall -Wextra -Werror $(pkg-config --cflags tailrace) embed.c -o embed "
        "$(pkg-config --libs tailrace)", cwd=folder, env=installed.env)
    return folder / "embed"


@contextlib.contextmanager
def running(program, env):
    """The program on a tap, in a namespace of its own."""
    with servers.Folder() as folder, netns.Namespace():
        with open(folder.path / "log", "w+b") as log:
            proc = subprocess.Popen([program, *servers.eal_args(folder.prefix), "--",
                                     servers.ADDRESS, "7"], cwd=folder.empty, env=env,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                servers.wait_until("the port starts", lambda: netns.link_is_up(servers.TAP),
                                   servers.START_DEADLINE_S)
                servers.address_up(servers.TAP, f"{servers.HOST_ADDRESS}/24")
                yield proc
            finally:
                if proc.poll() is None:
                    proc.kill()
                proc.wait()
                log.seek(0)
                print(log.read().decode(errors="replace"))


def connect():
    """A connection to the program, as soon as it listens."""

    def attempt():
        servers.address_tap()
        with contextlib.suppress(OSError):
            return socket.create_connection((servers.ADDRESS, 7), timeout=5)
        return None

    return servers.wait_until("the program listens", attempt, servers.START_DEADLINE_S)


def test_only_headers_named_tr_are_installed(installed):
    headers = {path.name for path in installed.root.rglob("*.h")}
    assert {"tr_addr.h", "tr_chain.h", "tr_core.h", "tr_engine.h", "tr_protocol.h",
            "tr_submit.h"} == headers


def test_own_protocol(program, installed):
    with running(program, installed.env) as proc:
        sent = b"abcdefghijklmnopqrstuvwxyz 0123456789\n" * 2000
        with connect() as sock, sock.makefile("rb") as received:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            assert received.read() == sent.upper()
        proc.terminate()
        assert proc.wait(servers.STOP_DEADLINE_S) == 0
