"""Checks on levels: the body scores one level at a time, and the levels of a case are judged together.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.records import GIVEN, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import Trial


_FALLEN = {Outcome.PASSED: Outcome.FAILED, Outcome.XPASSED: Outcome.XFAILED}


class NoScoreError(Exception):
    """A body ended without a score, which a check on levels needs."""


def settle(results: Iterable[Result]) -> None:
    """Fail each level at which the score falls below that of the level before, in the same run of the case.

    A level that passed without a score is an error.
    """
    before: dict[tuple[int, int], Result] = {}
    for result in results:
        trial = result.trial
        if result.outcome not in _FALLEN:
            result.score = None  # the body failed by itself: what it said before says nothing
            continue
        if result.score is None:
            result.outcome = Outcome.ERROR
            result.error = NoScoreError(f"the body gave no score() at level {_name(trial)}")
            result.message = str(result.error)
            continue
        # By identity: settle sees the trials of one case object, and hashing its input could be slow or
        # impossible.
        key = (id(trial.case), trial.repeat)
        last = before.get(key)
        before[key] = result
        if last is None or last.score is None:
            continue
        # The last bits of a float are noise: the composition of a batch alone moves them.
        if result.score < last.score - 1e-6 * abs(last.score):
            result.outcome = _FALLEN[result.outcome]
            result.message = (
                f"the score falls from {last.score:.3g} ({_name(last.trial)}) to {result.score:.3g}"
            )


def _name(trial: Trial) -> str:
    name = trial.perturbation or ""
    return f"{name} {trial.variant + 1}" if name == GIVEN else name
