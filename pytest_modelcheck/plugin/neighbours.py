"""Other plugins around a body: fake file systems, and soft assertions.

A fixture of pyfakefs replaces the disk; the plugin's own files stay out of its reach. pytest-check and
pytest-assume collect failures during a test, and report them at its end. A check runs many bodies, and each
has its own failures. So these are taken from the plugin after each body, and raised there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.engine.view import result_of
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.plugin.collecting import MARKED, check_id
from pytest_modelcheck.plugin.ours import fixture_definitions
from pytest_modelcheck.plugin.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from _pytest.outcomes import Failed

    from pytest_modelcheck.engine.view import CaseView

    Taker = Callable[[int], list[str]]


_PYFAKEFS: Final = "pyfakefs.fake_filesystem_unittest"
_REAL: Final = ("pytest_modelcheck", "diskcache")
"""Packages that still see the real disk."""


def read_ahead(item: pytest.Function) -> None:
    """Read the baseline of a check before the fixtures of its test are set up.

    A file that cannot be read becomes an error when the check runs.
    """
    if _PYFAKEFS in sys.modules:
        fixtures = [each[-1].func for each in fixture_definitions(item).values() if each]
        if any(function.__module__.startswith("pyfakefs") for function in fixtures):
            _see_the_disk()
    marked = item.stash.get(MARKED, None)
    if marked is None:
        return
    model, state = marked.definition.name, state_of(item.session)
    state.session.store.read_ahead(model, check_id(item), state.versions.of(model))
    # A fixture such as pyfakefs hides the case file, so it is read before fixtures are set up.
    if marked.request.cases is not None:
        try:
            len(marked.request.cases)
        except ModelcheckError:
            return  # as it will be again, where the check says what is wrong


@contextmanager
def disk_in_view() -> Iterator[None]:
    """Give the plugin's code the real disk while a fixture has replaced it by a fake file system."""
    fake = _active()
    if fake is None:
        yield
        return
    fake.pause()
    try:
        yield
    finally:
        fake.resume()


@contextmanager
def guarded(failure: type[Failed] = pytest.fail.Exception) -> Iterator[None]:
    """Run code of the plugin within a test: on the real disk, and failing without our traceback."""
    with disk_in_view():
        try:
            yield
        except ModelcheckError as error:
            raise failure(str(error), pytrace=False) from None


def around(
    body: Callable[[CaseView], Any], context: Callable[[CaseView], AbstractContextManager[None]]
) -> Callable[[CaseView], Any]:
    """Wrap a body, synchronous or not, so that it runs each case in a context of its own."""

    def within(view: CaseView) -> Any:
        with context(view):
            return body(view)

    async def within_when_awaited(view: CaseView) -> Any:
        with context(view):
            return await body(view)

    return within_when_awaited if inspect.iscoroutinefunction(body) else within


def seeing_what_it_should(body: Callable[[CaseView], Any]) -> Callable[[CaseView], Any]:
    """The same body with the fake file system of its test; the body itself if there is none."""
    fake = _active()
    if fake is None:
        return body

    @contextmanager
    def faked(_: CaseView) -> Iterator[None]:
        fake.resume()
        try:
            yield
        finally:
            fake.pause()

    return around(body, faked)


def _active() -> Any:
    """The active fake file system, or ``None``."""
    module = sys.modules.get(_PYFAKEFS)
    return None if module is None or not module.Patcher.REF_COUNT else module.Patcher.PATCHER


def _see_the_disk() -> None:
    """Make pyfakefs skip our modules, which must all be imported before it patches modules."""
    from pyfakefs.fake_filesystem_unittest import Patcher

    import pytest_modelcheck

    known = Patcher.SKIPNAMES
    if "pytest_modelcheck" in known:
        return
    # A module that is imported later would be patched, and see the fake disk.
    for module in pkgutil.walk_packages(pytest_modelcheck.__path__, "pytest_modelcheck."):
        importlib.import_module(module.name)
    known.update(name for name in sys.modules if name.partition(".")[0] in _REAL)


class SoftAssertionError(AssertionError):
    """Soft assertions of a body that failed."""


def honouring(body: Callable[[CaseView], Any]) -> Callable[[CaseView], Any]:
    """Wrap a body so that it fails if pytest-check or pytest-assume collected a failure in it.

    Returns the body itself if neither plugin is active.
    """
    # Not imported: only a test that uses such a plugin has loaded it.
    receivers = [take for name, take in _TAKERS.items() if name in sys.modules]
    if not receivers:
        return body

    @contextmanager
    def hard(_: CaseView) -> Iterator[None]:
        before = [len(take(sys.maxsize)) for take in receivers]
        found: list[str] = []
        try:
            yield
        finally:
            for take, known in zip(receivers, before, strict=True):
                found += take(known)
        if found:
            raise SoftAssertionError("\n".join(found))

    return around(body, hard)


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
    from pytest_modelcheck.reports.transcript import trajectory_in
    from pytest_modelcheck.trajectories.trajectory import Trajectory

    @contextmanager
    def limited(view: CaseView) -> Iterator[None]:
        yield
        result = result_of(view)
        given = [raw for _, raw in (*result.calls, *result.foreign)]
        answers = [result.recorded, *(trajectory_in(plain(raw)) for raw in given)]
        steps = [one.steps for one in answers if isinstance(one, Trajectory)]
        if given and not steps:
            raise UsageError(
                f"max_steps={most} counts steps of an agent, but no answer is a trajectory: let the model "
                "return Trajectory.of(...), or record the trajectory with case.record(...)"
            )
        longest = max(steps, default=0)
        if longest > most:
            raise AssertionError(f"the agent took {longest} steps, at most {most} allowed (max_steps)")

    return around(body, limited)
