"""How much a case varies under a model that stays the same.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.stats.arguments import count


def flip_rate(runs: int, passes: int) -> float:
    """Estimate, without bias, the chance that two runs of a case come out differently.

    0 for a case that always passes or always fails, 0.5 for one that is a coin.

    >>> flip_rate(runs=5, passes=4)
    0.4
    """
    count("runs", runs, at_least=2)
    count("passes", passes, at_most=runs)
    return 2 * passes * (runs - passes) / (runs * (runs - 1))
