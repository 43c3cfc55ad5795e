"""Checks that are run by fixtures, and tests that end otherwise after a check has failed."""

import pytest

MODEL = """
import pytest

@model_fixture
def model():
    return str.upper

def check(modelcheck, model):
    def body(case):
        assert model(case.input) == "nope"
    modelcheck.golden(body, ["a", "b"], name="check")
"""


WATCHED = "@pytest.fixture\ndef watched(modelcheck, model):\n    "


@pytest.mark.parametrize(
    ("fixture", "outcomes", "lines"),
    {
        "cleans up": (
            "yield\n    check(modelcheck, model)\n",
            {"passed": 1, "errors": 1},
            ["*ERROR at teardown of test_it*", "0/2 cases pass (0%), all required"],
        ),
        "broke": (
            "check(modelcheck, model)\n    raise OSError('no disk')\n",
            {"errors": 1},
            ["*no disk*", "*FAIL test_it::check*"],
        ),
        "is set up": ("check(modelcheck, model)\n", {"failed": 1}, ["*FAIL test_it::check*"]),
    }.values(),
    ids=["cleans up", "broke", "is set up"],
)
def test_a_check_that_a_fixture_runs_fails_its_test_once_also_where_the_fixture(
    project, fixture, outcomes, lines
):
    project.model(MODEL + WATCHED + fixture)
    project.test("def test_it(watched):\n    pass\n")
    result = project.run()
    result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines(lines)
    assert result.stdout.str().count("FAIL test_it::check") == 1
    assert project.verdict(result).failed


def test_a_skip_does_not_hide_a_check_that_has_failed_and_an_expected_failure_may_be_one(project):
    project.model(MODEL)
    ends = ("pytest.skip('later')", "raise unittest.SkipTest('later')", "pytest.xfail('known')")
    tests = (
        f"def test_{number}(modelcheck, model):\n    check(modelcheck, model)\n    {end}\n"
        for number, end in enumerate(ends)
    )
    project.test("import unittest\nfrom conftest import check\n\n" + "\n".join(tests))
    project.run().assert_outcomes(failed=2, xfailed=1)


def test_subtests_do_not_go_with_a_check(project):
    """A subtest that fails is swallowed where it stands: the case would pass, and be approved as passing."""
    pytest.importorskip("_pytest.subtests", reason="pytest 9 has them")
    project.model(MODEL)
    project.golden(
        '["a"]', 'with subtests.test("one"):\n    assert model(case.input) == "nope"', "model, case, subtests"
    )
    project.refuses("*test_triage.py:3: @pytest.mark.golden on a test that takes `subtests`*")


def test_a_fixture_of_that_name_may_be_anybodys(project):
    project.model(MODEL)
    project.test("""
@pytest.fixture
def subtests():
    return "mine"

@pytest.mark.golden(["a"])
def test_it(model, case, subtests):
    assert model(case.input) == "A" and subtests == "mine"
    """)
    project.passes()
