"""Files of reports, and the commands of CI systems: nothing in a text can break out of it."""

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import pytest_modelcheck
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Origin, Status
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.model import Trouble
from pytest_modelcheck.reports.outputs import (
    FORMATS,
    SUMMARY_BYTES,
    ReportTarget,
    append_summary,
    environment,
    target_of,
    to_code_quality,
    versions,
    workflow_command,
    workflow_commands,
    write,
    write_file,
)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("report.json", ReportTarget("json", "report.json")),
        ("REPORT.JSON", ReportTarget("json", "REPORT.JSON")),
        ("a/b c/summary.md", ReportTarget("md", "a/b c/summary.md")),
        ("json:report", ReportTarget("json", "report")),
        ("md:report.json", ReportTarget("md", "report.json")),
        ("gitlab:gl-code-quality.json", ReportTarget("gitlab", "gl-code-quality.json")),
        ("C:\\out\\report.json", ReportTarget("json", "C:\\out\\report.json")),
        ("json:C:\\out\\report", ReportTarget("json", "C:\\out\\report")),
    ],
)
def test_a_name_says_its_format(text, target):
    assert target_of(text) == target


@pytest.mark.parametrize("text", ["report", "report.xml", "xml:report", "json:", ".json/report", ""])
def test_a_name_that_says_none_is_refused_with_the_choices(text):
    with pytest.raises(UsageError) as refused:
        target_of(text)
    assert str(refused.value).startswith(f"--modelcheck-report={text}: which format? ")
    assert all(name in str(refused.value) for name in FORMATS)


def test_a_report_is_written_with_its_folder_and_replaces_an_old_one(report, tmp_path):
    for _ in range(2):
        write(report, ReportTarget("json", "a/b/report.json"), tmp_path)
    assert json.loads((tmp_path / "a/b/report.json").read_bytes())["modelcheck_report"] == 1
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["report.json"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_something(report, name, tmp_path):
    write(report, ReportTarget(name, "out"), tmp_path)
    assert (tmp_path / "out").stat().st_size > 200


def test_a_folder_that_cannot_be_made_is_an_os_error(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write(report, ReportTarget("json", "file/report.json"), tmp_path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_written(report, tmp_path, exists):
    if exists:
        (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write(report, ReportTarget("json", "link.json"), tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_bytes())["modelcheck_report"] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_to(report, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(report, ReportTarget("json", "pipe"), tmp_path)
    reader.join(10)
    assert json.loads(got[0])["modelcheck_report"] == 1
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device here")
@pytest.mark.parametrize("into", ["a pipe", "a file"])
def test_standard_output_is_written_to(project, into):
    project.test()
    before = Path("/dev/stdout").readlink()
    out = project.path / "out.txt"
    command = [sys.executable, "-m", "pytest", "-p", "modelcheck", "--model-version=2.0"]
    with out.open("w") as file:
        done = subprocess.run(
            [*command, "--modelcheck-report=json:/dev/stdout"],
            stdout=subprocess.PIPE if into == "a pipe" else file,
            check=True,
            text=True,
        )
    text = done.stdout if into == "a pipe" else out.read_text()
    assert '{"modelcheck_report":1,' in text.replace(" ", "")
    assert "1 passed" in text
    assert Path("/dev/stdout").readlink() == before


def test_unknown_figures_are_left_out():
    assert workflow_command("error", "broke", title="t") == "::error title=t::broke"
    assert workflow_command("error", "broke", title="t", file="x.py") == "::error file=x.py,title=t::broke"


@pytest.mark.parametrize("hostile", ["a\n::error::b", "a\r\n::add-mask::b", "a,line=7::b", "%0A::error::b"])
def test_a_text_stays_where_it_is_put(hostile):
    command = workflow_command("error", hostile, title=hostile, file=hostile, line=1)
    assert len(command.splitlines()) == 1
    properties = command.split("::")[1]
    assert properties.count(",") == 2
    assert properties.count("line=1,") == 1


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
def report(report):
    """The report, of a run in which every test could be judged."""
    return replace(report, troubles=())


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


def test_a_summary_is_added_to_those_of_other_steps(report, tmp_path):
    path = tmp_path / "summary"
    path.write_text("before\n")
    append_summary(report, str(path))
    assert path.read_text(encoding="utf-8").startswith("before\n### modelcheck: ")


def full(report):
    """A report too large for a summary."""
    check = report.checks[0]
    long = replace(check, cases=tuple(replace(one, id="\u20ac" * 300) for one in check.cases))
    return replace(report, checks=(long,) * 3000)


@pytest.mark.parametrize("size", [0, 600_000])
def test_a_summary_stays_below_what_github_takes_and_cuts_no_table(report, tmp_path, size):
    path = tmp_path / "summary"
    path.write_text("x" * size)
    append_summary(full(report), str(path))
    written = path.read_bytes()
    assert SUMMARY_BYTES - 2_000 < len(written) <= SUMMARY_BYTES
    text = written.decode()[size:]
    assert text.count("<details>") == text.count("</details>") == text.count("#### ") > 100
    left_out = 3000 - text.count("#### ")
    assert text.endswith(
        f"- see all: `modelcheck diff 2.1`\n\nNo room here for {left_out:,} more checks that did not pass.\n"
    )


@pytest.mark.parametrize(
    ("room", "written"),
    [
        (500, "\nNo room here for the report of modelcheck.\n"),
        (60, ""),
        (-5, ""),
    ],
)
def test_a_summary_that_is_full_already_is_left_alone(report, tmp_path, room, written):
    path = tmp_path / "summary"
    path.write_text("x" * (SUMMARY_BYTES - room))
    append_summary(full(report), str(path))
    assert path.read_text()[SUMMARY_BYTES - room :] == written


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


def test_a_test_that_could_not_be_judged_is_an_issue_of_code_quality(report):
    dead = replace(report, troubles=(Trouble("test_triage.py::test_dead", "no\nkey"),))
    issue, *others = json.loads(to_code_quality(dead))
    assert issue["description"] == "test_triage.py::test_dead was not judged: no\\nkey"
    assert issue["severity"] == "major"
    assert issue["location"] == {"path": "project/test_triage.py", "lines": {"begin": 1}}
    assert issue["fingerprint"] not in {other["fingerprint"] for other in others}


def test_the_repository_may_be_reached_by_a_link(report, tmp_path, monkeypatch):
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.setenv("CI_PROJECT_DIR", str(link))
    places = [issue["location"]["path"] for issue in json.loads(to_code_quality(report))]
    assert places == ["project/test_triage.py", "project/tickets.yaml", "project/test_triage.py"]


def test_a_fingerprint_does_not_depend_on_the_answer(report):
    check = report.checks[0]
    other = replace(check.cases[0].trials[0], recorded=b'"billing"')
    changed = replace(check, cases=(replace(check.cases[0], trials=(other,)), *check.cases[1:]))
    prints = [
        [issue["fingerprint"] for issue in json.loads(to_code_quality(one))]
        for one in (report, replace(report, checks=(changed, report.checks[1])))
    ]
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("origin", "file"),
    [(Origin("elsewhere/test_x.py"), "elsewhere/test_x.py"), (None, "project/test_triage.py")],
)
def test_a_place_that_is_no_file_here_is_named_as_it_was_and_a_missing_one_by_the_node_id(
    report, top, origin, file
):
    check = replace(report.checks[0], origin=origin, cases=report.checks[0].cases[1:2])
    (line,) = workflow_commands(replace(report, checks=(check,)), top)
    assert line.startswith(f"::error file={file},line=1,")


def test_versions_name_ours_and_pythons():
    assert list(versions(pytest="9.0")) == ["pytest-modelcheck", "Python", "pytest"]
    assert versions()["pytest-modelcheck"] == pytest_modelcheck.__version__


def test_a_job_of_github_is_linked(tmp_path):
    variables = {
        "GITHUB_SHA": "abc",
        "GITHUB_REF_NAME": "main",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_RUN_ID": "7",
        "API_KEY": "secret",
    }
    found = environment(tmp_path, variables)
    assert found.pop("system")
    assert found == {"commit": "abc", "branch": "main", "job": "https://github.example/a/b/actions/runs/7"}


def test_without_ci_git_says_what_was_tested(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    found = environment(tmp_path, {})
    assert found["branch"] == "trunk"
    assert len(found["commit"]) == 40


def test_outside_of_a_repository_there_is_only_the_system(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert list(environment(tmp_path, {})) == ["system"]


def test_a_machine_without_git_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "commit" not in environment(tmp_path, {})


def test_an_error_of_the_disk_names_the_file(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pytest_modelcheck.reports.outputs.replace", full)
    with pytest.raises(OSError, match=r"No space left on device.*out\.json"):
        write_file(tmp_path / "out.json", b"{}")
