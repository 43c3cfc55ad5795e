import itertools
from dataclasses import replace

import numpy as np
import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.checks.decide import decide
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.observed import (
    Observed,
    Runs,
    by_group,
    contradiction,
    groups_of,
    score_of,
    series_of,
    values_of,
    worth,
)
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Case, CaseResult, Origin, Outcome, Status, Tally, TrialResult

PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def trial(outcome, repeat=0, answer=b"1", **options):
    return TrialResult(outcome, (("q", answer),), repeat=repeat, **options)


class TestValues:
    def test_a_run_passes_if_all_of_its_variants_do(self):
        trials = [
            trial(PASSED, 0, perturbation="a"),
            trial(FAILED, 0, perturbation="b"),
            trial(PASSED, 1, perturbation="a"),
            trial(PASSED, 1, perturbation="b"),
        ]
        assert values_of(trials, graded=False) == (0.0, 1.0)

    def test_a_graded_run_is_the_mean_of_its_scores(self):
        trials = [trial(PASSED, 0, score=0.5), trial(PASSED, 1, score=0.25), trial(FAILED, 2)]
        assert values_of(trials, graded=True) == (0.5, 0.25, 0.0)

    def test_a_run_that_does_not_apply_is_none(self):
        assert values_of([trial(SKIPPED), trial(PASSED, 1)], graded=False) == (1.0,)

    def test_a_drop_is_the_difference_of_means(self):
        assert Runs((1.0, 1.0), (1.0, 0.0)).drop() == 0.5


class TestGroups:
    def test_by_metadata(self):
        cases = [Case("a", id="1", metadata={"template": "x"}), Case("b", id="2", metadata={"template": 3})]
        assert groups_of(cases, "template") == {"1": "x", "2": 3}

    def test_a_case_without_it_is_named(self):
        cases = [Case("a", id="t-1", metadata={"lang": "en"}, origin=Origin("t.yaml", 3))]
        with pytest.raises(
            UsageError, match=r"case t-1 \(t.yaml:3\) has no such metadata \(it has: 'lang'\)"
        ):
            groups_of(cases, "template")

    def test_a_list_names_no_group(self):
        with pytest.raises(UsageError, match=r"case t-1 has \['x'\] there"):
            groups_of([Case("a", id="t-1", metadata={"template": ["x"]})], "template")

    def test_a_missing_value_of_a_table_names_no_group(self):
        with pytest.raises(UsageError, match="case t-1 has nan there"):
            groups_of([Case("a", id="t-1", metadata={"template": float("nan")})], "template")

    def test_means(self):
        assert by_group([1.0, 0.0, 1.0], ["1", "2", "3"], {"1": "x", "2": "x", "3": "y"}) == [0.5, 1.0]
        assert by_group([1.0, 0.0], ["1", "2"], None) == [1.0, 0.0]


def test_a_case_is_worth_the_mean_of_its_judged_trials():
    trials = [trial(PASSED, score=0.5), trial(PASSED), trial(FAILED), trial(SKIPPED)]
    assert score_of(trials) == 0.5
    assert score_of(trials, worst=-1.5) == 0.0


def test_a_mean_is_exact_so_that_every_python_decides_alike_at_a_limit():
    # A plain sum of ten 0.1 falls short of 1 before Python 3.12, and does not from there on.
    trials = [trial(Outcome.PASSED, score=0.1) for _ in range(10)]
    assert score_of(trials) == 0.1
    assert worth([0.1] * 10, None) == 0.1


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
        assert (
            found.reveals
            == "8 cases can reliably show only rises with a mean rank correlation above about 0.52"
        )

    def test_an_odd_run_may_fail(self):
        limits = Limits(inconclusive="fail")
        assert finding(noisy(0.0, cases=8, seed=2), limits=limits).status is Status.FAILED

    def test_two_cases_can_hardly_show_any(self):
        rows = [(1, 2, 3), (3, 1, 2)]
        assert finding(rows).reveals == "2 cases at 3 levels can barely show any rise"

    @pytest.mark.parametrize("varies", [True, False])
    def test_a_series_in_which_every_case_rises_is_not_tested(self, varies):
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


P, F, E = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
HEADER = Header("test_a.py::test", "golden", "triage", "2.0")


def candidate(cases, call=str):
    """A candidate from the outcomes of each case's runs; ``call`` names the call of a case."""
    rows = {}
    for number, runs in enumerate(cases):
        trials = tuple(
            TrialResult(one, ((f"{call(number)}-{repeat}", b"1"),), repeat=repeat)
            for repeat, one in enumerate(runs)
        )
        rows[str(number)] = lines.encode(CaseResult(str(number), str(number), None, "", trials))
    return Baseline(HEADER, rows, "")


def contradictions(*arguments, **options):
    return list(contradiction(candidate(*arguments, **options)))


def test_a_run_that_stands_out_is_named_with_what_to_do():
    (reason,) = contradictions([[P, F, P]] * 12 + [[P, P, P]] * 5)
    assert reason.startswith(
        "its 3 runs contradict each other: 17, 5 and 17 cases pass, more apart than noise"
    )
    assert reason.endswith("pytest --model-version=2.0 --modelcheck-update --modelcheck-cache=refresh")


def test_candidates_that_are_approved_together_share_the_chance_of_a_false_refusal():
    found = candidate([[P, F, P]] * 7 + [[P, P, P]] * 20)
    assert list(contradiction(found)) != []
    assert list(contradiction(found, together=60)) == []
    assert list(contradiction(candidate([[P, F, P]] * 20), together=60)) != []


@pytest.mark.parametrize(
    "cases",
    [[[P]] * 20, [[P, P, P]] * 20, [[P, F, P], [F, P, P], [P, P, F]] * 10, [[P, E, P]] * 20, []],
    ids=["run once", "steady", "coins", "an outage, which is an error", "no case"],
)
def test_runs_that_agree_or_cannot_be_compared_are_not_mentioned(cases):
    assert contradictions(cases) == []


def test_cases_that_share_a_call_count_as_one():
    assert contradictions([[P, F, P]] * 20)
    assert contradictions([[P, F, P]] * 20, call=lambda _: "the same") == []


def test_hardly_any_candidate_of_an_unchanged_model_is_refused():
    random = np.random.default_rng(11)
    chances = random.beta(4, 1, 40)
    refused = sum(
        bool(
            contradictions(
                [[P if passes else F for passes in random.random(3) < chance] for chance in chances]
            )
        )
        for _ in range(400)
    )
    assert refused <= 10  # 4 expected at 1%
