"""A model that is made anew is another model, unless a name says that it is the same."""

MODE = """
import pytest

@pytest.fixture(scope="session", params=["plain", "loud"])
def mode(request):
    return request.param

@model_fixture
def model({arguments}):
    return lambda text: text.upper() if mode == "loud" else text
"""

TEST = """
@pytest.mark.golden(["a", "b"])
def test_it(model, case, mode):
    assert model(case.input) == (case.input.upper() if mode == "loud" else case.input)

def test_as_it_is(model, mode):
    assert model("a") == ("A" if mode == "loud" else "a")
"""


def test_a_parametrized_model_answers_for_itself(project):
    project.model(MODE.format(arguments="mode"))
    project.test(TEST)
    project.run().assert_outcomes(passed=4)


def test_and_so_across_runs_where_it_has_a_version_and_cache_why_tells_of_it(project):
    project.model(MODE.format(arguments="mode, model_version"))
    project.test(TEST)
    project.run("--model-version=1").assert_outcomes(passed=4)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=4)
    assert all(verdict.calls.new == 0 for verdict in project.verdicts(result).values())
    result = project.command("cache", "why", "1")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*also answered with other parameters of its fixtures*"])


def test_what_it_is_given_through_other_fixtures_counts(project):
    project.model(
        MODE.format(arguments="settings, model_version")
        .replace(
            "@model_fixture",
            "@pytest.fixture(scope='session')\ndef settings(mode):\n    return mode\n\n@model_fixture",
        )
        .replace("if mode", "if settings")
    )
    project.test(TEST)
    project.run("--model-version=1").assert_outcomes(passed=4)
    assert project.run("--model-version=1").ret == 0


def test_and_what_the_test_says_of_it(project):
    project.answers("model", "str.upper if loud else str", "scope='function'", takes="model_version, loud")
    project.test("""
@pytest.mark.parametrize("loud", [False, True])
@pytest.mark.golden(["a", "b"])
def test_it(model, case, loud):
    assert model(case.input).isupper() is loud
    """)
    project.run("--model-version=1").assert_outcomes(passed=2)
    project.run("--model-version=1").assert_outcomes(passed=2)


def test_a_parameter_without_a_digest_is_not_remembered(project):
    project.answers("model", "shout", "scope='function'", takes="model_version, shout")
    project.test("""
class Shout:
    def __init__(self, end):
        self.end = end
        self.itself = self

    def __call__(self, text):
        return text + self.end

@pytest.mark.parametrize("shout", [Shout("!"), Shout("?")], ids=["exclaim", "ask"])
@pytest.mark.golden(["a", "b"])
def test_it(model, case, shout):
    assert model(case.input)[-1] == shout.end
    """)
    for _ in range(2):
        result = project.run("--model-version=1")
        result.assert_outcomes(passed=2)
        assert [verdict.calls.new for verdict in project.verdicts(result).values()] == [2, 2]


def test_a_model_of_a_single_test_is_that_tests_own(project):
    project.answers("model", "lambda text: str(tmp_path)", "scope='function'", takes="tmp_path")
    project.test("""
        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.golden(["a"])
        def test_it(model, case, tmp_path, number):
            assert model(case.input) == str(tmp_path)
    """)
    project.run().assert_outcomes(passed=2)
