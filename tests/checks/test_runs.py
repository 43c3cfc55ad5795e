import pytest

from pytest_modelcheck.checks.observed import Runs, by_group, groups_of, score_of, values_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Case, Origin, Outcome, TrialResult

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
