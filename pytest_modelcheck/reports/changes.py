"""Changes of an input as one line: ``Please [refund→refnud] order 1182``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.perturb.edits import Edit, edits_between, value_at, word_spans
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

_AROUND: Final = 24
"""How many characters are left of what does not change, on each side of what does."""

_VALUE_WIDTH: Final = 40
_WHOLE: Final = 1 << 20


def changes(before: Any, after: Any, width: int = 200) -> str:
    r"""The changes that turn one input into another, each in brackets, with a little of what is around it.

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
    by_path: dict[tuple[Any, ...], list[Edit]] = {}
    for edit in edits_between(before, after):
        by_path.setdefault(edit.path, []).append(edit)
    return _cut("; ".join(_field(before, after, path) for path in by_path), width)


def _field(before: Any, after: Any, path: Sequence[Any]) -> str:
    old, new = value_at(before, path), value_at(after, path)
    name = excerpt(".".join(map(str, path)), _VALUE_WIDTH)
    if isinstance(old, str) and isinstance(new, str):
        return f"{name}: {_marked(old, new)}"
    changed = _change(*("" if each is MISSING else excerpt(each, _VALUE_WIDTH) for each in (old, new)))
    return f"{name}: {changed}" if name else changed


def _marked(before: str, after: str) -> str:
    """A text with its changes in brackets."""
    parts: list[str] = []
    place = 0
    for span in word_spans(before, after):
        parts.append(_shortened(before[place : span.start], first=not parts))
        old, new = before[span.start : span.stop], span.new
        common = _white_space_before(old or new, new or old)
        parts.append(common + _change(old.removeprefix(common), new.removeprefix(common)))
        place = span.stop
    rest = before[place:]
    parts.append(excerpt(rest, _WHOLE if len(rest) <= 2 * _AROUND else _AROUND))
    return "".join(parts)


def _white_space_before(one: str, other: str) -> str:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length] == " ":
        length += 1
    return one[:length]


def _change(old: str, new: str) -> str:
    alike = old != new and _as_seen(old) == _as_seen(new)
    old, new = (_spelt_out(each) if alike else excerpt(each, _WHOLE) for each in (old, new))
    if not old:
        return f"[+{new}]"
    return f"[{old}→{new}]" if new else f"[-{old}]"


def _as_seen(text: str) -> str:
    """Return the letters as they look, for texts that nobody can tell apart by looking."""
    if text.isascii():
        return text
    from pytest_modelcheck.perturb.surface import LOOKALIKES

    return normalize("NFC", text).translate({like: one for one, like in LOOKALIKES.items()})


def _spelt_out(text: str) -> str:
    """A text with an escape for what is beyond ASCII."""
    return text.encode("ascii", "backslashreplace").decode()


def _shortened(same: str, *, first: bool) -> str:
    """Shorten what does not change before a change: its end, and its beginning where it follows another."""
    if len(same) <= 2 * _AROUND:
        return excerpt(same, _WHOLE)
    end = excerpt(same[-_AROUND:], _WHOLE)
    return f"…{end}" if first else f"{excerpt(same[:_AROUND], _WHOLE)}…{end}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
