"""The suite inside pytest, once or several times in one process.

``python suite_run.py PROJECT CACHE TIMES`` says how long its checks took, from the call of each test on. Left
out is what fixtures read from files, as for the plain loop, and what pytest itself puts away at its end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import pytest


class Watch:
    """Adds up what the tests take from their call on, and the end of the run."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self._start = (0.0, 0.0)

    def start(self) -> None:
        self._start = perf_counter(), process_time()

    def stop(self) -> None:
        self.wall += perf_counter() - self._start[0]
        self.cpu += process_time() - self._start[1]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self):
        self.start()
        try:
            return (yield)
        finally:
            self.stop()

    pytest_terminal_summary = pytest_unconfigure = pytest_runtest_call


def run(project: Path, cache: Path) -> dict[str, float]:
    watch = Watch()
    arguments = [
        str(project),
        "-q",
        "--disable-plugin-autoload",
        "-pmodelcheck",
        "-pno:cacheprovider",
        "-pno:unraisableexception",  # collects the garbage of the whole process at its end: the suite, mostly
        "--model-version=recorded",
        f"--override-ini=modelcheck_cache_dir={cache}",
        f"--override-ini=modelcheck_baseline_dir={cache}",
    ]
    code = pytest.main(arguments, plugins=[watch])
    if code != pytest.ExitCode.OK:
        sys.exit(int(code))
    return {"wall": watch.wall, "cpu": watch.cpu}


if __name__ == "__main__":
    project, cache, times = sys.argv[1:]
    print(json.dumps([run(Path(project), Path(cache)) for _ in range(int(times))]))
