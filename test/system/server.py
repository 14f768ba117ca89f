# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The server under test, in a network namespace of its own: tailrace on a tap, or stock memcached.

Both are context managers with the same face, so that a test which any memcached should pass can
be proven against the reference first (TAILRACE_SYSTEM_STOCK=1).
"""

import contextlib
import itertools
import os
import pathlib
import pty
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import mc
import netns
import telemetry

STOCK = os.environ.get("TAILRACE_SYSTEM_STOCK", "") not in ("", "0")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TAILRACE_BUILD", SOURCE / "build")).resolve()
BINARY = BUILD / "app" / "tailrace"

ADDRESS = "10.77.0.2"
HOST_ADDRESS = "10.77.0.1"
ADDRESS6 = "2001:db8:77::2"
HOST_ADDRESS6 = "2001:db8:77::1"
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
HOST_MAC = "02:00:00:77:00:01"
PORT = 11211
ECHO_PORT = 7
TAP = "trtap0"
PEER = "peer0"
PROMPT = "tailrace>"

START_DEADLINE_S = 30
STOP_DEADLINE_S = 15
SETTLE_DEADLINE_S = 20

_numbers = itertools.count()


def eal_args(prefix, lcores="0", tap=True, telemetry=False):
    """EAL arguments that need neither hugepages nor a NIC, and let several processes run."""
    args = ["-l", lcores, "--no-huge", "--no-shconf", "--no-pci", "-m", "512",
            "--file-prefix", prefix, *["--no-telemetry"] * (not telemetry)]
    if tap:
        args.append(f"--vdev=net_tap0,iface={TAP}")
    return args


def run_to_end(folder, args, before=(), tap=True):
    """Launch our server where it should end by itself."""
    return subprocess.run([*before, str(BINARY), *eal_args(folder.prefix, tap=tap), "--", *args],
                          check=False, timeout=START_DEADLINE_S, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **folder.options())


class Folder:
    """Context manager: a folder for a process, and what shows whether it leaves something."""

    def __enter__(self):
        self.prefix = f"tailrace-test-{os.getpid()}-{next(_numbers)}"
        name = f"{self.prefix}-{secrets.token_hex(4)}"
        self.path = pathlib.Path(tempfile.gettempdir()) / name
        self.empty = self.path / "empty"
        self.runtime = pathlib.Path("/var/run/dpdk") / self.prefix
        # A signal may come at any place.
        try:
            self.path.mkdir(mode=0o700)
            self.empty.mkdir()
            self._before = self._named()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.rmtree(self.runtime, ignore_errors=True)

    def options(self):
        """Options of Popen for which the process has nowhere else to write."""
        return {"cwd": self.empty, "env": {**os.environ, "TMPDIR": str(self.empty)}}

    def left(self):
        """Files that were left. EAL leaves its folder, empty, behind every application."""
        found = list(self.empty.iterdir())
        found += list(self.runtime.iterdir()) if self.runtime.exists() else []
        return found + sorted(self._named() - self._before)

    @staticmethod
    def _named():
        # Others use these folders too.
        return {path for folder in ("/tmp", "/dev/shm", "/run")
                for path in pathlib.Path(folder).glob("*tailrace*")
                if not path.name.startswith("tailrace-test-")}


def wait_until(what, test, deadline_s, every_s=0.05):
    """Poll until test() is true and return its value; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        time.sleep(every_s)


def address_up(interface, address):
    """Give an interface its address and bring it up."""
    netns.run("ip", "address", "add", address, "dev", interface)
    netns.run("ip", "link", "set", "dev", interface, "up")


def address_add6(interface, address=HOST_ADDRESS6):
    """Give an interface an address of IPv6 too, ours for one, to be used without being tried."""
    netns.run("ip", "-6", "address", "add", f"{address}/64", "dev", interface, "nodad")


def address_tap():
    """Give our end of the tap a MAC address of its own; again before each attempt to connect.

    net_tap gives both ends one and the same, so that neither hears the other, and does so once more
    when its port has started.
    """
    netns.run("ip", "link", "set", "dev", TAP, "address", HOST_MAC)


def session_members(session):
    """Processes of a session, other than zombies."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


class _Process:
    """What both servers share: a process with a log, in a namespace, that listens."""

    port = PORT
    echo_port = ECHO_PORT

    def __init__(self, family=4):
        # Of the server and of our end of its wire: what all who talk over them go by.
        self.family = family
        self.address = ADDRESS6 if family == 6 else ADDRESS
        self.host_address = HOST_ADDRESS6 if family == 6 else HOST_ADDRESS
        self.proc = None
        self._stack = contextlib.ExitStack()
        self._folder = None
        self._namespace = None
        self._idle_pools = None

    def __enter__(self):
        try:
            self._folder = self._stack.enter_context(Folder())
            self._namespace = self._stack.enter_context(netns.Namespace())
            self._stack.callback(self._kill)
            self._launch()
            self._wait_port()
        except BaseException as error:
            error.add_note(self.log())
            self._stack.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        log = self.log()
        with self._stack:
            if kind is None and self.proc.returncode is None:
                try:
                    self.stop()
                except AssertionError as error:
                    error.add_note(log)
                    raise

    @property
    def pid(self):
        """Process id of the server."""
        return self.proc.pid

    def alive(self):
        """Whether it still runs."""
        return self.proc.poll() is None

    def log(self):
        """All that the server printed."""
        text = ""
        for name in ("stdout", "stderr"):
            path = self._folder.path / name
            if path.exists():
                text += f"---- {name} of the server\n" + path.read_text(errors="replace")[-20000:]
        return text

    def socket(self):
        """A socket that could connect."""
        return socket.socket(FAMILIES[self.family])

    def connect(self, port=PORT, timeout=10):
        """A connected socket."""
        sock = socket.create_connection((self.address, port), timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def text(self):
        """A connected client of the text protocol."""
        return mc.Text(self.connect())

    def binary(self):
        """A connected client of the binary protocol."""
        return mc.Binary(self.connect())

    def assert_serves(self):
        """A client that comes now is served."""
        assert self.alive(), f"the server ended with {self.proc.returncode}"
        with self.text() as client:
            value = os.urandom(100)
            client.set(b"assert-serves", value)
            assert client.get(b"assert-serves") == value

    def cpu_s(self):
        """User and system time that the process has used."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def pools_settled(self, deadline_s=SETTLE_DEADLINE_S):
        """Wait until every pool is as full as it was when the server had just started."""
        last = {}

        def settled():
            assert self.alive(), f"the server ended with {self.proc.returncode}"
            last.update(self.pools())
            return last == self._idle_pools

        try:
            wait_until("pools", settled, deadline_s, every_s=0.2)
        except AssertionError:
            missing = {name: (self._idle_pools.get(name), last.get(name)) for name in last
                       if last[name] != self._idle_pools.get(name)}
            raise AssertionError(f"pools (at start, now): {missing}") from None

    def snapshot_pools(self):
        """Remember how full the pools are with nothing to do: twice the same."""

        def quiet():
            first = self.pools()
            time.sleep(0.3)
            self._idle_pools = self.pools()
            return first == self._idle_pools

        wait_until("quiet pools", quiet, SETTLE_DEADLINE_S)

    def _spawn(self, args, stdin, stdout=None):
        with contextlib.ExitStack() as files:
            if stdout is None:
                stdout = files.enter_context(open(self._folder.path / "stdout", "wb"))
            stderr = files.enter_context(open(self._folder.path / "stderr", "wb"))
            # A group of its own: Ctrl-C at pytest is not for the server.
            self.proc = subprocess.Popen(args, stdin=stdin, stdout=stdout, stderr=stderr,
                                         start_new_session=True, **self._folder.options())

    def _address_tap_up(self):
        address_up(TAP, f"{HOST_ADDRESS}/24")
        if self.family == 6:
            address_add6(TAP)

    def _address(self):
        """What must hold on our side before a server can answer."""

    def _wait_port(self):
        def answers():
            assert self.alive(), f"the server ended with {self.proc.returncode}"
            self._address()
            try:
                self.connect(timeout=1).close()
                return True
            except OSError:
                return False

        wait_until("the port answers", answers, START_DEADLINE_S)

    def _wait_end(self):
        try:
            self.proc.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server did not end within {STOP_DEADLINE_S} s") from None

    def _kill(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait(STOP_DEADLINE_S)


class Tailrace(_Process):
    """Our server, on a tap whose other end is the namespace's own interface.

    With family 6 it has an address of IPv6 too, and is talked to over that; without address, alone.
    """

    def __init__(self, *, threads=0, lcores="0", engine="dram", args=(), interactive=True,
                 tty=False, telemetry=False, address=f"{ADDRESS}/24", family=4):
        super().__init__(family)
        self._eal = {"lcores": lcores, "telemetry": telemetry}
        addresses = [address] * bool(address) + [f"{ADDRESS6}/64"] * (family == 6)
        self._args = [*itertools.chain(*(("--addr", each) for each in addresses)),
                      "--listen", str(PORT),
                      "--listen", f"{ECHO_PORT},proto=echo", "--engine", engine,
                      "--engine-threads", str(threads), *args, *["-i"] * interactive]
        self._interactive = interactive
        self._tty = tty
        self.terminal = None

    def _launch(self):
        args = [str(BINARY), *eal_args(self._folder.prefix, **self._eal), "--", *self._args]
        if self._tty:
            self._launch_tty(args)
        else:
            self._spawn(args, subprocess.PIPE if self._interactive else subprocess.DEVNULL)
            if self._interactive:
                self._stack.callback(self.proc.stdin.close)
        wait_until("the port starts", self._port_started, START_DEADLINE_S)
        self._address_tap_up()

    def _launch_tty(self, args):
        master, slave = pty.openpty()
        self.terminal = master
        self._stack.callback(os.close, master)
        try:
            self._spawn(args, slave, slave)
        finally:
            os.close(slave)

    def _address(self):
        address_tap()

    def _port_started(self):
        assert self.alive(), f"the server ended with {self.proc.returncode}"
        return netns.link_is_up(TAP)

    def cmd(self, line, timeout=10):
        """Give a line to the prompt; return what it printed, without echo and prompt."""
        out = self._folder.path / "stdout"
        wait_until("prompt", lambda: out.read_bytes().rstrip().endswith(PROMPT.encode()), timeout)
        offset = out.stat().st_size
        self.proc.stdin.write(line.encode() + b"\n")
        self.proc.stdin.flush()

        def answer():
            assert self.alive(), f"the server ended with {self.proc.returncode}"
            text = out.read_bytes()[offset:].decode(errors="replace").replace("\r", "")
            return text if text.rstrip().endswith(PROMPT) else None

        text = wait_until(f"answer to {line!r}", answer, timeout)
        return text.rstrip()[:-len(PROMPT)].replace(line, "", 1).strip("\n")

    def telemetry(self):
        """A session with DPDK's telemetry: ask(command) returns the decoded answer."""
        return telemetry.Session(self._folder.runtime)

    @property
    def prefix(self):
        """The --file-prefix of EAL."""
        return self._folder.prefix

    def say(self, line):
        """Give a line to the prompt and expect no answer: quit."""
        self.proc.stdin.write(line.encode() + b"\n")
        self.proc.stdin.flush()

    def terminal_expect(self, wanted, timeout=10):
        """Read from the terminal until a text appears; return all that was read."""
        text = b""
        end = time.monotonic() + timeout
        while wanted.encode() not in text:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"{wanted!r} not on the terminal, but {text!r}"
            text += os.read(self.terminal, 4096)
        return text.decode(errors="replace")

    def pools(self):
        """How many objects of each pool are in use, by `show mempool`, how many credits, which are
        requests, and how many connections.

        A connection that the server closed first stays in TIME-WAIT, as it should: these are not
        counted.
        """
        found = {}
        for line in self.cmd("show mempool").splitlines():
            name, *numbers = line.split() or [""]
            if numbers and all(number.isdigit() for number in numbers):
                found[name] = int(numbers[1])
        assert found, "show mempool shows no pool"
        shown = self.cmd("show conn")
        total = int(re.search(r"^(\d+) connection", shown, re.MULTILINE)[1])
        credits = re.findall(r"(\d+) of \d+ credits", self.cmd("show submit"))
        return {**found, "connections": total - shown.count("TIME-WAIT"),
                "credits": sum(map(int, credits))}

    def counters(self):
        """The counters of the stack, by their names."""
        found = {}
        for line in self.cmd("show stack all").splitlines():
            name, number, *_ = [*line.split(), "", ""]
            if number.isdigit():
                assert name not in found, line
                found[name] = int(number)
        return found

    def counter(self, name):
        """A counter of the stack."""
        return self.counters()[name]

    def stop(self, signum=signal.SIGTERM):
        """End it with a signal: status 0 in time, and nothing is left behind."""
        self.proc.send_signal(signum)
        self.ended()

    def ended(self):
        """It ends by itself now: status 0 in time, and nothing is left behind."""
        self._wait_end()
        assert self.proc.returncode == 0, f"the server ended with {self.proc.returncode}"
        assert not netns.link_exists(TAP), "the tap is still there"
        assert not session_members(self.pid), "a process is left behind"
        left = self._folder.left()
        assert not left, f"left behind: {left}"


ECHO_PROGRAM = """
import asyncio, sys
async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(echo, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()
asyncio.run(main())
"""


class Stock(_Process):
    """Debian's memcached, and a few lines of Python in place of the echo protocol.

    They live in a second namespace, so that packets pass between the kernel's stack and the test.
    """

    def __init__(self, *, threads=0, family=4, **_):
        super().__init__(family)
        self._threads = max(1, threads)
        self._echo = None

    def _launch(self):
        with netns.Namespace() as other:
            self._stack.callback(other.stay())
            netns.run("ip", "link", "add", PEER, "type", "veth", "peer", "name", TAP)
            netns.run("ip", "link", "set", "dev", TAP, "netns", self._namespace.name)
            address_up(PEER, f"{ADDRESS}/24")
            address_add6(PEER, ADDRESS6)
            self._echo = subprocess.Popen([sys.executable, "-c", ECHO_PROGRAM, self.address,
                                           str(ECHO_PORT)], stdin=subprocess.DEVNULL)
            self._stack.callback(self._kill_echo)
            self._spawn(["memcached", "-u", "root", "-U", "0", "-l", self.address, "-p", str(PORT),
                         "-t", str(self._threads), "-c", "4096", "-m", "2048"],
                        subprocess.DEVNULL)
        self._address_tap_up()

    def _wait_port(self):
        super()._wait_port()
        wait_until("the echo port answers", self._echo_answers, START_DEADLINE_S)

    def _echo_answers(self):
        try:
            self.connect(ECHO_PORT, timeout=1).close()
            return True
        except OSError:
            return False

    def pools(self):
        """What stock memcached has in place of pools: connections, that of the question too."""
        with self.text() as client:
            return {"curr_connections": client.stats()["curr_connections"]}

    def stop(self, signum=signal.SIGTERM):
        """End it with a signal."""
        self.proc.send_signal(signum)
        self._wait_end()

    def _kill_echo(self):
        self._echo.kill()
        self._echo.wait(STOP_DEADLINE_S)


def start(**options):
    """The server that this run is about: a context manager."""
    return Stock(**options) if STOCK else Tailrace(**options)
