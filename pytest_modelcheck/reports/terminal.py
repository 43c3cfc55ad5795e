"""A verdict as text: the message of a failure, and the line at the top of a run.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import p_text, percent, plural
from pytest_modelcheck.reports.cells import padded, shortened, width_of
from pytest_modelcheck.reports.costs import cost_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.records import (
        Comparison,
        Flaky,
        Group,
        Moved,
        ShownCase,
        Tally,
        Verdict,
    )

_EVERYTHING = 1 << 16
_WIDTH = 80
_LABEL = 12
_NAME = 64  # of a slice, whose value may be a text of any length
_FOUND = 400
_REASON_LINES = 12
_GROUPS = 6
_BRACKETS = (("{", "}"), ("[", "]"))
_OBVIOUS = re.compile(r"^ +\+ +(where|and) .* = <(model|case) ")
"""What pytest says of where a value in an assertion came from, where everybody knows: the case, the model."""
_SAID = "E "  # how pytest begins the lines of a traceback that are the exception's own
_TITLES = {
    "error": "broken with an error",
    "regressed": "failing cases",
    "failed": "failing cases",
    "changed": "changed answers",
    "lowest score": "lowest scores",
    "smallest change": "smallest changes",
    "new": "new cases",
    "unexpected pass": "unexpected passes",
}


def header_line(
    model: str, version: str | None, approved: str | None, cache: str, against: str | None = None
) -> str:
    """What is tested, for the top of the run.

    >>> header_line("triage", "2.1", "2.0", ".modelcheck_cache")
    'modelcheck: triage 2.1 (approved: 2.0), cache: .modelcheck_cache'
    """
    tested = f"{model} {version or '(unversioned)'}"
    beside = f", against {against}" if against is not None else ""
    return f"modelcheck: {tested} (approved: {approved or 'none yet'}){beside}, cache: {cache}"


# -- the message of a failure -----------------------------------------------------------------------


def failure(verdict: Verdict) -> str:
    """Everything that somebody who never saw this tool needs to act on a red test.

    Whatever would act on a terminal rather than be read is shown as its escape.
    """
    blocks = [
        [verdict.headline],
        [f"  {label:{_LABEL}}{text}".rstrip() for label, text in _facts(verdict)],
        list(_cases(verdict)),
        [f"  {what + ':':17}{command}" for what, command in verdict.advice],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return "\n".join(excerpt(line, _EVERYTHING) for line in text.split("\n"))


def everything(verdict: Verdict) -> Iterator[str]:
    """All that is known of a check, as lines: for who wants to see more than what is wrong.

    What its limits are and whether they are met is left to whoever asks. The cases worth reading are
    told of checks that did not fail: those of the others stand in their failures.
    """
    lines = [f"{label:{_LABEL}}{text}".rstrip() for label, text in _facts(verdict, every=True)]
    if not verdict.failed:
        lines += [line.removeprefix("  ") for line in _cases(verdict)]
    return (excerpt(line, _EVERYTHING) for line in lines)


def _facts(verdict: Verdict, *, every: bool = False) -> Iterator[tuple[str, str]]:
    approved = f"   (approved: {verdict.approved_version})" if verdict.approved_version else ""
    yield "model", f"{verdict.model} {verdict.version or '(unversioned)'}{approved}"
    if verdict.variation:
        yield "", verdict.variation
    for name, version in verdict.others:
        yield "with", f"{name} {version}"
    comparison = verdict.comparison
    if verdict.rate is not None:
        mean = "mean change" if verdict.signed else "mean" if verdict.graded else "pass rate"
        yield excerpt(verdict.metric or mean, _LABEL - 2), _rate(verdict)
    if verdict.reveals is not None:
        yield "", verdict.reveals
    if not every:
        missed = [finding.summary for finding in verdict.findings[1:] if not finding.met]
        yield from _labelled("also", missed)
    if verdict.moved is not None:
        yield from _labelled("moved", _moved(verdict.moved))
    elif comparison is not None and comparison.judged:
        yield from _labelled("change", _change(comparison))
    if verdict.flaky:
        yield "flaky", _flaky(verdict.flaky)
    choose = _all_groups if every else _groups
    where = choose(verdict.slices, comparison, _share(verdict.cases))
    yield from _labelled(
        "where", [*where, *([excerpt(f"found: {verdict.found}", _FOUND)] if verdict.found else [])]
    )
    yield from _labelled("under", choose(verdict.perturbations, None, _share(verdict.trials)))
    if cost := cost_of(verdict.calls):
        yield "calls", cost
    rest = _rest(verdict)
    if rest:
        yield "not judged", rest
    yield from _labelled("note", list(verdict.notes))


def _rate(verdict: Verdict) -> str:
    comparison = verdict.comparison
    number = "+.3g" if verdict.signed else ".3g"
    rate = f"{verdict.rate:{number}}" if verdict.graded else percent(verdict.rate or 0.0)
    if verdict.stopped is not None:
        rate += f" of the {plural(verdict.cases.judged, 'case')} that were run"
    if comparison is None or comparison.approved_rate is None:
        return rate
    then = f"{comparison.approved_rate:{number}}" if verdict.graded else percent(comparison.approved_rate)
    approved = "approved " if comparison.version == verdict.approved_version else ""
    return f"{rate}   ({approved}{comparison.version}: {then})"


def _moved(moved: Moved) -> list[str]:
    room = max((len(what) for what, _, _ in moved.changes), default=0)
    lines = [f"{what:<{room}}  {then} → {now}" for what, then, now in moved.changes]
    same = ", to the same inputs" if moved.paired else ""
    compared = f"{moved.now} answers against {moved.before} {moved.against}{same}"
    return [*lines, f"{compared}   ({p_text(moved.p_value)})"]


def _change(comparison: Comparison) -> list[str]:
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    differ = plural(len(comparison.changed), "answer differs", "answers differ")
    test = "" if comparison.p_value is None else f"   (exact McNemar {p_text(comparison.p_value)})"
    lines = [f"{broke} broke, {fixed} fixed, {differ}{test}"]
    if comparison.replayed:
        lines.append(f"{plural(comparison.replayed, 'approved answer')} judged again by today's test")
    if comparison.added or comparison.removed:
        lines.append(f"{plural(comparison.added, 'case')} added, {comparison.removed} gone")
    return lines


def _groups(groups: Sequence[Group], comparison: Comparison | None, overall: float) -> list[str]:
    """Where it happens: the groups that lost against the approved version, else those below the others."""
    lost = [group for group in groups if _lost(group) > 0] if comparison is not None else []
    scored = any(group.metric is not None for group in groups)
    chosen = lost or [group for group in groups if scored or group.passed / group.judged < overall]
    lines = [_group(group, comparison, scored=scored) for group in chosen]
    more = len(lines) - _GROUPS
    return lines[:_GROUPS] + ([f"(+{more} more)"] if more > 0 else [])


def _all_groups(groups: Sequence[Group], comparison: Comparison | None, _overall: float) -> list[str]:
    scored = any(group.metric is not None for group in groups)
    return [_group(group, comparison, scored=scored) for group in groups]


def _lost(group: Group) -> float:
    if group.metric is not None and group.approved_metric is not None:
        return group.approved_metric - group.metric
    if not group.approved_judged:
        return 0.0
    return (group.approved_passed or 0) / group.approved_judged - group.passed / group.judged


def _group(group: Group, comparison: Comparison | None, *, scored: bool = False) -> str:
    then, name = "", padded(excerpt(group.name, _NAME), 24)
    if scored:
        value, before = (
            ("n/a" if one is None else f"{one:.3g}") for one in (group.metric, group.approved_metric)
        )
        if comparison is not None and group.approved_judged:
            then = f"   ({comparison.version}: {before})"
        return f"{name} {value} over {plural(group.judged, 'case')}{then}"
    if comparison is not None and group.approved_judged:
        then = f"   ({comparison.version}: {group.approved_passed}/{group.approved_judged})"
    return f"{name} {group.passed}/{group.judged} pass{then}"


def _flaky(cases: Sequence[Flaky]) -> str:
    """Cases that pass in some runs only, with how many."""
    shown = ", ".join(f"{case.id} ({case.passed}/{case.runs})" for case in cases[:_GROUPS])
    more = f" (+{len(cases) - _GROUPS} more)" if len(cases) > _GROUPS else ""
    return f"{plural(len(cases), 'case passes', 'cases pass')} in some runs only: {shown}{more}"


def _labelled(label: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        yield ("" if number else label), line


def _share(counts: Tally) -> float:
    return counts.passed / counts.judged if counts.judged else 0.0


def _rest(verdict: Verdict) -> str:
    cases = verdict.cases
    counts = (
        (cases.error - verdict.unasked, "broke with an error"),
        (verdict.unasked, "not asked"),
        (cases.new, "new"),
        (cases.skipped, "not applicable"),
        (cases.xfailed, f"known failure{'s' * (cases.xfailed > 1)}"),
        (cases.xpassed, f"known failure{'s' * (cases.xpassed > 1)} that passed"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _cases(verdict: Verdict) -> Iterator[str]:
    """The cases worth reading: those that broke apart from those that went wrong."""
    broken = [case for case in verdict.shown if case.note == "error"]
    others = verdict.shown[len(broken) :]
    told: list[str] = []
    if broken:
        yield _heading(_TITLES["error"], verdict.cases.error, len(broken))
    for case in broken:
        reason = _reason(case)
        said = [line for line in reason if line.startswith(_SAID)] or reason[-1:]
        again = said == told
        yield from _case(case, verdict, [] if again else reason, "error", "the same error" if again else "")
        told = said
    number = len(verdict.shown) + verdict.hidden - (verdict.cases.error if broken else 0)
    if number and broken:
        yield ""
    if number:
        unseen = "failed" if number == verdict.cases.failed else ""
        note = others[0].note if others else unseen
        since = verdict.comparison if note == "regressed" else None
        yield _heading(_TITLES.get(note, "other cases"), number, len(others), since)
    for case in others:
        yield from _case(case, verdict, _reason(case), note)


def _heading(title: str, number: int, shown: int, since: Comparison | None = None) -> str:
    if not shown:
        return f"  {title} ({number}, not shown)"
    lost = "" if since is None else f", {len(since.regressed)} of them since {since.version}"
    cut = f"; worst {shown} shown" if shown < number else ""
    return f"  {title} ({number}{lost}{cut})"


def _case(
    case: ShownCase, verdict: Verdict, reason: Sequence[str], title: str, remark: str = ""
) -> Iterator[str]:
    margin = " " * (width_of(case.id) + 6)
    yield f"    {case.id}  {_quoted(case.input, _WIDTH - len(margin))}"
    if case.perturbed is not None:
        under = f"  ({case.perturbation})"
        yield f"{margin[:-2]}→ {_quoted(case.perturbed, _WIDTH - len(margin) - width_of(under))}{under}"
    for line in _answers(case, verdict, _WIDTH - len(margin)):
        yield f"{margin}{line}"
    for line in reason:
        yield f"{margin}{line}".rstrip()
    for line in _smallest(case, _WIDTH - len(margin)):
        yield f"{margin}{line}"
    where = [remark] if remark else []
    where += [case.note] if case.note != title else []
    where += [case.origin] if case.origin else []
    if where:
        yield f"{margin}({', '.join(where)})"


def _smallest(case: ShownCase, room: int) -> list[str]:
    """The smallest change that still fails, and the answer where it is another one."""
    found = case.smallest
    if found is None:
        return []
    if not found.text:
        return ["it fails as it is, without any change"]
    what, verb = ("change", "still fails") if found.edits else ("input", "fails")
    label = f"smallest {what} that {verb}" if found.complete else f"smallest {what} found so far"
    answer = "" if found.got in (None, case.got) else f"   (got {found.got})"
    together = f"{label}: {found.text}{answer}"
    if width_of(together) <= room:
        return [together]
    return [f"{label}:", *(f"  {line}" for line in wrap(f"{found.text}{answer}", room - 2))]


def _answers(case: ShownCase, verdict: Verdict, room: int) -> list[str]:
    if case.got is None:
        return []
    if case.base_answer is not None:
        parts = [f"{case.base_answer} → {case.got}"]
    else:
        parts = (
            [f"got {case.got}"] if case.expected is None else [f"expected {case.expected}", f"got {case.got}"]
        )
    together = ", ".join(parts)
    lines = [together] if width_of(together) <= room else parts
    if case.approved is not None and verdict.comparison is not None and case.approved != case.got:
        then = f"{verdict.comparison.version}: {case.approved}"
        fits = width_of(lines[-1]) + width_of(then) + 5 <= room
        lines = [*lines[:-1], f"{lines[-1]}   ({then})"] if fits else [*lines, then]
    return [piece for line in lines for piece in _wrapped(line, room)]


def _wrapped(line: str, room: int) -> list[str]:
    """A line in pieces that fit, all but the first a little further in."""
    cells = width_of(line)
    if cells <= room:
        return [line]
    characters = max(20, room * len(line) // cells)  # an ideograph takes two cells
    return wrap(line, characters, subsequent_indent="  ")


def _reason(case: ShownCase) -> list[str]:
    """What the body said, unless the answers say it already."""
    lines = (case.detail or case.message).splitlines()
    if case.note == "error" or not lines:
        return lines[-_REASON_LINES:]
    if case.note == "changed" and case.approved != case.got:
        return []
    if "..." not in lines[0]:
        # The first line says it all, and what follows a blank line is a diff of the same.
        blank = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
        lines = lines[:blank]
    lines = [line for line in lines if not _OBVIOUS.search(line)]
    repeats = case.expected is not None and lines[0] == f"assert {case.got} == {case.expected}"
    return [] if repeats else lines[:_REASON_LINES]


def _quoted(text: str, width: int) -> str:
    """A text in quotes; what is no text, as it is written."""
    if (text[:1], text[-1:]) in _BRACKETS:
        return text if width_of(text) <= width else f"{shortened(text, width - 1)}…"
    room = max(12, width - 2)
    return f'"{text}"' if width_of(text) <= room else f'"{shortened(text, room - 1)}…"'
