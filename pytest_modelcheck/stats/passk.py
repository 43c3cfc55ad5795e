"""Several attempts at one case: the chance that one of k passes, and that all k do.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math

from pytest_modelcheck.stats.arguments import count


def pass_at_k(runs: int, passes: int, k: int) -> float:
    """Estimate, without bias, the chance that at least one of ``k`` runs of a case passes.

    Args:
        runs: How many runs of the case there were, at least ``k``.
        passes: How many of them passed.
        k: How many attempts are allowed.

    Source: Chen et al., Evaluating Large Language Models Trained on Code, arXiv 2107.03374 (2021), eq. 1.

    >>> pass_at_k(runs=5, passes=1, k=2)
    0.4
    """
    return 1 - _share(runs, runs - passes, k)


def pass_hat_k(runs: int, passes: int, k: int) -> float:
    """Estimate, without bias, the chance that all of ``k`` runs of a case pass (pass^k).

    Source: Yao et al., tau-bench, arXiv 2406.12045 (2024), section 3.

    >>> pass_hat_k(runs=5, passes=4, k=2)
    0.6
    """
    return _share(runs, passes, k)


def _share(runs: int, chosen: int, k: int) -> float:
    """Return the share of all choices of ``k`` runs that lie within the ``chosen`` ones."""
    count("runs", runs, at_least=1)
    count("passes", chosen, at_most=runs)
    count("k", k, at_least=1, at_most=runs)
    return math.comb(chosen, k) / math.comb(runs, k)
