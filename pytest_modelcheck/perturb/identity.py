"""Who somebody is: gender, country, religion, age. What a fair model does not mind.

English, but for given names. What is swapped keeps grammar and capitals, and stays the same throughout a
text.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.building import drawn
from pytest_modelcheck.perturb.kinds import Kinds
from pytest_modelcheck.perturb.lookup import Table, substituted
from pytest_modelcheck.perturb.names import others, with_other_names
from pytest_modelcheck.perturb.peoples import (
    COUNTRIES,
    COUNTRIES_WITH_THE,
    COUNTRIES_WITHOUT_A_PERSON,
    GENDERED,
    RELIGIONS,
)
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import protected
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_COUNTRIES: Final = Kinds((COUNTRIES, COUNTRIES_WITHOUT_A_PERSON, COUNTRIES_WITH_THE), capitalised=True)
_RELIGIONS: Final = Kinds((RELIGIONS,), capitalised=False)

_OTHER_GENDER: Final = Table(
    {
        **{one: other for men, women in GENDERED for one, other in ((men, women), (women, men))},
        "mum": "dad",
        "mr": "ms",
        "ms": "mr",
        "mrs": "mr",
        "he": "she",
        "she": "he",
        "him": "her",
        "hers": "his",
        "himself": "herself",
        "herself": "himself",
        "her": "his",
        "his": "her",
        "he's": "she's",
        "she's": "he's",
        "he'll": "she'll",
        "she'll": "he'll",
        "he'd": "she'd",
        "she'd": "he'd",
    },
    possessive=True,
)
_TITLES: Final = frozenset({"mr", "ms", "mrs"})
"""Titles with a capital: "200 ms" is a time."""
_NOT_OWNED: Final = re.compile(
    r"\s+(?:a|an|the|to|for|and|or|but|in|on|at|by|with|from|about|that|if|when|as|because|so|is|was|will|would"
    r"|can|could|should|who|what|yesterday|today|tomorrow|again|now|back|out|up|off|it|this|some|any|not|too"
    r"|before|after|my|your|his|her|its|our|their|one|two|three|no)\b|\s*(?:[^\w\s]|\Z)",
    re.IGNORECASE,
)
"""What follows "her" and "his" where nothing is owned: "I told her that", "the fault is his."."""

_ENDS: Final = r"(?=\s*(?:[,;.!?)](?!\d)|\Z|\s(?:and|but|now|last|this|today|yesterday)\b))"
_AGE: Final = re.compile(
    r"\b(?P<article>[Aa]n?\s+)?(?P<age>\d{1,3})(?=[\s-]years?[\s-]old\b)"
    rf"|\b(?:aged?|turned|turning)\s+(?P<after>\d{{1,3}}){_ENDS}"
    rf"|\b(?:I am|I['’]m|s?he is|s?he['’]s)\s+(?P<am>\d{{2}}){_ENDS}",
    re.IGNORECASE,
)
_GROUPS: Final = ("age", "after", "am")
_YOUNGEST: Final = 18
_OLDEST: Final = 85
_APART: Final = 10


def swap_gender(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Women for men and men for women: given names, pronouns, titles and nouns (aunt, waiter), in English.

    Args:
        n: How many variants to make; they differ in names.
        field: Where the text is, in an input that is more than text.

    >>> swap_gender().preview("Mrs. Diaz says her husband sold his car to her. He told Omar himself.")
    ['Mr. Diaz says his wife sold her car to him. She told Wanjiru herself.']
    """
    known = others(gender="other")

    def edit(text: str, rng: Random) -> str | None:
        named = with_other_names(text, rng, known)
        return _with_other_words(named or text) or named

    return drawn("swap_gender", edit, n, field)


def countries(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Other countries and nationalities, in English: Germany and German, Peru and Peruvian.

    Args:
        n: How many variants to make.
        field: Where the text is, in an input that is more than text.

    >>> countries(n=2).preview("A German bank in the Netherlands")
    ['A Thai bank in the Dominican Republic', 'A Tanzanian bank in the Czech Republic']
    """
    return drawn("countries", _COUNTRIES.swapped, n, field)


def religions(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Another religion, in English: its people, its house of worship, its book.

    Args:
        n: How many variants to make.
        field: Where the text is, in an input that is more than text.

    >>> religions(n=2).preview("As a Muslim I go to the mosque on Fridays")
    ['As a Hindu I go to the mandir on Fridays', 'As a Buddhist I go to the vihara on Fridays']
    """
    return drawn("religions", _RELIGIONS.swapped, n, field)


def ages(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Another age of an adult, at least ten years from the one given, in English.

    Args:
        n: How many variants to make.
        field: Where the text is, in an input that is more than text.

    >>> ages(n=2).preview("A 25-year-old customer ordered 25 lamps")
    ['A 36-year-old customer ordered 25 lamps', 'An 85-year-old customer ordered 25 lamps']
    """
    return drawn("ages", _aged, n, field)


def _with_other_words(text: str) -> str | None:
    def other(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in _TITLES and match[0] == word:
            return match[0]
        owns = not _NOT_OWNED.match(text, match.end())
        if word == "her" and not owns:
            return like(match[0], "him")
        if word == "his" and not owns:
            return like(match[0], "hers")
        return _OTHER_GENDER.other(match)

    return substituted(text, _OTHER_GENDER.found(text), other)


def _aged(text: str, rng: Random) -> str | None:
    alone = {(span.start, span.end) for span in protected(text) if span.kind == "number"}
    chosen: dict[str, int] = {}

    def other(match: re.Match[str]) -> str:
        group = next(name for name in _GROUPS if match[name] is not None)
        age = chosen.setdefault(match[group], _other_age(int(match[group]), rng))
        before = match[0][: match.start(group) - match.start()]
        return (_article_for(age, before) if match["article"] else before) + str(age)

    matches = [match for match in _AGE.finditer(text) if any(match.span(name) in alone for name in _GROUPS)]
    return substituted(text, matches, other)


def _article_for(age: int, article: str) -> str:
    return article[0] + ("n" if age in (11, 18) or 80 <= age < 90 else "") + article.lstrip("aAn")


def _other_age(age: int, rng: Random) -> int:
    return pick(rng, [other for other in range(_YOUNGEST, _OLDEST + 1) if abs(other - age) >= _APART])
