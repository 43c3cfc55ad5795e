"""A judge's outcomes of the cases of a check, and their correction by labels.

The judge is called on labelled answers as on any other: its errors are those of the current version. In a
comparison, the same judge grades the approved answers, so that a change of the judge never looks like a
change of the model.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical import compared_part, digest, excerpt
from pytest_modelcheck.checks.judging import LEAST_LABELS, LEAST_STRENGTH, WORST, Judging, Sides
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.labels import key_of, mismatch, read
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import GRADE, JUDGED, Case, Outcome
from pytest_modelcheck.session.approved import ReplayedAnswers
from pytest_modelcheck.session.check import Step, plan_of
from pytest_modelcheck.session.lines import trial_result
from pytest_modelcheck.stats.judging import Errors, JudgedMean, JudgedRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from pytest_modelcheck.labels import Label
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import CheckRun

_MOST_CASES: Final = 20_000

_KINDS: Final = {
    "golden": "golden",
    "invariance": "an invariance check",
    "directional": "directional",
    "drift": "a drift check",
}


@dataclass(frozen=True, slots=True)
class Rating:
    """A judge's answer in one trial: the key of its arguments, and the outcome of the trial."""

    key: str
    value: float


class UncorrectedError(Exception):
    """A judge's outcomes cannot be corrected; the message is the reason."""


class WeakJudgeError(UncorrectedError):
    """Labels show that the judge is wrong too often to be corrected."""


def judge_outcomes(check: Check, run: CheckRun, approved: Approved) -> Steps[Judging | None]:
    """Collect the judge's outcomes, its errors, and its outcomes of the approved answers."""
    results = run.results
    judge = next(model for model in check.spec.others if model.definition.role == "judge")
    # Judging needs the trials of all cases in memory, which the limit keeps bounded.
    whole = (results.whole(number) for number in range(min(len(results), _MOST_CASES)))
    cases = {case.id: case.trials for case in whole if case.judged}
    if not any(trial.grades for trials in cases.values() for trial in trials):
        return None
    path = judge.definition.labels
    labels = {} if path is None else read(path)
    folder = check.options.baselines.parent
    file = None if path is None else Path(os.path.relpath(path, folder)).as_posix()
    judging = Judging(judge, len(labels), file=file)
    spec = check.spec
    reasons = {
        "only some of its cases were run": spec.partial,
        "the check was stopped early": run.early is not None,
        f"labels correct checks of at most {_MOST_CASES:,} cases": len(results) > _MOST_CASES,
        "labels correct a score, not a series of them": spec.levels is not None,
        "labels correct a pass rate or a mean, and no metric": spec.metric is not None,
        "labels are about one answer, and it compares two": results.reads_approved,
        f"labels correct golden checks, and this one is {_KINDS[spec.kind]}": spec.kind != "golden",
    }
    for why, holds in reasons.items():
        if holds:
            return replace(judging, why=why)
    try:
        return (yield from _corrected(check, judge, judging, labels, cases, approved))
    except UncorrectedError as reason:
        return replace(judging, why=str(reason), weak=isinstance(reason, WeakJudgeError))


def _corrected(
    check: Check,
    judge: Model,
    judging: Judging,
    labels: Mapping[str, Label],
    cases: Mapping[str, Sequence[TrialResult]],
    approved: Approved,
) -> Steps[Judging]:
    if len(labels) < LEAST_LABELS:
        has = f"{judge.name} has {plural(len(labels), 'label') if labels else 'no labels'}"
        raise UncorrectedError(f"{has}, {LEAST_LABELS} are needed (modelcheck label {judge.name})")
    outcome = _outcome_of(check, judge, list(cases.values()))
    current = {case: _ratings(trials, outcome) for case, trials in cases.items()}
    answers = yield from _on_labels(check, judge, labels)
    why = mismatch(labels.values(), (orjson.loads(compared_part(answer)) for answer in answers.values()))
    if why is not None:
        raise UncorrectedError(why)
    known = {key: outcome(orjson.dumps(label.value)) for key, label in labels.items()}
    judged = {key: outcome(answer) for key, answer in answers.items()}
    graded = any(trial.score is not None for trials in cases.values() for trial in trials)
    versions = {key: label.metadata.get("version") for key, label in labels.items()}
    # Nothing but the judge's errors is left to chance then.
    exact = check.spec.deterministic is True and check.spec.limits.population == "fixed"
    corrector = Corrector(known, judged, versions, graded=graded, exact=exact)
    own = corrector.of_version(current, check.spec.subject.version)
    value = corrector.value(current.values(), corrector.relevant_labels(own))
    judging = replace(judging, own=len(own), value=value)
    before = yield from _on_approved(check, approved, outcome)
    if not current.keys() & before.keys():
        return judging
    sides = corrector.sides(approved.version, before, current, check.spec.subject.version)
    return replace(judging, sides=sides)


# -- the judge's answers -------------------------------------------------------------------------------


def _outcome_of(
    check: Check, judge: Model, cases: Sequence[Sequence[TrialResult]]
) -> Callable[[bytes], float]:
    """The outcome of a judge's answer: from 0 (wrong) to 1 (right)."""
    passing: dict[bytes, bool] = {}
    for trial in (trial for trials in cases for trial in trials if trial.outcome in JUDGED):
        # With two answers of the judge in a case, no label could say which of them decided it.
        if len(trial.grades) != 1 or trial.grades[0].given is None:
            many = f"{judge.name} was called {len(trial.grades)} times in some cases"
            raise UncorrectedError(
                many if len(trial.grades) != 1 else f"the arguments of {judge.name} are not JSON"
            )
        answer = compared_part(trial.grades[0].answer)
        if trial.score is not None:
            if check.spec.scale != GRADE or _number(answer) != trial.score:
                raise UncorrectedError(f"scores are not the answers of {judge.name}, from 0 to 1")
            continue
        passed = trial.outcome is Outcome.PASSED
        # The same answer of the judge passes here and fails there: something else decides too, and labels do
        # not know it.
        if passing.setdefault(answer, passed) != passed:
            raise UncorrectedError(f"{judge.name} alone does not decide the outcome of a case")
    if not passing:
        return _number
    if not any(isinstance(orjson.loads(answer), (bool, str, type(None))) for answer in passing):
        return _threshold_of(judge, {_number(answer): passed for answer, passed in passing.items()})
    both, passes = len(set(passing.values())) == 2, next(iter(passing.values()))
    unseen: set[bytes] = set()

    def outcome(answer: bytes) -> float:
        compared = compared_part(answer)
        if compared in passing:
            return float(passing[compared])
        if compared.startswith(b'"'):
            unseen.add(compared)
            # Where every case failed, one further category is the one that passes; of two nobody knows which.
            if both or (not passes and len(unseen) > 1):
                label = excerpt(orjson.loads(compared), 40)
                raise UncorrectedError(f"a label says {label}, and no case shows whether that passes")
        return float(not both and not passes)

    return outcome


def _threshold_of(judge: Model, passing: Mapping[float, bool]) -> Callable[[bytes], float]:
    """The outcomes of scores that a body compares with a threshold; yes and no count as 1 and 0."""
    passed, failed = ([one for one, passes in passing.items() if passes is kind] for kind in (True, False))
    # A high score may mean good (relevance) or bad (toxicity); the outcomes show which.
    upwards = not passed or not failed or min(passed) > max(failed)
    if not upwards and max(passed) >= min(failed):
        raise UncorrectedError(f"{judge.name} alone does not decide the outcome of a case")
    sign = 1 if upwards else -1
    least = min((sign * one for one in passed), default=math.inf)
    most = max((sign * one for one in failed), default=-math.inf)

    def outcome(answer: bytes) -> float:
        value = sign * _number(answer)
        if most < value < least and passed and failed:
            text = f"a label says {abs(value):g}, which is between what passes and what fails"
            raise UncorrectedError(f"{text}: label true or false")
        return float(value >= least) if passed else float(value > most)

    return outcome


def _number(answer: bytes) -> float:
    """A score, or a yes or no as a score; NaN for anything else, which equals nothing."""
    value = orjson.loads(compared_part(answer))
    return float(value) if isinstance(value, (bool, int, float)) else math.nan


def _ratings(trials: Iterable[TrialResult], outcome: Callable[[bytes], float]) -> list[Rating]:
    """Return the judge's answer to each judged run of a case."""
    return [
        Rating(key_of(orjson.loads(grade.given)), outcome(grade.answer))
        for trial in trials
        if trial.outcome in JUDGED
        for grade in trial.grades
        if grade.given is not None
    ]


def _on_labels(check: Check, judge: Model, labels: Mapping[str, Label]) -> Steps[dict[str, bytes]]:
    """Return the judge's answers about everything that has a label."""

    def body(view: Any) -> Any:
        # A label stores the arguments of the call: by name if there were several, else the single one.
        given = view.input
        return judge(**given) if isinstance(given, dict) else judge(given)

    async def awaited(view: Any) -> None:
        await body(view)

    def called(view: Any) -> None:
        body(view)

    cases = [Case(label.given, id=key) for key, label in labels.items()]
    work = replace(
        check.work(lambda *_: None),
        body=awaited if judge.is_awaited() else called,
        subject=judge,
        models={judge.name: judge},
        # Recipes are stored by source. This body has no file, so the judge stands for it.
        source=digest(["labels", judge.name, judge.version]),
    )
    run = yield Step(work, Plan(cases, None).trials())
    broke = [one for one in run.results if one.outcome is not Outcome.PASSED or not one.calls]
    if broke:
        reason = run.stopped or f"{type(broke[0].error).__name__}: {broke[0].message or broke[0].error}"
        raise UncorrectedError(f"{judge.label} did not answer {plural(len(broke), 'label')} ({reason})")
    return {one.trial.case.id: trial_result(one).calls[0][1] for one in run.results}


def _on_approved(
    check: Check, approved: Approved, outcome: Callable[[bytes], float]
) -> Steps[dict[str, list[Rating]]]:
    """Return the current judge's answers about the approved answers, by case; empty if there are none."""
    baseline = approved.baseline
    if baseline is None or check.options.update:
        return {}
    answers = ReplayedAnswers(check.spec.subject.answers, baseline)
    cases = [case for case in check.spec.cases if case.id in approved]
    trials = (trial for trial in plan_of(check.spec, cases).trials() if answers.knows(trial))
    run = yield Step(check.work(approved.answer), trials, replay=answers, choose_repeat=check.choose_repeat)
    own: dict[str, list[TrialResult]] = {}
    for result in run.results:
        own.setdefault(result.trial.case.id, []).append(trial_result(result))
    return {case: ratings for case, trials in own.items() if (ratings := _ratings(trials, outcome))}


# -- the correction ------------------------------------------------------------------------------------

_MANY: Final = 10**8
_LENIENT: Final = Errors(_MANY, _MANY, _MANY, int(WORST * _MANY))
_STRICT: Final = Errors(_MANY, int(WORST * _MANY), _MANY, _MANY)
"""The assumed errors of a judge on answers with too few labels, the worst possible for the new version."""


class Corrector:
    """Corrects a judge's outcomes by labels.

    Args:
        known: The labels, by the key of the labelled answer.
        judged: The judge's outcomes of the same.
        versions: The versions that gave the answers, if the labels name them.
        graded: Whether outcomes are scores.
        exact: Whether the judge's errors are the only noise.
    """

    def __init__(
        self,
        known: Mapping[str, float],
        judged: Mapping[str, float],
        versions: Mapping[str, Any],
        *,
        graded: bool,
        exact: bool,
    ) -> None:
        if any(math.isnan(value) for value in (*known.values(), *judged.values())):
            raise UncorrectedError("some labels, or the judge's answers to them, are not scores")
        self.known, self.judged, self.versions = known, judged, versions
        self.graded, self.exact = graded, exact

    def of_version(self, cases: Mapping[str, Sequence[Rating]], version: str | None) -> set[str]:
        """The labels of one version's answers: of those in this run, and those that name the version."""
        given = {rating.key for ratings in cases.values() for rating in ratings}
        return {key for key in self.known if key in given or (version and self.versions[key] == version)}

    def relevant_labels(self, own: Set[str]) -> Set[str]:
        """The labels that show the judge's errors on a version: its own, or all if these are too few.

        A test whether the judge errs equally on other versions would not help: few labels show only gross
        differences, and a smaller one would already make a good version fail.
        """
        if len(own) < LEAST_LABELS:
            return self.known.keys()
        if self.graded:
            return own
        # For an outcome that no own label has (no, of a version that is nearly always right), all count.
        lacking = {0.0, 1.0} - {self.known[key] for key in own}
        return own | {key for key, truth in self.known.items() if truth in lacking}

    def sides(
        self,
        version: str,
        approved: Mapping[str, Sequence[Rating]],
        current: Mapping[str, Sequence[Rating]],
        current_version: str | None = None,
    ) -> Sides:
        """The answers of two versions in the cases in which they differ."""
        shared = current.keys() & approved.keys()
        differ = [case for case in shared if _keys(current[case]) != _keys(approved[case])]
        before, after = ({case: side[case] for case in differ} for side in (approved, current))
        # A label of an answer that both versions gave tells nothing about their difference.
        one, two = self.of_version(before, version), self.of_version(after, current_version)
        old, new = one - two, two - one
        pairs = [(self._truth(before[case]), self._truth(after[case])) for case in differ]
        people = [(was, is_right) for was, is_right in pairs if was is not None and is_right is not None]
        whole = self._side(approved, self.relevant_labels(self.of_version(approved, version)), _LENIENT)
        return Sides(
            version,
            None if whole is None else whole.rate,
            self._side(before, old, _LENIENT),
            self._side(after, new, _STRICT),
            (len(old), len(new)),
            len(differ),
            len(shared),
            sum(was > is_right for was, is_right in people),
            sum(was < is_right for was, is_right in people),
            len(pairs) - len(people) if not self.graded else len(pairs),
            self.exact,
        )

    def _side(
        self, cases: Mapping[str, Sequence[Rating]], own: Set[str], assumed: Errors
    ) -> JudgedRate | JudgedMean | None:
        if not cases:
            return None
        if len(own) < LEAST_LABELS:
            # Too few labels: the worst errors are assumed, so that the verdict stays on the safe side.
            return None if self.graded else self._rate(list(cases.values()), assumed)
        try:
            return self.value(cases.values(), self.relevant_labels(own))
        except UncorrectedError:
            return None

    def _truth(self, ratings: Sequence[Rating]) -> float | None:
        """The outcome of a case by labels, over all of its runs; ``None`` if an answer has no label."""
        if any(rating.key not in self.known for rating in ratings):
            return None
        return _mean([self.known[rating.key] for rating in ratings])

    def value(self, cases: Iterable[Sequence[Rating]], keys: Iterable[str]) -> JudgedRate | JudgedMean:
        """The corrected rate, or mean, of some cases, by the errors in some labels."""
        cases = list(cases)
        if not self.graded:
            pairs = [(self.known[key] == 1.0, self.judged[key] == 1.0) for key in keys]
            yes = [judged for true, judged in pairs if true]
            no = [judged for true, judged in pairs if not true]
            return self._rate(cases, Errors(len(yes), sum(yes), len(no), len(no) - sum(no)))
        scores, truths = [], []
        for ratings in cases:
            truth = self._truth(ratings)
            if truth is None:
                scores.append(_value(ratings))
            else:
                truths.append(truth)
        off = tuple(self.known[key] - self.judged[key] for key in sorted(keys))
        return JudgedMean(tuple(scores), off, tuple(truths), _mean(list(map(_value, cases))))

    def _rate(self, cases: Sequence[Sequence[Rating]], errors: Errors) -> JudgedRate:
        """The corrected rate of some cases."""
        truths = [truth for ratings in cases if (truth := self._truth(ratings)) is not None]
        uncorrected = round(sum(map(_value, cases))), len(cases)
        # Fractions come from repeats of a case. Rounded up, in favour of the model.
        right = math.ceil(sum(truths) - 1e-9)
        if not errors.strength >= LEAST_STRENGTH:
            if len(truths) >= min(LEAST_LABELS, len(cases)):
                exact = self.exact and len(truths) == len(cases)  # else the labels are a sample
                return JudgedRate(0, 0, errors, right, len(truths), exact, uncorrected)
            if not errors.yes or not errors.no:
                missing = "no" if errors.yes else "yes"
                raise WeakJudgeError(f"no label says {missing}, so it is unknown how it judges these")
            raise WeakJudgeError(
                f"the judge is too weak: it agrees with people on {errors.yes_right}/{errors.yes} of what is "
                f"right and {errors.no_right}/{errors.no} of what is wrong"
            )
        # Cases of which the judge was given the same are judged once.
        rest = [ratings for ratings in cases if self._truth(ratings) is None]
        different = len(set(map(_keys, rest)))
        passed = math.ceil(_mean(list(map(_value, rest))) * different - 1e-9)
        return JudgedRate(passed, different, errors, right, len(truths), self.exact, uncorrected)


def _keys(ratings: Sequence[Rating]) -> tuple[str, ...]:
    return tuple(sorted(rating.key for rating in ratings))


def _value(ratings: Sequence[Rating]) -> float:
    return _mean([rating.value for rating in ratings])


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0
