"""The parts of an input, those that are changed or left alone, and copies with others in their place."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
import pydantic
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.paths import dropped, is_identifier, leaves, placed, rebuilt, walked

Pair = namedtuple("Pair", "age name")


@dataclass(frozen=True)
class Customer:
    age: int
    tags: list = field(default_factory=list)


class Model(pydantic.BaseModel):
    age: int


INPUTS = [
    {"age": 40, "name": "x"},
    OrderedDict(age=40, name="x"),
    MappingProxyType({"age": 40}),
    {"customer": Customer(40, ["a"])},
    [1, {"age": 40}],
    (Pair(40, "x"), 2),
    Model(age=40),
    {"deep": [{"er": ({"age": 40},)}]},
]


@pytest.mark.parametrize("given", INPUTS, ids=repr)
def test_every_kind_of_input_is_taken_apart_and_put_together(given):
    before = repr(given)
    (path,) = [path for path, leaf in leaves(given) if leaf == 40]
    other = placed(given, path, 41)
    assert repr(other) in (before.replace("40", "41"), "{'age': 41}")
    assert rebuilt(given, lambda at, leaf: 41 if at == path else leaf) == other
    assert type(other) in (type(given), dict)
    assert repr(given) == before


def test_an_unchanged_value_is_returned_as_it_is():
    given = {"a": [1, {"b": 2}]}
    assert rebuilt(given, lambda _, leaf: leaf) is given


def test_arrays_have_columns():
    array = np.arange(6).reshape(2, 3)
    assert [path for path, _ in walked({"x": array})] == [(), ("x",), ("x", 0), ("x", 1), ("x", 2)]
    assert placed(array, (1,), 9).tolist() == [[0, 9, 2], [3, 9, 5]]
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_rows_of_pandas_keep_their_type():
    mixed = pd.Series({"age": 40, "name": "x"})
    assert placed(mixed, ("age",), 41).to_dict() == {"age": 41, "name": "x"}
    floats = pd.Series({"a": 1.0, "b": 2.0})
    assert placed(floats, ("a",), 3.0).dtype == "float64"
    assert pd.isna(placed(floats, ("a",), None)["a"])
    assert dropped(floats, ("a",)).to_dict() == {"b": 2.0}
    assert mixed.to_dict() == {"age": 40, "name": "x"}


def test_dropping_keeps_the_type_and_needs_a_mapping():
    assert dropped(OrderedDict(a=1, b=2), ("a",)) == OrderedDict(b=2)
    assert dropped(MappingProxyType({"a": 1, "b": 2}), ("a",)) == {"b": 2}
    with pytest.raises(PerturbationError, match="cannot drop a part of a list; use how='null'"):
        dropped({"a": [1]}, ("a", 0))


def test_a_text_may_be_named_by_a_path_with_dots():
    exclaim = perturb.append("!", field="customer.notes.1")
    assert exclaim.preview({"customer": {"notes": ["a", "b"]}}) == [{"customer": {"notes": ["a", "b !"]}}]
    assert perturb.append("!", field="a.b").preview({"a.b": "x"}) == [{"a.b": "x !"}]
    with pytest.raises(PerturbationError, match=r"field='customer.note': no 'note' in a dict; it has notes"):
        perturb.append("!", field="customer.note").preview({"customer": {"notes": "a"}})


Mail = namedtuple("Mail", "title body")


@dataclass(frozen=True)
class Ticket:
    body: str
    number: int = 3


class Message(pydantic.BaseModel):
    body: str


class Slots:
    __slots__ = ("body",)


def with_body(text):
    slots = Slots()
    slots.body = text
    return slots


@pytest.mark.parametrize(
    ("case_input", "field", "made"),
    [
        ({"body": "a", "nr": 3}, None, {"body": "a!", "nr": 3}),
        ({"body": "a", "title": "b"}, "body", {"body": "a!", "title": "b"}),
        ({"ticket": {"body": "a"}}, ("ticket", "body"), {"ticket": {"body": "a!"}}),
        ([{"content": "x"}, {"content": "a"}], (-1, "content"), [{"content": "x"}, {"content": "a!"}]),
        (("x", "a"), 1, ("x", "a!")),
        (Ticket("a"), "body", Ticket("a!")),
        (Message(body="a"), "body", Message(body="a!")),
        (Mail("x", "a"), "body", Mail("x", "a!")),
    ],
)
def test_a_text_inside_of_a_larger_input(case_input, field, made):
    before = repr(case_input)
    exclaim = perturb.replace("a", "a!", field=field)
    assert exclaim.preview(case_input) == [made]
    assert repr(case_input) == before


def test_an_object_that_cannot_be_copied_with_a_change():
    from random import Random

    with pytest.raises(PerturbationError, match="cannot change 'body' in a copy of a Slots"):
        perturb.append("!", field="body").apply(with_body("a"), Random(0))


ORDER = {
    "id": 7,
    "customer": {"age": 40, "customer_id": 8, "zip": 12345},
    "items": [{"price": 10, "count": 2}, {"price": 20, "count": 3}],
    "a.b": 5,
}


def doubled(given=ORDER, **choice):
    return perturb.scale(2, **choice).preview(given)[0]


def test_identifiers_are_left_alone_by_default():
    assert doubled() == {
        "id": 7,
        "customer": {"age": 80, "customer_id": 8, "zip": 12345},
        "items": [{"price": 20, "count": 4}, {"price": 40, "count": 6}],
        "a.b": 10,
    }


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ("id", {"id": 14}),
        ("a.b", {"a.b": 10}),
        (("customer", "age"), {"customer": {"age": 80, "customer_id": 8, "zip": 12345}}),
        ("customer.age", {"customer": {"age": 80, "customer_id": 8, "zip": 12345}}),
        ("customer", {"customer": {"age": 80, "customer_id": 16, "zip": 24690}}),
        ("items.*.price", {"items": [{"price": 20, "count": 2}, {"price": 40, "count": 3}]}),
        ("items.1", {"items": [{"price": 10, "count": 2}, {"price": 40, "count": 6}]}),
        (("items", 0, "count"), {"items": [{"price": 10, "count": 4}, {"price": 20, "count": 3}]}),
        (["id", "a.b"], {"id": 14, "a.b": 10}),
        ("*.age", {"customer": {"age": 80, "customer_id": 8, "zip": 12345}}),
    ],
)
def test_only_what_is_named_is_touched(fields, changed):
    assert doubled(fields=fields) == ORDER | changed


def test_a_kept_path_is_left_alone_whatever_the_other_options():
    assert doubled(keep=["items", "a.b"]) == ORDER | {"customer": ORDER["customer"] | {"age": 80}}
    assert doubled(fields="customer", keep="customer.age")["customer"] == {
        "age": 40,
        "customer_id": 16,
        "zip": 24690,
    }


def test_columns_of_arrays():
    table = np.arange(6).reshape(2, 3)
    assert doubled(table, fields=0).tolist() == [[0, 1, 2], [6, 4, 5]]
    assert doubled(table, keep=[0, 2]).tolist() == [[0, 2, 2], [3, 8, 5]]
    assert doubled({"x": table, "y": 1}, fields="x.1") | {"x": 0} == {"x": 0, "y": 1}
    assert doubled({"x": table, "y": 1}, fields=("x", 1))["x"].tolist() == [[0, 2, 2], [3, 8, 5]]
    assert doubled([1, 2, 3], fields=1) == [1, 4, 3]


def test_a_pattern_with_a_star_may_find_nothing():
    assert perturb.scale(2, fields="rows.*.price").preview(ORDER) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(
            (name, True)
            for name in ("ID", "userId", "user-id", "ids", "api_key", "order_number", "postal_code")
        ),
        *(
            (name, False)
            for name in ("video", "candidate", "number", "no_of_rooms", "hidden", "keyboard", "")
        ),
    ],
)
def test_names_that_tell_one_thing_from_another(name, expected):
    assert is_identifier(name) is expected
