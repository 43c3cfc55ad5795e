"""Compares answers with the approved shape.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import is_kept, why_unkept
from pytest_modelcheck.checks.contract import broken, shape_of
from pytest_modelcheck.session.lines import trial_result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.checks.contract import Shape
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check


def with_contract(check: Check, approved: Approved) -> Check:
    """The check with the approved shape for its answers, if one is approved.

    A baseline that was approved before the check had this limit has no shape in its header: then it is
    computed from its answers.
    """
    baseline = approved.baseline
    # An update approves the new shape, so the old one must not fail it.
    if baseline is None or check.places.update:
        return check
    shape = baseline.header.shape or answered_shape(approved.values(), check.subject)

    def contract(result: Result) -> str | None:
        lines = _answers(trial_result(result))
        unkept = (f"its shape is unknown: {why}" for line in lines if (why := why_unkept(line)) is not None)
        clauses = (clause for line in lines if is_kept(line) for clause in broken(shape, line))
        return "; ".join(dict.fromkeys(chain(unkept, clauses))) or None

    return replace(check, contract=contract)


def answered_shape(cases: Iterable[CaseResult], model: Model) -> Shape:
    """The union of the shapes of all answers."""
    lines = (line for case in cases for trial in case.trials for line in _answers(trial))
    return shape_of(filter(is_kept, lines), model.answers.decode)


def _answers(trial: TrialResult) -> Sequence[bytes]:
    """Return the recorded value of a trial, else all answers of the judged model."""
    return [answer for _, answer in trial.asked] if trial.recorded is None else [trial.recorded]
