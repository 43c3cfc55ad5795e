"""The fields of a case, and suggestions for fields with other names.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

FIELDS: Final = ("input", "expected", "id", "metadata", "variants", "known_failure")
"""The fields of a case, in the order in which messages list them."""

Columns = str | tuple[str, ...]
"""One field of the rows, or several that form a mapping."""

_KNOWN: Final = frozenset(FIELDS)
_SIMILAR: Final = 0.8
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_USUAL: Final = {
    "input": (
        *("input", "inputs", "question", "prompt", "query", "user_input", "text", "message", "messages"),
        *("instruction", "vars", "data", "sentence", "document", "content", "body"),
    ),
    "expected": (
        *("expected", "expected_output", "expected_answer", "target", "reference", "reference_output"),
        *("reference_outputs", "ground_truth", "ideal", "gold", "label", "labels", "answer", "sentiment"),
        *("category", "class", "intent", "choice", "output", "outputs", "completion", "response", "assert"),
        "annotations",
    ),
}
"""The usual names of the input and the expectation in the exports of other tools, the likeliest first."""


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


def column_for(field: str, names: Iterable[Any]) -> str | None:
    """The column that probably holds the input or the expectation, by the names that other tools give it.

    >>> column_for("expected", ["id", "input", "expectedOutput", "context"]), column_for("input", ["a", "b"])
    ('expectedOutput', None)
    """
    known = _USUAL[field]
    free = [name for name in names if name not in _KNOWN and _plain(name) in known]
    return min(free, key=lambda name: known.index(_plain(name)), default=None)


def how_to_name(names: Sequence[Any]) -> str:
    """Advice on how to name the columns of the input and the expectation, with likely candidates.

    >>> how_to_name(["id", "text", "label"]).partition(": ")[2]
    "input='text', expected='label'"
    >>> how_to_name(["comments", "ideal", "question"]).partition(": ")[2]
    "input='question', expected='ideal'"
    """
    free = [name for name in names if isinstance(name, str) and name not in _KNOWN]
    expected = column_for("expected", free)
    case_input = column_for("input", free) or next((name for name in free if name != expected), "…")
    expected = expected or next((name for name in free if name != case_input), "…")
    keywords = [f"input={case_input!r}"] + [f"expected={expected!r}"] * ("expected" not in names)
    which = "is the input" if "expected" in names else "are the input and the expectation"
    return f"Say which {which}, in the marker or in cases.load(): {', '.join(keywords)}"


def _plain(name: object) -> str:
    """A name in snake case, without underscores around it."""
    return _CAMEL.sub("_", str(name)).lower().replace(" ", "_").strip("_")


def listed(names: Iterable[Any]) -> str:
    """Field names as messages list them.

    >>> listed({"text": 1, "label": 2}), listed([])
    ("'text', 'label'", 'no fields')
    """
    return ", ".join(f"'{name}'" for name in names) or "no fields"
