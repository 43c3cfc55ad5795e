"""Two texts, word by word: what stayed, what went, what came.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Mark = Callable[[str, "Fate"], str]

Fate = Literal["same", "gone", "new"]

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w+")
_LIKE: Final = 0.4
_WORDS: Final = 2
"""Texts less alike than this (difflib's ratio), or with fewer words in common, are two texts, not one."""


def bracketed(text: str, fate: Fate) -> str:
    """Mark a piece as ``git diff --word-diff`` does, where there is no colour.

    >>> bracketed("old", "gone"), bracketed("new", "new"), bracketed("kept", "same")
    ('[-old-]', '{+new+}', 'kept')
    """
    return {"same": text, "gone": f"[-{text}-]", "new": f"{{+{text}+}}"}[fate]


def pieces(then: str, now: str) -> list[tuple[Fate, str]] | None:
    """The newer text with what went still in it, or ``None`` where the two have too little in common.

    >>> pieces("due on Monday", "due on Friday")
    [('same', 'due on '), ('gone', 'Monday'), ('new', 'Friday')]
    >>> pieces("refund", "other") is None
    True
    """
    old, new = _TOKEN.findall(then), _TOKEN.findall(now)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.quick_ratio() < _LIKE or matcher.ratio() < _LIKE:
        return None
    found = list(_joined(matcher, old, new))
    kept = sum(len(_WORD.findall(text)) for fate, text in found if fate == "same")
    return found if kept >= _WORDS else None


def marked(then: str, now: str, mark: Mark = bracketed) -> tuple[str, str] | None:
    """Both texts, with the words marked that the other has not; ``None`` as :func:`pieces` says.

    >>> marked("due on Monday", "due on Friday")
    ('due on [-Monday-]', 'due on {+Friday+}')
    """
    found = pieces(then, now)
    if found is None:
        return None
    before = "".join(mark(text, fate) for fate, text in found if fate != "new")
    return before, "".join(mark(text, fate) for fate, text in found if fate != "gone")


def _joined(matcher: SequenceMatcher[str], old: list[str], new: list[str]) -> Iterator[tuple[Fate, str]]:
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield "same", "".join(new[c:d])
            continue
        if b > a:
            yield "gone", "".join(old[a:b])
        if d > c:
            yield "new", "".join(new[c:d])
