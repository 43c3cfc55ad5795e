"""200 cases of a model that takes 50 ms: ``python waiting_run.py FOLDER CONCURRENCY``.

Says how long the test took from its call on, and how long a second such test took: the first carries what
a run costs once, such as imports and the start of threads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from suite_run import Watch

PROJECT = """
import time

import pytest
from pytest_modelcheck import model_fixture

@model_fixture(concurrency={concurrency}, deterministic=True)
def slow():
    def answer(text):
        time.sleep(0.05)
        return text
    return answer

@pytest.mark.golden([f"text {{n}}" for n in range(200)])
def test_slow(slow, case):
    assert slow(case.input) == case.input

def test_between():
    pass  # so that the second is not asked ahead

@pytest.mark.golden([f"another text {{n}}" for n in range(200)])
def test_slow_again(slow, case):
    assert slow(case.input) == case.input
"""


class Apart(Watch):
    """Measures each test by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.tests: list[tuple[float, float]] = []

    def stop(self) -> None:
        before = self.wall, self.cpu
        super().stop()
        self.tests.append((self.wall - before[0], self.cpu - before[1]))


def main(folder: Path, concurrency: int) -> dict[str, float]:
    (folder / "conftest.py").write_text("", encoding="utf-8")
    (folder / "test_slow.py").write_text(PROJECT.format(concurrency=concurrency), encoding="utf-8")
    watch = Apart()
    alone = ["-q", "--disable-plugin-autoload", "-pmodelcheck", "-pno:cacheprovider"]
    code = pytest.main([str(folder), f"--rootdir={folder}", *alone], plugins=[watch])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    (wall, cpu), _, (again, cpu_again), *_ = watch.tests
    return {"wall": wall, "cpu": cpu, "again": again, "cpu again": cpu_again}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]))]))
