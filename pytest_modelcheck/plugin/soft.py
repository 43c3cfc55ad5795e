"""Soft assertions: failures that a plugin collects while the body goes on, and reports at the test's end.

A test of ours is many bodies, and each answers for its own failures. So they are taken from the plugin when a
body has ended, and raised there.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.engine.view import CaseView


class SoftAssertionError(AssertionError):
    """What a body has failed softly."""


def honouring(body: Callable[[CaseView], Any]) -> Callable[[CaseView], Any]:
    """The same body, failing where pytest-check or pytest-assume collected a failure in it.

    The body itself, where neither plugin is there.
    """
    takers = [take for name, take in _TAKERS.items() if name in sys.modules]
    if not takers:
        return body

    def hard(view: CaseView) -> Any:
        with _raising(takers):
            return body(view)

    async def hard_when_awaited(view: CaseView) -> Any:
        with _raising(takers):
            return await body(view)

    return hard_when_awaited if inspect.iscoroutinefunction(body) else hard


@contextmanager
def _raising(takers: list[Callable[[int], list[str]]]) -> Iterator[None]:
    before = [len(take(sys.maxsize)) for take in takers]
    try:
        yield
    except BaseException:
        for take, known in zip(takers, before, strict=True):
            take(known)
        raise
    found = [text for take, known in zip(takers, before, strict=True) for text in take(known)]
    if found:
        raise SoftAssertionError("\n".join(found))


def _from_pytest_check(known: int) -> list[str]:
    """Take away every failure but the first ``known`` ones; with more than there are, only list them."""
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
    """The same, for the other plugin."""
    from pytest_assume import plugin

    failures = plugin._FAILED_ASSUMPTIONS  # noqa: SLF001 - there is no other way
    found = [str(each.repr()) for each in failures]
    if known > len(failures):
        return found
    del failures[known:]
    return found[known:]


_TAKERS: dict[str, Callable[[int], list[str]]] = {
    "pytest_check.check_log": _from_pytest_check,
    "pytest_assume.plugin": _from_pytest_assume,
}
