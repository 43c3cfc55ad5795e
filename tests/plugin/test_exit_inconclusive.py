"""``--modelcheck-exit-inconclusive``: for ``git bisect run``, which skips what exits with 125."""

import pytest

WARNS = """
@pytest.mark.golden("tickets.yaml", at_least=0.5)
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""
OPTION = "--modelcheck-exit-inconclusive=125"


@pytest.fixture
def inconclusive(project):
    """Version 2.1 misses a limit that only further calls could judge, and none may be made."""
    project.test(WARNS)
    project.run("--model-version=2.1")
    project.test(WARNS.replace("0.5", "0.95"))
    return project


def test_an_inconclusive_check_is_neither_good_nor_bad_unless_another_test_fails(inconclusive):
    for options, code in (([OPTION], 125), ([], 0)):
        result = inconclusive.run("--model-version=2.1", "--modelcheck-offline", *options)
        result.assert_outcomes(passed=1, warnings=1)
        assert result.ret == code
    inconclusive.write("test_other.py", "def test_other():\n    assert False\n")
    assert inconclusive.run("--model-version=2.1", "--modelcheck-offline", OPTION).ret == 1


def test_what_passes_is_good(project):
    project.test(WARNS)
    assert project.run("--model-version=2.0", OPTION).ret == 0


@pytest.mark.parametrize("code", ["0", "256", "skip", "-1"])
def test_what_is_no_exit_code_is_refused(project, code):
    project.test(WARNS)
    project.refuses(f"*'{code}': write an exit code from 1 to 255*", f"--modelcheck-exit-inconclusive={code}")
