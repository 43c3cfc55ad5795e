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
from pytest_modelcheck.perturb.lookup import substituted
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_CAPITALISED: Final = re.compile(r"(?<!\w)(?<!\w[-])[^\W\d_]{2,}(?!\w)(?!-\w)")
_OF_A_PLACE: Final = re.compile(r"(?:\b(?:San|Santa|São|Sao|Saint|St\.?|Sankt|Fort|Port|Lake|Mount)\s+)\Z")
_BEFORE: Final = 12
_GENDERS: Final = ("same", "other")
_ELIDED: Final = re.compile(r"(?<!\w)(?:[dlDL]|[Qq]u)['’]\Z")
_VOWELS: Final = frozenset("AEIOUYÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜ")


def swap_names(
    n: int = 1, *, origin: str | None = None, gender: str = "same", field: Field | None = None
) -> Perturbation:
    """Other given names for those of people, of the same gender, so that grammar holds.

    Names are looked up in a list of about 250 that are common somewhere in the world. The same name gets
    the same other name throughout a text. Names that are words or places as well (Mark, Grace, Paris) are
    not touched, nor are names without a capital, parts of double names, handles and addresses.

    Args:
        n: How many variants to make.
        origin: Where the other names come from: ``"arabic"``, ``"spanish"``, ``"east asian"``, … (default:
            anywhere).
        gender: ``"same"`` or ``"other"``. Unisex names stay unisex.
        field: Where the text is, in an input that is more than text.

    >>> swap_names(n=2).preview("Maria paid MARIA's order (maria@x.org)")
    ["Yael paid YAEL's order (maria@x.org)", "Élodie paid ÉLODIE's order (maria@x.org)"]
    >>> swap_names(origin="arabic").preview("Emily paid")
    ['Amina paid']
    """
    if origin is not None and origin not in FEMALE:
        raise PerturbationError(f"swap_names(origin={origin!r}): there are {', '.join(map(repr, FEMALE))}")
    if gender not in _GENDERS:
        raise PerturbationError(f"swap_names(gender={gender!r}): there are {', '.join(map(repr, _GENDERS))}")
    shown = [f"origin={origin!r}"] * (origin is not None) + [f"gender={gender!r}"] * (gender != "same")
    name = f"swap_names({', '.join(shown)})" if shown else "swap_names"
    return drawn(name, lambda text, rng: with_other_names(text, rng, others(origin, gender)), n, field)


@cache
def others(origin: str | None = None, gender: str = "same") -> Mapping[str, tuple[str, ...]]:
    """For each name that is known, in lower case, the names that can take its place.

    >>> others(origin="hebrew")["maria"]
    ('Noa', 'Tamar', 'Yael', 'Shira', 'Rivka')
    """
    groups = (FEMALE, MALE) if gender == "same" else (MALE, FEMALE)
    known: dict[str, tuple[str, ...]] = {}
    for from_group, to_group in zip((FEMALE, MALE), groups, strict=True):
        known.update(dict.fromkeys(_lowered(from_group), _names(to_group, origin)))
    known.update(dict.fromkeys(_lowered(UNISEX), _names(UNISEX, None)))
    return known


def with_other_names(text: str, rng: Random, known: Mapping[str, tuple[str, ...]]) -> str | None:
    """The text with another name for each that is known, or ``None`` where that cannot be done."""
    chosen: dict[str, str] = {}
    matches = [match for match in found(_CAPITALISED, text) if _is_name(match, text, known)]
    there = {match[0].lower() for match in matches}
    for match in matches:
        name = match[0].lower()
        if name not in chosen:
            taken = there | {other.lower() for other in chosen.values()}
            options = _options(match, text, known[name], taken)
            if not options:
                return None
            chosen[name] = pick(rng, options)
    return substituted(text, matches, lambda match: like(match[0], chosen[match[0].lower()]))


def _names(group: Mapping[str, tuple[str, ...]], origin: str | None) -> tuple[str, ...]:
    return group[origin] if origin is not None else tuple(name for names in group.values() for name in names)


def _lowered(group: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name.lower() for name in _names(group, None)]


def _is_name(match: re.Match[str], text: str, known: Mapping[str, tuple[str, ...]]) -> bool:
    word = match[0]
    capitalised = word[0].isupper() and (word[1:].islower() or word.isupper())
    return (
        capitalised
        and word.lower() in known
        and not _OF_A_PLACE.search(text, max(0, match.start() - _BEFORE), match.start())
    )


def _options(match: re.Match[str], text: str, names: tuple[str, ...], taken: set[str]) -> list[str]:
    """The names that could stand there: French elides before vowels (``d'Alice``), so one stays one."""
    options = [name for name in names if name.lower() not in taken]
    if _ELIDED.search(text, max(0, match.start() - 4), match.start()):
        options = [name for name in options if name[0] in _VOWELS]
    return options
