"""Stopping when the rest cannot change the verdict: without any error, for limits that are exact.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.arguments import count

if TYPE_CHECKING:
    from pytest_modelcheck.stats.sequential import Decision


def curtail_rate(passed: int, failed: int, left: int, at_least: float) -> Decision | None:
    """Decide ``at_least``, whatever becomes of the cases that are ``left``, or return ``None``.

    Also right where some of those that are left turn out not to apply.

    >>> curtail_rate(passed=60, failed=11, left=129, at_least=0.95)
    'failed'
    >>> curtail_rate(passed=60, failed=10, left=130, at_least=0.95) is None
    True
    """
    total = _total(passed, failed, left)
    if passed / total >= at_least:
        return "passed"
    return "failed" if (passed + left) / total < at_least else None


def curtail_drop(
    regressed: int, fixed: int, unchanged: int, *, left_passed: int, left_failed: int, max_drop: float
) -> Decision | None:
    """Decide ``max_drop``, whatever becomes of the cases that are left, or return ``None``.

    Args:
        regressed: Cases that passed and now fail.
        fixed: Cases that failed and now pass.
        unchanged: Cases that were run and came out as before.
        left_passed: Cases still to run that passed before: each may break.
        left_failed: Cases still to run that failed before: each may be fixed.
        max_drop: How far the rate over all these cases may fall.

    >>> curtail_drop(3, 0, 40, left_passed=155, left_failed=2, max_drop=0)
    'failed'
    >>> curtail_drop(0, 3, 40, left_passed=3, left_failed=0, max_drop=0)
    'passed'
    """
    total = _total(regressed, fixed, unchanged, left_passed, left_failed)
    if (regressed - fixed + left_passed) / total <= max_drop:
        return "passed"
    return "failed" if (regressed - fixed - left_failed) / total > max_drop else None


def _total(*counts: int) -> int:
    total = sum(count("a number of cases", number) for number in counts)
    return count("all cases", total, at_least=1)
