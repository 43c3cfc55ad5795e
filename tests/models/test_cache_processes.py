"""The cache with several processes, and after the sudden end of this one."""

from __future__ import annotations

import random
import subprocess
import sys
import time

from pytest_modelcheck.models.cache import PredictionCache

WRITER = """
import sys
from pathlib import Path
from pytest_modelcheck.models.cache import PredictionCache

folder, first, count, page, namespace = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
cache = PredictionCache(Path(folder))
shelf = cache.shelf(namespace, keep=True)
for number in range(first, first + count):
    shelf.put(number.to_bytes(16, "big"), b"%d" % number)
    if number % page == page - 1:
        shelf.flush()
        if number % 500 < page:
            shelf.reload()
        print(number, flush=True)
cache.close()
assert cache.warnings == [], cache.warnings
"""


def writer(folder, first, count, page, namespace="n"):
    arguments = [str(folder), str(first), str(count), str(page), namespace]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_kill_loses_nothing_that_was_flushed(tmp_path):
    rng = random.Random(7)
    acknowledged = -1
    for attempt in range(6):
        process = writer(tmp_path, (acknowledged + 1) // 20 * 20, 10**9, 20)
        for _ in range(rng.randrange(5, 60)):
            acknowledged = int(process.stdout.readline())
        time.sleep(rng.random() / 100)
        process.kill()
        tail, errors = process.communicate()
        acknowledged = max([acknowledged, *map(int, tail.splitlines())])
        assert errors == "", attempt
        cache = PredictionCache(tmp_path)
        shelf = cache.shelf("n", keep=True)
        lost = [n for n in range(acknowledged + 1) if shelf.get(n.to_bytes(16, "big")) != b"%d" % n]
        cache.close()
        assert lost == []
        assert cache.warnings == []


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    writers = [
        writer(tmp_path, 0, 3000, 10),
        writer(tmp_path, 3000, 3000, 30),
        writer(tmp_path, 0, 3000, 15),  # the same answers once more
        writer(tmp_path, 0, 500, 5, namespace="other"),
    ]
    for process in writers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    cache = PredictionCache(tmp_path)
    shelf = cache.shelf("n", keep=True)
    assert len(shelf) == 6000
    assert [n for n in range(6000) if shelf.get(n.to_bytes(16, "big")) != b"%d" % n] == []
    assert len(cache.shelf("other", keep=True)) == 500
    cache.close()
    assert cache.warnings == []


def test_processes_that_open_and_merge_at_once_lose_nothing(tmp_path):
    cache = PredictionCache(tmp_path)
    shelf = cache.shelf("n", keep=True)
    for number in range(400):
        shelf.put(number.to_bytes(16, "big"), b"%d" % number)
        shelf.flush()
    writers = [writer(tmp_path, 1000 * place, 200, 10) for place in range(1, 4)]
    for process in writers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    shelf.reload()
    assert len(shelf) == 1000
    numbers = [*range(400), *(1000 * place + n for place in range(1, 4) for n in range(200))]
    assert [n for n in numbers if shelf.get(n.to_bytes(16, "big")) != b"%d" % n] == []
    cache.close()
    assert cache.warnings == []
