"""Cached answers, as ``modelcheck cache why`` reads them."""

import threading
import time
from hashlib import blake2b

import pytest

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.cache_store import memories
from pytest_modelcheck.models.identity import namespace


def question_key(number):
    return blake2b(str(number).encode(), digest_size=16).digest()


def fill_memories(folder, place, numbers):
    cache = PredictionCache(folder)
    shelf = cache.shelf(place, keep=True)
    for number in numbers:
        shelf.put(question_key(number), b"1")
    cache.close()


def test_each_form_of_a_model_is_listed_with_its_calls(tmp_path):
    before = time.time()
    fill_memories(tmp_path, namespace("triage", "1.0", None, "aa"), [1, 2])
    fill_memories(tmp_path, namespace("triage", "1.0", "fp", "bb Triage"), [3])
    fill_memories(tmp_path, namespace("triage", "1.0", None, "aa"), [4])
    fill_memories(tmp_path, namespace("tone", "1.0", None, "aa"), [5])
    fill_memories(tmp_path, f"{namespace('triage', '1.0', None, 'aa')} measures", [6])
    found = sorted(memories(tmp_path, "triage"), key=lambda memory: memory.source)
    assert [(one.version, one.fingerprint, one.source, one.form) for one in found] == [
        ("1.0", None, "aa", ""),
        ("1.0", "fp", "bb", "Triage"),
    ]
    assert found[0].questions == {question_key(1), question_key(2), question_key(4)}
    assert found[1].questions == {question_key(3)}
    assert before - 1 <= found[1].written <= found[0].written <= time.time() + 1


def test_without_a_saved_answer_there_is_nothing_and_no_folder_is_made(tmp_path):
    assert list(memories(tmp_path / "nowhere", "triage")) == []
    assert not (tmp_path / "nowhere").exists()


def test_while_threads_write_the_log_of_the_database_stays(tmp_path):
    """Each of them closes its connection, and SQLite would end the log with the last one, which is slow."""
    cache = PredictionCache(tmp_path)
    shelf = cache.shelf("triage 1.0", keep=True)
    log = tmp_path / "cache.db-wal"
    logs = []
    for number in range(3):
        shelf.put(question_key(number), b"1")
        thread = threading.Thread(target=shelf.flush)
        thread.start()
        thread.join()
        logs.append(log.stat().st_ino)
    assert len(set(logs)) == 1
    cache.close()
    assert not log.exists()


def test_a_database_that_cannot_be_read_is_named(tmp_path):
    folder = tmp_path / "$HOME"
    folder.mkdir()
    (folder / "cache.db").touch()
    with pytest.raises(CacheError, match=r"cache\.db cannot be read: its name holds a \$"):
        list(memories(folder, "triage"))
    assert (folder / "cache.db").read_bytes() == b""


def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path):
    (tmp_path / "cache.db").write_bytes(b"no database" * 100)
    with pytest.raises(CacheError, match=r"cache\.db is damaged, or not written by pytest-modelcheck: "):
        list(memories(tmp_path, "triage"))
    assert (tmp_path / "cache.db").read_bytes() == b"no database" * 100
