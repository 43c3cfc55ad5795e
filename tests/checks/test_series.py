"""Scores over ordered levels: read off the records of a check, and judged where the model varies."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from pytest_modelcheck.checks.decide import decide
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.observed import Observed, series_of
from pytest_modelcheck.records import CaseResult, Outcome, Status, Tally, TrialResult


def record(case, *runs):
    trials = tuple(
        TrialResult(Outcome.PASSED, perturbation=f"level {level}", repeat=repeat, score=score)
        for level in range(len(runs[0]))
        for repeat, score in enumerate(run[level] for run in runs)
    )
    return CaseResult(case, "", None, "", trials)


class TestReadingThemOff:
    def test_a_row_a_case_and_a_column_a_level(self):
        assert series_of([record("a", (1, 2, 3)), record("b", (3, 2, 1))], None) == ((1, 2, 3), (3, 2, 1))

    def test_runs_are_averaged(self):
        assert series_of([record("a", (1, 2, 3), (3, 2, 5))], None) == ((2, 2, 4),)

    def test_groups_are_averaged(self):
        rows = [record("a", (1, 2, 3)), record("b", (3, 2, 5)), record("c", (0, 0, 1))]
        assert series_of(rows, {"a": "x", "b": "x", "c": "y"}) == ((2, 2, 4), (0, 0, 1))

    def test_a_level_without_a_score_leaves_nothing_to_judge_together(self):
        assert series_of([record("a", (1, 2, 3)), record("b", (1, None, 3))], None) is None

    def test_nor_do_rows_of_different_length(self):
        assert series_of([record("a", (1, 2, 3)), record("b", (1, 2, 3, 4))], None) is None

    def test_cases_that_were_not_judged_are_left_out(self):
        skipped = CaseResult("b", "", None, "", (TrialResult(Outcome.SKIPPED),))
        assert series_of([record("a", (1, 2, 3)), skipped], None) == ((1, 2, 3),)

    def test_without_cases_there_is_nothing(self):
        assert series_of([], None) is None


def finding(rows, *, varies=True, limits=Limits(), whole=True):
    rows = tuple(map(tuple, rows))
    rise = sum(all(one <= two for one, two in itertools.pairwise(row)) for row in rows)
    observed = Observed(Tally(passed=rise, failed=len(rows) - rise), series=rows, whole=whole)
    (found,) = decide(replace(observed, varies=varies), limits)
    return found


def noisy(slope, cases=40, seed=0):
    return np.random.default_rng(seed).normal(size=(cases, 4)) + slope * np.arange(4)


class TestJudgingThem:
    def test_without_noise_each_case_counts(self):
        found = finding(noisy(1.0), varies=False)
        assert found.status is Status.FAILED
        assert found.summary.startswith("scores never fall in ")

    def test_with_noise_a_rise_over_all_passes(self):
        found = finding(noisy(1.0))
        assert found.status is Status.PASSED
        assert "; over all of them they rise (Page's test, p < 1e-9)" in found.summary

    def test_a_fall_over_all_fails(self):
        found = finding(noisy(-1.0))
        assert found.status is Status.FAILED
        assert found.p_value < 0.01

    def test_a_rise_that_noise_could_explain_is_inconclusive(self):
        found = finding(noisy(0.0, cases=8, seed=2))
        assert found.status is Status.INCONCLUSIVE
        assert found.reveals == "8 cases can only show rises with a mean rank correlation above about 0.52"

    def test_which_may_fail(self):
        limits = Limits(inconclusive="fail")
        assert finding(noisy(0.0, cases=8, seed=2), limits=limits).status is Status.FAILED

    def test_two_cases_can_hardly_show_any(self):
        rows = [(1, 2, 3), (3, 1, 2)]
        assert finding(rows).reveals == "2 cases at 3 levels can barely show any rise"

    @pytest.mark.parametrize("varies", [True, False])
    def test_where_every_case_rises_there_is_nothing_to_test(self, varies):
        assert finding([(1, 2, 3)] * 5, varies=varies).p_value is None

    def test_scores_that_never_move_fail_however_well_they_rise(self):
        rows = ((2.0, 2.0, 2.0),) * 5
        findings = decide(Observed(Tally(passed=5), series=rows), Limits())
        assert (findings[0].limit, findings[0].status) == ("levels", Status.FAILED)
        assert findings[0].summary.startswith("the score is the same at all 3 levels of all 5 cases")

    def test_but_not_those_of_one_case_alone(self):
        assert finding([(2.0, 2.0, 2.0)], varies=False, whole=False).status is Status.PASSED

    @pytest.mark.parametrize("integers", [True, False])
    def test_scores_that_ignore_the_levels_seldom_pass_and_seldom_fail(self, integers):
        drawn = np.random.default_rng(0).normal(size=(300, 20, 4))
        rows = np.round(drawn) if integers else drawn
        found = [finding(each).status for each in rows]
        assert found.count(Status.PASSED) <= 300 * 0.1 + 3 * (300 * 0.09) ** 0.5
        assert found.count(Status.FAILED) <= 300 * 0.01 + 3 * (300 * 0.0099) ** 0.5
