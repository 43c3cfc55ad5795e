"""200 cases of a model that takes 50 ms: ``python waiting_run.py FOLDER CONCURRENCY VERSION``.

Says how long the test took from its call on. In a folder that is new, that is the first run of the test; in
one that knows it from another version, what its body calls is known, and no answer is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from watched import Watch, run, write

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


def main(folder: Path, concurrency: int, version: str) -> dict[str, float]:
    write(folder, {"conftest.py": "", "test_slow.py": PROJECT.format(concurrency=concurrency)})
    watch = Watch()
    run(folder, f"--model-version={version}", watch=watch)
    (wall, cpu), *_ = watch.tests
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])]))
