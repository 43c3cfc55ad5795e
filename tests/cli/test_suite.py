"""``modelcheck lint``, as it is called."""

import json
import os
from pathlib import Path

import pytest

from pytest_modelcheck.cases.json_files import schema_of_file, schema_of_line

MODEL = """
import pytest
from pytest_modelcheck import model_fixture

@model_fixture
def triage():
    return lambda text: "refund"

@pytest.fixture
def cases():
    return ["a"]
"""

TEST = """
import pytest

@pytest.mark.golden("tickets.yaml")
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""

TICKETS = """
- {id: t-1, input: "a", expected: refund}
- {id: t-2, input: "a", expected: other}
"""


@pytest.fixture(autouse=True)
def _suite(project):
    (project.root / "tests" / "conftest.py").write_text(MODEL)
    (project.root / "tests" / "test_triage.py").write_text(TEST)
    (project.root / "tests" / "tickets.yaml").write_text(TICKETS)


def test_it_looks_at_the_whole_project_and_exits_with_1_where_it_finds_something(command, monkeypatch):
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name)  # here as with any plugin that is installed
    output = command("lint", code=1).output
    assert output == (
        "tests/tickets.yaml:3: MC101 t-2 expects 'other'; t-1 (tests/tickets.yaml:2) has the same input and"
        " expects 'refund'\nFound 1 problem in 1 check.\n"
    )


def test_it_exits_with_0_where_it_finds_nothing(project, command):
    (project.root / "tests" / "tickets.yaml").write_text("- {input: a, expected: refund}")
    assert command("lint").output == "No problem in 1 check.\n"
    assert command("lint", "tests/tickets.yaml", "tests").output == "No problem in 1 file and 1 check.\n"


def test_paths_are_those_from_here(project, command, monkeypatch):
    monkeypatch.chdir(project.root / "tests")
    assert command("lint", code=1).output.startswith("tickets.yaml:3: MC101 ")
    assert command("lint", "test_triage.py", code=1).output.startswith("tickets.yaml:3: MC101 ")
    monkeypatch.chdir(project.root.parent)
    outside = command("--rootdir", os.fspath(project.root), "lint", code=1).output
    assert outside.startswith(f"{Path(project.root.name, 'tests', 'tickets.yaml')}:3: MC101 ")


def test_rules_are_selected_and_ignored(project, command):
    with (project.root / "tests" / "tickets.yaml").open("a") as file:
        file.write("- {input: b, expected: refund, known_failure: true}\n")
    assert "MC105" in command("lint", "--select", "MC105,MC2", code=1).output
    assert "MC101" not in command("lint", "--select", "MC105,MC2", code=1).output
    assert "Found 1 problem" in command("lint", "--ignore", "MC101", code=1).output
    assert command("lint", "--ignore", "MC1").output == "No problem in 1 check.\n"
    assert "'E501' is not a rule" in command("lint", "--select", "E501", code=2).output


def test_rules_are_ignored_by_the_ini_file(project, command):
    (project.root / "pytest.ini").write_text("[pytest]\nmodelcheck_lint_ignore = MC101\n")
    assert command("lint").output == "No problem in 1 check.\n"


def test_as_json(command):
    (one,) = json.loads(command("lint", "--format", "json", code=1).output)
    assert (one["code"], one["rule"], one["path"], one["line"]) == (
        "MC101", "contradiction", "tests/tickets.yaml", 3,
    )  # fmt: skip
    assert one["test"] == "tests/test_triage.py::test_known"


def test_for_github(project, command):
    (project.root / "tests" / "tickets.yaml").write_text(
        '- {id: t-1, input: "a", expected: "50% off"}\n- {id: t-2, input: "a", expected: "1,2"}\n'
    )
    assert command("lint", "--format", "github", code=1).output == (
        "::error file=tests/tickets.yaml,line=2,title=MC101 contradiction::t-2 expects '1,2'; t-1"
        " (tests/tickets.yaml:1) has the same input and expects '50%25 off'\n"
    )


def test_a_case_file_alone(project, command):
    (project.root / "some.csv").write_text("text,label\na,x\na,y\n")
    found = command("lint", "some.csv", "--input", "text", "--expected", "label", code=1).output
    assert found.startswith("some.csv:3: MC101 expects 'y'; some.csv:2 has the same input and expects 'x'")
    assert "some.csv:1: MC001 no column 'input'" in command("lint", "some.csv", code=1).output
    assert "MC001 " in command("lint", "gone.jsonl.gz", code=1).output


def test_cases_of_a_fixture_are_not_counted_and_the_output_says_so(project, command):
    (project.root / "tests" / "test_triage.py").write_text(
        TEST.replace('"tickets.yaml"', "").replace("triage, case", "triage, case, cases")
    )
    lines = command("lint").output.splitlines()
    assert lines[0] == (
        "tests/test_triage.py::test_known takes its cases from a fixture, which exists only during a run:"
        " not checked."
    )
    assert lines[1] == "No problem in 1 check."


def test_tests_that_cannot_be_collected(project, command):
    (project.root / "tests" / "test_triage.py").write_text(TEST.replace('.yaml"', '.yaml", at_leest=1'))
    output = command("lint", code=2).output
    assert "pytest cannot collect the tests, so there is nothing to check. It says:" in output
    assert "at_leest" in output


def test_if_pytest_does_not_load_the_plugin_the_message_says_how(project, command, monkeypatch):
    monkeypatch.delenv("PYTEST_PLUGINS")
    output = command("lint", code=2).output
    assert output.endswith("add `-p modelcheck` to addopts in the ini file\n")
    (project.root / "pytest.ini").write_text("[pytest]\naddopts = -p modelcheck\n")
    assert "Found 1 problem in 1 check.\n" in command("lint", code=1).output


def test_a_project_without_checks(project, command):
    (project.root / "tests" / "test_triage.py").unlink()
    assert command("lint").output == "No problem in 0 checks.\n"


def test_a_version_that_is_an_alias_is_found_unless_a_fingerprint_tells_more(project, command, monkeypatch):
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name)
    ini = project.root / "pytest.ini"
    ini.write_text("[pytest]\nmodel_version = latest\n")
    output = command("lint", "--select", "MC211", code=1).output
    assert "MC211 the version 'latest' is an alias, which may be another model tomorrow" in output
    conftest = project.root / "tests" / "conftest.py"
    conftest.write_text(MODEL.replace("@model_fixture\n", '@model_fixture(fingerprint="3f2a")\n'))
    assert command("lint", "--select", "MC211").output == "No problem in 1 check.\n"
    # The version is that of the model, under any name of the fixture.
    conftest.write_text(MODEL.replace("@model_fixture\n", '@model_fixture(name="classifier")\n'))
    assert "MC211" in command("lint", "--select", "MC211", code=1).output
    conftest.write_text(MODEL)
    ini.write_text("[pytest]\nmodel_version = 2.0\n")
    assert command("lint", "--select", "MC211").output == "No problem in 1 check.\n"


def test_it_is_printed(command):
    assert json.loads(command("schema").output) == schema_of_file()
    assert json.loads(command("schema", "--line").output) == schema_of_line()


def test_its_path_is_printed(command):
    path = Path(command("schema", "--path").output.strip())
    assert json.loads(path.read_text(encoding="utf-8")) == schema_of_file()


def test_a_line_has_no_file(command):
    done = command("schema", "--line", "--path", code=2)
    assert "only the schema of whole files is installed as a file" in done.output
