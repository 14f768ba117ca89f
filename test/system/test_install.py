# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""An installed tailrace: all of it is there, it runs where it is, and its unit fits it."""

import configparser
import shlex
import shutil
import subprocess

import pytest

import netns
import server as servers
from installed import run

pytestmark = pytest.mark.tailrace_only("it is what is installed")

FILES = [
    "bin/tailrace", "bin/tailrace-bench", "lib/systemd/system/tailrace.service",
    "share/doc/tailrace/examples/tap.conf", "share/doc/tailrace/examples/memif.conf",
    "share/doc/tailrace/examples/nic.conf", "share/doc/tailrace/guides/index.html",
    "share/man/man8/tailrace.8", "share/man/man1/tailrace-bench.1",
]
LIBRARY_FILES = [
    "libtailrace.so", "pkgconfig/tailrace.pc", "tailrace/engines/engine_dram.so",
    "tailrace/engines/engine_null.so",
]


class Unit(configparser.RawConfigParser):
    """The unit, as it is installed."""

    def __init__(self, path):
        super().__init__(strict=False)
        self.optionxform = str
        self.read_string(path.read_text(encoding="utf-8"))

    def service(self, name):
        """A setting of the service."""
        return self["Service"][name]

    def capabilities(self, name):
        """A set of capabilities, as setpriv takes it."""
        return ",".join(["-all"] + [f"+{word.removeprefix('CAP_').lower()}"
                                    for word in self.service(name).split()])


@pytest.fixture(name="unit")
def read_unit(installed):
    return Unit(installed.find("tailrace.service"))


def test_complete(installed):
    prefix = installed.binary.parent.parent
    library = installed.find("libtailrace.so").parent
    missing = [name for name in FILES if not (prefix / name).exists()]
    missing += [name for name in LIBRARY_FILES if not (library / name).exists()]
    assert missing == []


def test_runs(installed):
    """The server finds the engine that was installed with it, not the one in the build."""
    with servers.Folder() as folder, netns.Namespace():
        commands = folder.path / "commands"
        commands.write_text("show engine\nquit\n")
        done = run(installed.binary, *servers.eal_args(folder.prefix), "--", "--addr",
                   f"{servers.ADDRESS}/24", "--cmdline-file", commands, **folder.options())
        assert "engine dram" in done
    assert run(installed.binary, "--version").startswith("tailrace ")
    assert "submit" in run(installed.find("tailrace-bench"), "--help")


def test_engine_is_needed(installed, tmp_path):
    """The test above would fail without it: a copy of the program alone finds no engine."""
    alone = tmp_path / "bin" / "tailrace"
    alone.parent.mkdir()
    alone.write_bytes(installed.binary.read_bytes())
    alone.chmod(0o755)
    with servers.Folder() as folder, netns.Namespace():
        done = subprocess.run([alone, *servers.eal_args(folder.prefix), "--", "--addr",
                               f"{servers.ADDRESS}/24"], check=False, capture_output=True,
                              text=True, timeout=servers.START_DEADLINE_S, **folder.options())
    assert done.returncode == 2 and "dram" in done.stderr, done.stderr


def test_unit_is_valid(installed, tmp_path):
    """systemd understands every line of it."""
    text = installed.find("tailrace.service").read_text(encoding="utf-8")
    prefix = str(installed.binary.parent.parent).removeprefix(str(installed.root))
    path = tmp_path / "tailrace.service"
    path.write_text(text.replace(f"{prefix}/bin/", f"{installed.binary.parent}/"))
    verify = ["systemd-analyze", "verify", "--man=no"]
    done = subprocess.run([*verify, path], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    path.write_text(text.replace("DynamicUser", "DynamicUse"))
    done = subprocess.run([*verify, path], check=False, capture_output=True, text=True)
    assert "DynamicUse" in done.stderr


def start_as_unit(folder, prefix, unit, ambient):
    """Start what the unit starts, as who it starts it, with commands that end it."""
    _, eal = shlex.split(unit.service("Environment"))[0].split("=", 1)
    commands = folder.path / "commands"
    commands.write_text("show engine\nquit\n")
    runtime = folder.path / "runtime"
    runtime.mkdir(exist_ok=True)
    shutil.chown(runtime, "nobody")
    return subprocess.run(
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs",
         f"--inh-caps={ambient}", f"--ambient-caps={ambient}",
         f"--bounding-set={unit.capabilities('CapabilityBoundingSet')}",
         prefix / "bin" / "tailrace", *shlex.split(eal), "--", "--config",
         prefix / "share" / "doc" / "tailrace" / "examples" / "tap.conf",
         "--cmdline-file", commands],
        check=False, capture_output=True, text=True, timeout=servers.START_DEADLINE_S,
        stdin=subprocess.DEVNULL, cwd="/", env={"RUNTIME_DIRECTORY": str(runtime)})


def test_unit_privileges(installed, unit):
    """What the unit leaves to the server is enough for its own command, and it is needed."""
    with servers.Folder() as folder, netns.Namespace():
        folder.path.chmod(0o755)
        prefix = folder.path / "prefix"
        shutil.copytree(installed.binary.parent.parent, prefix)
        ambient = unit.capabilities("AmbientCapabilities")
        done = start_as_unit(folder, prefix, unit, ambient)
        assert done.returncode == 0 and "engine dram" in done.stdout, (done.stdout, done.stderr)
        done = start_as_unit(folder, prefix, unit, "-all")
        assert done.returncode == int(unit.service("RestartPreventExitStatus")), done.stderr


def test_unit_names_what_is_there(installed, unit):
    """Its command and its files are those of the installation."""
    prefix = str(installed.binary.parent.parent).removeprefix(str(installed.root))
    folder = unit.service("EnvironmentFile").removeprefix("-").removesuffix("/default/tailrace")
    assert unit.service("ExecStart") == (f"{prefix}/bin/tailrace $EAL_ARGS -- --config "
                                         f"{folder}/tailrace/tailrace.conf")
