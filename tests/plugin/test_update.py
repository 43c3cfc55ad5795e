"""``--modelcheck-update``: run, record and approve in one go; the run fails if it cannot approve all."""

import json
import os
import subprocess
import sys

import pytest

from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.store import BaselineStore
from tests.conftest import known

GOLDEN = known("at_least=0.5")

FILE = "baselines/triage/test_triage.py/test_known.jsonl"


def test_writes_what_is_approved_and_one_line_a_case(project):
    project.test(GOLDEN)
    result = project.passes("--model-version=2.0", "--modelcheck-update")
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])
    written = project.baselines()
    assert set(written) == {"baselines/triage/approved.yaml", FILE}
    assert b"version: '2.0'" in written["baselines/triage/approved.yaml"].splitlines()
    header, *lines = [json.loads(line) for line in written[FILE].decode().splitlines()]
    assert header["version"] == "2.0"
    assert [line["id"] for line in lines] == [f"t-{number:02}" for number in range(1, 11)]


def test_of_a_worse_version_changes_only_the_lines_whose_answer_changed(project):
    """It is approved only if its sole objection is the baseline, and only with --modelcheck-update."""
    project.test(GOLDEN)
    project.run("--model-version=2.0")
    assert project.baselines() == {}
    project.approve("2.0")
    before = project.baselines()
    project.fails("--model-version=2.1")
    assert project.baselines() == before
    project.passes("--model-version=2.1", "--modelcheck-update")
    old, new = (text[FILE].decode().splitlines()[1:] for text in (before, project.baselines()))
    changed = [json.loads(after)["id"] for was, after in zip(old, new, strict=True) if was != after]
    assert changed == ["t-07", "t-08"]
    project.passes("--model-version=2.1")


def test_of_part_of_the_tests_leaves_the_others_as_they_are(project):
    project.test(GOLDEN + GOLDEN.replace("test_known", "test_other"))
    project.approve("2.0")
    other = project.baselines()["baselines/triage/test_triage.py/test_other.jsonl"]
    result = project.run("--model-version=2.1", "--modelcheck-update", "-k", "known")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "approved: triage 2.1, 1 check in baselines",
            "still approved with another version: test_triage.py::test_other (2.0); run them with 2.1 and *",
        ]
    )
    after = project.baselines()
    assert after["baselines/triage/test_triage.py/test_other.jsonl"] == other
    assert b'"2.1"' in after[FILE].replace(b" ", b"").splitlines()[0]


def test_of_two_models_approves_each(project):
    model = "@model_fixture\ndef {0}(model_version):\n    return str.upper\n\n"
    check = "@pytest.mark.golden(['a'])\ndef test_{0}({0}, case):\n    assert {0}(case.input)\n\n"
    project.model(model.format("triage") + model.format("judge"))
    project.test(check.format("triage") + check.format("judge"))
    result = project.run("--model-version", "triage=1", "--model-version", "judge=7", "--modelcheck-update")
    result.stdout.fnmatch_lines(["approved: judge 7, 1 check *", "approved: triage 1, 1 check *"])
    assert b"7" in project.baselines()["baselines/judge/approved.yaml"]


def test_node_ids_that_are_no_file_names_get_files_of_their_own(project):
    project.test("""
        @pytest.mark.parametrize("word", ["a/b", "a b", "a_b", "A B", "..", "é" * 120, "con", ""])
        @pytest.mark.golden(["x"])
        def test_it(triage, case, word):
            assert triage(case.input + word)
    """)
    result = project.run("--model-version=2.0", "--modelcheck-update")
    result.assert_outcomes(passed=8)
    assert len([name for name in project.baselines() if name.endswith(".jsonl")]) == 8
    again = project.run("--model-version=2.0")
    assert {one.comparison.shared for one in project.verdicts(again).values()} == {1}


def test_the_folder_is_the_one_of_the_ini_file(project):
    project.ini("modelcheck_baseline_dir = approved/models")
    project.test(GOLDEN)
    project.approve("2.0")
    assert "approved/models/triage/approved.yaml" in project.files()


def test_without_an_ini_file_the_baselines_are_in_the_root_folder_of_pytest(project):
    (project.path / "pytest.ini").unlink()
    project.test(GOLDEN)
    project.passes("--model-version=2.0", "--modelcheck-update", f"--rootdir={project.path}")
    assert FILE in project.baselines()


LIMITED = GOLDEN.replace("0.5", "0.95")


def test_a_check_below_its_rate_is_not_approved_and_the_run_fails(project):
    project.test(LIMITED)
    result = project.run("--model-version=3.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["not approved: test_triage.py::test_known: *"])
    assert not (project.path / "baselines").exists()


def test_a_run_that_is_cut_short_approves_nothing(project):
    project.test(LIMITED + "\ndef test_stop():\n    raise KeyboardInterrupt\n")
    result = project.run_apart("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["nothing was approved: the run was cut short"])
    assert not (project.path / "baselines").exists()


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (CandidateStore, "the results of 1 check could not be saved in */candidates. Make it writable, or *"),
        (BaselineStore, "*/baselines could not be written: Permission denied. Make it writable"),
    ],
)
def test_in_a_folder_that_is_read_only_nothing_is_approved_of_an_earlier_run(
    project, monkeypatch, store, message
):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "candidate.tmp")

    project.test(GOLDEN)
    project.passes("--model-version=2.0")
    monkeypatch.setattr(store, "write" if store is CandidateStore else "adopt", refuse)
    result = project.passes("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"not approved: triage 2.0: {message}"])
    assert project.baselines() == {}


def test_an_ordinary_failing_test_does_not_keep_checks_from_being_approved(project):
    project.test(LIMITED + "\ndef test_other():\n    assert False\n")
    result = project.run("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])


@pytest.mark.parametrize(("ci", "unwatched"), [("true", "in CI"), ("", "without a terminal")])
@pytest.mark.parametrize("spread", [(), ("-p", "xdist", "-n", "1")])
def test_without_a_terminal_a_reason_is_required_before_any_call(project, monkeypatch, ci, unwatched, spread):
    monkeypatch.setenv("CI", ci)
    project.test(LIMITED)
    result = project.run_apart(*spread, "--model-version=2.0", "--modelcheck-update", "--modelcheck-reason=")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [f"ERROR: pytest --modelcheck-update {unwatched} needs a reason: add --modelcheck-reason=TEXT. *"]
    )
    assert project.calls == []
    assert not (project.path / "baselines").exists()


@pytest.mark.parametrize(
    ("ci", "reason", "how"),
    [
        ("true", " new release ", "pytest --modelcheck-update, in CI"),
        ("false", "no CI", "pytest --modelcheck-update, without a terminal"),
    ],
)
def test_with_a_reason_it_is_approved_and_the_baseline_says_how(project, monkeypatch, ci, reason, how):
    monkeypatch.setenv("CI", ci)
    project.test(LIMITED)
    result = project.run("--model-version=2.0", "--modelcheck-update", f"--modelcheck-reason={reason}")
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])
    header = json.loads(project.baselines()[FILE].splitlines()[0])
    assert (header["reason"], header["approved_with"]) == (reason.strip(), how)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_at_a_terminal_no_reason_is_needed(project, capture):
    project.test(LIMITED)
    options = ("--model-version=2.0", "--modelcheck-update", f"--capture={capture}")
    command = (sys.executable, "-m", "pytest", "-p", "modelcheck", *options)
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(command, stdin=theirs, capture_output=True, timeout=180, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"approved: triage 2.0, 1 check in baselines" in done.stdout, done.stderr
    assert b'"approved_with":"pytest --modelcheck-update"' in project.baselines()[FILE]


def test_a_reason_without_an_approval_is_a_mistake(project):
    project.test(LIMITED)
    result = project.run("--model-version=2.0", "--modelcheck-reason=because")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["ERROR: --modelcheck-reason is the reason for --modelcheck-update: use both together"]
    )


def test_accepted_changes_are_listed_and_a_baseline_has_its_rate_and_the_previous_one(project):
    project.test(LIMITED.replace("0.95", "0.5"))
    project.approve("2.0")
    result = project.run("--model-version=2.1", "--modelcheck-update")
    result.stdout.fnmatch_lines(
        [
            "accepted: *::test_known: 2 of 10 cases broke: t-07, t-08",
            "accepted: *: 20 points below the first approval: 2.0 100% → 2.1 80%",
            "approved: triage 2.1, 1 check in baselines",
        ]
    )
    project.command("history", "--format=json").stdout.fnmatch_lines(['*"rate": 1.0,*', '*"rate": 0.8,*'])
    project.command("show", "test_known").stdout.fnmatch_lines(
        ["  triage 2.1, 10 cases, 80% pass", "  ran on: *Python *"]
    )


def test_an_outcome_that_compares_with_what_was_approved_has_no_rate(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml", max_changed=5)
        def test_answers(triage, case):
            assert triage(case.input) == case.approved
    """)
    project.approve("2.0")
    assert b'"rate"' not in b"".join(project.baselines().values())


def test_the_advice_for_a_check_without_a_limit_holds_an_imperfect_model_to_its_behaviour(project):
    unlimited = LIMITED.replace(", at_least=0.95", "")
    project.test(unlimited)
    result = project.run("--model-version=2.1")
    result.stdout.fnmatch_lines(
        [
            "8/10 cases pass (80%), all required*",
            "*no limit is set and nothing is approved: every case must pass;*",
        ]
    )
    refused = project.command("approve", "2.1")
    assert refused.ret == 1
    refused.stdout.fnmatch_lines(
        [
            "To hold a check without a limit to what it does today: write max_drop=0 in its marker,",
            "  then pytest --model-version=2.1, and approve it",
            "To approve it as is: * --force --reason TEXT",
        ]
    )
    project.test(unlimited.replace('.yaml"', '.yaml", max_drop=0'))
    project.run("--model-version=2.1")
    project.command("approve", "2.1").stdout.fnmatch_lines(["triage 2.1 is approved*"])
    project.passes("--model-version=2.1")
    project.fails("--model-version=3.0")


def test_a_limit_that_is_written_is_not_argued_with(project):
    project.test(LIMITED)
    result = project.run("--model-version=2.1")
    result.stdout.no_fnmatch_line("*asks for less*")
    project.command("approve", "2.1").stdout.no_fnmatch_line("*max_drop=0*")
