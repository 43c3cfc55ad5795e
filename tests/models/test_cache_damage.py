"""A cache folder that is damaged, foreign, hostile or not writable never stops a run, and never runs code."""

from __future__ import annotations

import os
import pickle
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import diskcache
import pytest

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models import cache_store
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.cache_store import PlainDisk, memories


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def line(number: int) -> bytes:
    return b'{"label":%d}' % number


@pytest.fixture
def folder(tmp_path):
    """A cache of 100 answers in ten pages."""
    cache = PredictionCache(tmp_path / "cache")
    shelf = cache.shelf("n", keep=True)
    for number in range(100):
        shelf.put(key(number), line(number))
        if number % 10 == 9:
            shelf.flush()
    cache.close()
    return tmp_path / "cache"


def sql(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        connection.execute(statement, values)


def database(folder: Path) -> Path:
    return folder / "cache.db"


def works_anew(folder: Path, *, reason: str) -> None:
    """Assert that a cache in the folder gives one warning, and keeps answers from then on."""
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)
    for number in range(100):
        shelf.get(key(number))
    for number in range(5):
        shelf.put(key(number), line(number + 1000))
    shelf.flush()
    assert [shelf.get(key(number)) for number in range(5)] == [line(number + 1000) for number in range(5)]
    cache.close()
    assert len(cache.warnings) == 1, cache.warnings
    assert reason in cache.warnings[0]
    assert "It was renamed to cache.db.damaged-1 and a new cache was started" in cache.warnings[0]
    assert (folder / "cache.db.damaged-1").exists()
    later = PredictionCache(folder)
    assert later.shelf("n", keep=True).get(key(3)) == line(1003)
    later.close()
    assert later.warnings == []


class Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_the_trap_works(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE Cache SET value = :data, mode = 4",
        "UPDATE Cache SET value = :data, mode = 4 WHERE key LIKE '%:v3'",
        "UPDATE Cache SET value = :data, mode = 4 WHERE key LIKE '%!%'",
        "UPDATE Cache SET key = :data, raw = 0 WHERE key LIKE '%!%'",
        "UPDATE Cache SET key = :data, raw = 0 WHERE key LIKE '%:k3'",
        "INSERT INTO Cache (key, raw, mode, value) VALUES (:data, 0, 4, :data)",
        "INSERT INTO Cache (key, raw, mode, value) VALUES ('modelcheck1:!', 1, 4, :data)",
    ],
)
@pytest.mark.parametrize("inspected", [True, False])
def test_pickled_rows_are_never_unpickled(folder, tmp_path, statement, inspected, monkeypatch):
    sprung = tmp_path / "sprung"
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        connection.execute(statement, {"data": pickle.dumps(Trap(sprung))})
    if not inspected:  # written while the cache is open
        monkeypatch.setattr(cache_store, "_inspect", lambda path: None)
    cache = PredictionCache(folder)
    with suppress(CacheError):  # which rows it looks at differs
        list(memories(folder, "n"))
    shelf = cache.shelf("n", keep=True)
    for number in range(100):
        shelf.get(key(number))
    shelf.put(key(1), b"1")
    shelf.flush()
    shelf.reload()
    assert shelf.get(key(1)) == b"1"
    cache.close()
    assert not sprung.exists()
    if inspected:
        assert len(cache.warnings) == 1
        assert "rows that are not ours" in cache.warnings[0]


def test_a_pickled_value_is_set_aside_where_it_is_met(folder, monkeypatch):
    monkeypatch.setattr(cache_store, "_inspect", lambda path: None)
    sql(folder, "UPDATE Cache SET mode = 4 WHERE key LIKE '%:v3'")
    works_anew(folder, reason="it holds a value that is not a page")


def test_a_row_cannot_have_a_file_removed(folder, tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.touch()
    sql(folder, "UPDATE Cache SET filename = ? WHERE key LIKE '%!%'", "../victim")
    monkeypatch.setattr(cache_store, "_inspect", lambda path: None)
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)
    shelf.put(key(1), b"1")
    shelf.flush()
    cache.close()
    assert victim.exists()
    assert len(cache.warnings) == 1


def test_a_row_cannot_have_a_file_read(folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"1")
    sql(folder, "UPDATE Cache SET mode = 2, filename = '../secret', value = NULL WHERE key LIKE '%:v3'")
    works_anew(folder, reason="rows that are not ours")


@pytest.mark.parametrize(
    "setting", [("_directory", "/tmp"), ("disk__directory", "/tmp"), ("sqlite_x = 1; --", 1), ("get", "x")]
)
def test_settings_that_are_not_ours_are_not_believed(folder, setting):
    sql(folder, "INSERT INTO Settings VALUES (?, ?)", *setting)
    works_anew(folder, reason="settings that are not ours")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER more AFTER INSERT ON Cache BEGIN DELETE FROM Settings; END",
        "CREATE TABLE notes (text)",
        "CREATE VIEW more AS SELECT 1",
    ],
)
def test_tables_and_triggers_that_are_not_ours_are_not_believed(folder, statement):
    sql(folder, statement)
    works_anew(folder, reason="which is not ours")


def test_settings_that_evict_are_overruled(folder):
    sql(folder, "UPDATE Settings SET value = 'least-recently-used' WHERE key = 'eviction_policy'")
    sql(folder, "UPDATE Settings SET value = 100 WHERE key = 'cull_limit'")
    sql(folder, "UPDATE Settings SET value = 1 WHERE key = 'size_limit'")
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)
    shelf.put(key(100), line(100))
    shelf.flush()
    cache.close()
    later = PredictionCache(folder)
    shelf = later.shelf("n", keep=True)
    assert all(shelf.get(key(number)) == line(number) for number in range(101))
    later.close()
    assert later.warnings == []


def test_a_file_that_is_no_database_is_set_aside(folder):
    for path in folder.glob("cache.db*"):
        path.unlink()
    database(folder).write_bytes(b"not a database" * 1000)
    works_anew(folder, reason="file is not a database")
    assert (folder / "cache.db.damaged-1").read_bytes() == b"not a database" * 1000


def test_another_database_is_set_aside(folder):
    database(folder).unlink()
    sql(folder, "CREATE TABLE answers (text)")
    works_anew(folder, reason="which is not ours")


def test_an_ordinary_diskcache_is_set_aside_and_left_whole(folder):
    database(folder).unlink()
    with diskcache.Cache(str(folder)) as foreign:
        foreign["mine"] = {"a": 1}
    works_anew(folder, reason="not ours")
    (folder / "cache.db.damaged-1").rename(folder.parent / "cache.db")
    with diskcache.Cache(str(folder.parent)) as foreign:
        assert foreign["mine"] == {"a": 1}


def test_tables_of_another_form_are_set_aside(folder):
    database(folder).unlink()
    sql(folder, "CREATE TABLE Cache (text)")
    works_anew(folder, reason="its tables are not ours")


def test_a_database_that_was_cut_is_set_aside(folder):
    data = database(folder).read_bytes()
    database(folder).write_bytes(data[: len(data) // 2])
    works_anew(folder, reason="malformed")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE Cache SET value = substr(value, 1, 20) WHERE key LIKE '%:v3'", "cut short or was altered"),
        ("UPDATE Cache SET value = x'0a0a' WHERE key LIKE '%:v3'", "cut short or was altered"),
        ("UPDATE Cache SET value = substr(value, 1, 20) WHERE key LIKE '%:k3'", "as many digests"),
        ("UPDATE Cache SET value = x'00' WHERE key LIKE '%:k3'", "a key page is cut short"),
        ("DELETE FROM Cache WHERE key LIKE '%:v3'", "page 3 is missing"),
        ("DELETE FROM Cache WHERE key LIKE '%:k3'", "pages that it lists are missing"),
        ("UPDATE Cache SET value = x'00' WHERE key LIKE '%!%'", "a list of pages was altered"),
        ("UPDATE Cache SET value = 'text' WHERE key LIKE '%:v3'", "rows that are not ours"),
        ("UPDATE Cache SET expire_time = 1 WHERE key LIKE '%:v3'", "rows that are not ours"),
    ],
)
def test_damaged_pages_are_set_aside(folder, statement, reason):
    sql(folder, statement)
    works_anew(folder, reason=reason)


def test_each_damaged_cache_gets_a_name_of_its_own(folder):
    (folder / "cache.db.damaged-1").touch()
    database(folder).write_bytes(b"not a database" * 1000)
    cache = PredictionCache(folder)
    cache.shelf("n", keep=True)
    assert "renamed to cache.db.damaged-2" in cache.warnings[0]


def test_answers_of_this_run_outlive_damage_that_is_met_later(folder):
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)
    shelf.put(key(500), line(500))
    shelf.flush()
    sql(folder, "UPDATE Cache SET value = x'00' WHERE key LIKE '%:v3'")
    assert shelf.get(key(35)) is None
    assert shelf.get(key(500)) == line(500)
    shelf.put(key(501), line(501))
    shelf.flush()
    cache.close()
    later = PredictionCache(folder)
    shelf = later.shelf("n", keep=True)
    assert (shelf.get(key(500)), shelf.get(key(501)), shelf.get(key(1))) == (line(500), line(501), None)
    later.close()


def test_a_database_that_another_process_has_replaced_is_not_renamed(folder):
    database(folder).write_bytes(b"not a database" * 1000)
    one, other = PredictionCache(folder), PredictionCache(folder)
    store = cache_store.Store(folder)
    with pytest.raises(CacheError):
        store.manifest("n")
    for cache in (one, other):
        shelf = cache.shelf("n", keep=True)
        shelf.put(key(1), line(1))
        shelf.flush()
    assert store.set_aside() is None
    assert sorted(path.name for path in folder.glob("*.damaged-?")) == ["cache.db.damaged-1"]
    assert (len(one.warnings), other.warnings) == (1, [])
    one.close()
    other.close()


def remembers_in_memory(directory: Path, *, reason: str) -> None:
    cache = PredictionCache(directory)
    shelf = cache.shelf("n", keep=True)
    for number in range(20):
        shelf.put(key(number), line(number))
        shelf.flush()
        assert shelf.get(key(number)) == line(number)
    shelf.reload()
    assert shelf.get(key(3)) == line(3)
    cache.close()
    assert len(cache.warnings) == 1, cache.warnings
    assert reason in cache.warnings[0]
    assert (
        "kept in memory only. Make room in the folder, or make it writable, or configure another."
        in cache.warnings[0]
    )


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path):
    (tmp_path / "cache").write_text("mine")
    remembers_in_memory(tmp_path / "cache", reason="cannot be written: File exists")
    remembers_in_memory(tmp_path / "cache" / "deeper", reason="cannot be written: Not a directory")
    assert (tmp_path / "cache").read_text() == "mine"


def test_a_folder_in_place_of_the_database_is_left_alone(tmp_path):
    (tmp_path / "cache" / "cache.db").mkdir(parents=True)
    remembers_in_memory(tmp_path / "cache", reason="cannot be used: unable to open database file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_reported_as_such(tmp_path):
    (tmp_path / "cache").mkdir(mode=0o555)
    remembers_in_memory(tmp_path / "cache", reason="Permission denied")


def test_an_inaccessible_folder_is_reported_as_such(folder, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)
        patch.setattr(Path, "mkdir", refuse)
        patch.setattr(sqlite3, "connect", refuse)
        remembers_in_memory(folder, reason="Permission denied")


def test_a_name_that_diskcache_would_expand_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", "elsewhere")
    remembers_in_memory(tmp_path / "$ELSEWHERE", reason="its name holds a $")
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_stops_writing_and_not_reading(folder, monkeypatch):
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(diskcache.Cache, "set", full)
    shelf.put(key(500), line(500))
    shelf.flush()
    shelf.put(key(501), line(501))
    shelf.flush()
    assert (shelf.get(key(3)), shelf.get(key(500)), shelf.get(key(501))) == (line(3), line(500), line(501))
    cache.close()
    assert len(cache.warnings) == 1
    assert "cannot be written: database or disk is full" in cache.warnings[0]


def test_a_database_that_stays_locked_is_given_up_for_writing(folder, monkeypatch):
    monkeypatch.setattr(cache_store, "_SECONDS", 0.05)
    cache = PredictionCache(folder)
    shelf = cache.shelf("n", keep=True)
    with closing(sqlite3.connect(folder / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        shelf.put(key(500), line(500))
        shelf.flush()
        assert (shelf.get(key(3)), shelf.get(key(500))) == (line(3), line(500))
        other.execute("ROLLBACK")
    cache.close()
    assert len(cache.warnings) == 1
    assert "cannot be written: database is locked" in cache.warnings[0]


def test_a_database_that_cannot_be_renamed_is_given_up(folder, monkeypatch):
    database(folder).write_bytes(b"not a database" * 1000)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", fail)
    remembers_in_memory(folder, reason="file is not a database; Permission denied, and it cannot be renamed")


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("put", (1,)),
        ("put", (b"bytes",)),
        ("get", (b"bytes", True)),
        ("get", ("text", False)),
        ("store", ("text", False)),
        ("store", (SimpleNamespace(), False, "k")),
        ("store", (b"bytes", True)),
        ("fetch", (1, None, "text", False)),
        ("fetch", (1, None, b"bytes", True)),
        ("fetch", (4, None, b"bytes", False)),
        ("fetch", (1, "a.val", b"bytes", False)),
        ("filename", ()),
        ("remove", ("a.val",)),
    ],
)
def test_the_disk_takes_nothing_but_text_keys_and_bytes(method, arguments, tmp_path):
    with pytest.raises(CacheError):
        getattr(PlainDisk(str(tmp_path)), method)(*arguments)
    assert list(tmp_path.iterdir()) == []
