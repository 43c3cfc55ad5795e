import errno
import os
import re
import stat
import subprocess
import sys
import threading
import time

import pytest

from pytest_modelcheck.baselines import atomic
from pytest_modelcheck.errors import BaselineError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_and_its_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    atomic.replace(path, [b"one", b"two"])
    assert path.read_bytes() == b"onetwo"
    assert names(path.parent) == ["file"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def chunks():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.replace(path, chunks())
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_batch_that_fails_puts_none_of_its_files_in_place(tmp_path):
    def fail():
        with atomic.Batch() as batch:
            batch.add(tmp_path / "a", [b"new"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == []


def test_a_batch_puts_its_files_in_place_in_order_and_only_at_its_end(tmp_path):
    with atomic.Batch(durable=False) as batch:
        batch.add(tmp_path / "a", [b"first"])
        batch.add(tmp_path / "a", [b"second"])
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"second"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(("options", "waits"), [({}, True), ({"durable": False}, False)])
def test_a_batch_waits_until_its_files_are_on_disk_unless_it_need_not(tmp_path, monkeypatch, options, waits):
    waited = []
    monkeypatch.setattr(os, "fsync", waited.append)
    with atomic.Batch(**options) as batch:
        batch.add(tmp_path / "a", [b"new"])
    assert bool(waited) == waits


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    atomic.replace(tmp_path / "ours", [b""])
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")}
    assert len(modes) == 1


def test_drafts_of_killed_processes_are_swept_away_and_those_at_work_are_not(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    for name, age in ((".modelcheck-1.tmp", 7200), (".modelcheck-2.tmp", 0), ("mine.tmp", 7200)):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (time.time() - age,) * 2)
    atomic.sweep(tmp_path)
    assert names(folder) == [".modelcheck-2.tmp", "mine.tmp"]


def test_a_draft_that_vanishes_while_one_sweeps_is_no_error(tmp_path, monkeypatch):
    draft = tmp_path / ".modelcheck-1.tmp"
    draft.write_bytes(b"")
    walk = list(os.walk(tmp_path))
    draft.rename(tmp_path / "in-its-place")
    monkeypatch.setattr(os, "walk", lambda folder: walk)
    atomic.sweep(tmp_path)
    assert names(tmp_path) == ["in-its-place"]


def test_sweeping_a_folder_that_is_not_there_does_nothing(tmp_path):
    atomic.sweep(tmp_path / "nowhere")
    assert names(tmp_path) == []


class TestSeveralFilesTogether:
    @pytest.fixture
    def announced(self, tmp_path, monkeypatch):
        """A batch that was killed after it had announced its steps, before the first of them."""
        (tmp_path / "gone").mkdir()
        (tmp_path / "gone" / "old").write_bytes(b"old")

        def killed(steps, root):
            raise KeyboardInterrupt

        monkeypatch.setattr(atomic, "_carry_out", killed)
        batch = atomic.Batch(tmp_path).__enter__()
        batch.add(tmp_path / "a", [b"new"])
        batch.add(tmp_path / "sub" / "b", [b"new"])
        batch.remove(tmp_path / "gone" / "old")
        with pytest.raises(KeyboardInterrupt):
            batch.__exit__(None)
        monkeypatch.undo()
        return tmp_path

    def test_an_announced_change_is_finished_by_the_next_process(self, announced):
        assert not (announced / "a").exists()
        atomic.recover(announced)
        assert [(announced / name).read_bytes() for name in ("a", "sub/b")] == [b"new", b"new"]
        assert names(announced) == ["a", "sub"]

    def test_changes_left_by_another_process_are_finished_before_anything_else_is_written(self, announced):
        with atomic.Batch(announced) as batch:
            batch.add(announced / "a", [b"later"])
        atomic.recover(announced)
        assert [(announced / name).read_bytes() for name in ("a", "sub/b")] == [b"later", b"new"]

    def test_drafts_that_a_journal_needs_are_not_swept_away(self, announced):
        for draft in announced.rglob("*.tmp"):
            os.utime(draft, (time.time() - 7200,) * 2)
        atomic.sweep(announced)
        assert (announced / "a").read_bytes() == b"new"
        assert names(announced) == ["a", "sub"]

    def test_finishing_twice_at_once_harms_nothing(self, announced):
        journal = next(announced.glob("*.journal"))
        text = journal.read_text()
        atomic.recover(announced)
        journal.write_text(text)
        atomic.recover(announced)
        assert names(announced) == ["a", "sub"]

    @pytest.mark.parametrize(
        "name",
        ["../outside", "/etc/passwd", "a/../../outside", "", r"..\\outside", r"C:\\outside", "C:outside"],
    )
    def test_a_journal_never_reaches_outside(self, tmp_path, name):
        root = tmp_path / "baselines"
        root.mkdir()
        (tmp_path / "outside").write_bytes(b"kept")
        (root / ".modelcheck-1.journal").write_text(f'[[null, "{name}"]]')
        with pytest.raises(BaselineError, match=r"\.journal.*not below.*Remove it, and approve again"):
            atomic.recover(root)
        assert (tmp_path / "outside").read_bytes() == b"kept"

    @pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
    def test_a_journal_follows_no_link_outside(self, tmp_path):
        root, elsewhere = tmp_path / "baselines", tmp_path / "elsewhere"
        root.mkdir()
        elsewhere.mkdir()
        (elsewhere / "file").write_bytes(b"kept")
        (root / "link").symlink_to(elsewhere)
        (root / ".modelcheck-1.journal").write_text('[[null, "link/file"]]')
        with pytest.raises(BaselineError, match="'link/file' is a link away from"):
            atomic.recover(root)
        assert (elsewhere / "file").read_bytes() == b"kept"

    def test_a_rename_that_fails_is_done_later(self, tmp_path, monkeypatch):
        def refuse(steps, root):
            raise PermissionError(13, "in use")

        def write():
            with atomic.Batch(tmp_path) as batch:
                batch.add(tmp_path / "a", [b"new"])
                batch.add(tmp_path / "b", [b"new"])

        monkeypatch.setattr(atomic, "_carry_out", refuse)
        with pytest.raises(BaselineError, match=r"could be put in place .*in use.*the next command"):
            write()
        with pytest.raises(BaselineError, match="cannot be finished"):
            atomic.recover(tmp_path)
        monkeypatch.undo()
        atomic.recover(tmp_path)
        assert names(tmp_path) == ["a", "b"]

    def test_changes_in_progress_are_left_to_their_process(self, announced):
        with atomic.held(announced):
            waiting = threading.Thread(target=atomic.recover, args=(announced,))
            waiting.start()
            waiting.join(0.1)
            assert not (announced / "a").exists()
            next(announced.glob("*.journal")).unlink()
        waiting.join()
        assert not (announced / "a").exists()


def test_a_second_batch_waits_for_the_first(tmp_path):
    order = []

    def second():
        with atomic.Batch(tmp_path) as batch:
            order.append("second begins")
            batch.add(tmp_path / "a", [b"second"])

    with atomic.Batch(tmp_path) as batch:
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.1)
        order.append("first ends")
        batch.add(tmp_path / "a", [b"first"])
    waiting.join()
    assert order == ["first ends", "second begins"]
    assert (tmp_path / "a").read_bytes() == b"second"


def test_a_dry_batch_takes_note_and_touches_nothing(tmp_path):
    root = tmp_path / "new"
    with atomic.Batch(root, dry=True) as batch:
        assert batch.empty
        batch.add(root / "a", [b"new"])
        batch.remove(root / "b")
        assert not batch.empty
    assert not root.exists()


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    atomic.recover(tmp_path / "missing")
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BaselineError, match=r"cannot be read: Permission denied\. Give this user the right"):
        atomic.recover(tmp_path)


HOLDING = """
import sys
from pathlib import Path
from pytest_modelcheck.baselines import atomic

with atomic.held(Path(sys.argv[1])):
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
        atomic.held(tmp_path, patience=0.05),
    ):
        pass
    holder.kill()
    holder.wait()
    with atomic.held(tmp_path, patience=5):
        assert not list(tmp_path.iterdir())


def test_other_folders_are_free(tmp_path):
    (tmp_path / "a").mkdir()
    with atomic.held(tmp_path), atomic.held(tmp_path / "a", patience=0.05):
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_it_is_let_go_of_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic.held(tmp_path):
        raise ZeroDivisionError
    with atomic.held(tmp_path, patience=0.05):
        assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="the locks of other systems")
def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    import fcntl

    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with atomic.held(tmp_path), atomic.held(tmp_path, patience=0.05):
        assert not list(tmp_path.iterdir())
