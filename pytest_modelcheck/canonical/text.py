"""Values as one line of text that is safe to print.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any, Final

from pytest_modelcheck.display import UNSAFE, escape, redacted

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
