"""Failing assertions without their explanations, while nobody will read them.

pytest explains a failed comparison by building a diff, which takes up to milliseconds. Where ten thousand
cases fail, five are shown; those are run again with explanations.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_diffs() -> Iterator[None]:
    """Switch pytest's comparison diffs off, where this pytest has the switch that we know."""
    from _pytest.assertion import util

    missing = object()
    before = getattr(util, "_reprcompare", missing)
    if before is missing:
        yield
        return
    util._reprcompare = None  # noqa: SLF001 - guarded: without it, failing is only slower
    try:
        yield
    finally:
        util._reprcompare = before  # type: ignore[assignment]  # noqa: SLF001
