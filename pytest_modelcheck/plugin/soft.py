"""Failures that appear when a body has ended: soft assertions of other plugins, and ``max_steps=``.

pytest-check and pytest-assume collect failures during a test, and report them at its end. A check runs many
bodies, and each has its own failures. So these are taken from the plugin after each body, and raised there.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.view import result_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.model import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.engine.view import CaseView

    Taker = Callable[[int], list[str]]


class SoftAssertionError(AssertionError):
    """Soft assertions of a body that failed."""


def honouring(body: Callable[[CaseView], Any]) -> Callable[[CaseView], Any]:
    """Wrap a body so that it fails if pytest-check or pytest-assume collected a failure in it.

    Returns the body itself if neither plugin is active.
    """
    # Not imported: only a test that uses such a plugin has loaded it.
    takers = [take for name, take in _TAKERS.items() if name in sys.modules]
    if not takers:
        return body

    def hard(view: CaseView) -> Any:
        before = _counted(takers)
        try:
            returned = body(view)
        except BaseException:
            _taken(takers, before)
            raise
        _raise_any(takers, before)
        return returned

    async def hard_when_awaited(view: CaseView) -> Any:
        before = _counted(takers)
        try:
            returned = await body(view)
        except BaseException:
            _taken(takers, before)
            raise
        _raise_any(takers, before)
        return returned

    return hard_when_awaited if inspect.iscoroutinefunction(body) else hard


def _counted(takers: list[Taker]) -> list[int]:
    """Count the failures that each plugin collected before a body."""
    return [len(take(sys.maxsize)) for take in takers]


def _taken(takers: list[Taker], before: list[int]) -> list[str]:
    """Remove and return those of the body."""
    return [text for take, known in zip(takers, before, strict=True) for text in take(known)]


def _raise_any(takers: list[Taker], before: list[int]) -> None:
    found = _taken(takers, before)
    if found:
        raise SoftAssertionError("\n".join(found))


def _from_pytest_check(known: int) -> list[str]:
    """Remove and return all failures after the first ``known`` ones."""
    from pytest_check import check_log

    failures = list(check_log.get_failures())
    if known > len(failures):
        return failures
    if len(failures) > known:
        check_log.clear_failures()
        for text in failures[:known]:
            check_log.log_failure(text)
    return failures[known:]


def _from_pytest_assume(known: int) -> list[str]:
    """The same for pytest-assume."""
    from pytest_assume import plugin

    failures = plugin._FAILED_ASSUMPTIONS  # noqa: SLF001 - there is no other way
    found = [str(each.repr()) for each in failures]
    if known > len(failures):
        return found
    del failures[known:]
    return found[known:]


_TAKERS: dict[str, Taker] = {
    "pytest_check.check_log": _from_pytest_check,
    "pytest_assume.plugin": _from_pytest_assume,
}


def within(body: Callable[[CaseView], Any], most: int) -> Callable[[CaseView], Any]:
    """Wrap a body so that it fails if the agent took more than ``most`` steps."""

    def limited(view: CaseView) -> Any:
        returned = body(view)
        _refuse_more(view, most)
        return returned

    async def limited_when_awaited(view: CaseView) -> Any:
        returned = await body(view)
        _refuse_more(view, most)
        return returned

    return limited_when_awaited if inspect.iscoroutinefunction(body) else limited


def _refuse_more(view: CaseView, most: int) -> None:
    from pytest_modelcheck.reports.transcript import trajectory_in
    from pytest_modelcheck.trajectories.trajectory import Trajectory

    result = result_of(view)
    answers = [result.recorded, *(trajectory_in(plain(raw)) for _, raw in (*result.asked, *result.foreign))]
    steps = [one.steps for one in answers if isinstance(one, Trajectory)]
    if not steps and (result.asked or result.foreign):
        raise UsageError(
            f"max_steps={most} counts steps of an agent, and no answer is a trajectory: let the model answer "
            "with Trajectory.of(...), or case.record(...) the one that the body has made"
        )
    longest = max(steps, default=0)
    if longest > most:
        raise AssertionError(f"the agent took {longest} steps, at most {most} allowed (max_steps)")
