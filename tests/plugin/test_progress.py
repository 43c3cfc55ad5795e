"""A long check shows its progress, on a terminal and nowhere else."""

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
    return lambda text: time.sleep(0.02) or text
"""


@pytest.fixture
def slow(project):
    project.model(MODEL)
    project.golden(
        "[str(number) for number in range(65)]", "assert slow(case.input) == case.input", "slow, case"
    )
    return project


def on_a_terminal(project, *arguments):
    """Run pytest on a terminal, and return everything that it wrote."""
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
        # Linux ends a terminal without writers with EIO.
        pass
    finally:
        os.close(ours)
        running.wait(timeout=120)
    return running.returncode, written.decode()


def test_shows_cases_calls_and_rate_and_takes_them_away(slow):
    code, text = on_a_terminal(slow, "--model-version=1", "--modelcheck-cache=off")
    assert code == 0
    shown = [part for part in text.split("\x1b7") if "calls/s" in part]
    assert shown
    assert "/65 cases, " in shown[0]
    # The last line drawn is erased again.
    assert text.rindex("calls/s") < text.rindex("\x1b[K")


def test_is_no_part_of_what_is_captured(slow):
    path = slow.path / "test_triage.py"
    path.write_text(path.read_text().replace("== case.input", "== 'never'"))
    code, text = on_a_terminal(slow, "--model-version=1", "--modelcheck-cache=off")
    assert code == 1
    assert "calls/s" in text
    assert "Captured stdout" not in text


def test_is_quiet_where_pytest_is(slow):
    code, text = on_a_terminal(slow, "-q", "--model-version=1", "--modelcheck-cache=off")
    assert code == 0
    assert "calls/s" not in text
