"""What GitHub and GitLab are told."""

import json
from dataclasses import replace

import pytest

from pytest_modelcheck.records import Origin, Status
from pytest_modelcheck.reports.github import SUMMARY_BYTES, append_summary, workflow_commands
from pytest_modelcheck.reports.gitlab import to_code_quality
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.model import Trouble


@pytest.fixture(autouse=True)
def _repository(tmp_path, monkeypatch):
    """A repository with the project in a folder of it, which is the current one."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("tickets.yaml", "test_triage.py"):
        (project / name).write_text("")
    monkeypatch.chdir(project)
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))


@pytest.fixture
def top(tmp_path):
    return str(tmp_path)


def test_a_broken_case_is_annotated_at_its_line_from_the_top_of_the_repository(report, top):
    first, second = workflow_commands(report, top)
    assert first == (
        "::error file=project/tickets.yaml,line=7,title=t-1 broke in test_known::"
        "input: about t-1%0Aexpected: refund%0Agot: other%0A2.0: refund"
    )
    assert second.startswith("::error file=project/test_triage.py,line=4,title=t-2 broke in test_known::")


def test_a_command_cannot_be_broken_out_of(report, top):
    check = report.checks[0]
    case = replace(check.cases[0], id="a,line=1::b%", input="x\n::error::y %0A")
    (line,) = workflow_commands(replace(report, checks=(replace(check, cases=(case,)),)), top)
    assert "title=a%2Cline=1%3A%3Ab%25 broke" in line
    assert "input: x\\n::error::y %250A%0A" in line
    assert "\n" not in line


def test_annotations_are_capped_where_github_caps_them(report, top):
    check = report.checks[0]
    many = tuple(replace(check.cases[0], id=f"t-{number}") for number in range(30))
    lines = workflow_commands(replace(report, checks=(replace(check, cases=many),)), top)
    assert len(lines) == 10
    assert lines[-1] == "::error title=modelcheck::21 more cases broke"


def test_a_check_that_passes_is_not_annotated(report, top):
    check = report.checks[0]
    passed = replace(check, verdict=replace(check.verdict, status=Status.PASSED))
    assert workflow_commands(replace(report, checks=(passed,)), top) == []


def test_a_summary_is_added_to_what_other_steps_said(report, tmp_path):
    path = tmp_path / "summary"
    path.write_text("before\n")
    append_summary(report, str(path))
    assert path.read_text(encoding="utf-8").startswith("before\n### modelcheck: ")


def full(report):
    """A report that no summary has room for."""
    check = report.checks[0]
    long = replace(check, cases=tuple(replace(one, id="\u20ac" * 300) for one in check.cases))
    return replace(report, checks=(long,) * 3000)


@pytest.mark.parametrize("said", [0, 600_000])
def test_a_summary_stays_below_what_github_takes_and_cuts_no_table(report, tmp_path, said):
    path = tmp_path / "summary"
    path.write_text("x" * said)
    append_summary(full(report), str(path))
    written = path.read_bytes()
    assert SUMMARY_BYTES - 2_000 < len(written) <= SUMMARY_BYTES
    text = written.decode()[said:]
    assert text.count("<details>") == text.count("</details>") == text.count("#### ") > 100
    left_out = 3000 - text.count("#### ")
    assert text.endswith(
        f"- see all: `modelcheck diff 2.1`\n\nNo room here for {left_out:,} more checks that did not pass.\n"
    )


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (500, "\nNo room here for the report of modelcheck.\n"),
        (60, ""),
        (-5, ""),
    ],
)
def test_a_summary_that_is_full_already_is_left_alone(report, tmp_path, room, told):
    path = tmp_path / "summary"
    path.write_text("x" * (SUMMARY_BYTES - room))
    append_summary(full(report), str(path))
    assert path.read_text()[SUMMARY_BYTES - room :] == told


def test_tests_that_could_not_be_judged_do_not_fill_a_summary(report):
    many = tuple(Trouble(f"test_x.py::test_{number}", "broken " * 200) for number in range(70))
    text = to_markdown(replace(report, troubles=many))
    assert text.count("- ❌ ") == 50
    assert "\n- and 20 more that could not be judged\n" in text


def test_code_quality_has_an_issue_a_check_and_one_a_case(report):
    issues = json.loads(to_code_quality(report))
    assert [issue["severity"] for issue in issues] == ["major", "major", "major"]
    assert [issue["location"] for issue in issues] == [
        {"path": "project/test_triage.py", "lines": {"begin": 4}},
        {"path": "project/tickets.yaml", "lines": {"begin": 7}},
        {"path": "project/test_triage.py", "lines": {"begin": 4}},
    ]
    assert issues[1]["description"] == (
        "t-1 (test_triage.py::test_known): input: about t-1; expected: refund; got: other; 2.0: refund"
    )
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert {issue["check_name"] for issue in issues} == {"modelcheck"}


def test_a_fingerprint_does_not_depend_on_the_answer(report):
    check = report.checks[0]
    other = replace(check.cases[0].trials[0], recorded=b'"billing"')
    changed = replace(check, cases=(replace(check.cases[0], trials=(other,)), *check.cases[1:]))
    prints = [
        [issue["fingerprint"] for issue in json.loads(to_code_quality(one))]
        for one in (report, replace(report, checks=(changed, report.checks[1])))
    ]
    assert prints[0] == prints[1]


def test_a_place_that_is_no_file_here_is_named_as_it_was(report, top):
    check = replace(report.checks[0], origin=Origin("elsewhere/test_x.py"))
    (line,) = workflow_commands(replace(report, checks=(replace(check, cases=check.cases[1:2]),)), top)
    assert line.startswith("::error file=elsewhere/test_x.py,line=1,")


def test_a_check_without_a_place_is_named_by_its_node_id(report, top):
    check = replace(report.checks[0], origin=None)
    (line,) = workflow_commands(replace(report, checks=(replace(check, cases=check.cases[1:2]),)), top)
    assert line.startswith("::error file=test_triage.py,line=1,")
