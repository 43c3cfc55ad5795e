"""From what JSON holds back to an answer.

Classes are looked up among those that ``returns=`` named, and nowhere else.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.array_tags import lift_array, lift_scalar, lift_series
from pytest_modelcheck.canonical.shapes import ANYTHING, Shape
from pytest_modelcheck.canonical.tags import DICT, LIFT, TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.canonical.adapters import Adapter

_ROWS: Final = {"$tuple": tuple, "$set": set, "$frozenset": frozenset}
_ARRAYS: Final = {"$ndarray": lift_array, "$numpy": lift_scalar, "$series": lift_series}


class Lifting:
    """Makes answers from JSON. Raises ``ValueError``, ``TypeError`` or ``LookupError`` where it cannot."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters

    def lift(self, form: Any, shape: Shape = ANYTHING) -> Any:
        """The value that a piece of JSON stands for."""
        kind = type(form)
        if kind is list:
            inside = shape.items or ANYTHING
            return [self.lift(item, inside) for item in form]
        if kind is dict:
            return self._tagged(form, shape)
        adapter = shape.adapter
        if adapter is not None and adapter.json is kind:
            return adapter.make({"name" if kind is str else "value": form})
        return form

    def _tagged(self, form: dict[str, Any], shape: Shape) -> Any:
        if TYPE in form:
            adapter = self._adapters.get(form[TYPE])
            if adapter is None:
                raise LookupError(f"it holds a {form[TYPE]}, which returns= does not name")
            return self._object(adapter, {name: part for name, part in form.items() if name != TYPE})
        if len(form) == 1:
            ((tag, inside),) = form.items()
            if tag[:1] == "$":
                return self._special(tag, inside, shape)
        if shape.adapter is not None and shape.adapter.json is dict:
            return self._object(shape.adapter, form)
        return {key: self.lift(item, shape.entry(key)) for key, item in form.items()}

    def _special(self, tag: str, inside: Any, shape: Shape) -> Any:
        if tag in LIFT:
            return LIFT[tag](inside)
        if tag in _ROWS:
            return _ROWS[tag](self.lift(item, shape.items or ANYTHING) for item in inside)
        if tag == DICT:
            return dict(self._pair(key, item, shape) for key, item in inside)
        if tag in _ARRAYS:
            return _ARRAYS[tag](inside, self.lift)
        if shape.adapter is not None:
            return self._object(shape.adapter, {tag: inside})
        raise LookupError(f"it holds a tag {tag!r}, which this version does not know")

    def _pair(self, key: Any, item: Any, shape: Shape) -> tuple[Any, Any]:
        made = self.lift(key)
        inside = shape.entry(made) if isinstance(made, str) else shape.values
        return made, self.lift(item, inside or ANYTHING)

    def _object(self, adapter: Adapter, form: dict[str, Any]) -> Any:
        fields = adapter.fields
        parts = {name: self.lift(part, fields.get(name) or ANYTHING) for name, part in form.items()}
        return adapter.make(parts)
