"""Mistakes in texts: of typing fingers, optical character recognition, speech recognition and encodings."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import grouped, paired, pick, with_edits
from pytest_modelcheck.perturb.texts import (
    WordTable,
    drawn,
    like,
    listed,
    matches_in,
    one_substituted,
    protected,
    rewritten,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pytest_modelcheck.perturb.paths import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation

    Slip = Callable[[str, int, int, Random], str]

_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_SPACE: Final = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
# The neighbours of each letter on a QWERTY keyboard.
_NEAR: Final = paired("""
q/wa w/qeas e/wrsd r/etdf t/ryfg y/tugh u/yihj i/uojk o/ipkl p/ol a/sqwz s/adwezx d/sferxc f/dgrtcv g/fhtyvb
h/gjyubn j/hkuinm k/jliom l/kop z/xas x/zcsd c/xvdf v/cbfg b/vngh n/bmhj m/njk
""")


def typos(n: int = 1, *, edits: int = 1, field: Fields | None = None) -> Perturbation:
    """Make typing errors: swap two letters, drop one, double one, or hit its neighbour on the keyboard.

    Like ``add_typos`` of CheckList (Ribeiro et al., ACL 2020), which only swaps. Words of four letters or
    more are preferred. Works in any script; neighbours are those on a QWERTY keyboard, for its letters.
    Numbers, addresses, placeholders, code, handles and tags stay as they are.

    Args:
        n: The number of variants.
        edits: The number of typos in each variant.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> typos(n=3).preview("Please refund order 1182")
    ['Plase refund order 1182', 'Pllease refund order 1182', 'Please refund krder 1182']
    """
    name = with_edits("typos", edits)

    def edit(text: str, rng: Random) -> str | None:
        for _ in range(edits):
            slipped = _one_slip(text, rng)
            if slipped is None:
                return None
            text = slipped
        return text

    return drawn(name, edit, n, field)


def swap_letters(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Swap two neighbouring letters of a word.

    >>> swap_letters().preview("Please refund order 1182")
    ['Pleaes refund order 1182']
    """
    return drawn("swap_letters", lambda text, rng: _one_slip(text, rng, (_swapped,)), n, field)


def drop_letters(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Drop one letter of a word.

    >>> drop_letters().preview("Please refund order 1182")
    ['Please refund rder 1182']
    """
    return drawn("drop_letters", lambda text, rng: _one_slip(text, rng, (_dropped,)), n, field)


def double_letters(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Type one letter of a word twice.

    >>> double_letters().preview("Please refund order 1182")
    ['Please refundd order 1182']
    """
    return drawn("double_letters", lambda text, rng: _one_slip(text, rng, (_doubled,)), n, field)


def near_keys(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Replace one letter of a word by its neighbour on a QWERTY keyboard.

    >>> near_keys().preview("Please refund order 1182")
    ['Olease refund order 1182']
    """
    return drawn("near_keys", lambda text, rng: _one_slip(text, rng, (_beside,)), n, field)


def word_breaks(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Join two words, or split one.

    >>> word_breaks(n=3).preview("Please refund order 1182")
    ['P lease refund order 1182', 'Please refundorder 1182', 'Please r efund order 1182']
    """

    def edit(text: str, rng: Random) -> str | None:
        ends = {span.end for span in protected(text)}  # the word before such a gap is an address or code
        gaps = [gap for gap in matches_in(_SPACE, text) if gap.start() not in ends]
        words = matches_in(_LONG_WORD, text)
        if not gaps and not words:
            return None
        if gaps and (not words or rng.random() < 0.5):
            gap = pick(rng, gaps)
            return text[: gap.start()] + text[gap.end() :]
        word = pick(rng, words)
        # Never before the first letter, where there is a space already.
        place = word.start() + 1 + int(rng.random() * (len(word[0]) - 1))
        return text if _is_mark_at(text, place) else f"{text[:place]} {text[place:]}"

    return drawn("word_breaks", edit, n, field)


def _one_slip(text: str, rng: Random, slips: tuple[Slip, ...] = ()) -> str | None:
    """The text with one slip in one of its words, or ``None`` if it has no words."""
    # A slip in a long word leaves it recognisable; in "no" or "to" it makes another word.
    words = matches_in(_LONG_WORD, text) or matches_in(_WORD, text)
    # A slip may change nothing, such as two equal letters swapped: another is drawn.
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
    """Return whether there is an accent or a vowel sign, which belongs to the letter before it."""
    return place < len(text) and unicodedata.category(text[place])[0] == "M"


_SLIPS: Final[tuple[Slip, ...]] = (_swapped, _dropped, _doubled, _beside)
# What is printed, and what is read.
_SCANNED: Final = paired(
    "rn/m m/rn cl/d d/cl w/vv vv/w li/h h/b e/c c/e l/1 I/l i/l o/0 O/0 S/5 s/5 B/8 g/9 z/2 t/f f/t"
)
_SCANNABLE: Final = re.compile("|".join(sorted(_SCANNED, key=len, reverse=True)))
# What Windows-1252 has no characters for; programs keep them as control characters.
_UNREAD: Final = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_FILLERS: Final = ("um", "uh", "er", "hmm", "like", "you know", "I mean")
_MARKS: Final = re.compile(r"(?<!\w)['\"“”«»¿¡()\[\]]+|[.,;:!?…'\"“”«»()\[\]]+(?!\w)")
HOMOPHONES: Final = grouped("""
there/their/they're your/you're its/it's to/too/two hear/here buy/by/bye right/write know/no week/weak
weather/whether new/knew wait/weight mail/male sale/sail break/brake piece/peace price/prize for/four
won/one would/wood which/witch where/wear allowed/aloud cell/sell cent/sent/scent site/sight/cite
fair/fare hole/whole hour/our meet/meat pair/pear past/passed plane/plain role/roll seen/scene than/then
through/threw waste/waist weigh/way accept/except affect/effect
""")
_GROUPS: Final = {word: [other for other in group if other != word] for group in HOMOPHONES for word in group}
_HOMOPHONES: Final = WordTable({word: others[0] for word, others in _GROUPS.items()})


def ocr(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Confuse characters as optical character recognition does: rn for m, 0 for o, 5 for s, cl for d.

    >>> ocr(n=2).preview("Where is my modem?")
    ['Where is rny modem?', 'Where is my modcm?']
    """

    def edit(text: str, rng: Random) -> str | None:
        return one_substituted(text, matches_in(_SCANNABLE, text), lambda match: _SCANNED[match[0]], rng)

    return drawn("ocr", edit, n, field)


def homophones(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Replace an English word by one that sounds the same: their for there, wait for weight.

    >>> homophones(n=2).preview("Is it there? I can wait a week")
    ["Is it they're? I can wait a week", 'Is it their? I can wait a week']
    """

    def edit(text: str, rng: Random) -> str | None:
        def heard(match: re.Match[str]) -> str:
            return like(match[0], pick(rng, _GROUPS[match[0].lower().replace("’", "'")]))

        return one_substituted(text, _HOMOPHONES.matches(text), heard, rng)

    return drawn("homophones", edit, n, field)


def transcript(*, field: Fields | None = None) -> Perturbation:
    """Write a text as speech recognition does: no capitals, no punctuation.

    >>> transcript().preview("Hello, it's Maria. Where's order A-1182?")
    ["hello it's maria where's order A-1182"]
    """
    return listed(
        "transcript", [lambda text: rewritten(text, lambda part: _MARKS.sub("", part).lower())], field
    )


def hesitations(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Add an English hesitation, as in verbatim transcripts: an "um", or a word said twice.

    >>> hesitations(n=2).preview("Where is my parcel?")
    ['Where is is my parcel?', 'Where is uh my parcel?']
    """

    def edit(text: str, rng: Random) -> str | None:
        def hesitated(gap: re.Match[str]) -> str:
            word = text[: gap.start()].rsplit(None, 1)[-1]
            filler = word.lower() if word.isalpha() and rng.random() < 0.5 else pick(rng, _FILLERS)
            return f" {filler} "

        return one_substituted(text, matches_in(_SPACE, text), hesitated, rng)

    return drawn("hesitations", edit, n, field)


def mojibake(*, field: Fields | None = None) -> Perturbation:
    r"""Decode UTF-8 text as Windows-1252 by mistake. Does not apply to ASCII.

    >>> mojibake().preview("El café está frío")
    ['El cafÃ© estÃ¡ frÃ\xado']
    """

    def misread(text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return "".join(_UNREAD.get(byte) or bytes([byte]).decode("cp1252") for byte in data)

    return listed("mojibake", [lambda text: rewritten(text, misread)], field)
