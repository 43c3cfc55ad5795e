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
    CheckKind,
    Missing,
    Origin,
    Scale,
    Trial,
    Variant,
    case_of,
)
from pytest_modelcheck.records.results import (
    BITS,
    FOLDED,
    JUDGED,
    OUTCOMES,
    WRONG,
    CaseResult,
    Change,
    Outcome,
    TrialResult,
    fold,
    outcomes_in,
    tally,
)
from pytest_modelcheck.records.verdict import (
    Comparison,
    Finding,
    Flaky,
    FoundSlice,
    Group,
    Interval,
    Moved,
    ShownCase,
    Smallest,
    Status,
    Stopped,
    Tally,
    Verdict,
)

__all__ = [
    "BITS",
    "CHANGE",
    "FOLDED",
    "GIVEN",
    "GIVEN_INPUT",
    "GRADE",
    "JUDGED",
    "LARGEST_SCORE",
    "MISSING",
    "OUTCOMES",
    "WRONG",
    "Calls",
    "Case",
    "CaseResult",
    "Change",
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
    "TrialResult",
    "Variant",
    "Verdict",
    "case_of",
    "fold",
    "outcomes_in",
    "quantile",
    "tally",
]
