"""Exceptions that end a pytest run end ours, and a killed run pays for no answer twice."""

import signal
import subprocess
import sys
import time

import pytest

MODEL = """
@model_fixture
def echo(model_version):
    def ask(text):
        with open("calls.log", "a") as log:
            log.write(text + "\\n")
        return text
    return ask
"""


def aborting(project, line, more=""):
    project.model(MODEL)
    project.test(f"""
import pytest
import time, sys
{more}
@pytest.mark.golden([str(number) for number in range(10)])
def test_it(echo, case):
    assert echo(case.input)
    if case.input == "4":
        {line}

def test_next(): pass
    """)


def test_pytest_exit_ends_the_run_and_what_was_answered_until_then_is_kept(project):
    aborting(project, "pytest.exit('enough', returncode=7)")
    result = project.run("--model-version=1")
    assert result.ret == 7
    result.stdout.fnmatch_lines(["*Exit: enough*"])
    assert "test_next" not in result.stdout.str()
    before = project.calls
    assert before == [str(number) for number in range(len(before))]
    assert [name for name in project.files() if "candidates" in name] == []
    project.forget_calls()
    aborting(project, "pass")
    project.run("--model-version=1").assert_outcomes(passed=2)
    assert set(project.calls).isdisjoint(before)


def test_quitting_a_debugger_ends_the_check(project):
    aborting(project, "import bdb; raise bdb.BdbQuit")
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=1, passed=1)
    assert project.verdicts(result) == {}


def test_a_keyboard_interrupt_ends_the_run(project):
    aborting(project, "raise KeyboardInterrupt")
    result = project.run_apart("--model-version=1")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*KeyboardInterrupt*"])


def test_the_finally_block_of_the_body_that_ends_the_run_runs(project):
    project.model(MODEL)
    project.test("""
        @pytest.mark.golden(["a", "b", "c"])
        def test_it(echo, case):
            try:
                echo("first " + case.input)
                if case.input == "a":
                    pytest.exit("enough")
            finally:
                with open("ended.log", "a") as log:
                    log.write(case.input)
    """)
    project.run("--model-version=1")
    assert sorted((project.path / "ended.log").read_text()) == ["a"]


def test_system_exit_fails_the_test_and_not_the_run_nor_the_check_after_it(project):
    aborting(
        project,
        "sys.exit(3)",
        """
@pytest.mark.golden(["x", "y"])
def test_zz(echo, case):
    assert echo(case.input) == case.input
""",
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["*SystemExit: 3*"])


HANGS = """
import asyncio
import time

@model_fixture
def echo():
    {kind}def ask(text):
        {wait}
    return ask
"""


@pytest.mark.parametrize("where", ["body", "model", "awaited model"])
def test_pytest_timeout_ends_the_item_whatever_waits_in_its(project, where):
    pytest.importorskip("pytest_timeout")
    aborting(project, "time.sleep(10)")
    if where != "body":
        kind = ("", "time.sleep(10)") if where == "model" else ("async ", "await asyncio.sleep(60)")
        project.model(HANGS.format(kind=kind[0], wait=kind[1]))
    result = project.run("-p", "timeout", "--timeout=0.3", "--timeout-method=signal", "--model-version=1")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*Timeout*"])
    assert project.verdicts(result) == {}
    assert result.duration < 50


def test_a_pytest_fail_that_times_nothing_out_is_a_wrong_answer(project):
    pytest.importorskip("pytest_timeout")
    aborting(project, "pytest.fail('no')")
    result = project.run("-p", "timeout", "--timeout=60", "--model-version=1")
    result.assert_outcomes(failed=1, passed=1)
    assert project.verdict(result).cases.failed == 1


SLOW = """
import os, time
from pytest_modelcheck import model_fixture

def log(text):
    with open("calls.log", "a") as file:
        file.write(text + "\\n")

@model_fixture({options})
def slow(model_version):
    {prefix}def ask(text):
        {wait}
        log(text)
        return text
    return ask
"""

TEST = """
import pytest

@pytest.mark.golden([str(number) for number in range(120)])
def test_it(slow, case):
    assert slow(case.input) == case.input
"""

SHAPES = {
    "one by one": {"options": "", "prefix": "", "wait": "time.sleep(0.01)"},
    "in threads": {"options": "concurrency=4", "prefix": "", "wait": "time.sleep(0.04)"},
    "awaited": {
        "options": "concurrency=4",
        "prefix": "async ",
        "wait": "import asyncio; await asyncio.sleep(0.04)",
    },
}


def killed_after(calls, project, *arguments):
    """Run pytest, and kill it after so many calls of the model."""
    command = [sys.executable, "-m", "pytest", "-p", "modelcheck", *arguments]
    running = subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while len(project.calls) < calls and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        running.kill()
        running.wait(timeout=120)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing to kill with")
@pytest.mark.parametrize("shape", SHAPES)
def test_kill_9_in_the_middle_loses_at_most_what_was_under_way(project, shape):
    project.write("conftest.py", SLOW.format(**SHAPES[shape]))
    project.write("test_it.py", TEST)
    killed_after(40, project, "--model-version=1")
    answered = project.calls
    assert 40 <= len(answered) < 120
    project.forget_calls()
    project.passes("--model-version=1")
    repeated = set(answered) & set(project.calls)
    # Calls that were under way, and answers that were not stored yet.
    assert len(repeated) <= 12
    assert set(answered) | set(project.calls) == {str(number) for number in range(120)}


def test_a_killed_run_leaves_the_baseline_as_it_was(project):
    project.write("conftest.py", SLOW.format(**SHAPES["one by one"]))
    project.write("test_it.py", TEST)
    project.approve("1")
    before = project.baselines()
    project.forget_calls()
    killed_after(10, project, "--model-version=2", "--modelcheck-update", "--modelcheck-reason=tests")
    assert project.calls
    assert project.baselines() == before
    project.passes()
