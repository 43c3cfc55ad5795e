"""Values as one line of text that is safe to print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.kinds import DEFAULT, EXTRA, MORE, NEVER_SET, PRIVATE
from pytest_modelcheck.display import UNSAFE, escape, redacted

if TYPE_CHECKING:
    from collections.abc import Collection

_UNSEEN: Final = (DEFAULT, NEVER_SET)
_ADDED: Final = (EXTRA, MORE, PRIVATE)
_WHOLE: Final = 1 << 20
_BEYOND: Final = 1 << 12
"""Characters searched for secrets beyond the shown ones: a secret that is cut is not recognised."""


def excerpt(value: Any, width: int = 80, *, stored: bool = False) -> str:
    r"""A value as one line of at most ``width`` characters: text as it is, other values as compact JSON.

    Characters that act on a terminal (control characters, line ends, ANSI sequences, reversing or invisible
    characters) are shown as escapes. Secrets are hidden, unless the line is ``stored``: baselines do not
    depend on the patterns of a user.

    >>> excerpt("Where is\nmy parcel?"), excerpt({"label": 2})
    ('Where is\\nmy parcel?', '{"label":2}')
    >>> import numpy as np
    >>> excerpt(np.zeros((32, 32, 3), dtype=np.uint8))
    'array 32×32×3 uint8 (0, 0, 0, 0, …)'
    >>> excerpt("Quiero un reembolso por favor", 20)
    'Quiero un reembolso…'
    """
    text = value if type(value) is str else _as_text(value)
    head = text[: width + 1] if stored else redacted(text[: width + _BEYOND])[: width + 1]
    if not head.isprintable() and UNSAFE.search(head):  # what is printable is safe, and told faster
        return _cut_cells([UNSAFE.sub(escape, character) for character in head], width)
    return head if len(head) <= width else head[: width - 1].rstrip() + "…"


def one_line(value: Any) -> str:
    """A value as one line, as :func:`excerpt` shows it, but whole."""
    return excerpt(value, _WHOLE)


def untagged(form: Any, keep: Collection[str] = ()) -> Any:
    """A stored answer for people: without the tags of Python types, but with the names of classes.

    Values with a tag in ``keep`` stay as they are.

    >>> untagged({"when": {"$date": "2026-04-01"}, "p": {"$numpy": ["<f8", 0.5]}, "k": {"$tuple": ["a", 1]}})
    {'when': '2026-04-01', 'p': 0.5, 'k': ['a', 1]}
    >>> untagged({"$type": "Triage", "label": "refund", "rank": 0, "$default": ["rank"], "$extra": {"n": 1}})
    {'$type': 'Triage', 'label': 'refund', 'rank': 0, 'n': 1}
    """
    if type(form) is list:
        return [untagged(item, keep) for item in form]
    if type(form) is not dict:
        return form
    if len(form) == 1:
        ((tag, inside),) = form.items()
        if tag in keep:
            return form
        if tag[:1] == "$":
            return _unpacked(tag, inside, keep)
    parts: dict[str, Any] = {}
    for name, item in form.items():
        if name in _ADDED and type(item) is dict:
            parts |= untagged(item, keep)
        elif name not in _UNSEEN:
            parts[name] = untagged(item, keep)
    return parts


def _unpacked(tag: str, inside: Any, keep: Collection[str]) -> Any:
    if tag in ("$dict", "$ordereddict"):
        return {excerpt(untagged(key)): untagged(item, keep) for key, item in inside}
    if tag == "$float":
        return float(inside)
    if tag in ("$numpy", "$defaultdict", "$unstored"):
        return untagged(inside[tag != "$unstored"], keep)
    if tag == "$ndarray" and type(inside["data"]) is list and len(inside["shape"]) == 1:
        return untagged(inside["data"])
    return untagged(inside, keep)


def untagged_json(form: Any) -> str:
    """A stored answer, or a part of one, as compact JSON without the tags of Python types.

    >>> untagged_json("refund"), untagged_json({"$float": "nan"})
    ('"refund"', 'NaN')
    """
    return json.dumps(untagged(form), ensure_ascii=False, separators=(",", ":"))


def stored_text(form: Any) -> str:
    """The same on one line, with text in quotes.

    >>> stored_text("refund"), stored_text({"priority": 2})
    ("'refund'", '{"priority":2}')
    """
    plain = untagged(form)
    return f"'{one_line(plain)}'" if type(plain) is str else one_line(untagged_json(form))


def _as_text(value: Any) -> str:
    import orjson

    from pytest_modelcheck.canonical.lowering import encode_plain

    line = encode_plain(value, brief=True)
    if not line.startswith((b'"', b'{"$repr":')):
        return line.decode()
    data = orjson.loads(line)
    return data if type(data) is str else str(data["$repr"])


def _cut_cells(cells: list[str], width: int) -> str:
    """Join characters and escapes, cut between them and never inside an escape."""
    if sum(map(len, cells)) <= width:
        return "".join(cells)
    line = ""
    for cell in cells:
        if len(line) + len(cell) > width - 1:
            break
        line += cell
    return line + "…"
