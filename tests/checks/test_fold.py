import pytest

from pytest_modelcheck.checks.fold import by_perturbation, is_graded, outcome_of, score_of, tally
from pytest_modelcheck.records import CaseRecord, Group, Outcome, Tally, TrialRecord

P, F, E, S, X, XP, N = (
    Outcome(name) for name in ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "new")
)


def trials(*outcomes, **options):
    return [TrialRecord(outcome, **options) for outcome in outcomes]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([P], P),
        ([P, P, F], F),
        ([P, S], P),
        ([F, E], E),
        ([S, S], S),
        ([], S),
        ([N, P], P),
        ([N, S], N),
        ([X, XP], X),
        ([XP, XP], XP),
    ],
)
def test_a_case_is_as_bad_as_its_worst_trial_that_applies(outcomes, expected):
    assert outcome_of(trials(*outcomes)) is expected


def test_the_score_of_a_case_is_the_mean_over_its_judged_trials():
    graded = [TrialRecord(P, score=0.5), TrialRecord(P), TrialRecord(F, score=0.9), TrialRecord(S)]
    assert score_of(graded) == pytest.approx((0.5 + 1 + 0) / 3)


def test_a_check_is_graded_as_soon_as_one_trial_is():
    plain = CaseRecord("a", "", None, "", tuple(trials(P, F)))
    graded = CaseRecord("b", "", None, "", (TrialRecord(P, score=0.5),))
    assert not is_graded([plain])
    assert is_graded([plain, graded])


def test_counts():
    counted = tally([P, P, F, E, S, X, XP, N])
    assert counted == Tally(2, 1, 1, 1, 1, 1, 1)
    assert counted.judged == 3
    assert counted.total == 8


def test_perturbations_are_counted_over_trials_in_order_of_appearance():
    first = CaseRecord(
        "a", "", None, "", (*trials(P, F, perturbation="typos"), *trials(S, perturbation="casing"))
    )
    second = CaseRecord("b", "", None, "", tuple(trials(P, perturbation="casing")))
    assert by_perturbation([first, second]) == (Group("typos", 1, 2), Group("casing", 1, 1))
