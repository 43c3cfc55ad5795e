"""The fields of a case, and suggestions for fields with other names.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

FIELDS: Final = ("input", "expected", "id", "metadata", "variants", "known_failure")
"""The fields of a case, in the order in which messages list them."""

Columns = str | tuple[str, ...]
"""One field of the rows, or several that form a mapping."""

_KNOWN: Final = frozenset(FIELDS)
_SIMILAR: Final = 0.8


def near_miss(name: str, fields: Collection[str] = FIELDS) -> str | None:
    """The field that was probably meant by a misspelt name.

    >>> near_miss("expcted"), near_miss("language"), near_miss("ID")
    ('expected', None, 'id')
    """
    lowered = name.lower()
    if lowered in fields:
        return lowered
    close = difflib.get_close_matches(lowered, [field for field in fields if len(field) > 2], 1, _SIMILAR)
    return close[0] if close else None


def how_to_name(names: Sequence[Any]) -> str:
    """Advice on how to name the columns of the input and the expectation, with likely candidates.

    >>> how_to_name(["id", "text", "label"]).partition(": ")[2]
    "input='text', expected='label'"
    """
    free = [name for name in names if isinstance(name, str) and name not in _KNOWN]
    keywords = [f"input={free[0]!r}" if free else "input='…'"]
    if "expected" not in names:
        keywords.append(f"expected={free[1]!r}" if free[1:] else "expected='…'")
    which = "is the input" if "expected" in names else "are the input and the expectation"
    return f"Say which {which}, in the marker or in cases.load(): {', '.join(keywords)}"


def listed(names: Iterable[Any]) -> str:
    """Field names as messages list them.

    >>> listed({"text": 1, "label": 2}), listed([])
    ("'text', 'label'", 'no fields')
    """
    return ", ".join(f"'{name}'" for name in names) or "no fields"
