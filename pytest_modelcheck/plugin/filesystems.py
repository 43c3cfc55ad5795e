"""Keeps the plugin's own files out of a test's reach, also if a fixture replaces the disk (pyfakefs).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.identity import check_id
from pytest_modelcheck.plugin.items import MARKED
from pytest_modelcheck.plugin.ours import definitions_of, fixture_definitions
from pytest_modelcheck.plugin.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from pytest_modelcheck.engine.view import CaseView

_PYFAKEFS: Final = "pyfakefs.fake_filesystem_unittest"
_REAL: Final = ("pytest_modelcheck", "diskcache")
"""Packages that still see the real disk."""


def read_ahead(item: pytest.Function) -> None:
    """Read the baseline of a check before the fixtures of its test are set up.

    A file that cannot be read becomes an error when the check runs.
    """
    if _PYFAKEFS in sys.modules and _replaces_the_disk(item):
        _see_the_disk()
    marked = item.stash.get(MARKED, None)
    if marked is None:
        return
    model = definitions_of(item)[marked.subject].name
    state = state_of(item.session)
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


def seeing_what_it_should(body: Callable[[CaseView], Any]) -> Callable[[CaseView], Any]:
    """The same body with the fake file system of its test; the body itself if there is none."""
    fake = _active()
    if fake is None:
        return body

    def within(view: CaseView) -> Any:
        fake.resume()
        try:
            return body(view)
        finally:
            fake.pause()

    async def within_when_awaited(view: CaseView) -> Any:
        fake.resume()
        try:
            return await body(view)
        finally:
            fake.pause()

    return within_when_awaited if inspect.iscoroutinefunction(body) else within


def _active() -> Any:
    """The active fake file system, or ``None``."""
    module = sys.modules.get(_PYFAKEFS)
    return None if module is None or not module.Patcher.REF_COUNT else module.Patcher.PATCHER


def _replaces_the_disk(item: pytest.Function) -> bool:
    """Return whether a test uses a fixture of pyfakefs, directly or through others."""
    definitions = fixture_definitions(item).values()
    return any(each[-1].func.__module__.startswith("pyfakefs") for each in definitions if each)


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
