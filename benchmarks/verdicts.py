"""Do whole verdicts keep their promises? The protocol of docs/statistics.md, simulated with the project's own
code.

    python benchmarks/verdicts.py                  the tables, quickly: one or two minutes of one core
    python benchmarks/verdicts.py --full           the same with 1,500 checks a row: about half an hour
    python benchmarks/verdicts.py unchanged broken only rows with one of these words in their name

Each row simulates whole checks, from the runs that were approved to the verdict. Every check has an approval
of its own. A row ends in "ok" where it keeps what is promised of it (three standard errors of the simulation
aside), in "BROKEN" where it does not, and in nothing where it only describes. The exit code is 1 where a
promise is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.protocol import FreshSets, Look, Probes, Rules, look_at_drop
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Chances = NDArray[np.float64]

DESIGNS = ((3, 1), (5, 5), (1, 1))
"""Approved runs, and runs now."""


@dataclass(frozen=True)
class Row:
    """One situation.

    Attributes:
        name: What it is.
        versions: Draws the chance of every case to pass, under the approved version and now.
        fails: The highest share of checks that may fail in each design; ``None`` where nothing is promised.
        passes: The highest share that may pass.
        look: How the limit looks at the evidence.
        repeats: How many answers were seen to repeat at approval: whether one approved run may be exact.
        units: How many cases share an answer.
    """

    name: str
    versions: Callable[[np.random.Generator], tuple[Chances, Chances]]
    fails: tuple[float | None, float | None, float | None] = (None, None, None)
    passes: float | None = None
    look: Callable[[Evidence], Look] = lambda evidence: look_at_drop(evidence, 0, Rules())
    units: int = 1


@dataclass
class Counted:
    """What came of the checks of one row and design."""

    checks: int = 0
    calls: float = 0.0
    statuses: Counter[Status] = field(default_factory=Counter)

    def share(self, status: Status) -> float:
        return self.statuses[status] / self.checks


class Model:
    """A simulated model: every case passes with a chance of its own; cases of a unit share the draw."""

    def __init__(self, chances: Chances, units: int, rng: np.random.Generator) -> None:
        self.chances, self.units, self.rng = chances, units, rng
        self.calls = 0

    def runs(self, number: int) -> list[tuple[float, ...]]:
        """Run every case so many times."""
        places = len(self.chances) // self.units
        self.calls += places * number
        draws = np.repeat(self.rng.random((places, number)), self.units, axis=0)
        return [tuple(row) for row in (draws < self.chances[:, None]).astype(float).tolist()]

    def passes(self, case: int) -> bool:
        """Run one case once."""
        self.calls += 1
        return bool(self.rng.random() < self.chances[case])


def check(row: Row, approved_runs: int, repeats: int, rng: np.random.Generator) -> tuple[Status, float]:
    """Simulate one check, and return its verdict and its calls as a multiple of one set."""
    then, now = row.versions(rng)
    approved, model = Model(then, row.units, rng), Model(now, row.units, rng)
    unit = (lambda index: index // row.units) if row.units > 1 else (lambda _: None)
    cases = [
        CaseRuns(then_runs, (now_runs,), unit=unit(index))
        for index, (then_runs, now_runs) in enumerate(
            zip(approved.runs(approved_runs), model.runs(repeats), strict=True)
        )
    ]
    while True:
        look = row.look(Evidence(cases, repeated=True))
        if look.needs is None:
            return look.status, model.calls / (len(now) // row.units * repeats)
        if isinstance(look.needs, FreshSets):
            for _ in range(look.needs.sets):
                fresh = model.runs(repeats)
                cases = [
                    replace(case, sets=(*case.sets, runs)) for case, runs in zip(cases, fresh, strict=True)
                ]
        else:
            cases = probed(cases, look.needs, model)


def probed(cases: list[CaseRuns], needs: Probes, model: Model) -> list[CaseRuns]:
    """Run some cases again, one by one, each until it passes."""
    found = list(cases)
    for index in needs.cases:
        case = found[index]
        while case.probes < needs.upto and not case.recovered:
            case = replace(case, probes=case.probes + 1, recovered=model.passes(index))
        found[index] = case
    return found


# -- situations ------------------------------------------------------------------------------------


def unequal(cases: int) -> Callable[[np.random.Generator], tuple[Chances, Chances]]:
    """An unchanged version whose cases are anything from hopeless to certain; 75% on average."""

    def versions(rng: np.random.Generator) -> tuple[Chances, Chances]:
        chances = rng.beta(0.9, 0.3, cases)
        return chances, chances

    return versions


def fixed(then: list[float], now: list[float] | None = None) -> Callable[..., tuple[Chances, Chances]]:
    """Two versions with these chances."""
    before = np.array(then)
    after = before if now is None else np.array(now)
    return lambda _: (before, after)


UNCHANGED = (0.01, 0.01, 0.01)
AS_GOOD = (0.05, 0.05, None)
ALWAYS = 1.0

ROWS = [
    Row("unchanged, 100 unequal cases", unequal(100), UNCHANGED),
    Row("unchanged, 20 unequal cases", unequal(20), UNCHANGED),
    Row("unchanged, two coins among 100", fixed([0.5] * 2 + [1.0] * 98), UNCHANGED),
    Row("unchanged, 10% of cases at 0.7", fixed([0.7] * 10 + [1.0] * 90), UNCHANGED),
    Row("unchanged, one input right 25% of the time", fixed([0.25] + [1.0] * 99), (0.01, 0.01, None)),
    Row("as good: all at 0.9, then 90 always right", fixed([0.9] * 100, [1.0] * 90 + [0.0] * 10), AS_GOOD),
    Row(
        "as good: 10 at 0.9, then 9 right, 1 wrong for good",
        fixed([0.9] * 10 + [1.0] * 90, [1.0] * 9 + [0.0] + [1.0] * 90),
        AS_GOOD,
    ),
    Row(
        "as good: 10 wrong + 1 right, then 11 at 1/11",
        fixed([0.0] * 10 + [1.0] * 90, [1 / 11] * 11 + [1.0] * 89),
        AS_GOOD,
    ),
    Row(
        "as good: 2 wrong + 1 right, then 3 coins of that mean",
        fixed([0.0] * 2 + [1.0] * 98, [1 / 3] * 3 + [1.0] * 97),
        AS_GOOD,
    ),
    Row(
        "one harmless coin, 1 case broken for good",
        fixed([0.5] + [1.0] * 99, [0.5, 0.0] + [1.0] * 98),
        passes=0.0,
    ),
    Row(
        "one harmless coin, 2 cases broken for good",
        fixed([0.5] + [1.0] * 99, [0.5, 0.0, 0.0] + [1.0] * 97),
        passes=0.0,
    ),
    Row("steady, 1 case broken", fixed([1.0] * 100, [0.0] + [1.0] * 99), passes=0.0),
    Row("6 of 100 cases fall from 0.95 to 0.2", fixed([0.95] * 100, [0.2] * 6 + [0.95] * 94)),
]


def measured(row: Row, approved_runs: int, repeats: int, checks: int, seed: int) -> Counted:
    """Simulate so many checks."""
    rng = np.random.default_rng(seed)
    found = Counted()
    for _ in range(checks):
        status, calls = check(row, approved_runs, repeats, rng)
        found.statuses[status] += 1
        found.calls += calls
        found.checks += 1
    return found


def kept(share: float, limit: float | None, checks: int) -> bool:
    """Whether a share is at most its limit, three standard errors of the simulation aside."""
    return limit is None or share <= limit + 3 * (limit * (1 - limit) / checks) ** 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only rows with one of these in their name")
    parser.add_argument("--full", action="store_true", help="1,500 checks a row")
    parser.add_argument("--checks", type=int, help="so many checks a row")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checks = options.checks or (1_500 if options.full else 100)
    began, broken = time.perf_counter(), 0
    print(f"failed / inconclusive, calls per run of one set; {checks} checks a row")
    print(f"{'':56}" + "".join(f"{f'approved {then}, now {now}':>26}" for then, now in DESIGNS))
    for row in ROWS:
        if options.words and not any(word in row.name for word in options.words):
            continue
        cells, verdict = [], ""
        for (then, now), limit in zip(DESIGNS, row.fails, strict=True):
            found = measured(row, then, now, checks, options.seed)
            failed, passed = found.share(Status.FAILED), found.share(Status.PASSED)
            doubt = found.share(Status.INCONCLUSIVE)
            cells.append(f"{failed:.1%} / {doubt:.1%} x{found.calls / checks:.2f}")
            good = kept(failed, limit, checks) and kept(passed, row.passes, checks)
            promised = limit is not None or row.passes is not None
            if promised and verdict != "BROKEN":
                verdict = "ok" if good else "BROKEN"
        broken += verdict == "BROKEN"
        print(f"{row.name:56}" + "".join(f"{cell:>26}" for cell in cells), verdict, flush=True)
    print(f"{time.perf_counter() - began:.0f} seconds; {broken} promises broken")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
