"""A value as one line for people, which cannot do anything to their terminal.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final

from pytest_modelcheck.canonical.contents import is_image

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, and with them the escape that begins ANSI sequences
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # unseen, or turning the line
    "\ud800-\udfff"  # lone surrogates, which cannot be printed at all
    "\U000e0000-\U000e007f]"
)
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


_FEW_NUMBERS: Final = 8
_FEW_BYTES: Final = 16
_FIRST: Final = 4


def excerpt(value: Any, width: int = 80) -> str:
    r"""A value as one line of at most ``width`` characters: text as it is, all else as compact JSON.

    What would act on the reader's screen rather than be read (control characters, line ends, ANSI
    sequences, characters that reverse the line or cannot be seen) is shown as its escape.

    >>> excerpt("Where is\nmy parcel?"), excerpt({"label": 2})
    ('Where is\\nmy parcel?', '{"label":2}')
    >>> import numpy as np
    >>> excerpt(np.zeros((32, 32, 3), dtype=np.uint8))
    'array 32×32×3 uint8 (0, 0, 0, 0, …)'
    >>> excerpt("Quiero un reembolso por favor", 20)
    'Quiero un reembolso…'
    """
    text = value if type(value) is str else _as_text(value)
    head = text[: width + 1]
    if not head.isprintable() and _UNSAFE.search(head):  # what is printable is safe, and told faster
        return _cut_cells([_UNSAFE.sub(_escaped, character) for character in head], width)
    return head if len(head) <= width else head[: width - 1].rstrip() + "…"


def printable_json(text: str) -> str:
    r"""JSON that means the same, with what would act on a screen as ``\uXXXX``.

    >>> printable_json('["caf\xe9", "\x9b2J", "\u202e"]')
    '["café", "\\u009b2J", "\\u202e"]'
    """
    return _UNSAFE.sub(_json_escaped, text)


def _json_escaped(match: re.Match[str]) -> str:
    """Outside of its texts, JSON has no such characters but line ends, and those lay it out."""
    if match[0] in _NAMED:
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _as_text(value: Any) -> str:
    from pytest_modelcheck.canonical.lowering import encode_plain

    summary = summarised(value)
    return summary if type(summary) is str else encode_plain(summary).decode()


def summarised(value: Any) -> Any:
    """A value in which arrays, images, bytes and paths are replaced by short descriptions of themselves.

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
    """An array by its shape, its type and its first numbers: an image has more than anybody reads."""
    shape = "×".join(map(str, array.shape))
    first = ", ".join(f"{one:.4g}" if array.dtype.kind == "f" else str(one) for one in array.flat[:_FIRST])
    return f"array {shape} {array.dtype} ({first}, …)"


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
