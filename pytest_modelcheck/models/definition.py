"""The declaration of a model fixture, and the days on which versions of its model shut down.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.errors import UsageError, located

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextvars import ContextVar
    from pathlib import Path


Collate = Literal["list", "frame"] | None

# Roles of a model: to be judged, to support a test of another one, or to judge.
Role = Literal["model", "support", "judge"]


@dataclass(frozen=True, slots=True)
class Definition:
    """The declaration of a model fixture, before any version of the model is loaded.

    Attributes:
        name: The model's name: in baselines, in the cache, and on the command line.
        source: A digest of the fixture's own source.
        location: Where the fixture is written, for messages.
        takes_version: Whether the fixture asks for ``model_version``.
        batch: Whether the callable takes a list of inputs; ``None`` to tell from what it is.
        batch_size: How many inputs a batch may have.
        concurrency: How many calls may be under way at once.
        method: The name of the method to call, where the model is not itself the callable.
        collate: What a batch is turned into before the call.
        returns: The type of one answer.
        deterministic: Whether equal inputs always get equal answers; ``None`` to measure.
        recorded: Whether it only has answers that were recorded.
        fingerprint: What tells two models of one version apart.
        answer_fingerprint: Reads from an answer which system gave it.
        rate_limit: How many calls may be made in what time: ``"500/minute"``.
        retries: How often a call that failed is made again.
        retry_on: For which exceptions; ``None`` for those that a second call may not meet.
        timeout: How many seconds a call may take.
        give_up_after: After how many failed calls in a row the model is given up; 0 for never.
        usage: Takes what a provider reports of an answer's cost from the answer.
        cost: What an answer cost, of what is reported, else of the answer.
        max_cost: What the calls of a run may cost.
        executor: Where calls are made, or what makes such a place.
        context: The context variables that are part of each call.
        ignore: Ways to the parts of an answer that comparisons leave out.
        compare_by: Takes from an answer what is compared.
        role: What it is there for. A version without a name is that of the models to be judged.
        retires: When versions shut down: dates by version, or a function that gives one.
        labels: The file of what people said of a judge's subjects, or ``None``.
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
    context: Sequence[ContextVar[Any]] = ()
    ignore: Sequence[str] = ()
    compare_by: Callable[[Any], Any] | None = None
    role: Role = "model"
    retires: Any = None
    labels: Path | None = None

    @property
    def supports(self) -> bool:
        """True if it is judged only where a check names it."""
        return self.role != "model"


# Days: a version that shuts down earlier is warned of.
SOON: Final = 60

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
