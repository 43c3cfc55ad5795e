"""Many checks at once.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.arguments import count, fraction, probability

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values as they are once adjusted for their number, in the same order.

    Where those at most 0.05 are believed, the chance that any of them is a false alarm is at most 0.05,
    however the checks depend on each other. For triage: a verdict must not depend on what else was run.

    Source: Holm, Scand. J. Statist. 6 (1979) 65-70.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    for p_value in p_values:
        fraction("a p-value", p_value)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def per_check_rate(suite_false_fail_rate: float, checks: int) -> float:
    """Return the false fail rate of each check that keeps that of the whole suite (Bonferroni).

    Args:
        suite_false_fail_rate: The chance that any check of the suite fails without reason.
        checks: How many checks the suite had when it was approved, at least 1; not how many run now.

    >>> per_check_rate(0.05, 200)
    0.00025
    """
    probability("suite_false_fail_rate", suite_false_fail_rate)
    return suite_false_fail_rate / count("checks", checks, at_least=1)
