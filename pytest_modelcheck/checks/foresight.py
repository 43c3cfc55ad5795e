"""Predicts a check against an approved version by simulating its rules for a worse model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.protocol import FreshSets, Probes, look_at_drop
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.protocol import Look, Rules

    Chances = NDArray[np.float64]

Loss = Literal["broken", "spread"]
"""Kinds of drops: some cases never pass again, or every case passes a little less often."""


@dataclass(frozen=True, slots=True)
class Design:
    """A check against an approved version.

    Attributes:
        approved: How often each case was run for the approval.
        disagreement: How often the model answers an identical input differently. It comes from cases that
            pass every other time, the hardest situation; all others always pass.
    """

    cases: int
    repeats: int = 1
    approved: int = 3
    disagreement: float = 0.05
    allowance: Allowance = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The predicted verdicts of a check, as shares of simulated runs.

    Attributes:
        calls: The average number of calls per case.
    """

    failed: float
    warned: float
    calls: float


def foreseen(design: Design, drop: float, loss: Loss, rules: Rules, *, times: int = 200) -> Forecast:
    """Simulate a check of a worse model by its own rules. Equal arguments give equal results.

    >>> from pytest_modelcheck.checks.protocol import Rules
    >>> foreseen(Design(100, disagreement=0.0), 0.05, "broken", Rules(), times=20).failed
    1.0
    """
    import numpy as np

    # A fixed seed: the same question gets the same answer.
    rng = np.random.default_rng(0)
    # A case that passes half the time disagrees with itself in half of its pairs of runs.
    coins = round(min(1.0, 2 * design.disagreement) * design.cases)
    approved = np.where(np.arange(design.cases) < coins, 0.5, 1.0)
    current = approved * (1 - drop / approved.mean())
    if loss == "broken":
        current = approved.copy()
        current[design.cases - round(drop * design.cases) :] = 0.0
    failed = warned = calls = 0
    for _ in range(times):
        status, made = _one(design, approved, current.clip(0, 1), rules, rng)
        failed += status is Status.FAILED
        warned += status is Status.INCONCLUSIVE
        calls += made
    return Forecast(failed / times, warned / times, calls / times / design.cases)


def _one(
    design: Design, earlier: Chances, current: Chances, rules: Rules, rng: np.random.Generator
) -> tuple[Status, int]:
    """Simulate a check until it needs no more runs; return its status and the number of runs."""

    def run(chances: Chances, runs: int) -> list[tuple[float, ...]]:
        passed = (rng.random((len(chances), runs)) < chances[:, None]).astype(float)
        return [tuple(case) for case in passed.tolist()]

    approved, first = run(earlier, design.approved), run(current, design.repeats)
    cases = [CaseRuns(before, (after,)) for before, after in zip(approved, first, strict=True)]
    calls = design.cases * design.repeats
    while True:
        look: Look = look_at_drop(Evidence(cases), design.allowance, rules)
        if isinstance(look.needs, FreshSets):
            for _ in range(look.needs.sets):
                fresh = zip(cases, run(current, design.repeats), strict=True)
                cases = [replace(case, sets=(*case.sets, runs)) for case, runs in fresh]
                calls += design.cases * design.repeats
        elif isinstance(look.needs, Probes):
            for index in look.needs.cases:
                while cases[index].probes < look.needs.upto and not cases[index].recovered:
                    passed = bool(rng.random() < current[index])
                    cases[index] = replace(cases[index], probes=cases[index].probes + 1, recovered=passed)
                    calls += 1
        else:
            return look.status, calls
