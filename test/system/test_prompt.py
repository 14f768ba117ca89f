# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The prompt: its commands, completion, files of commands; and how the server ends."""

import os
import pathlib
import re
import signal
import socket
import threading
import time

import pytest

import mc
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own prompt")

REFUSALS = ("Command not found", "Bad arguments", "Ambiguous", "no such command", "timed out")
TOPICS = ("config", "server", "port", "stack", "drops", "core", "conn", "engine", "submit", "mempool", "capture",
          "trace", "impair", "clear", "log", "load")


def ask(server, line):
    """A command that the prompt knows, and that succeeds."""
    text = server.cmd(line)
    assert not any(refusal in text for refusal in REFUSALS), text
    return text


@pytest.fixture(autouse=True)
def still_serves(request):
    """After each test with the module's server it serves, and its pools are full."""
    yield
    if "server" in request.fixturenames:
        server = request.getfixturevalue("server")
        server.assert_serves()
        server.pools_settled()


def test_help(server):
    text = ask(server, "help")
    assert all(topic in text for topic in TOPICS), text
    for topic in TOPICS:
        assert len(ask(server, f"help {topic}")) > 10


def test_unknown(server):
    assert "Command not found" in server.cmd("frobnicate")
    assert "Bad arguments" in server.cmd("show frobs")
    assert server.cmd("") == ""


def test_show_config(server, tmp_path):
    """What it prints, given to a server as its file, is what that one prints."""
    text = ask(server, "show config")
    assert text.splitlines()[0] == "[tailrace]"
    assert f"listen = {servers.ECHO_PORT},proto=echo" in text.splitlines()
    assert "max-conns = 4096" in text.splitlines()
    config = tmp_path / "tailrace.conf"
    config.write_text(text + "\n")
    commands = tmp_path / "commands"
    commands.write_text("show config\nquit\n")
    with servers.Folder() as folder, netns.Namespace():
        done = servers.run_to_end(folder, ["--config", str(config), "--cmdline-file",
                                           str(commands)])
    assert done.returncode == 0, done.stderr
    again = done.stdout[done.stdout.index("[tailrace]"):].splitlines()
    again.remove(f"cmdline-file = {commands}")
    assert again == text.splitlines()


def test_show_port(server):
    for line in ("show port all", "show port 0"):
        text = ask(server, line)
        assert "net_tap" in text and re.search(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", text), text


def test_show_engine_and_submit(server):
    assert "dram" in ask(server, "show engine")
    server.assert_serves()
    text = ask(server, "show submit")
    assert "credits" in text
    assert max(map(int, re.findall(r"\b\d+\b", text))) >= 2, text
    cost = re.search(
        r"core 0: (\d+) responses, (\d+) allocations, (\d+) bytes copied, (\d+) bytes referenced",
        text,
    )
    responses, allocations, copied, referenced = map(int, cost.groups())
    assert 0 < allocations <= responses and copied >= responses and referenced == 0, text
    names, *threads = [line.split() for line in text.splitlines() if not line.startswith("core")]
    assert names[0] == "thread" and threads
    assert all(len(words) == len(names) for words in threads), text


def test_set_engine(server):
    """An engine without commands says so, and goes on."""
    assert ask(server, "set engine  do this ").strip() == "engine dram takes no commands"
    assert "Bad arguments" in server.cmd("set engine")


def test_show_mempool(server):
    title, *rows = ask(server, "show mempool").strip().splitlines()
    assert "in use" in title and rows
    for name in (row.split()[0] for row in rows):
        assert name in ask(server, f"show mempool {name}")


def test_show_conn(server):
    with server.text() as client:
        client.set(b"key", b"value")
        host, port = client.sock.getsockname()
        name = f"{host}:{port}"
        line, = [line for line in ask(server, "show conn").splitlines() if name in line]
        assert "ESTABLISHED" in line
        text = ask(server, f"show conn {line.split()[0]}")
        assert name in text and "ESTABLISHED" in text
        assert "recovery none: sacked 0, lost 0 bytes" in text
    # What is not there is no reason to fall.
    for number in (0, 77777777, 4294967295):
        server.cmd(f"show conn {number}")
    server.cmd("show conn 99999999999999999999")


def test_show_stack_and_clear_stats(server):
    def counted():
        text = ask(server, "show stack")
        return sum(map(int, re.findall(r"^  \S+ +(\d+)\b", text, re.MULTILINE)))

    for _ in range(50):
        server.assert_serves()
    before = counted()
    assert before > 100
    ask(server, "clear stats")
    assert counted() < before / 4


def test_show_drops(server):
    def drops():
        *lines, total = ask(server, "show drops").splitlines()
        found = {}
        for line in lines:
            if not line.startswith(" "):
                topic = line
                continue
            name, value, meaning = line.split(None, 2)
            assert name.startswith("drop_") and len(meaning.split()) > 1, line
            assert (topic, name) not in found
            found[topic, name] = int(value)
        assert int(total.removeprefix("drops in all: ")) == sum(found.values())
        return found

    before = drops()
    assert {topic for topic, _ in before} == {"port 0", "ip", "tcp", "core", "submit", "impair"}
    stack = {name for name in server.counters() if name.startswith("drop_")}
    assert {name for topic, name in before if topic not in ("port 0", "impair")} == stack
    # Nobody listens there: the SYN is dropped, and answered with a reset.
    with pytest.raises(ConnectionRefusedError):
        server.connect(port=4).close()
    after = drops()
    assert after["tcp", "drop_no_conn"] == before["tcp", "drop_no_conn"] + 1


def test_show_core_cycles(server):
    for _ in range(400):
        server.assert_serves()
    rows = [line.split() for line in ask(server, "show core 0 cycles").splitlines()[2:]]
    shares = {name: float(share.rstrip("%")) for name, share, *_ in rows}
    assert set(shares) == {"other", "rx", "tcp_in", "parse", "engine", "submit", "compose", "out",
                           "tx", "idle"}
    assert sum(shares.values()) == pytest.approx(100, abs=1)
    # Each did something, but for the engine, which has a thread of its own.
    assert shares["idle"] > 0 and all(float(row[3]) > 0 for row in rows[:-1] if row[0] != "engine")
    assert shares["engine"] == 0


def test_show_core_turns(server):
    for _ in range(400):
        server.assert_serves()
    rows = {line.split()[0]: line.split()[1:]
            for line in ask(server, "show core 0 turns").splitlines()[2:-1]}
    for name in ("turn", "queue"):
        number, mean, *quantiles, longest = map(float, rows[name])
        assert number > 0 and 0 < mean <= longest
        assert quantiles == sorted(quantiles) and quantiles[-1] <= longest
    ask(server, "clear core 0 cycles")
    assert float(ask(server, "show core 0 turns").splitlines()[2].split()[1]) <= 2
    for what in ("show core 7 cycles", "show core 7 turns", "clear core 7 cycles"):
        assert server.cmd(what).strip() == "core 7: there is none"


def test_stop_and_start(server):
    with server.text() as client:
        client.set(b"key", b"value")
        ask(server, "stop")
        # An idle connection is closed, and there are no new ones.
        assert client.sock.recv(1) == b""
    with pytest.raises(OSError):
        server.connect(timeout=2).close()
    ask(server, "start")
    with server.text() as client:
        assert client.get(b"key") == b"value"


def test_set_log(server):
    ask(server, "set log * debug")
    server.assert_serves()
    ask(server, "set log * warning")
    assert "warning" in ask(server, "show log")


def test_load(server, tmp_path):
    commands = tmp_path / "commands"
    commands.write_text("show engine\nshow submit\n")
    text = ask(server, f"load {commands}")
    assert "dram" in text and "credits" in text
    assert str(tmp_path / "none") in server.cmd(f"load {tmp_path / 'none'}")


def test_garbage(server):
    """Long lines and bytes that are no text."""
    for line in ("show " * 200, "x" * 5000, "show conn \x01\x02\x7f", "\x1b[A\x1b[B", "é" * 50):
        server.say(line)
    # Whatever remains on the line goes.
    server.say("\x03")
    time.sleep(0.3)
    server.say("")
    time.sleep(0.3)
    assert "dram" in server.cmd("show engine")


def test_commands_while_busy(server):
    """The prompt looks at connections that come and go under its eyes."""
    stop = threading.Event()
    failures = []

    def work():
        try:
            while not stop.is_set():
                server.assert_serves()
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        for _ in range(10):
            for line in ("show conn", "show stack", "show submit", "show engine", "clear stats"):
                ask(server, line)
    finally:
        stop.set()
        thread.join(20)
    assert not failures and not thread.is_alive()


def test_completion():
    with servers.Tailrace(tty=True) as server:
        server.terminal_expect(servers.PROMPT)
        for typed, completed in (("show mem\t", "show mempool"), ("cle\t", "clear"),
                                 ("set lo\t", "set log"), ("set en\t", "set engine")):
            os.write(server.terminal, typed.encode())
            server.terminal_expect(completed)
            os.write(server.terminal, b"\x03\n")
            server.terminal_expect(servers.PROMPT)
        # Several: they are listed.
        os.write(server.terminal, b"show \t")
        text = server.terminal_expect("mempool")
        text = text if "submit" in text else text + server.terminal_expect("submit")
        os.write(server.terminal, b"\x03\n")
        server.terminal_expect(servers.PROMPT)
        os.write(server.terminal, b"quit\n")
        server.ended()


def test_cmdline_file(tmp_path):
    commands = tmp_path / "commands"
    commands.write_text("show engine\nshow port all\n")
    for interactive in (False, True):
        with servers.Tailrace(args=["--cmdline-file", str(commands)],
                              interactive=interactive) as server:
            servers.wait_until("output of the file", lambda s=server: "engine dram" in s.log()
                               and "net_tap" in s.log(), 5)
            server.assert_serves()
            if interactive:
                assert "dram" in server.cmd("show engine")
            server.stop()


def test_cmdline_file_quits(tmp_path):
    commands = tmp_path / "commands"
    commands.write_text("show engine\nquit\n")
    with netns.Namespace(), servers.Folder() as folder:
        done = servers.run_to_end(folder, ["--addr", f"{servers.ADDRESS}/24", "--cmdline-file",
                                           str(commands)])
        assert done.returncode == 0 and "dram" in done.stdout, done
        assert folder.left() == []


def busy(server, count=20):
    """Connections that are idle, in a request, before unread replies, and of the echo port."""
    socks = []
    for i in range(count):
        sock = server.connect(servers.ECHO_PORT if i % 4 == 3 else servers.PORT)
        socks.append(sock)
        sock.sendall([b"set k 0 0 5\r\nvalue\r\n", b"set k 0 0 1000000\r\nabc",
                      b"get k\r\n" * 1000, bytes(100000)][i % 4])
    return socks


@pytest.mark.parametrize("interactive", [True, False], ids=["prompt", "no-prompt"])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signals(signum, interactive):
    """They end it with status 0, whatever clients do, and the idle client sees a clean end."""
    with servers.Tailrace(threads=1, interactive=interactive) as server:
        socks = busy(server)
        with server.text() as idle:
            idle.set(b"key", b"value")
            server.stop(signum)
            assert idle.sock.recv(1) == b""
        for sock in socks:
            sock.close()


def test_two_signals():
    with servers.Tailrace(threads=1) as server:
        socks = busy(server)
        server.proc.send_signal(signal.SIGTERM)
        server.stop(signal.SIGINT)
        for sock in socks:
            sock.close()


def test_quit():
    with servers.Tailrace(threads=4) as server:
        socks = busy(server)
        server.say("quit")
        server.ended()
        for sock in socks:
            sock.close()


def test_end_of_input():
    """The end of input is a quit."""
    with servers.Tailrace() as server:
        server.assert_serves()
        server.proc.stdin.close()
        server.ended()


def test_reader_goes_away():
    """That nobody reads what the prompt prints any more ends no thread: SIGPIPE reaches none."""
    with servers.Tailrace(threads=1) as server:
        for status in pathlib.Path(f"/proc/{server.proc.pid}/task").glob("*/status"):
            blocked = re.search(r"^SigBlk:\s*(\w+)$", status.read_text(), re.M)[1]
            assert int(blocked, 16) >> (signal.SIGPIPE - 1) & 1, status


def test_large_values_unsent():
    """What clients have not read lies in the engine's memory: it goes first, then the engine."""
    value = bytes(1 << 20)
    with servers.Tailrace(threads=1) as server, server.connect() as sock:
        mc.exchange(sock, b"set k 0 0 %d\r\n%s\r\n" % (len(value), value), b"STORED\r\n")
        with server.connect() as gone:
            for reader in (sock, gone):
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.sendall(3 * b"get k\r\n")
            servers.wait_until("answers", lambda: server.counter("values_referenced") >= 2, 5)
            assert server.counter("values_released") == 0
        servers.wait_until("release", lambda: server.counter("values_released") > 0, 5)
        server.stop()


def test_answers_before_the_end():
    """What was asked before the signal is answered."""
    with servers.Tailrace(threads=1) as server, server.connect() as sock:
        mc.exchange(sock, b"set k 0 0 1000\r\n" + bytes(1000) + b"\r\n", b"STORED\r\n")
        answer = b"VALUE k 0 1000\r\n" + bytes(1000) + b"\r\nEND\r\n"
        sock.sendall(b"get k\r\n" * 100)
        assert sock.recv(1, socket.MSG_PEEK) == b"V"
        server.proc.send_signal(signal.SIGTERM)
        got = b""
        while chunk := sock.recv(65536):
            got += chunk
        server.ended()
        # Whole answers, of as many as had been read.
        assert got and got == answer * (len(got) // len(answer))
