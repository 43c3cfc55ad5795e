"""One golden test over many cases of a JSON Lines file: ``python golden_run.py FOLDER CASES``.

Says how long the test took from its call on, and how much memory it took beyond that of pytest. The
folder is made at the first run and keeps the predictions, so that a second run is warm. With
``--parametrize`` each case is a pytest item of its own instead, without the plugin, and the whole run is
measured.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter, process_time

import pytest
from watched import BATCHES, Watch, run, write

GOLDEN = """
import pytest

@pytest.mark.golden("../cases.jsonl", at_least=0.5)
def test_known(triage, case):
    assert triage(case.input)["label"] == case.expected
"""
PARAMETRIZED = """
import json
from pathlib import Path

import pytest

ROWS = [json.loads(line) for line in Path(__file__).with_name("cases.jsonl").open()]

def triage(text):
    return {"label": "refund" if "7" in text else "shipping"}

@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_known(row):
    assert triage(row["input"])["label"] == row["expected"]
"""


class Gauge(Watch):
    """Measures memory, too."""

    before = 0

    def start(self) -> None:
        """Begin: memory that pytest holds by now is not ours."""
        self.before = self.before or peak()
        super().start()


def peak() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def make(folder: Path, cases: int) -> None:
    """Make the project, unless it is there."""
    if (folder / "pytest.ini").exists():
        return
    tests = {"golden/test_golden.py": GOLDEN, "test_parametrized.py": PARAMETRIZED}
    write(folder, {"golden/conftest.py": BATCHES, **tests})
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(map(row, range(cases)))  # one by one: memory held here would count as pytest's


def row(number: int) -> str:
    expected = "refund" if "7" in str(number) and number % 10 else "shipping"
    case = {
        "id": f"t-{number:07}",
        "input": f"Where is my parcel number {number}, which I ordered last week?",
        "expected": expected,
        "metadata": {"language": "en" if number % 3 else "es"},
    }
    return json.dumps(case) + "\n"


def main(folder: Path, cases: int, *, parametrize: bool) -> dict[str, float]:
    make(folder, cases)
    if parametrize:
        wall, cpu, before = perf_counter(), process_time(), peak()
        without = ("-pno:cacheprovider", "-pno:unraisableexception", "-rN", "--tb=no")
        code = pytest.main(
            [str(folder / "test_parametrized.py"), "-q", "--disable-plugin-autoload", *without]
        )
        used = {"wall": perf_counter() - wall, "cpu": process_time() - cpu, "memory": peak() - before}
        return used if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else sys.exit(int(code))
    watch = Gauge()
    run(folder / "golden", "--model-version=1", watch=watch)
    return {"wall": watch.wall, "cpu": watch.cpu, "memory": peak() - watch.before}


if __name__ == "__main__":
    folder, cases, *options = sys.argv[1:]
    print(json.dumps([main(Path(folder), int(cases), parametrize="--parametrize" in options)]))
