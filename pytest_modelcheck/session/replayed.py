"""Answers that replace the cached ones for a step: the approved version's, or new ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import CALL_BYTES, of_repeat
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.session.lines import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_modelcheck.models.model import Answers, Model, Raw
    from pytest_modelcheck.models.usage import Measured
    from pytest_modelcheck.records import CaseResult, Trial


class NotRememberedError(OfflineError):
    """A replayed body made a call that the approved version never answered."""


class ReplayedAnswers:
    """The approved version's answers; any other call is an error."""

    claims = None

    def __init__(self, answers: Answers, baseline: Mapping[str, CaseResult]) -> None:
        self._answers = answers
        self._approved = {
            key: raw
            for case in baseline.values()
            for trial in case.trials
            for key, (_, raw) in zip(keys_of(trial), trial.asked, strict=True)
        }
        self._repeats = {trial.repeat for case in baseline.values() for trial in case.trials} - {0}
        self._runs = {(case.id, trial.repeat) for case in baseline.values() for trial in case.trials}
        self.warn = answers.warn

    def knows(self, trial: Trial) -> bool:
        """Return whether the approved version has this many runs."""
        return (trial.case.id, trial.repeat) in self._runs

    def find(self, key: bytes) -> Raw | None:
        """Look an approved answer up."""
        found = self._approved.get(key)
        # A key that belongs to another repeat must not get the first one's answer.
        if found is None and all(of_repeat(key, repeat) != key for repeat in self._repeats):
            found = self._approved.get(key[:CALL_BYTES])  # of the first repeat, the call alone is recorded
        return found

    @staticmethod
    def refusal(model: Model, x: Any) -> NotRememberedError:  # noqa: ARG004 - as for other refusals
        """The error of a call that the approved version never answered."""
        return NotRememberedError()

    def decode(self, raw: Raw) -> Any:
        """Decode the answer."""
        return self._answers.decode(raw)

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Do nothing: no call was claimed."""


class FreshAnswers:
    """New answers in place of cached ones, which are not stored."""

    claims = None  # what is asked again is not shared

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._given: dict[bytes, Raw] = {}
        self.warn = answers.warn

    def find(self, key: bytes) -> Raw | None:
        """Find an answer of this step."""
        return self._given.get(key)

    def add(self, key: bytes | None, value: Any) -> Raw:
        """Store an answer for this step only."""
        # Without a key: encoded and checked as usual, and not stored.
        raw = self._answers.add(None, value)
        if key is not None:
            self._given[key] = raw
        return raw

    def measured(self, key: bytes | None, measured: Measured) -> None:
        """Ignore the time of an answer: it does not belong to the cached one."""

    refusal = None
    """Missing answers are called for."""

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Do nothing: no call was claimed."""

    def decode(self, raw: Raw) -> Any:
        """Decode the answer."""
        return self._answers.decode(raw)

    def reload(self) -> None:
        """Do nothing: answers of other processes are not used."""

    def save(self) -> None:
        """Do nothing: answers are not stored."""
