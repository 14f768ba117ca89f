# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The figures of this build hold the baseline, and one that does not hold it is noticed."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
BASELINE = HERE / "baseline.json"


@pytest.fixture(scope="session")
def dumps(tmp_path_factory):
    """Callgrind's dumps of one run, which is judged in each test."""
    folder = tmp_path_factory.mktemp("callgrind")
    build = os.environ.get("TAILRACE_BUILD", str(HERE.parents[1] / "build"))
    result = subprocess.run([HERE / "instructions.sh", "--build", build, "--out", folder,
                             "--update", "--baseline", folder / "new.json"],
                            stdout=subprocess.DEVNULL, check=False)
    assert result.returncode == 0
    return folder


def judge(dumps, baseline):
    """Exit status, and what was said of the figures."""
    result = subprocess.run([sys.executable, HERE / "instructions.py", dumps,
                             "--baseline", baseline],
                            capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def test_figures_hold_the_baseline(dumps):
    status, table, said = judge(dumps, BASELINE)
    print(f"\n{table}{said}")
    assert status == 0, said


@pytest.mark.parametrize("figure, factor, status", [
    ("get_depth1", 1 / 1.06, 1),
    ("get_depth16_conns64_rings_drain", 1 / 1.06, 1),
    ("get_depth1", 1 / 1.04, 0),
    ("get_depth1", 1.06, 0),
])
def test_growth_beyond_the_slack_fails(dumps, tmp_path, figure, factor, status):
    figures = json.loads((dumps / "new.json").read_text(encoding="utf-8"))
    new = figures[figure]
    figures[figure] *= factor
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(figures), encoding="utf-8")
    result, _, said = judge(dumps, baseline)
    assert result == status, said
    moved = "grew" if status else "improved" if factor > 1.05 else ""
    expected = f"{moved}: {figure}: {figures[figure]:.2f} to {new:.2f}\n" if moved else ""
    assert said == expected


def test_a_figure_that_is_gone_fails(dumps, tmp_path):
    figures = json.loads((dumps / "new.json").read_text(encoding="utf-8"))
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({**figures, "put_depth1": 1.0}), encoding="utf-8")
    result, _, said = judge(dumps, baseline)
    assert (result, said) == (1, "grew: put_depth1: in the baseline alone\n")
