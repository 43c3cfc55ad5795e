"""Whole runs of pytest, as a user sees them: a version is approved, another one runs, verdicts are counted.

    python benchmarks/verdict_runs.py                every scene, 200 checks each: half an hour of one core
    python benchmarks/verdict_runs.py --checks 1000  with so many checks a scene
    python benchmarks/verdict_runs.py coin slice     only scenes with one of these words in their name

Each scene is a project of one parametrised test, whose copies have chances of their own: one run of pytest
approves version 1 of its model, another one judges version 2. A scene ends in "ok" if it keeps its
promise (three standard errors aside), else in "BROKEN". The exit code is 1 where a promise is broken.
``verdicts.py`` simulates the rules by themselves, a hundred times faster.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from promises import kept

if TYPE_CHECKING:
    from collections.abc import Callable

CONFTEST = """
import random
from collections import Counter
from pytest_modelcheck import model_fixture

RUNNING = []

def unequal(copy, case):
    return random.Random(f"{{copy}}/{{case}}").betavariate(0.9, 0.3)

@model_fixture({declared})
def model(model_version):
    now, calls = model_version == "2", Counter()
    RUNNING.append(model_version)

    def ask(text):
        case, copy = (int(part.strip("qQ!")) for part in text.lower().split(" of "))
        calls[text] += 1
        call = calls[text]
        draw = random.Random(f"{{model_version}}/{{text}}/{{call}}")
        return {answer}

    return ask

@model_fixture
def judge():
    calls = Counter()

    def grade(text):
        calls[text] += 1
        return random.Random(f"{{RUNNING[-1]}}/{{text}}/{{calls[text]}}").random() < 0.95

    return grade
"""

TEST = """
import pytest
from pytest_modelcheck import perturb

CASES = [{{"id": f"c{{n}}", "input": f"q{{n:03}}", {fields}}} for n in range({cases})]

@pytest.mark.parametrize("copy", range({copies}))
@pytest.mark.{kind}(CASES, {options})
def test_it({fixtures}, copy, case):
    def ask(text):
        return model(f"{{text}} of {{copy}}")

{body}
"""

RIGHT = "assert ask(case.input)"


@dataclass(frozen=True)
class Scene:
    """A situation and its promise.

    Attributes:
        name: Its name.
        answer: The model's answer, an expression of ``case`` and ``copy`` (numbers), ``now`` (version 2),
            ``draw`` (a source of chance), ``text`` and ``call`` (the number of calls with this input).
        options: Of the marker.
        approved: The number of runs on which version 1 is approved; 0 for not at all.
        fails: The highest share that may fail.
        warns: The highest share that may be inconclusive.
        passes: The highest share that may pass.
        calls: The most calls, as a multiple of one set.
        says: A text that must stand in every verdict.
    """

    name: str
    answer: str
    options: str = "max_drop=0"
    body: str = RIGHT
    approved: int = 3
    cases: int = 100
    repeats: int = 1
    fails: float = 1.0
    warns: float = 1.0
    passes: float = 1.0
    calls: float | None = None
    says: str = ""
    kind: str = "golden"
    fields: str = ""
    declared: str = ""
    fixtures: str = "model"

    def write(self, folder: Path, copies: int) -> None:
        """Write the project."""
        repeats = f", repeats={self.repeats}" if self.repeats > 1 else ""
        (folder / "pytest.ini").write_text(
            f"[pytest]\nmodelcheck_cache = off\nmodelcheck_approval_runs = {self.approved or 1}\n"
        )
        (folder / "conftest.py").write_text(CONFTEST.format(answer=self.answer, declared=self.declared))
        values = {"cases": self.cases, "copies": copies, "kind": self.kind, "options": self.options + repeats}
        values |= {"fields": self.fields, "fixtures": self.fixtures, "body": indent(self.body, "    ")}
        (folder / "test_it.py").write_text(TEST.format(**values))

    def arguments(self, folder: Path) -> list[list[str]]:
        """The arguments of each run of pytest."""
        quiet = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder)]
        report = f"--modelcheck-report={folder / 'report.json'}"
        approve = ["--model-version=1", "--modelcheck-update", "--modelcheck-reason=the first"]
        return [*([[*quiet, *approve]] if self.approved else []), [*quiet, "--model-version=2", report]]


STEADY = "(case + copy) % 4 if not now else draw.randrange(4)"
LOST = "case >= 17 if now else not 17 <= case < 34"
SPANISH = """"metadata": {
    "language": "es" if n < 11 or n % 5 == 0 else "en", "topic": "refund" if n < 11 or n % 3 else "login"
}"""
SPANISH_REFUND = "case < 11 or case % 5 == 0 and case % 3 > 0"
SPANISH_PAIRS = SPANISH.replace("}", ', "group": n % 50}')
GROUPS = '"metadata": {"group": n // 4}'
UNCHANGED = "draw.random() < unequal(copy, case)"
WORDED = "(case >= {broken} or not now, draw.random())"
APPROVED = "assert ask(case.input) == case.approved"
LEVELS = "under=perturb.levels(perturb.append('!'), perturb.append('!!'), perturb.append('!!!'))"
SAME = "assert ask(case.perturbed) == ask(case.input)"

# Of models that answer at random, the sets of a check contradict each other in 1% of checks, by chance.
SCENES = [
    Scene(
        "max_changed=0.02: steady, then at random",
        STEADY,
        "max_changed=0.02",
        "ask(case.input)",
        passes=0,
        warns=0.01,
    ),
    Scene(
        "case.approved: steady, then at random", STEADY, "max_changed=0.02", APPROVED, passes=0, warns=0.01
    ),
    Scene(
        "require_proof: steady, then at random",
        STEADY,
        "max_changed=0.02, tolerance=0.05, require_proof=True",
        APPROVED,
        passes=0,
        warns=0.01,
    ),
    Scene(
        "max_regressed=2: always right, then 90%",
        "not now or draw.random() < 0.9",
        "max_regressed=2",
        passes=0.01,
        warns=0.05,
    ),
    Scene(
        "noisy judge, nothing changed",
        "case",
        "max_drop=0, model='model'",
        body="assert judge(f'{ask(case.input)} of {copy}')",
        fixtures="model, judge",
        fails=0.01,
        warns=0.05,
    ),
    *(
        Scene(
            f"wording varies, {broken} of {cases} broken for good",
            WORDED.format(broken=broken),
            body="assert ask(case.input)[0]",
            cases=cases,
            passes=0,
            warns=0,
        )
        for broken, cases in ((4, 9), (4, 40), (4, 200))
    ),
    Scene(
        "a slice is lost, as many fixed elsewhere",
        LOST,
        fields=SPANISH,
        passes=0,
        warns=0,
        says="with language=es & topic=refund broke",
    ),
    Scene(
        "groups: a slice is lost, as many fixed elsewhere",
        LOST,
        "max_drop=0, cluster='group'",
        fields=SPANISH_PAIRS,
        passes=0,
        warns=0,
        says=" broke; elsewhere ",
    ),
    Scene(
        "groups: slices of unequal cases, unchanged",
        UNCHANGED,
        "max_drop=0, cluster='group'",
        fields=SPANISH_PAIRS,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "scores: a slice falls, all others rise",
        f"draw.betavariate(8, 2) if ({SPANISH_REFUND}) != now else draw.betavariate(7, 3)",
        body="score(ask(case.input))",
        fixtures="model, score",
        fields=SPANISH,
        repeats=3,
        passes=0.5,
    ),
    Scene(
        "scores: noisy slices, unchanged",
        "draw.betavariate(0.9, 0.3)",
        body="score(ask(case.input))",
        fixtures="model, score",
        fields=SPANISH,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "unchanged, two coins among 100", "case > 1 or draw.random() < 0.5", fails=0.01, warns=0.05, calls=1.2
    ),
    Scene(
        "20 prompts of 10 cases, at their limit",
        "draw.random() < 0.9",
        "at_least=0.9",
        "assert model(f'{int(case.input[1:]) // 10} of {copy}')",
        approved=0,
        cases=200,
        fails=0.01,
    ),
    Scene(
        "as good but steadier, approved 1, now 5",
        "case >= 10 if now else draw.random() < 0.9",
        approved=1,
        repeats=5,
        fails=0.05,
    ),
    Scene(
        "as good but steadier, approved 1, now 1",
        "case >= 10 if now else draw.random() < 0.9",
        approved=1,
        fails=0.05,
    ),
    Scene(
        "as good but steadier, approved 3, now 1", "case >= 10 if now else draw.random() < 0.9", fails=0.05
    ),
    Scene(
        "one harmless coin, one case broken",
        "draw.random() < 0.5 if case == 0 else not (now and case == 1)",
        passes=0,
    ),
    Scene(
        "2 wrong + 1 right, then 3 coins",
        "draw.random() < 1 / 3 if now and case < 3 else case > 1",
        fails=0.05,
    ),
    Scene(
        "invariant, noisier than approved",
        "draw.random() < (0.85 if now else 0.95)",
        "under=perturb.append('!'), at_least=0.5, max_drop=0",
        SAME,
        kind="invariance",
        fails=0.05,
    ),
    Scene(
        "no longer invariant in 20 of 100 cases",
        "(draw.random() < 0.95) != (now and '!' in text and case < 20)",
        "under=perturb.append('!'), at_least=0.5, max_drop=0",
        SAME,
        kind="invariance",
        passes=0.05,
    ),
    Scene(
        "a client that caches, at its limit",
        "random.Random(text).random() < 0.9",
        "at_least=0.9",
        approved=0,
        cases=60,
        repeats=5,
        declared="deterministic=False",
        fails=0.01,
        says="no answer ever differs",
    ),
    Scene(
        "outage in the first run",
        "draw.random() < (0.6 if now and call == 1 else 0.95)",
        fails=0.01,
        passes=0,
        says="the model was not the same during this run",
    ),
    Scene("unchanged, unequal cases, 3 and 1", UNCHANGED, fails=0.01, warns=0.05, calls=1.25),
    Scene(
        "unchanged, unequal cases, 5 and 5",
        UNCHANGED,
        approved=5,
        repeats=5,
        fails=0.01,
        warns=0.05,
        calls=1.25,
    ),
    Scene(
        "invariance: one coin among 100, unchanged",
        "case > 0 or draw.random() < 0.5",
        "under=perturb.append('!')",
        SAME,
        kind="invariance",
        approved=0,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "groups: two coins among 100, unchanged",
        "case > 1 or draw.random() < 0.5",
        "max_drop=0, cluster='group'",
        fields=GROUPS,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "groups: one harmless coin, two cases broken",
        "draw.random() < 0.5 if case == 0 else not (now and case in (1, 2))",
        "max_drop=0, cluster='group'",
        fields=GROUPS,
        passes=0,
    ),
    Scene(
        "groups: steady, one case broken",
        "case or not now",
        "max_drop=0, cluster='group'",
        fields=GROUPS,
        passes=0,
        warns=0,
    ),
    Scene(
        "a sample at its limit",
        "draw.random() < 0.9",
        "at_least=0.9, population='sample'",
        approved=0,
        cases=50,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "mean change, at its limit",
        "draw.gauss(0, 0.2)",
        "under=perturb.append('!'), at_least=0",
        "score(max(-1, min(1, ask(case.perturbed) - ask(case.input))))",
        kind="directional",
        fixtures="model, score",
        approved=0,
        cases=40,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "drift of 20 labels, unchanged",
        "draw.choice('aabc')",
        "",
        "case.record(ask(case.input))",
        kind="drift",
        approved=1,
        cases=20,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "a constant under directional >=",
        "5",
        "under=perturb.append('!'), at_least=0.9",
        "assert ask(case.perturbed) >= ask(case.input)",
        kind="directional",
        approved=0,
        passes=0,
        warns=0,
        says="moved in 0 of 100",
    ),
    Scene(
        "a constant under invariance",
        "5",
        "under=perturb.append('!')",
        SAME,
        kind="invariance",
        approved=0,
        fields='"expected": n % 4',
        passes=0,
        warns=0,
        says="one answer to all",
    ),
    Scene(
        "drift of numbers around 1e-10",
        "draw.gauss(3 * now, 1) * 1e-10",
        "tolerance=1e-10",
        "case.record(ask(case.input))",
        kind="drift",
        passes=0,
        warns=0,
    ),
    Scene(
        "no drift of numbers around 1e-10",
        "draw.gauss(0, 1) * 1e-10",
        "tolerance=1e-11",
        "case.record(ask(case.input))",
        kind="drift",
        fails=0.01,
    ),
    Scene(
        "levels: nothing rises, 3 cases, ties",
        "draw.randrange(3)",
        f"{LEVELS}, at_least=0.5",
        "score(float(ask(case.perturbed)))",
        kind="directional",
        fixtures="model, score",
        approved=0,
        cases=3,
        passes=0.1,
    ),
    Scene(
        "levels: two coins among 50, unchanged",
        "0 if case < 2 and '!!' in text and draw.random() < 0.3 else text.count('!')",
        f"{LEVELS}, max_drop=0",
        "score(float(ask(case.perturbed)))",
        kind="directional",
        fixtures="model, score",
        cases=50,
        fails=0.01,
        warns=0.05,
    ),
    Scene(
        "levels: one harmless coin, one case broken",
        "0 if '!!' in text and (now if case == 1 else case == 0 and draw.random() < 0.5) else len(text)",
        f"{LEVELS}, max_drop=0",
        "score(float(ask(case.perturbed)))",
        kind="directional",
        fixtures="model, score",
        cases=50,
        passes=0,
    ),
    Scene(
        "levels: three of 50 cases no longer rise",
        "text.count('!') * (-1 if now and case < 3 else 1)",
        f"{LEVELS}, max_drop=0",
        "score(float(ask(case.perturbed)))",
        kind="directional",
        fixtures="model, score",
        cases=50,
        passes=0,
        warns=0,
    ),
]


def verdicts(scene: Scene, folder: Path, copies: int, run: Callable[[list[str]], object]) -> list[dict]:
    """Run the scene in a folder, and return the verdict of each copy."""
    scene.write(folder, copies)
    for arguments in scene.arguments(folder):
        done = run(arguments)
    report = folder / "report.json"
    found = json.loads(report.read_bytes())["checks"] if report.exists() else ()
    if len(found) != copies:
        raise SystemExit(f"{scene.name}: {done}")
    return [check["verdict"] for check in found]


def run_apart(arguments: list[str]) -> str:
    """Run pytest in a process of its own, without other plugins: these take longer than the checks."""
    command = [sys.executable, "-m", "pytest", "-p", "pytest_modelcheck.plugin", *arguments]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Counts:
    """The counts of a scene."""

    checks: int
    statuses: Counter[str]
    calls: float
    silent: int

    def share(self, status: str) -> float:
        return self.statuses[status] / self.checks


def counts_of(scene: Scene, found: list[dict]) -> Counts:
    """Count the verdicts."""
    statuses = Counter(verdict["status"] for verdict in found)
    judged = sum(sum(verdict["trials"].values()) for verdict in found)
    silent = sum(scene.says not in json.dumps(verdict, ensure_ascii=False) for verdict in found)
    return Counts(len(found), statuses, judged / len(found) / scene.cases / scene.repeats, silent)


def keeps(scene: Scene, seen: Counts) -> bool:
    """Return whether a scene keeps its promises."""
    limits = {"failed": scene.fails, "inconclusive": scene.warns, "passed": scene.passes}
    shares = all(kept(seen.share(status), limit, seen.checks) for status, limit in limits.items())
    cheap = scene.calls is None or seen.checks < 100 or seen.calls <= 1.1 * scene.calls
    return shares and not seen.silent and cheap


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only scenes with one of these in their name")
    parser.add_argument("--checks", type=int, default=200, help="checks a scene")
    options = parser.parse_args()
    broken = 0
    print(f"{'':42} {'failed':>7} {'inconcl.':>8} {'passed':>7} {'calls':>6}")
    for scene in SCENES:
        if options.words and not any(word in scene.name for word in options.words):
            continue
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as name:
            found = verdicts(scene, Path(name), options.checks, run_apart)
        seen = counts_of(scene, found)
        good = keeps(scene, seen)
        broken += not good
        shares = "".join(f" {seen.share(status):>7.1%}" for status in ("failed", "inconclusive", "passed"))
        seconds = time.perf_counter() - began
        print(
            f"{scene.name:42}{shares} x{seen.calls:.2f}  {'ok' if good else 'BROKEN'} {seconds:.0f} s",
            flush=True,
        )
    print(f"{broken} broken" if broken else "every promise is kept")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
