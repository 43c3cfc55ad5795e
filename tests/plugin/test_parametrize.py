"""``@pytest.mark.parametrize`` beside our markers: one check for each set of parameters."""

from pytest_modelcheck.records import Tally

ECHO = """
@model_fixture
def echo(model_version):
    return lambda text: text.upper() if model_version == "2" else text
"""

TEST = """
@pytest.mark.parametrize("suffix", ["x", "y/z"])
@pytest.mark.golden(["a", "b"])
def test_it(echo, case, suffix):
    assert echo(case.input + suffix) == case.input + suffix
"""


def test_each_set_is_a_check(project):
    project.model(ECHO)
    project.test(TEST)
    result = project.run("--model-version=1", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*::test_it[[]x[]] PASSED*", "*::test_it[[]y/z[]] PASSED*"])
    assert {name: one.cases for name, one in project.verdicts(result).items()} == {
        "test_it[x]": Tally(passed=2),
        "test_it[y/z]": Tally(passed=2),
    }


def test_each_set_has_its_own_baseline(project):
    project.model(ECHO)
    project.test(TEST)
    project.approve("1")
    assert len([name for name in project.baselines() if name.endswith(".jsonl")]) == 2
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=2)
    verdicts = project.verdicts(result)
    assert verdicts["test_it[x]"].comparison.shared == 2
    assert verdicts["test_it[y/z]"].comparison.shared == 2


def test_a_set_may_have_marks_of_its_own(project):
    project.model(ECHO)
    project.test("""
        @pytest.mark.parametrize("suffix", ["x", pytest.param("y", marks=pytest.mark.skip(reason="not yet"))])
        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case, suffix):
            assert echo(case.input + suffix)
    """)
    project.run().assert_outcomes(passed=1, skipped=1)


def test_a_set_may_carry_the_marker(project):
    project.model(ECHO)
    project.test("""
        @pytest.mark.parametrize(
            "wanted",
            [
                pytest.param("a", marks=pytest.mark.golden(["a"])),
                pytest.param("b", marks=pytest.mark.golden(["b", "b "])),
            ],
        )
        def test_it(echo, case, wanted):
            assert echo(case.input).strip() == wanted
    """)
    result = project.run()
    result.assert_outcomes(passed=2)
    assert project.verdicts(result)["test_it[b]"].cases == Tally(passed=2)


def test_indirect_parameters_work(project):
    project.model(ECHO)
    project.test("""
        @pytest.fixture
        def suffix(request):
            return request.param * 2

        @pytest.mark.parametrize("suffix", ["x"], indirect=True)
        @pytest.mark.golden(["a"])
        def test_it(echo, case, suffix):
            assert echo(case.input + suffix) == "axx"
    """)
    project.run().assert_outcomes(passed=1)


def test_xfail_on_the_whole_test_applies_to_the_verdict(project):
    project.model(ECHO)
    project.test("""
        @pytest.mark.xfail(reason="known")
        @pytest.mark.golden(["a"])
        def test_fails(echo, case):
            assert echo(case.input) == "z"

        @pytest.mark.xfail(reason="known")
        @pytest.mark.golden(["a"])
        def test_passes(echo, case):
            assert echo(case.input) == "a"

        @pytest.mark.xfail(strict=True)
        @pytest.mark.golden(["a"])
        def test_strict(echo, case):
            assert echo(case.input) == "a"
    """)
    project.run("--model-version=1").assert_outcomes(xfailed=1, xpassed=1, failed=1)


def test_skipif_on_the_whole_test_applies(project):
    project.model(ECHO)
    project.test("""
        @pytest.mark.skipif(True, reason="too dear")
        @pytest.mark.golden(["a"])
        def test_it(echo, case):
            assert echo(case.input) == "z"
    """)
    project.run().assert_outcomes(skipped=1)
