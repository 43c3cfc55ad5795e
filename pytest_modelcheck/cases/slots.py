"""Text with slots in braces, which also choose the English article (a, an) of their value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Iterator


_FORMATTER: Final = Formatter()
_NAME: Final = re.compile(r"\w+")
_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.\w+|\[\w+\])*")
_ARTICLES: Final = ("a", "A")


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a template.

    Attributes:
        name: The text between the braces, up to a dot, a bracket, a colon or an exclamation mark.
        path: The rest up to a colon or an exclamation mark: ``.first`` or ``[0]``.
        conversion: The text after an exclamation mark, or ``None``.
        spec: The text after a colon, as for ``str.format``.
        article: ``"a"`` or ``"A"`` if an article precedes the value, as in ``{a:item}`` and ``{A:item}``.
    """

    name: str
    path: str
    conversion: str | None
    spec: str
    article: str


class Template:
    """A text with slots.

    >>> template = Template("{name} wants {a:item} for {price:.2f}")
    >>> template.names
    ('name', 'item', 'price')
    >>> template.filled({"name": "Maria", "item": "umbrella", "price": 5})
    'Maria wants an umbrella for 5.00'
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = list(_parsed(text))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the slots, in order of first appearance."""
        return tuple(dict.fromkeys(slot.name for _, slot in self._parts if slot is not None))

    def filled(self, values: Mapping[str, Any]) -> str:
        """The text, with a value in each slot."""
        return "".join(
            literal + ("" if slot is None else self._shown(slot, values)) for literal, slot in self._parts
        )

    def _shown(self, slot: Slot, values: Mapping[str, Any]) -> str:
        try:
            value, path = values[slot.name], slot.path
            if isinstance(value, Mapping):  # in which a dot may also precede a key
                path = re.sub(r"\.(\w+)", r"[\1]", path)
            value, _ = _FORMATTER.get_field(f"value{path}", (), {"value": value})
            if slot.article:
                word = article(str(value))
                return f"{word.capitalize() if slot.article == 'A' else word} {value}"
            return str(_FORMATTER.format_field(_FORMATTER.convert_field(value, slot.conversion), slot.spec))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise CaseError(
                f"template {self.text!r}: the slot '{slot.name}{slot.path}' cannot be filled with"
                f" {values[slot.name]!r:.60} ({type(error).__name__}: {error})"
            ) from error


def _parsed(text: str) -> Iterator[tuple[str, Slot | None]]:
    try:
        parts = list(_FORMATTER.parse(text))
    except ValueError as error:
        raise CaseError(f"template {text!r}: {error} (write a literal brace twice: {{{{ or }}}})") from error
    for literal, field, spec, conversion in parts:
        if field is None:
            yield literal, None
            continue
        article = field if field in _ARTICLES and _PATH.fullmatch(spec or "") else ""
        path, form = (spec or "", "") if article else (field, spec or "")
        name = _NAME.match(path)
        if name is None or name[0].isdigit() or "{" in form:
            raise CaseError(
                f"template {text!r}: '{{{field}{':' if form else ''}{form}}}' is not a slot such as {{item}}"
                " (write a literal brace twice: {{ or }})"
            )
        yield literal, Slot(name[0], path[name.end() :], conversion, form, article)


_NUMBER: Final = re.compile(r"(?:8\d*|1[18])(?!\d)")
# Letters whose names begin with a vowel: an F, an X-ray.
_LETTERS: Final = frozenset("aefhilmnorsx")
_CONSONANT: Final = re.compile(
    r"uni(?!n|m[^o])|unan|us(?:e|ua|ab|u[rs])|ut(?:e[nr]|il|op)|ur(?:in|an|et)|ubiq|uk[ru]"
    r"|eu|ewe|one(?![a-z])|once|ouija"
)
_SILENT_H: Final = re.compile(r"hour|honest|hono|heir")
# Abbreviations that are pronounced as words.
_SPOKEN: Final = frozenset(
    ["nasa", "nato", "nafta", "ram", "rom", "sim", "lan", "fifa", "radar", "lidar", "laser", "midi"]
)


def article(phrase: str) -> str:
    """The indefinite article of a phrase, by the sound that it begins with: ``"a"`` or ``"an"``.

    >>> [article(word) for word in ("refund", "order", "hour", "user", "SUV", "URL", "8-pack")]
    ['a', 'an', 'an', 'a', 'an', 'a', 'an']
    """
    match = _NAME.search(phrase)
    if match is None:
        return "a"
    word = match[0]
    lowered = word.lower()
    if word[0].isdigit():
        return "an" if _NUMBER.match(word) else "a"
    if len(word) == 1 or (word.isupper() and lowered not in _SPOKEN):
        return "an" if lowered[0] in _LETTERS else "a"
    if lowered[0] in "aeiou":
        return "a" if _CONSONANT.match(lowered) else "an"
    return "an" if _SILENT_H.match(lowered) else "a"
