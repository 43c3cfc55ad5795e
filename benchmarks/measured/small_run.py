"""Twenty checks of eight cases of 50 ms, 32 at a time: ``python small_run.py FOLDER``.

Says how long it took from the first test's set-up until the last test was done.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from watched import run, write

CONFTEST = """
import time

from pytest_modelcheck import model_fixture

@model_fixture(concurrency=32, deterministic=True)
def slow():
    def answer(text):
        time.sleep(0.05)
        return text
    return answer
"""
TEST = """
@pytest.mark.golden([f"check {number} text {{n}}" for n in range(8)])
def test_{number}(slow, case):
    assert slow(case.input) == case.input
"""


class Span:
    """From the start of the first test to the end of the last."""

    begin = end = 0.0

    def pytest_runtest_logstart(self) -> None:
        self.begin = self.begin or perf_counter()

    def pytest_runtest_logreport(self) -> None:
        self.end = perf_counter()


def main(folder: Path) -> dict[str, float]:
    tests = (TEST.format(number=number) for number in range(20))
    write(folder, {"conftest.py": CONFTEST, "test_slow.py": "".join(["import pytest\n", *tests])})
    span = Span()
    run(folder, watch=span)
    return {"wall": span.end - span.begin}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]))]))
