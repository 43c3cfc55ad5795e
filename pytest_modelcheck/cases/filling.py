"""One template, what may stand in its slots, and the cases that come of it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from random import Random
from typing import Any, Final

from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.cases.slots import Template
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Case, Origin

_MOST: Final = 100_000
_EXACT: Final = 2**53
_OWN_WORDS: Final = ("text", "expected", "variants", "metadata", "n", "seed")
CLUSTER: Final = "template"
_NUMBERED: Final = re.compile(r"(.*?)\d+")
Values = Mapping[str, Any]


class Filling:
    """One template, and what may stand in its slots."""

    def __init__(
        self,
        text: Any,
        expected: Any,
        variants: Any,
        metadata: dict[str, Any],
        lists: Mapping[str, list[Any]],
    ) -> None:
        self.name = excerpt(text, 60)
        self._cluster = text if isinstance(text, str) else excerpt(text, 200)
        self._text = _compiled(text)
        self._expected = expected
        self._variants = variants if callable(variants) else [_compiled(each) for each in _several(variants)]
        self._metadata = metadata
        names = _names(self._text)
        for each in [] if callable(self._variants) else self._variants:
            names.update(_names(each))
        self.lists = {name: _list_for(name, lists, self.name) for name in names}
        self._groups = [
            [name for name in self.lists if self.lists[name] is values] for values in lists.values()
        ]
        for name in (CLUSTER, *metadata):
            if name in self.lists:
                raise CaseError(
                    f"template {self.name!r}: '{name}' is the name of a metadata; call the slot otherwise"
                )

    def check(self, n: int | None) -> None:
        """Whether there are enough combinations, and not too many; the first is filled in."""
        size = self._size()
        if n is None and size > _MOST:
            raise CaseError(
                f"template {self.name!r}: {size:,} combinations; draw some of them with n=, such as n=500"
            )
        first = self._first()
        if len(first) < len(self.lists):
            raise CaseError(
                f"template {self.name!r}: numbered slots need as many different values as there are slots"
            )
        self._case(first, 0)

    def cases(self, n: int | None, seed: int) -> Iterator[Case]:
        """All cases, or ``n`` that are drawn, in the order of the lists."""
        chosen = self._all() if n is None else self._drawn(n, seed)
        for number, values in enumerate(chosen):
            yield self._case(values, number)

    def _size(self) -> int:
        return math.prod(len(values) for values in self.lists.values())

    def _first(self) -> Values:
        """The first combination; it lacks slots where a list has too few different values for its slots."""
        first: dict[str, Any] = {}
        for group in self._groups:
            different: dict[bytes, Any] = {}
            for value in self.lists[group[0]] if group else ():
                if len(different) == len(group):
                    break
                different.setdefault(digest(value), value)
            first.update(zip(group, different.values(), strict=False))
        return first

    def _all(self) -> Iterator[Values]:
        for combination in product(*self.lists.values()):
            values = dict(zip(self.lists, combination, strict=True))
            if self._is_distinct(values):
                yield values

    def _is_distinct(self, values: Values) -> bool:
        """Whether slots that take from one list took different values."""
        return all(
            len({digest(values[name]) for name in group}) == len(group)
            for group in self._groups
            if len(group) > 1
        )

    def _drawn(self, n: int, seed: int) -> Iterator[Values]:
        size = self._size()
        if size <= _MOST:
            everything = list(self._all())
            if n > len(everything):
                raise CaseError(f"template {self.name!r}: n={n} of {len(everything)} combinations")
            places = sorted(range(len(everything)), key=lambda place: digest([seed, self.name, place]))
            return (everything[place] for place in sorted(places[:n]))
        return (self._combination(place) for place in sorted(self._places(n, seed, size)))

    def _places(self, n: int, seed: int, size: int) -> set[int]:
        """Some of very many combinations, by drawing until there are enough that count."""
        rng = Random(int.from_bytes(digest([seed, self.name]), "big"))  # noqa: S311 - reproducible on purpose
        places: set[int] = set()
        for _ in range(20 * n + 1000):
            if len(places) == n:
                return places
            # A float has 53 bits: of more combinations it would leave out most values of the last slots.
            place = (
                int(rng.random() * size) if size <= _EXACT else rng.getrandbits(size.bit_length() + 64) % size
            )
            if self._is_distinct(self._combination(place)):
                places.add(place)
        raise CaseError(f"template {self.name!r}: n={n} different combinations were not found; ask for fewer")

    def _combination(self, place: int) -> Values:
        values: dict[str, Any] = {}
        for name, options in reversed(self.lists.items()):
            place, option = divmod(place, len(options))
            values[name] = options[option]
        return dict(reversed(values.items()))

    def _case(self, values: Values, number: int) -> Case:
        variants = self._variants
        made = _called(variants, values, "variants", self.name) if callable(variants) else None
        return Case(
            _filled(self._text, values),
            _called(self._expected, values, "expected", self.name)
            if callable(self._expected)
            else self._expected,
            metadata={**self._metadata, CLUSTER: self._cluster, **values},
            variants=tuple(made if made is not None else [_filled(each, values) for each in variants]),
            origin=Origin(f"template {self.name!r}[{number}]"),
        )


def _place(rng: Random, size: int) -> int:
    """One of so many places. A float, of 53 bits, would leave out most values of the last of many slots."""
    return int(rng.random() * size) if size <= _EXACT else rng.getrandbits(size.bit_length() + 64) % size


def _compiled(text: Any) -> Any:
    """The same structure with :class:`Template` for every text in it."""
    if isinstance(text, str):
        return Template(text)
    if isinstance(text, Mapping):
        return {key: _compiled(value) for key, value in text.items()}
    if isinstance(text, list | tuple):
        return [_compiled(value) for value in text]
    return text


def _filled(compiled: Any, values: Values) -> Any:
    if isinstance(compiled, Template):
        return compiled.filled(values)
    if isinstance(compiled, dict):
        return {key: _filled(value, values) for key, value in compiled.items()}
    if isinstance(compiled, list):
        return [_filled(value, values) for value in compiled]
    return compiled


def _names(compiled: Any) -> dict[str, None]:
    if isinstance(compiled, Template):
        return dict.fromkeys(compiled.names)
    if isinstance(compiled, dict | list):
        inner = compiled.values() if isinstance(compiled, dict) else compiled
        return {name: None for value in inner for name in _names(value)}
    return {}


def _several(variants: Any) -> list[Any]:
    return [variants] if isinstance(variants, str | Mapping) else list(variants)


def _list_for(name: str, lists: Mapping[str, list[Any]], template_name: str) -> list[Any]:
    """The list of a slot; ``item1`` takes from that of ``item`` unless it has its own."""
    numbered = _NUMBERED.fullmatch(name)
    for candidate in (name, numbered[1] if numbered else name):
        if candidate in lists:
            return lists[candidate]
    close = difflib.get_close_matches(name, list(lists), 1)
    hint = f"did you mean {{{close[0]}}}?" if close else f"pass {name}=[…]"
    if name in _OWN_WORDS:
        hint = f"{name}= says something else here, so call the slot otherwise: {{{name}_}} and {name}_=[…]"
    raise CaseError(f"template {template_name!r}: nothing is given for the slot {{{name}}}; {hint}")


def _called(function: Callable[..., Any], values: Values, what: str, name: str) -> Any:
    """What a function of some slots, told by the names of its parameters, says of these values."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
        return _asked(function, values, what, name)
    wanted = [
        parameter
        for parameter in parameters
        if parameter.name in values or parameter.default is parameter.empty
    ]
    for parameter in wanted:
        if parameter.name not in values:
            there = ", ".join(values) or "none"
            raise CaseError(
                f"template {name!r}: {what} asks for a slot '{parameter.name}'; there are {there}"
            )
    chosen = {parameter.name: values[parameter.name] for parameter in wanted}
    return _asked(function, chosen, what, name)


def _asked(function: Callable[..., Any], values: Values, what: str, name: str) -> Any:
    try:
        return function(**values)
    except Exception as error:
        given = excerpt(", ".join(f"{key}={value!r}" for key, value in values.items()), 80)
        raise CaseError(
            f"template {name!r}: {what} raised {type(error).__name__}: {error} (for {given})"
        ) from error
