"""What the ini file may say, in which types; markers that nobody reads; a first run without a version."""

import re

import pytest

TWO = """
from pytest_modelcheck import model_fixture

@model_fixture
def judge(model_version):
    return lambda text: model_version

@model_fixture
def assistant(model_version):
    return lambda text: model_version
"""
VERSIONS = """
@pytest.mark.golden([{{"id": "a", "input": "x"}}], model="judge")
def test_versions(judge, assistant, case):
    assert (judge(case.input), assistant(case.input)) == {expected!r}
"""


def toml(project, text, name="pyproject.toml"):
    (project.path / "pytest.ini").unlink()
    header = "[tool.pytest]" if name == "pyproject.toml" else "[pytest]"
    project.write(name, f"{header}\n{text}\n")


@pytest.mark.parametrize("name", ["pyproject.toml", "pytest.toml"])
@pytest.mark.parametrize("value", ["0.75", "'0.75'", "0.7_5"])
def test_a_limit_may_be_a_number_of_toml(project, value, name):
    toml(project, f"modelcheck_at_least = {value}", name)
    project.test()
    assert project.verdict(project.run("--model-version=2.1")).passed
    toml_name = project.path / name
    toml_name.write_text(toml_name.read_text().replace("0.7", "0.8"))
    assert project.verdict(project.run("--model-version=2.1")).required in (0.85, 0.805, pytest.approx(0.85))


NATIVE = """
modelcheck_max_changed = 1
modelcheck_early_stop = true
modelcheck_shrink = "false"
modelcheck_gather = "false"
modelcheck_approval_runs = 5
modelcheck_shrink_calls = 10
modelcheck_report = {reports}
model_version = 2.1
"""


@pytest.mark.parametrize("reports", [["r.json"], ["r.json", "r.md"]])
def test_options_take_native_types(project, reports):
    """A text is never taken for true."""
    toml(project, NATIVE.format(reports=repr(reports[0] if len(reports) == 1 else reports)))
    project.test()
    result = project.run_apart()  # which asks for no report of its own
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["modelcheck: triage 2.1*", *(f"report: {name}" for name in reports)])
    assert len(project.calls) == 10, "no search for a smaller case"


def test_a_version_in_toml_keeps_its_digits(project):
    toml(project, "model_version = 2.10")
    project.test()
    project.run().stdout.fnmatch_lines(["modelcheck: triage 2.10 *"])


def test_every_switch_is_read_as_one(project):
    """``modelcheck_gather = "perhaps"``, taken for true, would cut bodies off."""
    project.test()
    switches = re.findall(r"^  (modelcheck_\w+) \(bool\)", project.run("--help").stdout.str(), re.MULTILINE)
    assert {"modelcheck_gather", "modelcheck_offline", "modelcheck_shrink"} < set(switches)
    (project.path / "pytest.ini").unlink()
    for name in switches:
        project.write("pyproject.toml", f'[tool.pytest]\n{name} = "perhaps"\n')
        result = project.run("--model-version=2.0")
        assert result.ret == pytest.ExitCode.USAGE_ERROR, name
        result.stderr.fnmatch_lines([f"*pyproject.toml: {name} = 'perhaps': write true or false*"])


@pytest.mark.parametrize("name", ["modelcheck_at_least", "modelcheck_suite_false_fail_rate"])
def test_a_value_that_cannot_be_meant_is_named(project, name):
    toml(project, f"{name} = {{a = 1}}")
    project.test()
    result = project.run("--model-version=2.0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*pyproject.toml: {name} = *: write *"])
    result.stderr.no_fnmatch_line("*ini option*")


def test_a_switch_in_a_list_is_that_switch(project):
    toml(project, "modelcheck_offline = [false]")
    project.test()
    project.run("--model-version=2.0").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "option", "expected"),
    [
        ("judge=1", "assistant=2", ("1", "2")),
        ("judge=1\n  assistant=3", "assistant=2", ("1", "2")),
        ("1", "assistant=2", ("1", "2")),
        ("judge=1", "5", ("5", "5")),
    ],
)
def test_a_version_in_the_ini_file_stays_in_force(project, ini, option, expected):
    project.ini(f"model_version =\n  {ini}")
    project.write("conftest.py", TWO)
    project.test(VERSIONS.format(expected=expected))
    project.run(f"--model-version={option}").assert_outcomes(passed=1)


def test_two_versions_in_the_ini_file_are_refused_by_its_name(project):
    project.ini("model_version =\n  1\n  2")
    project.write("conftest.py", TWO)
    project.test(VERSIONS.format(expected=("1", "2")))
    project.run().stderr.fnmatch_lines(["*model_version in the ini file: '1' and '2' are both requested*"])


def test_a_marker_of_ours_on_an_ordinary_test_is_warned_of(project):
    project.test('@pytest.mark.golden("no-such-file.yaml", atleast=1)\ndef test_it():\n    pass\n')
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_triage.py:2: ModelcheckWarning: @pytest.mark.golden on a test *"])


def test_a_marker_of_ours_in_a_testcase_of_unittest_is_warned_of(project):
    body = "    def test_it(self, triage, case):\n        assert triage(case.input) == case.expected\n"
    marked = f"    @pytest.mark.golden('tickets.yaml')\n{body}"
    project.test(f"import unittest\nclass TestIt(unittest.TestCase):\n{marked}")
    result = project.run()
    result.assert_outcomes(failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*py:4: ModelcheckWarning: *golden on a method of a unittest.TestCase*"])
    project.test(f"class TestIt:\n{marked}")  # as it advises
    project.run("--model-version=2.0").assert_outcomes(passed=1)


def test_a_marker_of_that_name_in_another_project_is_none_of_our_business(project):
    project.write("conftest.py", "")
    project.test('@pytest.mark.golden("no-such-file.yaml")\ndef test_it():\n    pass\n')
    project.run("-W", "error").assert_outcomes(passed=1)


LAZY = """
@model_fixture
def triage(model_version):
    return {"2.0": str}[model_version]
"""


def test_a_first_run_without_a_version_says_so_in_a_sentence_and_may_name_one(project):
    project.model(LAZY)
    project.test('@pytest.mark.golden(["a"])\ndef test_it(triage, case):\n    assert triage(case.input)\n')
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no version of 'triage' is approved yet, and none was named: name one, *"])
    assert "/conftest.py:3 has no model for model_version=None)" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert "return {" not in result.stdout.str()
    project.run("--model-version=2.0").assert_outcomes(passed=1)
