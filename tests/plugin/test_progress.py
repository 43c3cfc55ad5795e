"""A long check says how far it is, on a terminal and nowhere else."""

import os
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty")

MODEL = """
import time

@model_fixture
def slow(model_version):
    def ask(text):
        time.sleep(0.02)
        return text
    return ask
"""

TEST = """
@pytest.mark.golden([str(number) for number in range(65)])
def test_slow(slow, case):
    assert slow(case.input) == case.input
"""


def on_a_terminal(project, *arguments):
    """Run pytest on a terminal, and give back everything that it wrote."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", "-p", "modelcheck", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    running = subprocess.Popen(command, cwd=project.path, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            read = os.read(ours, 65536)
            if not read:
                break
            written += read
    except OSError:
        # Linux ends a terminal that nobody writes to any more with EIO.
        pass
    finally:
        os.close(ours)
        running.wait(timeout=120)
    return running.returncode, written.decode()


def test_shows_cases_calls_and_rate_and_takes_them_away(project):
    project.model(MODEL)
    project.test(TEST)
    code, text = on_a_terminal(project, "--model-version=1", "--modelcheck-cache=off")
    assert code == 0
    shown = [part for part in text.split("\x1b7") if "calls/s" in part]
    assert shown
    assert "/65 cases, " in shown[0]
    # What is drawn last is taken away again.
    assert text.rindex("calls/s") < text.rindex("\x1b[K")


def test_is_no_part_of_what_is_captured(project):
    project.model(MODEL)
    project.test(TEST.replace("== case.input", "== 'never'"))
    code, text = on_a_terminal(project, "--model-version=1", "--modelcheck-cache=off")
    assert code == 1
    assert "calls/s" in text
    assert "Captured stdout" not in text


def test_is_quiet_where_pytest_is(project):
    project.model(MODEL)
    project.test(TEST)
    code, text = on_a_terminal(project, "-q", "--model-version=1", "--modelcheck-cache=off")
    assert code == 0
    assert "calls/s" not in text
