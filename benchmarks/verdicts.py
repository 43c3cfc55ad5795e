"""Do whole verdicts keep their promises? The protocol of docs/statistics.md, simulated with the project's own
code.

    python benchmarks/verdicts.py                  the tables, quickly: some minutes of one core
    python benchmarks/verdicts.py --full           the same with 1,500 checks a row: about half an hour
    python benchmarks/verdicts.py unchanged broken only rows with one of these words in their name
    python benchmarks/verdicts.py nights           only nights: unchanged years, delay of alarms

Each row simulates whole checks, from the runs that were approved to the verdict. Every check has an approval
of its own. A row ends in "ok" if it keeps its promise (three standard errors of the simulation
aside), in "BROKEN" if it does not, and in nothing if it only describes. Checks that a judge decides
come last (``judged.py``). The exit code is 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from promises import kept
from scipy.stats import rankdata

from pytest_modelcheck.checks.changes import AnswerEvidence, CaseAnswers, look_at_changes, look_at_regressed
from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.metrics import Metric, ScoredCase, Scores, look_at_metric, look_at_metric_drop
from pytest_modelcheck.checks.protocol import FreshSets, Look, Probes, Rules, look_at_drop, look_at_rate
from pytest_modelcheck.records import Status
from pytest_modelcheck.stats.nights import answers_evidence, settled
from pytest_modelcheck.stats.rates import odd_one_out_p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Chances = NDArray[np.float64]

DESIGNS = ((3, 1), (5, 5), (1, 1))
"""Approved runs, and runs now."""

RULES = Rules()


@dataclass(frozen=True)
class Row:
    """One situation.

    Attributes:
        name: Its name.
        versions: Draws the chance of every case to pass, under the approved version and now.
        fails: The highest share of checks that may fail in each design; ``None`` where nothing is promised.
        passes: The highest share that may pass, in any design.
        finds: The lowest share that must fail in each design.
        looks: The limits of the check, as they look at the evidence.
        units: The number of cases that share an answer.
        first: The chances in the first set, where they are others than in all later ones.
    """

    name: str
    versions: Callable[[np.random.Generator], tuple[Chances, Chances]]
    fails: tuple[float | None, float | None, float | None] = (None, None, None)
    passes: float | None = None
    finds: tuple[float, float, float] = (0.0, 0.0, 0.0)
    looks: Sequence[Callable[[Evidence], Look]] = (lambda evidence: look_at_drop(evidence, 0, RULES),)
    units: int = 1
    first: Chances | None = None

    def check(self, approved_runs: int, repeats: int, rng: np.random.Generator) -> tuple[Status, float]:
        """Simulate one check, and return its verdict and its calls as a multiple of one set."""
        then, now = self.versions(rng)
        approved, model = Model(then, self.units, rng), Model(now, self.units, rng)
        begun = model if self.first is None else Model(self.first, self.units, rng)
        sides = zip(approved.runs(approved_runs), begun.runs(repeats), strict=True)
        cases = [
            CaseRuns(old, (new,), unit=index // self.units if self.units > 1 else None)
            for index, (old, new) in enumerate(sides)
        ]
        while True:
            looks = [look(Evidence(cases, repeated=True)) for look in self.looks]
            needs = [look.needs for look in looks if look.needs is not None]
            if not needs:
                calls = model.calls + (begun.calls if begun is not model else 0)
                return worst(looks), calls / (len(now) // self.units * repeats)
            if any(isinstance(need, FreshSets) for need in needs):
                for fresh in (model.runs(repeats), model.runs(repeats)):
                    cases = [
                        replace(case, sets=(*case.sets, runs))
                        for case, runs in zip(cases, fresh, strict=True)
                    ]
                continue
            for need in needs:
                if isinstance(need, Probes):
                    cases = probed(cases, need, model)


def worst(looks: Sequence[Look]) -> Status:
    """The verdict of a check with several limits."""
    return max((look.status for look in looks), key=lambda status: status.severity)


@dataclass(frozen=True)
class AnswersRow:
    """A situation in which answers are compared with approved ones.

    Attributes:
        name: Its name.
        then: The share of approved answers that are not the usual one.
        now: The same for now.
        moved: The share of cases whose usual answer is another now.
        allowance: The number or share of answers that may change.
        fails: As for :class:`Row`.
        passes: As for :class:`Row`.
        finds: As for :class:`Row`.
    """

    name: str
    then: float
    now: float
    moved: float = 0.0
    allowance: int | float = 0
    fails: tuple[float | None, float | None, float | None] = (None, None, None)
    passes: float | None = None
    finds: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cases: int = 100

    def check(self, approved_runs: int, repeats: int, rng: np.random.Generator) -> tuple[Status, float]:
        """Simulate one check, and return its verdict and its calls as a multiple of one set."""

        def answers(noise: float, usual: NDArray[np.int_], runs: int) -> list[tuple[int, ...]]:
            other = rng.random((self.cases, runs)) < noise
            return [
                tuple(row)
                for row in np.where(other, rng.integers(2, 6, other.shape), usual[:, None]).tolist()
            ]

        usual = np.zeros(self.cases, dtype=int)
        shifted = (np.arange(self.cases) < self.moved * self.cases).astype(int)
        sides = zip(
            answers(self.then, usual, approved_runs), answers(self.now, shifted, repeats), strict=True
        )
        cases, calls = [CaseAnswers(old, (new,)) for old, new in sides], 1
        while True:
            look = look_at_changes(AnswerEvidence(cases, repeated=self.then == 0), self.allowance, RULES)
            if look.needs is None:
                return look.status, calls
            for _ in range(2):
                fresh = answers(self.now, shifted, repeats)
                cases = [
                    CaseAnswers(case.approved, (*case.sets, runs))
                    for case, runs in zip(cases, fresh, strict=True)
                ]
                calls += 1


def macro_f1(expected: Sequence[int], answers: Sequence[int]) -> float:
    """Macro F1 of four labels, as scikit-learn has it where all of them occur."""
    table = np.zeros((4, 4))
    np.add.at(table, (np.asarray(expected), np.asarray(answers)), 1)
    return float(np.mean(2 * np.diag(table) / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)))


def auc(expected: Sequence[int], answers: Sequence[float]) -> float:
    """The area under the ROC curve of two labels, by ranks."""
    right, ranks = np.asarray(expected), rankdata(answers)
    yes = int(right.sum())
    return float((ranks[right == 1].sum() - yes * (yes + 1) / 2) / (yes * (len(right) - yes)))


@dataclass(frozen=True)
class MetricRow:
    """A situation in which a metric over all cases is judged.

    Attributes:
        name: Its name.
        then: Of macro F1, the chance that a case is answered right, case by case; of AUC, how far the scores
            of the two labels are apart.
        now: The same for now.
        metric: Macro F1 or AUC.
        at_least: The required value; ``None`` for no more than ``allowance`` below the approved version.
        allowance: The largest fall allowed.
        fails: As for :class:`Row`.
        passes: As for :class:`Row`.
        finds: As for :class:`Row`.
    """

    name: str
    then: Chances
    now: Chances
    metric: Callable[[Sequence[int], Sequence[float]], float] = macro_f1
    at_least: float | None = None
    allowance: float = 0.0
    fails: tuple[float | None, float | None, float | None] = (None, None, None)
    passes: float | None = None
    finds: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def check(self, approved_runs: int, repeats: int, rng: np.random.Generator) -> tuple[Status, float]:
        """Simulate one check, and return its verdict and its calls as a multiple of one set."""
        labels = np.arange(len(self.then)) % (4 if self.metric is macro_f1 else 2)

        def answers(chances: Chances, runs: int) -> list[tuple[float, ...]]:
            shape = (len(chances), runs)
            if self.metric is auc:
                drawn = rng.normal(labels[:, None] * chances[:, None], 1.0, shape)
            else:
                other = (labels[:, None] + 1) % 4
                drawn = np.where(rng.random(shape) < chances[:, None], labels[:, None], other)
            return [tuple(row) for row in drawn.tolist()]

        old = answers(self.then, approved_runs) if self.at_least is None else [()] * len(labels)
        sets, probes, calls = [answers(self.now, repeats)], dict.fromkeys(range(len(labels)), ()), 1.0
        while True:
            cases = [self._case(n, int(labels[n]), old[n], sets, probes[n]) for n in range(len(labels))]
            repeated = not any(case.varies for case in cases)
            scores = Scores(Metric("metric", lambda _: self.metric), cases, repeated=repeated)
            if self.at_least is not None:
                look = look_at_metric(scores, self.at_least, RULES)
            else:
                look = look_at_metric_drop(scores, self.allowance, RULES)
            if look.needs is None:
                return look.status, calls
            if isinstance(look.needs, FreshSets):
                sets.append(answers(self.now, 2 * repeats))
                calls += 2
                continue
            more = answers(self.now, 1)
            probes |= {number: (*probes[number], more[number][0]) for number in look.needs.cases}

    def _case(
        self,
        number: int,
        label: int,
        old: tuple[float, ...],
        sets: list[list[tuple[float, ...]]],
        more: tuple,
    ) -> ScoredCase:
        fresh = tuple(answers[number] for answers in sets)
        current = {answer for runs in (*fresh, more) for answer in runs}
        steady = len(current) == 1 and len(set(old)) < 2
        wrong = fresh[0][0] != label if self.metric is macro_f1 else None
        changed = bool(old) and steady and old[0] not in current
        return ScoredCase(
            number,
            label,
            old,
            fresh,
            number,
            varies=not steady,
            changed=changed,
            wrong=wrong,
            probes=len(more),
        )


@dataclass
class Counted:
    """The counts of the checks of one row and design."""

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


def unequal(cases: int, lost: float = 0.0) -> Callable[[np.random.Generator], tuple[Chances, Chances]]:
    """A version whose cases are anything from hopeless to certain, 75% on average; each may lose a little."""

    def versions(rng: np.random.Generator) -> tuple[Chances, Chances]:
        chances = rng.beta(0.9, 0.3, cases)
        return chances, np.clip(chances - lost, 0, 1)

    return versions


def fixed(*parts: tuple[int, float, float]) -> Callable[[np.random.Generator], tuple[Chances, Chances]]:
    """Two versions of so many cases with these chances, then and now."""
    then, now = (np.array([part[side] for part in parts for _ in range(part[0])]) for side in (1, 2))
    return lambda _: (then, now)


def same(*parts: tuple[int, float]) -> Callable[[np.random.Generator], tuple[Chances, Chances]]:
    """An unchanged version of so many cases with these chances."""
    return fixed(*((number, chance, chance) for number, chance in parts))


def drop(allowance: int | float) -> Callable[[Evidence], Look]:
    return lambda evidence: look_at_drop(evidence, allowance, RULES)


def rate(at_least: float) -> Callable[[Evidence], Look]:
    return lambda evidence: look_at_rate(evidence, at_least, RULES)


def regressed(allowance: int | float) -> Callable[[Evidence], Look]:
    return lambda evidence: look_at_regressed(evidence, allowance, RULES)


EVEN = np.full(120, 0.75)
HALF = np.where(np.arange(120) // 4 % 2 == 0, 0.95, 0.05)
UNEQUAL = np.linspace(0.02, 1.0, 120)[np.arange(120) * 7 % 120] ** 0.4
COINS = np.where(np.arange(120) < 2, 0.5, 1.0)
NINE = np.full(120, 0.9)
STEADY_NINE = np.where(np.arange(120) * 7 % 120 < 12, 0.0, 1.0)
NEARLY = np.full(120, 0.95)
BROKEN = np.where(np.arange(120) * 7 % 120 < 12, 0.0, 0.95)
ONE_BROKEN = np.where(np.arange(120) < 1, 0.0, 1.0)
APART = np.full(120, 1.2276)
ONE_PERCENT = (0.01, 0.01, 0.01)
AS_GOOD = (0.05, 0.05, None)
ALL = (1.0, 1.0, 1.0)

METRIC_LIMIT: dict[str, float] = {"f1": 0.75, "auc": 0.80746}
"""Macro F1 of four labels that are right 75% of the time; AUC of scores 1.2276 standard deviations apart."""

ROWS: list[Row | AnswersRow | MetricRow] = [
    Row("unchanged, 100 unequal cases", unequal(100), ONE_PERCENT),
    Row("unchanged, 20 unequal cases", unequal(20), ONE_PERCENT),
    Row("unchanged, two coins among 100", same((2, 0.5), (98, 1.0)), ONE_PERCENT),
    Row("unchanged, 10% of cases at 0.7", same((10, 0.7), (90, 1.0)), ONE_PERCENT),
    Row("unchanged, one input right 25% of the time", same((1, 0.25), (99, 1.0)), (0.01, 0.01, 0.04)),
    Row("as good: all at 0.9, then 90 always right", fixed((90, 0.9, 1), (10, 0.9, 0)), (0.05, 0.05, 0.05)),
    Row(
        "as good: 10 at 0.9, then 9 right, 1 wrong for good",
        fixed((9, 0.9, 1), (1, 0.9, 0), (90, 1, 1)),
        AS_GOOD,
    ),
    Row(
        "as good: 10 wrong + 1 right, then 11 at 1/11",
        fixed((10, 0, 1 / 11), (1, 1, 1 / 11), (89, 1, 1)),
        AS_GOOD,
    ),
    Row(
        "as good: 2 wrong + 1 right, then 3 coins of that mean",
        fixed((2, 0, 1 / 3), (1, 1, 1 / 3), (97, 1, 1)),
        AS_GOOD,
    ),
    Row("one harmless coin, 1 broken for good", fixed((1, 0.5, 0.5), (1, 1, 0), (98, 1, 1)), passes=0.0),
    Row("one harmless coin, 2 broken for good", fixed((1, 0.5, 0.5), (2, 1, 0), (97, 1, 1)), passes=0.0),
    Row("steady, 1 case broken", fixed((1, 1, 0), (99, 1, 1)), passes=0.0, finds=ALL),
    Row("steady, 4 of 9 cases broken", fixed((4, 1, 0), (5, 1, 1)), passes=0.0, finds=ALL),
    Row("4 of 9 cases broken, the rest at 0.99", fixed((4, 1, 0), (5, 0.99, 0.99)), passes=0.0),
    Row("4 of 40 cases broken, the rest at 0.99", fixed((4, 1, 0), (36, 0.99, 0.99)), passes=0.0),
    Row("8 of 200 cases broken, the rest at 0.99", fixed((8, 1, 0), (192, 0.99, 0.99)), passes=0.0),
    Row("6 of 100 cases fall from 0.95 to 0.2", fixed((6, 0.95, 0.2), (94, 0.95, 0.95))),
    Row("outage in the first set only", same((100, 0.95)), ONE_PERCENT, first=np.full(100, 0.6)),
    Row("20 prompts of 10 cases each, unchanged", same((200, 0.9)), ONE_PERCENT, units=10),
    # -- at_least ---------------------------------------------------------------------------------
    Row("rate: 100 cases exactly at the limit of 0.9", same((100, 0.9)), ONE_PERCENT, looks=(rate(0.9),)),
    Row("rate: two coins exactly at the limit", same((2, 0.5), (98, 1.0)), ONE_PERCENT, looks=(rate(0.99),)),
    Row("rate: four inputs right 1 in 4 times", same((4, 0.25), (96, 1)), ONE_PERCENT, looks=(rate(0.97),)),
    Row("rate: 20 prompts of 10 at the limit", same((200, 0.9)), ONE_PERCENT, looks=(rate(0.9),), units=10),
    Row("rate: 100 cases at 0.8, 0.9 required", same((100, 0.8)), looks=(rate(0.9),)),
    # -- max_drop ---------------------------------------------------------------------------------
    Row("max_drop=0.05, every case lost 5 points", unequal(100, 0.05), ONE_PERCENT, looks=(drop(0.05),)),
    Row("max_drop=0.05, 5 broke", fixed((5, 1, 0), (95, 0.95, 0.95)), ONE_PERCENT, looks=(drop(0.05),)),
    Row("max_drop=0.05, 20 broke", fixed((20, 1, 0), (80, 0.95, 0.95)), looks=(drop(0.05),)),
    # -- max_regressed ----------------------------------------------------------------------------
    Row("max_regressed=0, unchanged unequal cases", unequal(100), ONE_PERCENT, looks=(regressed(0),)),
    Row("max_regressed=2, unchanged unequal cases", unequal(100), ONE_PERCENT, looks=(regressed(2),)),
    Row(
        "max_regressed=2, always right, then 90%",
        fixed((100, 1, 0.9)),
        finds=(0.95,) * 3,
        looks=(regressed(2),),
    ),
    Row(
        "max_regressed=2, 4 broke among noise",
        fixed((4, 1, 0), (96, 0.8, 0.8)),
        finds=ALL,
        looks=(regressed(2),),
    ),
    # -- several limits ---------------------------------------------------------------------------
    Row(
        "at_least at its limit, max_drop, max_regressed: unchanged",
        same((100, 0.9)),
        (0.02, 0.02, 0.02),
        looks=(rate(0.9), drop(0), regressed(0)),
    ),
    # -- max_changed ------------------------------------------------------------------------------
    AnswersRow("max_changed=0.02, steady, then at random", 0, 0.8, allowance=0.02, finds=(0.97,) * 3),
    AnswersRow("max_changed=0, steady, then at random in 5%", 0, 0.05, finds=(0.5, 0.9, 0)),
    AnswersRow("max_changed=0, steady, 3 moved", 0, 0, moved=0.03, finds=ALL),
    AnswersRow("max_changed=0.02, steady, 3 moved", 0, 0, moved=0.03, allowance=0.02, finds=ALL),
    AnswersRow("max_changed=0.02, steady, 2 moved", 0, 0, moved=0.02, allowance=0.02, fails=(0, 0, 0)),
    AnswersRow("max_changed=0, unchanged, 10% differ", 0.1, 0.1, fails=(0.01, 0.01, None)),
    AnswersRow("max_changed=0.02, unchanged, 10% differ", 0.1, 0.1, allowance=0.02, fails=(0.01, 0.01, None)),
    AnswersRow("max_changed=0.02, 2 moved, 10% differ", 0.1, 0.1, 0.02, 0.02, fails=(0.01, 0.01, None)),
    AnswersRow("max_changed=0.02, 10 moved, 10% differ", 0.1, 0.1, 0.1, 0.02),
    # -- metric= ----------------------------------------------------------------------------------
    MetricRow("macro F1, unchanged, unequal cases", UNEQUAL, UNEQUAL, fails=ONE_PERCENT),
    MetricRow("macro F1, unchanged, two coins", COINS, COINS, fails=ONE_PERCENT),
    MetricRow("macro F1, unchanged, 40 cases", UNEQUAL[::3], UNEQUAL[::3], fails=ONE_PERCENT),
    MetricRow("macro F1, as good: all at 0.9, then steady", NINE, STEADY_NINE, fails=AS_GOOD),
    MetricRow("macro F1, 12 of 120 broken, the rest at 0.95", NEARLY, BROKEN, passes=0.02),
    MetricRow("macro F1, steady, 1 case broken", np.ones(120), ONE_BROKEN, passes=0.0, finds=ALL),
    MetricRow("macro F1 at its limit", EVEN, EVEN, at_least=METRIC_LIMIT["f1"], fails=ONE_PERCENT),
    MetricRow(
        "macro F1, half of the cases hopeless, at its limit", HALF, HALF, at_least=0.5, fails=ONE_PERCENT
    ),
    MetricRow("macro F1, max_drop=0.1, 0.1 lost", EVEN + 0.1, EVEN, allowance=0.1, fails=ONE_PERCENT),
    MetricRow("AUC, unchanged", APART, APART, auc, fails=ONE_PERCENT),
    MetricRow("AUC at its limit", APART, APART, auc, at_least=METRIC_LIMIT["auc"], fails=ONE_PERCENT),
    MetricRow("AUC, from 0.95 to 0.81", 2.33 * np.ones(120), APART, auc, passes=0.05),
]


def measured(
    row: Row | AnswersRow | MetricRow, approved_runs: int, repeats: int, checks: int, seed: int
) -> Counted:
    """Simulate so many checks."""
    rng = np.random.default_rng(seed)
    found = Counted()
    for _ in range(checks):
        status, calls = row.check(approved_runs, repeats, rng)
        found.statuses[status] += 1
        found.calls += calls
        found.checks += 1
    return found


# -- nights ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nights:
    """A model that is watched over nights: 100 cases, approved on 3 runs, 20 calls a night.

    Attributes:
        name: Its name.
        noise: The chance that a case does not give its usual answer, case by case.
        moved: The share of cases whose usual answer is another from some night on.
        since: That night, from 0.
    """

    name: str
    noise: Chances
    moved: float = 0.0
    since: int = 0

    def year(self, nights: int, rng: np.random.Generator) -> tuple[dict, list[dict]]:
        """The approved answers, and those of each night."""
        cases = len(self.noise)
        changed = rng.permutation(cases) < self.moved * cases

        def answers(case: int, runs: int, usual: str) -> tuple[str, ...]:
            odd = rng.random(runs) < self.noise[case]
            return tuple(f"odd {rng.integers(3)}" if one else usual for one in odd)

        approved = {str(case): answers(case, 3, "usual") for case in range(cases)}
        watched = []
        for night in range(nights):
            now = ["other" if night >= self.since and moved else "usual" for moved in changed]
            calls = rng.permutation(cases)[:20].tolist()
            watched.append({str(case): answers(case, 2, now[case]) for case in calls})
        return approved, watched


def alarm(approved: dict, nights: list[dict], since: int = 0) -> int | None:
    """The first night that alarms, from 1, or ``None``; earlier ones than ``since`` are not looked at."""
    ever = answers_evidence(approved, nights).highest >= 100
    steady = first_variation(approved, nights)  # until then, one answer may settle it
    for number in range(since + 1, (len(nights) if ever else steady) + 1):
        seen = nights[:number]
        at_once = number <= steady and settled(approved, seen)
        if at_once or (ever and answers_evidence(approved, seen).highest >= 100):
            return number
    return None


def first_variation(approved: dict, nights: list[dict]) -> int:
    """The number of nights until an answer varies."""
    if any(len(set(answers)) > 1 for answers in approved.values()):
        return 0
    varying = (n for n, night in enumerate(nights) if any(one != two for one, two in night.values()))
    return next(varying, len(nights))


def odd_nights(approved: dict, nights: list[dict]) -> bool:
    """Return whether a test of each single night alarms: is the approved answer the odd one of three?"""
    for night in nights:
        triples = [(approved[call][0], *pair) for call, pair in night.items()]
        odd = [triple for triple in triples if len(set(triple)) == 2]
        approved_odd = sum(one != two == three for one, two, three in odd)
        if odd and odd_one_out_p(approved_odd, len(odd)) <= 0.01:
            return True
    return False


QUIET_YEARS = [
    Nights("never varies", np.zeros(100)),
    Nights("0.3% of answers vary", np.full(100, 0.003)),
    Nights("1% of answers vary", np.full(100, 0.01)),
    Nights("5% of answers vary", np.full(100, 0.05)),
    Nights("30% of answers vary", np.full(100, 0.3)),
    Nights("10 cases of 100 are coins", np.where(np.arange(100) < 10, 0.5, 0.0)),
    Nights("each case as it likes", np.random.default_rng(0).beta(0.3, 1.2, 100)),
]


def report_nights(years: int, seed: int) -> int:
    """Print the rate of alarms of unchanged models in a year, and the nights until changes are found."""
    broken = 0
    print(f"\nan unchanged model, {years} years of 365 nights: years with an alarm / of a test each night")
    for row in QUIET_YEARS:
        rng, alarms, nightly = np.random.default_rng(seed), 0, 0
        for _ in range(years):
            approved, nights = row.year(365, rng)
            alarms += alarm(approved, nights) is not None
            nightly += odd_nights(approved, nights)
        good = kept(alarms / years, 0.01, years)
        broken += not good
        print(
            f"{row.name:56}{alarms / years:>12.1%} / {nightly / years:.0%}",
            "ok" if good else "BROKEN",
            flush=True,
        )
    rng = np.random.default_rng(seed)
    each = sum(bool((rng.random(365) <= 0.01).any()) for _ in range(2_000)) / 2_000
    print(f"{'any exact test at 0.01, each night':56}{'':>12}   {each:.0%}")
    print("\nnights until the alarm, median (90% of years): changed before night 1, 31, 201")
    for noise in (0.0, 0.02, 0.1, 0.3):
        for moved in (0.02, 0.05, 0.1, 0.3, 1.0):
            cells = []
            for since in (0, 30, 200):
                row, rng, found = (
                    Nights("", np.full(100, noise), moved, since),
                    np.random.default_rng(seed),
                    [],
                )
                for _ in range(max(5, years // 10)):
                    night = alarm(*row.year(since + 40, rng), since)
                    found.append(999 if night is None else max(1, night - since))
                found.sort()
                median, most = found[len(found) // 2], found[-1 - len(found) // 10]
                cells.append(" (".join("over 40" if n == 999 else str(n) for n in (median, most)) + ")")
            name = f"{noise:.0%} vary, {moved:.0%} of the cases answer otherwise"
            print(f"{name:56}" + "".join(f"{cell:>20}" for cell in cells), flush=True)
    return broken


def main() -> int:
    from judged import table  # beside this file; tests load this one alone

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only rows with one of these in their name")
    parser.add_argument("--full", action="store_true", help="1,500 checks a row")
    parser.add_argument("--checks", type=int, help="so many checks a row")
    parser.add_argument("--years", type=int, help="so many years a row of nights")
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
        for (then, now), limit, least in zip(DESIGNS, row.fails, row.finds, strict=True):
            found = measured(row, then, now, checks, options.seed)
            failed, passed = found.share(Status.FAILED), found.share(Status.PASSED)
            doubt = found.share(Status.INCONCLUSIVE)
            cells.append(f"{failed:.1%} / {doubt:.1%} x{found.calls / checks:.2f}")
            good = kept(failed, limit, checks) and kept(passed, row.passes, checks)
            good = good and kept(1 - failed, 1 - least, checks)
            promised = limit is not None or row.passes is not None or least > 0
            if promised and verdict != "BROKEN":
                verdict = "ok" if good else "BROKEN"
        broken += verdict == "BROKEN"
        print(f"{row.name:56}" + "".join(f"{cell:>26}" for cell in cells), verdict, flush=True)
    broken += table(checks, options.seed, options.words)
    if not options.words or "nights" in options.words:
        broken += report_nights(options.years or (300 if options.full else 30), options.seed)
    print(f"{time.perf_counter() - began:.0f} seconds; {broken} promises broken")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
