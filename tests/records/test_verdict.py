"""Properties of a verdict."""

from dataclasses import replace

import pytest

from pytest_modelcheck.records import Comparison, Correction, Moved, Status, Verdict


@pytest.mark.parametrize(
    ("correction", "text"),
    [
        (
            Correction("helpful", "1", 135, None, 0.75, (90, 90), (32, 45)),
            (
                "accepted 90 of 90 right answers, rejected 32 of 45 wrong ones (135 labels); "
                "uncorrected pass rate 75%"
            ),
        ),
        (
            Correction("helpful", "1", 120, None, 0.7083, (35, 35), (16, 25)),
            (
                "accepted 35 of 35 right answers, rejected 16 of 25 wrong ones (60 of 120 labels); "
                "uncorrected pass rate 70.8%"
            ),
        ),
        (Correction("helpful", "1", 60, None, 0.4512), "60 labels; uncorrected mean 0.451"),
        (Correction("helpful", "1", 3, why="30 are needed"), "uncorrected: 30 are needed"),
    ],
)
def test_a_correction_counts_the_errors_of_the_judge(correction, text):
    assert str(correction) == text


@pytest.mark.parametrize("status", [Status.PASSED, Status.FAILED, Status.INCONCLUSIVE])
def test_a_verdict_is_one_of_three(status):
    verdict = Verdict("a", "golden", status, (), "m", "3")
    found = {"passed": verdict.passed, "failed": verdict.failed, "inconclusive": verdict.inconclusive}
    assert [name for name, holds in found.items() if holds] == [status.value]


@pytest.mark.parametrize(("paired", "end"), [(True, ", to the same inputs"), (False, "")])
def test_a_distribution_is_compared_with_that_of_some_answers(paired, end):
    moved = Moved("total variation", 0.2, 0.1, 0.05, 0.3, 40, 30, paired, "of 2.0")
    assert moved.compared == f"30 answers against 40 of 2.0{end}"


@pytest.mark.parametrize(
    ("approved", "other", "name"), [("1", "1", "approved"), ("1", "2", "2"), (None, "2", "2")]
)
def test_the_other_version_has_one_name(approved, other, name):
    comparison = Comparison(other, 3, 0, 0, 3, 1.0, 1.0)
    verdict = Verdict("a", "golden", Status.PASSED, (), "m", "3", approved_version=approved)
    assert verdict.compared_with == "approved"
    assert replace(verdict, comparison=comparison).compared_with == name
    live = replace(comparison, ran_too=True)
    assert replace(verdict, comparison=live).compared_with == other
