import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.ordered import AS_IT_IS
from pytest_modelcheck.records import Case, Origin

MILD, HARSH = perturb.append("Hm."), perturb.append("I will sue.")


def test_the_input_is_the_first_level():
    made = perturb.levels(MILD, HARSH).of(Case("a"), 0)
    assert made == [(AS_IT_IS, "a", 0), (MILD.name, "a Hm.", 0), (HARSH.name, "a I will sue.", 0)]


def test_it_may_be_left_out():
    made = perturb.levels(str.upper, MILD, HARSH, with_input=False).of(Case("a"), 0)
    assert [value for _, value, _ in made] == ["A", "a Hm.", "a I will sue."]


def test_a_level_that_leaves_the_input_as_it_is_is_named():
    assert perturb.levels(MILD, str.upper).of(Case("A"), 0) == "upper"


def test_cases_may_bring_their_own():
    case = Case("a", variants=("b", "c"))
    assert [value for _, value, _ in perturb.levels().of(case, 0)] == ["a", "b", "c"]


def test_of_which_there_must_be_enough():
    case = Case("a", id="t-1", variants=("b",), origin=Origin("tickets.yaml", 3))
    with pytest.raises(PerturbationError, match=r"case t-1 \(tickets.yaml:3\) has 2 levels: a trend needs 3"):
        perturb.levels().of(case, 0)


@pytest.mark.parametrize("arguments", [{"with_input": True}, {"with_input": False}])
def test_too_few_steps_are_no_trend(arguments):
    steps = [MILD] if arguments["with_input"] else [MILD, HARSH]
    with pytest.raises(PerturbationError, match=r"levels\(\) of 2 inputs: a trend needs 3 or more"):
        perturb.levels(*steps, **arguments)


def test_a_level_is_one_input():
    with pytest.raises(
        PerturbationError, match=r"level typos makes 2 inputs of case t-1; a level is one input"
    ):
        perturb.levels(MILD, perturb.typos(n=2)).of(Case("Where is my parcel today?", id="t-1"), 0)
