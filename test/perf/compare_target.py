# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What compare.sh measures: servers on a CPU, and how the load generator on another reaches them.

A target is a context manager. While it is open its server runs, and load() and bounce() measure it.
"""
import contextlib
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import server as servers  # noqa: E402

BENCH = servers.BUILD / "app" / "tailrace-bench"
CLIENT_MAC = "02:00:00:00:00:77"
CONNECTIONS = 16
FRAME_BYTES = 384
START_S = 60

# Each with what it is; and the program that some need besides our own.
BUILT_IN = {
    "tailrace-memif": "tailrace over a memif; the generator over our own stack",
    "tailrace-tap": "tailrace over a tap; the generator over the kernel's sockets",
    "memcached-loopback": "Debian's memcached, one thread, over loopback",
    "memcached-veth": "Debian's memcached, one thread, over a veth to another namespace",
    "memif-bounce": "no server: dpdk-testpmd sends frames of "
                    f"{FRAME_BYTES} bytes over a memif, and another one sends them back",
}
NEEDS = {"memcached-loopback": "memcached", "memcached-veth": "memcached",
         "memif-bounce": "dpdk-testpmd"}


class Failed(Exception):
    """A target could not be measured; the text says why."""


def memif(role, path):
    """EAL's device: one end of a memif."""
    end = f",mac={CLIENT_MAC}" if role == "client" else ""
    return f"--vdev=net_memif0,role={role},socket={path},socket-abstract=no{end}"


@contextlib.contextmanager
def on_cpu(cpu):
    """What is started meanwhile runs on this CPU alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class OverMemif(servers.Tailrace):
    """tailrace on a memif."""

    def _launch(self):
        self._spawn([str(servers.BINARY),
                     *servers.eal_args(self._folder.prefix, tap=False, **self._eal),
                     memif("server", self.socket_path()), "--", *self._args], subprocess.PIPE)
        self._stack.callback(self.proc.stdin.close)

    def _wait_port(self):
        # A memif's client asks once: not before the port has started, from where on the server
        # waits ten seconds for it.
        servers.wait_until("the port starts", self._port_started, servers.START_DEADLINE_S)

    def _port_started(self):
        assert self.alive(), f"the server ended with {self.proc.returncode}"
        with contextlib.suppress(OSError), self.telemetry() as session:
            info = session.ask("/ethdev/info,0")
            return info is not None and info["dev_started"] == 1
        return False

    def socket_path(self):
        """Where the other end finds it."""
        return self._folder.path / "memif.sock"


class OverLoopback(servers.Stock):
    """memcached on the loopback of a namespace."""

    def __init__(self):
        super().__init__()
        self.address = "127.0.0.1"

    def _launch(self):
        self._spawn(["memcached", "-u", "root", "-U", "0", "-l", self.address, "-p",
                     str(self.port), "-t", "1", "-c", "4096", "-m", "2048"], subprocess.DEVNULL)

    def _echo_answers(self):
        return True


class Target:
    """A server that the generator can reach."""

    def __init__(self, name, what, cpus, *, server=None, memif_path=None, address=None):
        self.name = name
        self.what = what
        self.commands = {}
        self._cpus = cpus
        self._make = server
        self._memif = memif_path
        self._address = address
        self._server = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        if self._make is not None:
            with on_cpu(self._cpus[0]):
                self._server = self._stack.enter_context(self._make())
            self.commands["server"] = self._command(self._cpus[0], self._server.proc.args)
            self._address = f"{self._server.address}:{self._server.port}"
            if isinstance(self._server, OverMemif):
                self._memif = self._server.socket_path()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    @staticmethod
    def _command(cpu, args):
        return shlex.join(["taskset", "-c", str(cpu), *map(str, args)])

    def load(self, point, args):
        """The result of the load generator with these arguments."""
        with servers.Folder() as folder:
            command = [str(BENCH), "load", "--kernel"]
            if self._memif is not None:
                command = [str(BENCH), *servers.eal_args(folder.prefix, str(self._cpus[1]), False),
                           "--log-level=*:error", memif("client", self._memif), "--", "load",
                           "--addr", f"{client_address(self._address)}/24"]
            command += ["--server", self._address, "--connections", str(CONNECTIONS), *args]
            self.commands[point] = self._command(self._cpus[1], command)
            with on_cpu(self._cpus[1]):
                told = json.loads(run(folder, [*command, "--json"]))
        result, = told["results"]
        if told["fill_refused"] or result["refused"]:
            raise Failed(f"{point}: the server refused "
                         f"{told['fill_refused'] + result['refused']} requests")
        return result

    def prompt(self, line):
        """What a tailrace of ours says to a command; None of another server."""
        if not isinstance(self._server, servers.Tailrace):
            return None
        return self._server.cmd(line)


class Bounce:
    """Frames that go to and fro over a memif."""

    def __init__(self, name, what, cpus):
        self.name = name
        self.what = what
        self.commands = {}
        self._cpus = cpus

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def bounce(self, point, frames, seconds):
        """With so many frames in flight: how many come back a second, and after which time."""
        with servers.Folder() as far, servers.Folder() as near, contextlib.ExitStack() as stack:
            path = far.path / "memif.sock"
            started = self._start(stack, far, "server", self._cpus[0], path,
                                  ["--forward-mode=macswap"])
            servers.wait_until("testpmd starts", lambda: "Checking link" in started(), START_S)
            shown = self._start(stack, near, "client", self._cpus[1], path,
                                ["--forward-mode=io", "--tx-first", f"--burst={frames}",
                                 f"--txpkts={FRAME_BYTES}", "--stats-period=1"], point)
            # The first that it shows is of no time, and the second of the start.
            nb = math.ceil(seconds) + 2
            rates = servers.wait_until(
                "testpmd's rates", lambda: (found := re.findall(r"Rx-pps:\s+(\d+)", shown())) and
                len(found) >= nb and found, START_S + nb)
        rate = sum(map(int, rates[2:nb])) / (nb - 2)
        if rate == 0:
            raise Failed(f"{point}: no frame came back")
        return {"answers_per_s": rate, "latency_us": {"all": {"mean": frames / rate * 1e6}}}

    def _start(self, stack, folder, role, cpu, path, args, point="server"):
        eal = servers.eal_args(folder.prefix, tap=False)
        eal[:2] = ["--lcores", f"0@{cpu},1@{cpu}"]
        # Two lcores, of which the first sleeps.
        command = ["dpdk-testpmd", *eal, memif(role, path), "--", "--total-num-mbufs=8192", *args]
        self.commands[point] = Target._command(cpu, command)
        log = folder.path / "log"
        with log.open("wb") as out, on_cpu(cpu):
            process = subprocess.Popen(["stdbuf", "-oL", *command], stdin=subprocess.PIPE,
                                       stdout=out, stderr=out, start_new_session=True,
                                       **folder.options())
        stack.callback(end, process)

        def text():
            said = log.read_text(errors="replace")
            if process.poll() is not None:
                raise Failed(f"dpdk-testpmd ended with {process.returncode}: {said[-2000:]}")
            return said
        return text


def end(process):
    """End a process that we started."""
    process.terminate()
    try:
        process.wait(servers.STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdin.close()


def run(folder, command):
    """What the generator prints. It ends with us, and not by a Ctrl-C that is meant for us."""
    with subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True,
                          **folder.options()) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise Failed(f"{shlex.join(command)}: {err.strip() or process.returncode}")
    return out


def client_address(server):
    """An address of ours in the network of a server's."""
    network, host = server.split(":")[0].rsplit(".", 1)
    return f"{network}.{2 if host == '1' else 1}"


def built_in(name, cpus):
    """One of those that need nothing but this machine."""
    def tailrace(kind, **options):
        return lambda: kind(threads=0, lcores=str(cpus[0]), args=["--idle", "poll"], **options)

    make = {"tailrace-memif": tailrace(OverMemif, telemetry=True),
            "tailrace-tap": tailrace(servers.Tailrace),
            "memcached-loopback": OverLoopback, "memcached-veth": lambda: servers.Stock(threads=1)}
    if name == "memif-bounce":
        return Bounce(name, BUILT_IN[name], cpus)
    return Target(name, BUILT_IN[name], cpus, server=make[name])
