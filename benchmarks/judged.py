"""Do checks that a judge decides keep their promises? From fresh questions and fresh labels to the verdict.

    python benchmarks/judged.py                 some minutes of one core: 100 checks a row
    python benchmarks/judged.py --checks 1000   as long as you like
    python benchmarks/judged.py below lost      only rows with one of these words in their name

Each row simulates whole checks, decided by the project's own code: new cases, an approved version, a judge
that errs, and labels that are drawn anew each time. It gives the share of checks that fail and that are
inconclusive; then those that would fail by the judge's word alone, and if people had labelled every answer.
A row ends in "ok" if it keeps its promise (three standard errors aside), and in "BROKEN" if
it does not; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
from promises import kept

from pytest_modelcheck.checks.decide import decide
from pytest_modelcheck.checks.judging import Judging
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.observed import Observed
from pytest_modelcheck.records import Comparison, Status, Tally
from pytest_modelcheck.session.judges import Corrector, Rating, UncorrectedError, WeakJudgeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Judge = tuple[float, float]
    """Sensitivity and specificity."""


@dataclass(frozen=True)
class JudgedRow:
    """A situation in which a judge decides.

    Attributes:
        name: Its name.
        judge: The judge's errors on answers of now.
        now: The true rate of now.
        then: That of the approved version; ``None`` where nothing is compared with.
        judge_then: The judge's errors on approved answers, and on those from elsewhere.
        cases: The number of cases.
        same: The share of cases in which both versions give the same answer.
        labels: The number of labelled answers of each version, then and now; drawn from the cases, and from
            answers of other runs where there are more.
        elsewhere: The number of labels of answers of neither version.
        yes: The share of these that say yes.
        at_least: The rate that is required.
        max_drop: The largest fall of the rate allowed.
        varies: Whether the model varies.
        fails: The share of checks that may fail; ``None`` where nothing is promised.
        finds: The share that must fail.
    """

    name: str
    judge: Judge
    now: float = 0.9
    then: float | None = None
    judge_then: Judge | None = None
    cases: int = 100
    same: float = 0.0
    labels: tuple[int, int] = (0, 0)
    elsewhere: int = 0
    yes: float = 0.5
    at_least: float | None = None
    max_drop: float = 0.0
    varies: bool = False
    fails: float | None = 0.01
    finds: float = 0.0

    def check(self, rng: np.random.Generator) -> tuple[Status, Status, Status]:
        """Simulate one check: its verdict, that by the judge's word, and that of people who label all."""
        old_judge = self.judge_then or self.judge
        after = self._answers(self.now, rng)
        before = after if self.then is None else self._answers(self.then, rng)
        shared = np.zeros(self.cases, dtype=bool)
        if self.then is not None and self.same:  # cases that are right on both sides, or wrong on both
            alike = np.flatnonzero(before == after)
            shared[alike[: round(self.same * self.cases)]] = True
        grades_after = judged(after, self.judge, rng)
        grades_before = np.where(shared, grades_after, judged(before, old_judge, rng))
        labels = Labels()
        names = [f"same{n}" if one else f"now{n}" for n, one in enumerate(shared)]
        olds = [f"same{n}" if one else f"then{n}" for n, one in enumerate(shared)]
        labels.draw("2", names, after, grades_after, self.labels[1], self.now, self.judge, rng)
        if self.then is not None:
            labels.draw("1", olds, before, grades_before, self.labels[0], self.then, old_judge, rng)
        truths = np.arange(self.elsewhere) < round(self.yes * self.elsewhere)
        labels.add("0", [f"else{n}" for n in range(self.elsewhere)], truths, judged(truths, old_judge, rng))
        words = {f"c{n}": [Rating(names[n], float(grades_after[n]))] for n in range(self.cases)}
        old_words = {f"c{n}": [Rating(olds[n], float(grades_before[n]))] for n in range(self.cases)}
        judging = labels.judging(words, old_words if self.then is not None else None, varies=self.varies)
        return (
            self._verdict(grades_before, grades_after, judging),
            self._verdict(grades_before, grades_after, None),
            self._verdict(before, after, None),
        )

    def _answers(self, rate: float, rng: np.random.Generator) -> Bools:
        """The right answers: an exact number, or by chance if the model varies."""
        if self.varies:
            return rng.random(self.cases) < rate
        return rng.permutation(self.cases) < round(rate * self.cases)

    def _verdict(self, before: Bools, after: Bools, judging: Judging | None) -> Status:
        comparison = None
        if self.then is not None:
            broke, fixed = (
                tuple(f"c{n}" for n in np.flatnonzero(one & ~two))
                for one, two in ((before, after), (after, before))
            )
            comparison = Comparison(
                "1", self.cases, 0, 0, self.cases, before.mean(), after.mean(), broke, fixed
            )
        passed = int(after.sum())
        observed = Observed(
            Tally(passed, self.cases - passed),
            comparison=comparison,
            approved_cases=self.cases if comparison else 0,
            varies=self.varies,
            judging=judging,
        )
        limits = Limits(at_least=self.at_least, max_drop=self.max_drop if comparison else None)
        return max((one.status for one in decide(observed, limits)), key=lambda status: status.severity)


class Labels:
    """Labels of answers, and the judge's grades of them."""

    def __init__(self) -> None:
        self.known: dict[str, float] = {}
        self.judged: dict[str, float] = {}
        self.versions: dict[str, str] = {}

    def add(self, version: str, names: list[str], truths: Bools, grades: Bools) -> None:
        self.known |= zip(names, truths.astype(float).tolist(), strict=True)
        self.judged |= zip(names, grades.astype(float).tolist(), strict=True)
        self.versions |= dict.fromkeys(names, version)

    def draw(
        self,
        version: str,
        names: list[str],
        truths: Bools,
        grades: Bools,
        number: int,
        rate: float,
        judge: Judge,
        rng: np.random.Generator,
    ) -> None:
        """Label some answers of a version: of those that were run half at most, the others of other runs."""
        chosen = rng.permutation([n for n, name in enumerate(names) if not name.startswith("same")])
        chosen = chosen[: min(number, len(names) // 2)]
        self.add(version, [names[n] for n in chosen], truths[chosen], grades[chosen])
        more = rng.random(number - len(chosen)) < rate
        self.add(version, [f"more{version}-{n}" for n in range(len(more))], more, judged(more, judge, rng))

    def judging(self, now: dict, then: dict | None, *, varies: bool) -> Judging:
        """The correction that a check derives from them."""
        make = Corrector(self.known, self.judged, self.versions, graded=False, exact=not varies)
        found = Judging(SimpleNamespace(name="judge", version="1"), len(self.known))
        try:
            own = make.of_version(now, "2")
            sides = None if then is None else make.sides("1", then, now, "2")
            return Judging(
                found.judge, found.labels, make.value(now.values(), make.relevant_labels(own)), sides=sides
            )
        except UncorrectedError as reason:
            return Judging(
                found.judge, found.labels, why=str(reason), weak=isinstance(reason, WeakJudgeError)
            )


def judged(truths: Bools, judge: Judge, rng: np.random.Generator) -> Bools:
    """A judge's grades of answers that are right or wrong."""
    sensitivity, specificity = judge
    return rng.random(len(truths)) < np.where(truths, sensitivity, 1 - specificity)


GOOD, FAIR, STRICT, LENIENT = (0.95, 0.95), (0.85, 0.85), (0.75, 0.99), (0.99, 0.75)
NAMES = {GOOD: "good", FAIR: "fair", STRICT: "strict", LENIENT: "lenient", (0.9, 0.9): "0.9/0.9"}

ROWS: list[JudgedRow] = [
    # -- at_least, exactly met ------------------------------------------------------------------------
    *(
        JudgedRow(
            f"at its limit, {NAMES[judge]} judge, {labels} labels ({yes:.0%} yes), {cases} cases",
            judge,
            cases=cases,
            elsewhere=labels,
            yes=yes,
            at_least=0.9,
        )
        for judge, (labels, cases), yes in itertools.product(
            (GOOD, FAIR, STRICT, LENIENT), ((30, 20), (30, 500), (100, 100), (500, 500)), (0.3, 0.7)
        )
    ),
    JudgedRow("at its limit, varies, 100 labels", GOOD, elsewhere=100, at_least=0.9, varies=True),
    JudgedRow("at its limit, varies, 40 own labels", FAIR, labels=(0, 40), at_least=0.9, varies=True),
    *(
        JudgedRow(
            f"at its limit, {own} own labels, other answers graded otherwise, {cases} cases",
            STRICT,
            judge_then=LENIENT,
            cases=cases,
            labels=(0, own),
            elsewhere=300,
            at_least=0.9,
        )
        for own, cases in ((40, 100), (40, 500), (100, 500))
    ),
    # -- at_least, missed by 15 points ----------------------------------------------------------------
    *(
        JudgedRow(
            f"15 points below, {NAMES[judge]} judge, {labels} labels",
            judge,
            now=0.75,
            elsewhere=labels,
            at_least=0.9,
            fails=None,
            finds=finds,
        )
        for judge, labels, finds in ((GOOD, 100, 0.3), (GOOD, 500, 0.6), (FAIR, 100, 0), (FAIR, 500, 0.2))
    ),
    JudgedRow(
        "15 points below, half of the answers labelled", FAIR, 0.75, labels=(0, 50), at_least=0.9, fails=None
    ),
    # -- max_drop, unchanged --------------------------------------------------------------------------
    *(
        JudgedRow(
            f"as good, other answers, {NAMES[judge]} judge, {labels} labels each, {cases} cases",
            judge,
            then=0.9,
            cases=cases,
            labels=(labels, labels),
        )
        for judge, labels, cases in itertools.product((GOOD, STRICT, LENIENT), (30, 100), (20, 100, 500))
    ),
    *(
        JudgedRow(
            f"as good, {NAMES[one]} then, {NAMES[two]} now, {labels} labels each, {cases} cases",
            two,
            then=0.9,
            judge_then=one,
            cases=cases,
            labels=(labels, labels),
        )
        for (one, two), labels, cases in itertools.product(
            ((GOOD, FAIR), (LENIENT, STRICT), (GOOD, (0.9, 0.9))), (30, 100, 500), (100, 500)
        )
    ),
    *(
        JudgedRow(
            f"as good, {NAMES[one]} then, {NAMES[two]} now, {old} and {new} labels, {cases} cases",
            two,
            then=0.9,
            judge_then=one,
            cases=cases,
            labels=(old, new),
            elsewhere=100,
        )
        for (one, two), (old, new), cases in itertools.product(
            ((GOOD, FAIR), (LENIENT, STRICT)), ((0, 0), (100, 0), (0, 20)), (100, 500)
        )
    ),
    JudgedRow("as good, half the same, fair judge, 40 labels", FAIR, then=0.9, same=0.5, labels=(40, 40)),
    JudgedRow(
        "as good, varies, good then, fair now, 100 labels each",
        FAIR,
        then=0.9,
        judge_then=GOOD,
        labels=(100, 100),
        varies=True,
    ),
    JudgedRow(
        "5 points lost, max_drop=0.05, 100 labels each", GOOD, 0.85, 0.9, labels=(100, 100), max_drop=0.05
    ),
    # -- max_drop, worse ------------------------------------------------------------------------------
    *(
        JudgedRow(
            f"{then - now:.0%} lost, {NAMES[one]} then, {NAMES[two]} now, {labels} labels each",
            two,
            now,
            then,
            judge_then=one,
            labels=(labels, labels),
            fails=None,
            finds=finds,
        )
        for (one, two), then, now, labels, finds in (
            ((GOOD, GOOD), 0.9, 0.75, 50, 0.0),
            ((GOOD, GOOD), 0.9, 0.6, 50, 0.5),
            ((GOOD, LENIENT), 0.9, 0.6, 50, 0.5),
            ((FAIR, FAIR), 0.9, 0.6, 100, 0.3),
        )
    ),
    JudgedRow("two thirds lost, no label of either", GOOD, 0.3, 0.95, elsewhere=100, fails=None, finds=0.9),
]


def measured(row: JudgedRow, checks: int, seed: int) -> tuple[Counter[Status], ...]:
    """Simulate so many checks: verdicts, those by the judge's word, and those of people."""
    rng = np.random.default_rng(seed)
    found: tuple[Counter[Status], ...] = (Counter(), Counter(), Counter())
    for _ in range(checks):
        for counter, status in zip(found, row.check(rng), strict=True):
            counter[status] += 1
    return found


def keeps(row: JudgedRow, found: tuple[Counter[Status], ...], checks: int) -> bool:
    """Return whether a row keeps its promise."""
    failed = found[0][Status.FAILED] / checks
    return kept(failed, row.fails, checks) and kept(1 - failed, 1 - row.finds, checks)


def table(checks: int, seed: int, words: list[str]) -> int:
    """Print the rows; return the number of broken promises."""
    broken = 0
    print(f"judged checks: failed / inconclusive; failed by the judge's word, by people; {checks} a row")
    for row in ROWS:
        if words and not any(word in row.name for word in words):
            continue
        found = measured(row, checks, seed)
        failed, doubt = (found[0][one] / checks for one in (Status.FAILED, Status.INCONCLUSIVE))
        word, people = (one[Status.FAILED] / checks for one in found[1:])
        good = keeps(row, found, checks)
        broken += not good
        figures = f"{failed:7.1%} / {doubt:6.1%} {word:9.1%} {people:9.1%}"
        print(f"{row.name:82}{figures} {'ok' if good else 'BROKEN'}", flush=True)
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only rows with one of these in their name")
    parser.add_argument("--checks", type=int, default=100, help="so many checks a row")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.process_time()
    broken = table(options.checks, options.seed, options.words)
    print(f"{time.process_time() - began:.0f} CPU seconds; {broken} promises broken")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
