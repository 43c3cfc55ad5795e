import os
import stat
import time

import pytest

from pytest_modelcheck.baselines import atomic


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


def test_sweeping_a_folder_that_is_not_there_does_nothing(tmp_path):
    atomic.sweep(tmp_path / "nowhere")
    assert names(tmp_path) == []
