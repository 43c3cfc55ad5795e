"""``--modelcheck-update``: all that was seen is approved, or the run says what was not and fails."""

import json
import os
import subprocess
import sys

import pytest

FILE = "baselines/triage/test_triage.py/test_known_tickets.jsonl"
GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.95)
def test_known_tickets(triage, case):
    assert triage(case.input) == case.expected
"""


def test_what_is_red_against_its_rate_or_has_no_version_is_not_approved_and_the_run_fails(project):
    project.test(GOLDEN)
    result = project.run("--model-version=3.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["not approved: test_triage.py::test_known_tickets: *"])
    result = project.run("--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["not approved: triage has no version. Name it: pytest --model-version=VERSION"]
    )
    assert not (project.path / "baselines").exists()


def test_a_run_that_is_cut_short_approves_nothing(project):
    project.test(GOLDEN + "\ndef test_stop():\n    raise KeyboardInterrupt\n")
    result = project.run_apart("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["nothing was approved: the run was cut short"])
    assert not (project.path / "baselines").exists()


def test_an_ordinary_failing_test_does_not_keep_checks_from_being_approved(project):
    project.test(GOLDEN + "\ndef test_other():\n    assert False\n")
    result = project.run("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])


@pytest.mark.parametrize(("ci", "unwatched"), [("true", "in CI"), ("", "without a terminal")])
@pytest.mark.parametrize("spread", [(), ("-p", "xdist", "-n", "1")])
def test_where_nobody_may_be_watching_a_reason_is_needed_before_any_call(
    project, monkeypatch, ci, unwatched, spread
):
    monkeypatch.setenv("CI", ci)
    project.test(GOLDEN)
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
    project.test(GOLDEN)
    result = project.run("--model-version=2.0", "--modelcheck-update", f"--modelcheck-reason={reason}")
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])
    header = json.loads(project.baselines()[FILE].splitlines()[0])
    assert (header["reason"], header["approved_with"]) == (reason.strip(), how)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_at_a_terminal_no_reason_is_needed(project, capture):
    project.test(GOLDEN)
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
    project.test(GOLDEN)
    result = project.run("--model-version=2.0", "--modelcheck-reason=because")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["ERROR: --modelcheck-reason is the reason for --modelcheck-update: use both together"]
    )


def test_what_is_accepted_is_told_and_a_baseline_says_how_good_it_was_and_what_was_before(project):
    project.test(GOLDEN.replace("0.95", "0.5"))
    project.approve("2.0")
    result = project.run("--model-version=2.1", "--modelcheck-update")
    result.stdout.fnmatch_lines(
        [
            "accepted: *::test_known_tickets: 2 of 10 cases broke: t-07, t-08",
            "accepted: *: 20 points below the first approval: 2.0 100% → 2.1 80%",
            "approved: triage 2.1, 1 check in baselines",
        ]
    )
    project.command("history", "--format=json").stdout.fnmatch_lines(['*"rate": 1.0,*', '*"rate": 0.8,*'])
    project.command("show", "test_known_tickets").stdout.fnmatch_lines(
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


def test_a_check_without_a_limit_is_told_how_to_hold_an_imperfect_model_to_what_it_does(project):
    unlimited = GOLDEN.replace(", at_least=0.95", "")
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
    project.test(GOLDEN)
    result = project.run("--model-version=2.1")
    result.stdout.no_fnmatch_line("*asks for less*")
    project.command("approve", "2.1").stdout.no_fnmatch_line("*max_drop=0*")
