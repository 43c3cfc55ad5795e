"""Compares answers, given as lines of JSON, and finds the places where they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import filterfalse, product
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.codec import why_unstored
from pytest_modelcheck.canonical.kinds import (
    ASIDE,
    DEFAULT,
    DICT,
    EXTRA,
    HOMES,
    IGNORING,
    MORE,
    NEVER_SET,
    PRIVATE,
    SEEN,
    TYPE,
    UNSTORED,
)
from pytest_modelcheck.canonical.lowering import comparable
from pytest_modelcheck.canonical.refusal import NotStored, Unreadable
from pytest_modelcheck.canonical.types import ABSENT
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Patterns = Sequence[tuple[str, ...]]

_NEAR_ZERO: Final = 1e-9
_NUMBERS: Final = frozenset({int, float})
_WITHIN: Final = (EXTRA, MORE, PRIVATE)
"""The special parts of an object that are stored among its fields."""
_NUMPY: Final = "$numpy"
_SCALAR: Final = 2  # parts of a number of numpy: its type and its value; complex ones have three
_PARTS: Final = frozenset({TYPE, DEFAULT, NEVER_SET, *_WITHIN})
_WRAPPED: Final = (b'{"$seen":[', b'{"$ignorin')
_TRAJECTORIES: Final = (b'{"$trajectory":', b'{"$calls":')
_KEY: Final = "\x00"
"""The prefix of keys that are not text; text keys with this prefix are escaped in the same way."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers differ.

    Attributes:
        path: Its path, such as ``choices[0].text``; empty for the whole answer.
        before: The older value as JSON; :data:`ABSENT` if there was none.
        after: The newer value.
    """

    path: str
    before: Any
    after: Any


def same(before: bytes, after: bytes, rel: float = 1e-6) -> bool:
    """Return whether two answers, each a line of JSON, are equal except for the last bits of floats.

    Two numbers of which at least one is a float are the same within ``rel`` of the larger, or within 1e-9
    of each other (as probabilities of 1e-12 and 3e-12 are). The order of a ``dict`` does not matter, and a
    field that the class gained, with its default value, is not a difference. Two answers that could not be
    stored are never the same: their content is unknown.

    Raises:
        Unreadable: A line is not JSON.

    >>> same(b'{"p":0.30000000000000004}', b'{"p":0.3}'), same(b"1000000", b"1000001"), same(b"2", b"2.0")
    (True, False, True)
    >>> same(b'{"label":"a"}', b'{"label":"a","note":null,"$default":["note"]}')
    True
    """
    if before == after:
        return why_unstored(before) is None
    if next(differences(before, after, rel), None) is None:
        return True
    # What another `compare_by=` returned, or none, says nothing about the same answer.
    wrapped = before.startswith(_WRAPPED[0]) or after.startswith(_WRAPPED[0])
    return wrapped and same(whole(before), whole(after), rel)


def differences(before: bytes, after: bytes, rel: float = 1e-6) -> Iterator[Difference]:
    """The places where two answers differ, in the order of the older one.

    >>> [one.path for one in differences(b'{"a":1,"b":[{"c":2}]}', b'{"a":1,"b":[{"c":3}]}')]
    ['b[0].c']
    """
    return (one for one, gain in _walk(*_both(before, after), "", rel) if not gain)


def named_differences(before: bytes, after: bytes) -> list[Difference]:
    """The places where two answers differ, for people: what ``compare_by=`` returned has that name.

    >>> [one] = named_differences(b'{"$seen":["yes",{"id":1}]}', b'{"$seen":["no",{"id":2}]}')
    >>> one.path, one.before, one.after
    ('compare_by', 'yes', 'no')
    """
    found = differences(before, after)
    if not after.startswith(_WRAPPED[0]):
        return list(found)
    return [replace(one, path=one.path or "compare_by") for one in found]


def gained(before: bytes, after: bytes) -> list[str]:
    """The fields that the classes of an answer gained, with their default values, as paths.

    >>> gained(b'{"label":"a"}', b'{"label":"a","note":null,"$default":["note"]}')
    ['note']
    """
    return [one.path for one, gain in _walk(*_both(before, after), "", 0.0) if gain]


def compared_part(line: bytes) -> bytes:
    """Return the part of an answer that comparisons use: without ``ignore=`` or ``compare_by=``, all of it.

    >>> compared_part(b'{"$ignoring":[["id","usage.*"],{"id":"x7","text":"yes","usage":{"total":9}}]}')
    b'{"text":"yes","usage":{}}'
    """
    return orjson.dumps(_compared(_parsed(line))) if line[:2] == b'{"' and b'"$' in line else line


def whole(line: bytes) -> bytes:
    """The answer alone, without the rules by which it is compared.

    >>> whole(b'{"$seen":["yes",{"id":"x7","text":"Yes!"}]}')
    b'{"id":"x7","text":"Yes!"}'
    """
    return orjson.dumps(_unwrapped(_parsed(line))[2]) if line[:10] in _WRAPPED else line


def first_trajectory(lines: Iterable[bytes | None]) -> bytes | None:
    """The first of several answers that is a trajectory, or the calls of one.

    >>> first_trajectory([None, b'"yes"', b'{"$calls":{"calls":[],"aside":[]}}'])
    b'{"$calls":{"calls":[],"aside":[]}}'
    """
    return next((line for line in lines if line and whole(line).startswith(_TRAJECTORIES)), None)


class Projection:
    """The rules by which the answers of one model are compared. They are stored with each answer.

    Args:
        ignore: Paths to parts that are left out: ``"id"``, ``"usage.*"``, ``"choices.*.id"``, ``"**.id"``.
            ``*`` matches one step (a name, a key, or an index), ``**`` any number of steps.
        by: Returns the part of an answer to compare, like the ``key`` of :func:`sorted`.
        label: The model, for messages.

    >>> Projection(ignore=("id",)).wrapped({"id": 1}, b'{"id":1}')
    b'{"$ignoring":[["id"],{"id":1}]}'
    >>> Projection(by=len).wrapped("refund", b'"refund"')
    b'{"$seen":[6,"refund"]}'
    """

    __slots__ = ("_ignored", "_ignoring", "_label", "by", "idle")

    def __init__(
        self, ignore: Sequence[str] = (), by: Callable[[Any], Any] | None = None, label: str = ""
    ) -> None:
        self.by = by
        self._ignored = list(ignore)
        self._ignoring = b'{"$ignoring":[%b,' % orjson.dumps(self._ignored)
        self._label = label
        self.idle = not ignore and by is None

    def wrapped(self, answer: Any, line: bytes) -> bytes:
        """The line of an answer, with the rules by which it is compared.

        Raises:
            UsageError: ``compare_by=`` fails on it.
        """
        key = self.key(answer)
        if key is not None:
            return b'{"$seen":[%b,%b]}' % (key, line)
        return self._ignoring + line + b"]}" if self._ignored else line

    def key(self, answer: Any) -> bytes | None:
        """Return the result of ``compare_by=`` for an answer; ``None`` without one.

        Raises:
            UsageError: It fails, or its result cannot be compared.
        """
        if self.by is None:
            return None
        try:
            line = comparable(self.by(answer))
        except NotStored as error:
            raise self._failed(answer, str(error)) from None
        except Exception as error:
            raise self._failed(answer, f"{type(error).__name__}: {error}") from error
        return orjson.dumps(_pruned(orjson.loads(line), _patterns(self._ignored))) if self._ignored else line

    def _failed(self, answer: Any, problem: str) -> UsageError:
        return UsageError(
            f"compare_by= of the model fixture {self._label!r} failed on a {type(answer).__name__}: {problem}"
        )


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"an answer is not JSON ({error}): {line[:60]!r}") from None


# -- the compared part of an answer ---------------------------------------------------------------------


def _unwrapped(form: Any) -> tuple[str, Any, Any]:
    """Return the kind of comparison of an answer or an empty text, its rule, and the answer."""
    if type(form) is dict and len(form) == 1:
        ((tag, inside),) = form.items()
        if tag in (SEEN, IGNORING):
            return tag, inside[0], inside[1]
        if tag == UNSTORED:
            return SEEN, inside[2] if len(inside) > 2 else form, form
    return "", None, form


def _compared(form: Any) -> Any:
    tag, rule, answer = _unwrapped(form)
    if tag == SEEN:
        return rule
    return _pruned(answer, _patterns(rule)) if tag else answer


def _both(before: bytes, after: bytes) -> tuple[Any, Any]:
    """Return the compared parts of two answers, by the rules of the newer one."""
    old, new = _parsed(before), _parsed(after)
    tag, rule, answer = _unwrapped(new)
    if tag == SEEN:
        return _compared(old), rule
    patterns = _patterns(rule or ())
    return _pruned(_unwrapped(old)[2], patterns), _pruned(answer, patterns)


def _patterns(ignored: Sequence[str]) -> Patterns:
    return list(map(_steps, ignored))


def _steps(way: str) -> tuple[str, ...]:
    """Split a way as reports write it: ``[0].id``, ``choices[].text``."""
    return tuple(way.replace("[]", ".*").replace("[", ".").replace("]", "").removeprefix(".").split("."))


# -- the parts of a value, whatever its kind ----------------------------------------------------------


def _opened(form: Any) -> tuple[str, Any, Any]:
    """Take a value apart.

    Returns:
        Its tag or class, empty for plain values and for objects of the only expected class; its parts by
        name, as a list, or a value without parts; and the names of the parts with default values.
    """
    if type(form) is not dict:
        return "", form, ()
    if len(form) == 1:
        ((tag, inside),) = form.items()
        if tag == DICT:
            pairs = {_name(key): item for key, item in inside}
            if len(pairs) < len(inside):  # several keys are NaN
                return tag, inside, ()
            odd = any(name[:1] in (_KEY, "$") for name in pairs)
            return "" if odd else tag, pairs, ()
        if tag in HOMES:
            return tag, {name: item for name, item in inside.items() if name != ASIDE}, ()
        if tag == _NUMPY and len(inside) == _SCALAR:
            return f"{tag}{inside[0]}", inside[1], ()
        if tag[:1] == "$" and tag not in _PARTS:
            kind, parts, defaults = _opened(inside)
            return f"{tag}{kind}", parts, defaults
    if _PARTS.isdisjoint(form):
        return "", form, ()
    parts = {name: item for name, item in form.items() if name not in _PARTS}
    defaults = parts.keys() & form.get(DEFAULT, ())  # of declared fields only: a class cannot gain others
    for part in _WITHIN:
        parts |= form.get(part, {})
    return form.get(TYPE, ""), parts, defaults


def _name(key: Any) -> str:
    return key if type(key) is str and key[:1] != _KEY else _KEY + orjson.dumps(key).decode()


def _by_place(tag: str, parts: Any) -> Any:
    """The parts of an array with each item by its index in all dimensions; other parts as they are."""
    if tag != "$ndarray" or "data" not in parts:
        return parts
    shape, items = parts["shape"], parts["data"]
    if math.prod(shape) != len(items):  # a complex number takes two
        return parts
    places = product(*map(range, shape))
    return {"dtype": parts["dtype"], "shape": shape, **dict(zip(places, items, strict=True))}


def _step(path: str, name: str | int | tuple[int, ...]) -> str:
    if type(name) is int:
        return f"{path}[{name}]"
    if isinstance(name, tuple):
        return f"{path}{list(name)}" if name else path
    if str(name)[:1] == _KEY:
        return f"{path}[{str(name)[1:]}]"
    return f"{path}.{name}" if path else str(name)


def _walk(before: Any, after: Any, path: str, rel: float) -> Iterator[tuple[Difference, bool]]:
    """Yield the places where two values differ, and whether the class merely gained the part."""
    if type(before) is float or type(after) is float:
        numbers = type(before) in _NUMBERS and type(after) in _NUMBERS
        if not (numbers and math.isclose(before, after, rel_tol=rel, abs_tol=_NEAR_ZERO)):
            yield Difference(path, before, after), False
        return
    (tag, old, _), (new_tag, new, defaults) = _opened(before), _opened(after)
    if tag != new_tag or type(old) is not type(new) or tag == UNSTORED:
        yield Difference(path, before, after), False
        return
    if _NUMPY in tag:
        yield from _walk(old, new, path, rel)
        return
    old, new = _by_place(tag, old), _by_place(tag, new)
    if type(old) is list:
        if tag in ("$set", "$frozenset") and {*map(type, old), *map(type, new)} <= _NUMBERS:
            old, new = sorted(old), sorted(new)  # kept in the order of their text, which last bits may turn
        old, new = dict(enumerate(old)), dict(enumerate(new))
    if type(old) is dict:
        for name, item in old.items():
            if name in new:
                yield from _walk(item, new[name], _step(path, name), rel)
            else:
                yield Difference(_step(path, name), item, ABSENT), False
        for name in filterfalse(old.__contains__, new):
            yield Difference(_step(path, name), ABSENT, new[name]), name in defaults
    elif old != new and not (tag == "$decimal" and _are_equal(old, new)):
        yield Difference(path, before, after), False


def _are_equal(old: Any, new: Any) -> bool:
    try:
        return Decimal(old) == Decimal(new)
    except (InvalidOperation, TypeError, ValueError):
        return False


# -- what is left out ---------------------------------------------------------------------------------


def _matched(patterns: Patterns, name: str) -> list[tuple[str, ...]]:
    """Return the rest of the patterns after a step; an empty one means that the part is ignored."""
    found: list[tuple[str, ...]] = []
    steps = _steps(name) if "." in name or "[" in name else ()  # of a key with a dot in it
    for pattern in patterns:
        head, rest = pattern[0], pattern[1:]
        if head == "**":
            found.append(pattern)
            found.extend(_matched([rest], name) if rest else [()])
        elif head in ("*", name):
            found.append(rest)
        elif (
            steps
            and len(pattern) >= len(steps)
            and all(wanted in ("*", step) for wanted, step in zip(pattern, steps, strict=False))
        ):
            found.append(pattern[len(steps) :])
    return found


def _pruned(form: Any, patterns: Patterns) -> Any:
    """The same without the parts that the patterns match."""
    if not patterns or type(form) not in (dict, list):
        return form
    if type(form) is list:
        pairs = ((_matched(patterns, str(place)), item) for place, item in enumerate(form))
        return [None if () in left else _pruned(item, left) for left, item in pairs]
    pruned: dict[str, Any] = {}
    for name, item in form.items():
        if name in _WITHIN or (name[:1] == "$" and len(form) == 1):
            if name == DICT:
                found = ((key, part, _matched(patterns, str(key))) for key, part in item)
                pruned[name] = [[key, _pruned(part, left)] for key, part, left in found if () not in left]
            else:
                pruned[name] = _pruned(item, patterns)
        elif name in (TYPE, DEFAULT, NEVER_SET):
            pruned[name] = item
        elif () not in (left := _matched(patterns, name)):
            pruned[name] = _pruned(item, left)
    return pruned
