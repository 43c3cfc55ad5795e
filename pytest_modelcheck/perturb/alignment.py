"""What turns one text into another: words first, characters inside words that are alike.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORDS: Final = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
"""A word or a sign, with the white space before it: alone, white space would match everywhere."""

_MOST_WORDS: Final = 4_000
_LONGEST_WORD: Final = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a text, and what stands there instead: ``text[start:stop]`` becomes ``new``."""

    start: int
    stop: int
    new: str


def words(text: str) -> list[str]:
    """A text in pieces that make it again.

    >>> words("Please, refund  me!")
    ['Please', ',', ' refund', '  me', '!']
    """
    return _WORDS.findall(text)


def word_spans(before: str, after: str) -> list[Span]:
    """What turns ``before`` into ``after``, in runs of words.

    >>> word_spans("Please refund order 1182", "Please refnud order 1182 now, thanks")
    [Span(start=6, stop=13, new=' refnud'), Span(start=24, stop=24, new=' now, thanks')]
    """
    old, new = words(before), words(after)
    if max(len(old), len(new)) > _MOST_WORDS:
        return [Span(0, len(before), after)]
    place = _places(old)
    return [Span(place[i1], place[i2], "".join(new[j1:j2])) for i1, i2, j1, j2 in _changed(old, new)]


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where two lists of words differ: word by word where words stand for each other, else in runs."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and i2 - i1 != j2 - j1:
            yield from _changed_but_for_case(old, new, (i1, i2, j1, j2))
        elif tag == "replace":
            yield from ((i1 + n, i1 + n + 1, j1 + n, j1 + n + 1) for n in range(i2 - i1))
        elif tag != "equal":
            yield i1, i2, j1, j2


def _changed_but_for_case(
    old: Sequence[str], new: Sequence[str], run: tuple[int, int, int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """The same for a run of words that another number of words replaces: some may differ in case alone."""
    i1, i2, j1, j2 = run
    one, other = ([word.casefold() for word in side] for side in (old[i1:i2], new[j1:j2]))
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and a2 - a1 == b2 - b1):
            pairs = zip(range(i1 + a1, i1 + a2), range(j1 + b1, j1 + b2), strict=True)
            yield from ((i, i + 1, j, j + 1) for i, j in pairs if old[i] != new[j])
        else:
            yield i1 + a1, i1 + a2, j1 + b1, j1 + b2


def finer_spans(before: str, span: Span) -> list[Span]:
    """The parts of one span that mean something by themselves; the span alone where it has none.

    Words that are put in or left out are parts, and so are the changed characters of a word that stays
    recognisable: one put in, left out or replaced, or two that change places. Another word in a word's
    place is one change.

    >>> finer_spans("Please refund me", Span(6, 13, " reFnud"))
    [Span(start=9, stop=10, new='F'), Span(start=10, stop=12, new='nu')]
    >>> finer_spans("Ask Maria", Span(3, 9, " Omar"))
    [Span(start=3, stop=9, new=' Omar')]
    """
    old = before[span.start : span.stop]
    if not old:
        return [Span(span.start, span.start, word) for word in words(span.new)]
    if not span.new:
        place = _places(words(old))
        return [Span(span.start + a, span.start + b, "") for a, b in pairwise(place)]
    if max(len(old), len(span.new)) > _LONGEST_WORD:
        return [span]
    edits = list(_character_spans(old, span.new))
    alike = old.casefold() == span.new.casefold() or len(edits) <= max(len(old), len(span.new)) // 2
    return [Span(span.start + a, span.start + b, new) for a, b, new in edits] if alike else [span]


def _places(pieces: Sequence[str]) -> list[int]:
    place = [0]
    for piece in pieces:
        place.append(place[-1] + len(piece))
    return place


def _character_spans(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The fewest changes of characters, as (start, stop, new), left to right.

    Optimal string alignment: Boytsov, ACM J. Exp. Algorithmics 16 (2011), section 2.2.
    """
    cost = _distances(old, new)
    i, j, back = len(old), len(new), []
    while i or j:
        if i and j and old[i - 1] == new[j - 1] and cost[i][j] == cost[i - 1][j - 1]:
            i, j = i - 1, j - 1
        elif _swapped(old, new, i, j) and cost[i][j] == cost[i - 2][j - 2] + 1:
            back.append((i - 2, i, new[j - 2 : j]))
            i, j = i - 2, j - 2
        elif i and j and cost[i][j] == cost[i - 1][j - 1] + 1:
            back.append((i - 1, i, new[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            back.append((i - 1, i, ""))
            i -= 1
        else:
            back.append((i, i, new[j - 1]))
            j -= 1
    return reversed(back)


def _distances(old: str, new: str) -> list[list[int]]:
    cost = [[i + j if not i or not j else 0 for j in range(len(new) + 1)] for i in range(len(old) + 1)]
    for i in range(1, len(old) + 1):
        for j in range(1, len(new) + 1):
            same = old[i - 1] == new[j - 1]
            cost[i][j] = min(cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (not same))
            if _swapped(old, new, i, j):
                cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + 1)
    return cost


def _swapped(old: str, new: str, i: int, j: int) -> bool:
    return i > 1 and j > 1 and old[i - 1] == new[j - 2] and old[i - 2] == new[j - 1] != old[i - 1]
