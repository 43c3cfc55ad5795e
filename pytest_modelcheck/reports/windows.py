"""Long texts, cut so that what differs between them is seen.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence


def start_of(text: str, others: Sequence[str | None], width: int) -> int:
    """From where on a text has to be shown for a reader to see how it differs from others.

    Of several, the first that is too long to be shown as a whole counts: the others can be read beside it.

    Args:
        text: The text.
        others: What it is compared with.
        width: How many characters of each are shown.

    >>> start_of("a" * 90 + "b", ["refund", "a" * 90 + "c"], 60), start_of("refund", ["other"], 60)
    (70, 0)
    """
    differing = [other for other in others if other is not None and other != text]
    if max(map(len, (text, *differing))) <= width or not differing:
        return 0
    other = next((other for other in differing if len(other) > width), differing[0])
    pairs = enumerate(zip(text, other, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(text), len(other)))
    before = width // 3
    return place - before if place + before >= width else 0


def window(text: str, start: int, width: int) -> str:
    """A text from somewhere on, cut to ``width``; one that ends before that, as it is.

    >>> window("Your order ships today", 11, 8), window("refund", 11, 8)
    ('…hips t…', 'refund')
    """
    return excerpt("…" + text[start + 1 :] if 0 < start < len(text) else text, width)
