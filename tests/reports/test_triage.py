"""Which of several misses to look into first, once all checks of the run are allowed for."""

import pytest

from pytest_modelcheck.records import Finding, Status, Verdict
from pytest_modelcheck.reports.bars import text_of
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.triage import adjusted_p_values, triage

REVEALS = "40 cases can only reveal rates under 75%"


def verdict(name, *p_values, status=Status.FAILED, reveals=REVEALS):
    findings = tuple(Finding("at_least", status, "missed", p_value=p, reveals=reveals) for p in p_values)
    met = (Finding("max_drop", Status.PASSED, "met", p_value=0.3),)
    return Verdict(f"test_x.py::{name}", "golden", status, findings or met, "triage", "1")


def quiet(number):
    return [verdict(f"test_quiet_{n}", status=Status.PASSED) for n in range(number)]


def test_what_stands_out_among_all_is_named_the_clearest_first():
    found = triage(
        [verdict("test_a", 0.0005), verdict("test_b", 0.0001), verdict("test_c", 0.008), *quiet(35)]
    )
    assert found == "corrected for 38 checks, 2 of 3 that miss a limit stand out: test_b, test_a"


def test_among_fewer_more_stands_out():
    found = triage([verdict("test_a", 0.0005), verdict("test_b", 0.0001), verdict("test_c", 0.008)])
    assert found.endswith("3 of 3 that miss a limit stand out: test_b, test_a, test_c")


def test_none_may():
    found = triage(
        [verdict("test_a", 0.009), verdict("test_b", 0.04, status=Status.INCONCLUSIVE), *quiet(98)]
    )
    assert found.startswith("corrected for 100 checks, none of 2 that miss a limit stands out: chance")


def test_what_fails_without_a_p_value_is_not_passed_over():
    chance = [verdict("test_a", 0.009), verdict("test_b", 0.04), *quiet(98)]
    assert triage([*chance, verdict("test_stopped", None)]) == (
        "corrected for 101 checks, none of 2 that miss a limit (not counting 1 that fails without a p-value)"
        " stands out: chance alone may explain them"
    )


@pytest.mark.parametrize(
    "verdicts",
    [
        [],
        quiet(5),
        [verdict("test_a", 0.001), *quiet(5)],
        [verdict("test_a", 0.001, reveals=None), verdict("test_b", 0.001, reveals=None), *quiet(5)],
        [verdict("test_a", None), verdict("test_b", None)],
    ],
)
def test_where_there_is_nothing_to_choose_nothing_is_said(verdicts):
    """Of fewer than two; and McNemar's p beside an exact verdict is context, and decides nothing."""
    assert triage(verdicts) is None


def test_several_limits_of_one_check_are_allowed_for():
    several, one = verdict("test_a", 0.03, 0.03, 0.03), verdict("test_b", 0.001)
    assert triage([several, one]).endswith("1 of 2 that miss a limit stands out: test_b")


def test_a_long_list_is_cut():
    assert triage([verdict(f"test_{n}", 0.0001) for n in range(7)]).endswith(
        "7 of 7 that miss a limit stand out: test_0, test_1, test_2, test_3 (+3 more)"
    )


def test_the_end_of_the_run_says_it():
    lines = [
        text_of(line) for line in summary_lines([verdict("test_a", 0.0001), verdict("test_b", 0.0001)], 80)
    ]
    assert "corrected for 2 checks, 2 of 2 that miss a limit stand out: test_a, test_b" in lines


def test_and_keeps_within_the_terminal():
    names = [f"test_{letter * 30}" for letter in "abc"]
    lines = [text_of(line) for line in summary_lines([verdict(name, 0.0001) for name in names], 80)]
    start = next(number for number, line in enumerate(lines) if line.startswith("corrected for"))
    assert max(map(len, lines[start:])) <= 80
    assert all(any(name in line for line in lines[start:]) for name in names)


def test_each_check_is_told_its_own_p_value_among_all():
    verdicts = [verdict("test_a", 0.01), *quiet(2), verdict("test_b", 0.001), verdict("test_b", 0.001)]
    assert adjusted_p_values(verdicts) == pytest.approx([0.03, None, None, 0.005, 0.005])
    assert adjusted_p_values(quiet(2)) == [None, None]
    assert adjusted_p_values([]) == []
