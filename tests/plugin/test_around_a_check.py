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


def test_a_check_that_a_fixture_runs_when_it_cleans_up_fails_its_test(project):
    project.model(
        MODEL + "@pytest.fixture\ndef watched(modelcheck, model):\n    yield\n    check(modelcheck, model)\n"
    )
    project.test("def test_it(watched):\n    pass\n")
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "0/2 cases pass (0%), all required"])
    assert project.verdict(result).failed


def test_a_check_that_ran_before_a_fixture_broke_is_reported(project):
    project.model(
        MODEL
        + "@pytest.fixture\ndef watched(modelcheck, model):\n"
        + "    check(modelcheck, model)\n    raise OSError('no disk')\n"
    )
    project.test("def test_it(watched):\n    pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no disk*", "*FAIL test_it::check*"])


def test_a_check_that_a_fixture_runs_first_fails_its_test_once(project):
    project.model(MODEL + "@pytest.fixture\ndef watched(modelcheck, model):\n    check(modelcheck, model)\n")
    project.test("def test_it(watched):\n    pass\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert result.stdout.str().count("FAIL test_it::check") == 1


@pytest.mark.parametrize("skip", ["pytest.skip('later')", "raise unittest.SkipTest('later')"])
def test_a_skip_does_not_hide_a_check_that_has_failed(project, skip):
    project.model(MODEL)
    project.test(
        f"import unittest\nfrom conftest import check\n\ndef test_it(modelcheck, model):\n"
        f"    check(modelcheck, model)\n    {skip}\n"
    )
    project.run().assert_outcomes(failed=1)


def test_an_expected_failure_may_be_one_of_a_check(project):
    project.model(MODEL)
    project.test(
        "from conftest import check\n\ndef test_it(modelcheck, model):\n"
        "    check(modelcheck, model)\n    pytest.xfail('known')\n"
    )
    project.run().assert_outcomes(xfailed=1)


def test_subtests_do_not_go_with_a_check(project):
    """A subtest that fails is swallowed where it stands: the case would pass, and be approved as passing."""
    pytest.importorskip("_pytest.subtests", reason="pytest 9 has them")
    project.model(MODEL)
    project.test(
        """
@pytest.mark.golden(["a"])
def test_it(model, case, subtests):
    with subtests.test("one"):
        assert model(case.input) == "nope"
"""
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_triage.py:3: @pytest.mark.golden on a test that takes `subtests`*"])


def test_a_fixture_of_that_name_may_be_anybodys(project):
    project.model(MODEL)
    project.test(
        """
@pytest.fixture
def subtests():
    return "mine"

@pytest.mark.golden(["a"])
def test_it(model, case, subtests):
    assert model(case.input) == "A" and subtests == "mine"
"""
    )
    project.run().assert_outcomes(passed=1)
