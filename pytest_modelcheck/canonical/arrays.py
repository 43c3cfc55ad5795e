"""numpy and pandas values, told by a name and plain parts.

Neither library is imported here: a value of theirs can only exist where somebody else has imported them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    Reduced = tuple[str, tuple[Any, ...]]
    Reducer = Callable[[Any], Reduced]


def array_reducer_for(kind: type) -> Reducer | None:
    r"""How to tell values of a class of numpy or pandas, or ``None`` for any other class.

    >>> import numpy as np
    >>> array_reducer_for(np.int8)(np.int8(3))
    ('numpy', ('|i1', b'\x03'))
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "ndarray"):
        if issubclass(kind, numpy.ndarray):
            return _array
        if issubclass(kind, numpy.generic):
            return _scalar
    pandas = sys.modules.get("pandas")
    return _pandas_reducer(kind, pandas) if pandas is not None and hasattr(pandas, "DataFrame") else None


def _scalar(value: Any) -> Reduced:
    return "numpy", (_dtype(value.dtype), _bytes(value))


def _array(value: Any) -> Reduced:
    if hasattr(value, "mask"):
        raise Refusal("a masked array has no content where it is masked. Pass array.filled(...).")
    content = value.ravel().tolist() if value.dtype.hasobject else _bytes(value)
    return "ndarray", (_dtype(value.dtype), value.shape, content)


def _bytes(array: Any) -> bytes:
    """The numbers of an array in C order, with one NaN for all: arithmetic makes several."""
    if array.dtype.kind not in "fc":
        return bytes(array.tobytes())
    np = sys.modules["numpy"]
    parts = np.stack([array.real, array.imag]) if array.dtype.kind == "c" else array
    unknown = np.isnan(parts)
    return bytes((np.where(unknown, parts.dtype.type("nan"), parts) if unknown.any() else parts).tobytes())


def _dtype(dtype: Any) -> str:
    return str(dtype.descr) if dtype.names else str(dtype.str)


def _pandas_reducer(kind: type, pandas: Any) -> Reducer | None:
    moments = (pandas.Timestamp, pandas.Timedelta, pandas.Period, type(pandas.NaT), type(pandas.NA))
    for base, reducer in (
        (pandas.DataFrame, _frame),
        (pandas.Series, _series),
        (pandas.Index, lambda value: ("pandas.Index", _index(value))),
        (pandas.api.extensions.ExtensionArray, lambda value: ("pandas.array", _column(value))),
        (pandas.Interval, lambda value: ("pandas.Interval", (value.left, value.right, value.closed))),
        (moments, _moment),
    ):
        if issubclass(kind, base):
            return reducer
    return None


def _moment(value: Any) -> Reduced:
    """Timestamps, time differences, periods, NaT and NA: each is told by its own text."""
    zone, frequency = getattr(value, "tzinfo", None), getattr(value, "freqstr", None)
    name = f"pandas.{type(value).__name__}"
    return name, (str(value), None if zone is None else str(zone), frequency)


def _series(value: Any) -> Reduced:
    return "pandas.Series", (value.name, *_index(value.index), *_column(value.array))


def _frame(value: Any) -> Reduced:
    columns = tuple(_column(value.iloc[:, position].array) for position in range(value.shape[1]))
    return "pandas.DataFrame", (*_index(value.columns), *_index(value.index), columns)


def _index(index: Any) -> tuple[Any, ...]:
    return (list(index.names), *_column(index.array))


def _column(values: Any) -> tuple[Any, ...]:
    """The type and the content of one column: as bytes where numpy holds it, else value by value."""
    categories = getattr(values.dtype, "categories", None)
    if isinstance(values.dtype, sys.modules["numpy"].dtype) and not values.dtype.hasobject:
        return (values.dtype.str, _bytes(values.to_numpy()))
    if categories is None:
        return (str(values.dtype), list(values))
    return (str(values.dtype), list(values), list(categories), bool(values.dtype.ordered))
