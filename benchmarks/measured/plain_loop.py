"""The suite without a framework: a loop over the same cases with the same asserts.

``python plain_loop.py PROJECT`` says how long that took.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace

import pytest


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(project: Path) -> None:
    answer = load(project / "conftest.py").recorded()
    tests = load(project / "test_sentiment.py")
    rows = tests.rows.__wrapped__()
    checks = []
    for function in (
        tests.test_known_answers,
        tests.test_invariance,
        tests.test_direction,
    ):
        (_, runs) = next(mark for mark in function.pytestmark if mark.name == "parametrize").args
        for run in runs:
            name, rule = run.values
            checks.append((function, rule, tests.cases.__wrapped__(SimpleNamespace(param=name), rows)))

    def model(text):
        return answer([text])[0]

    failed = skipped = 0
    wall, cpu = perf_counter(), process_time()
    for function, rule, cases in checks:
        for case in cases:
            for variant in case.variants or (None,):
                case_now = SimpleNamespace(input=case.input, expected=case.expected, perturbed=variant)
                try:
                    function(model, case_now, None, rule)
                except AssertionError:
                    failed += 1
                except pytest.skip.Exception:
                    skipped += 1
    print(failed, "failed,", skipped, "skipped")
    print(json.dumps([{"wall": perf_counter() - wall, "cpu": process_time() - cpu}]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
