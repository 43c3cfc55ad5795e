"""``modelcheck cache why``: the reasons why cached answers were not used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.canonical import CALL_BYTES, excerpt
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.targets import CHECKS, checks_run, meant
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.cache_store import memories
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.session.check import PREDICTIONS
from pytest_modelcheck.session.lines import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.models.cache_store import Memory

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class _Cached:
    """The answers of one version and fingerprint: which of the calls in question they include."""

    memory: Memory
    calls: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Made:
    """The calls of a check's last run, each with the first case that made it."""

    header: Header
    calls: Mapping[bytes, str]


@click.group()
def cache() -> None:
    """Examine the cached answers."""


@cache.command()
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@CHECKS
@with_workspace
def why(workspace: Workspace, version: str | None, patterns: tuple[str, ...]) -> None:
    """Show why a model was called again.

    For each input of the last run: the other settings under which an answer is cached, and what changed
    since. Without a version: for the one that each model ran last.
    """
    known = workspace.known_versions()
    pairs = workspace.latest_versions() if version is None else meant(version, known)
    refused: list[UsageError] = []
    for model, own_version in pairs:
        try:
            headers = checks_run(workspace, model, own_version, patterns)
        except UsageError as error:  # the pattern may mean checks of another model
            refused.append(error)
        else:
            _explain(workspace, model, own_version, headers)
    if len(refused) == len(pairs):
        raise refused[0]


def _explain(workspace: Workspace, model: str, version: str, headers: Sequence[Header]) -> None:
    checks = []
    for header in headers:
        candidate = workspace.candidates.read(header.model, header.test, header.version or "")
        made: dict[bytes, str] = {}
        for case, result in (candidate or {}).items():
            for trial in result.trials:
                for call, (digest, _) in zip(keys_of(trial), trial.calls, strict=True):
                    if digest:  # a call without a key is made each time
                        made.setdefault(call, case)
        checks.append(_Made(header, made))
    wanted = {call for check in checks for call in check.calls}
    cached = []
    for memory in memories(workspace.project.cache / PREDICTIONS, model):
        stored = {question[:CALL_BYTES] for question in memory.questions}
        cached.append(_Cached(memory, frozenset(wanted & (memory.questions | stored))))
    echo(click.style(excerpt(f"{model} {version}"), bold=True))
    for check in checks:
        print_lines(indented([check.header.test]))
        # The number of calls, and how many the last run paid for, if known.
        count, calls = len(check.calls), check.header.run.get("verdict", {}).get("calls")
        bill = [plural(count, "question")]
        if calls is not None:
            new, known = calls["new"], calls["cached"]
            bill[0] += f"; last run: {new:,} new, {known:,} cached"
            if new > count or (new and known >= count):
                bill.append(
                    "further calls measured whether the model varies, or searched for the smallest change"
                )
        print_lines(indented([*bill, *_reasons(check, cached)], depth=4))


def _reasons(check: _Made, cached: Sequence[_Cached]) -> Iterator[str]:
    # Several caches may match, if the source of the fixture or the type of answers has changed. The last one
    # written is the one in use.
    own = (check.header.version, check.header.fingerprint)
    mine = [one for one in cached if (one.memory.version, one.memory.fingerprint) == own]
    newest = max(mine, key=lambda one: one.memory.written, default=None)
    if newest is None:
        yield (
            "the cache has no answers of this version and fingerprint: they were not stored "
            "(--modelcheck-cache=off), or have been removed"
        )
        return
    found: Counter[str] = Counter()
    fresh: list[bytes] = []
    for call in check.calls:
        older = [one.memory for one in cached if one is not newest and call in one.calls]
        if older:
            found[_difference(older, newest.memory)] += 1
        else:
            fresh.append(call)
    for reason, count in found.most_common():
        yield f"{count:,} also answered {reason}"
    if fresh:
        yield f"{len(fresh):,} never called before: {_cases(check, fresh)}"
    lost = [call for call in check.calls if call not in newest.calls]
    if lost:
        yield f"{len(lost):,} not cached, so the next run calls the model again: {_cases(check, lost)}"


def _difference(older: Sequence[Memory], newest: Memory) -> str:
    """The settings under which an answer is cached, and why they did not apply.

    The fewer settings differ, the better a cache explains the calls.
    """

    def nearness(memory: Memory) -> tuple[bool, bool, bool, float]:
        same = memory.version == newest.version
        same_model = same and memory.fingerprint == newest.fingerprint
        return same, same_model, same and memory.source == newest.source, memory.written

    memory = max(older, key=nearness)
    if memory.version != newest.version:
        return f"by {memory.version}: each version is called anew"
    if memory.fingerprint != newest.fingerprint:
        before, after = (
            "none" if one.fingerprint is None else excerpt(one.fingerprint, 12) for one in (memory, newest)
        )
        return f"under fingerprint {before} (now {after}): something that fingerprint= names has changed"
    if memory.source == newest.source:
        return "as another type: what the model returns, or returns=, was changed"
    if memory.source.partition("+")[0] == newest.source.partition("+")[0]:
        return "with other parameters of its fixtures"
    return "before the model fixture itself was edited"


def _cases(check: _Made, calls: Iterable[bytes]) -> str:
    """The first of the cases that made these calls, and how many there are."""
    cases = list(dict.fromkeys(check.calls[call] for call in calls))
    more = f" and {plural(len(cases) - _SHOWN, 'case')} more" if len(cases) > _SHOWN else ""
    return ", ".join(excerpt(case, 30) for case in cases[:_SHOWN]) + more
