"""The checks that ``--check`` means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.pattern import matches
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_SHOWN: Final = 20


def nothing_meant(of: str, patterns: Sequence[str], checks: Iterable[str]) -> UsageError:
    """The error that patterns mean none of the checks that there are.

    >>> print(nothing_meant("approved", ["known"], ["test_a.py::test_known"]))
    no check approved is meant by 'known': it is a whole name, or has wildcards ('*known*'). There are:
      test_a.py::test_known
    >>> print(nothing_meant("approved", [], []))
    there is no check approved yet. See all: modelcheck list
    """
    if not patterns:
        return UsageError(f"there is no check {of} yet. See all: modelcheck list")
    known = sorted(checks)
    near = [pattern for pattern in patterns if any(pattern in check for check in known)]
    hint = f": it is a whole name, or has wildcards ('*{near[0]}*')" if near else ""
    more = [f"and {len(known) - _SHOWN} more: modelcheck list"] if len(known) > _SHOWN else []
    listed = "".join(f"\n  {line}" for line in (*known[:_SHOWN], *more))
    meant = ", ".join(map(repr, patterns))
    there_are = f"There are:{listed}" if known else "There is none. See all: modelcheck list"
    return UsageError(f"no check {of} is meant by {meant}{hint}. {there_are}")


def selection(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a node id is meant by any of the patterns; without a pattern, all are.

    >>> selection(["test_a", "test_b"])("tests/test_x.py::test_b[1]"), selection([])("anything")
    (True, True)
    """
    return lambda check: not patterns or any(matches(pattern, check) for pattern in patterns)
