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
    from collections.abc import Sequence

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


_FEW: Final = 6


def percent(rate: float, bound: float | None = None) -> str:
    """A rate in percent, with enough digits to distinguish it from 0%, 100% and a bound beside it.

    >>> percent(0.95), percent(2 / 3), percent(1.0), percent(0.99999), percent(0.94999, 0.95)
    ('95%', '66.7%', '100%', '99.999%', '94.999%')
    """
    text = f"{rate * 100:.1f}"
    others = {0.0, 1.0} if bound is None else {0.0, 1.0, bound}
    if rate not in others and any(text == f"{other * 100:.1f}" for other in others):
        text = apart(rate * 100, 100.0 if bound is None else bound * 100, 6)
    return f"{text.removesuffix('.0')}%"


def apart(value: float, bound: float, digits: int = 3, sign: str = "") -> str:
    """A number with at least ``digits`` digits, and more if needed to distinguish it from a bound.

    >>> apart(0.49962, 0.5), apart(0.5, 0.5), apart(0.4, 0.5)
    ('0.4996', '0.5', '0.4')
    """
    texts = (f"{value:{sign}.{count}g}" for count in range(digits, 18))
    return next((text for text in texts if float(text) != bound or value == bound), repr(value))


def counted(count: int, nouns: str) -> str:
    """A count with a noun that is given in the plural.

    >>> counted(3, "groups by template"), counted(1, "groups by template"), counted(1, "cases")
    ('3 groups by template', '1 group by template', '1 case')
    """
    first, *rest = nouns.split(" ")
    return " ".join([f"{count:,}", first.removesuffix("s") if count == 1 else first, *rest])


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "case"), plural(3, "case"), plural(2, "answer differs", "answers differ")
    ('1 case', '3 cases', '2 answers differ')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are.

    >>> listed(["a", "b", "c"], 2), listed(["a"], 2)
    ('a, b (+1 more)', 'a')
    """
    more = f" (+{len(names) - most:,} more)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def p_text(p_value: float) -> str:
    """A p-value as text; a very small one as an upper bound.

    >>> p_text(0.0017), p_text(6.103515625e-05), p_text(0.0)
    ('p = 0.0017', 'p = 6.1e-05', 'p < 1e-9')
    """
    return "p < 1e-9" if p_value < 1e-9 else f"p = {p_value:.2g}"


def gains(fields: Sequence[str]) -> str:
    """A sentence about the fields that the types of answers gained.

    >>> gains(["note", "choices[].refusal"])
    'the type of the answers has gained `note`, `choices[].refusal` (at the default, so no change)'
    """
    shown = ", ".join(f"`{name}`" for name in fields[:_FEW])
    more = len(fields) - _FEW
    return (
        f"the type of the answers has gained {shown}{f' and {more} more' if more > 0 else ''} "
        "(at the default, so no change)"
    )


def odds(value: float) -> str:
    """A factor of evidence with a sensible number of digits.

    >>> odds(0.3821), odds(14.2), odds(23456.7), odds(1e12)
    ('0.38', '14', '23,457', 'over 1,000,000')
    """
    if value > 1e6:
        return "over 1,000,000"
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"
