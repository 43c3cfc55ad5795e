"""--modelcheck-report: the files that a run writes, and their content."""

import errno
import json
import sys
import tempfile
import xml.etree.ElementTree as ET

import pytest

from tests.conftest import known

TICKETS = '"tickets.yaml"'
KNOWN = known()


def reported(project, *arguments):
    """The report of a run."""
    project.run(*arguments, "--modelcheck-report=report.json")
    return project.report()


@pytest.fixture
def approved(project):
    """Version 2.0 is."""
    project.test(KNOWN)
    project.approve("2.0")
    return project


@pytest.fixture
def passing(tmp_path, monkeypatch):
    """The result files of runs without a candidate, which must be removed after the run."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return lambda: list(folder.glob("*.jsonl"))


def test_every_case_is_there_also_those_that_pass(approved):
    result = approved.run("--model-version=2.1", "--modelcheck-report=report.json")
    result.stdout.fnmatch_lines(["report: report.json"])
    (check,) = approved.report().checks
    assert check.verdict == approved.verdict(result)
    assert [case.outcome for case in check.cases] == ["passed"] * 6 + ["failed"] * 2 + ["passed"] * 2
    broken = check.cases[6]
    assert (broken.id, broken.input, broken.expected) == ("t-07", "Quiero un reembolso", "refund")
    assert broken.metadata == {"language": "es"}
    assert broken.origin == {"path": "tickets.yaml", "line": 7}
    assert (broken.change, broken.approved_outcome) == ("regressed", "passed")
    assert len(broken.trials) == 3  # the first, and two that confirm it
    trial = broken.trials[0]
    assert (trial.answer, trial.approved_answer) == ("other", "refund")
    assert trial.message.startswith("assert ")
    assert check.cases[0].change is None
    assert str(check.origin) == "test_triage.py:3"
    assert check.rerun == "pytest test_triage.py::test_known --model-version=2.1"


def test_the_run_is_described_without_options_of_others(project, monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    project.ini("modelcheck_at_least = 0.5")
    project.test(KNOWN)
    project.run("--model-version=2.0", "--modelcheck-report=report.json", "-p", "no:cacheprovider")
    report = project.report()
    assert report.run.options == {
        "model_version": "2.0",
        "modelcheck_cache": "use",
        "modelcheck_at_least": "0.5",
        "modelcheck_report": "report.json",
    }
    assert report.run.versions["pytest"] == pytest.__version__
    assert report.run.seconds > 0
    (model,) = report.models
    assert (model.name, model.version, model.approved) == ("triage", "2.0", None)
    assert "secret" not in (project.path / "report.json").read_text()


def test_a_perturbed_case_tells_both_inputs_and_both_answers(project):
    project.test("""
        from pytest_modelcheck import perturb

        @pytest.mark.invariance("tickets.yaml", under=perturb.append("parcel"), at_least=0.1)
        def test_it(triage, case):
            assert triage(case.perturbed) == triage(case.input)
    """)
    (check,) = reported(project, "--model-version=2.0").checks
    (trial,) = check.cases[5].trials
    assert (trial.perturbed, trial.answer, trial.base_answer) == ("Hello there parcel", "shipping", "other")
    assert trial.perturbation == check.verdict.perturbations[0].name


def test_a_case_that_is_compared_with_its_approved_answer_has_changed_and_not_regressed(project):
    project.golden(f"{TICKETS}, max_changed=0", "assert triage(case.input) == case.approved")
    project.approve("2.0")
    (check,) = reported(project, "--model-version=2.1").checks
    assert [case.change for case in check.cases] == [None] * 6 + ["changed"] * 2 + [None] * 2


def test_other_versions_are_its_history(approved):
    approved.run("--model-version=1.9")
    (check,) = reported(approved, "--model-version=2.1").checks
    assert [(past.version, past.rate, past.approved) for past in check.history] == [
        ("1.9", 0.9, False),
        ("2.0", 1.0, True),
    ]
    assert check.history[0].status.value == "failed"
    assert check.history[0].interval.level == 0.99


def test_several_files_in_several_formats(project):
    project.test(KNOWN)
    files = {"out/report.json": "", "summary.md": "", "out/quality.json": "gitlab:"}
    options = [f"--modelcheck-report={form}{file}" for file, form in files.items()]
    result = project.run("--model-version=2.1", *options)
    result.stdout.fnmatch_lines([f"report: {file}" for file in files])
    assert project.report("out/report.json").checks
    assert (project.path / "summary.md").read_text(encoding="utf-8").startswith("### modelcheck: 1 failed")
    assert len(json.loads((project.path / "out/quality.json").read_bytes())) == 3


def test_the_ini_file_can_ask_for_them_from_its_own_folder_unless_the_command_line_does(project, monkeypatch):
    project.ini("modelcheck_report =", "    out/report.json", "    out/summary.md")
    project.test(KNOWN, "tests/test_triage.py")
    (project.path / "tickets.yaml").rename(project.path / "tests/tickets.yaml")
    monkeypatch.chdir(project.path / "tests")
    there = ("--model-version=2.0", "-c", "../pytest.ini", "--rootdir=..")
    project.run(*there, "--modelcheck-report=own.json")
    assert project.report("tests/own.json").checks
    assert not (project.path / "out").exists()
    project.run(*there)
    assert project.report("out/report.json").checks
    assert (project.path / "out/summary.md").exists()


def test_a_name_without_a_format_is_refused_before_anything_runs(project):
    project.test(KNOWN)
    for ini, options in ([], ["--modelcheck-report=report.pdf"]), (["modelcheck_report = report.pdf"], []):
        project.ini(*ini)
        project.refuses("ERROR: --modelcheck-report=report.pdf: which format? *", *options)
    assert project.calls == []


@pytest.mark.parametrize("source", [KNOWN, "def test_plain(): pass"], ids=["checks", "no checks"])
def test_a_report_that_cannot_be_written_fails_the_run_and_says_why(project, source):
    project.test(source)
    project.write("file", "")
    result = project.run("-q", "--model-version=2.0", "--modelcheck-report=file/report.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["no report: file/report.json: *"])


def test_a_test_that_could_not_be_judged_is_reported(project):
    project.test(
        KNOWN
        + """
@pytest.mark.golden("tickets.yaml")
def test_broken(triage, case, nothing):
    assert triage(case.input)

@pytest.mark.golden([])
def test_empty(triage, case):
    assert triage(case.input)

def test_plain(triage):
    assert triage("refund") == "shipping"

def test_of_others():
    assert 1 == 2
"""
    )
    report = reported(project, "--model-version=2.0")
    assert [check.verdict.check for check in report.checks] == ["test_triage.py::test_known"]
    messages = {trouble.test.partition("::")[2]: trouble.message for trouble in report.troubles}
    assert sorted(messages) == ["test_broken", "test_empty", "test_plain"]
    assert "there are no cases" in messages["test_empty"]
    assert "nothing" in messages["test_broken"]
    assert messages["test_plain"].startswith("AssertionError: assert 'refund' == 'shipping'")


def test_a_run_without_checks_still_leaves_a_report(project):
    project.test("def test_plain(): pass")
    result = project.run("--modelcheck-report=report.json")
    result.stdout.fnmatch_lines(["report: report.json (no checks ran)"])
    assert project.report().checks == ()


def test_collecting_alone_writes_nothing(project):
    project.test(KNOWN)
    project.run("--collect-only", "--modelcheck-report=report.json")
    assert not (project.path / "report.json").exists()


def test_selected_cases_are_reported_and_do_not_replace_the_saved_result(project, passing):
    project.test(KNOWN)
    project.run("--model-version=2.1")
    saved = {name: text for name, text in project.files().items() if "/candidates/" in name}
    assert len(saved) == 2  # one of them keeps git away
    for options in [], ["--modelcheck-report=report.json"]:
        project.run("--model-version=2.1", "--modelcheck-case=t-07", *options)
        assert {name: project.files()[name] for name in saved} == saved
        assert passing() == []
    assert [case.id for case in project.report().checks[0].cases] == ["t-07"]


def test_a_model_without_a_version_is_reported(project, passing):
    project.answers("triage", "str.lower", takes="")
    project.test(KNOWN)
    (check,) = reported(project).checks
    assert len(check.cases) == 10
    assert check.verdict.version is None
    assert not [name for name in project.files() if "/candidates/" in name]
    assert passing() == []


def properties(project, name):
    """The properties in a JUnit file."""
    found = ET.parse(project.path / name).getroot().iter("property")
    return [(one.attrib["name"], one.attrib["value"]) for one in found]


def test_checks_that_a_test_calls_are_reported_each(project):
    project.test("""
        def test_it(triage, modelcheck):
            def one(case):
                assert triage(case.input) == case.expected
            modelcheck.golden(one, "tickets.yaml", name="a")
            modelcheck.golden(one, "tickets.yaml", name="b")
    """)
    project.run("--model-version=2.0", "--modelcheck-report=report.json", "--junitxml=junit.xml")
    assert [check.verdict.check.rpartition("::")[2] for check in project.report().checks] == ["a", "b"]
    names = [name for name, _ in properties(project, "junit.xml")]
    assert (names.count("modelcheck.a.rate"), names.count("modelcheck.b.rate")) == (1, 1)


def test_long_inputs_are_cut_and_others_than_json_are_in_their_canonical_form(project):
    project.answers("triage", "lambda x: float('nan')")
    project.golden(
        """[
            {"id": "long", "input": "x" * 50_000},
            {"id": "a", "input": b"xx", "metadata": {"of": {1, 2}}},
        ]""",
        "triage(case.input)",
    )
    long, other = reported(project, "--model-version=1").checks[0].cases
    assert long.input == "x" * 19_999 + "…"
    assert other.input == {"$bytes": "eHg="}
    assert other.metadata == {"of": {"$set": [1, 2]}}
    assert other.trials[0].answer == {"$float": "nan"}


def test_under_xdist_the_controller_alone_writes(project):
    pytest.importorskip("xdist")
    project.test(KNOWN + KNOWN.replace("test_known", "test_again") + "def test_plain(triage): assert 0")
    result = project.run_apart(
        "-p", "xdist", "-n2", "--model-version=2.1", "--modelcheck-report=report.json", timeout=120
    )
    result.stdout.fnmatch_lines(["report: report.json"])
    report = project.report()
    assert [check.verdict.check for check in report.checks] == [
        "test_triage.py::test_again",
        "test_triage.py::test_known",
    ]
    assert [len(check.cases) for check in report.checks] == [10, 10]
    assert [trouble.test for trouble in report.troubles] == ["test_triage.py::test_plain"]


def hooked(project, body):
    with (project.path / "conftest.py").open("a") as file:
        file.write(f"\ndef pytest_modelcheck_report(report, config):\n    {body}\n")


def test_the_hook_is_given_the_report(project):
    project.test(KNOWN)
    rooted = "config.rootpath == Path(__file__).parent"
    hooked(
        project,
        f"(check,) = report.checks; print('\\nreport:', check.verdict.rate, len(check.cases), {rooted})",
    )
    result = project.run("--model-version=2.1", "-s")
    result.stdout.fnmatch_lines(["report: 0.8 10 True"])


def test_the_hook_is_not_called_where_no_check_was_run(project):
    project.test("def test_plain(): pass")
    hooked(project, "raise AssertionError")
    assert project.run().ret == 0


def test_github_gets_a_summary_and_annotations_and_can_be_left_alone(approved, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(approved.path / "summary"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(approved.path))
    approved.run("--model-version=2.0")
    result = approved.run("--model-version=2.1")
    result.stdout.fnmatch_lines(["::error file=tickets.yaml,line=7,title=t-07 broke in test_known::*"])
    summary = (approved.path / "summary").read_text(encoding="utf-8")
    assert summary.count("### modelcheck: ") == 2
    approved.ini("modelcheck_github = false")
    approved.run("--model-version=2.1").stdout.no_fnmatch_line("::error*")
    assert (approved.path / "summary").read_text(encoding="utf-8") == summary


def test_junit_gets_the_numbers_as_properties(approved):
    approved.run("--model-version=2.1", "--junitxml=junit.xml")
    found = dict(properties(approved, "junit.xml"))
    expected = {
        "status": "failed",
        "rate": "0.8",
        "passed": "8",
        "judged": "10",
        "model": "triage",
        "version": "2.1",
        "approved_version": "2.0",
        "approved_rate": "1.0",
        "regressed": "2",
    }
    assert {name: found[f"modelcheck.{name}"] for name in expected} == expected
    assert float(found["modelcheck.interval_low"]) < 0.8 < float(found["modelcheck.interval_high"])
    assert "modelcheck.required" not in found


def test_the_part_of_a_check_that_a_worker_ran_is_reported_and_its_file_removed(
    project, tmp_path, monkeypatch
):
    pytest.importorskip("xdist")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    project.test(KNOWN)
    options = ("--model-version=2.1", "--modelcheck-case=t-07", "--modelcheck-report=report.json")
    project.run_apart("-p", "xdist", "-n", "2", *options)
    assert [case.id for case in project.report().checks[0].cases] == ["t-07"]
    assert list(folder.glob("modelcheck-*")) == []


def test_results_that_the_temporary_folder_has_no_room_for_are_missing_from_the_report(project, monkeypatch):
    project.test(KNOWN)

    class Full:
        def __init__(self, **_options):
            self.name = str(project.write("begun.jsonl", ""))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def writelines(self, lines):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tempfile.NamedTemporaryFile", Full)
        result = project.run("--modelcheck-case=t-01", "--model-version=2.0", "--modelcheck-report=r.json")
    result.assert_outcomes(passed=1, warnings=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*the results could not be kept for the report: No space left*",
            "not in the report: 1 check whose *",
        ]
    )
    assert not (project.path / "begun.jsonl").exists()
    assert project.report("r.json").checks == ()


def test_a_listener_of_the_controller_alone_lacks_what_workers_did_not_keep(project):
    pytest.importorskip("xdist")
    project.test(KNOWN)
    project.write(
        "listening.py",
        """
        import sys
        import pytest

        class Listener:
            def pytest_modelcheck_report(self, report):
                print("checks:", len(report.checks))

        arguments = ["-p", "modelcheck", "-p", "xdist", "-n", "1"]
        arguments += ["--modelcheck-case=t-01", "--model-version=2.0"]
        sys.exit(pytest.main(arguments, plugins=[Listener()]))
        """,
    )
    result = project.pytester.run(sys.executable, "listening.py")
    assert result.ret == 0
    assert "not in the report" not in result.stdout.str()
