"""Things of one kind, each with its words, of which one can stand for another.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.perturb.lookup import substituted
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pytest_modelcheck.perturb.peoples import Row

_ARTICLE: Final = re.compile(r"\b[Aa](n?)\s+\Z")
_NO_VOWEL: Final = ("Uk", "Ug", "Un", "Eu")
"""How words begin that begin with a vowel to the eye alone: a Ukrainian."""


class Kinds:
    """Groups of rows; in each group, the words in one column can stand for one another.

    Args:
        groups: The groups.
        capitalised: Whether the words are only meant where they have a capital (Polish, not polish).
    """

    def __init__(self, groups: Sequence[Sequence[Row]], *, capitalised: bool) -> None:
        self._groups = groups
        self._capitalised = capitalised
        self._places = {
            word.lower(): (group, row, column)
            for group in groups
            for row in group
            for column, word in reversed(list(enumerate(row)))
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = [word for group in self._groups for row in group for word in row]
        if self._capitalised:
            words += [word.upper() for word in words]
        longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", 0 if self._capitalised else re.IGNORECASE)

    def swapped(self, text: str, rng: Random) -> str | None:
        """The text with another row for each that occurs, or ``None`` where none does or can."""
        matches = found(self._pattern, text)
        chosen: dict[Row, Row] = {}
        for match in matches:
            group, row, _ = self._places[match[0].lower()]
            if row not in chosen:
                options = [other for other in group if other not in (*chosen, *chosen.values(), row)]
                options = [other for other in options if self._fits(other, row, matches, text)]
                if not options:
                    return None
                chosen[row] = pick(rng, options)
        return substituted(text, matches, lambda match: self._other(match, chosen))

    def _other(self, match: re.Match[str], chosen: dict[Row, Row]) -> str:
        _, row, column = self._places[match[0].lower()]
        return like(match[0], chosen[row][column])

    def _fits(self, other: Row, row: Row, matches: list[re.Match[str]], text: str) -> bool:
        """Whether the article before each word of a row, if there is one, suits the other row too."""
        for match in matches:
            _, there, column = self._places[match[0].lower()]
            article = _ARTICLE.search(text, max(0, match.start() - 5), match.start())
            if there is row and article and bool(article[1]) != _begins_with_vowel(other[column]):
                return False
        return True


def _begins_with_vowel(word: str) -> bool:
    return word[0] in "AEIOUaeiou" and not word.startswith(_NO_VOWEL)
