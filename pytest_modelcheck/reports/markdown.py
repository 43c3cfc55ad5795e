"""Reports and diffs as Markdown, for the summary of a CI job or a comment."""

from __future__ import annotations

import re
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.diff import NOTES
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.display import harmless
from pytest_modelcheck.models.definition import shutdown_text
from pytest_modelcheck.phrases import p_text, plural
from pytest_modelcheck.records import MISSING, Outcome, Status
from pytest_modelcheck.reports.diff import answer_texts, compared_texts, steps_of, summary_of, word_of
from pytest_modelcheck.reports.jsons import trial_fields, value_of
from pytest_modelcheck.reports.selection import literal
from pytest_modelcheck.reports.transcript import fenced, steps_of_trial
from pytest_modelcheck.reports.wording import (
    counts_text,
    figure_text,
    form_text,
    interval_text,
    levels_text,
    listed_cases,
    most_informative_trial,
    passed_text,
    rate_text,
    value_text,
)
from pytest_modelcheck.reports.words import perturbed_text, start_of, window, windows
from pytest_modelcheck.reports.worst import causes, triage, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff
    from pytest_modelcheck.records import CaseResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport


_MARKS: Final = {Status.FAILED: "❌", Status.INCONCLUSIVE: "⚠️", Status.XFAILED: "☑️", Status.PASSED: "✅"}
_CHECKS: Final = 50
_CASES: Final = 10
_WIDTH: Final = 80
_WHOLE: Final = 1 << 20
_LINE: Final = 400
_GRADED: Final = 1_000
# Bytes that a report may have by default: a comment on GitHub holds 65,536 characters.
ROOM: Final = 60_000

# Bytes for the line that says what was left out.
_LEFT_OUT: Final = 120


def to_markdown(report: RunReport, room: int = ROOM) -> str:
    """A table of the checks, worst first, and the worst cases of each that did not pass.

    Text from models and case files is put into code spans, where it is neither HTML nor a mention.

    Args:
        report: The report.
        room: The largest size in bytes of UTF-8. Whole checks that do not fit are left out, so that no table
            is cut; the first that is left out and all after it are counted.
    """
    failing = [check for check in report.checks if check.verdict.status is not Status.PASSED]
    sections = [_text(_head(report)), *(_text(_details(check)) for check in failing)]
    sizes = [len(section.encode()) for section in sections]
    if sum(sizes) <= room:
        return "".join(sections)
    left = room - _LEFT_OUT
    if left < 0:
        return ""
    fitting = next(number for number in range(len(sizes)) if sum(sizes[: number + 1]) > left)
    count = len(sections) - fitting
    rest = plural(count, "more check that did not pass", "more checks that did not pass")
    return "".join(
        [
            *sections[:fitting],
            f"\nNo room here for {rest if fitting else 'the report of modelcheck'}.\n",
        ]
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{harmless(line)}\n" for line in lines)


def code(text: str) -> str:
    """Text as a code span that its content cannot end; in a table, see :func:`table_cell`.

    >>> code("a|b"), code("`<b>`")
    ('`a|b`', '`` `<b>` ``')
    """
    if not text:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    # By the rule of CommonMark: a longer run of backticks than any in the text ends the span.
    fence = "`" * (longest + 1)
    # One blank at each end is dropped by renderers, and keeps the fence apart.
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def table_cell(text: str) -> str:
    r"""Text as a code span in a table, which a bar would split even there.

    >>> table_cell("a|b")
    '`a\\|b`'
    """
    return code(text).replace("|", "\\|")


def opened(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Lines that open with a click on the title."""
    yield ""
    yield f"<details><summary><code>{escape(excerpt(title, _LINE))}</code></summary>"
    yield ""
    yield from fenced(lines)
    yield ""
    yield "</details>"


def _head(report: RunReport) -> Iterator[str]:
    yield f"### modelcheck: {counts_text(report)}"
    yield ""
    for model in report.models:
        name = code(excerpt(f"{model.name} {model.version or '(unversioned)'}"))
        if model.approved is None:
            yield f"{name} (nothing approved yet)  "
            continue
        yield f"{name} (approved: {code(excerpt(model.approved))})  "
        if model.retires is not None:
            listed = shutdown_text(f"approved {model.approved}", date.fromisoformat(model.retires))
            yield f"- {code(excerpt(listed))}"
    for trouble in report.troubles[:_CHECKS]:
        yield f"- ❌ {code(excerpt(trouble.test, 200))}: {code(excerpt(trouble.message, 300))}"
    if len(report.troubles) > _CHECKS:
        yield f"- and {len(report.troubles) - _CHECKS} more that could not be judged"
    verdicts = [check.verdict for check in report.checks]
    if common := causes(verdicts):
        failed = sum(verdict.failed for verdict in verdicts)
        listed = ", ".join(f"{code(excerpt(place, _WIDTH))} in {count}" for place, count in common)
        yield ""
        yield f"Failures in common, of {failed} failed checks: {listed}"
    if report.checks:
        yield ""
        yield from _table(report.checks)
    if (first := triage(verdicts)) is not None:
        yield ""
        yield code(excerpt(first, _LINE))


def _table(checks: Sequence[CheckReport]) -> Iterator[str]:
    yield "| | check | passed | rate | interval | approved | broke | fixed | changed |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for check in checks[:_CHECKS]:
        yield f"| {' | '.join(_row(check))} |"
    if len(checks) > _CHECKS:
        yield ""
        yield f"{plural(len(checks) - _CHECKS, 'more check')} not shown."
    if (levels := levels_text([check.verdict for check in checks])) is not None:
        yield ""
        yield f"Intervals: {levels}."


def _row(check: CheckReport) -> tuple[str, ...]:
    verdict, comparison = check.verdict, check.verdict.comparison
    counts = [""] * 4
    broken = f" + {plural(verdict.cases.error, 'error')}" if verdict.cases.error else ""
    if comparison is not None:
        cases = (comparison.regressed, comparison.fixed, comparison.changed)
        counts = [rate_text(comparison.approved_rate, verdict), *(str(len(each)) for each in cases)]
    return (
        _MARKS[verdict.status],
        table_cell(excerpt(verdict.check, 120)),
        f"{passed_text(verdict)}{broken}",
        f"{verdict.metric} {figure_text(verdict)}" if verdict.metric else figure_text(verdict),
        interval_text(verdict),
        *counts,
    )


def _details(check: CheckReport) -> Iterator[str]:
    verdict = check.verdict
    yield ""
    yield f"#### {_MARKS[verdict.status]} {code(excerpt(verdict.check, 200))}"
    yield ""
    for finding in verdict.findings:
        if not finding.met:
            yield f"- {code(excerpt(finding.summary, 300))}"
    if (place := where(verdict)) is not None:
        yield f"- where: {code(excerpt(place, 300))}"
    if (moved := verdict.moved) is not None:
        yield ""
        distance = f"{moved.distance:.2g} (by chance alone {moved.expected:.2g}), {p_text(moved.p_value)}"
        yield f"{moved.measure}: {distance}; {code(excerpt(moved.compared, _LINE))}"
        yield from ("", "| moved most | then | now |", "|---|--:|--:|") if moved.changes else ()
        for change in moved.changes:
            yield f"| {' | '.join(table_cell(excerpt(text, _WIDTH)) for text in change)} |"
    name, cases = listed_cases(check)
    if cases:
        yield ""
        yield from _cases(check, name, cases)
    if verdict.advice:
        yield ""
        yield from (f"- {what}: {code(excerpt(command, 400))}" for what, command in verdict.advice)


def _cases(check: CheckReport, name: str, cases: Sequence[CaseResult]) -> Iterator[str]:
    comparison = check.verdict.comparison
    other = "before" if comparison is None else excerpt(check.verdict.compared_with, 30)
    more = f", {_CASES} shown" if len(cases) > _CASES else ""
    yield f"<details><summary>{plural(len(cases), name)}{more}</summary>"
    yield ""
    heads = (
        "case",
        "input",
        "expected",
        "got",
        other if other in ("approved", "before") else table_cell(other),
    )
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---|---|"
    for case in cases[:_CASES]:
        yield f"| {' | '.join(map(table_cell, _case(case)))} |"
    for case in cases[:_CASES]:
        trial = most_informative_trial(case)
        if trial is None:
            continue
        if (steps := steps_of_trial(trial, case.digest)) is not None:
            yield from opened(f"{case.id}: {steps.sentence or 'what was done'}", steps.lines())
        for grade in trial.grades:
            given = [] if grade.given is None else [*_fields(value_of(grade.given)), ""]
            answer = [f"{grade.judge} says", *_fields(value_of(grade.answer))]
            yield from opened(f"{case.id}: judged by {grade.judge}", [*given, *answer])
    yield ""
    yield "</details>"


def _fields(value: Any) -> list[str]:
    """The arguments of a judge, or its answer: one line for each part."""
    if not isinstance(value, dict):
        return [form_text(value, _GRADED)]
    return [f"{excerpt(name)}: {form_text(one, _GRADED)}" for name, one in value.items()]


def _case(case: CaseResult) -> tuple[str, ...]:
    trial = most_informative_trial(case)
    shown = {} if trial is None else trial_fields(trial, case.digest)
    base = shown.get("base_answer", MISSING)
    expected = value_text(case.expected, _WHOLE) if base is MISSING else form_text(base, _WHOLE)
    got = form_text(shown.get("answer", MISSING), _WHOLE)
    if shown.get("outcome") == Outcome.ERROR or "answer" not in shown:
        got = value_text(shown.get("message", got), _WHOLE)
    answers = [expected, got, form_text(shown.get("approved_answer", MISSING), _WHOLE)]
    given = value_text(case.input, _WIDTH)
    if "perturbed" in shown:
        given = perturbed_text(shown["perturbed"], case.input, _WIDTH)
    start = start_of(answers[1], answers[::2], _WIDTH)
    return (
        excerpt(case.id, 40),
        given,
        *(window(text, start, _WIDTH) for text in answers),
    )


# Cases of one kind and check that are shown: a comment has a limit, and a reader too.
_MOST: Final = 50
_ROOM: Final = 120


def diff_markdown(diffs: Iterable[CheckDiff]) -> Iterator[str]:
    """Each check under its own heading, with a table of cases for each kind of change.

    Text from models and case files is put into code spans, where it is neither HTML nor a mention.
    """
    for diff in diffs:
        yield f"### {code(excerpt(diff.check, 200))}"
        yield ""
        if diff.before is None or diff.after is None:
            yield "not approved yet" if diff.before is None else "not run"
        else:
            versions = f"{excerpt(diff.model)} {excerpt(diff.before)} → {excerpt(diff.after)}"
            yield f"{code(versions)}: {summary_of(diff)}"
            if diff.gained:
                yield ""
                fields = ", ".join(map(code, diff.gained))
                yield f"The type of the answers has gained {fields} (at the default, so no change)."
            if diff.new_test:
                yield ""
                yield "The test itself has changed in between: outcomes may differ for that reason alone."
            for found in filter(None, map(diff.of, NOTES)):
                yield from _table_of(found, diff)
        yield ""


def _table_of(found: Sequence[CaseDiff], diff: CheckDiff) -> Iterator[str]:
    yield ""
    yield f"**{word_of(found[0].note)}** ({len(found)})"
    yield ""
    shown = found[:_MOST]
    before, after = (table_cell(excerpt(version or "", 40)) for version in (diff.before, diff.after))
    expected = any(case.expected is not MISSING for case in shown)
    yield f"| case | input |{' expected |' if expected else ''} {before} | {after} |"
    yield f"|---|---|{'---|' if expected else ''}---|---|"
    for case in shown:
        given = case.perturbed if case.perturbed is not None else case.about
        right = "" if case.expected is MISSING else literal(case.expected)
        cells = [excerpt(text, _ROOM) for text in (case.id, given, *([right] if expected else []))]
        answers = answer_texts(case)
        cells += windows(*(answers if max(map(len, answers)) <= _ROOM else compared_texts(case)), _ROOM)
        yield f"| {' | '.join(map(table_cell, cells))} |"
    for case in shown:
        if (steps := steps_of(case, diff)) is not None:
            yield from opened(f"{case.id}: {steps.sentence}", steps.lines(_ROOM))
    if len(found) > _MOST:
        yield ""
        yield f"and {len(found) - _MOST} more"
