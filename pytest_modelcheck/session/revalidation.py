"""Revalidation: verifies cached answers by new calls.

A provider may change the model behind a version without notice, which a cache would hide.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import same, why_unkept
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.replayed import FreshAnswers
from pytest_modelcheck.stats.rates import odd_one_out_p

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.nights import Watch

    Known = dict[bytes, Raw]

LIMIT = "revalidation"
_REFRESH = "see its current answers with --modelcheck-cache=refresh"


class CachedTrials:
    """Collects a sample of the trials whose answers were all cached before this run.

    Args:
        model: The judged model.
        wanted: The number of answers to verify.
        night: The night, if each night takes another sample.
    """

    def __init__(self, model: Model, wanted: int, night: int = 0) -> None:
        self._was_cached = model.answers.was_cached
        self._wanted = wanted
        self._salt = str(night).encode() if night else b""
        self._found: dict[bytes, tuple[Trial, Known]] = {}

    def take(self, results: Iterable[Result]) -> None:
        """Receive the results of some trials."""
        for result in results:
            known = {key: raw for key, raw in result.asked if key is not None and self._was_cached(key)}
            if known and all(key in known for key, _ in result.asked):
                lot = hashlib.sha256(self._salt + b"".join(known)).digest()
                self._found.setdefault(lot, (result.trial, known))
        for lot in sorted(self._found)[2 * self._wanted :]:
            del self._found[lot]

    def sample(self) -> tuple[Known, list[Trial]]:
        """Trials with enough answers, in an order independent of that of the cases."""
        old: Known = {}
        trials: list[Trial] = []
        for lot in sorted(self._found):
            trial, known = self._found[lot]
            if len(old) >= self._wanted:
                break
            # Trials share calls. One that adds no new call would be paid for and verify nothing.
            if known.keys() - old.keys():
                old |= known
                trials.append(trial)
        return old, trials


def cached_of(check: Check, approved: Approved) -> CachedTrials:
    """Return the collector of trials for revalidation, if that is on."""
    watch = _watch(check, approved)
    return CachedTrials(check.subject, check.places.revalidate, 0 if watch is None else watch.night)


def _watch(check: Check, approved: Approved) -> Watch | None:
    if check.nights is None:
        return None
    from pytest_modelcheck.session.nights import ANSWERS, watch_of

    return watch_of(check, approved, ANSWERS)


def revalidate(check: Check, cached: CachedTrials, approved: Approved) -> Steps[tuple[Finding, ...]]:
    """Repeat the calls of a sample of cached answers, and repeat them a second time if any differs.

    Over nights, always twice: the number of calls must not depend on the answers.
    """
    watch = _watch(check, approved)
    old, trials = cached.sample()
    if not trials:
        return (_finding(f"{check.subject.label} has no cached answer to verify"),)
    rounds: list[Known] = []
    for _ in range(2):
        fresh = FreshAnswers(check.subject.answers)
        run = yield Step(check.work(approved.answer), trials, replay=fresh, slots=check.slots)
        broken = next((result for result in run.results if result.outcome is Outcome.ERROR), None)
        if broken is not None:
            text = f"{check.subject.label} could not be called again: {one_line(broken)}"
            return (_finding(text, Status.FAILED),)
        rounds.append({key: raw for result in run.results for key, raw in result.asked if key is not None})
        # The second round tells a changed model from one that varies. Without a difference it is not
        # needed.
        if watch is None and all(_same(raw, rounds[0].get(key)) for key, raw in old.items()):
            break
    if watch is not None:
        from pytest_modelcheck.session.nights import judge_answers

        return (judge_answers(check, watch, old, rounds),)
    return (_judged(check, old, rounds),)


def _same(one: Raw, two: Raw | None) -> bool:
    """Return whether two answers are the same; a call that was not repeated counts as the same."""
    if two is None or why_unkept(plain(one)) is not None:
        return True  # nothing is known of it
    return same(plain(one), plain(two))


def _judged(check: Check, old: Known, rounds: Sequence[Known]) -> Finding:
    first, second = rounds[0], rounds[-1]
    keys = [key for key in old if key in first and key in second]
    if not keys:
        return _finding(
            f"none of {plural(len(old), 'cached answer')} of {check.subject.label} was called again, so "
            "it is unknown whether they still hold: does the test ask something different each time?",
            Status.FAILED,
        )
    differ = sum(not _same(old[key], first[key]) for key in keys)
    if not differ:
        return _finding(
            f"{plural(len(keys), 'cached answer')} of {check.subject.label} verified: all the same"
        )
    label = check.subject.label
    text = f"{label} no longer answers as it did: {differ} of {len(keys)} cached answers differ"
    unstable = sum(not _same(first[key], second[key]) for key in keys)
    if not unstable:
        return _finding(f"{text}; {_REFRESH}", Status.FAILED)
    # Of three answers by one unchanged model, each is the odd one equally often. Cached ones that are odd
    # too often betray a change.
    odd = [key for key in keys if _has_odd_one(old[key], first[key], second[key])]
    cached = sum(_same(first[key], second[key]) for key in odd)
    p = odd_one_out_p(cached, len(odd))
    noise = f"the model does not repeat {unstable} of them itself"
    if p <= check.spec.limits.false_fail_rate:
        return _finding(f"{text}, and {noise}; {_REFRESH}", Status.FAILED, p)
    summary = f"{differ} of {len(keys)} cached answers of {check.subject.label} differ, but {noise}"
    return _finding(summary, p_value=p)


def _has_odd_one(one: Raw, two: Raw, three: Raw) -> bool:
    """Return whether exactly one of three answers differs from the other two."""
    return [_same(one, two), _same(one, three), _same(two, three)].count(True) == 1


def _finding(summary: str, status: Status = Status.PASSED, p_value: float | None = None) -> Finding:
    return Finding(LIMIT, status, summary, p_value=p_value)
