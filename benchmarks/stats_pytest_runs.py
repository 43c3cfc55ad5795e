"""How often does a whole run of pytest fail a model that is right at its limit?

    python benchmarks/stats_pytest_runs.py               about a minute on one core
    python benchmarks/stats_pytest_runs.py --checks 1000 with so many checks a line

Every line is one run of pytest in a process of its own: checks of 40 cases each, of a seeded noisy
model whose true rate is exactly what is required. It counts the tests that fail and those that warn. A line
ends in "ok" where no more fail than is promised (three standard errors of the simulation aside), in "BROKEN"
where more do. The exit code is 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RATE, CASES = 0.9, 40

CONFTEST = """
import random
import time
from pytest_modelcheck import model_fixture

@model_fixture(deterministic=False, concurrency={concurrency})
def noisy(model_version):
    drawn = random.Random(model_version)

    def model(text):
        right = drawn.random() < {rate}
        time.sleep({slow} if right else 0)
        return right

    return model
"""

TEST = """
import pytest

CASES = [{{"id": str(n), "input": f"question {{n}}"}} for n in range({cases})]

@pytest.mark.parametrize("number", range({checks}))
@pytest.mark.golden(CASES, at_least={rate}, false_fail_rate={promised}{options})
def test_noisy(noisy, case, number):
    assert noisy(f"{{case.input}} of {{number}}")
"""

LINES = [
    ("every case, once", 0.05, ", confirm=False", 1, 0),
    ("every case, asked again before it fails", 0.05, "", 1, 0),
    ("stopped early", 0.05, ", early_stop=True", 1, 0),
    ("stopped early, tolerance=0.1", 0.05, ", early_stop=True, tolerance=0.1", 1, 0),
    ("the same, 8 at once, wrong answers faster", 0.05, ", early_stop=True, tolerance=0.1", 8, 0.001),
    ("stopped early, tolerance=0.1, 0.01", 0.01, ", early_stop=True, tolerance=0.1", 1, 0),
]


def run(checks: int, promised: float, options: str, concurrency: int, slow: float) -> tuple[int, int]:
    """One run of pytest; how many of its tests failed, and how many were inconclusive."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\nmodelcheck_cache = off\n")
        (folder / "conftest.py").write_text(CONFTEST.format(rate=RATE, concurrency=concurrency, slow=slow))
        values = {"cases": CASES, "checks": checks, "rate": RATE, "promised": promised, "options": options}
        (folder / "test_noisy.py").write_text(TEST.format(**values))
        command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "--model-version=1"], cwd=folder, capture_output=True, text=True, check=False
        )
    last = done.stdout.strip().splitlines()[-1]
    counts = {what: int(count) for count, what in re.findall(r"(\d+) (failed|passed|warning)", last)}
    if counts.get("failed", 0) + counts.get("passed", 0) != checks:
        raise SystemExit(done.stdout + done.stderr)
    return counts.get("failed", 0), counts.get("warning", 0)


def main() -> int:
    """Run all lines and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=300, help="checks a line")
    checks = parser.parse_args().checks
    broken = 0
    print(f"{'':<44} {'failed':>7} {'warned':>7}")
    for what, promised, options, concurrency, slow in LINES:
        began = time.perf_counter()
        failed, warned = run(checks, promised, options, concurrency, slow)
        kept = failed <= checks * promised + 3 * (checks * promised * (1 - promised)) ** 0.5
        broken += not kept
        seconds = time.perf_counter() - began
        print(
            f"{what:<44} {failed / checks:>7.3f} {warned / checks:>7.3f}  at most {promised:<5g}"
            f" {'ok' if kept else 'BROKEN':<7} {seconds:.0f} s",
            flush=True,
        )
    print(f"\n{broken} broken" if broken else "\nevery promise is kept")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
