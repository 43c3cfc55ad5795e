"""200 cases of a model that takes 50 ms: ``python waiting_run.py FOLDER CONCURRENCY VERSION``.

Says how long the test took from its call on. In a folder that is new, that is the first run of the test; in
one that knows it from another version, what its body calls is known, and no answer is.
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
def slow(model_version):
    def answer(text):
        time.sleep(0.05)
        return text
    return answer

@pytest.mark.golden([f"text {{n}}" for n in range(200)])
def test_slow(slow, case):
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


def main(folder: Path, concurrency: int, version: str) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    (folder / "conftest.py").write_text("", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_slow.py").write_text(PROJECT.format(concurrency=concurrency), encoding="utf-8")
    watch = Apart()
    alone = [
        "-q",
        "--disable-plugin-autoload",
        "-pmodelcheck",
        "-pno:cacheprovider",
        f"--model-version={version}",
    ]
    code = pytest.main([str(folder), f"--rootdir={folder}", *alone], plugins=[watch])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    (wall, cpu), *_ = watch.tests
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])]))
