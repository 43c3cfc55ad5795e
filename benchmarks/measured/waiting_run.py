"""200 cases of a model that takes 50 ms: ``python waiting_run.py FOLDER CONCURRENCY VERSION KIND``.

Says how long the test took from its call on. In a folder that is new, that is the first run of the test; in
one that knows it from another version, the calls of its body are known, and no answer is. The kind says
whether calls wait in ``threads``, or the model is ``async``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from watched import Watch, run, write

PROJECT = """
import asyncio
import time

import pytest
from pytest_modelcheck import model_fixture

@model_fixture(concurrency={concurrency}, deterministic=True)
def slow(model_version):
    {answer}
        return text
    return answer

@pytest.mark.golden([f"text {{n}}" for n in range(200)])
def test_slow(slow, case):
    assert slow(case.input) == case.input
"""


ANSWERS = {
    "threads": "def answer(text):\n        time.sleep(0.05)",
    "async": "async def answer(text):\n        await asyncio.sleep(0.05)",
}


def main(folder: Path, concurrency: int, version: str, kind: str) -> dict[str, float]:
    test = PROJECT.format(concurrency=concurrency, answer=ANSWERS[kind])
    write(folder, {"conftest.py": "", "test_slow.py": test})
    watch = Watch()
    run(folder, f"--model-version={version}", watch=watch)
    (wall, cpu), *_ = watch.tests
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])]))
