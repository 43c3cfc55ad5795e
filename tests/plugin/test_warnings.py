"""``-W error`` makes failures of our warnings, each with its place, and never a traceback of ours."""

import pytest

# Of ours alone: pytest has warnings about plugins that are loaded twice.
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
    ("limit", "body", "said"),
    [
        (0, "triage(case.input)", "LintWarning: at_least=0 is met by every model (MC202)"),
        (0.95, ASSERTED, "InconclusiveWarning: test_triage.py::test_it: 8/10 cases pass (80%), *"),
    ],
)
def test_of_a_check_they_fail_it(project, limit, body, said):
    project.test(GOLDEN.format(0.5, ASSERTED))
    project.run("--model-version=2.1")
    project.test(GOLDEN.format(limit, body))
    result = project.run(*ERROR, "--modelcheck-offline")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"test_triage.py:2: {said}"])
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
