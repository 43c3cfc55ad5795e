"""Detects runs of one version that contradict each other and cannot be approved together.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.lines import REPEATED
from pytest_modelcheck.checks.evidence import CHANGED_MODEL
from pytest_modelcheck.checks.runs import values_of
from pytest_modelcheck.phrases import p_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.baseline import Baseline


def contradiction(candidate: Baseline, together: int = 1) -> Iterator[str]:
    """Describe the run of a candidate that differs from its other runs beyond noise, if there is one.

    Cases that make the same calls share their answers and count as one. A case that was not judged in every
    run is left out. If the model did not change, at most 1% of approvals are refused, however many
    candidates are approved
    ``together``: if one is refused, all are.
    """
    if not candidate.holding(REPEATED):
        return
    units: dict[tuple[str, ...], list[int]] = {}
    runs = max(trial.repeat for case in candidate.values() for trial in case.trials) + 1
    for case in candidate.values():
        passed = [int(value) for value in values_of(case.trials, graded=False)]
        if len(passed) == runs:
            # Cases that share their calls share the noise, and count as one observation.
            calls = tuple(digest for trial in case.trials for digest, _ in trial.asked) or (case.id,)
            before = units.setdefault(calls, [0] * runs)
            units[calls] = [one + other for one, other in zip(before, passed, strict=True)]
    if not units:
        return
    from pytest_modelcheck.stats.exchange import odd_run_p_value

    p_value = odd_run_p_value(list(units.values()))
    # Bonferroni over the checks of the approval: it is refused as a whole.
    if p_value * together <= CHANGED_MODEL:
        *counts, last = map(str, map(sum, zip(*units.values(), strict=True)))
        header = candidate.header
        yield (
            f"its {runs} runs contradict each other: {', '.join(counts)} and {last} cases pass, more apart "
            f"than noise explains ({p_text(p_value)}), so the model was not the same throughout. Run all of "
            f"them again: pytest --model-version={header.version} --modelcheck-update "
            "--modelcheck-cache=refresh"
        )
