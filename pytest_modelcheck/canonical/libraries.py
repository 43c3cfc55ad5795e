"""Values of numpy, pandas, scipy.sparse and polars: their parts, readable in a diff, and their restoration.

Writing imports none of these libraries: their values only exist if they are imported already. Their own text
formats lose types (``to_json`` of pandas) or are bytes (``serialize`` of polars, Arrow), which cannot be
reviewed in git.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_modelcheck.canonical.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_SIMPLE: Final = re.compile(r"[<>|=][biufcmMUSO]\d*(\[\w+\])?")
_WIDEST: Final = {"f": 8, "c": 16}  # bytes: Python's own numbers would lose digits of wider ones


class Kind(NamedTuple):
    """A kind of values that are written in the same way.

    Attributes:
        tag: The key that marks them in JSON.
        parts: Returns a value's parts, which must be writable themselves. Raises :class:`Refusal`.
        build: Builds a value from its parts. Raises ``ValueError``, ``TypeError`` or ``LookupError``.
        library: The library that defines the values; empty for the standard library and for this package.
            A value of a library is decoded each time that it is written, and compared with the original.
    """

    tag: str
    parts: Callable[[Any], Any]
    build: Callable[[Any], Any]
    library: str = ""


class _Library:
    """Values of a library: those of the classes in ``names``.

    A name that ends in ``*`` stands for all subclasses in the same library, but not for those that users
    write: these may hold more.
    """

    tag: str
    names: tuple[str, ...]
    parts: Callable[[Any], Any]
    build: Callable[[Any], Any]


def find(cls: Any) -> Kind | None:
    """Return the kind of a class of these libraries; ``None`` for any other class.

    >>> import numpy as np
    >>> find(np.ndarray).tag, find(np.float32).tag, find(dict)
    ('$ndarray', '$numpy', None)
    """
    root = cls.__module__.partition(".")[0]
    library = "numpy" if root == "ml_dtypes" else root
    names = (f"{library}.{cls.__name__}", *(f"{library}.{base.__name__}*" for base in cls.__mro__))
    kind = next((_BY_NAME[name] for name in names if name in _BY_NAME), None)
    return None if kind is None else Kind(kind.tag, kind.parts, kind.build, library)


def is_image(value: Any) -> bool:
    """Return whether a value is an image of Pillow, decided without importing it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


# -- numpy --------------------------------------------------------------------------------------------


class _Scalar(_Library):
    tag, names = "$numpy", ("numpy.generic*",)

    def parts(self, value: Any) -> Any:
        array = sys.modules["numpy"].asarray(value)
        return array if value.dtype.names else [value.dtype.str, *_numbers(array)]

    def build(self, parts: Any) -> Any:
        return _filled(parts[0], parts[1:])[0] if isinstance(parts, list) else parts[()]


class _Array(_Library):
    tag, names = "$ndarray", ("numpy.ndarray",)

    def parts(self, value: Any) -> Any:
        shape, names = list(value.shape), value.dtype.names
        if not names:
            return {"dtype": value.dtype.str, "shape": shape, "data": _numbers(value)}
        plain = [(name, value.dtype[name]) for name in names]
        if value.dtype != sys.modules["numpy"].dtype(plain) or value.dtype.type.__name__ != "void":
            raise Refusal(f"records of {value.dtype} cannot be written. Answer array.tolist().")
        return {"shape": shape, "fields": {name: value[name] for name in names}}

    def build(self, parts: Any) -> Any:
        if "fields" not in parts:
            return _filled(parts["dtype"], parts["data"]).reshape(parts["shape"])
        shape, fields = tuple(parts["shape"]), parts["fields"]
        np = import_module("numpy")
        made = np.empty(shape, [(name, one.dtype, one.shape[len(shape) :]) for name, one in fields.items()])
        for name, column in fields.items():
            made[name] = column
        return made


def _numbers(array: Any) -> list[Any]:
    dtype = array.dtype
    if _SIMPLE.fullmatch(dtype.str) is None or dtype.itemsize > _WIDEST.get(dtype.kind, sys.maxsize):
        plain = {"c": "astype(complex)", "f": "astype(float)"}.get(dtype.kind, "tolist()")
        raise Refusal(f"an array of {dtype} cannot be written as numbers. Answer array.{plain}.")
    items = (array.astype("i8") if dtype.kind in "mM" else array).ravel().tolist()
    return [part for number in items for part in (number.real, number.imag)] if dtype.kind == "c" else items


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


class _Records(_Library):
    tag, names = "$recarray", ("numpy.recarray",)

    def parts(self, value: Any) -> Any:
        np = sys.modules["numpy"]
        return value.view(np.dtype([(name, value.dtype[name]) for name in value.dtype.names]), np.ndarray)

    def build(self, parts: Any) -> Any:
        return parts.view(import_module("numpy").recarray)


class _Masked(_Library):
    tag, names = "$masked", ("numpy.MaskedArray", "numpy.MaskedConstant")

    def parts(self, value: Any) -> Any:
        np = sys.modules["numpy"]
        if value is np.ma.masked:
            return None
        fill = np.asarray(value.fill_value)
        usual = bool(fill == np.asarray(np.ma.default_fill_value(value.dtype)))
        mask = None if value.mask is np.ma.nomask else np.ma.getmaskarray(value)
        hard = {"hard": True} if value.hardmask else {}
        return {"data": value.data, "mask": mask, "fill": None if usual else fill, **hard}

    def build(self, parts: Any) -> Any:
        ma = import_module("numpy").ma
        if parts is None:
            return ma.masked
        mask = ma.nomask if parts["mask"] is None else parts["mask"]
        fill = None if parts["fill"] is None else parts["fill"][()]
        return ma.MaskedArray(parts["data"], mask=mask, fill_value=fill, hard_mask="hard" in parts)


# -- scipy.sparse -------------------------------------------------------------------------------------


_ROWS: Final = ("data", "indices", "indptr")
_SPARSE: Final = {
    **dict.fromkeys(("csr", "csc", "bsr"), _ROWS),
    "coo": ("data", "coords"),
    "dia": ("data", "offsets"),
}
"""The arrays of each form."""


class _Sparse(_Library):
    tag = "$sparse"
    names = tuple(f"scipy.{form}_{kind}" for form in _SPARSE for kind in ("array", "matrix"))

    def parts(self, value: Any) -> Any:
        arrays = (getattr(value, name) for name in _SPARSE[value.format])
        return [type(value).__name__, value.shape, *arrays]

    def build(self, parts: Any) -> Any:
        name, shape, *arrays = parts
        if f"scipy.{name}" not in self.names:
            raise ValueError(f"{name!r} is not a sparse array that is known here")
        made = getattr(import_module("scipy.sparse"), name)(tuple(arrays), shape=shape)
        if len(arrays) > 2:
            made.indices, made.indptr = arrays[1:]  # the constructor may have narrowed them
        return made


# -- pandas -------------------------------------------------------------------------------------------


def _values(array: Any) -> Any:
    """The array of a pandas column; a numpy array if pandas only wraps one."""
    wrapped = type(array) is sys.modules["pandas"].arrays.NumpyExtensionArray
    return array.to_numpy() if wrapped or isinstance(array.dtype, sys.modules["numpy"].dtype) else array


def _aside(value: Any) -> dict[str, Any]:
    """Return what a pandas object holds beside its data, if any: ``attrs``, and that labels are unique."""
    attrs = {"attrs": value.attrs} if value.attrs else {}
    return attrs if value.flags.allows_duplicate_labels else attrs | {"unique": True}


def _with_aside(made: Any, parts: dict[str, Any]) -> Any:
    made.attrs = parts.get("attrs", {})
    if "unique" in parts:
        made.flags.allows_duplicate_labels = False
    return made


class _Frame(_Library):
    tag, names = "$frame", ("pandas.DataFrame",)

    def parts(self, value: Any) -> Any:
        columns = [_values(value.iloc[:, place].array) for place in range(value.shape[1])]
        return {"columns": value.columns, "index": value.index, "data": columns, **_aside(value)}

    def build(self, parts: Any) -> Any:
        pd, index = import_module("pandas"), parts["index"]
        columns = (pd.Series(column, index, dtype=column.dtype) for column in parts["data"])
        made = pd.DataFrame(dict(enumerate(columns)), index=index)
        made.columns = parts["columns"]
        return _with_aside(made, parts)


class _Series(_Library):
    tag, names = "$series", ("pandas.Series",)

    def parts(self, value: Any) -> Any:
        return {"name": value.name, "index": value.index, "values": _values(value.array), **_aside(value)}

    def build(self, parts: Any) -> Any:
        values = parts["values"]
        made = import_module("pandas").Series(values, parts["index"], dtype=values.dtype, name=parts["name"])
        return _with_aside(made, parts)


class _Index(_Library):
    tag, names = "$index", ("pandas.Index*",)

    def parts(self, index: Any) -> Any:
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

    def build(self, parts: Any) -> Any:
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


class _Column(_Library):
    tag, names = "$column", ("pandas.ExtensionArray*",)

    def parts(self, values: Any) -> Any:
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
            # pandas stores text in pyarrow if that is installed: the usual storage is no part of an answer.
            usual = pd.StringDtype(na_value=dtype.na_value).storage
            return {
                "items": items,
                "string": [None if dtype.storage == usual else dtype.storage, dtype.na_value is pd.NA],
            }
        return {"items": items, "dtype": str(dtype)}

    def build(self, parts: Any) -> Any:
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


class _Timestamp(_Library):
    tag, names = "$timestamp", ("pandas.Timestamp",)

    def parts(self, value: Any) -> Any:
        return [value.asm8, value.tzinfo]

    def build(self, parts: Any) -> Any:
        made = import_module("pandas").Timestamp(parts[0])
        return made if parts[1] is None else made.tz_localize("UTC").tz_convert(parts[1])


class _Timedelta(_Library):
    tag, names = "$pandas_timedelta", ("pandas.Timedelta",)

    def parts(self, value: Any) -> Any:
        return value.asm8

    def build(self, parts: Any) -> Any:
        return import_module("pandas").Timedelta(parts)


class _Period(_Library):
    tag, names = "$period", ("pandas.Period",)

    def parts(self, value: Any) -> Any:
        return [value.ordinal, value.freqstr]

    def build(self, parts: Any) -> Any:
        return import_module("pandas").Period(ordinal=parts[0], freq=parts[1])


class _Interval(_Library):
    tag, names = "$interval", ("pandas.Interval",)

    def parts(self, value: Any) -> Any:
        return [value.left, value.right, value.closed]

    def build(self, parts: Any) -> Any:
        return import_module("pandas").Interval(*parts)


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


class _Dtype(_Library):
    tag, names = "$polars_type", ("polars.DataType*", "polars.Field*")

    def parts(self, dtype: Any) -> Any:
        name = type(dtype).__name__
        if name == "Object":
            raise Refusal("a polars column of Python objects cannot be written. Answer frame.to_dicts().")
        return [name, *(getattr(dtype, argument) for argument in _ARGUMENTS.get(name, ()))]

    def build(self, parts: Any) -> Any:
        pl = import_module("polars")
        name, *arguments = parts
        made = getattr(pl, name)
        if made is not pl.Field and not (isinstance(made, type) and issubclass(made, pl.DataType)):
            raise ValueError(f"{name!r} is not a type of polars")
        return made(*arguments)


def _bare(dtype: Any) -> Any:
    """Return a type with integers for times: Python's times, which polars returns, have no nanoseconds."""
    name, *arguments = _Dtype().parts(dtype)
    if name == "Struct":
        return type(dtype)({field.name: _bare(field.dtype) for field in dtype.fields})
    if name in ("List", "Array"):
        return type(dtype)(_bare(dtype.inner), *arguments[1:])
    return sys.modules["polars"].Int64() if name in ("Datetime", "Duration", "Time") else dtype


class _Polars(_Library):
    tag, names = "$polars_series", ("polars.Series",)

    def parts(self, column: Any) -> Any:
        return [column.name, column.dtype, column.cast(_bare(column.dtype)).to_list()]

    def build(self, parts: Any) -> Any:
        name, dtype, items = parts
        return import_module("polars").Series(name, items, dtype=_bare(dtype)).cast(dtype)


class _PolarsFrame(_Library):
    tag, names = "$polars", ("polars.DataFrame",)

    def parts(self, value: Any) -> Any:
        return {"height": value.height, "columns": list(map(_Polars().parts, value.get_columns()))}

    def build(self, parts: Any) -> Any:
        return import_module("polars").DataFrame(list(map(_Polars().build, parts["columns"])))


class _Missing(_Library):
    tag, names = "$missing", ("pandas.NAType", "pandas.NaTType", "msgspec.UnsetType")
    _homes: Final = {"NaT": ("pandas", "NaT"), "<NA>": ("pandas", "NA"), "UNSET": ("msgspec", "UNSET")}

    def parts(self, value: Any) -> Any:
        return str(value)

    def build(self, parts: Any) -> Any:
        library, name = self._homes[parts]
        return getattr(import_module(library), name)


KINDS: Final = [kind() for kind in _Library.__subclasses__()]
_BY_NAME: Final = {name: kind for kind in KINDS for name in kind.names}
