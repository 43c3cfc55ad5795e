"""The parts of an input, and copies with others in their place."""

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
from pytest_modelcheck.perturb.places import dropped, leaves, placed, rebuilt, walked

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


def test_what_does_not_change_is_given_back_as_it_is():
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
    with pytest.raises(
        PerturbationError, match="nothing can be dropped from a list; how='null' puts nothing"
    ):
        dropped({"a": [1]}, ("a", 0))


def test_a_text_may_be_named_by_a_path_with_dots():
    exclaim = perturb.append("!", field="customer.notes.1")
    assert exclaim.preview({"customer": {"notes": ["a", "b"]}}) == [{"customer": {"notes": ["a", "b !"]}}]
    assert perturb.append("!", field="a.b").preview({"a.b": "x"}) == [{"a.b": "x !"}]
    with pytest.raises(PerturbationError, match=r"field='customer.note': no 'note' in a dict; it has notes"):
        perturb.append("!", field="customer.note").preview({"customer": {"notes": "a"}})
