from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.perturb import append, replace
from pytest_modelcheck.records import MISSING, Case

CASES = [Case("red car", id="1"), Case("blue bus", id="2")]


def rows_of(plan):
    return [
        (
            trial.index,
            trial.case.id,
            trial.perturbation,
            trial.perturbed,
            trial.repeat,
            trial.number,
            trial.of,
        )
        for trial in plan.trials()
    ]


def test_a_golden_check_has_a_trial_for_each_case_and_repeat():
    assert rows_of(Plan(CASES, None)) == [(0, "1", None, MISSING, 0, 0, 1), (1, "2", None, MISSING, 0, 1, 1)]
    plan = Plan(CASES, None, repeats=2, start=10)
    assert [(index, case, repeat, of) for index, case, _, _, repeat, _, of in rows_of(plan)] == [
        (10, "1", 0, 2),
        (11, "1", 1, 2),
        (12, "2", 0, 2),
        (13, "2", 1, 2),
    ]
    assert plan.size == 4


def test_perturbations_make_trials_and_cases_that_they_leave_alone_make_none():
    plan = Plan(CASES, [append("!"), replace("car", "van")])
    without = []
    plan.without = lambda case, number: without.append((case.id, number))
    names = [(trial.case.id, trial.perturbed) for trial in plan.trials()]
    assert [name for case, name in names if case == "1"][1] == "red van"
    assert [case for case, _ in names] == ["1", "1", "2"]
    assert sum(plan.inapplicable.values()) == 1
    assert without == []
    alone = Plan(CASES, [replace("car", "van")])
    alone.without = lambda case, number: without.append((case.id, number))
    assert len(list(alone.trials())) == 1
    assert without == [("2", 1)]


def test_cases_of_a_number_of_trials():
    plan = Plan(CASES, [append("!"), append("?")], repeats=3)
    assert plan.cases_of(6) == 0  # nothing is known yet
    assert len(list(plan.trials())) == plan.size == 12
    assert plan.cases_of(6) == 1
