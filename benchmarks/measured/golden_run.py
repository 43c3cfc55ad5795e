"""One golden test over many cases of a JSON Lines file: ``python golden_run.py FOLDER CASES``.

Says how long the test took from its call on, and how much memory it took beyond that of pytest. The
folder is made at the first run and keeps the predictions, so that a second run is warm. With
``--parametrize`` each case is a pytest item of its own instead, without the plugin, and the whole run is
measured. With ``--failing`` an approved model, whose determinism is not declared, gets one in a hundred
answers wrong, so that the check runs every case three times and weighs the evidence.
"""

from __future__ import annotations

import json
import resource
import subprocess
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


FAILING = """
from pytest_modelcheck import model_fixture

@model_fixture(batch=True)
def triage(model_version):
    def answer(text):
        wrong = model_version == "2" and "33, which" in text
        return {"label": "refund" if ("7" in text) is not wrong else "shipping"}
    return lambda texts: list(map(answer, texts))
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
    failing = {"failing/conftest.py": FAILING, "failing/test_golden.py": GOLDEN}
    write(folder, {"golden/conftest.py": BATCHES, **tests, **failing})
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


def approve(folder: Path) -> None:
    """Run version 1 and approve it, in other processes: the memory of this one is measured."""
    command = "from pytest_modelcheck.cli import main; main()"
    for arguments in (
        ["-m", "pytest", "--model-version=1"],
        ["-c", command, "approve", "1", "--reason=right"],
    ):
        subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)


def main(folder: Path, cases: int, *, parametrize: bool, failing: bool) -> dict[str, float]:
    make(folder, cases)
    watch = Gauge()
    if failing:
        approve(folder / "failing")
        run(folder / "failing", "--model-version=2", watch=watch, fails=True)
        return {"wall": watch.wall, "cpu": watch.cpu, "memory": peak() - watch.before}
    if parametrize:
        wall, cpu, before = perf_counter(), process_time(), peak()
        without = ("-pno:cacheprovider", "-pno:unraisableexception", "-rN", "--tb=no")
        code = pytest.main(
            [str(folder / "test_parametrized.py"), "-q", "--disable-plugin-autoload", *without]
        )
        used = {"wall": perf_counter() - wall, "cpu": process_time() - cpu, "memory": peak() - before}
        return used if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else sys.exit(int(code))
    run(folder / "golden", "--model-version=1", watch=watch)
    return {"wall": watch.wall, "cpu": watch.cpu, "memory": peak() - watch.before}


if __name__ == "__main__":
    folder, cases, *options = sys.argv[1:]
    chosen = {name: f"--{name}" in options for name in ("parametrize", "failing")}
    print(json.dumps([main(Path(folder), int(cases), **chosen)]))
