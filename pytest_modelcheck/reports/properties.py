"""A verdict as names and values: the properties of a test case in a JUnit file.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import Verdict


PREFIX: Final = "modelcheck."
"""What all names begin with."""


def properties(verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """Return the results of one test's checks; where it has several, each name says of which."""
    found = []
    for verdict in verdicts:
        prefix = PREFIX if len(verdicts) == 1 else f"{PREFIX}{verdict.check.rpartition('::')[2]}."
        found += [(prefix + name, str(value)) for name, value in _values(verdict) if value is not None]
    return found


def _values(verdict: Verdict) -> list[tuple[str, object]]:
    interval, comparison = verdict.interval, verdict.comparison
    values: list[tuple[str, object]] = [
        ("status", verdict.status.value),
        ("model", verdict.model),
        ("version", verdict.version),
        ("approved_version", verdict.approved_version),
        ("metric", verdict.metric),
        ("rate", verdict.rate),
        ("passed", verdict.cases.passed),
        ("judged", verdict.cases.judged),
        ("required", verdict.required),
    ]
    if interval is not None:
        values += [("interval_low", interval.low), ("interval_high", interval.high)]
    if comparison is not None:
        values += [
            ("approved_rate", comparison.approved_rate),
            ("regressed", len(comparison.regressed)),
            ("fixed", len(comparison.fixed)),
            ("changed", len(comparison.changed)),
        ]
    return [*values, ("calls", verdict.calls.asked), ("cached", verdict.calls.cached)]
