"""Cases made from templates: texts with slots, and lists of values for each slot."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, Final

from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.canonical.source import signature_of
from pytest_modelcheck.cases.collection import Cases
from pytest_modelcheck.cases.rows import AS_IT_IS, Layout, Row, variants_of
from pytest_modelcheck.cases.slots import Template
from pytest_modelcheck.cases.sources import Source
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.numeric import is_whole
from pytest_modelcheck.records import MISSING, Case, Origin


def template(
    text: Any,
    *,
    expected: Any = MISSING,
    variants: Any = (),
    metadata: Mapping[str, Any] | None = None,
    n: int | None = None,
    seed: int = 0,
    **slots: Iterable[Any],
) -> Cases:
    """Make cases by filling the slots of a template in all ways, or in ``n`` random ways.

    ``{item}`` is a slot; ``{item1}`` and ``{item2}`` take different values from the list of ``item``;
    ``{a:item}`` and ``{A:item}`` add the English article; ``{price:.2f}`` formats like ``str.format``;
    ``{person.name}`` is a part of a value. The slots of each case are metadata, and the text of the template
    is ``metadata["template"]``, for ``slices=`` and ``cluster="template"``.

    Args:
        text: The template, a list of templates, or a mapping with templates in it, for inputs that are
            mappings.
        expected: The expectation: a value, or a function of slots by their names.
        variants: Perturbed inputs: a list of templates with the same slots, or a function of slots.
        metadata: Metadata of all cases.
        n: The number of cases to draw from each template, without repetition (default: all).
        seed: The seed of the draw.
        slots: The values of each slot.

    Raises:
        CaseError: A slot has no values, values have no slot, braces do not match, or there are more than
            100,000 combinations and no ``n``.

    >>> refunds = template(
    ...     "{name} wants {a:item} refunded.",
    ...     name=["Maria", "Omar"],
    ...     item=["order", "kettle"],
    ...     expected=lambda item: f"refund:{item}",
    ... )
    >>> for case in refunds:
    ...     print(case.input, case.expected)
    Maria wants an order refunded. refund:order
    Maria wants a kettle refunded. refund:kettle
    Omar wants an order refunded. refund:order
    Omar wants a kettle refunded. refund:kettle
    >>> refunds[0].metadata["name"], refunds.where(item="kettle").origin
    ('Maria', "template '{name} wants {a:item} refunded.', where item='kettle'")
    """
    if not isinstance(metadata, Mapping | None):
        raise CaseError(f"template(metadata={metadata!r:.60}): metadata is a mapping of names to values")
    if not callable(variants) and not isinstance(variants, Iterable):
        raise CaseError(
            f"template(variants={variants!r:.60}): variants are a list of templates, or a function of slots"
        )
    lists = {name: _listed(name, values) for name, values in slots.items()}
    texts = list(text) if isinstance(text, list | tuple) else [text]
    parts = [FilledTemplate(each, expected, variants, dict(metadata or {}), lists) for each in texts]
    for name, values in lists.items():
        if not any(values is used for part in parts for used in part.lists.values()):
            raise CaseError(f"template({name}=…): no template has a slot {{{name}}}")
    if n is not None and not is_whole(n, least=1):
        raise CaseError(f"template(n={n!r}): n is the number of cases, at least 1")
    for part in parts:
        part.check(n)
    return Cases(TemplateSource(parts, n, seed), AS_IT_IS)


class TemplateSource(Source):
    """The cases of one or several templates."""

    def __init__(self, parts: Sequence[FilledTemplate], n: int | None, seed: int) -> None:
        self.name = ", ".join(f"template {part.name!r}" for part in parts)
        self.cluster = CLUSTER if len(parts) > 1 else None
        self._parts = parts
        self._n = n
        self._seed = seed

    def cases(self, layout: Layout) -> Iterator[Case]:  # noqa: ARG002 - a template says itself what is what
        """The cases, template by template."""
        for part in self._parts:
            yield from part.cases(self._n, self._seed)


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise CaseError(
            f"template({name}={values!r:.60}): a slot takes a list, even of a single value: [{values!r:.60}]"
        )
    listed = list(values)
    if not listed:
        raise CaseError(f"template({name}=…): the list is empty, so there would be no cases")
    return listed


_TRIES: Final = 50
# After so many draws per value without a new one, there are probably no more.
_IN_VAIN: Final = 100


def lexicon(kind: str, n: int = 20, *, locale: str = "en_US", seed: int = 0, **options: Any) -> list[Any]:
    """Draw ``n`` different values from a provider of faker, such as ``"first_name_female"`` or ``"city"``.

    Needs ``pip install "pytest-modelcheck[faker]"``. A seed gives the same values as long as
    faker's version stays the same; for cases that must last longer, write the list down.

    Args:
        kind: The name of the provider.
        n: The number of values.
        locale: The language and country, such as ``"es_MX"``.
        seed: The seed of the draw.
        options: The arguments of the provider.

    Raises:
        CaseError: faker is not installed, has no such provider or locale, or seems to have fewer values
            (a hundred draws for each value brought no new one).
    """
    if not isinstance(kind, str):
        raise CaseError(f"lexicon({kind!r}): the kind is the name of a faker provider, such as 'first_name'")
    if not is_whole(n, least=1):
        raise CaseError(f"lexicon({kind!r}, {n!r}): n is the number of values, at least 1")
    try:
        from faker import Faker

        fake = Faker(locale)
    except ModuleNotFoundError as error:
        raise CaseError(f'lexicon({kind!r}) needs faker: pip install "pytest-modelcheck[faker]"') from error
    except (AttributeError, TypeError) as error:
        raise CaseError(
            f"lexicon({kind!r}, locale={locale!r}): faker has no such locale ({error})"
        ) from error
    fake.seed_instance(seed)
    make = getattr(fake, kind, None)
    if kind.startswith("_") or not callable(make):
        raise CaseError(f"lexicon({kind!r}): faker has no provider of this name")
    values: dict[bytes, Any] = {}
    latest = 0
    for draw in range(_TRIES * n):
        count = len(values)
        try:
            value = make(**options)
        except Exception as error:
            raise CaseError(f"lexicon({kind!r}): it raised {type(error).__name__}: {error}") from error
        values.setdefault(digest(value), value)
        if len(values) == n:
            return list(values.values())
        if len(values) > count:
            latest = draw
        elif draw - latest > _IN_VAIN * (count + 10):
            break
    raise CaseError(f"lexicon({kind!r}, {n}): faker has no more than {len(values)} such values in {locale}")


_MOST: Final = 100_000
_EXACT: Final = 2**53
_OWN_WORDS: Final = ("text", "expected", "variants", "metadata", "n", "seed")
CLUSTER: Final = "template"
_NUMBERED: Final = re.compile(r"(.*?)\d+")
Values = Mapping[str, Any]


class FilledTemplate:
    """One template and the values of its slots."""

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
        names: dict[str, None] = {}
        self._text = _compiled(text, names)
        self._expected = expected
        several = [variants] if isinstance(variants, str | Mapping) else variants
        self._variants = variants if callable(variants) else [_compiled(each, names) for each in several]
        self._metadata = metadata
        self.lists = {name: _list_for(name, lists, self.name) for name in names}
        self._groups = [
            [name for name in self.lists if self.lists[name] is values] for values in lists.values()
        ]
        self._size = math.prod(len(values) for values in self.lists.values())
        for name in (CLUSTER, *metadata):
            if name in self.lists:
                raise CaseError(
                    f"template {self.name!r}: '{name}' is the name of a metadata; rename the slot"
                )

    def check(self, n: int | None) -> None:
        """Check the number of combinations, and fill in the first one."""
        if n is None and self._size > _MOST:
            many = f"{self._size:,} combinations"
            raise CaseError(f"template {self.name!r}: {many}; draw some of them with n=500, for example")
        first: dict[str, Any] = {}
        for group in self._groups:
            different: dict[bytes, Any] = {}
            for value in self.lists[group[0]] if group else ():
                if len(different) == len(group):
                    break
                different.setdefault(digest(value), value)
            if len(different) < len(group):
                raise CaseError(
                    f"template {self.name!r}: there are fewer different values than numbered slots"
                )
            first.update(zip(group, different.values(), strict=True))
        self._case(first, 0)

    def cases(self, n: int | None, seed: int) -> Iterator[Case]:
        """All cases, or ``n`` random ones, in the order of the lists."""
        chosen = self._all() if n is None else self._drawn(n, seed)
        for number, values in enumerate(chosen):
            yield self._case(values, number)

    def _all(self) -> Iterator[Values]:
        for combination in product(*self.lists.values()):
            values = dict(zip(self.lists, combination, strict=True))
            if self._is_distinct(values):
                yield values

    def _is_distinct(self, values: Values) -> bool:
        """Return whether slots with the same list have different values."""
        return all(
            len({digest(values[name]) for name in group}) == len(group)
            for group in self._groups
            if len(group) > 1
        )

    def _drawn(self, n: int, seed: int) -> Iterator[Values]:
        size = self._size
        if size <= _MOST:
            everything = list(self._all())
            if n > len(everything):
                raise CaseError(f"template {self.name!r}: n={n} of {len(everything)} combinations")
            # By digest and not by random.sample(), whose choice may change with the version of Python.
            ranked = sorted(range(len(everything)), key=lambda place: digest([seed, self.name, place]))
            return (everything[place] for place in sorted(ranked[:n]))
        # Of very many combinations, draw until there are enough valid ones.
        rng = Random(int.from_bytes(digest([seed, self.name]), "big"))  # noqa: S311 - reproducible on purpose
        places: set[int] = set()
        for _ in range(20 * n + 1000):
            if len(places) == n:
                return map(self._combination, sorted(places))
            # A float has 53 bits: with more combinations, it would skip most values of the last slots.
            place = (
                int(rng.random() * size) if size <= _EXACT else rng.getrandbits(size.bit_length() + 64) % size
            )
            if self._is_distinct(self._combination(place)):
                places.add(place)
        raise CaseError(
            f"template {self.name!r}: n={n} different combinations were not found; use a smaller n"
        )

    def _combination(self, place: int) -> Values:
        values: dict[str, Any] = {}
        for name, options in reversed(self.lists.items()):
            place, option = divmod(place, len(options))
            values[name] = options[option]
        return dict(reversed(values.items()))

    def _case(self, values: Values, number: int) -> Case:
        filled = _filled(self._text, values)
        origin = Origin(f"template {self.name!r}[{number}]")
        if callable(self._variants):
            given = _called(self._variants, values, "variants", self.name)
            is_one = isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable)
            variants = given if is_one else list(given)
        else:
            variants = [_filled(each, values) for each in self._variants]
        return Case(
            filled,
            _called(self._expected, values, "expected", self.name)
            if callable(self._expected)
            else self._expected,
            metadata={**self._metadata, CLUSTER: self._cluster, **values},
            variants=variants_of(Row(filled, origin), variants, filled),
            origin=origin,
        )


def _mapped(structure: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure of mappings and lists, with all that is neither passed through ``change``."""
    if isinstance(structure, Mapping):
        return {key: _mapped(value, change) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return [_mapped(value, change) for value in structure]
    return change(structure)


def _compiled(text: Any, names: dict[str, None]) -> Any:
    """The same structure with every text replaced by a :class:`Template`, whose slots are added to names."""

    def compiled(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        made = Template(value)
        names.update(dict.fromkeys(made.names))
        return made

    return _mapped(text, compiled)


def _filled(compiled: Any, values: Values) -> Any:
    return _mapped(compiled, lambda value: value.filled(values) if isinstance(value, Template) else value)


def _list_for(name: str, lists: Mapping[str, list[Any]], template_name: str) -> list[Any]:
    """The values of a slot. ``item1`` takes them from ``item`` unless it has its own."""
    numbered = _NUMBERED.fullmatch(name)
    for candidate in (name, numbered[1] if numbered else name):
        if candidate in lists:
            return lists[candidate]
    close = difflib.get_close_matches(name, list(lists), 1)
    hint = f"did you mean {{{close[0]}}}?" if close else f"pass {name}=[…]"
    if name in _OWN_WORDS:
        hint = f"{name}= has another meaning here, so rename the slot: {{{name}_}} and {name}_=[…]"
    raise CaseError(f"template {template_name!r}: the slot {{{name}}} has no values; {hint}")


def _called(function: Callable[..., Any], values: Values, what: str, name: str) -> Any:
    """Call a function of slots, which are selected by the names of its parameters."""
    parameters = signature_of(function).parameters.values()
    chosen = values
    if not any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters):
        for parameter in parameters:
            if parameter.name not in values and parameter.default is parameter.empty:
                there = ", ".join(values) or "none"
                raise CaseError(
                    f"template {name!r}: {what} needs a slot '{parameter.name}'; the slots are {there}"
                )
        chosen = {one.name: values[one.name] for one in parameters if one.name in values}
    try:
        return function(**chosen)
    except Exception as error:
        given = excerpt(", ".join(f"{key}={value!r}" for key, value in chosen.items()), 80)
        raise CaseError(
            f"template {name!r}: {what} raised {type(error).__name__}: {error} (for {given})"
        ) from error
