import random
import sqlite3
import threading
from contextlib import closing

import pytest

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models import cache as cache_module
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.cache_store import Store


def namespaces(folder):
    with closing(Store(folder)) as store:
        return sorted(store.namespaces())


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def line(number: int) -> bytes:
    return b'{"label":%d}' % number


@pytest.fixture
def opened(tmp_path):
    """Open a cache in one folder, as often as wanted; all are closed, and none may have a warning."""
    caches = []

    def open_cache(folder="cache", *, refresh=False):
        cache = PredictionCache(tmp_path / folder, refresh=refresh)
        caches.append(cache)
        return cache

    yield open_cache
    for cache in caches:
        cache.close()
        assert cache.warnings == []


def fill(cache, numbers, namespace="n", page=10, offset=0):
    shelf = cache.shelf(namespace, keep=True)
    for place, number in enumerate(numbers, 1):
        shelf.put(key(number), line(number + offset))
        if place % page == 0:
            shelf.flush()
    shelf.flush()
    return shelf


def pages(tmp_path, folder="cache"):
    with closing(sqlite3.connect(tmp_path / folder / "cache.db")) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM Cache WHERE key LIKE '%:v%'")
    return count


def test_an_answer_is_found_at_once_and_in_a_later_run(opened):
    first = opened()
    shelf = first.shelf("n", keep=True)
    assert shelf.get(key(1)) is None
    shelf.put(key(1), line(1))
    assert shelf.get(key(1)) == line(1)
    shelf.flush()
    assert shelf.get(key(1)) == line(1)
    later = opened().shelf("n", keep=True)
    assert later.get(key(1)) == line(1)
    assert key(1) in later
    assert key(2) not in later
    assert later.get(key(2)) is None
    assert len(later) == 1


def test_closing_writes_what_was_not_flushed(opened):
    cache = opened()
    cache.shelf("n", keep=True).put(key(1), line(1))
    cache.close()
    assert opened().shelf("n", keep=True).get(key(1)) == line(1)


def test_the_last_answer_wins(opened):
    shelf = fill(opened(), [1, 1], page=1)
    shelf.put(key(1), line(7))
    shelf.put(key(1), line(8))
    assert shelf.get(key(1)) == line(8)
    shelf.flush()
    assert opened().shelf("n", keep=True).get(key(1)) == line(8)


def test_namespaces_are_kept_apart_and_can_be_listed(opened, tmp_path):
    cache = opened()
    assert namespaces(tmp_path / "cache") == []
    fill(cache, [1], namespace='["a","1"]')
    fill(cache, [2], namespace="another")
    later = opened()
    assert later.shelf('["a","1"]', keep=True).get(key(2)) is None
    assert later.shelf("another", keep=True).get(key(2)) == line(2)
    assert namespaces(tmp_path / "cache") == ['["a","1"]', "another"]


def test_one_shelf_is_one_object(opened):
    cache = opened()
    assert cache.shelf("n", keep=True) is cache.shelf("n", keep=True)


def test_nothing_is_on_disk_before_the_first_write(opened, tmp_path):
    cache = opened()
    shelf = cache.shelf("n", keep=True)
    assert shelf.get(key(1)) is None
    shelf.reload()
    shelf.flush()
    cache.close()
    assert not (tmp_path / "cache").exists()


def test_answers_that_are_not_kept_stay_in_memory(opened, tmp_path):
    cache = opened()
    shelf = cache.shelf("n", keep=False)
    for number in range(5000):
        shelf.put(key(number), line(number))
    shelf.flush()
    shelf.reload()
    assert all(shelf.get(key(number)) == line(number) for number in range(5000))
    assert not (tmp_path / "cache").exists()


def test_a_shelf_that_is_not_kept_does_not_see_the_disk(opened):
    fill(opened(), [1])
    assert opened().shelf("n", keep=False).get(key(1)) is None


def test_a_cache_without_a_folder_is_in_memory():
    cache = PredictionCache(None)
    shelf = fill(cache, range(3000))
    assert shelf.get(key(2999)) == line(2999)
    cache.close()


def test_the_folder_keeps_itself_out_of_git_and_of_backups(opened, tmp_path):
    fill(opened(), [1])
    assert (tmp_path / "cache" / ".gitignore").read_text() == "*\n"
    assert (
        (tmp_path / "cache" / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_a_gitignore_of_the_user_is_left_alone(opened, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ".gitignore").write_text("mine")
    fill(opened(), [1])
    assert (tmp_path / "cache" / ".gitignore").read_text() == "mine"


@pytest.mark.parametrize(("bad_key", "bad_line"), [(b"short", b"1"), (bytes(17), b"1"), (bytes(16), b"1\n2")])
def test_invalid_digests_and_lines_are_refused(bad_key, bad_line):
    shelf = PredictionCache(None).shelf("n", keep=False)
    with pytest.raises(CacheError, match="neither can be kept"):
        shelf.put(bad_key, bad_line)
    assert len(shelf) == 0


def test_refresh_leaves_old_answers_aside_and_writes_new_ones(opened):
    fill(opened(), [1, 2])
    fresh = opened(refresh=True)
    shelf = fresh.shelf("n", keep=True)
    assert shelf.get(key(1)) is None
    shelf.put(key(1), line(100))
    assert shelf.get(key(1)) == line(100)
    shelf.flush()
    assert shelf.get(key(1)) == line(100)
    assert shelf.get(key(2)) is None
    later = opened().shelf("n", keep=True)
    assert (later.get(key(1)), later.get(key(2))) == (line(100), line(2))


def test_refresh_takes_in_new_answers_of_other_processes_but_not_merged_old_ones(opened, monkeypatch):
    monkeypatch.setattr(cache_module, "_MANY", 3)
    fill(opened(), range(6), page=1)
    shelf = opened(refresh=True).shelf("n", keep=True)
    shelf.put(key(1), line(100))
    shelf.flush()
    other = opened().shelf("n", keep=True)  # merges the pages
    other.put(key(2), line(200))
    other.flush()
    shelf.reload()
    assert shelf.get(key(0)) is None
    assert shelf.get(key(1)) == line(100)
    assert shelf.get(key(2)) == line(200)


def test_pages_of_others_are_taken_in_by_reload(opened):
    one, other = opened().shelf("n", keep=True), opened().shelf("n", keep=True)
    one.put(key(1), line(1))
    one.flush()
    assert other.get(key(1)) is None
    other.put(key(2), line(2))
    other.flush()
    other.reload()
    one.reload()
    for shelf in (one, other):
        assert (shelf.get(key(1)), shelf.get(key(2))) == (line(1), line(2))


def test_the_last_of_two_written_answers_wins_everywhere(opened):
    one, other = opened().shelf("n", keep=True), opened().shelf("n", keep=True)
    one.put(key(1), line(1))
    one.flush()
    other.put(key(1), line(2))
    other.flush()
    one.reload()
    other.reload()
    assert one.get(key(1)) == other.get(key(1)) == line(2)
    assert opened().shelf("n", keep=True).get(key(1)) == line(2)


def test_an_answer_that_is_not_yet_written_wins_over_those_of_others(opened):
    one, other = opened().shelf("n", keep=True), opened().shelf("n", keep=True)
    one.put(key(1), line(1))
    other.put(key(1), line(2))
    other.flush()
    one.reload()
    assert one.get(key(1)) == line(1)


def test_many_small_pages_are_merged_into_few(opened, tmp_path):
    fill(opened(), range(1000), page=10)
    fill(opened(), range(0, 1000, 2), page=10, offset=5000)
    assert pages(tmp_path) <= 51
    opened().shelf("n", keep=True)
    assert pages(tmp_path) <= 51
    fill(opened(), range(1000, 1200), page=10)
    shelf = opened().shelf("n", keep=True)
    assert pages(tmp_path) == 1
    for number in range(1200):
        expected = line(number + 5000 if number < 1000 and number % 2 == 0 else number)
        assert shelf.get(key(number)) == expected


def test_full_pages_are_not_merged_again(opened, tmp_path):
    fill(opened(), range(4000), page=4000)
    assert pages(tmp_path) == 2
    fill(opened(), range(4000, 4070), page=1)
    shelf = opened().shelf("n", keep=True)
    assert pages(tmp_path) == 3
    assert shelf.get(key(0)) == line(0)
    assert shelf.get(key(4069)) == line(4069)


def test_a_merge_under_the_feet_of_another_process_is_noticed(opened, tmp_path):
    fill(opened(), range(60), page=1)
    older = opened().shelf("n", keep=True)
    fill(opened(), range(60, 100), page=1)
    opened().shelf("n", keep=True)  # merges
    assert pages(tmp_path) == 1
    assert older.get(key(3)) == line(3)
    assert older.get(key(80)) == line(80)


def test_a_merge_is_left_out_where_another_process_writes_meanwhile(opened, tmp_path, monkeypatch):
    fill(opened(), range(100), page=1)
    original = cache_module.Shelf._take_in

    def take_in(self, store):
        original(self, store)
        monkeypatch.setattr(cache_module.Shelf, "_take_in", original)
        fill(opened(), [100])

    monkeypatch.setattr(cache_module.Shelf, "_take_in", take_in)
    shelf = opened().shelf("n", keep=True)
    assert all(shelf.get(key(number)) == line(number) for number in range(101))


def test_pages_that_are_let_go_are_read_again(opened, monkeypatch):
    monkeypatch.setattr(cache_module, "_ROOM", 20_000)
    fill(opened(), range(600))
    shelf = opened().shelf("n", keep=True)
    order = list(range(600)) * 2
    random.Random(1).shuffle(order)
    for number in order:
        assert shelf.get(key(number)) == line(number)
    assert shelf._taken <= 20_000
    assert len(shelf._lines) < 600


def test_pages_that_were_just_written_can_be_let_go_too(opened, monkeypatch):
    monkeypatch.setattr(cache_module, "_ROOM", 20_000)
    shelf = fill(opened(), range(1000))
    assert shelf._taken <= 20_000
    assert all(shelf.get(key(number)) == line(number) for number in range(1000))


def test_lines_that_are_not_written_yet_are_found_however_little_room_there_is(opened, monkeypatch):
    monkeypatch.setattr(cache_module, "_ROOM", 20_000)
    shelf = opened().shelf("n", keep=True)
    for number in range(600):
        shelf.put(key(number), line(number))
    assert len(shelf._lines) < 600
    assert all(shelf.get(key(number)) == line(number) for number in range(600))


def test_a_cleared_folder_is_created_again(opened, tmp_path):
    shelf = fill(opened(), [1])
    reader = opened().shelf("n", keep=True)
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    (tmp_path / "cache").rmdir()
    reader.reload()
    assert reader.get(key(1)) is None
    shelf.put(key(2), line(2))
    shelf.flush()
    assert shelf.get(key(1)) == line(1)
    assert opened().shelf("n", keep=True).get(key(2)) == line(2)


def test_threads_may_get_put_and_flush_at_once(opened):
    shelf = opened().shelf("n", keep=True)
    failures = []

    def work(first):
        try:
            for number in range(first, first + 600):
                shelf.put(key(number), line(number))
                if number % 7 == 0:
                    shelf.flush()
                if shelf.get(key(number)) != line(number):
                    failures.append(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 2400, 600)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    shelf.flush()
    later = opened().shelf("n", keep=True)
    assert all(later.get(key(number)) == line(number) for number in range(2400))


def test_pages_may_be_read_by_threads_that_end(opened, monkeypatch):
    fill(opened(), range(500))
    shelf = opened().shelf("n", keep=True)
    found = []
    for number in range(0, 500, 100):
        thread = threading.Thread(target=lambda number=number: found.append(shelf.get(key(number))))
        thread.start()
        thread.join()
    assert found == [line(number) for number in range(0, 500, 100)]
