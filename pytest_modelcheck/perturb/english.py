"""Paraphrase English texts (contractions, spelling, abbreviations, numbers as words), or negate them.

The word tables are common knowledge of the language. They leave out pairs of which one side has another
meaning too (check and cheque, tire and tyre).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import grouped, paired
from pytest_modelcheck.perturb.texts import WordTable, like, listed, matches_in, protected, substituted, ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.perturb.paths import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation


# British and American stems, after the endings (``-`` for none) that both have.
_SPELLINGS: Final = """
- s ed ing: colour/color favour/favor honour/honor labour/labor
ful ed: colour/color flavour/flavor
able ably: favour/favor honour/honor
- s: favourite/favorite behaviour/behavior neighbour/neighbor rumour/rumor humour/humor flavour/flavor
- s: harbour/harbor vapour/vapor neighbourhood/neighborhood armour/armor centre/center theatre/theater
- s: litre/liter fibre/fiber kilometre/kilometer calibre/caliber
e es ed ing: organis/organiz apologis/apologiz realis/realiz recognis/recogniz customis/customiz
e es ed ing: authoris/authoriz finalis/finaliz prioritis/prioritiz minimis/minimiz utilis/utiliz
e ed ing: maximis/maximiz summaris/summariz specialis/specializ emphasis/emphasiz analys/analyz
e ed ing: paralys/paralyz
- s: organisation/organization authorisation/authorization customisation/customization
ed ing: cancell/cancel travell/travel labell/label modell/model signall/signal fuell/fuel
- s: traveller/traveler jeweller/jeweler counsellor/counselor catalogue/catalog dialogue/dialog
- s: programme/program doughnut/donut aeroplane/airplane defence/defense offence/offense
- s: pretence/pretense licence/license mould/mold plough/plow moustache/mustache
- s: instalment/installment manoeuvre/maneuver acknowledgement/acknowledgment judgement/judgment
- s al ally: sceptic/skeptic
-: grey/gray aluminium/aluminum jewellery/jewelry pyjamas/pajamas maths/math ageing/aging cosy/cozy
-: skilful/skillful wilful/willful sulphur/sulfur mum/mom
- s ment: fulfil/fulfill enrol/enroll
"""
BRITISH_TO_AMERICAN: Final = {
    british + ending.strip("-"): american + ending.strip("-")
    for endings, _, stems in (line.partition(":") for line in _SPELLINGS.strip().splitlines())
    for british, american in grouped(stems)
    for ending in endings.split()
}
# How phrases are written in a hurry. Two of them have a slash of their own.
ABBREVIATIONS: Final = {
    "with": "w/",
    "without": "w/o",
    **paired("""
please/pls, thanks/thx, thank you/ty, you/u, your/ur, are/r, because/bc, before/b4, tomorrow/tmrw,
today/2day, tonight/2nite, great/gr8, people/ppl, really/rly, probably/prob, message/msg, number/nr,
account/acct, information/info, approximately/approx, appointment/appt, department/dept, regarding/re,
okay/ok, by the way/btw, as soon as possible/asap, in my opinion/imo, to be honest/tbh, i don't know/idk,
for your information/fyi, let me know/lmk, at the moment/atm, talk to you later/ttyl,
estimated time of arrival/ETA, want to/wanna, going to/gonna, got to/gotta, give me/gimme, kind of/kinda
"""),
}
# Short forms that stand for other things as well.
_UNCLEAR: Final = frozenset({"r", "re", "atm", "ty", "bc", "ETA", "nr"})
LONG_FORMS: Final[dict[str, str]] = {
    **{short: long for long, short in ABBREVIATIONS.items() if short not in _UNCLEAR},
    "eta": "estimated time of arrival",
}
_ONES, _TEENS, _TENS = grouped("""
zero/one/two/three/four/five/six/seven/eight/nine
ten/eleven/twelve/thirteen/fourteen/fifteen/sixteen/seventeen/eighteen/nineteen
twenty/thirty/forty/fifty/sixty/seventy/eighty/ninety
""")
# The words for 0 to 99, in order.
NUMBERS: Final = (
    *_ONES,
    *_TEENS,
    *(f"{ten}-{one}" if place else ten for ten in _TENS for place, one in enumerate(_ONES)),
)
_US: Final = WordTable(BRITISH_TO_AMERICAN, possessive=True)
_UK: Final = WordTable({us: uk for uk, us in BRITISH_TO_AMERICAN.items()}, possessive=True)
_SHORT: Final = WordTable(ABBREVIATIONS)
_LONG: Final = WordTable(LONG_FORMS)
_AUXILIARY: Final = "do|does|did|is|are|was|were|has|have|had|could|should|would"
_PRONOUN: Final = "I|you|he|she|it|we|they"
# What is contracted must be followed by another word: "Yes, I am." has no short form.
_MORE: Final = r"\b(?=\s+[^\W\d_])"


def _compiled(*rules: tuple[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"\b{pattern}", re.IGNORECASE), new) for pattern, new in rules]


_CONTRACTED: Final = _compiled(
    (r"cannot\b", "can't"),
    (r"will not\b", "won't"),
    (rf"({_AUXILIARY}) not\b", r"\1n't"),
    (r"(I) am" + _MORE, r"\1'm"),
    (r"(you|we|they) are" + _MORE, r"\1're"),
    (r"(he|she|it|that|what|where|who|there|here) is\b(?!\s+n)" + _MORE, r"\1's"),
    (r"(I|you|we|they) have (?=(?:\w+ed|been|got|had|not|never|already|just)\b)", r"\1've "),
    (rf"({_PRONOUN}) will" + _MORE, r"\1'll"),
    (r"(I|you|he|she|we|they) would" + _MORE, r"\1'd"),
    ("let us" + _MORE, "let's"),
)
_EXPANDED: Final = _compiled(
    (rf"can['’]t ({_PRONOUN})\b", r"can \1 not"),
    (rf"won['’]t ({_PRONOUN})\b", r"will \1 not"),
    (rf"({_AUXILIARY})n['’]t ({_PRONOUN})\b", r"\1 \2 not"),
    (r"can['’]t\b", "cannot"),
    (r"won['’]t\b", "will not"),
    (rf"({_AUXILIARY})n['’]t\b", r"\1 not"),
    (r"(I)['’]m\b", r"\1 am"),
    (r"(you|we|they)['’]re\b", r"\1 are"),
    (r"(he|she|it|that|what|where|who|there)['’]s (?=(?:been|got|had)\b)", r"\1 has "),
    (r"(he|she|it|that|what|where|who|there|here)['’]s\b", r"\1 is"),
    (r"(I|you|we|they)['’]ve\b", r"\1 have"),
    (rf"({_PRONOUN})['’]ll\b", r"\1 will"),
    (r"(I|you|he|she|we|they)['’]d (?=(?:better|been|\w+ed)\b)", r"\1 had "),
    (r"(I|you|he|she|we|they)['’]d\b", r"\1 would"),
    (r"let['’]s\b", "let us"),
)
_COUNT: Final = re.compile(
    r"(?<![\w.,:/#€$£¥+\-@'’])\d{1,2}(?=\s+[^\W\d_])(?!\s*(?:am|pm|a\.m|p\.m|st|nd|rd|th)\b)"
)
_COUNTED: Final = WordTable({word: str(number) for number, word in enumerate(NUMBERS) if number != 1})
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

    def edit(rules: list[tuple[re.Pattern[str], str]]) -> Callable[[str], str | None]:
        return lambda text: _rewritten(text, rules)

    return ways("contractions", to, {"short": edit(_CONTRACTED), "long": edit(_EXPANDED)}, field)


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


def _rewritten(text: str, rules: list[tuple[re.Pattern[str], str]]) -> str | None:
    before = text
    for pattern, new in rules:
        if pattern.search(text):
            expanded = partial(_expanded, new)
            text = substituted(text, matches_in(pattern, text), expanded) or text
    return None if text == before else text


def _expanded(template: str, match: re.Match[str]) -> str:
    return like(match[0], match.expand(template))


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
