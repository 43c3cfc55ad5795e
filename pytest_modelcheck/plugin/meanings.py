"""The meaning of an exception raised by a test's body or a model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import unittest
from bdb import BdbQuit
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.errors import BaselineError, CacheError, NotAskedError, OfflineError, UsageError
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

_FAILED = Outcome.FAILED  # looked up once: that takes Python

_ENDS = (KeyboardInterrupt, pytest.exit.Exception, BdbQuit)
"""Exceptions that end the run wherever they are raised; any other affects only its case."""


_OURS = (NotAskedError, OfflineError, UsageError, BaselineError, CacheError)
"""Exceptions that are never a wrong answer, however wide ``wrong_if=`` is."""


def interrupts(error: BaseException) -> bool:
    """Return whether an exception ends the whole run, rather than one case."""
    return isinstance(error, _ENDS) or (isinstance(error, pytest.fail.Exception) and _is_timeout(error))


def classifier(wrong_if: tuple[type[BaseException], ...]) -> Callable[[BaseException], Outcome | None]:
    """Return a function from a body's exception to its outcome; ``None`` if it ends the whole run."""

    def classify(error: BaseException) -> Outcome | None:
        if type(error) is AssertionError:  # the usual one
            return _FAILED
        if isinstance(error, BaseExceptionGroup):
            # A task group that holds only failed assertions is a failed assertion. Anything mixed is an
            # error.
            meanings = set(map(classify, error.exceptions))
            return meanings.pop() if len(meanings) == 1 else None if None in meanings else Outcome.ERROR
        if interrupts(error):
            return None
        if isinstance(error, pytest.xfail.Exception):  # which is a pytest.fail.Exception, too
            return Outcome.XFAILED
        if isinstance(error, (pytest.skip.Exception, unittest.SkipTest)):
            return Outcome.SKIPPED
        # Before wrong_if=: `wrong_if=Exception` must not turn a missing answer into a wrong one.
        if isinstance(error, _OURS):
            return Outcome.ERROR
        if isinstance(error, (AssertionError, pytest.fail.Exception, *wrong_if)):
            return Outcome.FAILED
        return Outcome.ERROR

    return classify


def _is_timeout(error: BaseException) -> bool:
    """Return whether pytest-timeout raised this in its signal handler: the whole test timed out."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__") == "pytest_timeout":
            return True
        traceback = traceback.tb_next
    return False
