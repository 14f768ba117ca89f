# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""compare.sh measures every target from its start to the report, and leaves nothing behind."""
import ctypes
import json
import pathlib
import re
import signal
import subprocess
import time

import pytest

import netns
import ports
import server as servers

pytestmark = pytest.mark.tailrace_only("it measures both")

COMPARE = str(servers.SOURCE / "test" / "perf" / "compare.sh")
CLOSED = {"text, depth 1", "text, depth 16"}
POINTS = CLOSED | {"text, 50% open"}
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(autouse=True)
def nothing_left():
    """Processes whose parent is gone become ours: none may be there that was not before."""
    libc = ctypes.CDLL(None)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    before = children()
    yield
    left = children() - before
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    assert not left, f"processes were left: {left}"


def children():
    """Our child processes, dead ones too."""
    found = set()
    for path in pathlib.Path("/proc/self/task").glob("*/children"):
        found |= {f"{pid} {name_of(pid)}" for pid in path.read_text().split()}
    return found


def name_of(pid):
    """The name of a process."""
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def left_by(pid):
    """Namespaces, sockets and folders of a run, which all have its process in their names."""
    named = f"tailrace-test-{pid}-"
    found = {name for name in netns.run("ip", "netns", "list").split() if name.startswith(named)}
    for folder in ("/tmp", "/dev/shm", "/run", "/run/dpdk"):
        found |= {str(path) for path in pathlib.Path(folder).glob(f"{named}*")}
    return found


def start(*args):
    return subprocess.Popen([COMPARE, *args], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            start_new_session=True)


def compare(*args):
    """Run it to its end; nothing is left."""
    process = start(*args)
    try:
        out, err = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    assert not left_by(process.pid)
    return process.returncode, out, err


def test_every_target(tmp_path):
    """All that are built in, and another by its address."""
    out = tmp_path / "out"
    with servers.Stock(threads=1) as stock:
        status, said, err = compare("--quick", "--out", str(out), "--target",
                                    f"another={stock.address}:{stock.port}")
    assert status == 0, err
    report = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert report["complete"] and not report["failures"]
    assert set(report["targets"]) == {"tailrace-memif", "tailrace-tap", "memcached-loopback",
                                      "memcached-veth", "memif-bounce", "another"}
    page = (out / "report.html").read_text(encoding="utf-8")
    for name, target in report["targets"].items():
        assert set(target["points"]) == (CLOSED if name == "memif-bounce" else POINTS)
        for point, figures in target["points"].items():
            run, = figures["runs"]
            assert figures["answers_per_s"] == run["answers_per_s"] > 0
            assert figures["latency_us"]["mean"] > 0
            assert re.search(rf"^{name} +{figures['answers_per_s']:.0f} ", said, re.M), said
            assert f"<td>{figures['answers_per_s']:.0f}</td>" in page
            assert (run.get("loop") == "open") == point.endswith("open")
        cycles = POINTS if name.startswith("tailrace-") else set()
        assert set(target["cycles"]) == cycles
        assert all("parse" in text for text in target["cycles"].values())
    base = report["targets"]["memcached-loopback"]["points"]
    assert all(figures["ratio"] == 1 for figures in base.values())
    assert page.count("<svg") == 5


def test_memif(tmp_path):
    """A server that somebody else started on a memif, by the binary protocol."""
    with servers.Folder() as folder, netns.Namespace(), \
            ports.memif_server(folder, "--listen", str(servers.PORT)) as vdev:
        path = re.search("socket=([^,]+)", vdev)[1]
        status, _, err = compare("--duration", "0.2", "--repetitions", "2", "--targets", "",
                                 "--protocols", "binary", "--memif",
                                 f"mine={path},{servers.ADDRESS}:{servers.PORT}",
                                 "--out", str(tmp_path / "out"))
    assert status == 0, err
    report = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    points = report["targets"]["mine"]["points"]
    assert set(points) == {point.replace("text", "binary") for point in POINTS}
    for figures in points.values():
        rates = sorted(run["answers_per_s"] for run in figures["runs"])
        assert len(rates) == 2 and rates[0] > 0
        assert (figures["lowest"], figures["highest"]) == tuple(rates)
        assert figures["answers_per_s"] == pytest.approx(sum(rates) / 2)


def test_interrupted(tmp_path):
    """A signal ends all that it started, and what was measured before is in the report."""
    out = tmp_path / "out"
    process = start("--targets", "memcached-loopback,tailrace-tap", "--duration", "0.2",
                    "--repetitions", "1000", "--out", str(out))
    try:
        time.sleep(6)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM, err
    assert not left_by(process.pid)
    report = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert not report["complete"] and "memcached-loopback" in report["targets"]


def test_failure(tmp_path):
    """A server that is not there is told of, and the others are measured."""
    status, _, err = compare("--quick", "--targets", "memcached-loopback", "--target",
                             "gone=127.0.0.1:1", "--out", str(tmp_path / "out"))
    assert status == 1
    assert "gone" in err and "Connection refused" in err
    report = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert set(report["failures"]) == {"gone"} and not report["complete"]
    assert set(report["targets"]) == {"memcached-loopback"}


@pytest.mark.parametrize("args, message", [
    (("--nonsense",), "unrecognized arguments: --nonsense"),
    (("--targets", "varnish"), "no target varnish"),
    (("--targets", ""), "no target"),
    (("--target", "x=here"), "--target x=here: must be NAME=ADDR:PORT"),
    (("--target", "tailrace-tap=10.0.0.1:1"), "a target twice"),
    (("--memif", "x=/nowhere,10.0.0.1:1"), "/nowhere is not a socket"),
    (("--repetitions", "0"), "--repetitions"),
    (("--duration", "nan"), "--duration"),
    (("--protocols", "udp"), "--protocols takes text"),
    (("--out", str(servers.SOURCE)), "is not empty"),
])
def test_bad_arguments(args, message):
    status, out, err = compare(*args)
    assert (status, out) == (2, "") and message in err
