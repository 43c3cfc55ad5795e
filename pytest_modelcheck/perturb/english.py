"""Ways to write the same in English, and one to say the opposite.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import listed
from pytest_modelcheck.perturb.english_words import ABBREVIATIONS, BRITISH_TO_AMERICAN, LONG_FORMS, NUMBERS
from pytest_modelcheck.perturb.lookup import Table, substituted, ways
from pytest_modelcheck.perturb.spans import found, protected
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_US: Final = Table(BRITISH_TO_AMERICAN, possessive=True)
_UK: Final = Table({us: uk for uk, us in BRITISH_TO_AMERICAN.items()}, possessive=True)
_SHORT: Final = Table(ABBREVIATIONS)
_LONG: Final = Table(LONG_FORMS)

_PRONOUN: Final = r"(?:I|you|he|she|it|we|they)"
_MORE: Final = r"(?=\s+[^\W\d_])"
"""What is contracted must be followed by another word: "Yes, I am." has no short form."""
_CONTRACTED: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), new)
    for pattern, new in (
        (r"\bcannot\b", "can't"),
        (r"\bwill not\b", "won't"),
        (r"\b(do|does|did|is|are|was|were|has|have|had|could|should|would) not\b", r"\1n't"),
        (r"\b(I) am\b" + _MORE, r"\1'm"),
        (r"\b(you|we|they) are\b" + _MORE, r"\1're"),
        (r"\b(he|she|it|that|what|where|who|there|here) is\b(?!\s+n)" + _MORE, r"\1's"),
        (r"\b(I|you|we|they) have (?=(?:\w+ed|been|got|had|not|never|already|just)\b)", r"\1've "),
        (r"\b(I|you|he|she|it|we|they) will\b" + _MORE, r"\1'll"),
        (r"\b(I|you|he|she|we|they) would\b" + _MORE, r"\1'd"),
        (r"\blet us\b" + _MORE, "let's"),
    )
)
_EXPANDED: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), new)
    for pattern, new in (
        (rf"\bcan['’]t ({_PRONOUN})\b", r"can \1 not"),
        (rf"\bwon['’]t ({_PRONOUN})\b", r"will \1 not"),
        (
            rf"\b(do|does|did|is|are|was|were|has|have|had|could|should|would)n['’]t ({_PRONOUN})\b",
            r"\1 \2 not",
        ),
        (r"\bcan['’]t\b", "cannot"),
        (r"\bwon['’]t\b", "will not"),
        (r"\b(do|does|did|is|are|was|were|has|have|had|could|should|would)n['’]t\b", r"\1 not"),
        (r"\b(I)['’]m\b", r"\1 am"),
        (r"\b(you|we|they)['’]re\b", r"\1 are"),
        (r"\b(he|she|it|that|what|where|who|there)['’]s (?=(?:been|got|had)\b)", r"\1 has "),
        (r"\b(he|she|it|that|what|where|who|there|here)['’]s\b", r"\1 is"),
        (r"\b(I|you|we|they)['’]ve\b", r"\1 have"),
        (r"\b(I|you|he|she|it|we|they)['’]ll\b", r"\1 will"),
        (r"\b(I|you|he|she|we|they)['’]d (?=(?:better|been|\w+ed)\b)", r"\1 had "),
        (r"\b(I|you|he|she|we|they)['’]d\b", r"\1 would"),
        (r"\blet['’]s\b", "let us"),
    )
)

_COUNT: Final = re.compile(
    r"(?<![\w.,:/#€$£¥+\-@'’])\d{1,2}(?=\s+[^\W\d_])(?!\s*(?:am|pm|a\.m|p\.m|st|nd|rd|th)\b)"
)
_COUNTED: Final = Table({word: str(number) for number, word in enumerate(NUMBERS) if number != 1})
_NEGATED: Final = re.compile(
    r"\b(?P<aux>am|is|are|was|were|can|could|will|would|should|must|do|does|did)\b(?P<pronoun>\s+(?:I|you|he|she|it|we|they)\b)?"
    r"(?!\s+not\b)(?!['’])",
    re.IGNORECASE,
)
_AFFIRMED: Final = re.compile(
    r"\b(can)not\b|\b(\w+)\s+not\b|\b(ca|wo)n['’]t\b|\b(\w+?)n['’]t\b", re.IGNORECASE
)
_IRREGULAR: Final = {"ca": "can", "wo": "will"}
_VERB: Final = re.compile(
    r"\b(I|we|they|you)\s+(want|like|need|love|hate|think|know|recommend|agree|understand|trust|accept|have|get|see|use)\b",
    re.IGNORECASE,
)


def contractions(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    """English contractions made (it is, it's) or written out.

    Args:
        to: ``"short"`` or ``"long"``; by default both, each a variant where it changes something.
        field: Where the text is, in an input that is more than text.

    >>> contractions().preview("I'm sorry, it is late and I don't know why")
    ["I'm sorry, it's late and I don't know why", 'I am sorry, it is late and I do not know why']
    >>> contractions("long").preview("Can't you see it? It's been weeks.")
    ['Can you not see it? It has been weeks.']
    """
    edits = {"short": lambda text: _rules(_CONTRACTED, text), "long": lambda text: _rules(_EXPANDED, text)}
    return ways("contractions", to, edits, field)


def spelling(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    """British or American spelling.

    Args:
        to: ``"us"`` or ``"uk"``; by default both, each a variant where it changes something.
        field: Where the text is, in an input that is more than text.

    >>> spelling().preview("The colour of the jewelry is gray")
    ['The color of the jewelry is gray', 'The colour of the jewellery is grey']
    """
    return ways("spelling", to, {"us": _US.replaced, "uk": _UK.replaced}, field)


def abbreviations(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    """The short forms of English chats (pls, thx, asap), used or written out.

    Args:
        to: ``"short"`` or ``"long"``; by default both, each a variant where it changes something.
        field: Where the text is, in an input that is more than text.

    >>> abbreviations("short").preview("Please answer as soon as possible, thanks")
    ['Pls answer asap, thx']
    >>> abbreviations("long").preview("pls tell me asap, u know")
    ['please tell me as soon as possible, you know']
    """
    return ways("abbreviations", to, {"short": _SHORT.replaced, "long": _LONG.replaced}, field)


def number_words(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    """Counts up to 99 as English words (3 parcels, three parcels), or words as digits.

    Numbers that are amounts, dates, times or names of things (order 1182) stay as they are.

    Args:
        to: ``"words"`` or ``"digits"``; by default both, each a variant where it changes something.
        field: Where the text is, in an input that is more than text.

    >>> number_words().preview("3 lamps and twenty-one cups, for 15.50 at 3:30")
    ['three lamps and twenty-one cups, for 15.50 at 3:30', '3 lamps and 21 cups, for 15.50 at 3:30']
    """
    return ways("number_words", to, {"words": _in_words, "digits": _COUNTED.replaced}, field)


def negation(*, field: Field | None = None) -> Perturbation:
    """The opposite, in simple English sentences: a "not" taken away if there is one, else put in.

    Unlike most, it changes what a text means: for directional tests.

    >>> negation().preview("The parcel is late")
    ['The parcel is not late']
    >>> negation().preview("I don't like it"), negation().preview("We want a refund")
    (['I do like it'], ['We do not want a refund'])
    """
    return listed("negation", [_negated], field)


def _rules(rules: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    before = text
    for pattern, new in rules:
        if pattern.search(text):
            text = substituted(text, found(pattern, text), _expanding(new)) or text
    return None if text == before else text


def _expanding(template: str) -> Callable[[re.Match[str]], str]:
    return lambda match: like(match[0], match.expand(template))


def _in_words(text: str) -> str | None:
    """The text with counts in words. What else is left alone, such as code, is left alone here too."""
    alone = {(span.start, span.end) for span in protected(text) if span.kind == "number"}
    matches = [match for match in _COUNT.finditer(text) if match.span() in alone]
    return substituted(text, matches, lambda match: NUMBERS[int(match[0])])


def _negated(text: str) -> str | None:
    there = found(_AFFIRMED, text)
    if there:
        match = there[0]
        word = match[1] or match[2] or _IRREGULAR.get((match[3] or "").lower()) or match[4]
        return text[: match.start()] + like(match[0], word) + text[match.end() :]
    for match in found(_NEGATED, text):
        return text[: match.end()] + " not" + text[match.end() :]
    for match in found(_VERB, text):
        return f"{text[: match.start()]}{match[1]} do not {match[2]}{text[match.end() :]}"
    return None
