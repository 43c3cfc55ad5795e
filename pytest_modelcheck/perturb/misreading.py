"""What machines that read and listen make of a text.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import drawn, listed
from pytest_modelcheck.perturb.english_words import HOMOPHONES
from pytest_modelcheck.perturb.lookup import Table
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found, rewritten
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_SCANNED: Final = {
    "rn": "m",
    "m": "rn",
    "cl": "d",
    "d": "cl",
    "w": "vv",
    "vv": "w",
    "li": "h",
    "h": "b",
    "e": "c",
    "c": "e",
    "l": "1",
    "I": "l",
    "i": "l",
    "o": "0",
    "O": "0",
    "S": "5",
    "s": "5",
    "B": "8",
    "g": "9",
    "z": "2",
    "t": "f",
    "f": "t",
}
_SCANNABLE: Final = re.compile("|".join(sorted(_SCANNED, key=len, reverse=True)))
_UNREAD: Final = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
"""What Windows-1252 has no characters for; programs keep them as control characters."""
_GAP: Final = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
_FILLERS: Final = ("um", "uh", "er", "hmm", "like", "you know", "I mean")
_MARKS: Final = re.compile(r"(?<!\w)['\"“”«»¿¡()\[\]]+|[.,;:!?…'\"“”«»()\[\]]+(?!\w)")
_GROUPS: Final = {word: [other for other in group if other != word] for group in HOMOPHONES for word in group}
_HOMOPHONES: Final = Table({word: others[0] for word, others in _GROUPS.items()})


def ocr(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """A confusion of optical character recognition: rn for m, 0 for o, 5 for s, cl for d.

    >>> ocr(n=2).preview("Where is my modem?")
    ['Where is rny modem?', 'Where is my modcm?']
    """

    def edit(text: str, rng: Random) -> str | None:
        places = found(_SCANNABLE, text)
        if not places:
            return None
        match = pick(rng, places)
        return text[: match.start()] + _SCANNED[match[0]] + text[match.end() :]

    return drawn("ocr", edit, n, field)


def homophones(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """An English word heard as another that sounds the same: their for there, wait for weight.

    >>> homophones(n=2).preview("Is it there? I can wait a week")
    ["Is it they're? I can wait a week", 'Is it their? I can wait a week']
    """

    def edit(text: str, rng: Random) -> str | None:
        places = _HOMOPHONES.found(text)
        if not places:
            return None
        match = pick(rng, places)
        heard = pick(rng, _GROUPS[match[0].lower().replace("’", "'")])
        return text[: match.start()] + like(match[0], heard) + text[match.end() :]

    return drawn("homophones", edit, n, field)


def transcript(*, field: Field | None = None) -> Perturbation:
    """As speech recognition writes: no capitals, no punctuation.

    >>> transcript().preview("Hello, it's Maria. Where's order A-1182?")
    ["hello it's maria where's order A-1182"]
    """
    return listed(
        "transcript", [lambda text: rewritten(text, lambda part: _MARKS.sub("", part).lower())], field
    )


def hesitations(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Speech as it is transcribed word by word: an "um" between two words, or a word said twice. English.

    >>> hesitations(n=2).preview("Where is my parcel?")
    ['Where is is my parcel?', 'Where is uh my parcel?']
    """

    def edit(text: str, rng: Random) -> str | None:
        gaps = found(_GAP, text)
        if not gaps:
            return None
        gap = pick(rng, gaps)
        word = text[: gap.start()].rsplit(None, 1)[-1]
        said = word.lower() if word.isalpha() and rng.random() < 0.5 else pick(rng, _FILLERS)
        return f"{text[: gap.start()]} {said}{text[gap.start() :]}"

    return drawn("hesitations", edit, n, field)


def mojibake(*, field: Field | None = None) -> Perturbation:
    r"""Text in UTF-8 that was read as Windows-1252. Does not apply to ASCII.

    >>> mojibake().preview("El café está frío")
    ['El cafÃ© estÃ¡ frÃ\xado']
    """

    def misread(text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return "".join(_UNREAD.get(byte) or bytes([byte]).decode("cp1252") for byte in data)

    return listed("mojibake", [lambda text: rewritten(text, misread)], field)
