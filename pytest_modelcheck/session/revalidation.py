"""Asking again what is remembered: does the version still answer as it did?

A provider may change the model behind a version without a word, and a cache would hide it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import same
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.steps import Step
from pytest_modelcheck.stats.rates import odd_one_out_p

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Answers, Raw
    from pytest_modelcheck.models.usage import Measured
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps

    Known = dict[bytes, Raw]

LIMIT = "revalidation"
_REFRESH = "see what it does now with --modelcheck-cache=refresh"


class FreshAnswers:
    """Answers in place of the remembered ones: the model is asked anew, and nothing of it is kept."""

    claims = None  # what is asked again is not shared

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._given: Known = {}
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
        """How long it took says nothing of the answer that is remembered."""

    refusal = None
    """Whatever is missing is called for."""

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Nothing was claimed."""

    def decode(self, raw: Raw) -> Any:
        """Make the answer anew."""
        return self._answers.decode(raw)

    def reload(self) -> None:
        """What others have answered is not asked for."""

    def save(self) -> None:
        """Nothing is kept."""


def revalidate(inquiry: Inquiry) -> Steps:
    """Ask a sample of the remembered answers again, once, and where any differs a second time."""
    wanted = inquiry.session.places.revalidate
    if not wanted:
        return
    old, trials = _sample(inquiry, wanted)
    if not trials:
        inquiry.evidence.revalidated = (_finding(f"nothing is remembered of {_label(inquiry)} to ask again"),)
        return
    yield from _ask_again(inquiry, old, trials)


def _ask_again(inquiry: Inquiry, old: Known, trials: Sequence[Trial]) -> Steps:
    rounds: list[Known] = []
    for _ in range(2):
        fresh = FreshAnswers(inquiry.subject.answers)
        run = yield Step(inquiry.work(), trials, replay=fresh, slots=inquiry.slots)
        broken = next((result for result in run.results if result.outcome is Outcome.ERROR), None)
        if broken is not None:
            inquiry.evidence.revalidated = (_broken(inquiry, broken),)
            return
        rounds.append(_answers_in(run.results))
        if _same_everywhere(old, rounds[0]):
            break
    inquiry.evidence.revalidated = (_judged(inquiry, old, rounds),)


def _sample(inquiry: Inquiry, wanted: int) -> tuple[Known, list[Trial]]:
    """Trials whose answers were all remembered before this run, until they make up enough answers."""
    remembered = inquiry.subject.answers.was_remembered
    found = [
        result
        for result in inquiry.evidence.results
        if result.asked and all(key is not None and remembered(key) for key, _ in result.asked)
    ]
    found.sort(key=_shuffled)
    old: Known = {}
    trials: list[Trial] = []
    for result in found:
        if len(old) >= wanted:
            break
        fresh = {key: raw for key, raw in result.asked if key is not None and key not in old}
        if fresh:
            old |= fresh
            trials.append(result.trial)
    return old, trials


def _shuffled(result: Result) -> bytes:
    """An order that has nothing to do with that of the cases, and is the same every time."""
    return hashlib.sha256(b"".join(key or b"" for key, _ in result.asked)).digest()


def _answers_in(results: Iterable[Result]) -> Known:
    return {key: raw for result in results for key, raw in result.asked if key is not None}


def _same_everywhere(old: Known, new: Known) -> bool:
    return all(_same(raw, new.get(key)) for key, raw in old.items())


def _same(one: Raw, two: Raw | None) -> bool:
    """Whether two answers are the same; a question that was not asked again tells nothing."""
    return two is None or same(plain(one), plain(two))


def _judged(inquiry: Inquiry, old: Known, rounds: Sequence[Known]) -> Finding:
    first, second = rounds[0], rounds[-1]
    asked = [key for key in old if key in first and key in second]
    if not asked:
        return _finding(
            f"none of {plural(len(old), 'remembered answer')} of {_label(inquiry)} was asked again, so that "
            "nothing tells whether they still hold: does the test ask something else each time?",
            Status.FAILED,
        )
    differ = sum(not _same(old[key], first[key]) for key in asked)
    if not differ:
        return _finding(
            f"{plural(len(asked), 'remembered answer')} of {_label(inquiry)} asked again: all the same"
        )
    told = (
        f"{_label(inquiry)} no longer answers as it did: {differ} of {len(asked)} remembered answers differ"
    )
    unstable = sum(not _same(first[key], second[key]) for key in asked)
    if not unstable:
        return _finding(f"{told}; {_REFRESH}", Status.FAILED)
    odd = [key for key in asked if _has_odd_one(old[key], first[key], second[key])]
    remembered = sum(_same(first[key], second[key]) for key in odd)
    p = odd_one_out_p(remembered, len(odd))
    noise = f"the model itself does not repeat {unstable} of them"
    if p <= inquiry.spec.limits.false_fail_rate:
        return _finding(f"{told}, and {noise}; {_REFRESH}", Status.FAILED, p)
    summary = f"{differ} of {len(asked)} remembered answers of {_label(inquiry)} differ, but {noise}"
    return _finding(summary, p_value=p)


def _has_odd_one(one: Raw, two: Raw, three: Raw) -> bool:
    """Whether exactly one of three answers differs from the other two."""
    return [_same(one, two), _same(one, three), _same(two, three)].count(True) == 1


def _broken(inquiry: Inquiry, result: Result) -> Finding:
    kind = "error" if result.error is None else type(result.error).__name__
    line = (result.message or "").strip().partition("\n")[0]
    return _finding(f"{_label(inquiry)} could not be asked again: {kind}: {line}", Status.FAILED)


def _finding(summary: str, status: Status = Status.PASSED, p_value: float | None = None) -> Finding:
    return Finding(LIMIT, status, summary, p_value=p_value)


def _label(inquiry: Inquiry) -> str:
    return inquiry.subject.label
