"""The model that tests and the engine use: a name, a version, a callable, and its answers."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, cast

from pytest_modelcheck.canonical import Codec, NotStored, Projection, digest, of_repeat, unstored
from pytest_modelcheck.canonical.refusal import article
from pytest_modelcheck.display import redacted, redacted_value
from pytest_modelcheck.errors import ModelError, UsageError
from pytest_modelcheck.models.calling import Arguments
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from pytest_modelcheck.models.cache import Shelf
    from pytest_modelcheck.models.calling import Caller
    from pytest_modelcheck.models.claims import Claims
    from pytest_modelcheck.models.definition import Definition

_NOTHING: Final = object()

# One-shot types: only the first reader gets their items.
_ONCE = (Iterator, AsyncIterator, Awaitable)

# The longest text, in characters, whose digest is cached in memory.
SHORT_TEXT = 1000

# The digest of such a text.
short_text_key = lru_cache(maxsize=1 << 14)(digest)


def text_key(text: str) -> bytes:
    """Return the digest of a text. The latest digests are cached, since bodies use the same texts again."""
    return short_text_key(text) if len(text) <= SHORT_TEXT else digest(text)


# Types whose values cannot change, so that all readers can share one object.
IMMUTABLE = frozenset({str, int, float, bool, bytes, type(None)})


_copying: Final = threading.RLock()


def deep_copy(value: Any) -> Any:
    """Copy an object, or raise ``TypeError``.

    Copying a client that holds a lock fails halfway, and the ``__del__`` of the half copy may then raise.
    That error is silenced here: pytest would warn of it and, with ``-W error``, fail the test.
    """
    with _copying:
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        try:
            with suppress(Exception):  # raised by a user's __deepcopy__; ends the half copy, too
                return deepcopy(value)
        finally:
            sys.unraisablehook = hook
    raise TypeError(f"a {type(value).__name__} cannot be copied")


def copied(x: Any) -> Any:
    """Copy an input, so that a model that changes it changes neither the body's object nor the call's key.

    An object that cannot be copied (a lock, a connection) is passed on itself.
    """
    if type(x) in IMMUTABLE:
        return x
    try:
        return _copied_plain(x, set())
    except (_NotPlainError, RecursionError):
        try:
            if type(x) is Arguments:
                return Arguments(deep_copy(x.positional), deep_copy(x.named), x.bound)
            return deep_copy(x)
        except TypeError:
            return x


class _NotPlainError(Exception):
    """A value that only ``deepcopy`` copies: of another type, or an object that occurs in it twice."""


def _copied_plain(x: Any, seen: set[int]) -> Any:
    """Copy nested lists and mappings of immutable values, in a fifth of the time that ``deepcopy`` takes."""
    kind = type(x)
    if (kind is not list and kind is not dict) or id(x) in seen:
        raise _NotPlainError
    seen.add(id(x))
    if kind is dict and not IMMUTABLE.issuperset(map(type, x)):
        raise _NotPlainError
    if IMMUTABLE.issuperset(map(type, x if kind is list else x.values())):
        return x.copy()
    if kind is list:
        return [part if type(part) in IMMUTABLE else _copied_plain(part, seen) for part in x]
    return {key: part if type(part) in IMMUTABLE else _copied_plain(part, seen) for key, part in x.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Unstored:
    """An answer that cannot be stored: the object itself, for this run only.

    Attributes:
        value: The object, or a private copy of it if it can be copied.
        plain: Its line in records: a description, which does not identify the answer.
        shared: Whether each reader gets a copy. If not, it is for one reader, and the next one calls again.
    """

    value: Any
    plain: bytes
    shared: bool


# An answer in stored form: a line of JSON, or the object itself if it cannot be written as JSON.
Raw = bytes | Unstored


class Answers:
    """All answers of one model, by the digest of the call."""

    find: Callable[[bytes], Raw | None]
    """Look up an answer by its key."""
    decode: Callable[[Raw], Any]
    """Make a new object of the stored answer, so that no reader can change another's."""
    projection: Projection
    """The part of an answer that comparisons use; it is marked in the answer's line."""

    def __init__(
        self,
        shelf: Shelf,
        codec: Codec,
        open_measures: Callable[[], Shelf] | None = None,
        claims: Claims | None = None,
        projection: Projection | None = None,
    ) -> None:
        self._shelf = shelf
        self.projection = projection or Projection()
        self.kept = shelf.kept
        self.claims = claims if shelf.kept else None
        self._claimed: set[bytes] = set()
        self._open_measures = open_measures
        self._measures: Shelf | None = None
        self._encode = codec.encode
        self._decode_line = codec.decode
        self._unstored: dict[bytes, Unstored] = {}
        self.find = self._find_redacted if redacted.stored else shelf.get
        self.decode = cast("Callable[[Raw], Any]", codec.decode)  # until _hold() keeps an object
        self.warnings: list[str] = []

    def add(self, key: bytes | None, value: Any) -> Raw:
        """Store an answer (unless its key is ``None``) and return its stored form.

        Raises:
            ModelError: the answer is an iterator or a coroutine, which can be read only once.
        """
        try:
            raw = self._encode(value)
            if not self.projection.idle:
                raw = self.projection.wrapped(value, raw)
        except NotStored as reason:
            return self._hold(key, value, str(reason))
        if redacted.stored:
            raw = redacted_line(raw)
        if key is not None:
            self._shelf.put(key, raw)
        return raw

    def was_cached(self, key: bytes) -> bool:
        """Return whether an earlier run or another process stored the answer."""
        return self._shelf.is_inherited(key)

    def measured(self, key: bytes | None, measured: Measured) -> None:
        """Store the time and the cost of an answer."""
        if key is not None and (shelf := self._shelf_of_measures()) is not None:
            shelf.put(key, measured.line())

    def measure(self, key: bytes) -> Measured | None:
        """Return an answer's time and cost, without the answer, or ``None`` if they were not stored."""
        shelf = self._shelf_of_measures()
        line = None if shelf is None else shelf.get(key)
        return None if line is None else Measured.read(line)

    def _shelf_of_measures(self) -> Shelf | None:
        if self._measures is None and self._open_measures is not None:
            self._measures = self._open_measures()
        return self._measures

    def claim(self, key: bytes) -> bool:
        """Claim a call for this process; return whether no other process is making it."""
        if self.claims is not None:
            if not self.claims.take(self._shelf.namespace, key):
                return False
            self._claimed.add(key)
        return True

    def release(self, keys: Iterable[bytes] | None = None) -> None:
        """Release the claims on calls that will not be made, or all claims.

        The claim on an answered call is released when its answer is on disk.
        """
        if self._claimed and self.claims is not None:
            gone = self._claimed.copy() if keys is None else self._claimed.intersection(keys)
            self.claims.release(self._shelf.namespace, gone)
            self._claimed -= gone  # in place: another thread may claim meanwhile

    def reload(self) -> None:
        """Read the answers that other processes have stored since the last reload."""
        self._shelf.reload()

    def save(self) -> None:
        """Write new answers to disk."""
        # List these first: an answer that another thread adds during the flush may not be on disk afterwards.
        answered = [key for key in self._claimed.copy() if self.find(key) is not None]
        self._shelf.flush()
        if self._measures is not None:
            self._measures.flush()
        if answered:
            self.release(answered)

    def _hold(self, key: bytes | None, value: Any, reason: str) -> Unstored:
        if isinstance(value, _ONCE):
            if isinstance(value, Coroutine):
                value.close()  # prevents a later "was never awaited" warning from Python
            raise ModelError(
                f"the model answered with {article(type(value).__name__)}, which can be read only once, "
                "but equal calls share an answer. Return a text or a list (for a coroutine: use "
                "`async def`)"
            )
        self.warn(reason)
        self.decode = self._decode_any
        line = unstored(value, reason, self.projection.key(value))
        if redacted.stored:
            line = redacted_line(line)
        try:
            held = Unstored(deep_copy(value), line, shared=True)
        except TypeError:  # the answer is for one reader
            return Unstored(value, line, shared=False)
        if key is not None:
            self._unstored[key] = held
            self.find = self._find_anywhere
        return held

    def _decode_any(self, raw: Raw) -> Any:
        if not isinstance(raw, Unstored):
            return self._decode_line(raw)
        return deepcopy(raw.value) if raw.shared else raw.value

    def _find_redacted(self, key: bytes) -> Raw | None:
        """Look up an answer, and hide secrets: it may have been stored before redaction was turned on."""
        raw = self._shelf.get(key)
        return raw if raw is None else redacted_line(raw)

    def _find_anywhere(self, key: bytes) -> Raw | None:
        raw = self._find_redacted(key) if redacted.stored else self._shelf.get(key)
        return raw if raw is not None else self._unstored.get(key)

    def warn(self, reason: str) -> None:
        """Record the first reason why an answer cannot be cached."""
        if not self.warnings:
            self.warnings.append(reason)


def redacted_line(line: bytes) -> bytes:
    """Return a line of JSON with the secrets in its strings replaced."""
    if not redacted.finds(line.decode()):
        return line
    import orjson

    return orjson.dumps(redacted_value(orjson.loads(line)))


def plain(raw: Raw) -> bytes:
    """Return the line of an answer in records. Equal lines mean equal answers if these can be stored."""
    return raw if type(raw) is bytes else raw.plain  # type: ignore[union-attr]


class Model:
    """One version of a model, callable like the model itself: one input, one answer.

    Attributes:
        definition: The options of the model fixture.
        fingerprint: Distinguishes the model from another one of the same version; or ``None``.
        raw: The object that the fixture returned.
        route: Passes a call of the model to the session's engine, which answers it.
        is_awaited: Returns whether calls return coroutines now, as in an ``async`` test.
        other_version: Another version to compare with in the same run, or ``None``.
    """

    __slots__ = (
        "answers",
        "caller",
        "definition",
        "fingerprint",
        "is_awaited",
        "name",
        "other_version",
        "raw",
        "route",
        "version",
    )

    def __init__(
        self,
        definition: Definition,
        raw: Any,
        version: str | None,
        fingerprint: str | None,
        caller: Caller,
        answers: Answers,
        route: Callable[[Model, Any], Any],
        is_awaited: Callable[[], bool] = bool,
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.raw = raw
        self.version = version
        self.fingerprint = fingerprint
        self.caller = caller
        self.answers = answers
        self.route = route
        self.is_awaited = is_awaited
        self.other_version: Model | None = None

    def __call__(self, x: Any = _NOTHING, /, *more: Any, **named: Any) -> Any:
        """Call the model, with any arguments that it takes. An ``async`` test awaits the answer."""
        if more or named or x is _NOTHING:
            positional = more if x is _NOTHING else (x, *more)
            return self.route(self, self.caller.bind(positional, named))
        return self.route(self, x)

    def __repr__(self) -> str:
        return f"<model {self.label}>"

    @property
    def label(self) -> str:
        """Name and version, for messages."""
        return f"{self.name} {self.version}" if self.version is not None else f"{self.name} (unversioned)"

    # inspect.iscoroutinefunction() reads these attributes, in all supported Python versions.
    __defaults__ = __kwdefaults__ = None

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def __code__(self) -> CodeType:
        return (_awaited if self.is_awaited() else _direct).__code__

    def key(self, x: Any, repeat: int = 0) -> bytes | None:
        """Return the digest under which the answer to ``x`` is stored, or ``None`` if ``x`` has no digest."""
        context = self.definition.context
        # The usual call, before anything that costs time.
        if not context and type(x) is str:
            key = short_text_key(x) if len(x) <= SHORT_TEXT else digest(x)
            return of_repeat(key, repeat) if repeat else key
        try:
            if type(x) is not Arguments:
                key = digest(x)
            # One argument by name is the same call as by position.
            elif x.single:
                [key] = map(digest, x.bound.values())
            else:
                key = _together(digest(x.bound), b"arguments")
            for variable in context or ():
                try:
                    value = digest(variable.get())  # its default is what the model reads, too
                except LookupError:
                    value = b"unset"
                key = _together(key, value)
        except UsageError as reason:
            self.answers.warn(f"a call cannot be cached: {reason}")
            return None
        return of_repeat(key, repeat)


def _together(key: bytes, more: bytes) -> bytes:
    return blake2b(key + more, digest_size=len(key)).digest()


def _direct(*_arguments: Any, **_named: Any) -> None:
    """Provides the code object that ``inspect`` sees on a model in a plain test."""


async def _awaited(*_arguments: Any, **_named: Any) -> None:
    """Provides the code object that ``inspect`` sees on a model in an ``async`` test."""
