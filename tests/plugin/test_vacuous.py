"""Checks that a model would pass by standing still."""

import pytest

MODEL = """
@model_fixture
def urgency(model_version):
    once = lambda text: 5 + (text.endswith("!") and "t 0" in text)
    models = {"still": lambda text: 5, "moves": len, "once": once}
    return models[model_version]
"""

DIRECTIONAL = """
import pytest
from pytest_modelcheck import perturb

@pytest.mark.directional([f"ticket {n}" for n in range(12)], under=perturb.append("!"), LIMITS)
def test_shouting(urgency, case):
    assert urgency(case.perturbed) >= urgency(case.input)
"""

INVARIANCE = """
import pytest

@pytest.mark.invariance(
    [{"input": f"ticket {n}", "expected": EXPECTED} for n in range(12)], under=str.upper, LIMITS
)
def test_case_does_not_matter(urgency, case):
    assert urgency(case.perturbed) == urgency(case.input)
"""


def judged(project, test, version, limits="", expected="n % 2"):
    project.model(MODEL)
    project.test(test.replace("LIMITS", limits).replace("EXPECTED", expected))
    result = project.run(f"--model-version={version}")
    return result, project.verdict(result)


def test_a_directional_check_in_which_nothing_moved_fails(project):
    result, verdict = judged(project, DIRECTIONAL, "still")
    result.assert_outcomes(failed=1)
    assert verdict.headline.startswith("vacuous: the answer moved in 0 of 12 cases")


@pytest.mark.parametrize(
    ("version", "limits"), [("moves", ""), ("once", ""), ("still", "allow_constant=True")]
)
def test_one_move_is_enough_and_none_where_that_is_right(project, version, limits):
    result, _ = judged(project, DIRECTIONAL, version, limits)
    result.assert_outcomes(passed=1)


def test_where_the_test_itself_asks_for_a_move_its_limit_says_it(project):
    _, verdict = judged(project, DIRECTIONAL.replace(">=", ">"), "still")
    assert [finding.limit for finding in verdict.findings] == ["at_least"]


def test_one_answer_to_inputs_that_need_different_ones_fails(project):
    result, verdict = judged(project, INVARIANCE, "still")
    result.assert_outcomes(failed=1)
    assert verdict.headline.startswith("vacuous: the model gave one answer to all 12 inputs, though")


@pytest.mark.parametrize(
    ("version", "limits", "expected"),
    [("moves", "", "n % 2"), ("still", "allow_constant=True", "n % 2"), ("still", "", "1")],
)
def test_otherwise_an_invariance_check_passes(project, version, limits, expected):
    result, _ = judged(project, INVARIANCE, version, limits, expected)
    result.assert_outcomes(passed=1)
