"""Tables of English words: spellings, short forms, homophones, numbers.

Common knowledge of the language. Pairs of which one side means something else as well (check and cheque,
tire and tyre) are left out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final


def _inflected(pairs: str, endings: str) -> dict[str, str]:
    """American words by British ones, of stems with a slash between and the endings of both (- for none)."""
    stems = [pair.split("/") for pair in pairs.split()]
    return {
        british + ending.strip("-"): american + ending.strip("-")
        for british, american in stems
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
"""How phrases are written in a hurry."""

_UNCLEAR: Final = frozenset({"r", "re", "atm", "ty", "bc", "ETA", "nr"})
"""Short forms that stand for other things as well."""
LONG_FORMS: Final[dict[str, str]] = {
    **{short: long for long, short in ABBREVIATIONS.items() if short not in _UNCLEAR},
    "eta": "estimated time of arrival",
}

HOMOPHONES: Final[tuple[tuple[str, ...], ...]] = (
    ("there", "their", "they're"),
    ("your", "you're"),
    ("its", "it's"),
    ("to", "too", "two"),
    ("hear", "here"),
    ("buy", "by", "bye"),
    ("right", "write"),
    ("know", "no"),
    ("week", "weak"),
    ("weather", "whether"),
    ("new", "knew"),
    ("wait", "weight"),
    ("mail", "male"),
    ("sale", "sail"),
    ("break", "brake"),
    ("piece", "peace"),
    ("price", "prize"),
    ("for", "four"),
    ("won", "one"),
    ("would", "wood"),
    ("which", "witch"),
    ("where", "wear"),
    ("allowed", "aloud"),
    ("cell", "sell"),
    ("cent", "sent", "scent"),
    ("site", "sight", "cite"),
    ("fair", "fare"),
    ("hole", "whole"),
    ("hour", "our"),
    ("meet", "meat"),
    ("pair", "pear"),
    ("past", "passed"),
    ("plane", "plain"),
    ("role", "roll"),
    ("seen", "scene"),
    ("than", "then"),
    ("through", "threw"),
    ("waste", "waist"),
    ("weigh", "way"),
    ("accept", "except"),
    ("affect", "effect"),
)

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
NUMBERS: Final[tuple[str, ...]] = (
    *_ONES,
    *(f"{ten}-{one}" if place else ten for ten in _TENS for place, one in enumerate(_ONES[:10])),
)
"""The words for 0 to 99, in order."""
