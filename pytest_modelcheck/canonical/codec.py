"""Answers as one line of canonical JSON, and back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import orjson

from pytest_modelcheck.canonical.digest import canonical_bytes, short
from pytest_modelcheck.canonical.lifting import Lifting
from pytest_modelcheck.canonical.lowering import Describing, Lowering
from pytest_modelcheck.canonical.refusal import NotCanonical, NotKept, Refusal, Unreadable, qualified
from pytest_modelcheck.canonical.shapes import ANYTHING, Classes
from pytest_modelcheck.errors import UsageError

_EXACT: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_APPEND_NEWLINE
)
_DOLLAR: Final = ord("$")  # looked for first: a byte is found ten times as fast as two
_ATOMS: Final = frozenset({str, int, bool, type(None)})
_FLOAT: Final = frozenset({float})
_UNLIFTABLE: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class Codec:
    """Writes answers as lines of JSON, and makes answers from such lines.

    What comes back is equal to what went in, of the same type, and new each time; equal answers give equal
    lines. Plain JSON values are written as they are; what JSON does not have (tuples, ``bytes``, dates,
    ``Decimal``, NaN, numpy arrays, ...) as small tagged objects; objects of the classes that ``returns``
    names as their fields. No class is ever looked up by a name that stands in the data.

    Args:
        returns: The type of an answer: a dataclass, NamedTuple, Enum, TypedDict or pydantic model, or a
            typing construct of them. ``None`` where answers hold nothing but builtin and numpy types.

    Raises:
        UsageError: ``returns`` names no class whose objects could be made again.

    >>> codec = Codec()
    >>> codec.encode({"probs": [0.2, 0.8], "label": 2})
    b'{"label":2,"probs":[0.2,0.8]}'
    >>> codec.decode(codec.encode((1, {2.5: b"raw"})))
    (1, {2.5: b'raw'})

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Triage:
    ...     label: str
    ...     priority: int
    >>> codec = Codec(returns=list[Triage])
    >>> line = codec.encode([Triage("refund", 2)])
    >>> line, codec.decode(line)
    (b'[{"label":"refund","priority":2}]', [Triage(label='refund', priority=2)])
    """

    def __init__(self, returns: Any = None) -> None:
        classes = Classes()
        self._shape = ANYTHING if returns is None else classes.shape(returns)
        self._typed = bool(classes.by_type)
        self._adapters = classes.by_type
        self._lift = Lifting(classes.by_name).lift
        self._verified: set[type] = set()
        if isinstance(returns, type) and not self._typed and returns.__module__ not in _KNOWN_MODULES:
            raise UsageError(_not_a_type(returns))

    @property
    def form(self) -> str:
        """A digest of the classes and their fields: where it differs, lines cannot be read."""
        if not self._typed:
            return ""
        return short(sorted((name.name, name.names) for name in self._adapters.values()))

    def encode(self, value: Any) -> bytes:
        """An answer as one line of canonical JSON, without a line end.

        Raises:
            NotKept: The answer holds something that would not come back; the message says what and where.
        """
        if self._typed:
            return self._encode(value)
        try:
            if not _is_plain(value):
                return self._encode(value)
            # Cut, and so copied: orjson makes bytes in a buffer of 1 kB, and keeping those takes 2 µs each.
            line: bytes = orjson.dumps(value, option=_EXACT)[:-1]
        except (
            TypeError,
            RecursionError,
        ):  # a key that is no text, a large integer, a lone surrogate, a cycle
            return self._encode(value)
        return self._encode(value) if _DOLLAR in line and b'"$' in line else line

    def decode(self, line: bytes) -> Any:
        """The answer that a line holds, made anew.

        Raises:
            Unreadable: The line is damaged, or was written for another form of the answer's type.
        """
        try:
            value = orjson.loads(line)
            tagged = self._typed or (_DOLLAR in line and b'"$' in line)
            return self._lift(value, self._shape) if tagged else value
        except _UNLIFTABLE as error:
            raise Unreadable(f"a kept answer cannot be read ({error}): {line[:80]!r}") from error

    def _encode(self, value: Any) -> bytes:
        lowering = Lowering(self._adapters)
        try:
            line: bytes = orjson.dumps(lowering.lower(value, self._shape), option=orjson.OPT_SORT_KEYS)
        except Refusal as refusal:
            raise NotKept(refusal.told("answer")) from None
        except (RecursionError, TypeError):
            raise NotKept("answer: it is nested too deeply to be kept. Answer flatter data.") from None
        kinds = {adapter.kind for adapter in lowering.used}
        if lowering.doubtful or not kinds <= self._verified:
            self._verify(value, line)
            self._verified |= kinds
        return line

    def _verify(self, value: Any, line: bytes) -> None:
        """Make sure, the first time that a class is seen, that what comes back is what went in."""
        try:
            back = self.decode(line)
            equal = canonical_bytes(back) == canonical_bytes(value) and _not_unequal(back, value, line)
            problem = "it compares unequal to what was answered"
        except (Unreadable, NotCanonical) as error:
            equal, problem = False, str(error)
        if not equal:
            raise NotKept(
                f"answer: {qualified(type(value))} cannot be kept, since read back {problem}. Give "
                "the class an __eq__ over its fields and no state beside them, or answer plain data."
            )


def encode_plain(value: Any) -> bytes:
    """Any value as one line of JSON, to be looked at and never read back.

    Objects with fields are told by them and a ``$type``; all else that JSON does not have by a ``$repr``.

    >>> encode_plain({"answer": object()})
    b'{"answer":{"$repr":"<object object>"}}'
    """
    try:
        line: bytes = orjson.dumps(Describing().lower(value), option=orjson.OPT_SORT_KEYS)
    except (RecursionError, TypeError):
        line = orjson.dumps({"$repr": f"<a {qualified(type(value))}, nested too deeply to be shown>"})
    return line


def _is_plain(value: Any) -> bool:
    """Whether a value is exactly what JSON has, but for its keys, which ``orjson`` looks at itself."""
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind is float:
        return isfinite(value)
    if kind is dict:
        return all(map(_is_plain, value.values()))
    if kind is not list:
        return False
    kinds = set(map(type, value))
    if kinds <= _ATOMS:
        return True
    return all(map(isfinite, value)) if kinds == _FLOAT else all(map(_is_plain, value))


def _not_unequal(back: Any, value: Any, line: bytes) -> bool:
    """Whether ``==`` has nothing against it. NaN is unequal to itself, and arrays have no single answer."""
    try:
        return bool(back == value) or b'{"$float":"nan"}' in line
    except (ValueError, TypeError):
        return True


_KNOWN_MODULES: Final = frozenset(
    {"builtins", "datetime", "decimal", "fractions", "uuid", "pathlib", "numpy", "collections.abc"}
)


def _not_a_type(returns: type) -> str:
    return (
        f"returns={returns.__name__}: objects of {qualified(returns)} cannot be made again from data. Name a "
        "dataclass, a NamedTuple, an Enum, a TypedDict or a pydantic model, or leave returns= out."
    )
