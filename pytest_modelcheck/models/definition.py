"""The options of a model fixture, and the dates on which versions of its model shut down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextvars import ContextVar
    from pathlib import Path

Collate = Literal["list", "frame"] | None

# Roles of a model: a model under test, a support model that a test also calls, or a judge.
Role = Literal["model", "support", "judge"]


@dataclass(frozen=True, slots=True)
class Definition:
    """The options of a model fixture; they are known before any version of the model is loaded.

    Most are arguments of :func:`pytest_modelcheck.model_fixture`, and are described there.

    Attributes:
        name: The model's name, in baselines, in the cache, and on the command line.
        source: A digest of the fixture's own source.
        location: The place of the fixture in the code, for messages.
        takes_version: Whether the fixture requests ``model_version``.
        recorded: Whether the model only has recorded answers.
        role: The role of the model. A version without a model's name applies to models under test.
        labels: The file of people's labels for a judge, or ``None``.
    """

    name: str
    source: str
    location: str
    takes_version: bool = False
    batch: bool | None = None
    batch_size: int | None = None
    concurrency: int | None = None
    method: str | None = None
    collate: Callable[[list[Any]], Any] | Collate = None
    returns: Any = None
    deterministic: bool | None = None
    recorded: bool = False
    fingerprint: Any = None
    answer_fingerprint: Callable[[Any], str | None] | None = None
    rate_limit: str | None = None
    retries: int | None = None
    retry_on: Any = None
    timeout: float | None = None
    give_up_after: int | None = None
    usage: Callable[[Any], Any] | None = None
    cost: Callable[[Any], float] | None = None
    max_cost: float | None = None
    executor: Any = None
    context: Sequence[ContextVar[Any]] | None = None
    ignore: Sequence[str] = ()
    compare_by: Callable[[Any], Any] | None = None
    role: Role = "model"
    retires: Any = None
    labels: Path | None = None

    @property
    def supports(self) -> bool:
        """True if a check judges this model only when it names it."""
        return self.role != "model"


# A warning is given this many days before a version shuts down.
SOON: Final = 60

WRITE: Final = "write dates by version, {'gpt-x': date(2027, 1, 14)}, or a function that gives one"


def no_dates(chosen: Any) -> str | None:
    """Return how to write a ``retires=``, if this one is wrong; else ``None``."""
    if callable(chosen):
        return None
    dated = isinstance(chosen, Mapping) and all(
        isinstance(version, str) and isinstance(day, date) for version, day in chosen.items()
    )
    return None if dated else WRITE


def retires_on(definition: Definition, version: str | None) -> date | None:
    """Return the day on which a version shuts down, or ``None`` if it is unknown.

    Raises:
        UsageError: ``retires=`` raises, or returns something else.
    """
    chosen: Mapping[str, date] | Callable[[str], Any] | None = definition.retires
    if chosen is None or version is None:
        return None
    try:
        found = chosen(version) if callable(chosen) else chosen.get(version)
    except Exception as error:
        problem = f"retires= raised {type(error).__name__}: {error}, for version {version}"
        raise UsageError(problem, definition.location) from error
    if found is None:
        return None
    if not isinstance(found, date):
        problem = f"retires= must give a date or None, not {excerpt(found, 60)}, for version {version}"
        raise UsageError(problem, definition.location)
    # A datetime is a date to Python, but the two cannot be subtracted.
    return found.date() if isinstance(found, datetime) else found


def days_left(day: date, today: date | None = None) -> int:
    """Return the number of days until ``day``; negative if it has passed."""
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
