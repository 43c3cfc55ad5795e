"""The cost of the prediction cache: ``python benchmarks/cache_speed.py [answers]``."""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from pytest_modelcheck.canonical import Codec, digest
from pytest_modelcheck.models.cache import PredictionCache

PAGE = 256


def main(count: int) -> None:
    encode = Codec().encode
    lines = [encode({"label": i % 5, "probs": [i / count, 0.25, 0.125]}) for i in range(count)]
    keys = [digest(f"question {i}, as long as a ticket usually begins to be") for i in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        report("put + flush", write(Path(folder), keys, lines), count)
        cache = PredictionCache(Path(folder))
        started = time.perf_counter()
        tracemalloc.start()
        cache.shelf("bench", keep=True).get(keys[0])
        print(f"memory of the index, an answer: {tracemalloc.get_traced_memory()[0] / count:.0f} bytes")
        tracemalloc.stop()
        cache.close()
        cache = PredictionCache(Path(folder))
        started = time.perf_counter()
        shelf = cache.shelf("bench", keep=True)
        report("open", time.perf_counter() - started, count)
        report("get, first touch from disk", read(shelf, keys), count)
        report("get, from memory", read(shelf, keys), count)
        report("get, missing", read(shelf, [key[::-1] for key in keys]), count)
        started = time.perf_counter()
        for _ in range(1000):
            shelf.reload()
        report("reload, nothing new", time.perf_counter() - started, 1000)
        cache.close()
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        payload = sum(map(len, lines)) / count
        print(f"on disk, an answer: {size / count:.0f} bytes, of which {payload:.0f} are its line")


def write(folder: Path, keys: list[bytes], lines: list[bytes]) -> float:
    cache = PredictionCache(folder)
    shelf = cache.shelf("bench", keep=True)
    started = time.perf_counter()
    for place, (key, line) in enumerate(zip(keys, lines, strict=True), 1):
        shelf.put(key, line)
        if place % PAGE == 0:
            shelf.flush()
    cache.close()
    return time.perf_counter() - started


def read(shelf, keys: list[bytes]) -> float:
    get = shelf.get
    started = time.perf_counter()
    for key in keys:
        get(key)
    return time.perf_counter() - started


def report(what: str, seconds: float, count: int) -> None:
    print(f"{what}: {seconds / count * 1e6:.2f} µs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
