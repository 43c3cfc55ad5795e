"""Fields that are changed, and fields that are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.fields import is_identifier

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


def test_what_is_kept_is_left_alone_whatever_else_is_said():
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


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"fields": "agee"}, "fields='agee': no such field in the input; it has id, customer, customer.age"),
        ({"keep": "customer.name"}, "keep='customer.name': no such field in the input"),
        ({"fields": ["id", ("items", 5)]}, "no such field in the input"),
    ],
)
def test_a_field_that_is_not_there_is_said_with_the_case(choice, message):
    with pytest.raises(PerturbationError) as caught:
        perturb.variants(perturb.scale(2, **choice), ORDER, 0, "t-1")
    assert ", case t-1: " in str(caught.value)
    assert message in str(caught.value)


def test_a_pattern_with_a_star_may_find_nothing():
    assert perturb.scale(2, fields="rows.*.price").preview(ORDER) == []


@pytest.mark.parametrize("fields", ["", [], (), 1.5, True, [None], ("a", ""), -1, ("a", -1)])
def test_what_names_no_field_is_refused_at_once(fields):
    with pytest.raises(PerturbationError, match="fields="):
        perturb.jitter(fields=fields)


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
