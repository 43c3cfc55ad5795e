"""Random suites, judged by the plugin and by a loop: ``python benchmarks/differential.py --suites 2000``.

Each suite is one generated file with one or two tests, their models, and a naive ``for`` loop over the same
cases (``suites.py`` writes it). The loop says how each trial must come out and which calls are needed. The
plugin runs the same files with an empty cache, with a full one, with one that knows half of the cases, in
reverse order, on two workers of pytest-xdist, and after the first run was approved. A difference is any trial
that comes out otherwise, a case with other answers than in the first run or than approved, a call that was
answered twice, a cached answer that was requested again, a call that the loop did not make for a model that
is only called in place, and more than one window of calls in vain for the others.

The exit code is 1 where there is a difference; its suite is left in ``--keep``, to be run alone:
``python test_suite_17.py`` prints the results of the loop, ``pytest test_suite_17.py`` those of the plugin.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import suites

HERE = Path(__file__).resolve().parent
WINDOW = 256
"""Calls that may be made in vain for each call of a body: bodies are foreseen a window at a time."""

RUNS = ("cold", "warm", "half", "partly", "reversed", "xdist", "approved")
OPTIONS = [
    "-q",
    *("-p", "modelcheck", "-p", "no:cacheprovider"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),
    *("--tb=no", "--model-version=1", "--modelcheck-no-shrink", "-W", "ignore"),
]
CONFTEST = """
import os

def pytest_collection_modifyitems(items):
    if os.environ.get("REVERSED"):
        items.reverse()
"""


@dataclass
class Needed:
    """The results of the naive loop for one suite."""

    outcomes: dict[str, list[str]]
    answered: list[str]
    in_place: list[str]
    """Models that are never called ahead."""
    unstored: list[str]
    """Models whose answers may not be cached."""
    unclaimed: list[str]
    """Models that two processes may call with the same input, each for a test of its own."""
    calls: int
    """The most calls of one body."""
    calls_again: bool
    """True if a limit may be missed: some calls are then made again, to see whether the model varies."""
    cancels: bool
    """True if bodies may cancel calls: it is chance whether an answer comes before that, and is recorded."""
    repeats: int
    """The number of runs of each trial, and of each of its calls."""


@dataclass
class Compared:
    """The results of a number of suites."""

    suites: int = 0
    trials: int = 0
    needed: int = 0
    made: int = 0
    vain: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.suites:,} suites, {self.trials:,} trials in each of {len(RUNS) - 1} runs; calls with an "
            f"empty cache: {self.needed:,} needed, {self.made:,} made, {self.vain:,} of them in vain; "
            f"{len(self.differences):,} differences"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--suites", type=int, default=200, help="how many suites (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first (default: 0)")
    parser.add_argument("--group", type=int, default=50, help="how many are run in one process (default: 50)")
    parser.add_argument("--without", default="", help="features to leave out, with commas between them")
    parser.add_argument("--runs", default=",".join(RUNS), help=f"of {', '.join(RUNS)} (default: all)")
    parser.add_argument(
        "--gather", action="store_true", help="with gather=True; without state, locks and fixtures"
    )
    parser.add_argument("--seconds", type=float, default=120, help="limit of a run (default: 120)")
    parser.add_argument("--keep", type=Path, help="where suites that differ are left")
    options = parser.parse_args()
    whole, began = Compared(), time.monotonic()
    without, runs = set(filter(None, options.without.split(","))), options.runs.split(",")
    without |= {"state", "locks", "fixtures"} if options.gather else set()
    how: dict[str, Any] = {"without": without, "runs": runs, "gather": options.gather}
    for first in range(options.seed, options.seed + options.suites, options.group):
        seeds = range(first, min(first + options.group, options.seed + options.suites))
        found = compare(seeds, **how, keep=options.keep, seconds=options.seconds)
        for name in ("suites", "trials", "needed", "made", "vain", "differences"):
            setattr(whole, name, getattr(whole, name) + getattr(found, name))
        for difference in found.differences:
            print(difference, flush=True)
    print(f"{whole}; {time.monotonic() - began:.0f} s")
    return bool(whole.differences)


def compare(
    seeds: range,
    *,
    without: set[str] = frozenset(),
    runs: Any = RUNS,
    gather: bool = False,
    keep: Path | None = None,
    seconds: float = 120,
) -> Compared:
    """Generate suites, run them in every way, and compare their results with the loop."""
    with tempfile.TemporaryDirectory(prefix="differential-") as made:
        folder = Path(made)
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        ini = "[pytest]\nmodel_version =\n"
        for seed in seeds:
            text = suites.source(seed, without, gather=gather)
            (folder / f"test_suite_{seed}.py").write_text(text, encoding="utf-8")
            # A judge has a version of its own.
            ini += "".join(f"    {judge}=1\n" for judge in re.findall(r'@judge_fixture\(name="(.+?)"', text))
        (folder / "pytest.ini").write_text(ini, encoding="utf-8")
        needed = naive(folder, seeds, seconds)
        found = Compared(
            len(seeds), trials=sum(len(each) for one in needed.values() for each in one.outcomes.values())
        )
        cold: Run | None = None
        for run in runs:
            result = Run(folder, run, seconds)
            cold = result if cold is None else cold
            if result.trouble:
                found.differences.append(f"suites {seeds.start} to {seeds.stop - 1}, {run}: {result.trouble}")
            if run == "half" or result.trouble:
                continue
            for seed in seeds:
                hold(found, seed, needed[seed], result, cold)
        if keep is not None and found.differences:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
    return found


def naive(folder: Path, seeds: range, seconds: float) -> dict[int, Needed]:
    """The results of the loops of the files, each in a process of its own."""

    def one(seed: int) -> tuple[int, Needed]:
        command = [sys.executable, f"test_suite_{seed}.py", "--json"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
        )
        if done.returncode:
            sys.exit(f"suite {seed} does not run:\n{done.stdout}{done.stderr}")
        return seed, Needed(**json.loads(done.stdout.splitlines()[-1]))

    command = [sys.executable, HERE / "suites.py", folder, *map(str, seeds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    if done.returncode:
        # One of them ends the process: run each alone to find it.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(pool.map(one, seeds))
    return {
        int(seed): Needed(**results) for seed, results in json.loads(done.stdout.splitlines()[-1]).items()
    }


class Run:
    """One run of pytest over all files of the folder."""

    def __init__(self, folder: Path, name: str, seconds: float) -> None:
        self.name = name
        place = folder / "runs" / name
        place.mkdir(parents=True)
        cache = {"warm": "cold", "partly": "half", "approved": "cold"}.get(name, name)
        options = [*OPTIONS, f"-omodelcheck_cache_dir={folder / 'runs' / cache / 'cache'}"]
        options.append(f"--modelcheck-report={place / 'report.json'}")
        if name == "half":
            options += [f"--modelcheck-case=c{number}" for number in range(0, 2_000, 2)][:12]
        if name == "approved":
            self._approve(folder, folder / "runs" / cache / "cache" / "candidates")
        if name == "xdist":
            options += ["-p", "xdist", "-n2"]
        environment = {**os.environ, "CALLS": str(place / "calls"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "REVERSED": "1" if name == "reversed" else ""}
        environment.pop("CI", None)
        self.outcomes: dict[str, dict[str, list[str]]] = {}
        self.troubles: dict[str, str] = {}
        self.trouble = self._run([sys.executable, "-m", "pytest", *options], folder, environment, seconds)
        calls = place / "calls"
        self.answered = Counter(calls.read_text(encoding="utf-8").splitlines() if calls.exists() else ())
        self.results: dict[str, set[str]] = {}
        """For each file, the results of its cases as they are saved to be approved."""
        for path in (folder / "runs" / cache / "cache" / "candidates").rglob("*.jsonl"):
            # Messages name addresses and temporary folders.
            text = re.sub(r'"message":"([^"\\]|\\.)*"', '"message":""', path.read_text(encoding="utf-8"))
            head, *cases, _ = text.splitlines()
            file, _, test = json.loads(head)["test"].partition("::")
            self.results.setdefault(file, set()).update(f"{test} {case}" for case in cases)
        self.changed: Counter[str] = Counter()
        """For each file, the number of cases that differ from what is approved."""
        if not self.trouble:
            report = json.loads((place / "report.json").read_bytes())
            self.troubles = {each["test"].partition("::")[0]: each["message"] for each in report["troubles"]}
            for check in report["checks"]:
                file, _, test = check["verdict"]["check"].partition("::")
                self.changed[file] += sum("change" in case for case in check["cases"])
                self.outcomes.setdefault(file, {}).update(
                    {
                        f"{test} {case['id']}": [each["outcome"] for each in case["trials"]]
                        for case in check["cases"]
                    }
                )

    def _approve(self, folder: Path, candidates: Path) -> None:
        command = "from pytest_modelcheck.cli import main; main()"
        options = ["approve", "1", "--force", "--reason=as it is", f"--from={candidates}"]
        subprocess.run([sys.executable, "-c", command, *options], cwd=folder, check=True, capture_output=True)

    def _run(self, command: list[str], folder: Path, environment: dict[str, str], seconds: float) -> str:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as late:
            lines = (late.stdout or b"").decode(errors="replace").splitlines()
            return f"hangs after {lines[-1:]}"
        if done.returncode not in (0, 1):
            return f"pytest ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return ""


def hold(found: Compared, seed: int, needed: Needed, run: Run, cold: Run) -> None:
    """Compare one suite of one run with the needed results, and with those of the first, ``cold`` run."""
    file = f"test_suite_{seed}.py"

    def differs(what: str) -> None:
        found.differences.append(f"suite {seed}, {run.name}: {what}")

    outcomes = run.outcomes.get(file)
    if outcomes is None:
        differs(f"no verdict: {run.troubles.get(file)}")
    elif outcomes != needed.outcomes:
        cases = {
            case for case in {*outcomes, *needed.outcomes} if outcomes.get(case) != needed.outcomes.get(case)
        }
        first = min(cases, key=lambda case: (len(case), case))
        expected, actual = needed.outcomes.get(first), outcomes.get(first)
        differs(f"{len(cases)} cases differ; {first} must be {expected}, is {actual}")
    elif not needed.cancels and run.name != "approved":
        if other := run.results.get(file, set()) ^ cold.results.get(file, set()):
            differs(f"other results than in the first run: {sorted(other)[:2]}")
    elif not needed.cancels and run.changed[file]:
        differs(f"{run.changed[file]} cases differ from what is approved")
    mine = Counter({call: count for call, count in run.answered.items() if call.startswith(f"{seed} ")})
    kept = {call: count for call, count in mine.items() if call.split(" ")[1] not in needed.unstored}
    # If bodies are run again, each of several equal calls of a body gets an answer of its own.
    most = 1 if needed.repeats == 1 else needed.repeats * needed.calls
    several = needed.unclaimed if run.name == "xdist" else ()
    twice = [call for call, count in kept.items() if count > most and call.split(" ")[1] not in several]
    if twice and not needed.calls_again:
        differs(f"answered {kept[twice[0]]} times: {twice[0]}")
    wanted = set(needed.answered)
    # A body may be expected to make one of its calls again: such a call is in vain, with a full cache, too.
    again = [call for call in wanted & kept.keys() if most == 1 or cold.answered[call] + kept[call] > most]
    if run.name in ("warm", "approved") and again:
        differs(f"called again with a full cache: {min(again)}")
    vain = [call for call in mine if call not in wanted]
    wrong = [call for call in vain if call.split(" ")[1] in needed.in_place]
    if wrong:
        differs(f"unexpected call: {wrong[0]}")
    if len(vain) > WINDOW * max(1, needed.calls):
        differs(f"{len(vain)} calls in vain")
    if run.name == "cold":
        found.needed += len(wanted)
        found.made += len(mine)
        found.vain += len(vain)


if __name__ == "__main__":
    sys.exit(main())
