"""``@pytest.mark.parametrize`` beside our markers: one check for each set of parameters."""

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
