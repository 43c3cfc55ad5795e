"""The nouns: what a case, a trial, an outcome and a verdict are.

Everything here is plain data. Nouns that are shown or sent to another process are frozen.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.records.calls import Calls, quantile
from pytest_modelcheck.records.cases import (
    CHANGE,
    GIVEN,
    GIVEN_INPUT,
    GRADE,
    LARGEST_SCORE,
    MISSING,
    Case,
    CaseRecord,
    CheckKind,
    Missing,
    Origin,
    Outcome,
    Scale,
    Trial,
    TrialRecord,
    Variant,
    case_of,
)
from pytest_modelcheck.records.findings import (
    Comparison,
    Finding,
    Flaky,
    FoundSlice,
    Group,
    Interval,
    Moved,
    Status,
    Tally,
)
from pytest_modelcheck.records.shown import ShownCase, Smallest
from pytest_modelcheck.records.verdict import Stopped, Verdict

__all__ = [
    "CHANGE",
    "GIVEN",
    "GIVEN_INPUT",
    "GRADE",
    "LARGEST_SCORE",
    "MISSING",
    "Calls",
    "Case",
    "CaseRecord",
    "CheckKind",
    "Comparison",
    "Finding",
    "Flaky",
    "FoundSlice",
    "Group",
    "Interval",
    "Missing",
    "Moved",
    "Origin",
    "Outcome",
    "Scale",
    "ShownCase",
    "Smallest",
    "Status",
    "Stopped",
    "Tally",
    "Trial",
    "TrialRecord",
    "Variant",
    "Verdict",
    "case_of",
    "quantile",
]
