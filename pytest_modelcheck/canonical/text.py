"""Values as one line of text that is safe to print.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.contents import is_image
from pytest_modelcheck.display import UNSAFE, escape, redacted

if TYPE_CHECKING:
    import ast

_BEYOND: Final = 1 << 12
"""Characters searched for secrets beyond the shown ones: a secret that is cut is not recognised."""
_FEW_NUMBERS: Final = 8
_FEW_BYTES: Final = 16
_FIRST: Final = 4


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

    from pytest_modelcheck.canonical.lowering import encode_plain, plain_line

    line = plain_line(value)
    if line is not None:
        return line.decode()
    try:
        summary = summarised(value)
    except RecursionError:  # it contains itself, or is nested too deeply
        summary = value
    if type(summary) is str:
        return summary
    text = encode_plain(summary)
    return str(orjson.loads(text)["$repr"]) if text.startswith(b'{"$repr":') else text.decode()


def summarised(value: Any) -> Any:
    """A value in which arrays, images, bytes and paths are replaced by short descriptions.

    >>> import numpy as np
    >>> summarised({"picture": np.zeros((2, 8), np.uint8), "thumbnail": b"x" * 2000, "label": "cat"})
    {'picture': 'array 2×8 uint8 (0, 0, 0, 0, …)', 'thumbnail': '2,000 bytes', 'label': 'cat'}
    """
    kind = type(value)
    if kind is dict:
        return {key: summarised(item) for key, item in value.items()}
    if kind in (list, tuple):
        return kind(summarised(item) for item in value)
    if kind.__module__ == "numpy" and getattr(value, "size", 0) > _FEW_NUMBERS:
        return _as_array(value)
    if kind in (bytes, bytearray) and len(value) > _FEW_BYTES:
        return f"{len(value):,} bytes"
    if isinstance(value, PurePath):
        return value.as_posix()
    if is_image(value):
        return f"image {value.width}×{value.height} {value.mode}"
    return value[:] if isinstance(value, str) else value


def _as_array(array: Any) -> str:
    """An array as its shape, type and first numbers."""
    shape = "×".join(map(str, array.shape))
    first = ", ".join(f"{one:.4g}" if array.dtype.kind == "f" else str(one) for one in array.flat[:_FIRST])
    return f"array {shape} {array.dtype} ({first}, …)"


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


def parsed(source: str | bytes) -> ast.Module:
    """Parse Python source.

    CPython 3.11 raises a ``SystemError`` where an object that is collected while the tree is built parses
    something, too (https://github.com/python/cpython/issues/106905): a task whose error nobody retrieved, for
    instance, of which asyncio prints the traceback. What was collected then is not there the next time.
    """
    import ast

    for _ in range(2):
        with suppress(SystemError):
            return ast.parse(source)
    return ast.parse(source)
