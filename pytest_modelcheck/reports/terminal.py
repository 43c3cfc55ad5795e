"""A verdict as text: the message of a failure, and the line at the top of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.display import harmless
from pytest_modelcheck.errors import kind_of
from pytest_modelcheck.phrases import listed, p_text, percent, plural
from pytest_modelcheck.reports.bars import padded, plain, text_of, width_of, wrapped
from pytest_modelcheck.reports.shown import ERROR_LINE, PLAIN, WIDTH, case_lines, reason_of
from pytest_modelcheck.reports.wording import cost_of
from pytest_modelcheck.reports.worst import (
    metric_text,
    perturbations_standing_out,
    slices_standing_out,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.records import (
        Comparison,
        Group,
        ShownCase,
        Verdict,
    )
    from pytest_modelcheck.reports.bars import Line

_HEADLINE: Final = {"red": True, "bold": True}
_LABEL = 12
_NAME = 64  # of a slice, whose value may be a text of any length
_FOUND = 400
_GROUPS = 6
_NAMED = 3
_TITLES = {
    "error": "errors",
    "regressed": "failing cases",
    "failed": "failing cases",
    "changed": "changed answers",
    "lowest score": "lowest scores",
    "smallest change": "smallest changes",
    "differs": "cases that differ",
    "new": "new cases",
    "unexpected pass": "unexpected passes",
}


def header_line(
    models: Sequence[str], version: str | None, approved: str | None, cache: str, against: str | None = None
) -> str:
    """The line at the top of a run that names the tested models.

    >>> header_line(["triage"], "2.1", "2.0", ".modelcheck_cache")
    'modelcheck: triage 2.1 (approved: 2.0), cache: .modelcheck_cache'
    """
    tested = f"{', '.join(models)} {version or '(unversioned)'}"
    beside = f", against {against}" if against is not None else ""
    return f"modelcheck: {tested} (approved: {approved or 'none yet'}){beside}, cache: {cache}"


# -- the message of a failure -----------------------------------------------------------------------


def failure(verdict: Verdict) -> str:
    """The failure message of a check: everything needed to act on a red test.

    Control characters are shown as escapes.
    """
    return "\n".join(map(text_of, failure_lines(verdict)))


def failure_lines(verdict: Verdict) -> list[Line]:
    """The same as coloured lines: wrong in red, right in green."""
    blocks: tuple[Iterable[Line], ...] = (
        [((_headline(verdict), _HEADLINE),)],
        [plain(f"  {line}".rstrip()) for line in _fact_lines(verdict, WIDTH - 2)],
        _cases(verdict),
        _advice(verdict),
    )
    lines: list[Line] = []
    for block in filter(None, map(list, blocks)):
        lines += [(), *block] if lines else block
    texts = [text_of(line) for line in lines]
    shown = harmless("\n".join(texts)).split("\n")  # all lines together, since a secret may span several
    if len(shown) != len(texts):
        return [plain(text) for text in shown]
    both = zip(lines, texts, shown, strict=True)
    return [line if text == safe else plain(safe) for line, text, safe in both]


def short_lines(verdict: Verdict) -> list[Line]:
    """Return the headline of a failure, where it fails, and the first command that may help."""
    place = where(verdict)
    lines: list[Line] = [((_headline(verdict), _HEADLINE),)]
    lines += [plain(f"  where       {place}")] if place is not None else []
    lines += _advice(verdict)[:1]
    return [((harmless(text), style),) for ((text, style),) in lines]


def _advice(verdict: Verdict) -> list[Line]:
    return [plain(f"  {what + ':':17}{command}") for what, command in verdict.advice]


def _headline(verdict: Verdict) -> str:
    """The headline without the reason why a judge's errors are not corrected, which has a line of its own."""
    return verdict.headline.removesuffix(_why_uncorrected(verdict))


def _why_uncorrected(verdict: Verdict) -> str:
    found = verdict.correction
    return "" if found is None else f"; uncorrected for the judge's errors: {found.why}"


def everything(verdict: Verdict, width: int = WIDTH) -> Iterator[str]:
    """Yield all details of a check for ``-vv``, except its limits and, if it failed, its cases."""
    lines = [line.rstrip() for line in _fact_lines(verdict, width, every=True)]
    if not verdict.failed:
        lines += [text_of(line).removeprefix("  ") for line in _cases(verdict)]
    return map(harmless, lines)


def differing(verdict: Verdict) -> Iterator[Line]:
    """The cases worth reading of a check that did not fail, and the command that shows the rest."""
    yield from _cases(verdict)
    yield from _advice(verdict)


def broke_line(verdict: Verdict) -> str | None:
    """One line with the cases that broke since the approved version, and the slice that lost most.

    If noise explains them, it says what the check could have detected. It also counts the new cases that
    fail: nothing is approved for them.
    """
    comparison = verdict.comparison
    if comparison is None:
        return None
    found = []
    if ids := comparison.regressed:
        more = f" (+{len(ids) - _NAMED:,} more)" if len(ids) > _NAMED else ""
        found.append(f"{plural(len(ids), 'case')} broke: {', '.join(ids[:_NAMED])}{more}")
        lost = slices_standing_out(verdict)[:1]
        found += [" ".join(_group(group, verdict.compared_with).split()) for group in lost]
        found += [one.reveals for one in verdict.findings if one.met and one.reveals][:1]
    if comparison.added_failed and verdict.required is None:
        new = plural(comparison.added, "new case")
        found.append(f"{comparison.added_failed:,} of {new} fail: no approved result covers them")
    return "; ".join(found) or None


def _fact_lines(verdict: Verdict, width: int, *, every: bool = False) -> Iterator[str]:
    for label, text in _facts(verdict, every=every):
        first, *rest = wrapped(text, width - _LABEL)
        yield f"{label:{_LABEL}}{first}"
        yield from (f"{'':{_LABEL}}{line}" for line in rest)


def _facts(verdict: Verdict, *, every: bool = False) -> Iterator[tuple[str, str]]:
    approved = f"   (approved: {verdict.approved_version})" if verdict.approved_version else ""
    yield "model", f"{verdict.model} {verdict.version or '(unversioned)'}{approved}"
    if verdict.variation:
        yield "", verdict.variation
    for name, version in verdict.others:
        yield "with", f"{name} {version}"
    if verdict.correction is not None:
        yield "judge", str(verdict.correction)
    comparison = verdict.comparison
    if verdict.rate is not None:
        mean = "mean change" if verdict.signed else "mean" if verdict.graded else "pass rate"
        yield ("metric" if verdict.metric else mean), f"{verdict.metric or ''} {_rate(verdict)}".lstrip()
    if verdict.reveals is not None:
        yield "", verdict.reveals
    if not every:
        why = _why_uncorrected(verdict)
        missed = [finding.summary.removesuffix(why) for finding in verdict.findings[1:] if not finding.met]
        yield from _labelled("also", missed)
    if verdict.moved is not None:
        changes = verdict.moved.changes
        room = max((width_of(what) for what, _, _ in changes), default=0)
        lines = [f"{padded(what, room)}  {before} → {after}" for what, before, after in changes]
        compared = f"{verdict.moved.compared}   ({p_text(verdict.moved.p_value)})"
        yield from _labelled("moved", [*lines, compared])
    elif comparison is not None and comparison.judged:
        yield from _labelled("change", _change(comparison))
    if verdict.flaky:
        cases = listed([f"{case.id} ({case.passed}/{case.runs})" for case in verdict.flaky], _GROUPS)
        yield "flaky", f"{plural(len(verdict.flaky), 'case passes', 'cases pass')} in some runs only: {cases}"
    slices = verdict.slices if every else slices_standing_out(verdict)
    scored = verdict.metric is not None
    found = [excerpt(f"found: {verdict.found}", _FOUND)] if verdict.found else []
    other = None if comparison is None else verdict.compared_with
    yield from _labelled("where", [*_groups(slices, other, every=every, scored=scored), *found])
    under = verdict.perturbations if every else perturbations_standing_out(verdict)
    yield from _labelled("under", _groups(under, None, every=every))
    if cost := cost_of(verdict.calls):
        yield "calls", cost
    if rest := _rest(verdict):
        yield "not judged", rest
    yield from _labelled("note", list(verdict.notes))


def _rate(verdict: Verdict) -> str:
    comparison = verdict.comparison
    number = "+.3g" if verdict.signed else ".3g"
    rate = f"{verdict.rate:{number}}" if verdict.graded else percent(verdict.rate or 0.0)
    if verdict.stopped is not None:
        rate += f" of the {plural(verdict.cases.judged, 'case')} that were run"
    elif verdict.cases.error and not verdict.metric:
        rate += f" of the {plural(verdict.cases.judged, 'case')} without an error"
    if comparison is None or comparison.approved_rate is None:
        return rate
    approved = f"{comparison.approved_rate:{number}}" if verdict.graded else percent(comparison.approved_rate)
    return f"{rate}   ({verdict.compared_with}: {approved})"


def _change(comparison: Comparison) -> list[str]:
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    differ = plural(len(comparison.changed), "answer differs", "answers differ")
    test = "" if comparison.p_value is None else f"   (exact McNemar {p_text(comparison.p_value)})"
    unseen = f", {plural(comparison.unseen, 'answer')} not comparable" if comparison.unseen else ""
    lines = [f"{broke} broke, {fixed} fixed, {differ}{unseen}{test}"]
    if comparison.replayed:
        lines.append(f"{plural(comparison.replayed, 'approved answer')} judged by the current test")
    if comparison.added or comparison.removed:
        failing = f" ({comparison.added_failed:,} of them fail)" if comparison.added_failed else ""
        lines.append(f"{plural(comparison.added, 'case')} added{failing}, {comparison.removed} removed")
    return lines


def _groups(groups: Sequence[Group], other: str | None, *, every: bool, scored: bool = False) -> list[str]:
    lines = [_group(group, other, scored=scored) for group in groups]
    more = 0 if every else len(lines) - _GROUPS
    return [*lines[:_GROUPS], f"(+{more} more)"] if more > 0 else lines


def _group(group: Group, other: str | None, *, scored: bool = False) -> str:
    """A slice with its figures, and those of the other version, where there is one."""
    if scored:
        value, before = (metric_text(one) or "n/a" for one in (group.metric, group.approved_metric))
        text = f"{value} over {plural(group.judged, 'case')}"
    else:
        text = f"{group.passed}/{group.judged} pass"
        before = f"{group.approved_passed}/{group.approved_judged}"
    beside = f"   ({other}: {before})" if other is not None and group.approved_judged else ""
    return f"{padded(excerpt(group.name, _NAME), 24)} {text}{beside}"


def _labelled(label: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        yield ("" if number else label), line


def _rest(verdict: Verdict) -> str:
    cases = verdict.cases
    counts = (
        (cases.error - verdict.uncalled, f"error{'s' * (cases.error - verdict.uncalled > 1)}"),
        (verdict.uncalled, "not called"),
        (cases.new, "new"),
        (cases.skipped, "not applicable"),
        (cases.xfailed, f"known failure{'s' * (cases.xfailed > 1)}"),
        (cases.xpassed, f"known failure{'s' * (cases.xpassed > 1)} that passed"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _cases(verdict: Verdict) -> Iterator[Line]:
    """The cases worth reading, with those that raised an error in a list of their own."""
    raised = [case for case in verdict.shown if case.note == "error"]
    others = verdict.shown[len(raised) :]
    shown_kinds: set[str] = set()
    if raised:
        errors, uncalled = verdict.cases.error - verdict.uncalled, verdict.uncalled
        title = _TITLES["error"] if errors else "not called"
        beside = f", and {uncalled} not called" if errors and uncalled else ""
        yield _heading(title, errors or uncalled, len(raised), beside)
    for case in raised:
        yield from case_lines(case, verdict, "error", *_reason_once(case, shown_kinds))
    number = len(verdict.shown) + verdict.hidden - (verdict.cases.error if raised else 0)
    if number and raised:
        yield ()
    if number:
        # They come last: if one is shown, all hidden cases but errors are unexpected passes, too.
        seen, hidden = sum(case.note == "unexpected pass" for case in others), number - len(others)
        passes = seen + hidden if seen else min(verdict.cases.xpassed, hidden)
        unseen = "failed" if number - passes == verdict.cases.failed else ""
        note = others[0].note if others else unseen
        more = note == "regressed" and number - passes > verdict.cases.failed  # the rest only changed
        if more or any(case.note == "fixed" for case in others):
            note = "differs"
        count = len(verdict.comparison.regressed) if verdict.comparison is not None else 0
        when = "when approved" if verdict.compared_with == "approved" else f"with {verdict.compared_with}"
        lost = f", of which {count} passed {when}" if count and note == "regressed" else ""
        if note == "unexpected pass":
            seen = passes = 0
        elif passes:
            lost += f", and {plural(passes, 'unexpected pass', 'unexpected passes')}"
        yield _heading(_TITLES.get(note, "other cases"), number - passes, len(others) - seen, lost)
    for case in others:
        yield from case_lines(case, verdict, note, *_reason_once(case, shown_kinds))


def _reason_once(case: ShownCase, shown_kinds: set[str]) -> tuple[list[str], str]:
    """The message of a case, and a remark if its error was shown before.

    A traceback is shown in full for the first error of its kind: fifty tracebacks of one timeout would hide
    everything else.
    """
    reason = reason_of(case)
    error = [line for line in reason if line.startswith(ERROR_LINE)]
    if case.note != "error" and not error:
        return reason, ""
    error = error or reason[-1:]
    alike = kind_of("\n".join(error))
    again = alike in shown_kinds
    if again:  # only its values can be new
        reason = [line.removeprefix(ERROR_LINE).strip() for line in error if line not in shown_kinds][:1]
    shown_kinds |= {alike, *error}
    return reason, "the same error" if again else ""


def _heading(title: str, number: int, shown: int, lost: str = "") -> Line:
    cut = f"; {shown} shown" if shown < number else ""
    count = f"{number}{lost}{cut}" if shown else f"{number}{lost}, not shown"
    return ((f"  {title} ", {"bold": True}), (f"({count})", PLAIN))
