"""``modelcheck cache why``: why a model was asked what it had answered before.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.baselines.candidates import never_ran
from pytest_modelcheck.canonical import CALL_BYTES, excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.targets import nothing_meant, selection, target
from pytest_modelcheck.errors import VersionError
from pytest_modelcheck.models.memories import memories
from pytest_modelcheck.session.lines import keys_of
from pytest_modelcheck.session.places import PREDICTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.models.memories import Memory

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """The cache of the model in one form: its keys, and which of the calls in question it holds."""

    under: Memory
    asked: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls of a check's last run, each with the case that made it first."""

    header: Header
    questions: Mapping[bytes, str]


def show(workspace: Workspace, version: str | None, patterns: Sequence[str]) -> None:
    """Print, check by check, what was asked, and why no older answer would do.

    Raises:
        UsageError: Nothing that was run is meant.
        CacheError: What is remembered cannot be read.
    """
    model, meant = _target(workspace, version)
    checks = [_asked(workspace, header) for header in _headers(workspace, model, meant, patterns)]
    wanted = {question for check in checks for question in check.questions}
    kept = []
    for memory in memories(workspace.project.cache / PREDICTIONS, model):
        calls = {question[:CALL_BYTES] for question in memory.questions}
        kept.append(Kept(memory, frozenset(wanted & (memory.questions | calls))))
    echo(click.style(excerpt(f"{model} {meant}"), bold=True))
    for check in checks:
        print_lines(_lines(check, kept))


def _target(workspace: Workspace, version: str | None) -> tuple[str, str]:
    models = workspace.models()
    if version is not None:
        return target(version, workspace.known_versions())
    if len(models) > 1:
        raise VersionError(f"which model? There are {', '.join(models)}. Write MODEL=VERSION.")
    return models[0], workspace.latest_version(models[0])


def _headers(workspace: Workspace, model: str, version: str, patterns: Sequence[str]) -> list[Header]:
    ran = [header for _, header in workspace.candidates.entries(model, version)]
    if not ran:
        raise never_ran(workspace.store, workspace.candidates, model, version)
    selected = selection(patterns)
    found = [header for header in ran if selected(header.test)]
    if not found:
        raise nothing_meant(f"that {model} {version} ran", patterns, (header.test for header in ran))
    return found


def _asked(workspace: Workspace, header: Header) -> Asked:
    candidate = workspace.candidates.read(header.model, header.test, header.version or "")
    questions: dict[bytes, str] = {}
    for case in candidate or ():
        for trial in candidate[case].trials if candidate is not None else ():
            for question, (digest, _) in zip(keys_of(trial), trial.asked, strict=True):
                if digest:  # what has no key is asked each time
                    questions.setdefault(question, case)
    return Asked(header, questions)


def _lines(check: Asked, kept: Sequence[Kept]) -> Iterator[str]:
    yield from indented([check.header.test])
    yield from indented(_bill(check), depth=4)
    now = _now(check.header, kept)
    yield from indented(_reasons(check, now, [one for one in kept if one is not now]), depth=4)


def _bill(check: Asked) -> Iterator[str]:
    """Say how many calls there were, and what the last run paid for, where that is known."""
    count, calls = len(check.questions), check.header.run.get("verdict", {}).get("calls")
    if calls is None:
        yield plural(count, "question")
        return
    asked, cached = calls["asked"], calls["cached"]
    yield f"{plural(count, 'question')}; the last run: {asked:,} asked, {cached:,} at hand"
    if asked > count or (asked and cached >= count):
        yield "what was asked beyond these: whether the model varies, and what the smallest change is"


def _now(header: Header, kept: Sequence[Kept]) -> Kept | None:
    """Return where the last run has put its answers: the newest place for its version and fingerprint."""
    mine = [
        one
        for one in kept
        if (one.under.version, one.under.fingerprint) == (header.version, header.fingerprint)
    ]
    return max(mine, key=lambda one: one.under.written, default=None)


def _reasons(check: Asked, now: Kept | None, others: Sequence[Kept]) -> Iterator[str]:
    if now is None:
        yield (
            "none is cached for this version and fingerprint: the answers were not kept "
            "(--modelcheck-cache=off), or were removed since"
        )
        return
    found: Counter[str] = Counter()
    fresh: list[bytes] = []
    for question in check.questions:
        older = [one.under for one in others if question in one.asked]
        if older:
            nearest = max(older, key=lambda memory: _nearness(memory, now.under))
            found[_difference(nearest, now.under)] += 1
        else:
            fresh.append(question)
    for reason, count in found.most_common():
        yield f"{count:,} also answered {reason}"
    if fresh:
        yield f"{len(fresh):,} never asked otherwise: {_cases(check, fresh)}"
    lost = [question for question in check.questions if question not in now.asked]
    if lost:
        yield f"{len(lost):,} not cached, and asked again by the next run: {_cases(check, lost)}"


def _nearness(memory: Memory, now: Memory) -> tuple[bool, bool, bool, float]:
    """The fewer things differ, the more such a memory explains."""
    same = memory.version == now.version
    return (
        same,
        same and memory.fingerprint == now.fingerprint,
        same and memory.source == now.source,
        memory.written,
    )


def _difference(memory: Memory, now: Memory) -> str:
    """Under what an answer is kept that was of no use now, and why it was not."""
    if memory.version != now.version:
        return f"by {memory.version}: each version is asked for itself"
    if memory.fingerprint != now.fingerprint:
        marks = f"{_mark(memory)}, which is {_mark(now)} now"
        return f"under fingerprint {marks}: what fingerprint= names was changed"
    if memory.source.partition("+")[0] == now.source.partition("+")[0] and memory.source != now.source:
        return "with other parameters of its fixtures"
    if memory.source != now.source:
        return "before the model fixture itself was edited"
    return "as another type: what the model returns, or returns=, was changed"


def _mark(memory: Memory) -> str:
    return "none" if memory.fingerprint is None else excerpt(memory.fingerprint, 12)


def _cases(check: Asked, questions: Iterable[bytes]) -> str:
    """The first of the cases that asked, and how many there are."""
    cases = list(dict.fromkeys(check.questions[question] for question in questions))
    more = f" and {plural(len(cases) - _SHOWN, 'case')} more" if len(cases) > _SHOWN else ""
    return ", ".join(excerpt(case, 30) for case in cases[:_SHOWN]) + more
