import errno
import re
import subprocess
import sys

import pytest

from pytest_modelcheck.baselines import lock
from pytest_modelcheck.errors import BaselineError

HOLDING = """
import sys
from pathlib import Path
from pytest_modelcheck.baselines import lock

with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that writes below a folder until it is killed."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_another_process_is_waited_for_and_named_in_the_end(tmp_path, holder):
    with (
        pytest.raises(
            BaselineError,
            match=f"^{re.escape(str(tmp_path))}: another process has been writing here for 0.05 seconds",
        ),
        lock.held(tmp_path, patience=0.05),
    ):
        pass
    holder.kill()
    holder.wait()
    with lock.held(tmp_path, patience=5):
        assert not list(tmp_path.iterdir())


def test_other_folders_are_free(tmp_path):
    (tmp_path / "a").mkdir()
    with lock.held(tmp_path), lock.held(tmp_path / "a", patience=0.05):
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_it_is_let_go_of_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), lock.held(tmp_path):
        raise ZeroDivisionError
    with lock.held(tmp_path, patience=0.05):
        assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="the locks of other systems")
def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    import fcntl

    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock.held(tmp_path), lock.held(tmp_path, patience=0.05):
        assert not list(tmp_path.iterdir())
