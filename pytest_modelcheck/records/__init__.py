"""The nouns of the package: case, trial, outcome, result, verdict.

They are plain data. Those that are shown or sent to another process are frozen.
"""

from __future__ import annotations

from pytest_modelcheck.records.cases import (
    CHANGE,
    GIVEN,
    GIVEN_INPUT,
    GRADE,
    LARGEST_SCORE,
    MISSING,
    Case,
    CheckKind,
    Contrast,
    Missing,
    Origin,
    Scale,
    ShownCase,
    Smallest,
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
    Calls,
    CaseResult,
    Change,
    Grade,
    Outcome,
    Tally,
    TrialResult,
    fails_in_every_run,
    fold,
    outcomes_in,
    quantile,
    shared_trials,
    tally,
)
from pytest_modelcheck.records.verdict import (
    Comparison,
    Correction,
    Finding,
    Flaky,
    FoundSlice,
    Group,
    Interval,
    Moved,
    Nights,
    Status,
    Stopped,
    Verdict,
)

__all__ = [
    "BITS", "CHANGE", "FOLDED", "GIVEN", "GIVEN_INPUT", "GRADE", "JUDGED", "LARGEST_SCORE", "MISSING",
    "OUTCOMES", "WRONG", "Calls", "Case", "CaseResult", "Change", "CheckKind", "Comparison", "Contrast",
    "Correction", "Finding", "Flaky", "FoundSlice", "Grade", "Group", "Interval", "Missing", "Moved",
    "Nights", "Origin", "Outcome", "Scale", "ShownCase", "Smallest", "Status", "Stopped", "Tally",
    "Trial", "TrialResult", "Variant", "Verdict", "case_of", "fails_in_every_run", "fold", "outcomes_in",
    "quantile", "shared_trials", "tally",
]  # fmt: skip
