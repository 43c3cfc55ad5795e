"""A verdict as text: the message of a failure, and one line a check at the end of the run.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.records import Comparison, Group, ShownCase, Tally, Verdict

Line = tuple[str, dict[str, bool]]
"""A line, and how the terminal is to mark it."""

_LABEL = 10
_GROUPS = 6
_IDS = 3
_STYLE = {
    Status.PASSED: {"green": True},
    Status.INCONCLUSIVE: {"yellow": True},
    Status.FAILED: {"red": True},
}
_TITLES = {
    "error": "broken with an error",
    "regressed": "broken cases",
    "failed": "failing cases",
    "changed": "changed answers",
    "new": "new cases",
    "unexpected pass": "unexpected passes",
}


def header_line(model: str, version: str | None, approved: str | None, cache: str) -> str:
    """What is tested, for the top of the run.

    >>> header_line("triage", "2.1", "2.0", ".modelcheck_cache")
    'modelcheck: triage 2.1 (approved: 2.0), cache: .modelcheck_cache'
    """
    return f"modelcheck: {model} {version or '(unversioned)'} (approved: {approved or 'none yet'}), cache: {cache}"


def percent(rate: float) -> str:
    """A rate as people write it.

    >>> percent(0.915), percent(1.0)
    ('91.5%', '100.0%')
    """
    return f"{rate * 100:.1f}%"


# -- the message of a failure -----------------------------------------------------------------------


def failure(verdict: Verdict) -> str:
    """Everything that somebody who never saw this tool needs to act on a red test."""
    blocks = [
        [verdict.headline],
        [f"  {label:{_LABEL}}{text}".rstrip() for label, text in _facts(verdict)],
        list(_cases(verdict)),
        [f"  {what + ':':16}{command}" for what, command in verdict.advice],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    approved = f"   (approved: {verdict.approved_version})" if verdict.approved_version else ""
    yield "model", f"{verdict.model} {verdict.version or '(unversioned)'}{approved}"
    if verdict.variation:
        yield "", verdict.variation
    for name, version in verdict.others:
        yield "with", f"{name} {version}"
    comparison = verdict.comparison
    if verdict.rate is not None:
        yield ("mean" if verdict.graded else "pass rate"), _rate(verdict)
    for label, finding in zip(("also", *[""] * 9), verdict.findings[1:], strict=False):
        if finding.status is not Status.PASSED:
            yield label, finding.summary
    if comparison is not None and comparison.judged:
        yield "change", _change(comparison)
    yield from _labelled("where", _groups(verdict.slices, comparison))
    yield from _labelled("under", _groups(verdict.perturbations, None))
    rest = _rest(verdict.cases)
    if rest:
        yield "not judged", rest
    yield from _labelled("note", list(verdict.notes))


def _rate(verdict: Verdict) -> str:
    comparison = verdict.comparison
    rate = f"{verdict.rate:.3g}" if verdict.graded else percent(verdict.rate or 0.0)
    if comparison is None or comparison.approved_rate is None:
        return rate
    then = f"{comparison.approved_rate:.3g}" if verdict.graded else percent(comparison.approved_rate)
    return f"{rate}   (approved {comparison.version}: {then})"


def _change(comparison: Comparison) -> str:
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    text = f"{broke} broke, {fixed} fixed, {len(comparison.changed)} answers differ"
    if comparison.p_value is not None:
        text += f"   (exact McNemar p = {comparison.p_value:.2g})"
    if comparison.replayed:
        text += f"; {comparison.replayed} approved cases judged by today's test"
    if comparison.added or comparison.removed:
        text += f"; {comparison.added} new, {comparison.removed} gone"
    return text


def _groups(groups: Sequence[Group], comparison: Comparison | None) -> list[str]:
    """The groups that are worse than all, or worse than approved: where it happens."""
    found = []
    for group in groups:
        lost = group.approved_judged and (group.approved_passed or 0) / group.approved_judged
        if group.passed == group.judged and not (lost and lost > 1):
            continue
        then = ""
        if comparison is not None and group.approved_judged:
            then = f"   ({comparison.version}: {group.approved_passed}/{group.approved_judged})"
        found.append(f"{group.name:<24} {group.passed}/{group.judged} pass{then}")
    more = len(found) - _GROUPS
    return found[:_GROUPS] + ([f"(+{more} more)"] if more > 0 else [])


def _labelled(label: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        yield ("" if number else label), line


def _rest(cases: Tally) -> str:
    counts = (
        (cases.error, "broke with an error"),
        (cases.new, "new"),
        (cases.skipped, "not applicable"),
        (cases.xfailed, "known failures"),
        (cases.xpassed, "known failures that passed"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _cases(verdict: Verdict) -> Iterator[str]:
    if not verdict.shown:
        return
    title = _TITLES[verdict.shown[0].note]
    total = len(verdict.shown) + verdict.hidden
    count = f"{total}; worst {len(verdict.shown)} shown" if verdict.hidden else str(total)
    yield f"  {title} ({count})"
    for case in verdict.shown:
        yield from _case(case, verdict)


def _case(case: ShownCase, verdict: Verdict) -> Iterator[str]:
    note = f"   [{case.note}]" if case.note != verdict.shown[0].note else ""
    where = f"   ({case.origin})" if case.origin else ""
    yield f"    {case.id}{where}{note}"
    yield f"      {'input':<10}{_quoted(case.input)}"
    if case.perturbed is not None:
        yield f"      {'perturbed':<10}{_quoted(case.perturbed)}   ({case.perturbation})"
    if case.expected is not None:
        yield f"      {'expected':<10}{case.expected}"
    if case.got is not None:
        answered = f"   (unperturbed: {case.base_answer})" if case.base_answer is not None else ""
        yield f"      {'got':<10}{case.got}{answered}"
    if case.approved is not None and verdict.comparison is not None and case.approved != case.got:
        yield f"      {verdict.comparison.version[:9]:<10}{case.approved}"
    text = case.detail or case.message
    for number, line in enumerate(text.splitlines()[:12]):
        yield f"      {'' if number else 'because':<10}{line}"


def _quoted(text: str) -> str:
    return f'"{text}"'


# -- the end of the run -----------------------------------------------------------------------------


def summary_lines(verdicts: Sequence[Verdict], width: int) -> Iterator[Line]:
    """One line a check, failed ones first, and what all of them cost."""
    ordered = sorted(verdicts, key=_failed_first)
    for verdict in ordered:
        yield _check_line(verdict, width), _STYLE[verdict.status]
    asked = sum(verdict.calls.asked for verdict in verdicts)
    cached = sum(verdict.calls.cached for verdict in verdicts)
    counts = [f"{_count(verdicts, status)} {status.value}" for status in Status if _count(verdicts, status)]
    yield f"{', '.join(counts)}; answers: {cached:,} cached, {asked:,} asked", {}


def _failed_first(verdict: Verdict) -> tuple[int, str]:
    return (-verdict.status.severity, verdict.check)


def _count(verdicts: Sequence[Verdict], status: Status) -> int:
    return sum(verdict.status is status for verdict in verdicts)


def _check_line(verdict: Verdict, width: int) -> str:
    name = verdict.check.rpartition("/")[2]
    numbers = _numbers(verdict)
    room = max(20, width - len(numbers) - 5)
    if len(name) > room:
        name = "…" + name[-(room - 1) :]
    mark = {Status.PASSED: "ok", Status.INCONCLUSIVE: "??", Status.FAILED: "NO"}[verdict.status]
    return f"{mark}  {name:<{room}} {numbers}"


def _numbers(verdict: Verdict) -> str:
    if verdict.rate is None:
        rate = "nothing judged"
    elif verdict.graded:
        rate = f"mean {verdict.rate:.3f}"
    else:
        rate = f"{verdict.cases.passed}/{verdict.cases.judged} {percent(verdict.rate):>6}"
    interval = verdict.interval
    if interval is not None:
        rate += f" [{interval.low * 100:.0f}–{interval.high * 100:.0f}]"
    comparison = verdict.comparison
    if comparison is not None and comparison.approved_rate is not None:
        rate += f"  was {percent(comparison.approved_rate):>6}"
    if comparison is not None:
        rate += f"  {len(comparison.changed)} changed"
    return rate
