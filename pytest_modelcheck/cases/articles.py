"""The English indefinite article: "a" or "an", by the sound that a word begins with.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import Final

_FIRST: Final = re.compile(r"\w+")
_NUMBER: Final = re.compile(r"(?:8\d*|1[18])(?!\d)")
_LETTERS: Final = frozenset("aefhilmnorsx")
"""Letters whose names begin with a vowel: an F, an X-ray."""
_CONSONANT: Final = re.compile(
    r"uni(?!n|m[^o])|unan|us(?:e|ua|ab|u[rs])|ut(?:e[nr]|il|op)|ur(?:in|an|et)|ubiq|uk[ru]"
    r"|eu|ewe|one(?![a-z])|once|ouija"
)
_SILENT_H: Final = re.compile(r"hour|honest|hono|heir")
_SPOKEN: Final = frozenset(
    ["nasa", "nato", "nafta", "ram", "rom", "sim", "lan", "fifa", "radar", "lidar", "laser", "midi"]
)
"""Abbreviations that are read as words."""


def article(phrase: str) -> str:
    """``"a"`` or ``"an"``, whichever goes before a phrase.

    >>> [article(word) for word in ("refund", "order", "hour", "user", "SUV", "URL", "8-pack")]
    ['a', 'an', 'an', 'a', 'an', 'a', 'an']
    """
    match = _FIRST.search(phrase)
    if match is None:
        return "a"
    word = match[0]
    lowered = word.lower()
    if word[0].isdigit():
        return "an" if _NUMBER.match(word) else "a"
    if len(word) == 1 or (word.isupper() and lowered not in _SPOKEN):
        return "an" if lowered[0] in _LETTERS else "a"
    if lowered[0] in "aeiou":
        return "a" if _CONSONANT.match(lowered) else "an"
    return "an" if _SILENT_H.match(lowered) else "a"
