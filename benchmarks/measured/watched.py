"""Parts of the measured runs: a project on disk, pytest with our plugin alone, and clocks."""

from __future__ import annotations

import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BATCHES = """
from pytest_modelcheck import model_fixture

@model_fixture(batch=True, deterministic=True)
def triage(model_version):
    return lambda texts: [{"label": "refund" if "7" in text else "shipping"} for text in texts]
"""


class Watch:
    """A plugin that adds up the times of tests from their call on, and that of the end of the run."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.tests: list[tuple[float, float]] = []
        self._start = (0.0, 0.0)

    def start(self) -> None:
        self._start = perf_counter(), process_time()

    def stop(self) -> None:
        wall, cpu = perf_counter() - self._start[0], process_time() - self._start[1]
        self.tests.append((wall, cpu))
        self.wall += wall
        self.cpu += cpu

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self):
        self.start()
        try:
            return (yield)
        finally:
            self.stop()

    pytest_terminal_summary = pytest_unconfigure = pytest_runtest_call


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a project, with an ini file that makes the folder the root."""
    for name, content in {"pytest.ini": "[pytest]\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def run(tests: Path, *options: str, watch: object = None, fails: bool = False) -> None:
    """Run pytest with our plugin alone; leave the process unless all tests pass, or one ``fails``."""
    # The plugin for unraisable exceptions collects the garbage of the whole process at its end.
    alone = ["-q", "--disable-plugin-autoload", *("-p", "modelcheck")]
    alone += ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    code = pytest.main([str(tests), *alone, *options], plugins=[watch] if watch else [])
    if code != (pytest.ExitCode.TESTS_FAILED if fails else pytest.ExitCode.OK):
        sys.exit(int(code) or 1)
