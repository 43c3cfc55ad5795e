"""numpy arrays, numpy scalars and pandas Series as tagged JSON, readable in a diff, and back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import sys
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.refusal import Refusal
from pytest_modelcheck.canonical.tags import lift_number

if TYPE_CHECKING:
    from collections.abc import Callable

_SIMPLE: Final = re.compile(r"[<>|=][biufcmMUSO]\d*(\[\w+\])?")
_WIDEST: Final = {"f": 8, "c": 16}  # beyond these Python's own numbers lose digits


def numpy_kind(kind: type) -> str | None:
    """``"ndarray"``, ``"generic"`` or ``"series"`` for exactly those classes (all scalars), else ``None``."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "ndarray"):
        return None
    if kind is numpy.ndarray:
        return "ndarray"
    if issubclass(kind, numpy.generic):
        return "generic"
    pandas = sys.modules.get("pandas")
    return "series" if pandas is not None and kind is getattr(pandas, "Series", None) else None


def lower_array(array: Any, lower: Callable[[Any], Any]) -> dict[str, Any]:
    """An array: its type, its shape, and its numbers in C order."""
    return {
        "$ndarray": {"dtype": array.dtype.str, "shape": list(array.shape), "data": _numbers(array, lower)}
    }


def lower_scalar(scalar: Any, lower: Callable[[Any], Any]) -> dict[str, Any]:
    """A numpy scalar: its type and its value."""
    import numpy as np

    return {"$numpy": [scalar.dtype.str, *_numbers(np.asarray(scalar), lower)]}


def lower_series(series: Any, lower: Callable[[Any], Any]) -> dict[str, Any]:
    """A pandas Series: name, index and values. Not every kind of it comes back equal; check each one."""
    form = {
        "name": lower(series.name),
        "index": _lower_index(series.index, lower),
        "values": _lower_column(series, lower),
    }
    return {"$series": form}


def _numbers(array: Any, lower: Callable[[Any], Any]) -> list[Any]:
    kind = array.dtype.kind
    if _SIMPLE.fullmatch(array.dtype.str) is None or array.dtype.itemsize > _WIDEST.get(kind, sys.maxsize):
        raise Refusal(
            f"an array of {array.dtype} cannot be written as numbers. Answer another: array.astype(...)."
        )
    if kind in "mM":
        return list(array.astype("i8").ravel().tolist())
    items = array.ravel().tolist()
    if kind == "c":
        items = [part for number in items for part in (number.real, number.imag)]
    if kind in "biu" or (kind in "fc" and all(map(isfinite, items))):
        return list(items)
    return [lower(item) for item in items]


def lift_array(form: Any, lift: Callable[[Any], Any]) -> Any:
    """The way back of :func:`lower_array`."""
    return _filled(form["dtype"], form["data"], lift).reshape(form["shape"])


def lift_scalar(form: Any, lift: Callable[[Any], Any]) -> Any:
    """The way back of :func:`lower_scalar`."""
    return _filled(form[0], form[1:], lift)[0]


def _filled(name: str, data: list[Any], lift: Callable[[Any], Any]) -> Any:
    import numpy as np

    if _SIMPLE.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no simple type of numpy")
    dtype = np.dtype(name)
    if dtype.kind in "mM":
        return np.array(data, "i8").astype(dtype)
    if dtype.kind == "f":
        plain = set(map(type, data)) <= {float, int}
        return np.array(data if plain else list(map(lift_number, data)), dtype)
    if dtype.kind == "c":
        parts = list(map(lift_number, data))
        return np.array(list(map(complex, parts[::2], parts[1::2])), dtype)
    if dtype.kind in "biu":
        return np.array(data, dtype)
    array = np.empty(len(data), dtype)
    for place, item in enumerate(data):
        array[place] = lift(item)
    return array


def _lower_column(column: Any, lower: Callable[[Any], Any]) -> dict[str, Any]:
    import numpy as np

    if isinstance(column.dtype, np.dtype) and not column.dtype.hasobject:
        return lower_array(column.to_numpy(), lower)
    return {"dtype": str(column.dtype), "items": [lower(item) for item in column]}


def _lower_index(index: Any, lower: Callable[[Any], Any]) -> dict[str, Any]:
    names = [lower(name) for name in index.names]
    if hasattr(index, "step") and hasattr(index, "start"):
        return {"names": names, "range": [index.start, index.stop, index.step]}
    return {"names": names, "values": _lower_column(index, lower)}


def lift_series(form: Any, lift: Callable[[Any], Any]) -> Any:
    """The way back of :func:`lower_series`."""
    import pandas as pd

    index = form["index"]
    if "range" in index:
        made = pd.RangeIndex(*index["range"])
    else:
        made = pd.Index(*_lift_column(index["values"], lift))
    made.names = [lift(name) for name in index["names"]]
    values, dtype = _lift_column(form["values"], lift)
    return pd.Series(values, index=made, dtype=dtype, name=lift(form["name"]))


def _lift_column(form: Any, lift: Callable[[Any], Any]) -> tuple[Any, Any]:
    if "$ndarray" in form:
        array = lift_array(form["$ndarray"], lift)
        return array, array.dtype
    return [lift(item) for item in form["items"]], form["dtype"]
