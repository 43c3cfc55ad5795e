"""Values of numpy, pandas, scipy.sparse and polars as tagged JSON, readable in a diff, and back.

On the way out none of these libraries is imported: a value of theirs can only exist where somebody else has
imported them. What comes back of pandas, scipy and polars is compared with what went in, every time.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from hashlib import blake2b
from importlib import import_module
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.refusal import Refusal
from pytest_modelcheck.canonical.tags import lift_number, lift_zone, lower_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    Lower = Callable[[Any], Any]
    Numbers = Callable[[Any, Lower], Any]

_SIMPLE: Final = re.compile(r"[<>|=][biufcmMUSO]\d*(\[\w+\])?")
_WIDEST: Final = {"f": 8, "c": 16}  # beyond these Python's own numbers lose digits
_SPARSE: Final = re.compile(r"(csr|csc|bsr|coo|dia)_(array|matrix)")
_PANDAS: Final = ("DataFrame", "Series", "Timestamp", "Timedelta", "Period", "Interval", "Categorical")


@lru_cache(maxsize=1024)
def library_of(kind: Any) -> str | None:
    """Whose value this is: ``numpy``, ``pandas``, ``scipy`` or ``polars``, or ``None`` for any other class.

    >>> import numpy as np
    >>> library_of(np.ndarray), library_of(np.float32), library_of(dict)
    ('numpy', 'numpy', None)
    """
    root = kind.__module__.partition(".")[0]
    if root in ("numpy", "ml_dtypes"):
        numpy = sys.modules["numpy"]
        masked = kind.__name__ in ("MaskedArray", "MaskedConstant")
        return "numpy" if kind is numpy.ndarray or masked or issubclass(kind, numpy.generic) else None
    if root == "pandas":
        pandas = sys.modules["pandas"]
        exact = any(kind is getattr(pandas, name) for name in _PANDAS)
        bases = (pandas.Index, pandas.api.extensions.ExtensionArray, type(pandas.NA), type(pandas.NaT))
        return "pandas" if exact or issubclass(kind, bases) else None
    if root == "scipy":
        return "scipy" if _SPARSE.fullmatch(kind.__name__) else None
    if root == "polars":
        return "polars" if kind.__name__ in ("DataFrame", "Series") else None
    return None


def lower_library(value: Any, lower: Lower, numbers: Numbers | None = None) -> dict[str, Any]:
    """A value of one of the libraries as tagged JSON.

    Args:
        value: The value.
        lower: The way of the values inside.
        numbers: How to write the content of an array, if not as the numbers themselves.
    """
    numbers = numbers or _numbers
    library = library_of(value.__class__)
    if library == "numpy":
        return _lower_numpy(value, lower, numbers)
    if library == "scipy":
        return _lower_sparse(value, lower, numbers)
    if library == "polars":
        return _lower_polars(value, lower)
    return _lower_pandas(value, lower, numbers)


# -- numpy --------------------------------------------------------------------------------------------


def lower_array(array: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    """An array: its type, its shape, and its numbers in C order."""
    return {"$ndarray": {"dtype": dtype_of(array), "shape": list(array.shape), "data": numbers(array, lower)}}


def _lower_numpy(value: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.generic):
        return {"$numpy": [value.dtype.str, *_numbers(numpy.asarray(value), lower)]}
    if not hasattr(value, "mask"):
        return lower_array(value, lower, numbers)
    if value is numpy.ma.masked:
        return {"$masked": None}
    fill = numpy.asarray(value.fill_value)
    if fill == numpy.asarray(numpy.ma.default_fill_value(value.dtype)):
        fill = None
    return {
        "$masked": {
            "data": lower_array(value.data, lower, numbers),
            "mask": lower_array(numpy.ma.getmaskarray(value), lower, numbers),
            "nomask": value.mask is numpy.ma.nomask,
            "fill": None if fill is None else lower_array(fill, lower, numbers),
        }
    }


def _numbers(array: Any, lower: Lower) -> list[Any]:
    dtype = array.dtype
    if dtype.names:
        raise Refusal(f"an array of records ({dtype}) cannot be written as numbers. Answer array.tolist().")
    if _SIMPLE.fullmatch(dtype.str) is None or dtype.itemsize > _WIDEST.get(dtype.kind, sys.maxsize):
        advice = "array.astype(complex)" if dtype.kind == "c" else "array.astype(float)"
        raise Refusal(f"an array of {dtype} cannot be written as numbers. Answer {advice}.")
    if dtype.kind in "mM":
        return list(array.astype("i8").ravel().tolist())
    items = array.ravel().tolist()
    if dtype.kind == "c":
        items = [part for number in items for part in (number.real, number.imag)]
    if dtype.kind in "biu" or (dtype.kind in "fc" and all(map(isfinite, items))):
        return list(items)
    return [lower(item) for item in items]


def dtype_of(array: Any) -> str:
    """The type of the numbers of an array."""
    return str(array.dtype.descr if array.dtype.names else array.dtype.str)


def numbers_of(array: Any) -> Any:
    """The array with one NaN for all: arithmetic makes several."""
    if array.dtype.kind not in "fc":
        return array
    np = sys.modules["numpy"]
    parts = np.stack([array.real, array.imag]) if array.dtype.kind == "c" else array
    unknown = np.isnan(parts)
    return np.where(unknown, parts.dtype.type("nan"), parts) if unknown.any() else parts


def hashed_numbers(array: Any, lower: Lower) -> Any:
    """The content of an array as a digest."""
    if array.dtype.hasobject:
        return [lower(item) for item in array.ravel().tolist()]
    return blake2b(numbers_of(array).tobytes(), digest_size=16).hexdigest()


def lift_array(form: Any, lift: Lower) -> Any:
    """The way back of :func:`lower_array`."""
    form = form.get("$ndarray", form)
    return _filled(form["dtype"], form["data"], lift).reshape(form["shape"])


def _lift_scalar(form: Any, lift: Lower) -> Any:
    return _filled(form[0], form[1:], lift)[0]


def _lift_masked(form: Any, lift: Lower) -> Any:
    np = import_module("numpy")
    if form is None:
        return np.ma.masked
    mask = np.ma.nomask if form["nomask"] else lift_array(form["mask"], lift)
    fill = None if form["fill"] is None else lift_array(form["fill"], lift)[()]
    return np.ma.MaskedArray(lift_array(form["data"], lift), mask=mask, fill_value=fill)


def _filled(name: str, data: list[Any], lift: Lower) -> Any:
    np = import_module("numpy")
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


# -- scipy.sparse -------------------------------------------------------------------------------------


def _parts(kind: str) -> tuple[str, ...]:
    return {"coo": ("data", "coords"), "dia": ("data", "offsets")}.get(kind, ("data", "indices", "indptr"))


def _lower_sparse(value: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    parts = [getattr(value, part) for part in _parts(value.format)]
    if value.format == "coo":
        parts = [parts[0], *parts[1]]
    arrays = [lower_array(part, lower, numbers) for part in parts]
    return {"$sparse": [type(value).__name__, list(value.shape), *arrays]}


def _lift_sparse(form: Any, lift: Lower) -> Any:
    import scipy.sparse

    name, shape, *arrays = form
    if _SPARSE.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no sparse array that is known here")
    data, *rest = [lift_array(array, lift) for array in arrays]
    kind = name[:3]
    content = (data, tuple(rest) if kind == "coo" else rest[0]) if kind in ("coo", "dia") else (data, *rest)
    made = getattr(scipy.sparse, name)(content, shape=tuple(shape))
    if kind not in ("coo", "dia"):
        made.indices, made.indptr = rest  # the constructor may have narrowed them
    return made


# -- pandas -------------------------------------------------------------------------------------------


def _lower_pandas(value: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    pd = sys.modules["pandas"]
    if isinstance(value, pd.DataFrame):
        columns = [value.iloc[:, place].array for place in range(value.shape[1])]
        form = {
            "columns": _lower_index(value.columns, lower, numbers),
            "index": _lower_index(value.index, lower, numbers),
            "data": [_lower_column(column, lower, numbers) for column in columns],
        }
        return {"$frame": form | _attrs(value, lower)}
    if isinstance(value, pd.Series):
        form = {
            "name": lower(value.name),
            "index": _lower_index(value.index, lower, numbers),
            "values": _lower_column(value.array, lower, numbers),
        }
        return {"$series": form | _attrs(value, lower)}
    if isinstance(value, pd.Index):
        return {"$index": _lower_index(value, lower, numbers)}
    if value is pd.NaT or value is pd.NA:
        return {"$pandas": str(value)}
    if isinstance(value, pd.Timestamp):
        zone = None if value.tzinfo is None else lower_zone(value.tzinfo)
        return {"$timestamp": [int(value.asm8.view("i8")), value.unit, zone]}
    if isinstance(value, pd.Timedelta):
        return {"$pandas_timedelta": [int(value.asm8.view("i8")), value.unit]}
    if isinstance(value, pd.Period):
        return {"$period": [value.ordinal, value.freqstr]}
    if isinstance(value, pd.Interval):
        return {"$interval": [lower(value.left), lower(value.right), value.closed]}
    return {"$column": _lower_column(value, lower, numbers)}


def _attrs(value: Any, lower: Lower) -> dict[str, Any]:
    return {"attrs": lower(value.attrs)} if value.attrs else {}


def _lower_index(index: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    pd = sys.modules["pandas"]
    names = [lower(name) for name in index.names]
    if isinstance(index, pd.RangeIndex):
        return {"names": names, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(place).array for place in range(index.nlevels)]
        return {"names": names, "levels": [_lower_column(level, lower, numbers) for level in levels]}
    form = {"names": names, "values": _lower_column(index.array, lower, numbers)}
    frequency = (
        getattr(index, "freqstr", None) if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    )
    return form if frequency is None else {**form, "freq": frequency}


def _lower_column(values: Any, lower: Lower, numbers: Numbers) -> dict[str, Any]:
    pd, np = sys.modules["pandas"], sys.modules["numpy"]
    dtype = values.dtype
    if isinstance(dtype, np.dtype) or type(values) is pd.arrays.NumpyExtensionArray:
        return lower_array(values.to_numpy(), lower, numbers)
    if isinstance(dtype, pd.CategoricalDtype):
        return {
            "codes": lower_array(np.asarray(values.codes), lower, numbers),
            "categories": _lower_index(dtype.categories, lower, numbers),
            "ordered": bool(dtype.ordered),
        }
    if isinstance(dtype, pd.DatetimeTZDtype):
        instants = lower_array(values.tz_convert("UTC").tz_localize(None).to_numpy(), lower, numbers)
        return {"instants": instants, "zone": str(dtype.tz), "dtype": str(dtype)}
    if isinstance(dtype, pd.PeriodDtype):
        return {"ordinals": [None if one is pd.NaT else one.ordinal for one in values], "dtype": str(dtype)}
    if isinstance(dtype, pd.IntervalDtype):
        ends = [_lower_column(side.array, lower, numbers) for side in (values.left, values.right)]
        return {"ends": ends, "closed": dtype.closed}
    items = [None if one is pd.NA else lower(one) for one in values]
    if isinstance(dtype, pd.StringDtype):
        return {"items": items, "string": [dtype.storage, dtype.na_value is pd.NA]}
    return {"items": items, "dtype": str(dtype)}


def _lift_column(form: Any, lift: Lower) -> Any:
    np, pd = import_module("numpy"), import_module("pandas")
    if "$ndarray" in form:
        return lift_array(form, lift)
    if "codes" in form:
        categories = _lift_index(form["categories"], lift)
        return pd.Categorical.from_codes(
            lift_array(form["codes"], lift), dtype=pd.CategoricalDtype(categories, ordered=form["ordered"])
        )
    if "instants" in form:
        instants = pd.DatetimeIndex(lift_array(form["instants"], lift)).tz_localize("UTC")
        return instants.tz_convert(form["zone"]).array
    if "ordinals" in form:
        empty = np.iinfo("i8").min
        ordinals = np.array([empty if one is None else one for one in form["ordinals"]], "i8")
        return pd.arrays.PeriodArray(ordinals, dtype=form["dtype"])
    if "ends" in form:
        left, right = (_lift_column(end, lift) for end in form["ends"])
        return pd.arrays.IntervalArray.from_arrays(left, right, closed=form["closed"])
    items = [pd.NA if one is None else lift(one) for one in form["items"]]
    if "string" in form:
        storage, missing = form["string"]
        return pd.array(items, dtype=pd.StringDtype(storage, na_value=pd.NA if missing else np.nan))
    return pd.array(items, dtype=form["dtype"])


def _lift_index(form: Any, lift: Lower) -> Any:
    pd = import_module("pandas")
    names = [lift(name) for name in form["names"]]
    if "range" in form:
        made = pd.RangeIndex(*form["range"])
    elif "levels" in form:
        return pd.MultiIndex.from_arrays([_lift_column(level, lift) for level in form["levels"]], names=names)
    else:
        values = _lift_column(form["values"], lift)
        made = pd.Index(values, dtype=values.dtype)
    if "freq" in form:
        made = type(made)(made, freq=form["freq"])
    made.names = names
    return made


def _lift_series(form: Any, lift: Lower) -> Any:
    pd = import_module("pandas")
    values = _lift_column(form["values"], lift)
    made = pd.Series(values, _lift_index(form["index"], lift), dtype=values.dtype, name=lift(form["name"]))
    made.attrs = lift(form.get("attrs", {}))
    return made


def _lift_frame(form: Any, lift: Lower) -> Any:
    pd = import_module("pandas")
    index = _lift_index(form["index"], lift)
    columns = [_lift_column(column, lift) for column in form["data"]]
    series = {place: pd.Series(column, index, dtype=column.dtype) for place, column in enumerate(columns)}
    made = pd.DataFrame(series, index=index)
    made.columns = _lift_index(form["columns"], lift)
    made.attrs = lift(form.get("attrs", {}))
    return made


def _lift_instant(form: Any, _: Lower) -> Any:
    np, pd = import_module("numpy"), import_module("pandas")
    if len(form) == 2:
        return pd.Timedelta(np.timedelta64(*form))
    instant = pd.Timestamp(np.datetime64(*form[:2]))
    return instant if form[2] is None else instant.tz_localize("UTC").tz_convert(lift_zone(form[2]))


def _lift_single(name: str) -> Callable[[Any, Lower], Any]:
    def lift(form: Any, lift: Lower) -> Any:
        pd = import_module("pandas")
        if name == "period":
            return pd.Period(ordinal=form[0], freq=form[1])
        if name == "interval":
            return pd.Interval(lift(form[0]), lift(form[1]), closed=form[2])
        return {"NaT": pd.NaT, "<NA>": pd.NA}[form]

    return lift


# -- polars -------------------------------------------------------------------------------------------

_INSTANTS: Final = ("Datetime", "Duration", "Time")
_DTYPES: Final = {
    "Datetime": ("time_unit", "time_zone"),
    "Duration": ("time_unit",),
    "Decimal": ("precision", "scale"),
}
"""What some types of polars are made of."""


def _lower_polars(value: Any, lower: Lower) -> dict[str, Any]:
    columns = value.get_columns() if type(value).__name__ == "DataFrame" else [value]
    forms = [[column.name, _lower_dtype(column.dtype), _lower_items(column, lower)] for column in columns]
    if type(value).__name__ == "Series":
        return {"$polars_series": forms[0]}
    return {"$polars": {"height": value.height, "columns": forms}}


def _lower_dtype(dtype: Any) -> Any:
    """A type of polars: its name, and what it is made of."""
    name = str(dtype.base_type())
    if name == "Struct":
        return [name, [[field.name, _lower_dtype(field.dtype)] for field in dtype.fields]]
    if name in ("List", "Array"):
        return [name, _lower_dtype(dtype.inner), *([list(dtype.shape)] if name == "Array" else [])]
    if name == "Enum":
        return [name, dtype.categories.to_list()]
    if name == "Object":
        raise Refusal("a polars column of Python objects cannot be written. Answer frame.to_dicts().")
    return [name, *(getattr(dtype, part) for part in _DTYPES.get(name, ()))]


def _lift_dtype(form: Any) -> Any:
    pl = import_module("polars")
    name, *inside = form
    if name == "Struct":
        return pl.Struct([pl.Field(field, _lift_dtype(dtype)) for field, dtype in inside[0]])
    if name == "List":
        return pl.List(_lift_dtype(inside[0]))
    if name == "Array":
        shape = tuple(inside[1])
        inner = _lift_dtype(inside[0])
        for _ in shape[1:]:
            inner = inner.inner
        return pl.Array(inner, shape)
    made = getattr(pl, name)
    if not (isinstance(made, type) and issubclass(made, pl.DataType)):
        raise ValueError(f"{name!r} is no type of polars")  # noqa: TRY004 - of damaged data
    return made(*inside)


def _lower_items(column: Any, lower: Lower) -> list[Any]:
    physical = column.to_physical() if str(column.dtype.base_type()) in _INSTANTS else column
    return [lower(item) for item in physical.to_list()]  # Python's moments have no nanoseconds


def _lift_polars_series(form: Any, lift: Lower) -> Any:
    pl = import_module("polars")
    name, dtype, items = form
    wanted, physical = _lift_dtype(dtype), dtype[0] in _INSTANTS
    made = pl.Series(name, [lift(item) for item in items], dtype=pl.Int64 if physical else wanted)
    return made.cast(wanted) if physical else made


def _lift_polars(form: Any, lift: Lower) -> Any:
    pl = import_module("polars")
    return pl.DataFrame([_lift_polars_series(column, lift) for column in form["columns"]])


MAKE: Final[dict[str, Callable[[Any, Lower], Any]]] = {
    "$ndarray": lift_array,
    "$numpy": _lift_scalar,
    "$masked": _lift_masked,
    "$sparse": _lift_sparse,
    "$series": _lift_series,
    "$frame": _lift_frame,
    "$index": _lift_index,
    "$column": _lift_column,
    "$timestamp": _lift_instant,
    "$pandas_timedelta": _lift_instant,
    "$pandas": _lift_single("missing"),
    "$period": _lift_single("period"),
    "$interval": _lift_single("interval"),
    "$polars": _lift_polars,
    "$polars_series": _lift_polars_series,
}
