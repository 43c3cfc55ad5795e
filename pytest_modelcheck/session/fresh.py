"""Answers that are made anew, in place of the remembered ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.models.model import Answers, Raw
    from pytest_modelcheck.models.usage import Measured


class FreshAnswers:
    """Answers in place of the remembered ones: the model is asked anew, and nothing of it is kept."""

    claims = None  # what is asked again is not shared

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._given: dict[bytes, Raw] = {}
        self.warn = answers.warn

    def find(self, key: bytes) -> Raw | None:
        """Look up what was answered in this step."""
        return self._given.get(key)

    def add(self, key: bytes | None, value: Any) -> Raw:
        """Take an answer for this step alone."""
        raw = self._answers.add(None, value)
        if key is not None:
            self._given[key] = raw
        return raw

    def measured(self, key: bytes | None, measured: Measured) -> None:
        """Ignore the time of an answer: it says nothing of the one that is remembered."""

    refusal = None
    """Missing answers are called for."""

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Nothing was claimed."""

    def decode(self, raw: Raw) -> Any:
        """Make the answer anew."""
        return self._answers.decode(raw)

    def reload(self) -> None:
        """Ignore the answers of others."""

    def save(self) -> None:
        """Nothing is kept."""
