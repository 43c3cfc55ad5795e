"""``@pytest.mark.directional``: does the model still move the right way when something changes?"""

from pytest_modelcheck.records import Tally

MODEL = """
@model_fixture
def urgency(model_version):
    def ask(text):
        loud = text.count("!") if model_version == "1" else 0
        return 5 + 10 * loud
    return ask
"""

TEST = """
from pytest_modelcheck import perturb

@pytest.mark.directional(["It broke", "Please help me"], under=perturb.append("!"))
def test_shouting_is_urgent(urgency, case):
    assert urgency(case.perturbed) > urgency(case.input)
"""


def test_passes_where_the_answer_moves_the_right_way(project):
    project.model(MODEL)
    project.test(TEST)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=2)


def test_fails_where_it_does_not(project):
    project.model(MODEL)
    project.test(TEST)
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["0/2 cases pass (0%), all required", '*"It broke*!"*'])


def test_at_least_bounds_the_rate(project):
    project.model(MODEL)
    project.test(TEST.replace('append("!")', 'append("!"), at_least=0.0'))
    project.run("--model-version=2").assert_outcomes(passed=1)
