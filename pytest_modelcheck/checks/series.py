"""Scores over ordered levels: whether they rise in every case, or for a varying model over all cases.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.runs import by_group
from pytest_modelcheck.phrases import counted, p_text
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.verdicts import Rule
    from pytest_modelcheck.records import CaseResult

Series = tuple[tuple[float, ...], ...]


def series_of(records: Iterable[CaseResult], groups: Mapping[str, Hashable] | None) -> Series | None:
    """The mean score of each case (or group of cases) at each level, in order.

    ``None`` if there are no cases, if one has no score at some level because its body failed there, or if
    cases have different numbers of levels.
    """
    judged = [record for record in records if record.judged]
    rows = [_levels(record) for record in judged]
    whole = [row for row in rows if row is not None]
    # Ranks within a case need a score at each level, and as many levels in every case.
    if not rows or len(whole) < len(rows) or len({len(row) for row in whole}) > 1:
        return None
    if groups is None:
        return tuple(whole)
    ids = [record.id for record in judged]
    columns = [by_group(column, ids, groups) for column in zip(*whole, strict=True)]
    return tuple(zip(*columns, strict=True))


def _levels(record: CaseResult) -> tuple[float, ...] | None:
    scores: dict[tuple[str, int], list[float]] = {}
    for trial in record.trials:
        if trial.score is None:
            return None
        scores.setdefault(trial.place, []).append(trial.score)
    return tuple(sum(each) / len(each) for each in scores.values())


def trend(observed: Observed, rule: Rule) -> Finding:
    """Judge the scores of a varying model over all cases together, by Page's test.

    Single cases fall by chance. The check passes if a rise is significant at ``false_pass_rate``, and fails
    if a fall is significant at ``false_fail_rate``. An observed rise alone is not enough: scores that ignore
    the levels rise in every other run.
    """
    from pytest_modelcheck.stats.trend import page_trend

    rows, limits = observed.series or (), rule.limits
    rising, falling = page_trend(rows), page_trend([row[::-1] for row in rows])
    passed, judged = observed.counts
    levels = len(rows[0])
    what = "cases" if observed.runs is None else "runs"
    summary = f"scores never fall over {levels} levels in {passed}/{judged} {what}"
    if rising <= limits.false_pass_rate:
        return Finding(
            "at_least",
            Status.PASSED,
            f"{summary}; over all of them they rise (Page's test, {p_text(rising)})",
        )
    reveals = _reveals(len(rows), levels, observed.units, limits.false_pass_rate)
    if falling <= limits.false_fail_rate:
        text = f"{summary}; over all of them they fall (Page's test, {p_text(falling)})"
        return Finding("at_least", Status.FAILED, text, p_value=falling, reveals=reveals)
    text = f"{summary}; noise could explain what rise there is over all (Page's test, {p_text(rising)})"
    return rule.inconclusive("at_least", text, against_baseline=False, p_value=falling, reveals=reveals)


def _reveals(units: int, levels: int, name: str, false_pass_rate: float) -> str:
    """Name the trend detected with a chance of 90%, by the normal limit of the mean rank correlation."""
    normal = NormalDist()
    reach = (normal.inv_cdf(1 - false_pass_rate) + normal.inv_cdf(0.9)) / math.sqrt(units * (levels - 1))
    if reach > 1:
        return f"{counted(units, name)} at {levels} levels can barely show any rise"
    return f"{counted(units, name)} can only show rises with a mean rank correlation above about {reach:.2g}"
