# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""tailrace-bench: what it counts is true, what it writes can be read, what it refuses it names."""

import json
import subprocess
import xml.etree.ElementTree

import pytest

import server as servers

pytestmark = pytest.mark.tailrace_only("its own benchmark")

BENCH = servers.BUILD / "app" / "tailrace-bench"
DEADLINE_S = 100
HEAD_BYTES = 24 + 4 + 32
SIZES = (0, 512, 4096)
THREADS = (1, 2)
PATHS = ("evbuffer-add", "evbuffer-reserve", "tailrace-copy", "tailrace-reference")
SMALL = ("--value-bytes", ",".join(map(str, SIZES)), "--threads", ",".join(map(str, THREADS)),
         "--repetitions", "2", "--responses", "1500")


def run(*args):
    return subprocess.run([str(BENCH), *args], check=False, timeout=DEADLINE_S, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def succeed(*args):
    done = run(*args)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="measured")
def measured_fixture():
    return json.loads(succeed("submit", *SMALL, "--json"))


def results(measured, path):
    return [result for result in measured["results"] if result["path"] == path]


def test_every_result_is_there(measured):
    keys = {(r["path"], r["value_bytes"], r["threads"]) for r in measured["results"]}
    assert keys == {(p, v, t) for p in PATHS for v in SIZES for t in THREADS}
    assert len(measured["results"]) == len(keys)
    for result in measured["results"]:
        assert 0 < result["responses_per_s_min"] <= result["responses_per_s"] \
            <= result["responses_per_s_max"]
        assert result["ns_per_response"] == pytest.approx(1e9 / result["responses_per_s"],
                                                          rel=0.01)
        assert result["spread"] >= 0


def test_locks(measured):
    """An append for each part, each under the lock that is held around all of them."""
    for result in results(measured, "evbuffer-add"):
        assert result["locks_per_response"] >= (5 if result["value_bytes"] > 0 else 4)
    for result in results(measured, "evbuffer-reserve"):
        assert result["locks_per_response"] >= 3
    for path in ("tailrace-copy", "tailrace-reference"):
        assert all(r["locks_per_response"] == 0 for r in results(measured, path))


def test_allocations(measured):
    for result in results(measured, "tailrace-copy"):
        # What fits into a segment.
        if result["value_bytes"] <= 1024:
            assert 0 < result["allocations_per_response"] <= 1
        assert result["segment_allocations_per_response"] == 0
    for path in ("evbuffer-add", "evbuffer-reserve"):
        assert all(r["allocations_per_response"] > 0 for r in results(measured, path))


def test_bytes_copied(measured):
    for result in measured["results"]:
        copied = 0
        if result["path"] != "tailrace-reference":
            copied = result["value_bytes"]
        assert result["value_bytes_copied_per_response"] == copied
        assert result["bytes_copied_per_response"] == HEAD_BYTES + copied


def test_rings(measured):
    assert measured["rings"] == []
    rings = json.loads(succeed("submit", "--path", "tailrace-copy", "--value-bytes", "0",
                               "--threads", "1,2", "--repetitions", "1", "--duration", "5",
                               "--rings", "--json"))["rings"]
    assert {(r["ring"], r["producers"]) for r in rings} == {
        (ring, n) for ring in ("shared", "rts", "hts", "own") for n in (1, 2)}
    assert all(r["messages_per_s"] > 0 for r in rings)


def test_files(tmp_path):
    """A table for people, and beside it files for others."""
    json_file, svg_file = tmp_path / "bench.json", tmp_path / "bench.svg"
    table = succeed("submit", *SMALL, "--json", str(json_file), "--svg", str(svg_file))
    assert all(path in table for path in PATHS)
    assert len(json.loads(json_file.read_text())["results"]) == \
        len(PATHS) * len(SIZES) * len(THREADS)
    svg = xml.etree.ElementTree.parse(svg_file).getroot()
    lines = svg.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(PATHS) * len(THREADS)
    assert all(len(line.get("points").split()) == len(SIZES) for line in lines)


def test_eal_arguments():
    assert "tailrace-copy" in succeed(
        "-l", "0", "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "256",
        "--log-level=*:warning", "--", "submit", "--path", "tailrace-copy", "--threads", "1",
        "--value-bytes", "64", "--repetitions", "1", "--responses", "100")


@pytest.mark.parametrize("args, named", [
    ((), "submit"),
    (("frobnicate",), "frobnicate"),
    (("load",), "--server"),
    (("submit", "--frob"), "--frob"),
    (("submit", "--path", "evbuffer"), "evbuffer-add"),
    (("submit", "--threads", "0"), "from 1 to 16"),
    (("submit", "--threads", "17"), "from 1 to 16"),
    (("submit", "--threads", "1,,2"), "--threads"),
    (("submit", "--threads", "2,2"), "2 once"),
    (("submit", "--value-bytes", "65K"), "from 0 to 65536"),
    (("submit", "--value-bytes", "-1"), "--value-bytes"),
    (("submit", "--value-bytes", "99999999999999999999999"), "--value-bytes"),
    (("submit", "--repetitions"), "--repetitions"),
    (("submit", "--repetitions", "many"), "many"),
    (("submit", "--responses", "0"), "--responses"),
    (("submit", "--duration", "1s"), "1s"),
    (("submit", "--rings=yes"), "takes no value"),
])
def test_bad_arguments(args, named):
    done = run(*args)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("tailrace-bench: ") and done.stderr.count("\n") == 1
    assert named in done.stderr


def test_file_that_cannot_be_written(tmp_path):
    name = str(tmp_path / "none" / "bench.json")
    done = run("submit", *SMALL, "--json", name)
    assert done.returncode == 1 and name in done.stderr


def test_help():
    assert "submit" in succeed("--help")
    text = succeed("submit", "--help")
    assert all(path in text for path in PATHS) and "--value-bytes" in text
