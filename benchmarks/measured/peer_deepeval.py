"""deepeval on cases whose metric takes a while: ``python peer_deepeval.py CASES SECONDS CONCURRENCY``.

Its metrics do the waiting, as a judge would: the answers are given.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from time import perf_counter, process_time

os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] = "YES"
os.environ["DEEPEVAL_DISABLE_TIMEOUTS"] = "1"  # a thousand cases take longer than it lets them

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase


class Exact(BaseMetric):
    """A metric: 1 if the answer is the expected one."""

    async_mode = True
    evaluation_model = error = reason = None
    strict_mode = include_reason = verbose_mode = skipped = False
    threshold = 1.0
    __name__ = "Exact"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def measure(self, test_case: LLMTestCase, *_arguments: object, **_keywords: object) -> float:
        return asyncio.run(self.a_measure(test_case))

    async def a_measure(self, test_case: LLMTestCase, *_arguments: object, **_keywords: object) -> float:
        await asyncio.sleep(self.seconds)
        self.score = float(test_case.actual_output == test_case.expected_output)
        self.success = self.score >= self.threshold
        return self.score

    def is_successful(self) -> bool:
        return self.success


def main(cases: int, seconds: float, concurrency: int) -> dict[str, float]:
    texts = [f"text {number}" for number in range(cases)]
    given = [LLMTestCase(input=text, actual_output=text, expected_output=text) for text in texts]
    quiet = DisplayConfig(show_indicator=False, print_results=False)
    side_by_side = AsyncConfig(run_async=True, max_concurrent=concurrency, throttle_value=0)
    wall, cpu = perf_counter(), process_time()
    evaluate(given, [Exact(seconds)], async_config=side_by_side, display_config=quiet)
    return {"wall": perf_counter() - wall, "cpu": process_time() - cpu}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # it leaves a folder where it runs
        result = main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
        os.chdir("/")
    print("\n" + json.dumps([result]))
