"""Benchmarks still run, so that every figure can be measured again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
CHECKLIST = Path(__file__).parent / "acceptance" / "checklist"


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("baselines_speed.py 2 3", "baselines prune"),
        ("cache_speed.py 300", "on disk, an answer"),
        ("stats_end_to_end.py --runs 1 --only levels", "nothing rises"),
        ("measured/golden_run.py {folder}/golden 20", "cpu"),
        ("measured/golden_run.py {folder}/golden 200 --failing", "1 failed"),
        ("measured/many_run.py {folder}/many 2", "cpu"),
        pytest.param(
            "measured/plain_loop.py {checklist}",
            "29678 failed, 3057 skipped",
            marks=pytest.mark.skipif("MODELCHECK_DATA" not in os.environ, reason="needs the suite's data"),
        ),
        ("measured/savings_run.py {folder}", '"called": 1350'),
        ("measured/small_run.py {folder}/small", "20 passed"),
        ("measured/typed_run.py {folder}/typed 40", "loop pairs"),
        ("measured/waiting_run.py {folder}/waiting 32 1 threads", "1 passed"),
        ("stats_simulations.py --scale 0.01 rate repeats drift power", "every promise is kept"),
        ("trajectories.py 1", "policy_first"),
    ],
)
def test_a_benchmark_runs(command, printed, tmp_path):
    script, *arguments = command.format(folder=tmp_path, checklist=CHECKLIST).split()
    done = subprocess.run(
        [sys.executable, BENCHMARKS / script, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert printed in done.stdout
