"""Cases made of templates: text with slots, and lists of what may stand in them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.collection import Cases
from pytest_modelcheck.cases.fields import AS_IT_IS
from pytest_modelcheck.cases.filling import CLUSTER, Filling
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.sources import Source
    from pytest_modelcheck.records import Case


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
    """Cases made by filling the slots of a template in all ways, or in ``n`` that are drawn.

    ``{item}`` is a slot; ``{item1}`` and ``{item2}`` take different values from the list of ``item``;
    ``{a:item}`` and ``{A:item}`` put the English article before; ``{price:.2f}`` formats as ``str.format``
    does; ``{person.name}`` is a part of a value. Each case has its slots as metadata, and the text of the
    template as ``metadata["template"]``, for ``slices=`` and ``cluster="template"``.

    Args:
        text: The template; a list of several; or a mapping with templates in it, for inputs that are one.
        expected: What is expected of each case: a value, or a function of slots by their names.
        variants: Templates of perturbed inputs, with the same slots; a list, or a function of slots.
        metadata: What else is known of all of them.
        n: How many cases to draw of each template, without repetition (default: all).
        seed: Decides which are drawn.
        slots: What may stand in each slot.

    Raises:
        CaseError: A slot without values, values without a slot, braces that do not match, or more than
            100,000 combinations without ``n``.

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
    lists = {name: _listed(name, values) for name, values in slots.items()}
    texts = list(text) if isinstance(text, list | tuple) else [text]
    parts = [Filling(each, expected, variants, dict(metadata or {}), lists) for each in texts]
    _check_used(parts, lists)
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
        raise CaseError(f"template(n={n!r}): n is a number of cases, at least 1")
    for part in parts:
        part.check(n)
    return Cases(TemplateSource(parts, n, seed), AS_IT_IS)


class TemplateSource:
    """The cases of one or several templates."""

    notes: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()

    def __init__(self, parts: Sequence[Filling], n: int | None, seed: int) -> None:
        self.name = ", ".join(f"template {part.name!r}" for part in parts)
        self.cluster = CLUSTER if len(parts) > 1 else None
        self._parts = parts
        self._n = n
        self._seed = seed

    def bind(self, base: Path, root: Path | None) -> Source:  # noqa: ARG002 - nothing here is a path
        """Itself."""
        return self

    def check(self) -> None:
        """Nothing: all was checked when it was made."""

    def cases(self, layout: Layout) -> Iterator[Case]:  # noqa: ARG002 - a template says itself what is what
        """The cases, template by template."""
        for part in self._parts:
            yield from part.cases(self._n, self._seed)

    def stream(self, layout: Layout) -> None:
        """Nothing: they are held."""


def _check_used(parts: Sequence[Filling], lists: Mapping[str, list[Any]]) -> None:
    for name, values in lists.items():
        if not any(values is used for part in parts for used in part.lists.values()):
            raise CaseError(f"template({name}=…): no template has a slot {{{name}}}")


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise CaseError(
            f"template({name}={values!r:.60}): a slot takes a list of values; for one alone, [{values!r:.60}]"
        )
    listed = list(values)
    if not listed:
        raise CaseError(f"template({name}=…): the list is empty, so that there would be no case")
    return listed
