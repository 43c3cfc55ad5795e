from __future__ import annotations

import datetime as dt
import json
import math
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pytest_modelcheck.canonical import Codec, NotStored, Unreadable, comparable, encode_plain, same
from pytest_modelcheck.errors import UsageError

CODEC = Codec()


def comes_back(value: Any, codec: Codec = CODEC) -> bytes:
    """Assert that a value survives the round trip exactly; return its line."""
    line = codec.encode(value)
    assert b"\n" not in line
    json.loads(line)
    back = codec.decode(line)
    assert type(back) is type(value)
    assert codec.encode(back) == line
    return line


numbers = st.integers() | st.floats()
leaves = (
    st.none()
    | st.booleans()
    | numbers
    | st.text(st.characters(exclude_categories=[]))
    | st.text("$abc\ud800", max_size=4)
    | st.binary()
    | st.complex_numbers()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.timezones(), allow_imaginary=True)
    | st.timedeltas()
)
hashable = leaves | st.tuples(leaves, leaves)
answers = st.recursive(
    leaves | st.decimals(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text("$abtypl", max_size=5) | leaves, inner, max_size=4)
        | st.sets(hashable, max_size=3)
        | st.frozensets(hashable, max_size=3)
    ),
    max_leaves=10,
)


@given(answers)
def test_builtin_values_come_back_equal_and_of_their_type(value):
    comes_back(value)


@given(
    hnp.arrays(
        dtype=st.one_of(
            hnp.boolean_dtypes(),
            hnp.integer_dtypes(),
            hnp.floating_dtypes(sizes=(16, 32, 64)),
            hnp.complex_number_dtypes(sizes=(64, 128)),
            hnp.datetime64_dtypes(),
            hnp.timedelta64_dtypes(),
            hnp.unicode_string_dtypes(max_len=5),
            hnp.byte_string_dtypes(max_len=5),
        ),
        shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
def test_arrays_come_back_equal_and_of_their_type(array):
    comes_back(array)
    if array.size:
        comes_back([array.ravel()[0]])


@given(st.dictionaries(st.text() | st.integers(), st.integers(), min_size=1), st.randoms())
def test_the_order_of_a_dict_comes_back_and_is_no_difference(value, random):
    items = list(value.items())
    random.shuffle(items)
    line = CODEC.encode(dict(items))
    assert list(CODEC.decode(line).items()) == items
    assert same(line, CODEC.encode(value))


@given(st.lists(st.integers() | st.text(), unique=True), st.randoms())
def test_equal_sets_give_equal_lines(items, random):
    line = CODEC.encode(set(items))
    random.shuffle(items)
    assert CODEC.encode(set(items)) == line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("refund", b'"refund"'),
        ({"label": 2, "probs": [0.1, 0.9]}, b'{"label":2,"probs":[0.1,0.9]}'),
        ("café", '"café"'.encode()),
        ("$5", b'"$5"'),
        ({"price": "$5"}, b'{"price":"$5"}'),
        ((1, 2), b'{"$tuple":[1,2]}'),
        ({"$tuple": [1]}, b'{"$dict":[["$tuple",[1]]]}'),
        ({2: "b", 1: "a"}, b'{"$dict":[[2,"b"],[1,"a"]]}'),
        ({3, 1}, b'{"$set":[1,3]}'),
        (math.nan, b'{"$float":"nan"}'),
        (-math.inf, b'{"$float":"-inf"}'),
        (-0.0, b"-0.0"),
        (2**64 - 1, b"18446744073709551615"),
        (2**64, b'{"$int":"18446744073709551616"}'),
        (b"\x00\xff", b'{"$bytes":"AP8="}'),
        ("\ud800", rb'{"$escaped":"\\ud800"}'),
        (Decimal("1.10"), b'{"$decimal":"1.10"}'),
        (Fraction(1, 3), b'{"$fraction":[1,3]}'),
        (1 + 2j, b'{"$complex":[1.0,2.0]}'),
        (dt.date(2024, 2, 29), b'{"$date":"2024-02-29"}'),
        (dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), b'{"$datetime":"2024-02-29T12:00:00+00:00"}'),
        (dt.timedelta(hours=1), b'{"$timedelta":[0,3600,0]}'),
        (uuid.UUID(int=1), b'{"$uuid":"00000000-0000-0000-0000-000000000001"}'),
        (Path("a"), b'{"$path":"a"}'),
        (np.float32(0.5), b'{"$numpy":["<f4",0.5]}'),
        (np.array([[1, 2]], "i8"), b'{"$ndarray":{"dtype":"<i8","shape":[1,2],"data":[1,2]}}'),
        (np.array([{"a": (1,)}, None], object), None),
        (2**20_000, None),
        (Fraction(2**20_000, 3), None),
        (-(2**63) - 1, None),
        (dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")), None),
        (dt.time(2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")), None),
        ({"a": [{"b": ({"$c": math.inf},)}]}, None),
        (np.array(["2024-01-01", "NaT"], "M8[ns]"), None),
        (np.datetime64("NaT", "s"), None),
        (np.array([1.5, np.nan, -0.0], ">f8"), None),
        (np.str_("a\ud800"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_lines_are_readable_and_come_back(value, line):
    assert comes_back(value) == (line if line is not None else CODEC.encode(value))


class Handle:
    pass


@dataclass
class Triage:
    label: str


class MyInt(int):
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            threading.Lock(),
            "answer: a _thread.lock cannot be stored and made again. Let the model answer its",
        ),
        ({"a": [0, threading.Lock()]}, 'answer["a"][1]: a _thread.lock'),
        ((threading.Lock(),), "answer[0]: a _thread.lock"),
        ({1: threading.Lock()}, "answer[1]: a _thread.lock"),
        ([Triage(threading.Lock())], "answer[0].label: a _thread.lock"),  # type: ignore[arg-type]
        (np.array([threading.Lock()], object), "a _thread.lock cannot be stored"),
        (lambda: 1, "answer: a function cannot be stored"),
        (int, "answer: a type cannot be stored"),
    ],
)
def test_a_value_that_would_not_come_back_is_refused_with_its_place(value, message):
    with pytest.raises(NotStored) as caught:
        CODEC.encode(value)
    assert message in str(caught.value)
    assert isinstance(caught.value, UsageError)


def test_cycles_and_depth_are_refused():
    items: list[Any] = []
    items.append(items)
    with pytest.raises(NotStored, match=r"answer: it contains itself, or is nested too deeply"):
        CODEC.encode(items)
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    with pytest.raises(NotStored, match="nested too deeply"):
        CODEC.encode(deep)


@pytest.mark.parametrize("write", [CODEC.encode, comparable])
def test_a_type_error_of_a_library_is_not_taken_for_depth(write, monkeypatch):
    """``orjson`` raises the same for values nested too deeply."""

    def lower(*_: Any) -> Any:
        raise TypeError("cannot parse it")

    monkeypatch.setattr("pytest_modelcheck.canonical.lowering.Lowering.lower", lower)
    with pytest.raises(NotStored, match="reading it raises TypeError: cannot parse it"):
        write({1, 2})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"NaN",
        b'{"$nothing":1}',
        b'{"$type":"os.system"}',
        b'{"$type":["a"]}',
        b'{"$float":"1"}',
        b'{"$tuple":1}',
        b'{"$bytes":"*"}',
        b'{"$int":"one"}',
        b'{"$fraction":[1,0]}',
        b'{"$datetime":"yesterday"}',
        b'{"$datetime":["2024-01-01T00:00:00","../../etc/passwd",0]}',
        b'{"$decimal":"x"}',
        b'{"$dict":[[[],1]]}',
        b'{"$dict":[1]}',
        b'{"$set":[[1]]}',
        b'{"$ndarray":{"dtype":"<i8","shape":[3],"data":[1]}}',
        b'{"$ndarray":{"dtype":"i8,O","shape":[1],"data":[1]}}',
        b'{"$ndarray":{"dtype":"<f8","shape":[1],"data":["1"]}}',
        b'{"$ndarray":[]}',
        b'{"$numpy":["<i8"]}',
        b'{"$series":{}}',
        b'{"$pattern":["a{2","b"]}',
        b'{"$pattern":["(",0]}',
        b'{"$masked":{"data":{"$ndarray":{"dtype":"<i8","shape":[1],"data":[1]}},"mask":[true,true],"fill":null}}',
        b'{"$polars":{"height":2,"columns":[["a",["Int64"],[1,2]],["b",["Int64"],[1]]]}}',
        b'{"$polars_series":["a",["Config"],[1]]}',
    ],
)
def test_damaged_lines_are_unreadable_and_run_nothing(line):
    with pytest.raises(Unreadable, match="a kept answer cannot be read"):
        CODEC.decode(line)


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Surrogate:
    def __repr__(self) -> str:
        return "\ud800"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"a": 1}, b'{"a":1}'),
        (Triage("x"), b'{"$type":"HERE.Triage","label":"x"}'),
        (
            [Triage(Handle())],
            b'[{"$type":"HERE.Triage","label":{"$repr":"<HERE.Handle object>"}}]',
        ),  # type: ignore[arg-type]
        (Rude(), b'{"$repr":"<HERE.Rude, whose repr raises RuntimeError>"}'),
        (Surrogate(), rb'{"$repr":"\\ud800"}'),
        (MyInt(3), b'{"$repr":"3"}'),
        (OrderedDict(a=1), None),
        (np.array([(1, 2)], "i4,i4"), None),
        (np.array([Handle()], object), None),
        (pd.DataFrame({"a": [1]}), None),
        (dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), None),
        (lambda: 1, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_can_be_described(value, line):
    described = encode_plain(value)
    json.loads(described)
    assert line is None or described.replace(__name__.encode(), b"HERE") == line


def test_cycles_and_depth_can_be_described():
    items: list[Any] = [1]
    items.append(items)
    assert encode_plain(items) == b'{"$repr":"[1, [...]]"}'
    deep: Any = 1
    for _ in range(100_000):  # since Python 3.12, `repr` goes deeper than Python code may
        deep = [deep]
    assert encode_plain(deep) == b'{"$repr":"<list, whose repr raises RecursionError>"}'


@given(answers)
def test_a_description_says_the_same_as_the_line_where_there_is_one(value):
    assert encode_plain(value) == CODEC.encode(value)
    assert same(encode_plain(value), CODEC.encode(value))
