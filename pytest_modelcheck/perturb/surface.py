"""Change how a text is set: capitals, white space, punctuation, characters, the order of its sentences."""

from __future__ import annotations

import re
import unicodedata
from operator import add
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_fraction, grouped, pick, shuffled, with_edits
from pytest_modelcheck.perturb.texts import drawn, listed, matches_in, protected, rewritten, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from pytest_modelcheck.perturb.paths import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation


_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GAP: Final = re.compile(r"(?<=\S) (?=\S)")
_FINAL: Final = re.compile(r"[.!?…。！？]+(?=[\"'”’»)\]]*\s*\Z)")
_COMMA: Final = re.compile(r"[,;，、；]")
_OPENING: Final = re.compile(r"[¿¡]")
_EAST_ASIAN_END: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]\s*\Z")


_CASES: Final[dict[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": lambda text: _WORD.sub(lambda match: match[0][0].upper() + match[0][1:].lower(), text),
    "swap": str.swapcase,
}


def casing(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    """Change capitals. Without ``to``, two variants: all lower case, and all upper case.

    Numbers, addresses, placeholders, code, handles and tags stay as they are.

    Args:
        to: ``"lower"``, ``"upper"``, ``"title"`` or ``"swap"``.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> casing().preview("Refund order 12kg to {name}")
    ['refund order 12kg to {name}', 'REFUND ORDER 12kg TO {name}']
    >>> casing("title").preview("it's not what I ordered")
    ["It's Not What I Ordered"]
    """

    def edit(case: str) -> Callable[[str], str]:
        return lambda text: rewritten(text, _CASES[case])

    if to is None:
        return listed("casing", [edit("lower"), edit("upper")], field)
    return ways("casing", to, {case: edit(case) for case in _CASES}, field)


def whitespace(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    r"""Change white space without meaning: double a space, make it a tab or a line end, or pad the text.

    >>> whitespace(n=3).preview("Where is my parcel?")
    ['Where is my parcel?  ', 'Where\tis my parcel?', 'Where is my parcel?\n']
    """

    def edit(text: str, rng: Random) -> str | None:
        if not text:
            return None
        gaps = matches_in(_GAP, text)
        kinds = [" {}", "{} ", "{}  ", "{}\n"] + ["  ", "  ", "\t", "\n"] * bool(gaps)
        kind = pick(rng, kinds)
        if "{}" in kind:
            return kind.replace("{}", text)
        gap = pick(rng, gaps)
        return text[: gap.start()] + kind + text[gap.end() :]

    return drawn("whitespace", edit, n, field)


def punctuation(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Make the punctuation careless.

    The variants, in this order, as far as they apply: drop the final mark, or add a full stop if there is
    none; drop the commas; repeat the final mark; drop the Spanish opening marks.

    Args:
        n: The number of variants, at most 4.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> punctuation().preview("Where is my parcel?"), punctuation().preview("I want my money back")
    (['Where is my parcel'], ['I want my money back.'])
    >>> punctuation(n=4).preview("Hola, ¿dónde está?")
    ['Hola, ¿dónde está', 'Hola ¿dónde está?', 'Hola, ¿dónde está???', 'Hola, dónde está?']
    """
    if type(n) is not int or not 1 <= n <= len(_CARELESS):
        raise PerturbationError(f"punctuation(n={n!r}): there are 1 to {len(_CARELESS)} variants")
    return listed("punctuation", _CARELESS[:n], field)


def _final_toggled(text: str) -> str | None:
    for final in matches_in(_FINAL, text):
        return text[: final.start()] + text[final.end() :]
    body = text.rstrip()
    last = [span.kind for span in protected(body) if span.end == len(body)]
    if not body or last in (["address"], ["code"], ["placeholder"]):
        return None
    return body + ("。" if _EAST_ASIAN_END.search(body) else ".") + text[len(body) :]


def _final_repeated(text: str) -> str | None:
    for final in matches_in(_FINAL, text):
        return text[: final.end()] + final[0][-1] * 2 + text[final.end() :]
    return None


_CARELESS: Final[list[Callable[[str], str | None]]] = [
    _final_toggled,
    lambda text: rewritten(text, lambda part: _COMMA.sub("", part)),
    _final_repeated,
    lambda text: rewritten(text, lambda part: _OPENING.sub("", part)),
]


LOOKALIKES: Final = str.maketrans("aceijopsxyABCEHIKMNOPTXYZ", "асеіјорѕхуАВСЕНІКМΝОРТХΥΖ")
_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_WIDE: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_NARROW: Final = {wide: narrow for narrow, wide in _WIDE.items()}
_UNMARKED: Final = {
    ord(letter): plain for letter, plain in grouped("ß/ss æ/ae Æ/AE œ/oe Œ/OE ø/o Ø/O ł/l Ł/L đ/d ı/i")
}
_MARKED: Final = re.compile(
    "(?:[A-Za-z\u0370-\u03ff\u05d0-\u05ea\u0621-\u064a\u0671-\u06d3])[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]+"
)
_INSIDE: Final = re.compile(r"(?<=[^\W\d_])(?=[^\W\d_])")
_PLAIN: Final = re.compile("[^\\W\\d_]")


def diacritics(*, field: Fields | None = None) -> Perturbation:
    """Drop accents, as on a foreign keyboard, and the optional vowel points of Arabic and Hebrew.

    Marks that are part of the spelling in their scripts (Devanagari, Thai, the breve of Cyrillic) stay.

    >>> diacritics().preview("¿Dónde está el señor Łukasz Groß?")
    ['¿Donde esta el senor Lukasz Gross?']
    """

    def without_marks(text: str) -> str:
        # Letters such as ø and ł have no decomposition in Unicode, so they are translated first.
        decomposed = unicodedata.normalize("NFD", text.translate(_UNMARKED))
        return unicodedata.normalize("NFC", _MARKED.sub(lambda match: match[0][0], decomposed))

    return listed("diacritics", [lambda text: rewritten(text, without_marks)], field)


def normal_form(*, field: Fields | None = None) -> Perturbation:
    """Encode the same text differently: accented letters as a letter and a mark, or the reverse.

    Unicode and readers see the same text (forms NFC and NFD); a program that compares characters does not.

    >>> (made,) = normal_form().preview("está")
    >>> len("está"), len(made)
    (4, 5)
    """

    def edit(text: str) -> str:
        # Whichever form the text does not have, so that something changes.
        form = "NFD" if unicodedata.is_normalized("NFC", text) else "NFC"
        return rewritten(text, lambda part: unicodedata.normalize(form, part))  # type: ignore[arg-type]

    return listed("normal_form", [edit], field)


def homoglyphs(n: int = 1, *, edits: int = 1, field: Fields | None = None) -> Perturbation:
    r"""Replace letters by lookalikes of other alphabets (Latin a by Cyrillic а).

    Args:
        n: The number of variants.
        edits: The number of letters to replace in each variant.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> [ascii(text) for text in homoglyphs().preview("Where is my parcel?")]
    ["'Where \\u0456s my parcel?'"]
    """
    return drawn(with_edits("homoglyphs", edits), _translated(LOOKALIKES, edits), n, field)


def leetspeak(n: int = 1, *, edits: int = 3, field: Fields | None = None) -> Perturbation:
    r"""Write letters as digits: 4 for a, 3 for e, 1 for i, 0 for o, 5 for s, 7 for t.

    Args:
        n: The number of variants.
        edits: The number of letters to replace in each variant.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> leetspeak().preview("Where is my parcel?")
    ['Wh3re is my p4rc3l?']
    """
    return drawn(with_edits("leetspeak", edits, 3), _translated(_LEET, edits), n, field)


def zero_width(n: int = 1, *, edits: int = 1, field: Fields | None = None) -> Perturbation:
    r"""Insert a zero-width space into a word: invisible, but another word to a tokenizer.

    Args:
        n: The number of variants.
        edits: The number of insertions in each variant.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> [ascii(text) for text in zero_width().preview("Where is my parcel?")]
    ["'Wh\\u200bere is my parcel?'"]
    """

    def edit(text: str, rng: Random) -> str | None:
        places = [match.start() for match in matches_in(_INSIDE, text)]
        # From the end, since each insertion moves what comes after it.
        for place in sorted(_some(places, edits, rng), reverse=True):
            text = text[:place] + "\u200b" + text[place:]
        return text

    return drawn(with_edits("zero_width", edits), edit, n, field)


def width(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    r"""Use the full-width Latin letters and signs of East Asian input methods, or the reverse.

    Args:
        to: ``"full"`` or ``"half"``; default: both, each a variant if it changes something.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> width().preview("OK, 注文は？")
    ['ＯＫ，\u3000注文は？', 'OK, 注文は?']
    """
    edits: Mapping[str, Callable[[str], str | None]] = {
        "full": lambda text: rewritten(text, lambda part: part.translate(_WIDE)),
        "half": lambda text: rewritten(text, lambda part: part.translate(_NARROW)),
    }
    return ways("width", to, edits, field)


def _translated(table: Mapping[int, int], edits: int) -> Callable[[str, Random], str | None]:
    def edit(text: str, rng: Random) -> str | None:
        places = [match.start() for match in matches_in(_PLAIN, text) if ord(match[0]) in table]
        characters = list(text)
        for place in _some(places, edits, rng):
            characters[place] = chr(table[ord(characters[place])])
        return "".join(characters)

    return edit


def _some(places: list[int], number: int, rng: Random) -> list[int]:
    """Some of the places, or all where there are not more."""
    rest = list(places)
    return [rest.pop(pick(rng, range(len(rest)))) for _ in range(min(number, len(rest)))]


_BETWEEN: Final = re.compile(
    r"""(?<=[.!?…]) (?<!\b[A-Z]\.) (?<!\b[a-z]\.[a-z]\.) (?<!\b(?:Mr|Ms|Dr|St|vs|Sr|Fr|Hr)\.)
        (?<!\b(?:Mrs|Sra|Mme)\.) (?<!\bProf\.) ["'”’»)]*\s+ (?=\S)
    |   (?<=[。！？]) (?=\S)""",
    re.VERBOSE,
)


def truncate(keep: float = 0.8, *, field: Fields | None = None) -> Perturbation:
    """Cut off the end of the text, between words, and never inside an address, a number or code.

    Args:
        keep: The fraction of the characters that stays, at most.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> truncate(0.5).preview("Where is my parcel? I ordered it in May.")
    ['Where is my parcel?']
    """
    check_fraction("truncate", keep)

    def edit(text: str) -> str | None:
        end = int(len(text) * keep)
        for span in protected(text):
            if span.start < end < span.end:
                end = span.start
        if end < len(text) and not text[end].isspace():
            # In scripts without spaces, anywhere.
            end = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end), 0) or end
        return text[:end].rstrip() or None

    return listed("truncate" if keep == 0.8 else called("truncate", keep), [edit], field)


def sentence_order(n: int = 1, *, field: Fields | None = None) -> Perturbation:
    """Reorder the sentences of the text. Does not apply to a single sentence.

    A title, an initial or "e.g." ends none.

    >>> sentence_order().preview("Hi. I want a refund. The lamp is broken.")
    ['I want a refund. Hi. The lamp is broken.']
    """

    def edit(text: str, rng: Random) -> str | None:
        gaps = matches_in(_BETWEEN, text)
        if not gaps:
            return None
        starts, ends = [0, *(gap.end() for gap in gaps)], [*(gap.start() for gap in gaps), len(text)]
        sentences = shuffled([text[start:end] for start, end in zip(starts, ends, strict=True)], rng)
        separators = [*(gap[0] for gap in gaps), ""]
        return "".join(map(add, sentences, separators))

    return drawn("sentence_order", edit, n, field)
