"""The checks that ``--check`` means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.pattern import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def selection(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a node id is meant by any of the patterns; without a pattern, all are.

    >>> selection(["test_a", "test_b"])("tests/test_x.py::test_b[1]"), selection([])("anything")
    (True, True)
    """
    return lambda check: not patterns or any(matches(pattern, check) for pattern in patterns)
