"""Damage files of ours at random, and check that no result misleads: ``python benchmarks/damage.py``.

A small project has an approved version, a history, results of two versions and a warm cache. Each round
damages one of its files and runs pytest or a command. No damage may cause:

- a traceback of ours, an internal error of pytest, or an exit code that is none of theirs;
- a passed check that must fail: version 2.1 is worse in cases that a limit forbids;
- a green run on a baseline that was altered, in any byte: each line has a checksum;
- an approval of a result that was altered;
- a second round of trouble: after the damaged cache was set aside, the next run works again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner

from pytest_modelcheck.cli.command import modelcheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CASES: Final = 12
CONFTEST: Final = """
from pytest_modelcheck import model_fixture

@model_fixture
def triage(model_version):
    worse = model_version == "2.1"
    return lambda text: "other" if worse and int(text[4:]) % 3 == 0 else "refund"
"""
TEST: Final = """
import pytest

CASES = [{"id": f"t-{n:02}", "input": f"text{n}", "expected": "refund"} for n in range(%d)]

@pytest.mark.golden(CASES, max_drop=0)
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.invariance(CASES, under=str.upper, at_least=0.5)
def test_shouting(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""
COMMANDS: Final = (
    ("list",),
    ("show", "test_known"),
    ("show", "test_known", "2.1"),
    ("diff", "2.1"),
    ("diff", "2.0", "2.1"),
    ("diff", "2.1", "--from", "elsewhere/candidates"),
    ("history",),
    ("report",),
    ("report", "2.1", "--to", "made.html"),
    ("review", "2.1", "--reason", "fuzz"),
    ("mutate", "2.1"),
    ("cache", "why", "2.1"),
    ("approve", "2.1", "--reason", "fuzz"),
    ("approve", "2.0", "--force", "--reason", "fuzz"),
    ("baselines", "rename", "tests/test_triage.py::test_known", "tests/test_triage.py::test_renamed"),
    ("baselines", "prune"),
    ("merge", "elsewhere"),
)
RUNS: Final = (("2.1", 1), ("2.0", 0))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure, and the way to repeat it."""

    round: int
    what: str
    file: str
    damage: str
    command: str
    output: str


def make_project(folder: Path) -> None:
    """Approve 1.9 and then 2.0, run 2.1, and warm the cache."""
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "tests" / "test_triage.py").write_text(TEST % CASES)
    for version in ("1.9", "2.0"):
        done = run_pytest(folder, version, "--modelcheck-update", "--modelcheck-reason=fuzz")
        if done[0] != 0:
            raise RuntimeError(done[1])
    for version in ("1.9", "2.0"):
        done = run_command(folder, ("approve", version, "--force", "--keep-history", "--reason", "fuzz"))
        if done[0] != 0:
            raise RuntimeError(done[1])
    for version in ("2.1", "2.0"):
        run_pytest(folder, version, "--modelcheck-report=report.json")
    shutil.copytree(folder / ".modelcheck_cache", folder / "elsewhere")
    for arguments in COMMANDS:  # one that is refused would find nothing
        work = shutil.copytree(folder, folder.with_name("tried"))
        done = run_command(work, arguments)
        if done[0] not in (0, 1):
            raise RuntimeError(f"{arguments}: {done[1]}")
        shutil.rmtree(work)


def run_pytest(folder: Path, version: str, *arguments: str) -> tuple[int, str]:
    """Run the tests in this process: the exit code, and the output."""
    out = io.StringIO()
    before = set(sys.modules)
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = pytest.main(["-q", "-p", "no:warnings", "-s", f"--model-version={version}", *arguments])
        except Exception as error:  # any exception is a finding
            return 70, f"Traceback: {type(error).__name__}: {error}"
    for name in set(sys.modules) - before:
        if name.startswith(("conftest", "test_triage", "tests")):
            del sys.modules[name]
    return int(code), out.getvalue()


def run_command(folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Run a command in this process: the exit code, and the output or the exception."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(modelcheck, list(arguments), prog_name="modelcheck")
    raised = done.exception
    if raised is not None and not isinstance(raised, SystemExit):
        return 70, f"{done.output}\nTraceback: {type(raised).__name__}: {raised}"
    return done.exit_code, done.output


def targets(folder: Path) -> list[Path]:
    """Every file that we wrote."""
    ours = [folder / name for name in ("baselines", ".modelcheck_cache", "elsewhere")]
    found = [path for place in ours for path in place.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.name not in (".gitignore", "CACHEDIR.TAG"))


def flip(content: bytearray, chance: random.Random) -> None:
    """Flip one to four bits."""
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut(content: bytearray, chance: random.Random) -> None:
    """Cut the end off."""
    del content[chance.randrange(len(content)) :]


def blank(content: bytearray, chance: random.Random) -> None:
    """Fill a stretch with zeros, as after a power cut."""
    start = chance.randrange(len(content))
    for place in range(start, min(len(content), start + chance.randint(1, 4096))):
        content[place] = 0


def insert(content: bytearray, chance: random.Random) -> None:
    """Put random bytes somewhere."""
    place = chance.randrange(len(content) + 1)
    content[place:place] = chance.randbytes(chance.randint(1, 40))


def drop(content: bytearray, chance: random.Random) -> None:
    """Take a stretch out."""
    start = chance.randrange(len(content))
    del content[start : start + chance.randint(1, 300)]


def repeat(content: bytearray, chance: random.Random) -> None:
    """Write a stretch twice."""
    start = chance.randrange(len(content))
    part = content[start : start + chance.randint(1, 300)]
    content[start:start] = part


def lose_lines(content: bytearray, chance: random.Random) -> None:
    """Keep only the first lines."""
    lines = bytes(content).splitlines(keepends=True)
    content[:] = b"".join(lines[: chance.randint(0, len(lines))])


def empty(content: bytearray, _chance: random.Random) -> None:
    """Leave nothing."""
    content.clear()


NOTHING: Final = "none"

DAMAGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    flip,
    flip,
    flip,
    cut,
    blank,
    insert,
    drop,
    repeat,
    lose_lines,
    empty,
)


def damage(path: Path, chance: random.Random) -> str:
    """Damage a file in some way; return how."""
    before = path.read_bytes()
    content = bytearray(before)
    how = chance.choice(DAMAGES)
    if content:
        how(content, chance)
    path.write_bytes(content)
    return NOTHING if content.rstrip(b"\n") == before.rstrip(b"\n") else how.__name__


def is_broken(code: int, output: str, allowed: Sequence[int]) -> str | None:
    """The fault of a result, or ``None``."""
    if "INTERNALERROR" in output or "Traceback" in output:
        return "traceback"
    return None if code in allowed else f"exit code {code}"


def rounds(folder: Path, count: int, seed: int) -> Iterator[tuple[str, Trouble | None]]:
    """Damage and run, ``count`` times: the kind of file, and the failure."""
    pristine = folder / "pristine"
    make_project(pristine)
    kinds = {path.relative_to(pristine).as_posix() for path in targets(pristine)}
    names = sorted(kinds)
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(pristine, work)
        # Every kind of file alike, however many there are of it.
        kind = chance.choice(sorted({kind_of(name) for name in names}))
        name = chance.choice([each for each in names if kind_of(each) == kind])
        how = damage(work / name, chance)
        yield kind, _one(number, work, name, how, chance)


def kind_of(name: str) -> str:
    """Name the kind of file: ``"baseline"``, ``"history"``, ``"approved.yaml"``, ``"results"``, ..."""
    path = Path(name)
    if name.startswith("baselines"):
        return path.name if path.name == "approved.yaml" else "history" if "history" in name else "baseline"
    place = "merged " if name.startswith("elsewhere") else ""
    return place + ("cache" if "predictions" in name else f"results {path.suffix}")


def _held(name: str) -> bool:
    """Return whether ``approve 2.1`` reads a file."""
    return name.startswith(".modelcheck_cache/candidates/triage/2.1/") and name.endswith(".jsonl")


def _one(number: int, work: Path, name: str, how: str, chance: random.Random) -> Trouble | None:
    if chance.random() < 0.5:
        version, expected = chance.choice(RUNS)
        arguments = ("--modelcheck-report=made.json",)
        code, output = run_pytest(work, version, *arguments)
        wrong = is_broken(code, output, (0, 1, 4))
        if wrong is None and version == "2.1" and code == 0:
            wrong = "a worse version passes"
        if wrong is None and kind_of(name) == "baseline" and code == 0 and how != NOTHING:
            wrong = "an altered baseline passes"
        if wrong is None and "predictions" in name and code != expected:
            wrong = f"a damaged cache changes the exit code to {code}"
        if wrong is None and "predictions" in name:
            code, output = run_pytest(work, version)
            wrong = None if code == expected else f"the run after ends with {code}"
        command = f"pytest --model-version={version}"
    else:
        arguments = chance.choice(COMMANDS)
        code, output = run_command(work, arguments)
        wrong = is_broken(code, output, (0, 1, 2))
        if (
            wrong is None
            and arguments[:2] == ("approve", "2.1")
            and code == 0
            and _held(name)
            and how != NOTHING
        ):
            wrong = "an altered result is approved"
        command = "modelcheck " + " ".join(arguments)
    return None if wrong is None else Trouble(number, wrong, name, how, command, output[-1500:])


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--damages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTEST_PLUGINS"] = "pytest_modelcheck.plugin"
    sys.dont_write_bytecode = True
    counted: Counter[str] = Counter()
    troubles: list[Trouble] = []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        for kind, trouble in rounds(Path(temporary), chosen.damages, chosen.seed):
            counted[kind] += 1
            if sum(counted.values()) % 500 == 0:
                print(f"{sum(counted.values()):,} damages so far, {len(troubles)} troubles", flush=True)
            if trouble is not None:
                troubles.append(trouble)
                print(f"#{trouble.round} {trouble.what}: {trouble.file}, {trouble.damage}; {trouble.command}")
                print(trouble.output)
    for kind, count in sorted(counted.items()):
        print(f"{kind:20} {count:7,}")
    seconds = time.perf_counter() - started
    print(f"{chosen.damages:,} damages, {len(troubles)} troubles, {seconds:,.0f} s, seed {chosen.seed}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
