"""Names of people, and others in their place.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import drawn
from pytest_modelcheck.perturb.given_names import FEMALE, MALE, UNISEX
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_CAPITALISED: Final = re.compile(r"(?<!\w)(?<!\w[-])[^\W\d_]{2,}(?!\w)(?!-\w)")
_OF_A_PLACE: Final = re.compile(r"(?:\b(?:San|Santa|São|Sao|Saint|St\.?|Sankt|Fort|Port|Lake|Mount)\s+)\Z")
_BEFORE: Final = 12
_ELIDED: Final = re.compile(r"(?<!\w)(?:[dlDL]|[Qq]u)['’]\Z")
_VOWELS: Final = frozenset("AEIOUYÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜ")


def swap_names(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Other given names for those of people, of the same gender, so that grammar holds.

    Names are looked up in a list of about 250 that are common somewhere in the world. The same name gets
    the same other name throughout a text. Names that are words or places as well (Mark, Grace, Paris) are
    not touched, nor are names without a capital, parts of double names, handles and addresses.

    Args:
        n: How many variants to make.
        field: Where the text is, in an input that is more than text.

    >>> swap_names(n=2).preview("Maria paid MARIA's order (maria@x.org)")
    ["Yael paid YAEL's order (maria@x.org)", "Élodie paid ÉLODIE's order (maria@x.org)"]
    """
    return drawn("swap_names", _swapped, n, field)


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """For each name, in lower case, the names that can take its place."""
    groups: dict[str, tuple[str, ...]] = {}
    for group in (FEMALE, MALE, UNISEX):
        names = tuple(name for origin in group.values() for name in origin)
        groups.update(dict.fromkeys((name.lower() for name in names), names))
    return groups


def _swapped(text: str, rng: Random) -> str | None:
    chosen: dict[str, str] = {}
    parts: list[str] = []
    start = 0
    for match in _names_in(text):
        name = match[0].lower()
        if name not in chosen:
            taken = {name, *chosen, *(other.lower() for other in chosen.values())}
            chosen[name] = _other(match, text, rng, taken)
        other = chosen[name]
        parts += [text[start : match.start()], other.upper() if match[0].isupper() else other]
        start = match.end()
    return "".join([*parts, text[start:]]) if parts else None


def _names_in(text: str) -> Iterable[re.Match[str]]:
    groups = _groups()
    for match in found(_CAPITALISED, text):
        word = match[0]
        is_name = word[0].isupper() and (word[1:].islower() or word.isupper()) and word.lower() in groups
        if is_name and not _OF_A_PLACE.search(text, max(0, match.start() - _BEFORE), match.start()):
            yield match


def _other(match: re.Match[str], text: str, rng: Random, taken: set[str]) -> str:
    """A name for the one that was found: French elides before vowels (``d'Alice``), so one stays one."""
    options = [
        name for name in _groups()[match[0].lower()] if name not in taken and name.lower() not in taken
    ]
    if _ELIDED.search(text, max(0, match.start() - 4), match.start()):
        options = [name for name in options if name[0] in _VOWELS]
    if not options:
        raise PerturbationError("there are more names in this text than there are others to take their place")
    return pick(rng, options)
