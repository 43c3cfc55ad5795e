"""Which systems the answers of a check come from, where the answers themselves say so.

A provider may serve one model name from several systems, and swap them; some say with each answer which one
it was (``system_fingerprint`` of chat completions).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.errors import UsageError, located
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Model


def systems_of(model: Model, results: Iterable[Result]) -> Mapping[str, int]:
    """How many answers each system gave, by what ``answer_fingerprint=`` reads from them.

    Raises:
        UsageError: It raised, or gave something that is no text.
    """
    read = model.definition.answer_fingerprint
    if read is None:
        return {}
    found: Counter[str] = Counter()
    asked = {key or id(raw): raw for result in results for key, raw in result.asked}
    for raw in asked.values():
        answer = model.answers.decode(raw)
        try:
            system = read(answer)
        except Exception as error:
            told = f"answer_fingerprint= raised {type(error).__name__}: {error}, for {excerpt(answer, 60)}"
            raise UsageError(located(told, model.definition.location)) from error
        if system is not None:
            found[_text(system, model)] += 1
    return found


def _text(system: object, model: Model) -> str:
    if not isinstance(system, str):
        told = f"answer_fingerprint= must give a text or None, not {excerpt(system, 60)}"
        raise UsageError(located(told, model.definition.location))
    return system


def other_systems(model: Model, systems: Mapping[str, int], baseline: Baseline | None) -> list[Finding]:
    """Whether answers come from a system that no approved answer of this version came from."""
    if baseline is None or baseline.header.version != model.version or not baseline.header.systems:
        return []
    new = {name: count for name, count in systems.items() if name not in baseline.header.systems}
    if not new:
        return []
    approved = ", ".join(baseline.header.systems)
    summary = (
        f"{model.label} is not the {model.version} that was approved: {_told(new)} and "
        f"those that were approved from {approved}"
    )
    return [Finding("fingerprint", Status.FAILED, excerpt(summary, 400), against_baseline=True)]


def systems_note(model: Model, systems: Mapping[str, int]) -> tuple[str, ...]:
    """A sentence for the reader, where there is more than one system."""
    if len(systems) < 2:
        return ()
    counts = ", ".join(f"{name} ({count})" for name, count in Counter(dict(systems)).most_common())
    return (excerpt(f"{model.label} answered from {len(systems)} systems: {counts}", 400),)


def _told(new: Mapping[str, int]) -> str:
    parts = [f"{plural(count, 'answer comes', 'answers come')} from {name}" for name, count in new.items()]
    return ", ".join(parts)
