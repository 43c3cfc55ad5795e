"""The order of reading: how much was lost, where a check fails, and what failing checks have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.phrases import listed, plural
from pytest_modelcheck.records import WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.records import CaseResult, Comparison, Group, Tally, Verdict


_CAUSES: Final = 4
# A cause is shared by two failing checks and by this share of them: what fewer have may be chance.
_SHARE: Final = 0.25

_MARGIN: Final = 0.01
# A group stands out if it lost more than the whole check by so much: others lost what all of them did.
_FACTOR: Final = 1.2

_NAME: Final = 64


def loss_of(verdict: Verdict) -> float:
    """The largest loss of a check: in rate, below a required rate, in changed answers, or by errors.

    Rates count as shares of their scale; without bounds, as they are.
    """
    cases, comparison, moved = verdict.cases, verdict.comparison, verdict.moved
    width = verdict.scale.width if verdict.scale is not None and verdict.scale.bounded else 1.0
    losses = [0.0]
    if verdict.rate is not None and verdict.required is not None:
        losses.append((verdict.required - verdict.rate) / width)
    if comparison is not None:
        if comparison.approved_rate is not None and comparison.rate is not None:
            losses.append((comparison.approved_rate - comparison.rate) / width)
        missed = {finding.limit for finding in verdict.findings if not finding.met}
        if "max_changed" in missed and comparison.shared:
            losses.append(len(comparison.changed) / comparison.shared)
    if moved is not None:
        losses.append(moved.distance - moved.expected - moved.tolerance)
    if cases.total:
        losses.append(cases.error / cases.total)
    return max(losses)


def case_loss(case: CaseResult) -> float:
    """The loss of a case: by its scores, else the share of its trials that went wrong."""
    losses = []
    for trial in case.trials:
        before = None if trial.approved is None else trial.approved.score
        is_wrong = float(trial.outcome in WRONG)
        losses.append(is_wrong if trial.score is None else (1.0 if before is None else before) - trial.score)
    return sum(losses) / max(1, len(losses))


def slices_standing_out(verdict: Verdict) -> list[Group]:
    """The slices that lost clearly more than the whole check, largest loss first."""
    if verdict.metric is not None:
        # Those whose metric fell; if none fell, those below the metric of all cases.
        known = [(group.metric, group) for group in verdict.slices if group.metric is not None]
        pairs = [(value, group.approved_metric, group) for value, group in known]
        fell = [(before - value, group) for value, before, group in pairs if before is not None]
        # A fall that the figures do not show would read as none.
        fell = [
            (lost, group)
            for lost, group in fell
            if lost > 0 and metric_text(group.metric) != metric_text(group.approved_metric)
        ]
        below = [((verdict.rate or 0.0) - value, group) for value, group in known]
        return [group for lost, group in sorted(fell or below, key=lambda one: -one[0]) if lost > 0]
    # Without approved results, failing is losing.
    is_known = any(group.approved_judged for group in verdict.slices)
    return _standing_out(verdict.slices, verdict.comparison if is_known else None, verdict.cases)


def metric_text(value: float | None) -> str:
    """The metric of a slice to three digits; empty for none."""
    return "" if value is None else f"{value:.3g}"


def perturbations_standing_out(verdict: Verdict) -> list[Group]:
    """The perturbations under which clearly more trials fail than on average."""
    return _standing_out(verdict.perturbations, None, verdict.trials)


def _standing_out(groups: Sequence[Group], comparison: Comparison | None, counts: Tally) -> list[Group]:
    overall = counts.failed / counts.judged if counts.judged else 0.0
    if comparison is not None and comparison.approved_rate is not None and comparison.rate is not None:
        overall = comparison.approved_rate - comparison.rate
    least = _MARGIN + _FACTOR * max(0.0, overall)
    found = []
    for group in groups:
        known = group.approved_judged
        if group.judged and (comparison is None or known):
            before = 1.0 if comparison is None or not known else (group.approved_passed or 0) / known
            found.append((before - group.passed / group.judged, group))
    return [group for loss, group in sorted(found, key=lambda one: -one[0]) if loss > least]


def where(verdict: Verdict) -> str | None:
    """Describe where a check fails; ``None`` if no part of it stands out."""
    if verdict.passed:
        return None
    if verdict.found is not None:
        return str(verdict.found)
    group = next(iter(slices_standing_out(verdict)), None)
    if group is None:
        return None
    text, before = f"{group.passed}/{group.judged} pass", ""
    if group.metric is not None:
        figure, before = metric_text(group.metric), metric_text(group.approved_metric)
        text = f"{verdict.metric} {figure}"
        before = "" if before == figure else before
    elif group.approved_judged:
        before = f"{group.approved_passed}/{group.approved_judged}"
    return f"{excerpt(group.name, _NAME)}: {text}{f' ({verdict.compared_with}: {before})' if before else ''}"


def places(verdict: Verdict) -> Iterator[str]:
    """Everything that failing checks may have in common: slices, perturbations, errors."""
    if verdict.found is not None:
        yield from verdict.found.conditions
    yield from (group.name for group in slices_standing_out(verdict))
    yield from (f"under {group.name}" for group in perturbations_standing_out(verdict))
    for case in verdict.shown:
        if case.note == "error":
            lines = (case.detail or case.message).splitlines()
            yield next((line[1:].strip() for line in reversed(lines) if line.startswith("E ")), case.message)


def causes(verdicts: Sequence[Verdict]) -> list[tuple[str, int]]:
    """The causes that several failing checks share, and the number of checks: ``[("language=es", 19)]``."""
    failed = [verdict for verdict in verdicts if verdict.failed]
    counts = Counter(place for verdict in failed for place in dict.fromkeys(places(verdict)))
    # One check shares nothing with others.
    least = max(2.0, _SHARE * len(failed))
    # By name among equals: reports list the checks in different orders.
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(place, count) for place, count in ordered[:_CAUSES] if count >= least]


def causes_text(verdicts: Sequence[Verdict]) -> str | None:
    """The same as a line; ``None`` if they have nothing in common."""
    found = causes(verdicts)
    if not found:
        return None
    (first, count), *rest = found
    failed = sum(verdict.failed for verdict in verdicts)
    others = "".join(f", {excerpt(place, _NAME)} in {number}" for place, number in rest)
    return f"failures in common: {excerpt(first, _NAME)} in {count} of {failed} failed checks{others}"


# The chance that any of the checks that are said to stand out does so for nothing.
BELIEVED = 0.05

_SHOWN = 4


def triage(verdicts: Sequence[Verdict]) -> str | None:
    """Describe which checks stand out after adjusting for all; ``None`` with fewer than two to compare.

    Compared are checks that miss a limit with a p-value, by Holm's method, in which a check that meets its
    limits has p = 1. Checks that fail by a rule without a p-value (exact, or stopped early) are only counted,
    so that the reader does not take the others for all.
    """
    adjusted = adjusted_p_values(verdicts)
    missing = [
        (p_value, _chance(verdict), verdict.check)
        for p_value, verdict in zip(adjusted, verdicts, strict=True)
        if p_value is not None
    ]
    if len(missing) < 2:
        return None
    outstanding = [check.partition("::")[2] for p_value, _, check in sorted(missing) if p_value <= BELIEVED]
    others = sum(verdict.failed and _chance(verdict) is None for verdict in verdicts)
    other = f"; {plural(others, 'other failure does', 'other failures do')} not depend on chance"
    beside = other if others else ""
    among = f"among {plural(len(verdicts), 'check')}"
    if not outstanding:
        return f"{among}, chance alone may explain {len(missing)} missed limits{beside}"
    unexplained = f"{len(outstanding)} of {len(missing)} missed limits"
    return f"even {among}, chance hardly explains {unexplained}: {listed(outstanding, _SHOWN)}{beside}"


def adjusted_p_values(verdicts: Sequence[Verdict]) -> list[float | None]:
    """For each check, the p-value of its missed limits, adjusted for all checks of the run.

    Uses Holm's method. ``None`` for a check that misses no limit with a p-value.
    """
    chances = [_chance(verdict) for verdict in verdicts]
    if not any(chance is not None for chance in chances):
        return chances
    from pytest_modelcheck.stats.paired import holm

    adjusted = holm([1.0 if chance is None else chance for chance in chances])
    return [None if chance is None else p for chance, p in zip(chances, adjusted, strict=True)]


def _chance(verdict: Verdict) -> float | None:
    """The p-value of a check, adjusted for its own limits; ``None`` if it has none."""
    found = [
        finding.p_value
        for finding in verdict.findings
        if not finding.met and finding.p_value is not None and finding.reveals is not None
    ]
    return min(1.0, min(found) * len(found)) if found else None
