"""pydantic-evals on a task that takes time: ``python peer_pydantic_evals.py CASES SECONDS CONCURRENCY``."""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter, process_time

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected


def main(cases: int, seconds: float, concurrency: int) -> dict[str, float]:
    texts = [f"text {number}" for number in range(cases)]
    given = [Case(name=text, inputs=text, expected_output=text) for text in texts]
    dataset = Dataset(name="texts", cases=given, evaluators=[EqualsExpected()])

    async def task(text: str) -> str:
        await asyncio.sleep(seconds)
        return text

    wall, cpu = perf_counter(), process_time()
    dataset.evaluate_sync(task, max_concurrency=concurrency, progress=False)
    return {"wall": perf_counter() - wall, "cpu": process_time() - cpu}


if __name__ == "__main__":
    result = main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
    print("\n" + json.dumps([result]))
