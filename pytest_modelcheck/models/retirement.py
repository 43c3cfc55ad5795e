"""Retirement: the days on which versions of a model shut down, as its fixture says.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.errors import UsageError, located

if TYPE_CHECKING:
    from pytest_modelcheck.models.definition import Definition

SOON: Final = 60
"""Days: a version that shuts down earlier is warned of."""

WRITE: Final = "write dates by version, {'gpt-x': date(2027, 1, 14)}, or a function that gives one"


def no_dates(chosen: Any) -> str | None:
    """Return the mistake in a ``retires=``, or ``None``."""
    if callable(chosen):
        return None
    dated = isinstance(chosen, Mapping) and all(
        isinstance(version, str) and isinstance(day, date) for version, day in chosen.items()
    )
    return None if dated else WRITE


def retires_on(definition: Definition, version: str | None) -> date | None:
    """The day on which a version shuts down, where that is known.

    Raises:
        UsageError: ``retires=`` raises, or gives no date.
    """
    chosen: Mapping[str, date] | Callable[[str], Any] | None = definition.retires
    if chosen is None or version is None:
        return None
    try:
        found = chosen(version) if callable(chosen) else chosen.get(version)
    except Exception as error:
        problem = f"retires= raised {type(error).__name__}: {error}, for version {version}"
        raise UsageError(located(problem, definition.location)) from error
    if found is None:
        return None
    if not isinstance(found, date):
        problem = f"retires= must give a date or None, not {excerpt(found, 60)}, for version {version}"
        raise UsageError(located(problem, definition.location))
    return found.date() if isinstance(found, datetime) else found


def days_left(day: date, today: date | None = None) -> int:
    """Return how many days there are until then; negative afterwards."""
    return (day - (today or date.today())).days  # noqa: DTZ011 - the day on the reader's own calendar


def shutdown_text(version: str, day: date, today: date | None = None) -> str:
    """Say when a version shuts down.

    >>> shutdown_text("gpt-x", date(2027, 1, 14), date(2026, 11, 29))
    'gpt-x shuts down on 2027-01-14, in 46 days'
    >>> shutdown_text("gpt-x", date(2027, 1, 14), date(2027, 1, 15))
    'gpt-x was shut down on 2027-01-14, 1 day ago'
    """
    left = days_left(day, today)
    if left < 0:
        return f"{version} was shut down on {day}, {plural(-left, 'day')} ago"
    when = f"in {plural(left, 'day')}" if left else "today"
    return f"{version} shuts down on {day}, {when}"
