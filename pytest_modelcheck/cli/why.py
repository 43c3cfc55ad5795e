"""``modelcheck cache why``: the reasons why cached answers were not used.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.canonical import CALL_BYTES, excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.targets import ran, target
from pytest_modelcheck.models.cache import memories
from pytest_modelcheck.session.check import PREDICTIONS
from pytest_modelcheck.session.lines import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.models.cache import Memory

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """The cached keys of one version and fingerprint, and which of the calls in question they include."""

    under: Memory
    asked: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls of a check's last run, each with the first case that made it."""

    header: Header
    questions: Mapping[bytes, str]


def show(workspace: Workspace, version: str | None, patterns: Sequence[str]) -> None:
    """Print for each check the calls of the last run, and why no cached answer was used.

    Raises:
        UsageError: No run matches.
        CacheError: The cache cannot be read.
    """
    if version is not None:
        model, meant = target(version, workspace.known_versions())
    else:
        model = workspace.only_model()
        meant = workspace.latest_version(model)
    checks = [_asked(workspace, header) for header in ran(workspace, model, meant, patterns)]
    wanted = {question for check in checks for question in check.questions}
    kept = []
    for memory in memories(workspace.project.cache / PREDICTIONS, model):
        calls = {question[:CALL_BYTES] for question in memory.questions}
        kept.append(Kept(memory, frozenset(wanted & (memory.questions | calls))))
    echo(click.style(excerpt(f"{model} {meant}"), bold=True))
    for check in checks:
        print_lines(_lines(check, kept))


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
    """Describe how many calls there were, and how many the last run paid for, if known."""
    count, calls = len(check.questions), check.header.run.get("verdict", {}).get("calls")
    if calls is None:
        yield plural(count, "question")
        return
    asked, cached = calls["asked"], calls["cached"]
    yield f"{plural(count, 'question')}; last run: {asked:,} new, {cached:,} cached"
    if asked > count or (asked and cached >= count):
        yield "further calls measured whether the model varies, or searched for the smallest change"


def _now(header: Header, kept: Sequence[Kept]) -> Kept | None:
    """Return where the last run stored its answers: the newest cache for its version and fingerprint."""
    # Several memories may match, if the source of the fixture or the type of answers has changed. The last
    # one written is the one in use.
    mine = [
        one
        for one in kept
        if (one.under.version, one.under.fingerprint) == (header.version, header.fingerprint)
    ]
    return max(mine, key=lambda one: one.under.written, default=None)


def _reasons(check: Asked, now: Kept | None, others: Sequence[Kept]) -> Iterator[str]:
    if now is None:
        yield (
            "the cache has no answers of this version and fingerprint: they were not stored "
            "(--modelcheck-cache=off), or have been removed"
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
        yield f"{len(fresh):,} never called before: {_cases(check, fresh)}"
    lost = [question for question in check.questions if question not in now.asked]
    if lost:
        yield f"{len(lost):,} not cached, so the next run calls the model again: {_cases(check, lost)}"


def _nearness(memory: Memory, now: Memory) -> tuple[bool, bool, bool, float]:
    """A sort key: the fewer settings differ, the better this cache explains the calls."""
    same = memory.version == now.version
    return (
        same,
        same and memory.fingerprint == now.fingerprint,
        same and memory.source == now.source,
        memory.written,
    )


def _difference(memory: Memory, now: Memory) -> str:
    """The settings under which an answer is cached, and why they did not apply."""
    if memory.version != now.version:
        return f"by {memory.version}: each version is called anew"
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
    """The first of the cases that made these calls, and how many there are."""
    cases = list(dict.fromkeys(check.questions[question] for question in questions))
    more = f" and {plural(len(cases) - _SHOWN, 'case')} more" if len(cases) > _SHOWN else ""
    return ", ".join(excerpt(case, 30) for case in cases[:_SHOWN]) + more
