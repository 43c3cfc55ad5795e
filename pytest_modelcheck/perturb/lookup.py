"""Words and phrases looked up in a table, and what stands beside them put in their place.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, listed
from pytest_modelcheck.perturb.spans import found
from pytest_modelcheck.perturb.wording import like

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation


class Table:
    """Words by words, in lower case; found before a possessive 's where that is said.

    >>> table = Table({"colour": "color", "grey": "gray"})
    >>> table.replaced("Grey, colourful, COLOUR"), table.replaced("blue")
    ('Gray, colourful, COLOR', None)
    """

    def __init__(self, words: Mapping[str, str], *, possessive: bool = False) -> None:
        self.words = words
        self._after = r"(?!\w|['’](?!s\b))" if possessive else r"(?![\w'’])"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds any of the words, the longest first, where it is not part of a longer one."""
        longest_first = sorted(self.words, key=len, reverse=True)
        words = "|".join(map(re.escape, longest_first)).replace("'", "['’]")
        return re.compile(rf"(?<![\w'’])(?:{words}){self._after}", re.IGNORECASE)

    def found(self, text: str) -> list[re.Match[str]]:
        """Where words of the table stand, outside of what is left alone."""
        return found(self.pattern, text)

    def other(self, match: re.Match[str]) -> str:
        """What stands beside a word that was found, in its capitals."""
        return like(match[0], self.words[match[0].lower().replace("’", "'")])

    def replaced(self, text: str) -> str | None:
        """The text with all words replaced that are in the table, or ``None`` where there are none."""
        return substituted(text, self.found(text), self.other)


def substituted(
    text: str, matches: list[re.Match[str]], becomes: Callable[[re.Match[str]], str]
) -> str | None:
    """The text with something else for each match, or ``None`` where there are none."""
    parts: list[str] = []
    start = 0
    for match in matches:
        parts += [text[start : match.start()], becomes(match)]
        start = match.end()
    return "".join([*parts, text[start:]]) if parts else None


def ways(
    name: str, to: str | None, edits: Mapping[str, Callable[[str], str | None]], field: Field | None
) -> Perturbation:
    """A perturbation that goes one of several ways; without ``to``, each way is a variant."""
    if to is not None and to not in edits:
        raise PerturbationError(f"{name}({to!r}): there are {', '.join(map(repr, edits))}")
    chosen = [edits[to]] if to is not None else list(edits.values())
    return listed(name if to is None else called(name, to), chosen, field)
