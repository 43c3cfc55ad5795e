"""What a perturbation did to an input, as edits that can be done one without the other.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import string
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.perturb.alignment import Span, finer_spans, word_spans
from pytest_modelcheck.perturb.applying import same
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Path = tuple[Any, ...]

_SIMPLEST: Final = (
    (frozenset(string.ascii_lowercase), "a"),
    (frozenset(string.ascii_uppercase), "A"),
    (frozenset(string.digits), "0"),
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of an input.

    Attributes:
        path: Keys and indices that lead to what changes; none for the input itself.
        span: Which part of a text changes, or ``None`` where the whole value does.
        value: The new value where the whole does; :data:`~pytest_modelcheck.records.MISSING` takes it away.
    """

    path: Path
    span: Span | None = None
    value: Any = MISSING


def edits_between(before: Any, after: Any) -> list[Edit]:
    """The edits that turn one input into the other: fields of records, words of texts.

    >>> before = {"subject": "Please refund me", "amount": 20, "vip": True}
    >>> for edit in edits_between(before, {"subject": "Please refnud me", "amount": 25}):
    ...     print(edit.path, repr(edit.span or edit.value))
    ('subject',) Span(start=6, stop=13, new=' refnud')
    ('amount',) 25
    ('vip',) <missing>
    """
    return list(_between(before, after, ()))


def _between(before: Any, after: Any, path: Path) -> Iterator[Edit]:
    if isinstance(before, str) and isinstance(after, str):
        yield from (Edit(path, span) for span in word_spans(before, after))
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _between(before.get(key, MISSING), after.get(key, MISSING), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _between(one, other, (*path, place))
    elif before is MISSING or after is MISSING or not same(before, after):
        yield Edit(path, None, after)


def finer(before: Any, edit: Edit) -> list[Edit]:
    """The parts of an edit that can be done one without the other; the edit alone where it has none."""
    if edit.span is None:
        return [edit]
    return [replace(edit, span=span) for span in finer_spans(_at(before, edit.path), edit.span)]


def simpler(before: Any, edit: Edit) -> Edit | None:
    """The same edit with the simplest character of its kind in place of one that was put there.

    What only changes the case of a letter or doubles it, and whole words, are as simple as they can be.

    >>> simpler("refund", Edit((), Span(4, 5, "q"))), simpler("refund", Edit((), Span(4, 5, "N")))
    (Edit(path=(), span=Span(start=4, stop=5, new='a'), value=<missing>), None)
    """
    span = edit.span
    if span is None or len(span.new) != 1:
        return None
    text = _at(before, edit.path)
    old = text[span.start : span.stop]
    # A doubled letter is what fingers make of it.
    if not old and span.new in text[max(0, span.start - 1) : span.start + 1]:
        return None
    for kind, character in _SIMPLEST:
        as_it_was = old.casefold() in (span.new.casefold(), character.casefold())
        if span.new in kind and span.new != character and not as_it_was:
            return replace(edit, span=replace(span, new=character))
    return None


def edited(before: Any, edits: Iterable[Edit]) -> Any:
    """The input with some of the edits done; it stays as it is.

    >>> edits = edits_between("Please refund me", "PLEASE refnud me")
    >>> edited("Please refund me", edits[1:])
    'Please refnud me'
    """
    by_path: dict[Path, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    made = before if isinstance(before, str) else deepcopy(before)
    for path, some in by_path.items():
        made = _put(made, path, some)
    return made


def _put(value: Any, path: Path, edits: Sequence[Edit]) -> Any:
    if not path:
        return _rewritten(value, edits)
    parent = _at(value, path[:-1])
    old = parent.get(path[-1], MISSING) if isinstance(parent, dict) else parent[path[-1]]
    new = _rewritten(old, edits)
    if new is MISSING:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return value


def _rewritten(value: Any, edits: Sequence[Edit]) -> Any:
    spans = [edit.span for edit in edits if edit.span is not None]
    if not spans:
        return deepcopy(edits[-1].value)
    parts, place = [], 0
    for span in sorted(spans, key=_order):
        parts += [value[place : span.start], span.new]
        place = span.stop
    return "".join([*parts, value[place:]])


def _order(span: Span) -> tuple[int, int]:
    return span.start, span.stop


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
