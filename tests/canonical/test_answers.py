"""A corpus of kinds of answers: each is stored and comes back as it was, or is refused with a remedy."""

# ruff: noqa: E501 - one kind a line
from __future__ import annotations

import array
import collections
import contextlib
import datetime as dt
import enum
import functools
import io
import ipaddress
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
import types
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
import scipy.sparse
from dateutil import tz
from PIL import Image

from pytest_modelcheck.canonical import (
    Codec,
    NotStored,
    Unreadable,
    comparable,
    digest,
    encode_plain,
    same,
    unstored,
    why_unstored,
)
from pytest_modelcheck.canonical.kinds import kind_of

T = TypeVar("T")
PARIS = ZoneInfo("Europe/Paris")
NOON = dt.datetime(2024, 5, 1, 12, 30, 15, 123456)  # noqa: DTZ001
HERE = ZoneInfo.from_file(
    io.BytesIO((resources.files("tzdata.zoneinfo.Europe") / "Rome").read_bytes()), key="Here"
)
PLUS_ONE = dt.timezone(dt.timedelta(hours=1))


class Label(enum.StrEnum):
    REFUND = "refund"
    OTHER = "other"


class Reason(str, enum.Enum):  # noqa: UP042 - as google-genai writes it
    STOP = "STOP"

    @classmethod
    def _missing_(cls, value: object) -> Reason:
        made = str.__new__(cls, value)
        made._name_ = made._value_ = str(value)
        return made


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Plain(enum.Enum):
    A = (1, 2)
    B = "b"


class Need(enum.Flag):
    MONEY = 1
    TIME = 2


class Quote(str):
    """Text as LangChain returns it."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)


class Noted(str):
    note: str = ""


class Grade(int):
    pass


class Score(float):
    pass


class Facts(dict):  # type: ignore[type-arg]
    pass


class Rows(list):  # type: ignore[type-arg]
    pass


class Point(NamedTuple):
    x: float
    y: float = 0.0


class Marked(Point):
    mark: int = 0


def marked(mark: int) -> Marked:
    point = Marked(1.0)
    point.mark = mark
    return point


@dataclass
class Triage:
    label: str
    priority: int = 0
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Frozen:
    label: Label
    inner: Triage | None = None


@dataclass
class Computed:
    text: str
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.text)


@dataclass
class Lazy:
    text: str
    later: int | None = field(init=False)


def lazy(later: int | None = None) -> Lazy:
    made = Lazy("a")
    if later is not None:
        made.later = later
    return made


@dataclass
class Box(Generic[T]):
    content: T


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(default_factory=list)


@attrs.define
class Attr:
    label: str
    tags: list[str] = attrs.field(factory=list)


@attrs.frozen
class FrozenAttr:
    score: float = attrs.field(converter=float)
    note: str | None = None


class Handmade:
    def __init__(self, label: str) -> None:
        self.label = label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handmade) and other.label == self.label

    __hash__ = None  # type: ignore[assignment]


class Slotted:
    """A class whose slots have mangled names."""

    __slots__ = ("__label", "score")

    def __init__(self, label: str) -> None:
        self.__label = label

    def __repr__(self) -> str:
        return f"Slotted({self.__label!r})"


class Spans(list):  # type: ignore[type-arg]
    __slots__ = ("unit",)

    def __init__(self, unit: str) -> None:
        super().__init__([1])
        self.unit = unit

    def __repr__(self) -> str:
        return f"Spans({self.unit!r})"


class Failed(ValueError):
    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
        self.add_note("seen")

    def __repr__(self) -> str:
        return f"Failed({self.args}, {vars(self)})"


WITH_RECORDS = np.array([(1, 2.0)], "i4,f8")
NESTED = np.ones((2, 1), [("where", [("x", "f8"), ("y", "f8")]), ("word", "U3"), ("rgb", "u1", (3,))])


class Votes(collections.Counter):  # type: ignore[type-arg]
    pass


class Price(Decimal):
    pass


class Day(dt.date):
    pass


class Moment(dt.datetime):
    pass


class Span(dt.timedelta):
    pass


class Troubles(ExceptionGroup):  # type: ignore[type-arg]
    pass


class Ordered(collections.OrderedDict):  # type: ignore[type-arg]
    pass


class Usage(pydantic.BaseModel):
    total: int = 0
    cached: int | None = None


class Message(pydantic.BaseModel, extra="allow"):
    role: Literal["assistant", "user"]
    content: str | None = None
    usage: Usage | None = None
    _request: str | None = pydantic.PrivateAttr(default=None)


class Holder(pydantic.BaseModel):
    content: pydantic.SerializeAsAny[pydantic.BaseModel]


class Page(pydantic.BaseModel):
    url: pydantic.HttpUrl
    host: ipaddress.IPv4Address | ipaddress.IPv6Address | None = None
    when: dt.datetime | None = None


class Shouting(pydantic.BaseModel):
    text: str

    @pydantic.field_validator("text")
    @classmethod
    def _shout(cls, text: str) -> str:
        return text + "!"


class Aliased(pydantic.BaseModel):
    text: str = pydantic.Field(alias="Text")


class Words(pydantic.RootModel[list[str]]):
    pass


class Envelope(pydantic.BaseModel, Generic[T]):
    content: T


class Cat(pydantic.BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = ""


Animal = pydantic.RootModel[Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]]


class Row(TypedDict, total=False):
    label: str
    triage: Triage


@pydantic.dataclasses.dataclass
class Checked:
    label: str
    score: float = 0.5


def with_request(message: Message) -> Message:
    message._request = "r-1"
    return message


def with_note(text: str, note: str) -> Noted:
    noted = Noted(text)
    noted.note = note
    return noted


def constructed() -> Message:
    return Message.model_construct(_fields_set={"role"}, role="unknown", content=3, more=[1])


FRAME = pd.DataFrame({"label": ["a", "b"], "score": [0.5, math.nan]}, index=[3, 5])
STORED: list[tuple[str, Any, Any, Any]] = [
    # name, answer, another answer, returns
    ("text", "refund", "other", None),
    ("text with lone surrogates", "a\ud800", "a\ud801", None),
    ("none", None, False, None),
    ("bool", True, 1, None),
    ("int", 1, 2, None),
    ("large int", 2**70, 2**70 + 1, None),
    ("float", 0.1, 0.2, None),
    ("nan", math.nan, 0.0, None),
    ("infinity", math.inf, -math.inf, None),
    ("bytes", b"a\xff", b"a", None),
    ("bytearray", bytearray(b"a"), bytearray(b"b"), None),
    ("complex", 1 + 2j, 1 - 2j, None),
    ("decimal", Decimal("1.10"), Decimal("1.11"), None),
    ("fraction", Fraction(1, 3), Fraction(2, 3), None),
    ("uuid", uuid.UUID(int=1), uuid.UUID(int=2), None),
    ("list", [1, "a"], [1, "b"], None),
    ("tuple", (1, 2), [1, 2], None),
    ("nested tuples", [(1, (2, 3))], [(1, [2, 3])], None),
    ("dict", {"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, None),
    ("dict of mixed keys", {1: "a", "1": "b", (1, 2): "c"}, {1: "a", "1": "c", (1, 2): "c"}, None),
    ("dict of dollar keys", {"$ref": "#/a", "$type": "x"}, {"$ref": "#/b", "$type": "x"}, None),
    ("set", {1, "a"}, {1, "b"}, None),
    ("frozenset", frozenset({1, 2}), {1, 2}, None),
    ("ordered dict", collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1), None),
    ("default dict", collections.defaultdict(list, a=[1]), collections.defaultdict(list, a=[2]), None),
    ("default dict of another library type", collections.defaultdict(collections.Counter),
     collections.defaultdict(bool), None),
    ("dict whose keys are NaN", {math.nan: 1, float("nan"): 2}, {math.nan: 3, float("nan"): 2}, None),
    ("dict of a key like that of a number", {"\x001": 1, 1: 2}, {"\x001": 2, 1: 2}, None),
    ("counter", collections.Counter("aab"), collections.Counter("abb"), None),
    ("deque", collections.deque([1, 2], maxlen=3), collections.deque([1, 2], maxlen=4), None),
    ("range", range(0, 9, 2), range(0, 9, 3), None),
    ("namespace", types.SimpleNamespace(a=1), types.SimpleNamespace(a=2), None),
    ("ellipsis", [...], [None], None),
    ("path", pathlib.Path("a/b"), pathlib.Path("a/c"), None),
    ("windows path", pathlib.PureWindowsPath("c:/a"), pathlib.PureWindowsPath("c:/b"), None),
    ("pure path", pathlib.PurePosixPath("a"), pathlib.PurePosixPath("b"), None),
    ("date", dt.date(2024, 2, 29), dt.date(2024, 3, 1), None),
    ("naive moment", NOON, NOON.replace(fold=1, hour=13), None),
    ("moment in UTC", NOON.replace(tzinfo=dt.UTC), NOON, None),
    ("moment of a fixed offset", NOON.replace(tzinfo=PLUS_ONE), NOON.replace(tzinfo=dt.UTC), None),
    (
        "moment of a named offset",
        NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=1), "CET")),
        NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=1), "BST")),
        None,
    ),
    ("moment in a zone", NOON.replace(tzinfo=PARIS), NOON.replace(tzinfo=ZoneInfo("Europe/Rome")), None),
    ("folded moment", NOON.replace(tzinfo=PARIS, fold=1), NOON.replace(tzinfo=PARIS), None),
    ("moment of dateutil", NOON.replace(tzinfo=tz.tzutc()), NOON.replace(tzinfo=tz.tzoffset("x", 60)), None),
    ("moment read by pydantic", pydantic.TypeAdapter(dt.datetime).validate_python("2024-01-01T00:00:00Z"),
     pydantic.TypeAdapter(dt.datetime).validate_python("2024-01-01T00:00:00+02:00"), None),
    ("time", dt.time(1, 2, tzinfo=PLUS_ONE), dt.time(1, 2), None),
    ("time span", dt.timedelta(days=1), dt.timedelta(days=2), None),
    ("time zone", PARIS, dt.UTC, None),
    ("IPv4 address", ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("127.0.0.2"), None),
    ("IPv6 network", ipaddress.ip_network("2001:db8::/32"), ipaddress.ip_network("2001:db8::/33"), None),
    ("IP interface", ipaddress.ip_interface("10.0.0.1/8"), ipaddress.ip_interface("10.0.0.1/9"), None),
    ("enum", Plain.A, Plain.B, Plain),
    ("text enum", Label.REFUND, "refund", Label),
    ("text enum or text", [Label.REFUND, "refund"], ["refund", "refund"], list[Label | str]),
    ("text enum where text was annotated", Label.REFUND, "refund", str | Label),
    ("enum that makes a member of any value", [Reason.STOP, Reason("NEW")], [Reason.STOP, Reason("NEWER")], list[Reason]),
    ("number enum", Level.LOW, 1, Level),
    ("flags", Need.MONEY | Need.TIME, Need.MONEY, Need),
    ("subclass of str", Quote("hello"), "hello", Quote),
    ("subclass of str with attributes", with_note("a", "x"), with_note("a", "y"), Noted),
    ("subclass of int", Grade(3), 3, Grade),
    ("subclass of float", Score(0.5), 0.5, Score),
    ("subclass of dict", Facts(a=1), {"a": 1}, Facts),
    ("subclass of list", Rows([1]), [1], Rows),
    ("subclass of OrderedDict", Ordered(a=1, b=2), Ordered(b=2, a=1), Ordered),
    ("subclass of Counter", Votes("aab"), Votes("abb"), Votes),
    ("subclass of Decimal", Price("1.50"), Decimal("1.50"), Price),
    ("subclass of date", Day(2024, 2, 29), dt.date(2024, 2, 29), Day),
    ("subclass of datetime", Moment(2024, 2, 29, 1, tzinfo=dt.UTC, fold=1), Moment(2024, 2, 29, 1, tzinfo=dt.UTC),
     Moment),
    ("subclass of timedelta", Span(days=1), Span(days=1, microseconds=1), Span),
    ("exception group", ExceptionGroup("a", [ValueError("b")]), ExceptionGroup("a", [ValueError("c")]),
     ExceptionGroup | ValueError),
    ("subclass of an exception group", Troubles("a", [ValueError("b")]), ExceptionGroup("a", [ValueError("b")]),
     ExceptionGroup | Troubles | ValueError),
    ("array of records", WITH_RECORDS, np.array([(1, 3.0)], "i4,f8"), None),
    ("array of nested records", NESTED, np.zeros((2, 1), NESTED.dtype), None),
    ("a record", WITH_RECORDS[0], np.array([(2, 2.0)], "i4,f8")[0], None),
    ("record array", WITH_RECORDS.view(np.recarray), WITH_RECORDS, None),
    ("subclass of list with a slot", Spans("m"), Spans("s"), Spans),
    ("plain class with private slots", Slotted("a"), Slotted("b"), Slotted),
    ("pydantic with any other", Holder(content=Cat()), Holder(content=Dog()), Holder | Cat | Dog),
    ("pattern", re.compile("a+", re.IGNORECASE), re.compile("a+"), None),
    ("named tuple with attributes", marked(1), marked(2), Marked),
    ("named tuple", Point(1.0), (1.0, 0.0), Point),
    ("dataclass", Triage("a", 1, ["x"]), Triage("a", 1, ["y"]), Triage),
    ("dataclass at its defaults", Triage("a"), Triage("a", 1), Triage),
    ("dataclass in a list", [Triage("a")], [Triage("b")], list[Triage]),
    ("dataclass or none", Triage("a"), None, Triage | None),
    ("dataclass or dict", Triage("a"), {"label": "a", "priority": 0, "tags": []}, Triage | dict),
    ("dataclass under a key", {"t": Triage("a")}, {"t": Triage("b")}, dict[str, Triage]),
    ("frozen slotted dataclass", Frozen(Label.REFUND, Triage("a")), Frozen(Label.REFUND, Triage("b")), Frozen),
    ("computed dataclass", Computed("abc"), Computed("abd"), Computed),
    ("dataclass with a field that was never set", lazy(), lazy(1), Lazy),
    ("generic dataclass", Box(Triage("a")), Box("a"), Box[Triage]),
    ("recursive dataclass", Tree("a", [Tree("b")]), Tree("a", [Tree("c")]), Tree),
    ("broken dataclass", Triage(3, "high"), Triage(3, "low"), Triage),  # type: ignore[arg-type]
    ("attrs class", Attr("a", ["x"]), Attr("a", ["y"]), Attr),
    ("frozen attrs class with a converter", FrozenAttr("1.5"), FrozenAttr(1.6), FrozenAttr),
    ("plain class", Handmade("a"), Handmade("b"), Handmade),
    ("typed dict", {"label": "a", "triage": Triage("a")}, {"label": "a", "triage": Triage("b")}, Row),
    ("pydantic dataclass", Checked("a"), Checked("b"), Checked),
    ("pydantic", Message(role="user", content="a"), Message(role="user", content="b"), Message),
    ("pydantic with unset fields", Message(role="user"), Message(role="user", content="a"), Message),
    ("pydantic nested", Message(role="user", usage=Usage(total=1)),
     Message(role="user", usage=Usage(total=2)), Message),
    ("pydantic with extras", Message(role="user", more=[1]), Message(role="user", more=[2]), Message),
    ("pydantic with private attributes", with_request(Message(role="user")), Message(role="assistant"), Message),
    ("pydantic with what a copy added", Message(role="user").model_copy(update={"added": [1]}),
     Message(role="user").model_copy(update={"added": [2]}), Message),
    ("pydantic made without validation", constructed(), Message(role="user"), Message),
    ("pydantic with a validator", Shouting(text="a"), Shouting(text="b"), Shouting),
    ("pydantic with an alias", Aliased(Text="a"), Aliased(Text="b"), Aliased),
    ("exception", KeyError("a"), KeyError("b"), KeyError),
    ("exception of a class", Failed("a", 1), Failed("a", 2), Failed),
    ("exception in a dict, as LangChain returns it", {"parsed": None, "parsing_error": Failed("a", 1)},
     {"parsed": None, "parsing_error": ValueError("a")}, Failed | ValueError),
    ("pydantic root model", Words(["a"]), Words(["b"]), Words),
    ("pydantic root model of a union", Animal(Cat()), Animal(Dog()), Animal),
    ("pydantic generic", Envelope[int](content=1), Envelope[int](content=2), Envelope[int]),
    ("pydantic union", Cat(), Dog(), Cat | Dog),
    ("pydantic with a URL", Page(url="https://a.example/x"), Page(url="https://a.example/y"), Page),
    ("pydantic with an address", Page(url="https://a.example", host="::1"),
     Page(url="https://a.example", host="127.0.0.1"), Page),
    ("pydantic with a moment", Page(url="https://a.example", when="2024-01-01T00:00:00Z"),
     Page(url="https://a.example", when="2024-01-01T00:00:00+01:00"), Page),
    ("URL", pydantic.TypeAdapter(pydantic.HttpUrl).validate_python("https://a.example/x"),
     pydantic.TypeAdapter(pydantic.HttpUrl).validate_python("https://a.example/y"), pydantic.HttpUrl),
    ("array", np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), None),
    ("array of floats", np.array([0.5, np.nan]), np.array([0.5, 1.0]), None),
    ("array of float32", np.array([0.1, 0.2], "f4"), np.array([0.1, 0.2], "f8"), None),
    ("array of float16", np.array([0.1], "f2"), np.array([0.2], "f2"), None),
    ("array of bools", np.array([True, False]), np.array([1, 0]), None),
    ("array of text", np.array(["a", "bc"]), np.array(["a", "bd"]), None),
    ("array of moments", np.array(["2024-01-01", "NaT"], "M8[ns]"), np.array(["2024-01-02", "NaT"], "M8[ns]"), None),
    ("array of objects", np.array([{"a": (1,)}, None], object), np.array([{"a": [1]}, None], object), None),
    ("array of complex numbers", np.array([1 + 2j]), np.array([1 - 2j]), None),
    ("array without dimensions", np.array(1.5), np.float64(1.5), None),
    ("numpy float", np.float32(0.5), 0.5, None),
    ("numpy int", np.int64(3), 3, None),
    ("numpy bool", np.bool_(True), True, None),  # noqa: FBT003
    ("numpy moment", np.datetime64("2024-01-01"), np.datetime64("2024-01-02"), None),
    ("dict of numpy numbers", {"a": np.float64(0.5)}, {"a": np.float64(0.6)}, None),
    ("masked array", np.ma.masked_array([1, 2], [False, True]), np.ma.masked_array([1, 2], [True, False]), None),
    *(
        (f"sparse {kind}", getattr(scipy.sparse, kind)(np.eye(3)), getattr(scipy.sparse, kind)(2 * np.eye(3)), None)
        for kind in ("csr_matrix", "csr_array", "csc_array", "coo_array", "bsr_array", "dia_array")
    ),
    ("masked array whose mask is hard", np.ma.masked_array([1, 2], [0, 1], hard_mask=True),
     np.ma.masked_array([1, 2], [0, 1]), None),
    ("sparse series", pd.Series(pd.arrays.SparseArray([0, 0, 1])), pd.Series([0, 0, 1]), None),
    ("frame of a sparse matrix", pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_array(np.eye(2))),
     pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_array(2 * np.eye(2))), None),
    ("frame that allows no twin labels", FRAME.set_flags(allows_duplicate_labels=False), FRAME, None),
    ("index of months", pd.date_range("2024", periods=2, freq="MS"), pd.DatetimeIndex(["2024-01-01", "2024-02-01"]), None),
    ("polars type", pl.List(pl.Datetime("ns")), pl.List(pl.Datetime("us")), None),
    ("polars list of nanoseconds", pl.Series([[1]]).cast(pl.List(pl.Datetime("ns"))),
     pl.Series([[2]]).cast(pl.List(pl.Datetime("ns"))), None),
    ("polars record of nanoseconds", pl.Series([{"a": [1]}]).cast(pl.Struct({"a": pl.List(pl.Duration("ns"))})),
     pl.Series([{"a": [2]}]).cast(pl.Struct({"a": pl.List(pl.Duration("ns"))})), None),
    ("series", pd.Series([1, 2]), pd.Series([1, 3]), None),
    ("named series", pd.Series([0.5], index=["a"], name="x"), pd.Series([0.5], index=["a"], name="y"), None),
    ("series of float32", pd.Series([0.1], dtype="float32"), pd.Series([0.1]), None),
    ("series of categories", pd.Series(["a", "b"], dtype="category"), pd.Series(["a", "b"]), None),
    (
        "ordered categories",
        pd.Series(pd.Categorical(["a"], ["a", "b"], ordered=True)),
        pd.Series(pd.Categorical(["a"], ["b", "a"], ordered=True)),
        None,
    ),
    ("series of Int64", pd.Series([1, None], dtype="Int64"), pd.Series([2, None], dtype="Int64"), None),
    ("series of boolean", pd.Series([True, None], dtype="boolean"), pd.Series([False, None], dtype="boolean"), None),
    ("series of string", pd.Series(["a", None], dtype="string"), pd.Series(["b", None], dtype="string"), None),
    (
        "series of string in Python",
        pd.Series(["a", None], dtype="string[python]"),
        pd.Series(["a", None], dtype=object),
        None,
    ),
    ("series of text", pd.Series(["a", None]), pd.Series(["b", None]), None),
    (
        "series of mixed objects",
        pd.Series([1, "x", None, math.nan, pd.NA], dtype=object),
        pd.Series([1, "x", math.nan, None, pd.NA], dtype=object),
        None,
    ),
    (
        "masked array of text",
        np.ma.array(["a", "b"], mask=[0, 1]),
        np.ma.array(["a", "b"], mask=[0, 1], fill_value="x"),
        None,
    ),
    ("series of objects", pd.Series([{"a": 1}, [2]], dtype=object), pd.Series([{"a": 2}, [2]], dtype=object), None),
    ("series of moments", pd.Series(pd.to_datetime(["2024-01-01", None])),
     pd.Series(pd.to_datetime(["2024-01-02", None])), None),
    (
        "series of moments in a zone",
        pd.Series(pd.to_datetime(["2024-01-01", None])).dt.tz_localize("Europe/Paris"),
        pd.Series(pd.to_datetime(["2024-01-01", None])).dt.tz_localize("Europe/Rome"),
        None,
    ),
    ("series of time spans", pd.Series(pd.to_timedelta([1, 2], "s")), pd.Series(pd.to_timedelta([1, 3], "s")), None),
    ("series of periods", pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
     pd.Series(pd.period_range("2024-02", periods=2, freq="M")), None),
    ("series of intervals", pd.Series(pd.interval_range(0, 2)), pd.Series(pd.interval_range(1, 3)), None),
    (
        "series with a multi-index",
        pd.Series([1, 2], pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"])),
        pd.Series([1, 2], pd.MultiIndex.from_tuples([("a", 1), ("b", 3)], names=["x", "y"])),
        None,
    ),
    ("frame", FRAME, FRAME.assign(score=[0.5, 0.6]), None),
    ("frame without rows", FRAME.iloc[:0], FRAME, None),
    ("frame without columns", FRAME[[]], FRAME, None),
    ("frame of another column order", FRAME[["score", "label"]], FRAME, None),
    ("frame of twin columns", pd.DataFrame([[1, "x"]], columns=["a", "a"]),
     pd.DataFrame([[2, "x"]], columns=["a", "a"]), None),
    ("frame of a time series", FRAME.set_index(pd.date_range("2024", periods=2)),
     FRAME.set_index(pd.date_range("2025", periods=2)), None),
    ("row of a frame", FRAME.iloc[0], FRAME.iloc[1], None),
    ("frame in a dict", {"table": FRAME}, {"table": FRAME.iloc[:1]}, None),
    ("index", pd.Index(["a", "b"], name="x"), pd.Index(["a", "c"], name="x"), None),
    ("range index", pd.RangeIndex(3), pd.Index([0, 1, 2]), None),
    ("pandas array", pd.array([1, None], dtype="Int64"), pd.array([1, 2], dtype="Int64"), None),
    ("categorical", pd.Categorical(["a", "b"]), pd.Categorical(["a", "a"]), None),
    ("timestamp", pd.Timestamp(2024, 1, 1), pd.Timestamp(2024, 1, 2), None),
    ("timestamp in a zone", pd.Timestamp("2024-01-01", tz="Europe/Paris"), pd.Timestamp("2024-01-01"), None),
    ("pandas time span", pd.Timedelta("1D"), pd.Timedelta("2D"), None),
    ("period", pd.Period("2024-01"), pd.Period("2024-02"), None),
    ("interval", pd.Interval(0, 1), pd.Interval(0, 1, closed="both"), None),
    ("missing", [pd.NaT, pd.NA], [pd.NA, pd.NaT], None),
    ("polars frame", pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}), None),
    ("polars series", pl.Series("a", [0.5, 0.6], pl.Float32), pl.Series("a", [0.5, 0.6]), None),
    (
        "polars frame of rich types",
        pl.DataFrame({"l": [[1], [2, 3]], "s": [{"x": 1}, {"x": 2}], "t": [NOON, None], "c": ["a", "b"]},
                     schema_overrides={"c": pl.Categorical}),
        pl.DataFrame({"l": [[1], [2, 4]], "s": [{"x": 1}, {"x": 2}], "t": [NOON, None], "c": ["a", "b"]},
                     schema_overrides={"c": pl.Categorical}),
        None,
    ),
]  # fmt: skip


def typed_repr(value: Any) -> str:
    """A text of a value with all its types, which ``==`` and ``repr`` do not show."""
    if isinstance(value, set):
        return f"{type(value)} {sorted(map(typed_repr, value))}"
    return (
        f"{type(value)} {vars(value)}" if isinstance(value, Handmade | Noted | Lazy | Marked) else repr(value)
    )


@pytest.mark.parametrize(
    ("answer", "other", "returns"), [one[1:] for one in STORED], ids=[one[0] for one in STORED]
)
def test_an_answer_comes_back_whole_and_a_change_of_it_is_seen(answer, other, returns):
    codec, warm = Codec(returns), Codec(returns)
    line = codec.encode(answer)
    back = warm.decode(line)
    json.loads(line)
    assert type(back) is type(answer)
    assert typed_repr(back) == typed_repr(answer)
    if isinstance(answer, pydantic.BaseModel):
        assert back == answer  # private attributes too
        assert vars(back).keys() == vars(answer).keys()
        assert back.model_fields_set == answer.model_fields_set
    assert warm.encode(back) == line == codec.encode(answer)
    assert same(line, line)
    assert not same(line, codec.encode(other))
    assert not same(codec.encode(other), line)
    if not isinstance(answer, Handmade | Slotted):  # whose objects give their own content
        for key in (digest, comparable):
            assert key(back) == key(answer)
            assert key([back]) == key([answer])
            assert len({key(answer), key([answer]), key(other), key([other])}) == 4


class Locked:
    def __init__(self) -> None:
        self.lock = threading.Lock()


class Secretive(pydantic.BaseModel):
    label: str
    key: pydantic.SecretStr


@dataclass
class Odd(dict):  # type: ignore[type-arg]
    label: str = ""


def by_returns(returns: Any) -> Any:
    return lambda answer: (answer, returns)


def by(turn: Any) -> Any:
    return lambda answer: (turn(answer), None)


PNG = io.BytesIO()
Image.new("L", (2, 1)).save(PNG, "png")
CYCLE: list[Any] = []
CYCLE += [CYCLE, 1]
REFUSED: list[tuple[Any, ...]] = [
    # name, answer, message of the refusal, its remedy, applied; and returns=, if not None
    ("lock", threading.Lock(), "case.record", None),
    ("function", len, "case.record", None),
    ("class", int, "case.record", None),
    ("object with a lock", Locked(), r"lock cannot be stored.*case\.record", None),
    ("match", re.match("a", "a"), "case.record", by(lambda match: match.group())),
    ("time of the time module", time.gmtime(0), r"answer list\(...\)", by(list)),
    ("exception with a state of its own", FileNotFoundError(2, "a"), r"answer str\(...\)", by(str)),
    ("exception without returns=", [KeyError("a")], r"returns=KeyError\)", by_returns(KeyError)),
    ("array of the standard library", array.array("d", [0.5]), r"answer list\(...\)", by(list)),
    ("pairs that are read once", zip("ab", "cd", strict=True), r"answer list\(...\)", by(list)),
    ("file in memory", io.BytesIO(b"a"), r"answer x\.getvalue\(\)", by(lambda file: file.getvalue())),
    ("image", Image.new("L", (2, 1)), r"answer numpy\.asarray\(...\)", by(np.asarray)),
    ("image of a file", Image.open(PNG), r"answer numpy\.asarray\(...\)", by(np.asarray)),
    ("array of raw bytes", np.array([b"ab"], "V2"), r"array\.tolist\(\)", by(lambda array: array.tolist())),
    ("memoryview", memoryview(b"a"), r"Let the model answer bytes\(...\)", by(bytes)),
    ("mapping proxy", types.MappingProxyType({"a": 1}), r"answer dict\(...\)", by(dict)),
    ("keys", {"a": 1}.keys(), r"answer list\(...\)", by(list)),
    ("values", {"a": 1}.values(), r"answer list\(...\)", by(list)),
    ("items", {"a": 1}.items(), r"answer list\(...\)", by(list)),
    ("matrix", np.matrix([[1]]), r"answer numpy\.asarray\(...\)", by(np.asarray)),
    (
        "array of records with gaps",
        np.zeros(1, np.dtype("i1,f8", align=True)),
        r"Answer array\.tolist\(\)",
        by(lambda array: array.tolist()),
    ),
    (
        "array of long doubles",
        np.array([1], np.longdouble),
        r"array\.astype\(float\)",
        by(lambda array: array.astype(float)),
    ),
    (
        "array of long complex numbers",
        np.array([1j], np.clongdouble),
        r"array\.astype\(complex\)",
        by(lambda array: array.astype(complex)),
    ),
    (
        "sparse rows of lists",
        scipy.sparse.lil_array(np.eye(2)),
        r"answer x\.tocsr\(\)",
        by(lambda array: array.tocsr()),
    ),
    (
        "sparse keys",
        scipy.sparse.dok_array(np.eye(2)),
        r"answer x\.tocsr\(\)",
        by(lambda array: array.tocsr()),
    ),
    (
        "lazy polars frame",
        pl.LazyFrame({"a": [1]}),
        r"answer x\.collect\(\)",
        by(lambda frame: frame.collect()),
    ),
    (
        "polars frame of objects",
        pl.DataFrame({"a": [uuid.UUID(int=1)]}, schema={"a": pl.Object}),
        r"Answer frame\.to_dicts\(\)",
        by(lambda frame: frame.to_dicts()),
    ),
    (
        "default dict with a function",
        collections.defaultdict(lambda: 1, a=2),
        r"Answer dict\(...\)",
        by(dict),
    ),
    (
        "moment in a zone of dateutil's",
        NOON.replace(tzinfo=tz.gettz("Europe/Paris")),
        r"value\.astimezone\(datetime\.timezone\.utc\)",
        by(lambda moment: moment.astimezone(dt.UTC)),
    ),
    ("zone that no key leads to", [HERE], "its time zone is a zoneinfo.ZoneInfo", None),
    (
        "moment in a zone that no key leads to",
        NOON.replace(tzinfo=HERE),
        r"value\.astimezone\(datetime\.timezone\.utc\)",
        by(lambda moment: moment.astimezone(dt.UTC)),
    ),
    ("secret", pydantic.SecretStr("hunter2"), "is a secret.*Answer without it", None),
    (
        "model with a secret",
        Secretive(label="a", key="hunter2"),
        r"answer\.key: a pydantic.types.SecretStr is a secret.*Answer without it",
        by(lambda answer: answer.label),
        Secretive,
    ),
    ("dataclass that is a dict", Odd("a"), "case.record", None),
    ("cycle", CYCLE, "Answer flatter data", by(lambda answer: answer[1:])),
    ("dataclass without returns=", Triage("a"), r"returns=Triage\)", by_returns(Triage)),
    ("pydantic without returns=", [Cat()], r"\(in a list\).*returns=Cat\)", by_returns(Cat)),
    ("attrs without returns=", {"a": Attr("a")}, r"\(in a dict\).*returns=Attr\)", by_returns(Attr)),
    ("enum without returns=", Label.REFUND, r"returns=Label\)", by_returns(Label)),
    ("text without returns=", Quote("a"), r"returns=Quote\)", by_returns(Quote)),
    ("plain class without returns=", Handmade("a"), r"returns=Handmade\)", by_returns(Handmade)),
    (
        "a class in an annotated list",
        [Cat(), Attr("a")],
        r"returns=list\[Cat\] \| Attr\)",
        by_returns(list[Cat] | Attr),
        list[Cat],
    ),
    (
        "row of a class that pandas makes for it",
        next(FRAME.itertuples()),
        r"returns=Pandas\). Of a class that is made for each answer, let the model answer the data: value\._asdict\(\)",
        by(lambda row: row._asdict()),
    ),
    ("two classes", [Cat(), Attr("a")], r"returns=Cat \| Attr\)", by_returns(Cat | Attr)),
    ("a class within another", Box(Triage("a")), r"returns=Box \| Triage\)", by_returns(Box | Triage)),
]


@pytest.mark.parametrize(
    ("answer", "says", "remedy", "returns"),
    [(*one[1:], None)[:4] for one in REFUSED],
    ids=[one[0] for one in REFUSED],
)
def test_an_answer_that_cannot_be_stored_is_refused_with_a_working_remedy(answer, says, remedy, returns):
    with pytest.raises(NotStored, match=says) as caught:
        Codec(returns).encode(answer)
    assert "hunter2" not in str(caught.value)
    assert b"hunter2" not in encode_plain(answer)
    line = unstored(answer, str(caught.value))
    assert b"hunter2" not in line
    assert not same(line, line)
    assert why_unstored(line) == str(caught.value)
    if remedy is not None:
        turned, returns = remedy(answer)
        back = Codec(returns).decode(Codec(returns).encode(turned))
        assert typed_repr(back) == typed_repr(turned)


class Elsewhere:
    """Its content is outside the object, so that one that is read back equals only another empty one."""

    texts: ClassVar[dict[int, str]] = {}

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self.texts[id(self)] = text

    def __eq__(self, other: object) -> bool:
        return self.texts.get(id(self)) == self.texts.get(id(other))

    __hash__ = None  # type: ignore[assignment]


def test_an_answer_that_does_not_come_back_equal_is_refused_with_a_working_remedy():
    answer = Elsewhere("a")
    with pytest.raises(NotStored, match=r"read back is not the same. Let the model answer plain data of it"):
        Codec(Elsewhere).encode(answer)
    assert Codec().decode(Codec().encode(answer.texts[id(answer)])) == "a"


class Closed:
    def __init__(self) -> None:
        self.text = "a"

    def __eq__(self, other: object) -> bool:
        raise ConnectionError("the connection is closed")

    __hash__ = None  # type: ignore[assignment]


def test_a_part_without_an_eq_does_not_keep_an_answer_from_being_stored():
    codec = Codec(Box | Slotted)
    line = codec.encode(Box(Slotted("a")))
    assert repr(codec.decode(line)) == "Box(content=Slotted('a'))"
    assert not same(line, codec.encode(Box(Slotted("b"))))


def test_an_eq_that_raises_does_not_keep_an_answer_from_being_stored():
    codec = Codec(Closed)
    assert vars(codec.decode(codec.encode(Closed()))) == {"text": "a"}


class Torn:
    __slots__ = ("text",)

    def __getattribute__(self, name: str) -> Any:
        if name == "text":
            raise LookupError("the session is closed")
        return super().__getattribute__(name)


def test_an_object_that_cannot_be_read_is_refused_with_what_it_raises():
    with pytest.raises(
        NotStored, match=r"reading it raises LookupError: the session is closed. Let the model"
    ):
        Codec(Torn).encode(Torn())


def test_a_class_whose_schema_fails_is_refused_and_not_the_end_of_the_run():
    class Mail:
        @classmethod
        def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
            raise ImportError("email-validator is not installed")

    with pytest.raises(
        NotStored, match=r"Mail cannot be stored and made again. Let the model answer its data"
    ):
        Codec().encode(Mail())


def test_the_corpus_is_large_and_no_two_kinds_are_one():
    assert len(STORED) + len(REFUSED) >= 180
    known: dict[bytes, str] = {}
    for name, *answers, _ in STORED:
        for answer in answers:
            if not isinstance(answer, Handmade | Slotted):
                first = known.setdefault(digest(answer), typed_repr(answer))
                assert first == typed_repr(answer), name


def test_all_kinds_are_read_in_another_process_which_imported_nothing_for_them():
    """A process without numpy, pandas and polars imported reads the answers that another one stored."""
    lines = {name: Codec().encode(answer) for name, answer, _, returns in STORED if returns is None}
    program = (
        "import json, sys\n"
        "from pytest_modelcheck.canonical import Codec\n"
        "lines = json.load(sys.stdin)\n"
        "assert not {'pandas', 'polars', 'scipy', 'pydantic'} & set(sys.modules)\n"
        "codec = Codec()\n"
        "print(json.dumps({name: codec.encode(codec.decode(line.encode())).decode() for name, line in lines.items()}))"
    )
    stored = json.dumps({name: line.decode() for name, line in lines.items()})
    done = subprocess.run(
        [sys.executable, "-c", program], input=stored, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {name: line.encode() for name, line in json.loads(done.stdout).items()} == lines


def test_text_in_a_frame_is_the_same_with_and_without_pyarrow():
    """pandas holds text in pyarrow's memory where that is installed: on one machine it is, on another not."""
    lines, keys = [], []
    for storage in ("pyarrow", "python"):
        with pd.option_context("mode.string_storage", storage):
            frame = pd.DataFrame({"label": ["a", None], "note": pd.array(["b", None], dtype="string")})
            lines.append(Codec().encode(frame))
            keys.append(digest(frame))
            back = Codec().decode(lines[0])
            assert [dtype.storage for dtype in back.dtypes] == [storage, storage]
            pd.testing.assert_frame_equal(back, frame)
    assert len(set(lines)) == len(set(keys)) == 1


def test_a_path_is_the_same_text_on_every_system():
    """On Windows, ``str`` of a path has backslashes, which make another path elsewhere."""
    parts = kind_of(type(pathlib.Path())).parts
    assert parts(pathlib.PureWindowsPath("c:/out/a.txt")) == parts(pathlib.PurePosixPath("c:/out/a.txt"))


class Counted(str):
    @functools.cached_property
    def words(self) -> int:
        return len(self.split())


def test_a_property_that_was_read_is_no_part_of_an_answer():
    codec, answer = Codec(Counted), Counted("two words")
    line = codec.encode(answer)
    assert (answer.words, codec.encode(answer)) == (2, line)


def test_a_class_made_at_run_time_is_stored_as_the_class_that_it_copies():
    """instructor derives a class from the response model for every call."""
    made = pydantic.create_model("Cat", __base__=Cat)
    codec = Codec(Cat)
    back = codec.decode(codec.encode(made(lives=3)))
    assert (type(back), back.lives) == (Cat, 3)
    wider = pydantic.create_model("Cat", __base__=Cat, colour=(str, "black"))
    with pytest.raises(NotStored, match="Cat"):
        codec.encode(wider())


U = TypeVar("U")


class Parsed(Usage, Generic[T]):
    """The client of openai answers with such a class, with a parameter that is another variable."""


Open = Parsed[U]  # pydantic puts it into this module, as "Parsed[~U]"


def test_a_generic_class_with_another_variable_is_stored_as_itself_and_not_as_its_base():
    answer = [Open(total=3)]
    with pytest.raises(
        NotStored, match=r"objects of \S*test_answers.Parsed .*returns=list\[Usage\] \| Parsed\)"
    ):
        Codec(list[Usage]).encode(answer)
    codec = Codec(list[Usage] | Parsed)
    [back] = codec.decode(codec.encode(answer))
    assert (type(back), back.total) == (Parsed, 3)


def test_client_state_beside_the_fields_is_no_part_of_an_answer():
    """The openai client leaves ``_request_id`` on its results, instructor ``_raw_response``."""
    answer = Cat()
    answer._raw_response = threading.Lock()
    codec = Codec(Cat)
    assert codec.decode(codec.encode(answer)) == answer == Cat()


def test_a_damaged_line_of_any_kind_is_unreadable_or_another_answer():
    """For any error of a library on invalid data, the cache and baselines name the line."""
    rng = random.Random(7)

    def damaged(part: Any) -> Any:
        if rng.random() < 0.15 or not (part and isinstance(part, dict | list)):
            return rng.choice(
                [None, -1, 2**40, 1.5, "", "x", [], {}, [1], {"a": 1}, {"$tuple": [1]}, True, "O"]
            )
        at = rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        items = dict(part) if isinstance(part, dict) else list(part)
        if rng.random() < 0.2:
            del items[at]
        else:
            items[at] = damaged(items[at])
        return items

    for _, answer, _, returns in STORED:
        codec = Codec(returns)
        whole = json.loads(codec.encode(answer))
        for _ in range(12):
            with contextlib.suppress(Unreadable):
                codec.decode(json.dumps(damaged(whole)).encode())
