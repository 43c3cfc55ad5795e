"""Options of the ini file and their types; our markers and options; markers without effect."""

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
    result = project.run_apart()  # which has no report of its own
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["modelcheck: triage 2.1*", *(f"report: {name}" for name in reports)])
    assert len(project.calls) == 10, "no search for a smaller case"


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="native TOML came with pytest 9")
def test_in_strict_mode_a_version_keeps_its_digits_and_a_switch_may_stand_in_a_list(project):
    toml(
        project,
        'strict = true\nmodel_version = 2.10\nmodelcheck_offline = [false]\nmodelcheck_at_least = "0.95"',
    )
    project.test()
    result = project.passes("-W", "error")
    assert project.verdict(result).required == 0.95
    result.stdout.fnmatch_lines(["modelcheck: triage 2.10 *"])


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
    result = project.refuses(f"*pyproject.toml: {name} = *: write *", "--model-version=2.0")
    result.stderr.no_fnmatch_line("*ini option*")


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
    project.passes(f"--model-version={option}")


def test_two_versions_in_the_ini_file_are_refused_by_its_name(project):
    project.ini("model_version =\n  1\n  2")
    project.write("conftest.py", TWO)
    project.test(VERSIONS.format(expected=("1", "2")))
    project.run().stderr.fnmatch_lines(["*model_version in the ini file: '1' and '2' are both requested*"])


def test_a_version_in_addopts_is_no_default_and_the_error_says_what_is(project):
    project.write("conftest.py", TWO)
    project.test(VERSIONS.format(expected=("2", "2")))
    project.ini("addopts = --model-version=1")
    message = "*'1' and '2' are both requested*write model_version in the ini file"
    project.refuses(message, "--model-version=2")
    project.ini("model_version = 1")
    project.passes("--model-version=2")


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
    project.passes("--model-version=2.0")


def test_a_marker_of_that_name_in_another_project_is_none_of_our_business(project):
    project.write("conftest.py", "")
    project.test('@pytest.mark.golden("no-such-file.yaml")\ndef test_it():\n    pass\n')
    project.passes("-W", "error")


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
    result.stdout.fnmatch_lines(["no version of 'triage' is approved yet, and none was named. Name one: *"])
    assert "/conftest.py:3 failed with model_version=None)" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert "return {" not in result.stdout.str()
    project.passes("--model-version=2.0")


def test_strict_markers_know_ours(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_golden(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.invariance("tickets.yaml", under=str.upper)
        def test_invariance(triage, case):
            assert triage(case.perturbed) == triage(case.input)

        @pytest.mark.directional("tickets.yaml", under=str.upper, allow_constant=True)
        def test_directional(triage, case):
            assert triage(case.perturbed) >= triage(case.input)
    """)
    result = project.run("--model-version=2.0", "--strict-markers", "--strict-config", "-W", "error")
    result.assert_outcomes(passed=3)


def test_strict_config_knows_every_ini_option_of_ours(project):
    project.ini(
        "model_version = 2.0",
        "modelcheck_cache = use",
        "modelcheck_offline = false",
        "modelcheck_baseline_dir = approved",
        "modelcheck_cache_dir = .cache/models",
        "modelcheck_at_least = 0.9",
        "modelcheck_max_drop = 0.02",
        "modelcheck_max_changed = 3",
        "modelcheck_max_regressed = 1",
        "modelcheck_min_overlap = 0.5",
        "modelcheck_false_fail_rate = 0.05",
        "modelcheck_inconclusive = fail",
    )
    project.test()
    project.passes("--strict-config", "-W", "error")
    assert (project.path / ".cache" / "models" / "predictions").is_dir()


def test_markers_and_options_are_listed_by_pytest(project):
    listed = [f"@pytest.mark.{kind}(*" for kind in ("golden", "invariance", "directional")]
    project.run("--markers").stdout.fnmatch_lines(listed)
    options = ("model-version", "modelcheck-update", "modelcheck-baseline", "modelcheck-case")
    project.run("--help").stdout.fnmatch_lines_random([f"  --{option}*" for option in options])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modelcheck_cache = sometimes", "*modelcheck_cache='sometimes'*use, refresh or off*"),
        ("modelcheck_at_least = 95", "*modelcheck_at_least=95 is not a rate*0.95*"),
        ("modelcheck_max_drop = lots", "*modelcheck_max_drop='lots' is not an allowance*"),
        ("modelcheck_inconclusive = maybe", '*modelcheck_inconclusive=*write "warn" or "fail"'),
        ("modelcheck_population = all", "*modelcheck_population='all': write \"fixed\"*"),
        ("modelcheck_tolerance = 5", "*modelcheck_tolerance=5 is not a tolerance*"),
        ("modelcheck_require_proof = maybe", "*modelcheck_require_proof='maybe': write True or False*"),
        ("modelcheck_suite_false_fail_rate = 7", "*modelcheck_suite_false_fail_rate=7 is not an error rate*"),
        ("modelcheck_revalidate = many", "*modelcheck_revalidate=many: write a whole number from 0"),
    ],
)
def test_an_ini_value_that_cannot_be_meant_is_a_usage_error_of_runs_with_our_tests(project, line, message):
    project.ini(line)
    project.test()
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    assert "Traceback" not in result.stderr.str()
    project.test("def test_plain(): pass")
    project.passes()
