"""gemtest, a pytest item a case: ``python peer_gemtest.py CASES SECONDS CONCURRENCY``.

A case makes two calls, for an input and for its variant; here the second call takes no time. One
process makes one call at a time, so that a concurrency is refused.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import pytest

PROJECT = """
import time

import gemtest as gmt

same = gmt.create_metamorphic_relation(name="same", data=[f"text {{n}}" for n in range({cases})])

@gmt.transformation(same)
def shout(text):
    return text.upper()

@gmt.relation(same)
def is_same(before, after):
    return before == after

@gmt.system_under_test(same)
def test_answer(text):
    if text.islower():
        time.sleep({seconds})
    return text.lower()
"""


def main(folder: Path, cases: int, seconds: float) -> dict[str, float]:
    (folder / "test_same.py").write_text(PROJECT.format(cases=cases, seconds=seconds), encoding="utf-8")
    wall, cpu = perf_counter(), process_time()
    code = pytest.main([str(folder), f"--rootdir={folder}", "-q", "-pno:cacheprovider"])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    return {"wall": perf_counter() - wall, "cpu": process_time() - cpu}


if __name__ == "__main__":
    if int(sys.argv[3]) != 1:
        sys.exit("gemtest asks one question at a time")
    with tempfile.TemporaryDirectory() as made:
        result = main(Path(made), int(sys.argv[1]), float(sys.argv[2]))
    print("\n" + json.dumps([result]))
