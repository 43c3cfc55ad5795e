"""Claims of processes on calls."""

import errno
import importlib.util
import inspect
import os
import subprocess
import sys
import textwrap

import pytest

from pytest_modelcheck.models.claims import Claims

needs_fcntl = pytest.mark.skipif(importlib.util.find_spec("fcntl") is None, reason="of POSIX")

ELSEWHERE = """
import sys
from pathlib import Path
from pytest_modelcheck.models.claims import Claims

claims = Claims(Path(sys.argv[1]))
print(*(int(claims.take(word.split("/")[0], word.split("/")[1].encode())) for word in sys.argv[2:]))
"""


def elsewhere(path, *calls):
    """Claim calls in another process, each written as ``model/key``; 1 for each claim that it got."""
    command = [sys.executable, "-c", textwrap.dedent(ELSEWHERE), str(path), *calls]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


@needs_fcntl
def test_a_claimed_call_is_blocked_for_other_processes_until_it_is_released(tmp_path):
    path = tmp_path / "cache" / "claims.lock"
    claims = Claims(path)
    assert claims.take("triage", b"one")
    assert claims.take("triage", b"one")  # our own
    assert elsewhere(path, "triage/one", "triage/two", "other/one") == ["0", "1", "1"]
    claims.release("triage", [b"one"])
    assert elsewhere(path, "triage/one") == ["1"]
    claims.close()


@needs_fcntl
def test_closing_lets_go_of_everything(tmp_path):
    path = tmp_path / "claims.lock"
    claims = Claims(path)
    claims.take("triage", b"one")
    claims.take("triage", b"two")
    claims.close()
    assert elsewhere(path, "triage/one", "triage/two") == ["1", "1"]
    claims.close()


@needs_fcntl
def test_in_a_read_only_folder_every_call_is_free(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    claims = Claims(tmp_path / "claims.lock")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        granted = claims.take("triage", b"one")
    assert granted  # or each call would wait for another process


class FakeMsvcrt:
    """The locks of the C library of Windows: on the bytes from where the file stands."""

    LK_NBLCK, LK_UNLCK = 1, 2

    def __init__(self):
        self.locked = set()

    def locking(self, handle, mode, count):
        place = os.lseek(handle, 0, os.SEEK_CUR)
        assert place < 1 << 31, "beyond what a long holds there"
        assert count == 1
        if mode == self.LK_NBLCK and place in self.locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        (self.locked.add if mode == self.LK_NBLCK else self.locked.remove)(place)


@needs_fcntl
def test_on_windows_two_processes_do_not_pay_twice_either(tmp_path, monkeypatch):
    msvcrt = FakeMsvcrt()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    spec = importlib.util.spec_from_file_location("cache_on_windows", inspect.getfile(Claims))
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where dataclasses look their module up
    spec.loader.exec_module(module)
    one, other = module.Claims(tmp_path / "claims.lock"), module.Claims(tmp_path / "claims.lock")
    assert one.take("triage", b"one")
    assert one.take("triage", b"one")  # our own
    assert not other.take("triage", b"one")
    assert other.take("triage", b"two")
    one.release("triage", [b"one", b"never claimed"])
    assert other.take("triage", b"one")
    other.close()
    assert not msvcrt.locked
    assert one.take("triage", b"two")
    one.close()


@needs_fcntl
def test_letting_go_before_anything_was_claimed_makes_no_file(tmp_path):
    Claims(tmp_path / "claims.lock").release("triage", [b"one"])
    assert not list(tmp_path.iterdir())


@needs_fcntl
def test_claims_take_no_room(tmp_path):
    path = tmp_path / "claims.lock"
    claims = Claims(path)
    for number in range(300):
        assert claims.take("triage", b"%d" % number)
    assert path.stat().st_size == 0
    claims.close()
