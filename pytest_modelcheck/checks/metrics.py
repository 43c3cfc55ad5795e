"""A metric over all cases of a check, such as macro F1: its value, and whether noise explains a miss.

The steps are those of every limit (``checks.protocol``); only the tests differ (``stats.metrics``). Variation
means that bodies record different values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from itertools import islice
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence, units_of
from pytest_modelcheck.checks.limits import ROUNDING
from pytest_modelcheck.checks.protocol import ALL, DOUBTFUL, Look, Reason, Tests, drop_p_value, gate, looked
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import apart, plural
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.findings import Rule
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.protocol import Rules
    from pytest_modelcheck.records import Finding
    from pytest_modelcheck.stats.metrics import Score


FEWEST_CASES: Final = 10
"""Bootstrap samples of fewer cases are too much alike: of models exactly at their limit, 20% failed with
three cases, and 9% with five."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The metric of a marker, with its name in reports.

    ``over`` returns the scoring function of some cases, given the expectations of all.
    """

    name: str
    over: Callable[[Sequence[Any]], Callable[[Sequence[Any], Sequence[Any]], Any]]


def metric_of(value: object) -> Metric:
    """Return the metric for a value of ``metric=``: a function of two lists, or the name of a scorer.

    Raises:
        UsageError: It is neither.

    >>> metric_of("f1_macro").name
    'f1_macro'
    >>> metric_of("f1_marco")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    pytest_modelcheck.errors.UsageError: metric='f1_marco' is not a scorer ...; did you mean 'f1_macro'?
    """
    if callable(value):
        named = getattr(value, "func", value)  # of a partial
        return Metric(getattr(named, "__name__", type(value).__name__), lambda _: value)
    if not isinstance(value, str):
        raise UsageError(
            f"metric={value!r}: write the name of a scorer of scikit-learn, such as f1_macro, or a function "
            "metric(expected, answers) of which higher is better"
        )
    from sklearn.metrics import get_scorer_names

    known = get_scorer_names()
    if value not in known:
        near = get_close_matches(value, [*known, *_LOSSES], 1)
        hint = f"; did you mean {_LOSSES.get(near[0], near[0])!r}?" if near else ""
        raise UsageError(f"metric={value!r} is not a scorer of scikit-learn{hint}")
    return Metric(value, lambda expected: _by_scorer(value, expected))


_LOSSES: Final = {
    "brier_score": "neg_brier_score",
    "log_loss": "neg_log_loss",
    "mean_absolute_error": "neg_mean_absolute_error",
    "mean_squared_error": "neg_mean_squared_error",
}


_OF_ONE_LABEL: Final = frozenset({"f1", "jaccard", "precision", "recall"})
# Their answers are scores, even if all are whole numbers or booleans; for other metrics these are labels.
_OF_SCORES: Final = frozenset({"average_precision", "neg_brier_score", "d2_brier_score"})


def _by_scorer(name: str, expected: Sequence[Any]) -> Callable[[Sequence[Any], Sequence[Any]], float]:
    """A scorer of scikit-learn. It takes a fitted model, so it gets one that returns the recorded values.

    For two labels that are texts or booleans, a recorded number refers to the greater one, and so does a
    metric of one label.
    """
    import numpy as np
    from sklearn.metrics import get_scorer

    # Classes of all cases: a slice or a bootstrap draw may lack one, and is still scored over the same set.
    scorer, classes = get_scorer(name), np.unique(np.asarray(expected))
    encodes = len(classes) == 2 and classes.dtype.kind in "UOb"

    def score(expected: Sequence[Any], answers: Sequence[Any]) -> float:
        right, predicted, labels = np.asarray(expected), np.asarray(answers), classes
        texts = name in _OF_ONE_LABEL and classes.dtype.kind == predicted.dtype.kind == "U"
        if encodes and (texts or name in _OF_SCORES or predicted.dtype.kind == "f"):
            right, labels = (right == classes[1]).astype(int), np.arange(2)
            predicted = (predicted == classes[1]).astype(int) if texts else predicted
        return float(scorer(_recorded()(predicted, labels), np.zeros((len(right), 1)), right))

    return score


@lru_cache(maxsize=1)
def _recorded() -> Callable[[Any, Any], Any]:
    """The class of a model that returns the recorded values for any input."""
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Recorded(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        def __init__(self, answers: Any, classes: Any) -> None:
            # scikit-learn's scorers take an estimator and inputs. This one has its predictions ready.
            self.answers, self.classes_ = answers, classes

        def predict(self, _inputs: object) -> Any:
            return self.answers

        decision_function = predict

        def predict_proba(self, _inputs: object) -> Any:
            found = np.asarray(self.answers, dtype=float)
            return found if found.ndim == 2 else np.column_stack([1 - found, found])

        def __sklearn_is_fitted__(self) -> bool:
            return True

    return Recorded


# -- what was scored -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """The expectation of one case, or of one variant, and the values that its runs recorded.

    Attributes:
        number: The number of the case in the check.
        approved: The recorded value of each approved run; empty for a new case.
        sets: The recorded values of each current set: the first, then the fresh ones.
        unit: Cases with the same unit share their answers, or form one group.
        varies: Whether two approved runs, or two current ones, recorded different values.
        changed: Whether the current value differs from the approved one.
        wrong: Whether the recorded label is not the expected one; ``None`` for a number.
        was_wrong: The same in every approved run; ``None`` if they differ.
        probes: The number of single runs that were added to find out whether the case varies.
    """

    number: int
    expected: Any
    approved: tuple[Any, ...]
    sets: tuple[tuple[Any, ...], ...]
    unit: Hashable
    varies: bool = False
    changed: bool = False
    wrong: bool | None = None
    was_wrong: bool | None = None
    probes: int = 0

    def in_sets(self, sets: slice = ALL) -> tuple[Any, ...]:
        """Return the recorded values of some sets."""
        return tuple(answer for answers in self.sets[sets] for answer in answers)


@dataclass(frozen=True)
class Scores:
    """The values that a metric is computed from.

    Attributes:
        deterministic: The declaration of the models, as for :class:`Evidence`.
        repeated: Whether no answer of the current runs differed from another of the same case.
    """

    metric: Metric
    cases: Sequence[ScoredCase]
    deterministic: bool | None = None
    repeated: bool = False
    seed: int = 0

    @cached_property
    def _score(self) -> Score:
        return self.metric.over([case.expected for case in self.cases])

    def of(self, cases: Sequence[ScoredCase], sets: slice = ALL, *, approved: bool = False) -> float:
        """Return the metric over some cases, averaged over their runs; NaN if undefined."""
        from pytest_modelcheck.stats.metrics import score_of_runs

        answers = [case.approved if approved else case.in_sets(sets) for case in cases]
        # A case without answers on this side makes the metric undefined, rather than that of fewer cases.
        if not all(answers) or not answers:
            return math.nan
        return score_of_runs(self.score, [case.expected for case in cases], answers)

    def value_of(self, cases: Sequence[ScoredCase], *, approved: bool = False) -> float:
        """Return the same without warnings: the verdict reports an undefined value."""
        from pytest_modelcheck.stats.metrics import quietly

        with quietly():
            return self.of(cases, approved=approved)

    def score(self, expected: Sequence[Any], answers: Sequence[Any]) -> float:
        """Return the metric of one run of some cases; NaN if it raises or is undefined."""
        return self._called(expected, answers)[0]

    def _called(self, expected: Sequence[Any], answers: Sequence[Any]) -> tuple[float, str]:
        try:
            value = float(self._score(list(expected), list(answers)))
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises
            return math.nan, f"{type(error).__name__}: {error}".partition("\n")[0]
        return (value, "") if math.isfinite(value) else (math.nan, f"it is {value}")

    @cached_property
    def value(self) -> float:
        """The metric now."""
        return self.value_of(self.cases)

    @cached_property
    def approved_and_current(self) -> tuple[float, float]:
        """The metric over the approved cases: approved and current value."""
        shared = self.shared.cases
        return self.value_of(shared, approved=True), self.value_of(shared)

    @property
    def why_undefined(self) -> str:
        """Explain why the metric has no value: by what it raised or returned."""
        if not self.cases:
            return "no case has an answer"
        expected = [case.expected for case in self.cases]
        return self._called(expected, [case.in_sets()[0] for case in self.cases])[1] or "in one of the runs"

    @cached_property
    def shared(self) -> Scores:
        """The cases that were approved."""
        return replace(self, cases=[case for case in self.cases if case.approved])

    def among(self, numbers: Iterable[int]) -> Scores:
        """Some of the cases, by their numbers, with the same scoring."""
        chosen = frozenset(numbers)
        expected = [case.expected for case in self.cases]
        # Within a slice, classes are still those of all cases.
        metric = replace(self.metric, over=lambda _: self.metric.over(expected))
        return replace(self, metric=metric, cases=[case for case in self.cases if case.number in chosen])

    @cached_property
    def evidence(self) -> Evidence:
        """The runs of each case, valued by their influence on the metric.

        Noise is judged by recorded values, not by influences: two different answers may have equal influence.
        """
        from pytest_modelcheck.stats.metrics import influences

        expected = [case.expected for case in self.cases]
        worth = influences(self.score, expected, [(*case.approved, *case.in_sets()) for case in self.cases])
        runs = []
        for case, values in zip(self.cases, worth, strict=True):
            left = iter(values)
            approved, *sets = [tuple(islice(left, len(side))) for side in (case.approved, *case.sets)]
            runs.append(CaseRuns(approved, tuple(sets), unit=case.unit))
        return Evidence(runs, graded=True)

    # -- facts for the steps of the protocol ------------------------------------------------------------

    @property
    def fresh(self) -> bool:
        """True if fresh sets have been run."""
        return any(len(case.sets) > 1 for case in self.cases)

    @property
    def copies(self) -> bool:
        """True if further runs would only repeat the first."""
        return False

    @property
    def may_be_steady(self) -> bool:
        """True if answers that never differed may be taken for noise-free."""
        if self.deterministic is not None:
            return self.deterministic
        varies = any(case.varies for case in self.cases)
        return not varies and (self.repeated or all(len(case.approved) != 1 for case in self.cases))

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if they come from one model."""
        return self.evidence.contradiction()

    def draws(self, level: float, sets: slice = ALL, *, fall: bool = False) -> NDArray[np.float64]:
        """Bootstrap samples of the metric, or of its drop against the approved version."""
        from pytest_modelcheck.stats.metrics import bootstrap

        # A bootstrap of influences: thousands of draws of the metric itself would take minutes.
        if fall:
            before, after = self.approved_and_current
            value, parts = before - after, [unit.drop for unit in units_of(self.evidence.cases)]
        else:
            # Valued by their influence on the metric of these sets alone.
            alone = [replace(case, approved=(), sets=(case.in_sets(sets),)) for case in self.cases]
            units = units_of(replace(self, cases=alone).evidence.cases)
            value, parts = (
                self.of(self.cases, sets),
                [fmean(unit.current) for unit in units],
            )
        return bootstrap(value, [part / len(self.cases) for part in parts], level, seed=self.seed)

    def chance(self, draws: NDArray[np.float64], at_least: float) -> float:
        """The p-value of a miss by bootstrap: of very few cases, or groups, too weak to fail."""
        from pytest_modelcheck.stats.metrics import chance_of

        chance = chance_of(draws, at_least=at_least)
        return chance if self.groups >= FEWEST_CASES else max(chance, DOUBTFUL)

    @property
    def groups(self) -> int:
        """The number of cases that do not depend on each other: those of one group count once."""
        return len({(case.unit, case.number if case.unit is None else None) for case in self.cases})


# -- how it is judged ------------------------------------------------------------------------------------


def look_at_metric(scores: Scores, at_least: float, rules: Rules) -> Look:
    """Compare a metric with the required value, by bootstrap over cases."""

    def missed(sets: slice) -> bool:
        return scores.of(scores.cases, sets) < at_least - ROUNDING

    def p_value(sets: slice) -> float:
        return scores.chance(scores.draws(rules.false_fail_rate, sets), at_least)

    def suspects(probes: int) -> tuple[int, ...]:
        return _numbers(case for case in scores.cases if case.wrong is not False and case.probes < probes)

    return looked(scores, rules, Tests(missed, p_value, lambda: True, suspects))


def look_at_metric_drop(scores: Scores, allowance: float, rules: Rules) -> Look:
    """Compare the drop of a metric with the allowance: by exchange, or with an allowance by bootstrap."""
    shared = scores.shared
    if not shared.cases:
        return Look(Status.PASSED, Reason.MET)
    level = rules.false_fail_rate

    def missed(sets: slice) -> bool:
        return shared.approved_and_current[0] - shared.of(shared.cases, sets) > allowance + ROUNDING

    def p_value(sets: slice) -> float:
        return fall_p_value(shared, allowance, level, sets)

    def allows_fail() -> bool:
        return bool(allowance) or gate(shared.evidence, level)

    def suspects(probes: int) -> tuple[int, ...]:
        return _numbers(case for case in shared.cases if case.changed and case.probes < probes)

    tests = Tests(missed, p_value, allows_fail, suspects, lambda: shared.evidence.fixed_on_one_run)
    return looked(shared, rules, tests)


def fall_p_value(shared: Scores, allowance: float, level: float, sets: slice) -> float:
    """Return the p-value of a drop: by exchange, or with an allowance by bootstrap."""
    if not allowance:
        return drop_p_value(units_of(shared.evidence.cases, sets), 0.0, shared.evidence, level)
    return shared.chance(-shared.draws(level, sets, fall=True), -allowance)


def _numbers(cases: Iterable[ScoredCase]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(case.number for case in cases))


@dataclass(frozen=True)
class MetricNoise:
    """The noise of a metric (``required``), or of its drop beyond an ``allowance``."""

    scores: Scores
    required: float | None = None
    allowance: float = 0.0

    def p_value(self, false_fail_rate: float) -> float:
        """By bootstrap over the cases; for a drop without an allowance, by exchange."""
        if self.required is None:
            return fall_p_value(self.scores.shared, self.allowance, false_fail_rate, ALL)
        return self.scores.chance(self.scores.draws(false_fail_rate), self.required)

    def least_p_value(self) -> float:
        """The p-value of an exchange in which every case falls."""
        return float(0.5 ** len(self.scores.cases))

    def readily(self, false_fail_rate: float) -> float:
        """The same as ``p_value``: it is as sharp as can be."""
        return self.p_value(false_fail_rate)

    def chance_of_pass(self, _tolerance: float) -> tuple[float, str]:
        """Never called: ``require_proof=`` is refused together with ``metric=``."""
        return 1.0, "a lower metric"

    def reveals(self, limits: Limits) -> str:
        """By the spread of the metric over bootstrap samples."""
        falls = self.required is None
        scores = self.scores.shared if falls else self.scores
        # The standard errors between the limit and a value that misses it in nine of ten runs.
        power = NormalDist().inv_cdf(1 - limits.false_fail_rate) + NormalDist().inv_cdf(0.9)
        shift = power * float(scores.draws(limits.false_fail_rate, fall=falls).std())
        name, cases = scores.metric.name, plural(len(scores.cases), "case")
        if scores.groups < FEWEST_CASES and (self.allowance or not falls):
            alone = scores.groups == len(scores.cases)
            few = cases if alone else f"{plural(scores.groups, 'group')} of cases"
            return f"{few} are too few to tell a fall of {name} from noise: it takes {FEWEST_CASES}"
        if self.required is None:
            least = self.allowance + shift
            return f"{cases} can reliably reveal only falls of {name} by more than about {least:.2g}"
        return f"{cases} can reliably reveal only {name} under about {self.required - shift:.2g}"


def decide_metric(
    scores: Scores, required: float | None, rule: Rule, version: str | None, allowance: float
) -> list[Finding]:
    """Compare a metric with the required value, and with the approved version if there is one."""
    findings, name, value = [], scores.metric.name, scores.value
    if required is not None:
        over = plural(len(scores.cases), "case")
        summary = f"{name} is {apart(value, required)} over {over}, at least {required:g} required"
        met = value >= required - ROUNDING
        findings.append(rule.finding("at_least", summary, met, MetricNoise(scores, required)))
    approved, current = scores.approved_and_current
    if version is not None and not math.isnan(approved - current):
        rise = current - approved if abs(current - approved) > ROUNDING else 0.0
        may = f"a fall of {allowance:g}" if allowance else "no fall"
        summary = f"{name} is {current:.3g} against {approved:.3g} of {version} ({rise:+.3g}), {may} allowed"
        met = -rise <= allowance + ROUNDING
        findings.append(rule.finding("max_drop", summary, met, MetricNoise(scores, None, allowance)))
    return findings
