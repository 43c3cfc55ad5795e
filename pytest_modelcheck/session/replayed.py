"""Answers that replace the cached ones for a step: the approved version's, or new ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import CALL_BYTES, of_repeat
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.session.lines import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_modelcheck.models.model import Answers, Model, Raw
    from pytest_modelcheck.models.usage import Measured
    from pytest_modelcheck.records import CaseResult, Trial


class NeverAnsweredError(OfflineError):
    """A replayed body made a call that the approved version never answered."""


class StandIn:
    """Answers in place of the cached ones of a model, which are not shared with other processes."""

    claims = None
    refusal: Callable[[Model, Any], OfflineError] | None = None
    """Makes the error of a missing answer; ``None`` if the model is called for it."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.warn = answers.warn
        self.decode = answers.decode

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Do nothing: no call was claimed."""


class ReplayedAnswers(StandIn):
    """The approved version's answers; any other call is an error."""

    def __init__(self, answers: Answers, baseline: Mapping[str, CaseResult]) -> None:
        super().__init__(answers)
        self._approved: dict[bytes, Raw] = {}
        self._runs: set[tuple[str, int]] = set()
        # Case by case: parsed results of a million cases must not be held together.
        for case in baseline.values():
            for trial in case.trials:
                self._runs.add((case.id, trial.repeat))
                self._approved.update(zip(keys_of(trial), (raw for _, raw in trial.calls), strict=True))
        self._repeats = {repeat for _, repeat in self._runs} - {0}

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
    def refusal(model: Model, x: Any) -> NeverAnsweredError:  # noqa: ARG004 - as for other refusals
        """The error of a call that the approved version never answered."""
        return NeverAnsweredError()


class FreshAnswers(StandIn):
    """New answers, which are stored for one step only."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self._given: dict[bytes, Raw] = {}

    def find(self, key: bytes) -> Raw | None:
        """Find an answer of this step."""
        return self._given.get(key)

    def add(self, key: bytes | None, value: Any) -> Raw:
        """Store an answer for this step only."""
        # Without a key: encoded and checked as usual, and not stored.
        raw = self.answers.add(None, value)
        if key is not None:
            self._given[key] = raw
        return raw

    def measured(self, key: bytes | None, measured: Measured) -> None:
        """Ignore the time of an answer: it does not belong to the cached one."""

    def reload(self) -> None:
        """Do nothing: answers of other processes are not used."""

    def save(self) -> None:
        """Do nothing: answers are not stored."""
