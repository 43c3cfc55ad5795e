"""Whether two memories of one case say the same, but for the last bits of a float.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import same

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseRecord, TrialRecord

_CLOSE: Final = 1e-6


def same_answer(a: bytes | None, b: bytes | None) -> bool:
    """Whether two answers (canonical JSON, or none at all) are equal, floats within 1e-6 relative.

    >>> same_answer(b"0.25", b"0.2500000001"), same_answer(b'"a"', None)
    (True, False)
    """
    if a is None or b is None:
        return a is b
    return a == b or same(a, b)


def equivalent(a: CaseRecord, b: CaseRecord) -> bool:
    """Whether two records differ in nothing but the last bits of floats in answers and scores."""
    return (
        (a.id, a.input, a.expected, a.about) == (b.id, b.input, b.expected, b.about)
        and len(a.trials) == len(b.trials)
        and all(map(_equivalent_trials, a.trials, b.trials))
    )


def _equivalent_trials(a: TrialRecord, b: TrialRecord) -> bool:
    return (
        (a.outcome, a.key, a.about) == (b.outcome, b.key, b.about)
        and [digest for digest, _ in a.asked] == [digest for digest, _ in b.asked]
        and all(same_answer(x, y) for (_, x), (_, y) in zip(a.asked, b.asked, strict=True))
        and same_answer(a.recorded, b.recorded)
        and _close(a.score, b.score)
    )


def _close(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=_CLOSE, abs_tol=_CLOSE)
