"""Many checks of a hundred cases: ``python many_run.py FOLDER CHECKS``.

Says how long the whole run of pytest took, its start left out. The folder keeps the predictions, so that a
second run is warm.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from watched import BATCHES, run, write

TEST = """
@pytest.mark.golden([f"check {number} ticket {{n}}" for n in range(100)], at_least=0.5)
def test_{number}(triage, case):
    assert triage(case.input)["label"] in ("refund", "shipping")
"""
OF_A_FILE = 50


def main(folder: Path, checks: int) -> dict[str, float]:
    files = {"conftest.py": BATCHES}
    for first in range(0, checks, OF_A_FILE):
        tests = (TEST.format(number=number) for number in range(first, min(first + OF_A_FILE, checks)))
        files[f"test_{first}.py"] = "".join(["import pytest\n", *tests])
    write(folder, files)
    wall, cpu = perf_counter(), process_time()
    run(folder, "--model-version=1")
    return {"wall": perf_counter() - wall, "cpu": process_time() - cpu}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]))]))
