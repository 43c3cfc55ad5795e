"""Collects the values that a check's metric is computed from.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import same
from pytest_modelcheck.checks.metrics import ScoredCase, Scores
from pytest_modelcheck.checks.runs import groups_of
from pytest_modelcheck.checks.weighing import Probed, shared_calls
from pytest_modelcheck.records import MISSING, Outcome
from pytest_modelcheck.session.lines import trial_result
from pytest_modelcheck.session.variation import declared_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from pytest_modelcheck.checks.metrics import Metric
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check
    from pytest_modelcheck.session.found import Noise
    from pytest_modelcheck.session.results import Results


def scores_of(check: Check, metric: Metric, results: Results, approved: Approved, noise: Noise) -> Scores:
    """Collect the recorded values, current and approved.

    A run that did not complete has no answer; a case without answers is left out.
    """
    spec, decode = check.spec, check.subject.answers.decode
    cases: list[ScoredCase] = []
    units = _units(check, results)
    again = iter(noise.again or ())
    repeated = True
    for number, case in enumerate(results):
        trials = case.trials if noise.again is None else (*case.trials, *next(again).trials)
        then = approved.get(case.id)
        known = then.trials if then is not None and case.is_same_as(then) else ()
        for trial in results.trials(number):
            if trial.repeat:
                continue
            place = trial.place
            now = [one for one in trials if one.place == place]
            first = _answers(one for one in now if one.repeat < spec.repeats)
            fresh = _answers(one for one in now if one.repeat >= spec.repeats)
            old = _answers(one for one in known if one.place == place)
            # A case without a value on either side of a run cannot be exchanged, so it leaves the metric as
            # a whole.
            if not first or (noise.again is not None and not fresh):
                continue
            expected = _plain(trial.given.expected)
            probed = noise.probed.get(number, Probed())
            steady = not _differ(old) and not _differ([*first, *fresh]) and not probed.recovered
            repeated = repeated and not _differ([*first, *fresh])
            recorded = [tuple(_plain(decode(raw)) for raw in side) for side in (old, first, fresh)]
            cases.append(
                ScoredCase(
                    number,
                    expected,
                    recorded[0],
                    (recorded[1], recorded[2]) if fresh else (recorded[1],),
                    units.get(number, ("case", number)),
                    varies=not steady,
                    # Only for a case that never varied is another value surely a change.
                    changed=bool(old) and steady and not same(old[0], first[0]),
                    wrong=_is_wrong(expected, recorded[1][0]),
                    was_wrong=_is_wrong(expected, recorded[0][0]) if old else None,
                    probes=probed.probes,
                )
            )
    # Cases are right or wrong only where all of them are labels: a number is neither.
    if any(case.wrong is None for case in cases):
        cases = [replace(case, wrong=None, was_wrong=None) for case in cases]
    return Scores(metric, cases, declared_of(spec), repeated, spec.seed)


def recorded_otherwise(results: Results, probes: Sequence[Result]) -> set[int]:
    """The numbers of the cases whose probes recorded other values than the first run."""
    found = set()
    for probe in probes:
        trial = probe.trial
        first = next(one.answer for one in results[trial.number].trials if one.place == trial.place)
        recorded = trial_result(probe).answer
        if recorded is None or first is None or not same(recorded, first):
            found.add(trial.number)
    return found


def _answers(trials: Iterable[TrialResult]) -> list[bytes]:
    return [one.answer for one in trials if one.outcome is Outcome.PASSED and one.answer is not None]


def _differ(answers: Sequence[bytes]) -> bool:
    return any(not same(answers[0], other) for other in answers[1:])


def _units(check: Check, results: Results) -> Mapping[int, Hashable]:
    """The group of each case that is not its own unit: by ``cluster=``, or by shared calls."""
    key = check.spec.limits.cluster
    if key is not None:
        groups = groups_of(check.spec.cases, key)
        return {number: groups[case.id] for number, case in enumerate(results.cases)}
    return shared_calls(results)


def _plain(value: Any) -> Any:
    """A value in plain form for a metric: the value of an enumeration's member, or of a numpy number."""
    if isinstance(value, Enum):
        return value.value
    # Without importing numpy: scalars of all array libraries have `item`, and no dimensions.
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value


def _is_wrong(expected: Any, answer: Any) -> bool | None:
    """Return whether a label is not the expected one; ``None`` if the recorded value is not a label."""
    if isinstance(answer, (float, list, tuple, dict)) or expected is MISSING or isinstance(expected, float):
        return None
    return bool(answer != expected)
