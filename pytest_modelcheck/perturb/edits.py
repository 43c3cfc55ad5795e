"""Split the difference between two inputs into edits that can be made independently of each other."""

from __future__ import annotations

import re
import string
from copy import deepcopy
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.perturb.building import same
from pytest_modelcheck.perturb.paths import dropped, part_at, parts_of, placed, with_parts
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


# A word or a sign, with the white space before it: alone, white space would match everywhere.
_WORDS: Final = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_MOST_WORDS: Final = 4_000
_LONGEST_WORD: Final = 64


@dataclass(frozen=True, slots=True)
class Span:
    """A replacement in a text: ``text[start:stop]`` becomes ``new``."""

    start: int
    stop: int
    new: str


def words(text: str) -> list[str]:
    """Split a text into words and signs, each with the white space before it.

    >>> words("Please, refund  me!")
    ['Please', ',', ' refund', '  me', '!']
    """
    return _WORDS.findall(text)


def word_spans(before: str, after: str) -> list[Span]:
    """The replacements of words that turn ``before`` into ``after``.

    >>> word_spans("Please refund order 1182", "Please refnud order 1182 now, thanks")
    [Span(start=6, stop=13, new=' refnud'), Span(start=24, stop=24, new=' now, thanks')]
    """
    old, new = words(before), words(after)
    # SequenceMatcher takes time in proportion to the square, here minutes.
    if max(len(old), len(new)) > _MOST_WORDS:
        return [Span(0, len(before), after)]
    place = list(accumulate(map(len, old), initial=0))
    return [Span(place[i1], place[i2], "".join(new[j1:j2])) for i1, i2, j1, j2 in _changed_words(old, new)]


def _changed_words(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The differences of two lists of words: one per word where their numbers agree, else one per run."""
    # Without autojunk=False, words that are frequent in a long text would match nothing.
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        runs = [(i1, i2, j1, j2)]
        if tag == "replace" and i2 - i1 != j2 - j1:
            # Within the run, words that differ only in case are matched with each other.
            one, other = ([word.casefold() for word in side] for side in (old[i1:i2], new[j1:j2]))
            inner = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
            runs = [(i1 + a1, i1 + a2, j1 + b1, j1 + b2) for _, a1, a2, b1, b2 in inner]
        for a1, a2, b1, b2 in runs:
            if a2 - a1 == b2 - b1:
                pairs = zip(range(a1, a2), range(b1, b2), strict=True)
                yield from ((i, i + 1, j, j + 1) for i, j in pairs if old[i] != new[j])
            else:
                yield a1, a2, b1, b2


def finer_spans(before: str, span: Span) -> list[Span]:
    """Split a span into smaller replacements that each make sense alone, if it can be split.

    Words that are put in or left out are parts, and so are the changed characters of a word that stays
    recognisable: one put in, left out or replaced, or two that change places. Another word in a word's
    place is one change.

    >>> finer_spans("Please refund me", Span(6, 13, " reFnud"))
    [Span(start=9, stop=10, new='F'), Span(start=10, stop=12, new='nu')]
    >>> finer_spans("Ask Maria", Span(3, 9, " Omar"))
    [Span(start=3, stop=9, new=' Omar')]
    """
    old = before[span.start : span.stop]
    if not old:
        return [Span(span.start, span.start, word) for word in words(span.new)]
    if not span.new:
        place = accumulate(map(len, words(old)), initial=span.start)
        return [Span(a, b, "") for a, b in pairwise(place)]
    if max(len(old), len(span.new)) > _LONGEST_WORD:
        return [span]
    edits = list(_character_spans(old, span.new))
    # A word replaced by an unrelated one is one edit: letters of both mixed would be no word at all.
    alike = old.casefold() == span.new.casefold() or len(edits) <= max(len(old), len(span.new)) // 2
    return [Span(span.start + a, span.start + b, new) for a, b, new in edits] if alike else [span]


def _character_spans(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The smallest set of character changes, as (start, stop, new), left to right.

    Optimal string alignment: Boytsov, ACM J. Exp. Algorithmics 16 (2011), section 2.2.
    """
    cost = _distances(old, new)
    i, j, back = len(old), len(new), []
    # Back through the table from its end, along steps that explain their cost.
    while i or j:
        if i and j and old[i - 1] == new[j - 1] and cost[i][j] == cost[i - 1][j - 1]:
            i, j = i - 1, j - 1
        elif _is_swap(old, new, i, j) and cost[i][j] == cost[i - 2][j - 2] + 1:
            back.append((i - 2, i, new[j - 2 : j]))
            i, j = i - 2, j - 2
        elif i and j and cost[i][j] == cost[i - 1][j - 1] + 1:
            back.append((i - 1, i, new[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            back.append((i - 1, i, ""))
            i -= 1
        else:
            back.append((i, i, new[j - 1]))
            j -= 1
    return reversed(back)


def _distances(old: str, new: str) -> list[list[int]]:
    cost = [[i + j if not i or not j else 0 for j in range(len(new) + 1)] for i in range(len(old) + 1)]
    for i in range(1, len(old) + 1):
        for j in range(1, len(new) + 1):
            same = old[i - 1] == new[j - 1]
            cost[i][j] = min(cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (not same))
            if _is_swap(old, new, i, j):
                cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + 1)
    return cost


def _is_swap(old: str, new: str, i: int, j: int) -> bool:
    return i > 1 and j > 1 and old[i - 1] == new[j - 2] and old[i - 2] == new[j - 1] != old[i - 1]


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
        path: Keys and indices that lead to the changed value; empty for the input itself.
        span: The changed part of a text, or ``None`` if the whole value is replaced.
        value: The new value, if the whole is replaced; :data:`~pytest_modelcheck.records.MISSING` removes it.
    """

    path: Path
    span: Span | None = None
    value: Any = MISSING


def edits_between(before: Any, after: Any, *, whole: bool = False) -> list[Edit]:
    """The edits that turn one input into the other: fields of records, words of texts.

    A field that is one word, such as a category, is replaced as a whole, since part of the replacement would
    be a value that nobody wrote.

    Args:
        before: The input.
        after: The other input.
        whole: Whether every text in a field is replaced as a whole.

    >>> before = {"subject": "Please refund me", "amount": 20, "vip": True, "plan": "basic"}
    >>> after = {"subject": "Please refnud me", "amount": 25, "plan": "basis"}
    >>> for edit in edits_between(before, after):
    ...     print(edit.path, repr(edit.span or edit.value))
    ('subject',) Span(start=6, stop=13, new=' refnud')
    ('amount',) 25
    ('vip',) <missing>
    ('plan',) 'basis'
    """
    return list(_between(before, after, (), whole))


def _between(before: Any, after: Any, path: Path, whole: bool) -> Iterator[Edit]:
    if isinstance(before, str) and isinstance(after, str):
        if before == after:
            return
        # A value without a space, such as a category or an id, makes sense only as a whole.
        if path and (whole or not any(map(str.isspace, before + after))):
            yield Edit(path, None, after)
        else:
            yield from (Edit(path, span) for span in word_spans(before, after))
        return
    old, new = _parts(before, after), _parts(after, before)
    if old is not None and new is not None:
        for key in dict.fromkeys([*old, *new]):
            yield from _between(old.get(key, MISSING), new.get(key, MISSING), (*path, key), whole)
    elif before is MISSING or after is MISSING or not same(before, after):
        yield Edit(path, None, after)


def _parts(value: Any, other: Any) -> dict[Any, Any] | None:
    """The parts of a value whose counterpart has the same parts, or may have others (a dict)."""
    if isinstance(value, dict) and isinstance(other, dict):
        return dict(value)
    if value is MISSING or type(value) is not type(other):
        return None
    parts, others = parts_of(value), parts_of(other)
    if parts is None or others is None:
        return None
    mine = dict(parts)
    # Objects and sequences of other parts are no edit of each other: only dicts can gain and lose keys.
    return mine if mine.keys() == dict(others).keys() else None


def finer(before: Any, edit: Edit) -> list[Edit]:
    """Split an edit into smaller independent edits, if it can be split."""
    if edit.span is None:
        return [edit]
    return [replace(edit, span=span) for span in finer_spans(value_at(before, edit.path), edit.span)]


def simpler(before: Any, edit: Edit) -> Edit | None:
    """The same edit with the simplest character of its kind in place of the one that it inserts.

    ``None`` if the edit cannot be simpler: it changes the case of a letter, doubles
    it, or inserts a whole word.

    >>> simpler("refund", Edit((), Span(4, 5, "q"))), simpler("refund", Edit((), Span(4, 5, "N")))
    (Edit(path=(), span=Span(start=4, stop=5, new='a'), value=<missing>), None)
    """
    span = edit.span
    if span is None or len(span.new) != 1:
        return None
    text = value_at(before, edit.path)
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
    """A copy of the input with some of the edits applied.

    >>> edits = edits_between("Please refund me", "PLEASE refnud me")
    >>> edited("Please refund me", edits[1:])
    'Please refnud me'
    """
    by_path: dict[Path, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    made = before if isinstance(before, str) else deepcopy(before)
    for path, some in by_path.items():
        new = _rewritten(value_at(made, path), some)
        if not path:
            made = new
        elif new is MISSING:
            made = dropped(made, path)
        else:
            parent = with_parts(value_at(made, path[:-1]), {path[-1]: new})
            made = placed(made, path[:-1], parent)
    return made


def _rewritten(value: Any, edits: Sequence[Edit]) -> Any:
    spans = [edit.span for edit in edits if edit.span is not None]
    if not spans:
        return deepcopy(edits[-1].value)
    parts, place = [], 0
    for span in sorted(spans, key=attrgetter("start", "stop")):
        parts += [value[place : span.start], span.new]
        place = span.stop
    return "".join([*parts, value[place:]])


def value_at(value: Any, path: Iterable[Any]) -> Any:
    """The part of an input at a path, or :data:`~pytest_modelcheck.records.MISSING`."""
    for step in path:
        value = value.get(step, MISSING) if isinstance(value, dict) else part_at(value, step)
    return value
