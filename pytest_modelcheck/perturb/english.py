"""Paraphrase English texts (contractions, spelling, abbreviations, numbers as words), or negate them.

The word tables are common knowledge of the language. They leave out pairs of which one side has another
meaning too (check and cheque, tire and tyre).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import grouped
from pytest_modelcheck.perturb.texts import Table, like, listed, matches_in, protected, substituted, ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.perturb.paths import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation


def _inflected(pairs: str, endings: str) -> dict[str, str]:
    """British words and their American forms, from stems and their endings (``-`` for none)."""
    return {
        british + ending.strip("-"): american + ending.strip("-")
        for british, american in grouped(pairs)
        for ending in endings.split()
    }


BRITISH_TO_AMERICAN: Final[dict[str, str]] = {
    **_inflected("colour/color favour/favor honour/honor labour/labor", "- s ed ing"),
    **_inflected("colour/color flavour/flavor", "ful ed"),
    **_inflected("favour/favor honour/honor", "able ably"),
    **_inflected("favourite/favorite behaviour/behavior neighbour/neighbor rumour/rumor humour/humor", "- s"),
    **_inflected("flavour/flavor harbour/harbor vapour/vapor neighbourhood/neighborhood armour/armor", "- s"),
    **_inflected(
        "centre/center theatre/theater litre/liter fibre/fiber kilometre/kilometer calibre/caliber", "- s"
    ),
    **_inflected(
        "organis/organiz apologis/apologiz realis/realiz recognis/recogniz customis/customiz", "e es ed ing"
    ),
    **_inflected(
        "authoris/authoriz finalis/finaliz prioritis/prioritiz minimis/minimiz utilis/utiliz", "e es ed ing"
    ),
    **_inflected("maximis/maximiz summaris/summariz specialis/specializ emphasis/emphasiz", "e ed ing"),
    **_inflected("organisation/organization authorisation/authorization customisation/customization", "- s"),
    **_inflected("analys/analyz paralys/paralyz", "e ed ing"),
    **_inflected(
        "cancell/cancel travell/travel labell/label modell/model signall/signal fuell/fuel", "ed ing"
    ),
    **_inflected("traveller/traveler jeweller/jeweler counsellor/counselor", "- s"),
    **_inflected(
        "catalogue/catalog dialogue/dialog programme/program doughnut/donut aeroplane/airplane", "- s"
    ),
    **_inflected("defence/defense offence/offense pretence/pretense licence/license", "- s"),
    **_inflected("mould/mold plough/plow moustache/mustache instalment/installment", "- s"),
    **_inflected("manoeuvre/maneuver acknowledgement/acknowledgment judgement/judgment", "- s"),
    **_inflected("sceptic/skeptic", "- s al ally"),
    **_inflected(
        "grey/gray aluminium/aluminum jewellery/jewelry pyjamas/pajamas maths/math ageing/aging", "-"
    ),
    **_inflected("cosy/cozy skilful/skillful wilful/willful sulphur/sulfur mum/mom", "-"),
    **_inflected("fulfil/fulfill enrol/enroll", "- s ment"),
}
# How phrases are written in a hurry.
ABBREVIATIONS: Final[dict[str, str]] = {
    "please": "pls",
    "thanks": "thx",
    "thank you": "ty",
    "you": "u",
    "your": "ur",
    "are": "r",
    "because": "bc",
    "before": "b4",
    "tomorrow": "tmrw",
    "today": "2day",
    "tonight": "2nite",
    "great": "gr8",
    "people": "ppl",
    "really": "rly",
    "probably": "prob",
    "message": "msg",
    "number": "nr",
    "account": "acct",
    "information": "info",
    "approximately": "approx",
    "appointment": "appt",
    "department": "dept",
    "regarding": "re",
    "without": "w/o",
    "with": "w/",
    "okay": "ok",
    "by the way": "btw",
    "as soon as possible": "asap",
    "in my opinion": "imo",
    "to be honest": "tbh",
    "i don't know": "idk",
    "for your information": "fyi",
    "let me know": "lmk",
    "at the moment": "atm",
    "talk to you later": "ttyl",
    "estimated time of arrival": "ETA",
    "want to": "wanna",
    "going to": "gonna",
    "got to": "gotta",
    "give me": "gimme",
    "kind of": "kinda",
}
# Short forms that stand for other things as well.
_UNCLEAR: Final = frozenset({"r", "re", "atm", "ty", "bc", "ETA", "nr"})
LONG_FORMS: Final[dict[str, str]] = {
    **{short: long for long, short in ABBREVIATIONS.items() if short not in _UNCLEAR},
    "eta": "estimated time of arrival",
}
_ONES: Final = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# The words for 0 to 99, in order.
NUMBERS: Final[tuple[str, ...]] = (
    *_ONES,
    *(f"{ten}-{one}" if place else ten for ten in _TENS for place, one in enumerate(_ONES[:10])),
)
_US: Final = Table(BRITISH_TO_AMERICAN, possessive=True)
_UK: Final = Table({us: uk for uk, us in BRITISH_TO_AMERICAN.items()}, possessive=True)
_SHORT: Final = Table(ABBREVIATIONS)
_LONG: Final = Table(LONG_FORMS)
_PRONOUN: Final = r"(?:I|you|he|she|it|we|they)"
# What is contracted must be followed by another word: "Yes, I am." has no short form.
_MORE: Final = r"(?=\s+[^\W\d_])"
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


def contractions(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    """Contract English phrases (it is: it's), or write contractions out.

    Args:
        to: ``"short"`` or ``"long"``; default: both, each a variant if it changes something.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> contractions().preview("I'm sorry, it is late and I don't know why")
    ["I'm sorry, it's late and I don't know why", 'I am sorry, it is late and I do not know why']
    >>> contractions("long").preview("Can't you see it? It's been weeks.")
    ['Can you not see it? It has been weeks.']
    """
    edits = {"short": lambda text: _rules(_CONTRACTED, text), "long": lambda text: _rules(_EXPANDED, text)}
    return ways("contractions", to, edits, field)


def spelling(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    """Change British to American spelling, and the reverse.

    Args:
        to: ``"us"`` or ``"uk"``; default: both, each a variant if it changes something.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> spelling().preview("The colour of the jewelry is gray")
    ['The color of the jewelry is gray', 'The colour of the jewellery is grey']
    """
    return ways("spelling", to, {"us": _US.replaced, "uk": _UK.replaced}, field)


def abbreviations(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    """Use the abbreviations of English chats (pls, thx, asap), or write them out.

    Args:
        to: ``"short"`` or ``"long"``; default: both, each a variant if it changes something.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> abbreviations("short").preview("Please answer as soon as possible, thanks")
    ['Pls answer asap, thx']
    >>> abbreviations("long").preview("pls tell me asap, u know")
    ['please tell me as soon as possible, you know']
    """
    return ways("abbreviations", to, {"short": _SHORT.replaced, "long": _LONG.replaced}, field)


def number_words(to: str | None = None, *, field: Fields | None = None) -> Perturbation:
    """Write counts up to 99 as English words (3 parcels: three parcels), or such words as digits.

    Numbers that are amounts, dates, times or names of things (order 1182) stay as they are.

    Args:
        to: ``"words"`` or ``"digits"``; default: both, each a variant if it changes something.
        field: The part of the input that is the text, if the input is more than text; or a list of parts.

    >>> number_words().preview("3 lamps and twenty-one cups, for 15.50 at 3:30")
    ['three lamps and twenty-one cups, for 15.50 at 3:30', '3 lamps and 21 cups, for 15.50 at 3:30']
    """
    return ways("number_words", to, {"words": _in_words, "digits": _COUNTED.replaced}, field)


def negation(*, field: Fields | None = None) -> Perturbation:
    """Negate simple English sentences: remove a "not", or add one if there is none.

    Unlike most perturbations, this one changes the meaning of a text: use it in directional tests.

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
            text = substituted(text, matches_in(pattern, text), _expanding(new)) or text
    return None if text == before else text


def _expanding(template: str) -> Callable[[re.Match[str]], str]:
    return lambda match: like(match[0], match.expand(template))


def _in_words(text: str) -> str | None:
    """The text with counts in words. Protected parts, such as code, stay as they are."""
    alone = {(span.start, span.end) for span in protected(text) if span.kind == "number"}
    matches = [match for match in _COUNT.finditer(text) if match.span() in alone]
    return substituted(text, matches, lambda match: NUMBERS[int(match[0])])


def _negated(text: str) -> str | None:
    there = matches_in(_AFFIRMED, text)
    if there:
        match = there[0]
        word = match[1] or match[2] or _IRREGULAR.get((match[3] or "").lower()) or match[4]
        return text[: match.start()] + like(match[0], word) + text[match.end() :]
    for match in matches_in(_NEGATED, text):
        return text[: match.end()] + " not" + text[match.end() :]
    for match in matches_in(_VERB, text):
        return f"{text[: match.start()]}{match[1]} do not {match[2]}{text[match.end() :]}"
    return None
