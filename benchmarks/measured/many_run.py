"""Many checks of a hundred cases: ``python many_run.py FOLDER CHECKS``.

Says how long the whole run of pytest took, its start left out. The folder keeps the predictions, so that a
second run is warm.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import pytest

CONFTEST = """
from pytest_modelcheck import model_fixture

@model_fixture(batch=True, deterministic=True)
def triage(model_version):
    return lambda texts: [{"label": "refund" if "7" in text else "shipping"} for text in texts]
"""
TEST = """
@pytest.mark.golden([f"check {number} ticket {{n}}" for n in range(100)], at_least=0.5)
def test_{number}(triage, case):
    assert triage(case.input)["label"] in ("refund", "shipping")
"""
OF_A_FILE = 50


def main(folder: Path, checks: int) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for first in range(0, checks, OF_A_FILE):
        tests = (TEST.format(number=number) for number in range(first, min(first + OF_A_FILE, checks)))
        (folder / f"test_{first}.py").write_text("".join(["import pytest\n", *tests]), encoding="utf-8")
    wall, cpu = perf_counter(), process_time()
    alone = ["-q", "--disable-plugin-autoload", "-pmodelcheck", "-pno:cacheprovider", "--model-version=1"]
    code = pytest.main([str(folder), f"--rootdir={folder}", *alone])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    return {"wall": perf_counter() - wall, "cpu": process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]))]))
