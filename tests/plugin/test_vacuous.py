"""Checks that a model passes by giving the same answer to everything."""

import re

MODELS = """
@model_fixture
def still():
    return lambda text: 5

@model_fixture
def moves():
    return len

@model_fixture
def once():
    return lambda text: 5 + (text.endswith("!") and "t 0" in text)
"""

DIRECTIONAL = """
@pytest.mark.directional([f"ticket {n}" for n in range(12)], under=perturb.append("!"), LIMITS)
def TEST(MODEL, case):
    assert MODEL(case.perturbed) >= MODEL(case.input)
"""

INVARIANCE = """
@pytest.mark.invariance(
    [{"input": f"ticket {n}", "expected": EXPECTED} for n in range(12)], under=str.upper, LIMITS
)
def TEST(MODEL, case):
    assert MODEL(case.perturbed) == MODEL(case.input)
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


def test_a_check_fails_where_standing_still_would_pass_it(project):
    project.model(MODELS)
    source = "import pytest\nfrom pytest_modelcheck import perturb\n"
    for number, (test, model, limits, expected, _) in enumerate(ROWS.values()):
        words = {"LIMITS": limits, "EXPECTED": expected, "MODEL": model, "TEST": f"test_{number}"}
        source += re.sub("|".join(words), lambda word, words=words: words[word[0]], test)
    project.test(source)
    found = project.verdicts(project.run())
    for number, (name, (*_, headline)) in enumerate(ROWS.items()):
        verdict = found[f"test_{number}"]
        assert verdict.failed == bool(headline), name
        assert verdict.headline.startswith(headline), name
        assert name != "the body asks for a move" or [one.limit for one in verdict.findings] == ["at_least"]
