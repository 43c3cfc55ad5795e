"""Select the fields of a record that a perturbation changes (``fields=``) or leaves alone (``keep=``).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.paths import Field, Fields, Path, is_array, leaves, walked

if TYPE_CHECKING:
    from collections.abc import Iterator


_IDENTIFIER: Final = re.compile(
    r"(?:^|[_\W])(?:ids?|uuid|guid|keys?|pk|hash|token|sku|isbn|iban|bic|ean|upc|vin|ssn|zip(?:_?code)?"
    r"|post(?:al)?_?code|phone|mobile|fax|no|nr|serial)$"
    r"|(?:account|order|customer|card|phone|invoice|ticket|serial)_?number$"
    r"|^(?:id|uuid)(?:[_\W]|$)",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_identifier(name: object) -> bool:
    """Return whether a field is an identifier rather than a quantity, judged by its name.

    >>> [is_identifier(name) for name in ("id", "customer_id", "orderId", "zip", "order_no", "phone")]
    [True, True, True, True, True, True]
    >>> [is_identifier(name) for name in ("idea", "paid", "age", "number_of_rooms", 0)]
    [False, False, False, False, False]
    """
    return isinstance(name, str) and _IDENTIFIER.search(_CAMEL.sub("_", name)) is not None


class Choice:
    """A selection of the parts of an input.

    Without ``fields``, all parts except identifiers are selected; with ``fields``, only those. ``keep``
    overrules both.
    """

    def __init__(self, fields: Fields | None = None, keep: Fields | None = None) -> None:
        self._wanted = None if fields is None else _patterns("fields", fields)
        self._kept = [] if keep is None else _patterns("keep", keep)

    def takes(self, path: Path) -> bool:
        """Return whether a part is selected."""
        if any(pattern.covers(path) for pattern in self._kept):
            return False
        if self._wanted is not None:
            return any(pattern.covers(path) for pattern in self._wanted)
        names = [key for key in path if isinstance(key, str)]
        # An order number that is scaled by 1.01 is another order, not the same one a little off.
        return not (names and is_identifier(names[-1]))

    def columns(self, path: Path, array: Any) -> list[int]:
        """The selected columns of an array: indices along its last axis."""
        return [column for column in range(array.shape[-1]) if self.takes((*path, column))]

    def takes_all(self, path: Path) -> bool:
        """Return whether an array is selected as a whole, without a look at its columns."""
        return self._wanted is None and not self._kept and self.takes(path)

    def parts(self, x: Any) -> Iterator[tuple[Path, Any]]:
        """The selected parts, one by one: the named fields, or else every value without parts."""
        if (wanted := self._wanted) is not None:
            named = ((path, part) for path, part in walked(x) if any(one.names(path) for one in wanted))
            yield from (place for place in named if not any(one.covers(place[0]) for one in self._kept))
            return
        for path, leaf in leaves(x):
            if is_array(leaf) and leaf.ndim:
                yield from (((*path, at), leaf[..., at]) for at in self.columns(path, leaf))
            elif self.takes(path):
                yield path, leaf

    def refuse_unknown(self, x: Any) -> None:
        """Refuse an input that lacks one of the named fields (``"a.*"`` may match nothing)."""
        for pattern in (*(self._wanted or ()), *self._kept):
            if "*" not in pattern.keys and not any(pattern.names(path) for path, _ in walked(x)):
                there = [".".join(map(str, path)) for path, _ in walked(x) if path]
                shown = ", ".join(there[:12]) + (", …" if len(there) > 12 else "")
                has = f"it has {shown}" if there else f"it is {type(x).__name__} and has no fields"
                raise PerturbationError(
                    f"{pattern.option}={pattern.said!r}: no such field in the input; {has}"
                )


@dataclass(frozen=True, slots=True)
class _Pattern:
    option: str
    said: Field
    keys: tuple[str, ...]

    def covers(self, path: Path) -> bool:
        """Return whether it names a part, or an ancestor of the part."""
        return any(self.names(path[:end]) for end in range(len(path) + 1))

    def names(self, path: Path) -> bool:
        """Return whether it names exactly this part."""
        if path and self.said == path[0] and len(path) == 1:
            return True
        return len(path) == len(self.keys) and all(
            wanted in ("*", str(key)) for wanted, key in zip(self.keys, path, strict=True)
        )


def _patterns(option: str, fields: Fields) -> list[_Pattern]:
    patterns = []
    for field in fields if isinstance(fields, list) else [fields]:
        keys = field if isinstance(field, tuple) else (field,)
        odd = [key for key in keys if isinstance(key, bool) or not isinstance(key, str | int) or key == ""]
        if odd or not keys:
            raise PerturbationError(
                f"{option}={field!r}: a field is a name, an index from 0, or several of them: 'customer.age',"
                " ('items', 0), ['age', 'income']"
            )
        if any(isinstance(key, int) and key < 0 for key in keys):
            raise PerturbationError(f"{option}={field!r}: count from the front; the first is 0")
        split = field.split(".") if isinstance(field, str) else [str(key) for key in keys]
        patterns.append(_Pattern(option, field, tuple(split)))
    if not patterns:
        raise PerturbationError(f"{option}=[]: name at least one field")
    return patterns
