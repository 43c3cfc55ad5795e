"""A judge's outcomes of the cases of a check, and their correction by labels.

The judge is called on labelled answers as on any other: its errors are those of the current version. In a
comparison, the same judge grades the approved answers, so that a change of the judge never looks like a
change of the model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical import digest, excerpt, seen
from pytest_modelcheck.checks.judged import LEAST_LABELS, LEAST_STRENGTH, WORST, Judging, Sides
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.labels import key_of, read
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import GRADE, JUDGED, Case, Outcome
from pytest_modelcheck.session.check import Step, plan_of
from pytest_modelcheck.session.lines import trial_result
from pytest_modelcheck.session.replayed import ReplayedAnswers
from pytest_modelcheck.session.variation import declared_of
from pytest_modelcheck.stats.judging import Errors, JudgedMean, JudgedRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from pytest_modelcheck.labels import Label
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Ran

_MOST_CASES: Final = 20_000

_KINDS: Final = {
    "golden": "golden",
    "invariance": "an invariance check",
    "directional": "directional",
    "drift": "a drift check",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A judge's answer in one trial: its arguments, and the outcome of the trial."""

    key: str
    value: float


class UncorrectedError(Exception):
    """A judge's outcomes cannot be corrected; the message is the reason."""


class WeakJudgeError(UncorrectedError):
    """Labels show that the judge is wrong too often to be corrected."""


def hear_the_judge(check: Check, ran: Ran, approved: Approved) -> Steps[Judging | None]:
    """Collect the judge's outcomes, its errors, and its outcomes of the approved answers.

    Args:
        check: The check.
        ran: The results of its trials.
        approved: The approved results.
    """
    results = ran.results
    judge = next(model for model in check.spec.others if model.definition.role == "judge")
    # Judging needs the trials of all cases in memory, which the limit keeps bounded.
    whole = (results.whole(number) for number in range(min(len(results), _MOST_CASES)))
    cases = {case.id: case.trials for case in whole if case.judged}
    if not any(trial.grades for trials in cases.values() for trial in trials):
        return None
    path = judge.definition.labels
    labels = {} if path is None else read(path)
    folder = check.places.baselines.parent
    file = None if path is None else Path(os.path.relpath(path, folder)).as_posix()
    judging = Judging(judge, len(labels), file=file)
    why = _why_not(check, ran)
    if why is not None:
        return replace(judging, why=why)
    try:
        return (yield from _corrected(check, judge, judging, labels, cases, approved))
    except UncorrectedError as reason:
        return replace(judging, why=str(reason), weak=isinstance(reason, WeakJudgeError))


def _why_not(check: Check, ran: Ran) -> str | None:
    """Explain why labels cannot correct a check of this kind; ``None`` if they can."""
    spec = check.spec
    reasons = {
        "only some of its cases were run": spec.partial,
        "the check was stopped early": ran.early is not None,
        f"labels correct checks of at most {_MOST_CASES:,} cases": len(ran.results) > _MOST_CASES,
        "labels correct a score, not a series of them": spec.levels is not None,
        "labels correct a pass rate or a mean, and no metric": spec.metric is not None,
        "labels are about one answer, and it compares two": ran.results.reads_approved,
        f"labels correct golden checks, and this one is {_KINDS[spec.kind]}": spec.kind != "golden",
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


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
    now = {case: _words(trials, outcome) for case, trials in cases.items()}
    answers = yield from _on_labels(check, judge, labels)
    known = {key: outcome(orjson.dumps(label.value)) for key, label in labels.items()}
    heard = {key: outcome(answer) for key, answer in answers.items()}
    graded = any(trial.score is not None for trials in cases.values() for trial in trials)
    versions = {key: label.metadata.get("version") for key, label in labels.items()}
    # Nothing but the judge's errors is left to chance then.
    exact = declared_of(check.spec) is True and check.spec.limits.population == "fixed"
    make = Corrector(known, heard, versions, graded=graded, exact=exact)
    own = make.of_version(now, check.subject.version)
    judging = replace(judging, own=len(own), value=make.value(now.values(), make.telling(own)))
    then = yield from _of_approved(check, approved, outcome)
    if not now.keys() & then.keys():
        return judging
    return replace(judging, sides=make.sides(approved.version, then, now, check.subject.version))


# -- what was said -------------------------------------------------------------------------------------


def _outcome_of(
    check: Check, judge: Model, cases: Sequence[Sequence[TrialResult]]
) -> Callable[[bytes], float]:
    """The outcome of a judge's answer: from 0 (wrong) to 1 (right).

    Raises:
        UncorrectedError: Outcomes are not a function of the judge's answers.
    """
    passing: dict[bytes, bool] = {}
    for trial in (trial for trials in cases for trial in trials if trial.outcome in JUDGED):
        # With two answers of the judge in a case, no label could say which of them decided it.
        if len(trial.grades) != 1 or trial.grades[0].given is None:
            many = f"{judge.name} was called {len(trial.grades)} times in some cases"
            raise UncorrectedError(
                many if len(trial.grades) != 1 else f"the arguments of {judge.name} are not JSON"
            )
        answer = seen(trial.grades[0].answer)
        if trial.score is not None:
            if check.spec.scale != GRADE or _number(answer) != trial.score:
                raise UncorrectedError(f"scores are not the answers of {judge.name}, from 0 to 1")
            continue
        passed = trial.outcome is Outcome.PASSED
        # The same answer of the judge passes here and fails there: something else decides too, and labels
        # do not know it.
        if passing.setdefault(answer, passed) != passed:
            raise UncorrectedError(f"{judge.name} alone does not decide the outcome of a case")
    if not passing:
        return _number
    if not any(isinstance(orjson.loads(answer), (bool, str, type(None))) for answer in passing):
        return _threshold_of(judge, {_number(answer): passed for answer, passed in passing.items()})
    both, passes = len(set(passing.values())) == 2, next(iter(passing.values()))
    unseen: set[bytes] = set()

    def outcome(answer: bytes) -> float:
        compared = seen(answer)
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
    value = orjson.loads(seen(answer))
    return float(value) if isinstance(value, (bool, int, float)) else math.nan


def _words(trials: Iterable[TrialResult], outcome: Callable[[bytes], float]) -> list[Word]:
    """Return the judge's answer to each judged run of a case."""
    return [
        Word(key_of(orjson.loads(grade.given)), outcome(grade.answer))
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
    broke = [one for one in run.results if one.outcome is not Outcome.PASSED or not one.asked]
    if broke:
        reason = run.stopped or f"{type(broke[0].error).__name__}: {broke[0].message or broke[0].error}"
        raise UncorrectedError(f"{judge.label} did not answer {plural(len(broke), 'label')} ({reason})")
    return {one.trial.case.id: trial_result(one).asked[0][1] for one in run.results}


def _of_approved(
    check: Check, approved: Approved, outcome: Callable[[bytes], float]
) -> Steps[dict[str, list[Word]]]:
    """Return the current judge's answers about the approved answers, by case; empty if there are none."""
    baseline = approved.baseline
    if baseline is None or check.places.update:
        return {}
    answers = ReplayedAnswers(check.subject.answers, baseline)
    cases = [case for case in check.spec.cases if case.id in approved]
    trials = (trial for trial in plan_of(check.spec, cases).trials() if answers.knows(trial))
    run = yield Step(check.work(approved.answer), trials, replay=answers, slots=check.slots)
    own: dict[str, list[TrialResult]] = {}
    for result in run.results:
        own.setdefault(result.trial.case.id, []).append(trial_result(result))
    return {case: words for case, trials in own.items() if (words := _words(trials, outcome))}


# -- what it comes to ----------------------------------------------------------------------------------

_MANY: Final = 10**8
_LENIENT: Final = Errors(_MANY, _MANY, _MANY, int(WORST * _MANY))
_STRICT: Final = Errors(_MANY, int(WORST * _MANY), _MANY, _MANY)
"""The assumed errors of a judge on answers with too few labels, the worst possible for the new version."""


class Corrector:
    """Corrects a judge's outcomes by labels.

    Args:
        known: The labels, by the key of the labelled answer.
        heard: The judge's outcomes of the same.
        versions: The versions that gave the answers, if the labels name them.
        graded: Whether outcomes are scores.
        exact: Whether the judge's errors are the only noise.
    """

    def __init__(
        self,
        known: Mapping[str, float],
        heard: Mapping[str, float],
        versions: Mapping[str, Any],
        *,
        graded: bool,
        exact: bool,
    ) -> None:
        if any(math.isnan(value) for value in (*known.values(), *heard.values())):
            raise UncorrectedError("some labels, or the judge's answers to them, are not scores")
        self.known, self.heard, self.versions = known, heard, versions
        self.graded, self.exact = graded, exact

    def of_version(self, cases: Mapping[str, Sequence[Word]], version: str | None) -> set[str]:
        """The labels of one version's answers: of those in this run, and those that name the version."""
        given = {word.key for words in cases.values() for word in words}
        return {key for key in self.known if key in given or (version and self.versions[key] == version)}

    def telling(self, own: Set[str]) -> Set[str]:
        """The labels that show the judge's errors on a version: its own, or all if these are too few.

        A test whether the judge errs equally on other versions would not help: few labels show only gross
        differences, and a smaller one would already make a good version fail.
        """
        if len(own) < LEAST_LABELS:
            return self.known.keys()
        if self.graded:
            return own
        # What no own label says (no, of a version that is nearly always right) others tell best.
        lacking = {0.0, 1.0} - {self.known[key] for key in own}
        return own | {key for key, truth in self.known.items() if truth in lacking}

    def sides(
        self,
        version: str,
        then: Mapping[str, Sequence[Word]],
        now: Mapping[str, Sequence[Word]],
        version_now: str | None = None,
    ) -> Sides:
        """The answers of two versions in the cases in which they differ."""
        shared = now.keys() & then.keys()
        differ = [case for case in shared if _keys(now[case]) != _keys(then[case])]
        before, after = ({case: side[case] for case in differ} for side in (then, now))
        # A label of an answer that both versions gave tells nothing about their difference.
        of_then, of_now = self.of_version(before, version), self.of_version(after, version_now)
        old, new = of_then - of_now, of_now - of_then
        pairs = [(self._truth(then[case]), self._truth(now[case])) for case in differ]
        people = [(one, two) for one, two in pairs if one is not None and two is not None]
        all_then = self._side(then, self.telling(self.of_version(then, version)), _LENIENT)
        return Sides(
            version,
            None if all_then is None else all_then.rate,
            self._side(before, old, _LENIENT),
            self._side(after, new, _STRICT),
            (len(old), len(new)),
            len(differ),
            len(shared),
            sum(one > two for one, two in people),
            sum(one < two for one, two in people),
            len(pairs) - len(people) if not self.graded else len(pairs),
            self.exact,
        )

    def _side(
        self, cases: Mapping[str, Sequence[Word]], own: Set[str], assumed: Errors
    ) -> JudgedRate | JudgedMean | None:
        if not cases:
            return None
        if len(own) < LEAST_LABELS:
            # Too few labels: the worst errors that are allowed for are assumed, so that the verdict stays
            # on the safe side.
            return None if self.graded else self._rate(list(cases.values()), assumed)
        try:
            return self.value(cases.values(), self.telling(own))
        except UncorrectedError:
            return None

    def _truth(self, words: Sequence[Word]) -> float | None:
        """The outcome of a case by labels, over all of its runs; ``None`` if an answer has no label."""
        if any(word.key not in self.known for word in words):
            return None
        return _mean([self.known[word.key] for word in words])

    def value(self, cases: Iterable[Sequence[Word]], keys: Iterable[str]) -> JudgedRate | JudgedMean:
        """The corrected rate, or mean, of some cases, by the errors in some labels.

        Raises:
            UncorrectedError: The judge is too weak.
        """
        cases = list(cases)
        if not self.graded:
            return self._rate(cases, self._errors(keys))
        scores, truths = [], []
        for words in cases:
            truth = self._truth(words)
            if truth is None:
                scores.append(_said(words))
            else:
                truths.append(truth)
        off = tuple(self.known[key] - self.heard[key] for key in sorted(keys))
        return JudgedMean(tuple(scores), off, tuple(truths), _mean(list(map(_said, cases))))

    def _rate(self, cases: Sequence[Sequence[Word]], errors: Errors) -> JudgedRate:
        """The corrected rate of some cases."""
        truths = [truth for words in cases if (truth := self._truth(words)) is not None]
        word = round(sum(map(_said, cases))), len(cases)
        # Fractions come from repeats of a case. Rounded up, in favour of the model.
        right = math.ceil(sum(truths) - 1e-9)
        if not errors.strength >= LEAST_STRENGTH:
            if len(truths) < min(LEAST_LABELS, len(cases)):
                raise WeakJudgeError(_too_weak(errors))
            exact = self.exact and len(truths) == len(cases)  # else what people said is a sample
            return JudgedRate(0, 0, errors, right, len(truths), exact, word)
        # Cases of which the judge was given the same are judged once.
        rest = [words for words in cases if self._truth(words) is None]
        different = len(set(map(_keys, rest)))
        passed = math.ceil(_mean(list(map(_said, rest))) * different - 1e-9)
        return JudgedRate(passed, different, errors, right, len(truths), self.exact, word)

    def _errors(self, keys: Iterable[str]) -> Errors:
        pairs = [(self.known[key] == 1.0, self.heard[key] == 1.0) for key in keys]
        yes = [judged for true, judged in pairs if true]
        no = [judged for true, judged in pairs if not true]
        return Errors(len(yes), sum(yes), len(no), len(no) - sum(no))


def _keys(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(sorted(word.key for word in words))


def _said(words: Sequence[Word]) -> float:
    return _mean([word.value for word in words])


def _too_weak(errors: Errors) -> str:
    if not errors.yes or not errors.no:
        return f"no label says {'yes' if not errors.yes else 'no'}, so it is unknown how it judges these"
    return (
        f"the judge is too weak: it agrees with people on {errors.yes_right}/{errors.yes} of what is right "
        f"and {errors.no_right}/{errors.no} of what is wrong"
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
