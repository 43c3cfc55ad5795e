"""The cost of commands on baselines: ``python benchmarks/baselines_speed.py [checks] [cases]``.

Two versions ran every check; one case in ten came out differently. Seconds of processor time, and the most
memory, of each command in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.provenance import body_digest
from pytest_modelcheck.canonical import short
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

FILE_OF = 50
"""Tests a file."""

COMMANDS = (
    "list",
    "approve 2.0 --reason first",
    "diff 2.1",
    "diff 2.0 2.1",
    "approve 2.1 --reason second --keep-history --force",
    "approve 2.1 --reason again --force",
    "history",
    "baselines rename tests/test_0.py tests/test_zero.py",
    "merge .modelcheck_cache",
    "baselines prune --yes",
)


def main(checks: int, cases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, checks, cases)
        print(f"{checks} checks of {cases} cases")
        for command in COMMANDS:
            print(f"  {command:44}{cost(root, command)}")


def make(root: Path, checks: int, cases: int) -> None:
    (root / "tests").mkdir()
    (root / "pytest.ini").write_text("[pytest]\n")
    candidates = CandidateStore(root / ".modelcheck_cache" / "candidates")
    digests = [short(f"input {number}") for number in range(cases)]
    for check in range(checks):
        file, name = f"tests/test_{check // FILE_OF}.py", f"test_{check}"
        with (root / file).open("a") as source:
            source.write(f"def {name}():\n    assert {check} >= 0\n")
    for check in range(checks):
        file, name = f"tests/test_{check // FILE_OF}.py", f"test_{check}"
        body = body_digest(root / file, name)
        for version, shift in (("2.0", 0), ("2.1", 3)):
            header = Header(
                f"{file}::{name}",
                "golden",
                "triage",
                version,
                body=body,
                rate=0.95,
                judged=cases,
                cases=cases,
            )
            candidates.write(header, (lines.encode(record(n, digests[n], shift)) for n in range(cases)))


def record(number: int, digest: str, shift: int) -> CaseResult:
    wrong = (number + shift) % 20 == 0
    answer = json.dumps("refund" if wrong else "shipping").encode()
    trial = TrialResult(Outcome.FAILED if wrong else Outcome.PASSED, ((digest, answer),))
    return CaseResult(f"c-{digest}", digest, digest, f"the beginning of ticket {number}", (trial,))


def cost(root: Path, command: str) -> str:
    """The time and peak memory of a command, in a process of its own."""
    program = f"""
import resource, sys
from pytest_modelcheck.cli.command import modelcheck
try:
    modelcheck({command.split()!r})
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:6.1f} s  {done.stderr.split()[-1]:>5} MB"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ("1000", "1000")))
