"""200 cases of a model that takes 50 ms: ``python waiting_run.py FOLDER CONCURRENCY``.

Says how long the test took from its call on.
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
"""


def main(folder: Path, concurrency: int) -> dict[str, float]:
    (folder / "conftest.py").write_text("", encoding="utf-8")
    (folder / "test_slow.py").write_text(PROJECT.format(concurrency=concurrency), encoding="utf-8")
    watch = Watch()
    alone = ["-q", "--disable-plugin-autoload", "-pmodelcheck", "-pno:cacheprovider"]
    code = pytest.main([str(folder), f"--rootdir={folder}", *alone], plugins=[watch])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    return {"wall": watch.wall, "cpu": watch.cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]))]))
