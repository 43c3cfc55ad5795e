"""YAML case files: a list of cases, or a mapping with ``cases:`` and ``defaults:``.

Values are built from the parser's events, without the node graph in between. That is several times faster,
keeps the line of each field, cannot overflow the C stack of libyaml's composer, and allows counting aliases
before they are followed.

An unquoted word means what it would mean in JSON, and is text otherwise. YAML 1.1 reads ``no`` as false
(and so the language Norwegian), ``12:30`` as 750, ``010`` as 8 and ``2024-05-01`` as a date, which is never
meant in a file of inputs and labels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from pytest_modelcheck.cases.files import CaseFile, refuse_conflicts
from pytest_modelcheck.cases.json_files import DEEPEST, Document, copied
from pytest_modelcheck.cases.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.errors import CaseError


# Aliases may add so many characters to a file, plus 20 times its own length.
_ROOM: Final = 1_000_000
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTAINER_TAGS: Final = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def read_yaml(file: CaseFile, *_: object) -> Iterator[Row]:
    """Read the cases of a YAML file, each with its line and the lines of its fields."""
    text = file.text()
    refuse_conflicts(file, text)
    return _Reader(file, text).rows()


class _Reader:
    """One pass over the events of one file."""

    def __init__(self, file: CaseFile, text: str) -> None:
        self._file = file
        self._text = text
        self._events: Iterator[Any] = yaml.parse(self._text, Loader=_LOADER)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._added = 0
        self._size = 0

    def rows(self) -> Iterator[Row]:
        # Line ends in YAML 1.1 (libyaml, PyYAML), but text in YAML 1.2.
        if found := re.search("[\x85\u2028\u2029]", self._text):
            code = f"{ord(found[0]):04x}"
            raise self._file.error(
                f"the character U+{code.upper()} ends the line for some readers of YAML, not for all;"
                f' write it as "\\u{code}", between double quotes',
                self._text.count("\n", 0, found.start()) + 1,
            )
        self._next()  # the stream begins
        event = self._next()
        if isinstance(event, StreamEndEvent):
            return
        event = self._next()
        if isinstance(event, SequenceStartEvent):
            yield from self._items(event)
        elif isinstance(event, MappingStartEvent):
            yield from self._document(event)
        elif self._value(event, 0) is not None:
            raise self._error("a list of cases is expected: begin each case with '- input: '", event)
        event = self._next()
        if isinstance(event, DocumentEndEvent):
            event = self._next()
        if isinstance(event, DocumentStartEvent):
            raise self._error("a second document begins here ('---'); write all cases in one list", event)

    def _document(self, start: Event) -> Iterator[Row]:
        document = Document(self._file)
        rows: list[Row] = []
        for key, line, event in self._pairs():
            document.key(key, line)
            if key == "cases":
                if not isinstance(event, SequenceStartEvent):
                    raise self._error("cases: must be a list; begin each case with '- input: '", event)
                rows.extend(self._items(event))
            else:
                document.keep(key, self._value(event, 1), line)
        document.close(_line(start))
        return map(document.completed, rows)

    def _items(self, start: Event) -> Iterator[Row]:
        self._anchored(start, None)
        while not isinstance(event := self._next(), SequenceEndEvent):
            origin = self._file.origin(_line(event))
            lines: dict[str, int] = {}
            yield Row(self._value(event, 1, lines), origin, lines)

    def _value(self, event: Any, depth: int, lines: dict[str, int] | None = None) -> Any:
        """The value that begins with ``event``. ``lines`` collects the lines of a mapping's keys."""
        if isinstance(event, ScalarEvent):
            return self._anchored(event, self._scalar(event))
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if depth > DEEPEST:
            raise self._error(f"nested more than {DEEPEST} levels deep", event)
        if event.tag not in _CONTAINER_TAGS:
            raise self._error(
                f"the tag {tag_name(event.tag)} is not plain data; case files contain nothing else", event
            )
        before = self._size
        value: Any
        if isinstance(event, MappingStartEvent):
            value = self._mapping(depth, {} if lines is None else lines)
        else:
            value = []
            while not isinstance(item := self._next(), SequenceEndEvent):
                value.append(self._value(item, depth + 1))
        return self._anchored(event, value, before)

    def _mapping(self, depth: int, lines: dict[str, int]) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, line, event in self._pairs():
            value = self._value(event, depth + 1)
            if key == "<<" and isinstance(event, AliasEvent | MappingStartEvent | SequenceStartEvent):
                merged = {}
                # Of several mappings, earlier ones take precedence.
                for source in value if isinstance(value, list) else [value]:
                    if not isinstance(source, dict):
                        raise self._error("<<: takes a mapping, or a list of mappings", event)
                    merged = {**source, **merged}
            else:
                mapping[key] = value
                lines[key] = line
        return {**merged, **mapping} if merged else mapping

    def _pairs(self) -> Iterator[tuple[str, int, Event]]:
        seen: dict[str, int] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or not (event.value or event.style):
                raise self._error("a key must be text", event)
            line, key = _line(event), event.value
            self._size += len(key) + 8
            self._anchored(event, key)
            if key in seen:
                raise self._file.error(f"the key '{key}' is used twice (first on line {seen[key]})", line)
            seen[key] = line
            yield key, line, self._next()

    def _scalar(self, event: ScalarEvent) -> Any:
        self._size += len(event.value) + 8
        try:
            if event.tag is not None and not event.implicit[1]:
                return tagged(event.tag, event.value)
            return plain(event.value) if event.implicit[0] and not event.style else event.value
        except ValueError as error:
            raise self._error(str(error), event) from error

    def _anchored(self, event: Any, value: Any, before: int | None = None) -> Any:
        if event.anchor is not None:
            size = len(value) + 8 if isinstance(value, str) else 8 if before is None else self._size - before
            self._anchors[event.anchor] = (value, size)
        return value

    def _alias(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            raise self._error(f"*{event.anchor} has no anchor &{event.anchor} before it", event)
        value, size = self._anchors[event.anchor]
        self._added += size
        self._size += size
        if self._added > _ROOM + 20 * len(self._text):
            raise self._error(
                f"aliases such as *{event.anchor} make the file {self._added // len(self._text)} times longer"
                " than it is; write the values out",
                event,
            )
        return copied(value)

    def _next(self) -> Any:
        try:
            return next(self._events)
        except yaml.reader.ReaderError as error:
            found = yaml.reader.Reader.NON_PRINTABLE.search(self._text)
            before = found.start() if found else 0
            raise self._file.error(
                f"not YAML: {error.reason}", self._text.count("\n", 0, before) + 1
            ) from error
        except yaml.MarkedYAMLError as error:
            mark, begun = error.problem_mark or error.context_mark, error.context_mark
            line = None if mark is None else min(mark.line, self._text.count("\n")) + 1
            since = (
                f" ({error.context} that begins on line {begun.line + 1})" if error.context and begun else ""
            )
            message = f"not YAML: {error.problem}{since}"
            if "nesting depth" in str(error.problem):  # libyaml 0.2.6 has a limit of its own, before ours
                message = f"nested more than {DEEPEST} levels deep"
            raise self._file.error(message, line) from error

    def _error(self, message: str, event: Event) -> CaseError:
        return self._file.error(message, _line(event))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
    ".inf": float("inf"),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_MAY_BEGIN: Final = frozenset("-0123456789")
_TAG: Final = "tag:yaml.org,2002:"


def plain(text: str) -> Any:
    """The value of an unquoted scalar.

    Raises:
        ValueError: The number has more digits than Python converts.

    >>> [plain(text) for text in ("3", "-2.5", "1e3", "true", "null", "no", "010", "12:30", "1.2.3")]
    [3, -2.5, 1000.0, True, None, 'no', '010', '12:30', '1.2.3']
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAY_BEGIN:
        return text
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return int(text) if number[1] is None and number[2] is None else float(text)


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag, such as ``!!str 12`` or ``!!binary``.

    Raises:
        ValueError: The tag is not one of plain data, or the text is not of that type.

    >>> tagged("tag:yaml.org,2002:str", "12"), tagged("tag:yaml.org,2002:binary", "aGk=")
    ('12', b'hi')
    """
    kind = tag.removeprefix(_TAG)
    if tag == "!" or kind == "str":
        return text
    if kind == "int":
        return int(text)
    if kind == "float":
        value = plain(text)
        return value if isinstance(value, float) else float(text)
    if kind == "bool":
        if text not in ("true", "false"):
            raise ValueError(f"{text!r} is neither true nor false")
        return text == "true"
    if kind == "null":
        return None
    if kind == "binary":
        import base64

        return base64.b64decode("".join(text.split()), validate=True)
    if kind == "timestamp":
        from datetime import datetime

        return datetime.fromisoformat(text)
    raise ValueError(f"the tag {tag_name(tag)} is not plain data; case files contain nothing else")


def tag_name(tag: str) -> str:
    """A tag as it is written in a file."""
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
