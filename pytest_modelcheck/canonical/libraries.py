"""Values of numpy, pandas, scipy.sparse and polars: their parts, readable in a diff, and their restoration.

Writing imports none of these libraries: their values only exist if they are imported already. Their own text
formats lose types (``to_json`` of pandas) or are bytes (``serialize`` of polars, Arrow), which cannot be
reviewed in git.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_SIMPLE: Final = re.compile(r"[<>|=][biufcmMUSO]\d*(\[\w+\])?")
_WIDEST: Final = {"f": 8, "c": 16}  # beyond these Python's own numbers lose digits
_SPARSE: Final = re.compile(r"(csr|csc|bsr|coo|dia)_(array|matrix)")
_TAGS: Final = {
    ("numpy", "ndarray"): "$ndarray",
    ("numpy", "MaskedArray"): "$masked",
    ("numpy", "MaskedConstant"): "$masked",
    ("pandas", "DataFrame"): "$frame",
    ("pandas", "Series"): "$series",
    ("pandas", "Timestamp"): "$timestamp",
    ("pandas", "Timedelta"): "$pandas_timedelta",
    ("pandas", "Period"): "$period",
    ("pandas", "Interval"): "$interval",
    ("pandas", "NAType"): "$pandas",
    ("pandas", "NaTType"): "$pandas",
    ("polars", "DataFrame"): "$polars",
    ("polars", "Series"): "$polars_series",
    ("msgspec", "UnsetType"): "$unset",
}


def find(cls: Any) -> tuple[str, str] | None:
    """Return the tag and the library of a class; ``None`` for any other class.

    >>> import numpy as np
    >>> find(np.ndarray), find(np.float32), find(dict)
    (('$ndarray', 'numpy'), ('$numpy', 'numpy'), None)
    """
    root = cls.__module__.partition(".")[0]
    tag = _TAGS.get((root, cls.__name__))
    if tag is None and root in ("numpy", "ml_dtypes") and issubclass(cls, sys.modules["numpy"].generic):
        tag, root = "$numpy", "numpy"
    elif tag is None and root == "pandas":
        pandas = sys.modules["pandas"]
        columns = pandas.api.extensions.ExtensionArray
        tag = "$index" if issubclass(cls, pandas.Index) else "$column" if issubclass(cls, columns) else None
    elif root == "polars" and issubclass(cls, (sys.modules["polars"].DataType, sys.modules["polars"].Field)):
        tag = "$polars_type"
    elif root == "scipy" and _SPARSE.fullmatch(cls.__name__):
        tag = "$sparse"
    return None if tag is None else (tag, root)


def is_image(value: Any) -> bool:
    """Return whether a value is an image of Pillow, decided without importing it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


# -- numpy --------------------------------------------------------------------------------------------


def array_parts(array: Any) -> dict[str, Any]:
    """The type of an array, its shape, and its numbers in C order."""
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": _numbers(array)}


def _numbers(array: Any) -> list[Any]:
    dtype = array.dtype
    if dtype.names:
        raise Refusal(f"an array of records ({dtype}) cannot be written as numbers. Answer array.tolist().")
    if _SIMPLE.fullmatch(dtype.str) is None or dtype.itemsize > _WIDEST.get(dtype.kind, sys.maxsize):
        plain = {"c": "astype(complex)", "f": "astype(float)"}.get(dtype.kind, "tolist()")
        raise Refusal(f"an array of {dtype} cannot be written as numbers. Answer array.{plain}.")
    items = (array.astype("i8") if dtype.kind in "mM" else array).ravel().tolist()
    return [part for number in items for part in (number.real, number.imag)] if dtype.kind == "c" else items


def dtype_of(array: Any) -> str:
    """The type of the numbers of an array, records included."""
    return str(array.dtype.descr if array.dtype.names else array.dtype.str)


def numbers_of(array: Any) -> Any:
    """The array with a single bit pattern of NaN: arithmetic makes several."""
    if array.dtype.kind not in "fc":
        return array
    np = sys.modules["numpy"]
    parts = np.stack([array.real, array.imag]) if array.dtype.kind == "c" else array
    unknown = np.isnan(parts)
    return np.where(unknown, parts.dtype.type("nan"), parts) if unknown.any() else parts


def _filled(name: str, data: list[Any]) -> Any:
    np = import_module("numpy")
    if _SIMPLE.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a simple type of numpy")
    dtype = np.dtype(name)
    if dtype.kind in "mM":
        return np.array(data, "i8").astype(dtype)
    if dtype.kind in "biufc" and not set(map(type, data)) <= {float, int, bool}:
        raise ValueError(f"not all of {data!r:.40} are numbers")
    if dtype.kind == "c":
        return np.array(list(map(complex, data[::2], data[1::2])), dtype)
    if dtype.kind in "biuf":
        return np.array(data, dtype)
    array = np.empty(len(data), dtype)
    for place, item in enumerate(data):
        array[place] = item
    return array


def _masked_parts(value: Any) -> Any:
    np = sys.modules["numpy"]
    if value is np.ma.masked:
        return None
    fill = np.asarray(value.fill_value)
    usual = bool(fill == np.asarray(np.ma.default_fill_value(value.dtype)))
    mask = None if value.mask is np.ma.nomask else np.ma.getmaskarray(value)
    hard = {"hard": True} if value.hardmask else {}
    return {"data": value.data, "mask": mask, "fill": None if usual else fill, **hard}


def _masked(parts: Any) -> Any:
    ma = import_module("numpy").ma
    if parts is None:
        return ma.masked
    mask = ma.nomask if parts["mask"] is None else parts["mask"]
    fill = None if parts["fill"] is None else parts["fill"][()]
    return ma.MaskedArray(parts["data"], mask=mask, fill_value=fill, hard_mask="hard" in parts)


# -- scipy.sparse -------------------------------------------------------------------------------------


def _sparse_parts(value: Any) -> list[Any]:
    names = {"coo": ["data", "coords"], "dia": ["data", "offsets"]}.get(value.format)
    arrays = [getattr(value, name) for name in names or ("data", "indices", "indptr")]
    return [type(value).__name__, value.shape, *arrays]


def _sparse(parts: Any) -> Any:
    name, shape, *arrays = parts
    if _SPARSE.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a sparse array that is known here")
    made = getattr(import_module("scipy.sparse"), name)(tuple(arrays), shape=shape)
    if len(arrays) > 2:
        made.indices, made.indptr = arrays[1:]  # the constructor may have narrowed them
    return made


# -- pandas -------------------------------------------------------------------------------------------


def _values(array: Any) -> Any:
    """The array of a pandas column; a numpy array if it is only that."""
    wrapped = type(array) is sys.modules["pandas"].arrays.NumpyExtensionArray
    return array.to_numpy() if wrapped or isinstance(array.dtype, sys.modules["numpy"].dtype) else array


def _aside(value: Any) -> dict[str, Any]:
    attrs = {"attrs": value.attrs} if value.attrs else {}
    return attrs if value.flags.allows_duplicate_labels else attrs | {"unique": True}


def _with_aside(made: Any, parts: dict[str, Any]) -> Any:
    made.attrs = parts.get("attrs", {})
    if "unique" in parts:
        made.flags.allows_duplicate_labels = False
    return made


def _frame_parts(value: Any) -> dict[str, Any]:
    columns = [_values(value.iloc[:, place].array) for place in range(value.shape[1])]
    return {"columns": value.columns, "index": value.index, "data": columns, **_aside(value)}


def _frame(parts: Any) -> Any:
    pd, index = import_module("pandas"), parts["index"]
    columns = (pd.Series(column, index, dtype=column.dtype) for column in parts["data"])
    made = pd.DataFrame(dict(enumerate(columns)), index=index)
    made.columns = parts["columns"]
    return _with_aside(made, parts)


def _series_parts(value: Any) -> dict[str, Any]:
    return {"name": value.name, "index": value.index, "values": _values(value.array), **_aside(value)}


def _series(parts: Any) -> Any:
    values = parts["values"]
    made = import_module("pandas").Series(values, parts["index"], dtype=values.dtype, name=parts["name"])
    return _with_aside(made, parts)


def _index_parts(index: Any) -> dict[str, Any]:
    pd = sys.modules["pandas"]
    parts: dict[str, Any] = {"names": list(index.names)}
    if isinstance(index, pd.RangeIndex):
        return parts | {"range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.MultiIndex):
        levels = map(index.get_level_values, range(index.nlevels))
        return parts | {"levels": [_values(level.array) for level in levels]}
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and index.freqstr is not None:
        parts["freq"] = index.freqstr
    return parts | {"values": _values(index.array)}


def _index(parts: Any) -> Any:
    pd = import_module("pandas")
    if "levels" in parts:
        return pd.MultiIndex.from_arrays(parts["levels"], names=parts["names"])
    if "range" in parts:
        made = pd.RangeIndex(*parts["range"])
    else:
        made = pd.Index(parts["values"], dtype=parts["values"].dtype)
    if "freq" in parts:
        made = type(made)(made, freq=parts["freq"])
    made.names = parts["names"]
    return made


def _column_parts(values: Any) -> dict[str, Any]:
    pd, np = sys.modules["pandas"], sys.modules["numpy"]
    dtype, bare = values.dtype, _values(values)
    if bare is not values:
        return {"array": bare}
    if isinstance(dtype, pd.CategoricalDtype):
        ordered = {"ordered": True} if dtype.ordered else {}
        return {"codes": np.asarray(values.codes), "categories": dtype.categories, **ordered}
    if isinstance(dtype, pd.DatetimeTZDtype):
        return {"instants": values.tz_convert("UTC").tz_localize(None).to_numpy(), "dtype": str(dtype)}
    if isinstance(dtype, pd.PeriodDtype):
        return {"ordinals": values.asi8, "dtype": str(dtype)}
    if isinstance(dtype, pd.SparseDtype):
        return {"sparse": [np.asarray(values), dtype.subtype.str, dtype.fill_value]}
    items = [None if one is pd.NA else one for one in values]
    if isinstance(dtype, pd.StringDtype):
        # Where pyarrow is installed, text is held by it: that is no part of an answer.
        usual = pd.StringDtype(na_value=dtype.na_value).storage
        return {
            "items": items,
            "string": [None if dtype.storage == usual else dtype.storage, dtype.na_value is pd.NA],
        }
    return {"items": items, "dtype": str(dtype)}


def _column(parts: Any) -> Any:
    pd = import_module("pandas")
    if "array" in parts:
        return pd.array(parts["array"], dtype=parts["array"].dtype)
    if "codes" in parts:
        dtype = pd.CategoricalDtype(parts["categories"], ordered=parts.get("ordered", False))
        return pd.Categorical.from_codes(parts["codes"], dtype=dtype)
    if "instants" in parts:
        return pd.DatetimeIndex(parts["instants"]).tz_localize("UTC").astype(parts["dtype"]).array
    if "ordinals" in parts:
        return pd.arrays.PeriodArray(parts["ordinals"], dtype=parts["dtype"])
    if "sparse" in parts:
        dense, subtype, fill = parts["sparse"]
        return pd.arrays.SparseArray(dense, dtype=pd.SparseDtype(subtype, fill))
    dtype = parts.get("dtype")
    if "string" in parts:
        storage, missing = parts["string"]
        dtype = pd.StringDtype(storage, na_value=pd.NA if missing else float("nan"))
    return pd.array([pd.NA if one is None else one for one in parts["items"]], dtype=dtype)


def _timestamp(parts: Any) -> Any:
    made = import_module("pandas").Timestamp(parts[0])
    return made if parts[1] is None else made.tz_localize("UTC").tz_convert(parts[1])


# -- polars -------------------------------------------------------------------------------------------

_ARGUMENTS: Final = {
    "Datetime": ("time_unit", "time_zone"),
    "Duration": ("time_unit",),
    "Decimal": ("precision", "scale"),
    "Enum": ("categories",),
    "List": ("inner",),
    "Array": ("inner", "size"),
    "Struct": ("fields",),
    "Field": ("name", "dtype"),
}
"""The arguments of the types of polars that have some; each is an attribute, too."""


def _dtype_parts(dtype: Any) -> list[Any]:
    name = type(dtype).__name__
    if name == "Object":
        raise Refusal("a polars column of Python objects cannot be written. Answer frame.to_dicts().")
    return [name, *(getattr(dtype, argument) for argument in _ARGUMENTS.get(name, ()))]


def _dtype(parts: Any) -> Any:
    pl = import_module("polars")
    name, *arguments = parts
    made = getattr(pl, name)
    if made is not pl.Field and not (isinstance(made, type) and issubclass(made, pl.DataType)):
        raise ValueError(f"{name!r} is not a type of polars")
    return made(*arguments)


def _bare(dtype: Any) -> Any:
    """A type with integers for points in time: Python's, which polars returns, have no nanoseconds."""
    name, *arguments = _dtype_parts(dtype)
    if name == "Struct":
        return type(dtype)({field.name: _bare(field.dtype) for field in dtype.fields})
    if name in ("List", "Array"):
        return type(dtype)(_bare(dtype.inner), *arguments[1:])
    return sys.modules["polars"].Int64() if name in ("Datetime", "Duration", "Time") else dtype


def _polars_column(column: Any) -> list[Any]:
    return [column.name, column.dtype, column.cast(_bare(column.dtype)).to_list()]


def _polars_series(parts: Any) -> Any:
    name, dtype, items = parts
    return import_module("polars").Series(name, items, dtype=_bare(dtype)).cast(dtype)


KINDS: Final[dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "$numpy": (
        lambda value: [value.dtype.str, *_numbers(sys.modules["numpy"].asarray(value))],
        lambda parts: _filled(parts[0], parts[1:])[0],
    ),
    "$ndarray": (
        array_parts,
        lambda parts: _filled(parts["dtype"], parts["data"]).reshape(parts["shape"]),
    ),
    "$masked": (_masked_parts, _masked),
    "$sparse": (_sparse_parts, _sparse),
    "$frame": (_frame_parts, _frame),
    "$series": (_series_parts, _series),
    "$index": (_index_parts, _index),
    "$column": (_column_parts, _column),
    "$timestamp": (lambda value: [value.asm8, value.tzinfo], _timestamp),
    "$pandas_timedelta": (
        lambda value: value.asm8,
        lambda parts: import_module("pandas").Timedelta(parts),
    ),
    "$period": (
        lambda value: [value.ordinal, value.freqstr],
        lambda parts: import_module("pandas").Period(ordinal=parts[0], freq=parts[1]),
    ),
    "$interval": (
        lambda value: [value.left, value.right, value.closed],
        lambda parts: import_module("pandas").Interval(*parts),
    ),
    "$pandas": (
        str,
        lambda parts: {"NaT": import_module("pandas").NaT, "<NA>": import_module("pandas").NA}[parts],
    ),
    "$polars": (
        lambda value: {"height": value.height, "columns": list(map(_polars_column, value.get_columns()))},
        lambda parts: import_module("polars").DataFrame(list(map(_polars_series, parts["columns"]))),
    ),
    "$polars_series": (_polars_column, _polars_series),
    "$polars_type": (_dtype_parts, _dtype),
    "$unset": (lambda _: 0, lambda _: import_module("msgspec").UNSET),
}
"""The parts of each kind, and the way back, by its tag."""
