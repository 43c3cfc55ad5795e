"""Warnings of certain mistakes in a check; as errors under ``-W error``, each with its place."""

import pytest

# Only ours: pytest warns about plugins that are loaded twice.
ERROR = ("-W", "error::pytest_modelcheck.ModelcheckWarning", "--model-version=2.1")
GOLDEN = '@pytest.mark.golden("tickets.yaml", at_least={})\ndef test_it(triage, case):\n    {}\n'
ASSERTED = "assert triage(case.input) == case.expected"
ORDINARY = '@pytest.mark.golden("tickets.yaml")\ndef test_{}():\n    pass\n'


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n1"]], ids=["alone", "xdist"])
def test_of_markers_on_ordinary_tests_they_refuse_the_run(project, workers):
    project.test(ORDINARY.format("one") + ORDINARY.format("two"))
    result = project.run_apart(*workers, *ERROR)
    result.assert_outcomes()
    result.stderr.fnmatch_lines(
        [
            "ERROR: test_triage.py:2: ModelcheckWarning: @pytest.mark.golden on a test that uses no fixture*",
            "test_triage.py:5: ModelcheckWarning: @pytest.mark.golden on a test that uses no fixture*",
        ]
    )
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize(
    ("limit", "body", "message"),
    [
        (0, "triage(case.input)", "LintWarning: at_least=0 is met by every model (MC202)"),
        (0.95, ASSERTED, "InconclusiveWarning: test_triage.py::test_it: 8/10 cases pass (80%), *"),
    ],
)
def test_of_a_check_they_fail_it(project, limit, body, message):
    project.test(GOLDEN.format(0.5, ASSERTED))
    project.run("--model-version=2.1")
    project.test(GOLDEN.format(limit, body))
    result = project.fails(*ERROR, "--modelcheck-offline")
    result.stdout.fnmatch_lines([f"test_triage.py:2: {message}"])
    assert "pytest_modelcheck/plugin" not in result.stdout.str()


RETIRING = """
import pytest
from datetime import date, timedelta

@pytest.fixture
def torn():
    yield
    raise OSError("not torn down")

@model_fixture(retires=lambda version: date.today() + timedelta(days=3))
def triage(model_version):
    return lambda text: "other"
"""


def test_of_the_run_they_hide_no_failure(project):
    project.model(RETIRING)
    project.test(GOLDEN.format(0.95, ASSERTED) + ORDINARY.format("plain").partition("\n")[2])
    result = project.run(*ERROR)
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_it*", "*ModelcheckWarning: *2.1 shuts down on *", "*3/10 cases pass*"]
    )


def test_of_the_run_they_are_not_lost_with_a_teardown_that_fails(project):
    project.model(RETIRING)
    project.golden('"tickets.yaml", at_least=0.0', ASSERTED, "triage, torn, case")
    result = project.run("--model-version=2.1")
    result.assert_outcomes(passed=1, errors=1, warnings=2)
    result.stdout.fnmatch_lines(["*OSError: not torn down*", "*2.1 shuts down on *"])


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
    result = project.fails("--model-version=2.0", "-W", "error::pytest_modelcheck.LintWarning")
    result.stdout.fnmatch_lines(["*LintWarning: at_least=0 is met by every model (MC202)*"])
    project.ini("modelcheck_lint_ignore = MC202 MC206")
    project.run("--model-version=2.0").assert_outcomes(passed=1, warnings=0)


def test_a_check_as_it_should_be_is_not_warned_of(project):
    project.test()
    project.passes("--model-version=2.0", "-W", "error")


def test_an_unknown_rule_cannot_be_turned_off(project):
    project.ini("modelcheck_lint_ignore = MC999")
    project.test(VOID)
    project.refuses("*ini option modelcheck_lint_ignore: 'MC999' is not a rule*", "--model-version=2.0")


def test_a_test_whose_name_is_taken_by_a_later_one_is_warned_of_where_it_stands(project):
    check = '@pytest.mark.golden("tickets.yaml")\ndef test_known(triage, case):\n    assert triage("a")\n\n'
    project.test(f"import pytest\n\n{check}{check}")
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=1)
    message = (
        "this test_known never runs: line 8 defines another one of the same name. Rename one of them (MC210)"
    )
    result.stdout.fnmatch_lines([f"*test_triage.py:4: LintWarning: {message}"])
