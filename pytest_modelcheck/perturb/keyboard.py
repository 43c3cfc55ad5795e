"""Slips of the fingers: letters swapped, dropped, doubled, or hit beside.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import drawn
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

    Slip = Callable[[str, int, int, Random], str]

_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_GAP: Final = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        for place, letter in enumerate(row):
            below = _ROWS[number + 1][max(0, place - 1) : place + 1] if number < 2 else ""
            above = _ROWS[number - 1][place : place + 2] if number else ""
            near[letter] = row[max(0, place - 1) : place] + row[place + 1 : place + 2] + above + below
    return near


_NEAR: Final = _neighbours()


def typos(n: int = 1, *, edits: int = 1, field: Field | None = None) -> Perturbation:
    """Typing errors: two letters swapped, one dropped, one doubled, or its neighbour on the keyboard hit.

    After the ``add_typos`` of CheckList (Ribeiro et al., ACL 2020), which only swaps. Words of four letters
    or more are preferred. Works in any script; neighbours are those of a QWERTY keyboard, for its letters.
    Numbers, addresses, placeholders, code, handles and tags stay as they are.

    Args:
        n: How many variants to make.
        edits: How many typos each of them gets.
        field: Where the text is, in an input that is more than text.

    >>> typos(n=3).preview("Please refund order 1182")
    ['Plase refund order 1182', 'Pllease refund order 1182', 'Please refund krder 1182']
    """
    if edits < 1:
        raise PerturbationError(f"typos(edits={edits!r}): at least 1")

    def edit(text: str, rng: Random) -> str | None:
        for _ in range(edits):
            slipped = _one_slip(text, rng)
            if slipped is None:
                return None
            text = slipped
        return text

    return drawn("typos" if edits == 1 else f"typos(edits={edits})", edit, n, field)


def swap_letters(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Two neighbouring letters of a word, swapped.

    >>> swap_letters().preview("Please refund order 1182")
    ['Pleaes refund order 1182']
    """
    return drawn("swap_letters", lambda text, rng: _one_slip(text, rng, (_swapped,)), n, field)


def drop_letters(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """One letter of a word, left out.

    >>> drop_letters().preview("Please refund order 1182")
    ['Please refund rder 1182']
    """
    return drawn("drop_letters", lambda text, rng: _one_slip(text, rng, (_dropped,)), n, field)


def double_letters(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """One letter of a word, typed twice.

    >>> double_letters().preview("Please refund order 1182")
    ['Please refundd order 1182']
    """
    return drawn("double_letters", lambda text, rng: _one_slip(text, rng, (_doubled,)), n, field)


def near_keys(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """One letter of a word, replaced by its neighbour on a QWERTY keyboard.

    >>> near_keys().preview("Please refund order 1182")
    ['Olease refund order 1182']
    """
    return drawn("near_keys", lambda text, rng: _one_slip(text, rng, (_beside,)), n, field)


def word_breaks(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Two words written as one, or one as two.

    >>> word_breaks(n=3).preview("Please refund order 1182")
    ['P lease refund order 1182', 'Please refundorder 1182', 'Please r efund order 1182']
    """

    def edit(text: str, rng: Random) -> str | None:
        gaps, words = found(_GAP, text), found(_LONG_WORD, text)
        if not gaps and not words:
            return None
        if gaps and (not words or rng.random() < 0.5):
            gap = pick(rng, gaps)
            return text[: gap.start()] + text[gap.end() :]
        word = pick(rng, words)
        place = word.start() + 1 + int(rng.random() * (len(word[0]) - 1))
        return text if _is_mark_at(text, place) else f"{text[:place]} {text[place:]}"

    return drawn("word_breaks", edit, n, field)


def _one_slip(text: str, rng: Random, slips: tuple[Slip, ...] = ()) -> str | None:
    """The text with one slip in one of its words, or ``None`` where there is no word to slip in."""
    words = found(_LONG_WORD, text) or found(_WORD, text)
    for _ in range(8 if words else 0):
        word = pick(rng, words)
        place = word.start() + int(rng.random() * len(word[0]))
        slipped = pick(rng, slips or _SLIPS)(text, place, word.end(), rng)
        if slipped != text:
            return slipped
    return None


def _swapped(text: str, place: int, end: int, _: Random) -> str:
    two = text[place : min(place + 2, end)]
    if len(two) < 2 or _is_mark_at(text, place + 2):
        return text
    return text[:place] + two[1] + two[0] + text[place + 2 :]


def _dropped(text: str, place: int, _end: int, _: Random) -> str:
    return text if _is_mark_at(text, place + 1) else text[:place] + text[place + 1 :]


def _doubled(text: str, place: int, _end: int, _: Random) -> str:
    return text if _is_mark_at(text, place + 1) else text[:place] + text[place] + text[place:]


def _beside(text: str, place: int, _end: int, rng: Random) -> str:
    near = _NEAR.get(text[place].lower())
    if near is None or _is_mark_at(text, place + 1):
        return text
    letter = pick(rng, near)
    return text[:place] + (letter.upper() if text[place].isupper() else letter) + text[place + 1 :]


def _is_mark_at(text: str, place: int) -> bool:
    """Whether an accent or a vowel sign stands there, which belongs to the letter before."""
    return place < len(text) and unicodedata.category(text[place])[0] == "M"


_SLIPS: Final[tuple[Slip, ...]] = (_swapped, _dropped, _doubled, _beside)
