"""modelcheck report: stored results of runs, without a new run."""

import json
import re

import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines.lines import sealed, unsealed
from pytest_modelcheck.cli.command import modelcheck
from tests.conftest import known

KNOWN = known("max_drop=5")
SAME = """
from pytest_modelcheck import perturb

@pytest.mark.invariance("tickets.yaml", under=perturb.append("!"), at_least=0.5)
def test_same(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""


@pytest.fixture
def ran(project):
    """2.0 is approved; 1.9 and then 2.1 were run."""
    project.test(KNOWN + SAME)
    project.approve("2.0")
    project.run("--model-version=1.9")
    project.run("--model-version=2.1")
    project.forget_calls()
    return project


@pytest.fixture
def command(monkeypatch):
    """Run the command; anything but this exit code is an error of the test."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments, code=0):
        result = CliRunner().invoke(modelcheck, ["report", *arguments], prog_name="modelcheck")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run


def test_the_last_run_is_shown(ran, command):
    output = command().output
    assert "  pass test_known" in output
    assert " 80% " in output
    assert max(map(len, output.splitlines())) <= 80
    assert ran.calls == []
    (ran.path / ".modelcheck_cache").rename(ran.path / "artifact")  # as one of a job
    assert "8/10" in command("2.1", "--from", "artifact").output


def test_a_version_that_failed_says_why(ran, command):
    ran.test(KNOWN.replace("max_drop=5", "at_least=0.99") + SAME)
    ran.run("--model-version=2.1")
    output = command("2.1").output
    assert "8/10 cases pass (80%), at least 99% required" in output
    assert "t-07" in output


def test_it_reports_the_same_as_the_run(ran, command):
    ran.run("--model-version=2.1", "--modelcheck-report=run.json")
    files = ("report.json", "summary.md", "report.html", "gitlab:quality.json")
    command("2.1", *(word for file in files for word in ("--to", file)))
    run, again = ran.report("run.json"), ran.report()
    assert again.checks == run.checks
    assert again.models == run.models
    assert again.run.seconds is None
    assert (ran.path / "summary.md").read_text(encoding="utf-8").startswith("### modelcheck: 2 passed")
    assert b"<!doctype html>" in (ran.path / "report.html").read_bytes()
    assert json.loads((ran.path / "quality.json").read_bytes()) == []


def test_two_versions_are_compared_with_each_other(ran, command):
    output = command("1.9", "2.1", "--check", "test_known").output
    assert output.startswith("test_triage.py::test_known\n2 broke, 1 fixed since 1.9, 3 answers differ\n")
    assert "see all:         modelcheck diff 1.9 2.1" in output
    shown = [line.split()[0] for line in output.splitlines() if line.startswith("    t-")]
    assert shown == ["t-07", "t-08", "t-05"]
    for line in "(regressed, tickets.yaml:7)", "(fixed, tickets.yaml:5)", "got 'other'   (1.9: 'refund')":
        assert line in output
    assert "approve it" not in output
    command("1.9", "2.1", "--to", "report.json")
    check = next(check for check in ran.report().checks if check.verdict.check.endswith("test_known"))
    changes = {case.id: case.change for case in check.cases if case.change}
    assert changes == {"t-05": "fixed", "t-07": "regressed", "t-08": "regressed"}
    (trial,) = check.cases[4].trials
    assert (trial.answer, trial.approved_answer, trial.approved_outcome) == ("account", "other", "failed")
    slices = {group.name: group for group in check.verdict.slices}
    assert (slices["language=es"].approved_passed, slices["language=es"].approved_judged) == (4, 4)
    assert (slices["language=en"].approved_passed, slices["language=en"].approved_judged) == (5, 6)
    (check,) = (check for check in ran.report().checks if check.verdict.check.endswith("test_same"))
    (trial,) = check.cases[6].trials
    assert (trial.approved_answer, trial.approved_base_answer) == ("refund", "refund")
    assert (trial.answer, trial.base_answer) == ("other", "other")


def test_a_drift_check_of_two_versions_has_changes_and_no_rate(project, command):
    project.test("""
        @pytest.mark.drift("tickets.yaml", tolerance=1)
        def test_mix(triage, case):
            triage(case.input)
    """)
    project.approve("2.0")
    project.run("--model-version=2.1")
    assert re.search(r"pass test_mix +10/10 +Δ 0\.2 +2 ", command("2.0", "2.1").output)
    command("2.0", "2.1", "--to", "report.json")
    (check,) = project.report().checks
    assert (check.verdict.comparison.approved_rate, check.verdict.comparison.regressed) == (None, ())
    assert len(check.verdict.comparison.changed) == 2


def test_a_limit_against_the_approved_version_is_no_limit_of_a_comparison(ran, command):
    ran.test(KNOWN.replace("max_drop=5", "max_drop=0") + SAME)
    ran.run("--model-version=2.1")
    command("2.1", "--check", "test_known", "--to", "own.json")
    command("1.9", "2.1", "--check", "test_known", "--to", "two.json")
    assert ran.report("own.json").checks[0].verdict.failed
    assert ran.report("two.json").checks[0].verdict.passed


def test_a_check_that_was_only_run_to_be_compared_with_is_named(project, command):
    project.test(KNOWN + SAME)
    project.run("--model-version=2.1", "--against=2.0")
    result = command("2.0", code=2)
    assert "these were only run to be compared with; run them by themselves" in result.output
    assert "test_triage.py::test_known" in result.output
    assert "8/10" in command("2.1").output


def test_a_damaged_result_says_what_to_do(ran, command):
    (path,) = (ran.path / ".modelcheck_cache" / "candidates" / "triage" / "2.1").rglob("test_known.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"refund"', b'"refuse"', 1))
    output = command("2.1", code=1).output
    assert "not as it was written" in output
    assert "Run pytest again." in output
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    assert "holds 9 of 10 cases. Run pytest again." in command("2.1", code=1).output
    path.write_bytes(whole.replace(b'"verdict":{', b'"verdict":[],"was":{', 1))
    assert "the first line is not as it was written" in command("2.1", code=1).output
    head, rest = whole.split(b"\n", 1)
    head = unsealed(head).replace(b'"verdict":{', b'"verdict":[],"was":{', 1)
    path.write_bytes(sealed(head) + b"\n" + rest)
    assert "the result of a check is damaged" in command("2.1", code=1).output
    ran.run("--model-version=2.1")
    command("2.1")


def test_an_unreportable_run_is_named(ran, command):
    for arguments, code, message in [
        (["9"], 2, "no run of triage 9 is stored"),
        (["9", "2.1"], 2, "no run of triage 9 is stored"),
        (["2.1", "9"], 2, "no run of triage 9 is stored"),
        (["2.1", "--check", "nothing"], 2, "no run is stored to report on"),
        (["2.1", "--to", "report.pdf"], 2, "--to=report.pdf: which format?"),
        (["2.1", "--to", "tickets.yaml/report.json"], 1, "tickets.yaml"),
    ]:
        assert message in command(*arguments, code=code).output


def test_without_a_run_it_says_how_to_start_one(project, command):
    assert "no run or approval is stored in" in command(code=1).output
