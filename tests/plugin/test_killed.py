"""A run that is killed pays for nothing twice: what was answered is remembered."""

import signal
import subprocess
import sys
import time

import pytest

MODEL = """
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
    """Run pytest, and kill it as soon as the model was asked so often."""
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
    project.write("conftest.py", MODEL.format(**SHAPES[shape]))
    project.write("test_it.py", TEST)
    killed_after(40, project, "--model-version=1")
    answered = project.calls
    assert 40 <= len(answered) < 120
    project.forget_calls()
    project.passes("--model-version=1")
    asked_twice = set(answered) & set(project.calls)
    # What was under way, and what was answered but not yet taken in.
    assert len(asked_twice) <= 12
    assert set(answered) | set(project.calls) == {str(number) for number in range(120)}


def test_a_killed_run_leaves_the_baseline_as_it_was(project):
    project.write("conftest.py", MODEL.format(**SHAPES["one by one"]))
    project.write("test_it.py", TEST)
    project.approve("1")
    before = project.baselines()
    project.forget_calls()
    killed_after(10, project, "--model-version=2", "--modelcheck-update", "--modelcheck-reason=tests")
    assert project.calls
    assert project.baselines() == before
    project.passes()
