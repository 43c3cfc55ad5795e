"""The declaration of a model fixture.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextvars import ContextVar
    from pathlib import Path

Collate = Literal["list", "frame"] | None

Role = Literal["model", "support", "judge"]
"""Roles of a model: to be judged, to support a test of another one, or to judge."""


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
