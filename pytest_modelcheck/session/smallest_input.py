"""The smallest input that fails: for cases that a strategy gave.

The shrinker of Hypothesis asks about one candidate after the other, and each runs the test itself. It knows
the strategy, so that what it finds is an input like all others.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import MISSING, Outcome, Smallest, Trial
from pytest_modelcheck.reports.selection import shown_answer
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.smallest_change import MOST_SECONDS, may_shrink, why_broken

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_modelcheck.engine.result import Result
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.explain import Explained
    from pytest_modelcheck.session.found import Judgement

_WIDTH = 200


def shrink_input(check: Check, judgement: Judgement, explained: Explained) -> Steps[Explained]:
    """Make the shortest of the failing inputs that are shown smaller."""
    spec = check.spec
    failed = [
        (len(excerpt(result.trial.case.input, 1 << 20)), place, result)
        for place, result in enumerate(explained.read)
        if result is not None and result.trial.perturbed is MISSING
    ]
    if spec.smaller is None or not failed or not may_shrink(check, judgement):
        return explained
    _, place, first = min(failed, key=lambda one: one[:2])
    search = spec.smaller(first.trial.case)
    if search is None:
        return explained
    start = check.asked
    found, stopped = yield from _hunt(check, judgement, search)
    asked, remarks, shown = check.asked - start, list(explained.remarks), list(explained.shown)
    if asked:
        remarks.append(f"the smallest input took {plural(asked, 'further call')}")
    if stopped is not None:
        remarks.append(f"the search for the smallest input stopped {stopped}")
    if found is not None:
        smallest = _smallest(check.subject.answers.decode, found, complete=stopped is None)
        shown[place] = replace(shown[place], smallest=smallest)
    return replace(explained, shown=tuple(shown), remarks=tuple(remarks))


def _hunt(
    check: Check, judgement: Judgement, search: Generator[Case, bool, None]
) -> Steps[tuple[Result | None, str | None]]:
    """The last candidate that fails, and why the search stopped before it came to its end."""
    budget, deadline = check.spec.shrink_calls, time.monotonic() + MOST_SECONDS
    work, start = check.work(judgement.approved.answer), check.asked
    found: Result | None = None
    candidate, stopped = _next(search, None)
    while candidate is not None and stopped is None:
        smaller = candidate if candidate.id else replace(candidate, id="smaller")
        run = yield Step(work, [Trial(judgement.ran.results.size, smaller)], slots=check.slots)
        (result,) = run.results
        fails = result.outcome is Outcome.FAILED
        found = result if fails else found
        if result.outcome is Outcome.ERROR:
            stopped = why_broken(result)
        elif check.asked - start >= budget:
            stopped = f"at its budget of {budget} calls"
        elif time.monotonic() > deadline:
            stopped = f"after {MOST_SECONDS:.0f} seconds"
        else:
            candidate, stopped = _next(search, fails)
    search.close()
    return found, stopped


def _next(search: Generator[Case, bool, None], fails: bool | None) -> tuple[Case | None, str | None]:
    """The next candidate, or why there is none; there is no reason where the search has ended."""
    try:
        return (next(search) if fails is None else search.send(fails)), None
    except StopIteration:
        return None, None
    except Exception as error:  # noqa: BLE001 - a strategy that breaks here must not hide the verdict
        return None, f"where the strategy broke ({type(error).__name__}: {error})"


def _smallest(decode: Callable[[Raw], Any], result: Result, *, complete: bool) -> Smallest:
    got = shown_answer(plain(result.asked[0][1]), decode) if result.asked else None
    value = result.trial.case.input
    text = excerpt(value, _WIDTH)
    return Smallest(f'"{text}"' if isinstance(value, str) else text, 0, got, complete=complete)
