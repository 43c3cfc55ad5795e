"""Sparing the garbage collector what a check has not made.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROZEN_AT_START = 1000  # more than CPython 3.12 itself freezes when it starts (375), and may as well thaw
_PATIENCE = 20_000
"""New objects before a collection, in place of 700: most are freed by then anyway."""


@contextmanager
def spared() -> Iterator[None]:
    """Let the garbage collector look at new objects only, and less often.

    A check makes so many objects that collections begin again and again, each of which walks through all
    that there is: the model, the cases, the application. None of it becomes garbage meanwhile.
    """
    with _patient():
        if gc.get_freeze_count() > _FROZEN_AT_START:
            yield  # somebody has frozen objects for good, which a second thaw would undo
            return
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()


@contextmanager
def _patient() -> Iterator[None]:
    first, *others = before = gc.get_threshold()
    if first:  # else somebody collects by hand
        gc.set_threshold(max(first, _PATIENCE), *others)
    try:
        yield
    finally:
        gc.set_threshold(*before)
