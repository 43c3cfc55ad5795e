"""From what the engine saw to what is remembered, and back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import encode_plain, excerpt, short
from pytest_modelcheck.engine.view import Recorded
from pytest_modelcheck.errors import OfflineError, UsageError
from pytest_modelcheck.models.model import plain, text_key
from pytest_modelcheck.records import MISSING, CaseRecord, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Answers, Model, Raw
    from pytest_modelcheck.records import Case, Trial

_ABOUT = 80
_DIGEST_BYTES = 8


def address(key: bytes | None) -> str:
    """The digest of a question as it is written into a baseline."""
    return "" if key is None else key[:_DIGEST_BYTES].hex()


def identity(case: Case) -> str:
    """The digest of a case's input; empty for an input without one, which its id alone then stands for."""
    try:
        return _short(case.input)
    except UsageError:
        return ""


def expectation(case: Case) -> str | None:
    """The digest of what is expected of a case, or ``None`` where nothing is."""
    if case.known_failure is not None:
        return short((repr(case.expected), case.known_failure))
    return None if case.expected is MISSING else _short(case.expected)


def _short(value: Any) -> str:
    """The same as ``short``, found faster for what comes again: texts that were asked, labels."""
    if type(value) is str:
        return address(text_key(value))
    return _of_label(value) if type(value) in _LABELS else short(value)


_LABELS = frozenset({int, bool, type(None)})
_of_label = lru_cache(maxsize=1 << 10, typed=True)(short)


def records_of(cases: Iterable[Case], results: Sequence[Result]) -> list[CaseRecord]:
    """One record a case, in the order of the cases; ``results`` are in the order of the trials."""
    found: list[CaseRecord] = []
    upcoming = iter(results)
    result = next(upcoming, None)
    for case in cases:
        trials: list[TrialRecord] = []
        while result is not None and result.trial.case.id == case.id:
            trials.append(_trial_record(result))
            result = next(upcoming, None)
        found.append(_case_record(case, trials))
    return found


def record_of(case: Case, results: Iterable[Result]) -> CaseRecord:
    """The record of one case, of the results of its trials."""
    return _case_record(case, map(_trial_record, results))


def _case_record(case: Case, trials: Iterable[TrialRecord]) -> CaseRecord:
    return CaseRecord(case.id, identity(case), expectation(case), about(case.input), tuple(trials))


def about(value: Any) -> str:
    """The beginning of an input, for people."""
    if type(value) is str and len(value) <= _ABOUT and value.isprintable():
        return value  # as its excerpt would be
    return excerpt(value, _ABOUT)


def _trial_record(result: Result) -> TrialRecord:
    trial = result.trial
    return TrialRecord(
        result.outcome,
        tuple([("" if key is None else key[:_DIGEST_BYTES].hex(), plain(raw)) for key, raw in result.asked]),
        _recorded(result.recorded),
        trial.perturbation,
        trial.variant,
        trial.repeat,
        result.score,
        None if trial.perturbed is MISSING else about(trial.perturbed),
    )


def _recorded(value: Any) -> bytes | None:
    if type(value) is Recorded:
        return value.line
    return None if value is MISSING else encode_plain(value)


class NotRememberedError(OfflineError):
    """A replayed body made a call that the approved version never got."""


class ReplayedAnswers:
    """The approved version's answers, in place of today's: a call that it never got is an error."""

    claims = None

    def __init__(self, answers: Answers, baseline: Mapping[str, CaseRecord]) -> None:
        self._answers = answers
        self._approved = {
            key: raw for case in baseline.values() for trial in case.trials for key, raw in trial.asked
        }
        self._runs = {(case.id, trial.repeat) for case in baseline.values() for trial in case.trials}
        self.warn = answers.warn

    def knows(self, trial: Trial) -> bool:
        """Whether the approved version was run so often."""
        return (trial.case.id, trial.repeat) in self._runs

    def find(self, key: bytes) -> Raw | None:
        """Look an approved answer up."""
        return self._approved.get(address(key))

    @staticmethod
    def refusal(model: Model, x: Any) -> NotRememberedError:  # noqa: ARG004 - as for other refusals
        """The error of a call that the approved version never got."""
        return NotRememberedError()

    def decode(self, raw: Raw) -> Any:
        """Make the answer anew."""
        return self._answers.decode(raw)

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Nothing was claimed."""
