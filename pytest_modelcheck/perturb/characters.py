"""Characters that look alike, cannot be seen, or lose their marks.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import drawn, listed
from pytest_modelcheck.perturb.lookup import ways
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

LOOKALIKES: Final = str.maketrans("aceijopsxyABCEHIKMNOPTXYZ", "асеіјорѕхуАВСЕНІКМΝОРТХΥΖ")
_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_WIDE: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_NARROW: Final = {wide: narrow for narrow, wide in _WIDE.items()}
_UNMARKED: Final = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ı": "i",
    }
)
_OPTIONAL_MARK: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]")
_MARKED: Final = re.compile(
    "(?:[A-Za-z\u0370-\u03ff\u05d0-\u05ea\u0621-\u064a\u0671-\u06d3])[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]+"
)
_INSIDE: Final = re.compile(r"(?<=[^\W\d_])(?=[^\W\d_])")
_PLAIN: Final = re.compile("[^\\W\\d_]")


def diacritics(*, field: Field | None = None) -> Perturbation:
    """No accents, as on a foreign keyboard; nor the optional vowel points of Arabic and Hebrew.

    Marks that are part of the spelling in their scripts (Devanagari, Thai, the breve of Cyrillic) stay.

    >>> diacritics().preview("¿Dónde está el señor Łukasz Groß?")
    ['¿Donde esta el senor Lukasz Gross?']
    """
    return listed("diacritics", [lambda text: rewritten(text, _without_marks)], field)


def normal_form(*, field: Field | None = None) -> Perturbation:
    """The same text, encoded otherwise: accented letters as a letter and a mark, or the reverse.

    The two are equal to Unicode and to readers (forms NFC and NFD), and differ for a program that compares
    characters.

    >>> (made,) = normal_form().preview("está")
    >>> len("está"), len(made)
    (4, 5)
    """

    def edit(text: str) -> str:
        form = "NFD" if unicodedata.is_normalized("NFC", text) else "NFC"
        return rewritten(text, lambda part: unicodedata.normalize(form, part))  # type: ignore[arg-type]

    return listed("normal_form", [edit], field)


def homoglyphs(n: int = 1, *, edits: int = 1, field: Field | None = None) -> Perturbation:
    r"""Letters replaced by those of other alphabets that look the same (Latin a by Cyrillic а).

    Args:
        n: How many variants to make.
        edits: How many letters are replaced in each.
        field: Where the text is, in an input that is more than text.

    >>> [ascii(text) for text in homoglyphs().preview("Where is my parcel?")]
    ["'Where \\u0456s my parcel?'"]
    """
    return drawn(_with_edits("homoglyphs", edits), _translated(LOOKALIKES, edits), n, field)


def leetspeak(n: int = 1, *, edits: int = 3, field: Field | None = None) -> Perturbation:
    r"""Letters written as digits: 4 for a, 3 for e, 1 for i, 0 for o, 5 for s, 7 for t.

    Args:
        n: How many variants to make.
        edits: How many letters are replaced in each.
        field: Where the text is, in an input that is more than text.

    >>> leetspeak().preview("Where is my parcel?")
    ['Wh3re is my p4rc3l?']
    """
    return drawn(_with_edits("leetspeak", edits, 3), _translated(_LEET, edits), n, field)


def zero_width(n: int = 1, *, edits: int = 1, field: Field | None = None) -> Perturbation:
    r"""A zero-width space inside of a word: nothing to see, and another word for a tokenizer.

    Args:
        n: How many variants to make.
        edits: How many are put into each.
        field: Where the text is, in an input that is more than text.

    >>> [ascii(text) for text in zero_width().preview("Where is my parcel?")]
    ["'Wh\\u200bere is my parcel?'"]
    """

    def edit(text: str, rng: Random) -> str | None:
        places = [match.start() for match in found(_INSIDE, text)]
        for place in sorted(_some(places, edits, rng), reverse=True):
            text = text[:place] + "\u200b" + text[place:]
        return text

    return drawn(_with_edits("zero_width", edits), edit, n, field)


def width(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    r"""The full-width forms of Latin letters and signs that East Asian input methods make, or the reverse.

    Args:
        to: ``"full"`` or ``"half"``; by default both, each a variant where it changes something.
        field: Where the text is, in an input that is more than text.

    >>> width().preview("OK, 注文は？")
    ['ＯＫ，\u3000注文は？', 'OK, 注文は?']
    """
    edits: Mapping[str, Callable[[str], str | None]] = {
        "full": lambda text: rewritten(text, lambda part: part.translate(_WIDE)),
        "half": lambda text: rewritten(text, lambda part: part.translate(_NARROW)),
    }
    return ways("width", to, edits, field)


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(_UNMARKED))
    return unicodedata.normalize("NFC", _MARKED.sub(lambda match: match[0][0], decomposed))


def _translated(table: Mapping[int, int], edits: int) -> Callable[[str, Random], str | None]:
    def edit(text: str, rng: Random) -> str | None:
        places = [match.start() for match in found(_PLAIN, text) if ord(match[0]) in table]
        characters = list(text)
        for place in _some(places, edits, rng):
            characters[place] = chr(table[ord(characters[place])])
        return "".join(characters)

    return edit


def _some(places: list[int], number: int, rng: Random) -> list[int]:
    """Some of the places, or all where there are not more."""
    chosen: list[int] = []
    places = list(places)
    while places and len(chosen) < number:
        place = pick(rng, places)
        places.remove(place)
        chosen.append(place)
    return chosen


def _with_edits(name: str, edits: int, default: int = 1) -> str:
    if isinstance(edits, bool) or not isinstance(edits, int) or edits < 1:
        raise PerturbationError(f"{name}(edits={edits!r}): at least 1")
    return name if edits == default else f"{name}(edits={edits})"
