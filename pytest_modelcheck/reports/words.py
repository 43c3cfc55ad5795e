"""Word-level comparison of two texts: marked differences, and cuts that show them."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal
from unicodedata import normalize

from pytest_modelcheck.canonical import excerpt, one_line
from pytest_modelcheck.perturb.edits import edits_between, value_at, word_spans
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Piece = tuple["Fate", str]


def start_of(text: str, others: Sequence[str | None], width: int) -> int:
    """The offset from which a text must be shown so that its difference from others is visible.

    With several others, the first that is too long to be shown in full decides.

    >>> start_of("a" * 90 + "b", ["refund", "a" * 90 + "c"], 60), start_of("refund", ["other"], 60)
    (70, 0)
    """
    differing = [other for other in others if other is not None and other != text]
    if max(map(len, (text, *differing))) <= width or not differing:
        return 0
    other = next((other for other in differing if len(other) > width), differing[0])
    pairs = enumerate(zip(text, other, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(text), len(other)))
    before = width // 3
    return place - before if place + before >= width else 0


def window(text: str, start: int, width: int) -> str:
    """A text from an offset on, cut to ``width``.

    >>> window("Your order ships today", 11, 8), window("refund", 11, 8)
    ('…hips t…', 'refund')
    """
    return excerpt("…" + text[start + 1 :] if 0 < start < len(text) else text, width)


def windows(before: str, after: str, width: int) -> tuple[str, str]:
    """Both texts cut to ``width`` around their first difference.

    >>> windows("Your order ships today", "Your order ships tomorrow", 10)
    ('…today', '…tomorrow')
    """
    start = start_of(after, [before], width)
    return window(before, start, width), window(after, start, width)


_SEEN: Final = 60
"""The narrowest line in which a perturbed input is shown."""


def perturbed_text(perturbed: Any, own: Any, width: int) -> str:
    """A perturbed input on one line, cut so that its first difference from the case's own input is visible.

    >>> perturbed_text("Hello. " * 20 + "Thank you!", "Hello. " * 20, 200)
    '…llo. Hello. Hello. Thank you!'
    """
    text = one_line(perturbed)
    return window(text, start_of(text, [one_line(own)], _SEEN), width)


Fate = Literal["same", "gone", "new"]

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w+")
_LIKE: Final = 0.4
# Texts less alike than this (difflib's ratio), or with fewer words in common, are two texts, not one.
_WORDS: Final = 2
# Tokens, from the first difference on, that are compared; what comes after them counts as other text.
_REACH: Final = 400
# The unchanged characters to leave on each side of a change: as many as there is room for.
_AROUND: Final = (1 << 30, 60, 48, 40, 32, 28, 24, 20, 17, 14, 12, 10, 8)
# Characters that are not worth leaving out.
_SPARED: Final = 3


def bracketed(text: str, fate: Fate) -> str:
    """Mark a piece like ``git diff --word-diff``, for output without colour.

    >>> bracketed("old", "gone"), bracketed("new", "new"), bracketed("kept", "same")
    ('[-old-]', '{+new+}', 'kept')
    """
    return {"same": text, "gone": f"[-{text}-]", "new": f"{{+{text}+}}"}[fate]


def pieces(before: str, after: str) -> list[Piece] | None:
    """The newer text with removed pieces included; ``None`` if the two have too little in common.

    >>> pieces("due on Monday", "due on Friday")
    [('same', 'due on '), ('gone', 'Monday'), ('new', 'Friday')]
    >>> pieces("refund", "other") is None
    True
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    steps = groupby(filter(itemgetter(1), _steps(old, new)), key=itemgetter(0))
    found = [(fate, "".join(text for _, text in group)) for fate, group in steps]
    kept = [token for fate, text in found if fate == "same" for token in _TOKEN.findall(text)]
    alike = 2 * len(kept) >= _LIKE * (len(old) + len(new))
    return found if alike and sum(map(bool, map(_WORD.match, kept))) >= _WORDS else None


def marked_pieces(before: str, after: str, room: int) -> tuple[list[Piece], list[Piece]] | None:
    """Both texts as pieces, of which the other lacks some; ``None`` as for :func:`pieces`.

    If room is short, unchanged text is cut first, then the end. ``room`` allows for brackets.

    >>> marked_pieces("due on Monday", "due on Friday", 80)
    ([('same', 'due on '), ('gone', 'Monday')], [('same', 'due on '), ('new', 'Friday')])
    """
    found = pieces(before, after)
    if found is None:
        return None
    for around in _AROUND:
        kept = _condensed(found, around)
        old, new = ([piece for piece in kept if piece[0] != other] for other in ("new", "gone"))
        if max(_length(old), _length(new)) <= room:
            break
    return list(_within(old, room)), list(_within(new, room))


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """The unchanged, removed and added pieces, in order; the common start and end are skipped first."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    gone, came = old[start : len(old) - end], new[start : len(new) - end]
    yield "same", "".join(old[:start])
    for kind, a, b, c, d in SequenceMatcher(None, gone[:_REACH], came[:_REACH], autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(came[c:d])
        else:
            yield "gone", "".join(gone[a:b])
            yield "new", "".join(came[c:d])
    yield "gone", "".join(gone[_REACH:])
    yield "new", "".join(came[_REACH:])
    yield "same", "".join(old[len(old) - end :])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The number of tokens in the common prefix."""
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)


def _condensed(found: Sequence[Piece], around: int) -> list[Piece]:
    """The same with the middle of unchanged pieces left out."""
    ends = len(found) - 1
    kept = []
    for i, (fate, text) in enumerate(found):
        head, tail = 0 if i == 0 else around, 0 if i == ends else around
        short = fate != "same" or not ends or len(text) <= head + tail + _SPARED
        kept.append((fate, text if short else f"{text[:head]}…{text[len(text) - tail :]}"))
    return kept


def _length(side: Iterable[Piece]) -> int:
    return sum(len(bracketed(text, fate)) for fate, text in side)


def _within(side: Sequence[Piece], room: int) -> Iterator[Piece]:
    """The pieces that fit, the last one cut."""
    if _length(side) <= room:
        yield from side
        return
    left = room - 1
    for fate, text in side:
        spare = left - len(bracketed("", fate))
        if spare > 0:
            yield fate, text[:spare]
        left = spare - len(text)
        if left <= 0:
            break
    yield "same", "…"


# How many characters are left of what does not change, on each side of what does.
_CONTEXT: Final = 24

_VALUE_WIDTH: Final = 40


def changes(before: Any, after: Any, width: int = 200) -> str:
    r"""The changes that turn one input into another, each in brackets with some context.

    >>> changes("Please refund order 1182", "Please refnud order 1182")
    'Please [refund→refnud] order 1182'
    >>> changes("Where is it?", "Where exactly is it")
    'Where [+exactly] is it[-?]'
    >>> print(changes("Where is it?", "Wh\u0435re is it?"))  # a Cyrillic letter
    [Where→Wh\u0435re] is it?
    >>> changes({"text": "Hello", "amount": 20}, {"text": "hello", "amount": 20, "vip": True})
    'text: [Hello→hello]; vip: [+true]'
    """
    if isinstance(before, str) and isinstance(after, str):
        return _cut(_marked(before, after), width)
    fields = []
    for path in dict.fromkeys(edit.path for edit in edits_between(before, after)):
        old, new = value_at(before, path), value_at(after, path)
        name = excerpt(".".join(map(str, path)), _VALUE_WIDTH)
        if isinstance(old, str) and isinstance(new, str):
            fields.append(f"{name}: {_marked(old, new)}")
        else:
            texts = ("" if each is MISSING else excerpt(each, _VALUE_WIDTH) for each in (old, new))
            fields.append(f"{name}: {_change(*texts)}" if name else _change(*texts))
    return _cut("; ".join(fields), width)


def _marked(before: str, after: str) -> str:
    """A text with its changes in brackets."""
    parts: list[str] = []
    place = 0
    for span in word_spans(before, after):
        same = before[place : span.start]
        if len(same) <= 2 * _CONTEXT:
            parts.append(one_line(same))
        else:  # its end, and its start after another change
            parts += [one_line(same[:_CONTEXT])] if parts else []
            parts.append(f"…{one_line(same[-_CONTEXT:])}")
        old, new = before[span.start : span.stop], span.new
        common = " " * min(len(text) - len(text.lstrip(" ")) for text in (old or new, new or old))
        parts.append(common + _change(old.removeprefix(common), new.removeprefix(common)))
        place = span.stop
    rest = before[place:]
    parts.append(one_line(rest) if len(rest) <= 2 * _CONTEXT else excerpt(rest, _CONTEXT))
    return "".join(parts)


def _change(old: str, new: str) -> str:
    alike = old != new and _as_seen(old) == _as_seen(new)
    old, new = (
        each.encode("ascii", "backslashreplace").decode() if alike else one_line(each) for each in (old, new)
    )
    if not old:
        return f"[+{new}]"
    return f"[{old}→{new}]" if new else f"[-{old}]"


def _as_seen(text: str) -> str:
    """Show invisible and look-alike characters as escapes, if the two texts look the same."""
    if text.isascii():
        return text
    from pytest_modelcheck.perturb.surface import LOOKALIKES

    return normalize("NFC", text).translate({like: one for one, like in LOOKALIKES.items()})


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
