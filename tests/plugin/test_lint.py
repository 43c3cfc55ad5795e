"""Warnings of what is certainly wrong with a check."""

import pytest

VOID = """
import pytest

@pytest.mark.golden("tickets.yaml", at_least=0.0)
def test_void(triage, case):
    triage(case.input) == case.expected
"""


def test_a_check_that_cannot_fail_is_warned_of_where_it_is_written_unless_that_is_turned_off(project):
    project.test(VOID)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*test_triage.py:3: LintWarning: at_least=0 is met by every model (MC202)",
            "*test_triage.py:5: LintWarning: a comparison whose result is not used*(MC206)",
        ]
    )
    result = project.run("--model-version=2.0", "-W", "error::pytest_modelcheck.LintWarning")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*LintWarning: at_least=0 is met by every model (MC202)*"])
    project.ini("modelcheck_lint_ignore = MC202 MC206")
    project.run("--model-version=2.0").assert_outcomes(passed=1, warnings=0)


def test_a_check_as_it_should_be_is_not_warned_of(project):
    project.test()
    project.run("--model-version=2.0", "-W", "error").assert_outcomes(passed=1)


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n1")])
def test_what_is_no_rule_cannot_be_turned_off(project, arguments):
    project.ini("modelcheck_lint_ignore = MC999")
    project.test(VOID)
    result = project.run("--model-version=2.0", *arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*ini option modelcheck_lint_ignore: 'MC999' is not a rule*"])


def test_a_test_whose_name_is_taken_by_a_later_one_is_warned_of_where_it_stands(project):
    check = '@pytest.mark.golden("tickets.yaml")\ndef test_known(triage, case):\n    assert triage("a")\n\n'
    project.test(f"import pytest\n\n{check}{check}")
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=1)
    told = (
        "this test_known never runs: line 8 defines another one of the same name. Rename one of them (MC210)"
    )
    result.stdout.fnmatch_lines([f"*test_triage.py:4: LintWarning: {told}"])
