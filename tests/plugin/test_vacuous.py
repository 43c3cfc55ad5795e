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


ROWS = {
    "nothing moved": (DIRECTIONAL, "still", "", "n % 2", "vacuous: the answer moved in 0 of 12 cases"),
    "all moved": (DIRECTIONAL, "moves", "", "n % 2", ""),
    "one moved": (DIRECTIONAL, "once", "", "n % 2", ""),
    "nothing has to move": (DIRECTIONAL, "still", "allow_constant=True", "n % 2", ""),
    "the body asks for a move": (DIRECTIONAL.replace(">=", ">"), "still", "", "n % 2", "0/12 cases pass"),
    "one answer to all": (
        INVARIANCE,
        "still",
        "",
        "n % 2",
        "vacuous: the model gave one answer to all 12 inputs",
    ),
    "several answers": (INVARIANCE, "moves", "", "n % 2", ""),
    "one answer may be right": (INVARIANCE, "still", "allow_constant=True", "n % 2", ""),
    "one answer is expected": (INVARIANCE, "still", "", "1", ""),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_check_fails_where_standing_still_would_pass_it(project, name):
    test, version, limits, expected, headline = ROWS[name]
    project.model(MODEL)
    project.test(test.replace("LIMITS", limits).replace("EXPECTED", expected))
    verdict = project.verdict(project.run(f"--model-version={version}"))
    assert verdict.failed == bool(headline)
    assert verdict.headline.startswith(headline)
    assert name != "the body asks for a move" or [one.limit for one in verdict.findings] == ["at_least"]
