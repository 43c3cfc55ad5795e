"""Runs the tests that are checks.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
import unittest
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Failed

from pytest_modelcheck.models.calling import wraps_async
from pytest_modelcheck.plugin.collecting import MARKED
from pytest_modelcheck.plugin.commands import warn
from pytest_modelcheck.plugin.exceptions import misused, own_part_removed, with_hint
from pytest_modelcheck.plugin.neighbours import disk_in_view, read_ahead
from pytest_modelcheck.plugin.ours import is_ours
from pytest_modelcheck.plugin.specs import marked_spec
from pytest_modelcheck.plugin.state import STATE, state_of, usage
from pytest_modelcheck.plugin.terminal import PROGRESS
from pytest_modelcheck.plugin.warnings import InconclusiveWarning, warn_at
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.outputs import PREFIX
from pytest_modelcheck.reports.terminal import failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.plugin.collecting import Marked
    from pytest_modelcheck.session import Judged


class CheckFailed(Failed):
    """A check failed: its message is the report, and its traceback that of the first body that failed."""


VERDICTS = pytest.StashKey[list["Judged"]]()
"""On an item: the verdicts of its test."""

ATTACHED = pytest.StashKey[int]()
"""On an item: the number of verdicts that are attached to its reports."""

ATTEMPTS = pytest.StashKey[int]()
"""On an item: the number of its set-ups."""

DECORATED = pytest.StashKey[bool]()
"""On an item: whether a plain decorator wraps its ``async def``, so that no other plugin awaits it."""

FATAL = pytest.StashKey[list["Judged"]]()
"""On an item: the verdicts that fail it."""


@contextmanager
def prepared(item: pytest.Item) -> Iterator[None]:
    """Prepare a check before its fixtures are set up, some of which may run checks themselves."""
    item.stash[VERDICTS], item.stash[FATAL], item.stash[ATTACHED] = [], [], 0
    item.stash[ATTEMPTS] = item.stash.get(ATTEMPTS, 0) + 1
    if isinstance(item, pytest.Function) and is_ours(item):
        read_ahead(item)
    # Of a run before this one, where somebody runs tests again.
    set_properties(item, [])
    try:
        yield
    except pytest.FixtureLookupError as error:
        advice = misused(error)
        if advice is None:
            raise
        raise pytest.fail.Exception(advice, pytrace=False) from None


def set_properties(item: pytest.Item, found: Sequence[tuple[str, str]]) -> None:
    """Set the JUnit properties of a test to the results of its checks."""
    others = [each for each in item.user_properties if not each[0].startswith(PREFIX)]
    item.user_properties[:] = [*others, *found]


@contextmanager
def staged(item: pytest.Item) -> Iterator[None]:
    """The context in which the body of a check runs."""
    state = item.config.stash.get(STATE, None)
    if state is None or not isinstance(item, pytest.Function):
        yield
        return
    marked, own = item.stash.get(MARKED, None), item.obj
    if marked is not None:
        warn(item, marked, state.settings.lint_ignore)
    router = state.session.router
    item.stash[DECORATED] = wraps_async(item.obj)
    # In a synchronous test, an `async` model is awaited for the body; in an `async` test, by the body.
    router.awaited = inspect.iscoroutinefunction(item.obj) or item.stash[DECORATED]
    if marked is not None and router.awaited and not item.stash[DECORATED]:
        # A plugin such as pytest-asyncio awaits the test function. It gets one that runs all cases, on its
        # loop.
        item.obj = _all_cases(item, marked)
    try:
        try:
            yield
        except (pytest.skip.Exception, unittest.SkipTest):
            fail_if_any(item)  # a failed check fails its test, even if the test is skipped afterwards
            raise
        fail_if_any(item)
    except (AttributeError, ValueError, RuntimeError) as error:
        with_hint(error)
        raise
    finally:
        if PROGRESS in item.stash:
            item.stash[PROGRESS].clear()
        router.awaited = False
        if item.obj is not own:
            item.obj = own
        with disk_in_view():
            state.session.switchboard.save()


@contextmanager
def cleared(item: pytest.Item) -> Iterator[None]:
    """Let a check that a fixture runs during teardown fail its test; emit the warnings of the run.

    They come last: as errors, which a filter may make of them, they would hide how the test itself failed.
    """
    before = len(item.stash.get(FATAL, []))
    try:
        yield
        fail_if_any(item, before)
    except BaseException:
        with suppress(pytest.fail.Exception):
            _warn(item)
        raise
    _warn(item)


def _warn(item: pytest.Item) -> None:
    if STATE in item.config.stash and isinstance(item, pytest.Function):
        item.config.stash[STATE].warn(item)


def run_check(item: pytest.Function) -> bool | None:
    """Run a check; returns whether it ran: not for ordinary tests, or if another plugin runs ``async`` tests.

    An ``async`` test has been replaced by a function that runs all its cases (see :func:`staged`).
    pytest-asyncio or anyio call that function on their loop; without them, we do.
    """
    marked = item.stash.get(MARKED, None)
    if marked is None:
        return None
    session = state_of(item.session).session
    if not session.router.awaited or item.stash[DECORATED]:
        with usage(CheckFailed), disk_in_view():
            conclude(item, session.run(marked_spec(item, marked)))
        return True
    # anyio's plugin, or another one, has the next turn.
    if not inspect.iscoroutinefunction(item.obj) or item.get_closest_marker("anyio") is not None:
        return None
    import asyncio

    # No plugin for `async` tests is installed, or none has taken this one.
    asyncio.run(item.obj())
    return True


def _all_cases(item: pytest.Function, marked: Marked) -> Any:
    one_case = item.obj

    @wraps(one_case)
    async def all_cases(**_arguments: Any) -> None:
        item.obj = one_case
        with usage(CheckFailed), disk_in_view():
            session = state_of(item.session).session
            conclude(item, await session.run_async(marked_spec(item, marked)))

    return all_cases


def conclude(item: pytest.Function, judged: Judged, *, fatal: bool = True) -> None:
    """Store a verdict with its test, which it fails if it is ``fatal``; warn if it is inconclusive."""
    if state_of(item.session).session.mutated is not None:
        return  # it says how the answers do as they are stored, which the run before has said
    item.stash[VERDICTS].append(judged)
    if fatal and judged.verdict.failed:
        item.stash[FATAL].append(judged)
    if judged.verdict.status is Status.INCONCLUSIVE:
        reveals = "" if judged.verdict.reveals is None else f" ({judged.verdict.reveals})"
        text = f"{item.nodeid}: {judged.verdict.headline}{reveals}"
        warn_at(item, InconclusiveWarning(text))


def fail_if_any(item: pytest.Item, after: int = 0) -> None:
    """Fail a test if one of its verdicts failed it, after that many which have done so already."""
    failed = item.stash.get(FATAL, [])[after:]
    if not failed:
        return
    text = "\n\n".join(failure(judged.verdict) for judged in failed)
    first = failed[0].first_failure
    traceback = None if first is None else own_part_removed(first.__traceback__)
    # With the traceback of the first failing body, so that `--pdb` stops there.
    raise CheckFailed(text, pytrace=False).with_traceback(traceback)
