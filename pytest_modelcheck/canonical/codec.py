"""Answers as one line of JSON, and back."""

from __future__ import annotations

import inspect
import re
from hashlib import blake2b
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.kinds import (
    BUILD,
    DEFAULT,
    DICT,
    IGNORING,
    SEEN,
    TYPE,
    UNSTORED,
    builder,
    kind_of,
)
from pytest_modelcheck.canonical.lowering import DEEP, Lowering, dumped, plain_line
from pytest_modelcheck.canonical.refusal import NotStored, Refusal, Unreadable, article, qualified
from pytest_modelcheck.canonical.shapes import Classes, generic_of, is_importable
from pytest_modelcheck.canonical.text import excerpt
from pytest_modelcheck.canonical.types import ANYTHING, Adapter, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DOLLAR: Final = ord("$")  # looked for first: a byte is found ten times as fast as two
_UNSTORED: Final = b'{"$unstored":'
_MADE: Final = (
    " Of a class that is made for each answer, let the model answer the data: value._asdict(), dict(value)."
)


class Codec:
    """Writes answers as lines of JSON, and reads them back.

    A restored answer is equal to the original, of the same type in every part, and a new object each time.
    Plain JSON values are written as they are; other values of libraries as small tagged objects; objects of
    the classes that ``returns`` names as their fields. No class is ever looked up by a name in the data.

    Args:
        returns: The type of an answer: a class, or a typing construct of classes. ``None`` for no classes.
        requested: Whether the user wrote ``returns=``. An annotation is only a hint, and unusable parts of it
            are ignored.

    Raises:
        UsageError: ``returns=`` names no class whose objects can be restored.

    >>> Codec().decode(Codec().encode((1, {2.5: b"raw"})))
    (1, {2.5: b'raw'})
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Triage:
    ...     label: str
    ...     priority: int = 0
    >>> codec = Codec(returns=list[Triage])
    >>> line = codec.encode([Triage("refund"), Triage("other", 2)])
    >>> line
    b'[{"label":"refund","priority":0,"$default":["priority"]},{"label":"other","priority":2}]'
    >>> codec.decode(line)
    [Triage(label='refund', priority=0), Triage(label='other', priority=2)]
    """

    def __init__(self, returns: Any = None, *, requested: bool = True) -> None:
        self._returns = returns
        self._classes = Classes()
        self._shape = ANYTHING if returns is None else self._classes.read(returns, strict=requested)
        self._typed = bool(self._classes.by_type)
        self._lift = Lifting(self._classes.by_name).lift

    @property
    def form(self) -> str:
        """A digest of the classes, their fields, and where objects have no tag, for the key of the cache."""
        if not self._typed:
            return ""
        kinds = sorted(self._classes.by_type.values(), key=lambda one: one.name)
        outline = [self._shape, *((one.name, tuple(one.fields), one.shapes) for one in kinds)]
        return blake2b(repr(outline).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def encode(self, value: Any) -> bytes:
        """An answer as one line of JSON, without a line end.

        Raises:
            NotStored: A part of the answer cannot be restored; the message says which, where, and the remedy.
        """
        plain = None if self._typed else plain_line(value)
        if plain is not None:
            return plain
        lowering = Lowering(self._classes.find)
        try:
            line = dumped(lowering.lower(value, self._shape))
        except Refusal as refusal:
            raise NotStored(refusal.message("answer")) from None
        except RecursionError:
            raise NotStored(f"answer: {DEEP}") from None
        except Exception as error:  # a property, a library or a half-made object may fail in any way
            problem = f"reading it raises {type(error).__name__}: {error}"
            raise self._refused(value, problem) from error
        if lowering.missing:
            raise NotStored(self._unnamed(value, lowering.missing))
        if lowering.doubtful or lowering.fresh:
            self._verify(value, line)
            for adapter in lowering.fresh:
                adapter.verified = True
        return line

    def decode(self, line: bytes) -> Any:
        """Restore the answer of a line, as a new object.

        A field that its class gained since the line was written gets its default.

        Raises:
            Unreadable: The line is damaged, or was written for another form of the answer's type.
        """
        try:
            value = orjson.loads(line)
            tagged = self._typed or (_DOLLAR in line and b'"$' in line)
            return self._lift(value, self._shape) if tagged else value
        except Exception as error:  # a library may refuse damaged data in any way
            raise Unreadable(
                f"a kept answer cannot be read ({error}): {line[:80]!r}. If another version of a library "
                "stored it, call the model again: pytest --modelcheck-cache=refresh"
            ) from error

    def _verify(self, value: Any, line: bytes) -> None:
        """Verify that the restored answer equals the original, also in what ``==`` does not compare."""
        try:
            back = self.decode(line)
            again = Lowering(self._classes.find)
            alike = orjson.dumps(again.lower(back, self._shape)) == line
            if alike and not _is_unequal(value, back, self.decode(line)):
                return
            problem = "what is read back is not the same"
        except (Unreadable, Refusal) as error:
            problem = f"it cannot be read back: {error}"
        except Exception as error:  # noqa: BLE001 - a library may refuse its own value in any way
            problem = f"it cannot be read back: {type(error).__name__}: {error}"
        raise self._refused(value, problem)

    def _refused(self, value: Any, problem: str) -> NotStored:
        return NotStored(
            f"answer: {article(qualified(type(value)))} cannot be stored, since {problem}. Let the model "
            "answer plain data of it, or name in the test what is compared: case.record(...)."
        )

    def _unnamed(self, value: Any, missing: Iterable[type]) -> str:
        """The message about classes that no annotation names, with the remedy."""
        known, named = Classes(), []
        for kind in (one if is_importable(one) else generic_of(one) or one for one in missing):
            if kind not in known.by_type:  # else the annotations of another one name it
                named.append(kind)
                known.shape(kind)
        written = re.sub(r"[\w<>]+\.", "", inspect.formatannotation(self._returns))
        given = [] if self._returns is None else [written.replace("NoneType", "None")]
        returns = " | ".join([*given, *(one.__name__ for one in named)])
        which = ", ".join(map(qualified, named))
        kind = type(value)
        inside = "" if {kind, generic_of(kind)}.intersection(named) else f" (in {article(qualified(kind))})"
        return (
            f"answer: objects of {which}{inside} are stored only where their class is named. Write "
            f"@model_fixture(returns={returns}).{'' if all(map(is_importable, named)) else _MADE}"
        )


def unstored(value: Any, reason: str, key: bytes | None = None) -> bytes:
    """The substitute for an answer that could not be stored: its description, and the reason with a remedy.

    The ``key`` is the result of ``compare_by=`` as a line, which is compared instead.
    """
    return orjson.dumps(
        {UNSTORED: [excerpt(value, 200), reason, *([] if key is None else [orjson.Fragment(key)])]}
    )


def why_unstored(line: bytes) -> str | None:
    """The reason why the answer of a line cannot be compared, with the remedy; ``None`` if it can be.

    >>> why_unstored(unstored(object(), "answer: an object cannot be stored.")), why_unstored(b"1")
    ('answer: an object cannot be stored.', None)
    """
    if is_stored(line):
        return None
    reason = orjson.loads(line)[UNSTORED]
    return None if len(reason) > 2 else str(reason[1])


def described(line: bytes) -> str:
    """Return a stored answer for people, without restoring it; the description if it could not be stored.

    >>> described(unstored(object(), "answer: an object cannot be stored."))
    '<object object>'
    """
    return line.decode() if is_stored(line) else str(orjson.loads(line)[UNSTORED][0])


def is_stored(line: bytes) -> bool:
    """Return whether a line holds an answer, rather than a description of one.

    >>> is_stored(b'"refund"'), is_stored(unstored(object(), "answer: an object cannot be stored."))
    (True, False)
    """
    return line[: len(_UNSTORED)] != _UNSTORED


class Lifting:
    """Restores answers from JSON. Raises ``ValueError``, ``TypeError`` or ``LookupError`` if it cannot."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters

    def lift(self, form: Any, shape: Shape = ANYTHING) -> Any:
        """Restore the value of a piece of JSON."""
        kind = type(form)
        if kind is list:
            inside = shape.items or ANYTHING
            if inside is ANYTHING and _AS_IS.issuperset(map(type, form)):
                return form
            return [self.lift(item, inside) for item in form]
        if kind is dict:
            return self._tagged(form, shape)
        adapter = shape.adapter
        if adapter is not None and adapter.json is kind:
            return adapter.make({"name" if kind is str else "value": form}, [])
        return form

    def _tagged(self, form: dict[str, Any], shape: Shape) -> Any:
        if TYPE in form:
            name = form.pop(TYPE)
            adapter = self._adapters.get(name)
            if adapter is None:
                raise LookupError(f"it holds a {name}, which returns= does not name")
            return self._object(adapter, form)
        if len(form) == 1:
            ((tag, inside),) = form.items()
            if tag[:1] == "$":
                return self._special(tag, inside, shape)
        if shape.adapter is not None and shape.adapter.json is dict:
            return self._object(shape.adapter, form)
        return {key: self.lift(item, shape.entry(key)) for key, item in form.items()}

    def _special(self, tag: str, inside: Any, shape: Shape) -> Any:
        if tag in _ROWS:
            return BUILD[tag](self.lift(item, shape.items or ANYTHING) for item in inside)
        if tag == DICT:
            made = ((self.lift(key), item) for key, item in inside)
            return {key: self.lift(item, shape.entry(key)) for key, item in made}
        build = builder(tag)
        if build is not None:
            return build(self.lift(inside))
        if tag in (SEEN, IGNORING):
            return self.lift(inside[1], shape)
        if tag == UNSTORED:
            raise ValueError(f"it was not stored: {inside[1]}")
        if shape.adapter is not None:
            return self._object(shape.adapter, {tag: inside})
        raise LookupError(f"it holds a tag {tag!r}, which this version does not know")

    def _object(self, adapter: Adapter, form: dict[str, Any]) -> Any:
        shapes, coded = adapter.shapes, adapter.coded
        left = form.pop(DEFAULT, None) or []
        parts = {
            name: part
            if type(part) in _AS_IS and name not in coded  # a call for each would take half as long again
            else self.lift(part, shapes.get(name) or ANYTHING)
            for name, part in form.items()
        }
        return adapter.make(parts, left)


_ROWS: Final = ("$tuple", "$set", "$frozenset")
_AS_IS: Final = frozenset({str, int, float, bool, type(None)})


def _is_unequal(value: Any, back: Any, twin: Any) -> bool:
    """Return whether a user's ``==`` tells the restored value from the original, but not from its twin."""
    kind: Any = type(value)
    if not isinstance(kind.__eq__, FunctionType) or kind_of(kind) is not None or type(back) is not kind:
        return False
    try:
        return bool(back == twin) and not bool(back == value)
    except Exception:  # noqa: BLE001 - arrays have no single answer, half-made objects none
        return False
