"""Text that several report formats share: rates, cases, and the costs of calls."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines.diff import differ, shown_answers
from pytest_modelcheck.canonical import excerpt, untagged, untagged_json
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import GRADE, MISSING, WRONG, Calls, Outcome, Status
from pytest_modelcheck.reports.jsons import value_of
from pytest_modelcheck.reports.transcript import brief, steps_of_trial
from pytest_modelcheck.reports.worst import case_loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.records import CaseResult, TrialResult, Verdict
    from pytest_modelcheck.reports.model import CheckReport, RunReport


# Seconds: the time of faster calls is not shown, since it says nothing.
_MEASURED = 0.0005

# Seconds: if the median call is faster, a line about its time is not worth reading.
_FELT = 0.05

# Seconds: from here on a remark on calls that are made one after another is worth its line.
_LONG_WAIT = 5.0
_TOGETHER = "@model_fixture(concurrency=8) makes eight at once"


def seconds_text(seconds: float) -> str:
    """A time, short.

    >>> seconds_text(0.0234), seconds_text(0.534), seconds_text(2.13), seconds_text(75.0)
    ('23 ms', '0.53 s', '2.1 s', '75 s')
    >>> seconds_text(0.00162), seconds_text(0.00004), seconds_text(0.0)
    ('1.6 ms', '40 µs', '1 µs')
    """
    if seconds < 0.00095:
        return f"{max(1.0, seconds * 1e6):.0f} µs"
    if seconds < 0.0095:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def money_text(amount: float) -> str:
    """An amount in the unit of the fixture's ``cost=``, with two significant digits.

    >>> money_text(0.0), money_text(0.000123), money_text(0.4567), money_text(1234.5)
    ('0', '0.00012', '0.46', '1,234.50')
    """
    if not amount:
        return "0"
    return f"{amount:,.2f}" if amount >= 0.1 else f"{amount:.2g}"


def cost_of(calls: Calls) -> str:
    """Describe the cost of the calls of one check or several; empty if there is nothing worth saying.

    >>> from pytest_modelcheck.records import Calls
    >>> cost_of(Calls(new=3, requests=4, retries=1, latencies=(0.2, 0.3, 1.5), tokens_in=360, tokens_out=9))
    '4 calls (1 retry), median 0.3 s, 95% within 1.5 s, 360 input + 9 output tokens'
    """
    counted = (
        (calls.retries, "retry", "retries"),
        (calls.timeouts, "timeout", "timeouts"),
        (calls.failed, "failed call", "failed calls"),
        (calls.uncalled, "call not made", "calls not made"),
    )
    trouble = ", ".join(plural(*one) for one in counted if one[0])
    felt = calls.p50 is not None and calls.p50 >= _FELT
    if not (felt or calls.cost is not None or calls.tokens_other or trouble):
        return ""
    parts = [plural(calls.requests, "call") + (f" ({trouble})" if trouble else "")]
    if calls.p50 is not None and calls.p95 is not None and calls.p95 >= _MEASURED:
        parts.append(f"median {seconds_text(calls.p50)}, 95% within {seconds_text(calls.p95)}")
    if calls.tokens_in is not None or calls.tokens_out is not None:
        parts.append(f"{calls.tokens_in or 0:,} input + {calls.tokens_out or 0:,} output tokens")
    if calls.tokens_other:
        others = " and ".join(f"{count:,} {name}" for name, count in calls.tokens_other)
        parts.append(f"not counted: {others}")
    if calls.cost is not None:
        parts.append(f"cost {money_text(calls.cost)}")
    return ", ".join(parts)


def by_model(verdicts: Iterable[Verdict]) -> Iterator[tuple[str, str]]:
    """Each model version that was called, with the cost of its calls in all checks."""
    groups: dict[str, list[Calls]] = {}
    for verdict in verdicts:
        label = f"{verdict.model} {verdict.version or '(unversioned)'}"
        groups.setdefault(label, []).append(verdict.calls)
    for label, group in groups.items():
        calls = together(group)
        text = cost_of(calls)
        if calls.serial and calls.total_latency >= _LONG_WAIT:
            text += f"; {seconds_text(calls.total_latency)} in all, one after another: {_TOGETHER}"
        if text:
            yield label, text


def together(group: Sequence[Calls]) -> Calls:
    """The calls of several checks as one."""
    other: Counter[str] = Counter()
    for calls in group:
        other.update(dict(calls.tokens_other))
    summed = ("new", "cached", "direct", "seconds", "requests", "retries", "failed", "timeouts", "uncalled")
    return Calls(
        **{name: sum(getattr(calls, name) for calls in group) for name in summed},
        serial=all(calls.serial for calls in group),
        latencies=_merged([(calls.latencies, calls.requests) for calls in group]),
        tokens_in=_sum(calls.tokens_in for calls in group),
        tokens_out=_sum(calls.tokens_out for calls in group),
        tokens_other=tuple(sorted(other.items())),
        cost=_sum(calls.cost for calls in group),
        costs=_merged([(calls.costs, calls.new) for calls in group]),
    )


def _merged(group: Sequence[tuple[Sequence[float], int]]) -> tuple[float, ...]:
    """The numbers of all checks, sorted: 41 quantiles where they are thinned.

    Each check is weighted by its number of values before thinning.
    """
    weighed = sorted(
        (value, max(1.0, count / len(values))) for values, count in group if values for value in values
    )
    if len(weighed) <= 41 or len(group) == 1:
        return tuple(value for value, _ in weighed)
    # Only quantiles: a report of a million calls must not carry a million numbers.
    total = sum(weight for _, weight in weighed)
    chosen: list[float] = []
    reached = 0.0
    for value, weight in weighed:
        reached += weight
        while len(chosen) <= 40 and reached >= total * len(chosen) / 40 - 1e-9:
            chosen.append(value)
    return tuple(chosen)


def _sum(values: Iterable[float | int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None  # type: ignore[return-value]  # a float where the values are


def passed_text(verdict: Verdict) -> str:
    """The passed cases of the judged ones: ``18/20``; for a metric, the number of judged ones."""
    cases = verdict.cases
    return str(cases.judged) if verdict.metric else f"{cases.passed}/{cases.judged}"


def rate_text(rate: float | None, verdict: Verdict) -> str:
    """A pass rate in percent, a mean score as it is, a mean change with its sign; empty for none."""
    if rate is None:
        return ""
    if verdict.signed:
        return f"{rate:+.3g}"
    return f"{rate:.3f}" if verdict.graded else percent(rate)


def figure_text(verdict: Verdict) -> str:
    """The main figure of a check: its rate, its mean, or how far its answers moved."""
    moved = verdict.moved
    return rate_text(verdict.rate, verdict) if moved is None else f"Δ {moved.distance:.2g}"


def interval_text(verdict: Verdict) -> str:
    """The interval around a rate, in percent: ``83–94%``; on another scale as it is."""
    interval = verdict.interval
    if interval is None:
        return ""
    if verdict.scale == GRADE:
        return f"{interval.low * 100:.0f}–{interval.high * 100:.0f}%"
    return f"{interval.low:.2g} … {interval.high:.2g}"


def levels_text(verdicts: Iterable[Verdict]) -> str | None:
    """Describe the confidence of a table's one-sided bounds; ``None`` without intervals."""
    levels = sorted({verdict.interval.level for verdict in verdicts if verdict.interval is not None})
    if not levels:
        return None
    return f"{' or '.join(dict.fromkeys(map(percent, levels)))} confidence bounds"


def counts_text(report: RunReport) -> str:
    """Count checks by status: ``2 failed, 1 inconclusive, 10 passed``."""
    counts = Counter(check.verdict.status for check in report.checks)
    worst_first = sorted(Status, key=lambda status: -status.severity)
    parts = [f"{counts[status]} {status.value}" for status in worst_first if counts[status]]
    if report.troubles:
        parts.insert(0, f"{len(report.troubles)} not judged")
    return ", ".join(parts) or "no check was run"


def wrong_cases(check: CheckReport) -> list[CaseResult]:
    """The cases that failed or broke: those that passed before come first, then by loss."""
    wrong = [case for case in check.cases if case.outcome in WRONG]
    return sorted(wrong, key=lambda case: (case.change != "regressed", -case_loss(case)))


def listed_cases(check: CheckReport) -> tuple[str, list[CaseResult]]:
    """The cases that a reader of a check that did not pass wants to see, and the word for one of them.

    Those that went wrong; of a check in which none did, those that changed, or that its failure shows.
    """
    notes = {case.id: case.note for case in check.verdict.shown}
    if wrong := wrong_cases(check):
        # A body that compares with the approved answer fails where the answer changed.
        return "changed answer" if {*notes.values()} == {"changed"} else "failing case", wrong
    if not {"changed", "regressed", "fixed"}.isdisjoint(notes.values()):
        return "changed answer", [case for case in check.cases if case.change is not None]
    return next(iter(notes.values()), "case"), [case for case in check.cases if case.id in notes]


def most_informative_trial(case: CaseResult) -> TrialResult | None:
    """The most informative trial of a case: the first that went wrong, else the first that differs."""
    wrong = (trial for trial in case.trials if trial.outcome in WRONG)
    other = (trial for trial in case.trials if trial.approved is None or differ(trial, trial.approved))
    return next(chain(wrong, other, case.trials), None)


def value_text(value: Any, width: int) -> str:
    """A JSON value on one line; empty for no value."""
    return "" if value is MISSING else excerpt(value, width)


def form_text(form: Any, width: int) -> str:
    """A stored answer on one line, a trajectory in a few words; empty for none.

    >>> form_text({"total": {"$decimal": "9.50"}}, 80)
    '{"total":"9.50"}'
    """
    if form is MISSING:
        return ""
    plain = untagged(brief(form))
    return excerpt(plain if isinstance(plain, str) else untagged_json(form), width)


def case_text(case: CaseResult, version: str | None) -> Iterator[str]:
    """Describe one case that went wrong, in short sentences."""
    trial = most_informative_trial(case)
    yield f"input: {value_text(case.input, 160)}"
    if trial is None:
        return
    if trial.perturbed is not MISSING:
        yield f"{trial.perturbation}: {value_text(trial.perturbed, 160)}"
    answer, base, before, _ = shown_answers(trial, case.digest)
    if case.expected is not MISSING:
        yield f"expected: {value_text(case.expected, 120)}"
    if base is not None:
        yield f"unperturbed: {form_text(value_of(base), 120)}"
    if answer is not None:
        yield f"got: {form_text(value_of(answer), 120)}"
    if before is not None and version is not None:
        yield f"{version}: {form_text(value_of(before), 120)}"
    if (steps := steps_of_trial(trial, case.digest)) is not None and steps.sentence:
        yield steps.sentence
    if case.outcome is Outcome.ERROR and trial.message:
        yield value_text(trial.message, 200)


def regressed_cases(checks: Iterable[CheckReport]) -> Iterator[tuple[CheckReport, CaseResult]]:
    """Every case of a check that did not pass that passed with the approved version and fails now."""
    for check in checks:
        if check.verdict.status not in (Status.PASSED, Status.XFAILED):
            yield from ((check, case) for case in wrong_cases(check) if case.change == "regressed")
