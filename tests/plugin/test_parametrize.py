"""``@pytest.mark.parametrize`` beside our markers, and new models for each set of parameters."""

from pytest_modelcheck.records import Tally

ECHO = 'lambda text: text.upper() if model_version == "2" else text'

TEST = """
@pytest.mark.parametrize("suffix", ["x", "y/z"])
@pytest.mark.golden(["a", "b"])
def test_it(echo, case, suffix):
    assert echo(case.input + suffix) == case.input + suffix
"""


def test_each_set_is_a_check_with_a_baseline_of_its_own(project):
    project.answers("echo", ECHO)
    project.test(TEST)
    result = project.run("--model-version=1", "-v", "--modelcheck-update")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*::test_it[[]x[]] PASSED*", "*::test_it[[]y/z[]] PASSED*"])
    assert {name: one.cases for name, one in project.verdicts(result).items()} == {
        "test_it[x]": Tally(passed=2),
        "test_it[y/z]": Tally(passed=2),
    }
    assert len([name for name in project.baselines() if name.endswith(".jsonl")]) == 2
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=2)
    assert [one.comparison.shared for one in project.verdicts(result).values()] == [2, 2]


def test_sets_may_have_marks_carry_the_marker_and_be_indirect(project):
    project.answers("echo", ECHO)
    project.test("""
        @pytest.fixture
        def twice(request):
            return request.param * 2

        @pytest.mark.parametrize("suffix", ["x", pytest.param("y", marks=pytest.mark.skip(reason="not yet"))])
        @pytest.mark.golden(["a", "b"])
        def test_marked(echo, case, suffix):
            assert echo(case.input + suffix)

        @pytest.mark.parametrize(
            "wanted",
            [
                pytest.param("a", marks=pytest.mark.golden(["a"])),
                pytest.param("b", marks=pytest.mark.golden(["b", "b "])),
            ],
        )
        def test_carried(echo, case, wanted):
            assert echo(case.input).strip() == wanted

        @pytest.mark.parametrize("twice", ["x"], indirect=True)
        @pytest.mark.golden(["a"])
        def test_indirect(echo, case, twice):
            assert echo(case.input + twice) == "axx"
    """)
    result = project.run()
    result.assert_outcomes(passed=4, skipped=1)
    assert project.verdicts(result)["test_carried[b]"].cases == Tally(passed=2)


def test_xfail_and_skipif_on_the_whole_test_apply_to_the_verdict(project):
    project.answers("echo", ECHO)
    project.test("""
        @pytest.mark.xfail(reason="known")
        @pytest.mark.parametrize("wanted", ["z", "a"])
        @pytest.mark.golden(["a"])
        def test_known(echo, case, wanted):
            assert echo(case.input) == wanted

        @pytest.mark.xfail(strict=True)
        @pytest.mark.golden(["a"])
        def test_strict(echo, case):
            assert echo(case.input) == "a"

        @pytest.mark.skipif(True, reason="too dear")
        @pytest.mark.golden(["a"])
        def test_skipped(echo, case):
            assert echo(case.input) == "z"
    """)
    project.run("--model-version=1").assert_outcomes(xfailed=1, xpassed=1, failed=1, skipped=1)


MODE = """
import pytest

@pytest.fixture(scope="session", params=["plain", "loud"])
def mode(request):
    return request.param

@model_fixture
def model({arguments}):
    return lambda text: text.upper() if mode == "loud" else text
"""

MODES = """
@pytest.mark.golden(["a", "b"])
def test_it(model, case, mode):
    assert model(case.input) == (case.input.upper() if mode == "loud" else case.input)

def test_as_it_is(model, mode):
    assert model("a") == ("A" if mode == "loud" else "a")
"""


def test_a_parametrized_model_answers_for_itself(project):
    project.model(MODE.format(arguments="mode"))
    project.test(MODES)
    project.run().assert_outcomes(passed=4)


def test_and_so_across_runs_where_it_has_a_version_and_cache_why_tells_of_it(project):
    project.model(MODE.format(arguments="mode, model_version"))
    project.test(MODES)
    project.run("--model-version=1").assert_outcomes(passed=4)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=4)
    assert all(verdict.calls.new == 0 for verdict in project.verdicts(result).values())
    result = project.command("cache", "why", "1")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*also answered with other parameters of its fixtures*"])


def test_arguments_from_other_fixtures_count(project):
    project.model(
        MODE.format(arguments="settings, model_version")
        .replace(
            "@model_fixture",
            "@pytest.fixture(scope='session')\ndef settings(mode):\n    return mode\n\n@model_fixture",
        )
        .replace("if mode", "if settings")
    )
    project.test(MODES)
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


def test_a_check_with_a_parameter_without_a_digest_is_not_saved(project):
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
