"""Something missing, something more, another order, another category, another type."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import pytest

from pytest_modelcheck import cases, perturb
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.records import Case

CUSTOMER = {"id": 7, "age": 40, "plan": "pro", "address": {"city": "Lima", "zip": "15001"}, "tags": ["a"]}


def test_each_variant_misses_another_value():
    made = perturb.missing(n=9).preview(CUSTOMER)
    assert len(made) == 4
    missing = [
        [name for name in ("age", "plan", "tags") if variant[name] in (None, [None])] for variant in made
    ]
    assert sorted(missing) == [[], ["age"], ["plan"], ["tags"]]
    assert {str(variant["address"]) for variant in made} == {
        "{'city': 'Lima', 'zip': '15001'}",
        "{'city': None, 'zip': '15001'}",
    }
    assert all(variant["id"] == 7 for variant in made)


def test_any_named_field_may_be_missing():
    assert perturb.missing(fields="id").preview(CUSTOMER) == [CUSTOMER | {"id": None}]
    assert perturb.missing(fields="address").preview(CUSTOMER) == [CUSTOMER | {"address": None}]
    without = {name: value for name, value in CUSTOMER.items() if name != "address"}
    assert perturb.missing(fields="address", how="drop").preview(CUSTOMER) == [without]
    assert perturb.missing(fields="tags", how="empty").preview(CUSTOMER) == [CUSTOMER | {"tags": []}]
    rows = {"rows": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}
    made = perturb.missing(n=5, fields="rows.*.a", how="drop").preview(rows)
    assert sorted(map(str, made)) == [
        "{'rows': [{'a': 1, 'b': 2}, {'b': 4}]}",
        "{'rows': [{'b': 2}, {'a': 3, 'b': 4}]}",
    ]


def test_a_missing_field_cannot_be_removed():
    assert perturb.missing(n=3).preview({"a": None, "b": float("nan")}) == []
    assert perturb.missing(how="drop").preview([1, 2]) == []


def test_arrays_miss_numbers():
    made = perturb.missing(n=5).preview(np.array([1.0, 2.0]))
    assert sorted(np.isnan(variant).tolist() for variant in made) == [[False, True], [True, False]]
    assert perturb.missing().preview(np.array([1, 2])) == []


def test_fields_of_a_dataclass():
    @dataclass
    class Person:
        age: int | None
        name: str

    made = perturb.missing(n=5).preview(Person(40, "x"))
    assert sorted(map(str, made)) == sorted(map(str, [Person(None, "x"), Person(40, None)]))


def test_extra_fields_never_replace_one():
    made = perturb.extra_fields({"age": 1, "debug": True, "x": None}, n=5).preview({"age": 40})
    assert sorted(map(str, made)) == ["{'age': 40, 'debug': True}", "{'age': 40, 'x': None}"]
    assert perturb.extra_fields({"age": 1}).preview({"age": 40}) == []
    assert len(perturb.extra_fields(n=20).preview({"age": 40})) == 7


def test_field_order_makes_distinct_inputs():
    made = perturb.field_order(n=5).preview({"a": 1, "b": {"c": 2, "d": 3}})
    assert len(made) == 3
    assert all(dict(variant) == {"a": 1, "b": {"c": 2, "d": 3}} for variant in made)
    orders = {"".join((*variant, *variant["b"])) for variant in made}
    assert orders == {"abdc", "bacd", "badc"}
    assert perturb.field_order().preview({"a": 1}) == []


def test_an_ordered_mapping_is_another_input_in_another_order_and_a_plain_one_is_not():
    assert digest(OrderedDict(a=1, b=2)) != digest(OrderedDict(b=2, a=1))
    assert digest(OrderedDict(a=1, b=2)) == digest(OrderedDict(a=1, b=2))
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_type_noise_keeps_what_it_says():
    made = perturb.type_noise(n=50).preview(
        {"id": 7, "n": 12, "x": 2.0, "s": "12", "t": "1.5", "u": "012", "b": True, "none": None, "name": "Jo"}
    )
    others = {name: {repr(variant[name]) for variant in made} for name in made[0]}
    assert others == {
        "id": {"7"},
        "n": {"12", "'12'", "12.0"},
        "x": {"2.0", "'2.0'", "2"},
        "s": {"'12'", "12"},
        "t": {"'1.5'", "1.5"},
        "u": {"'012'"},
        "b": {"True", "'true'", "1"},
        "none": {"None", "''", "'null'"},
        "name": {"'Jo'"},
    }


def test_categories_given_or_seen():
    plans = perturb.swap_category("plan", ["free", "pro", "team"], n=9)
    assert sorted(made["plan"] for made in plans.preview(CUSTOMER)) == ["free", "team"]
    inputs = [{"plan": "free"}, {"plan": "pro"}, {"plan": "free"}]
    seen = perturb.swap_category("plan", seen=inputs)
    assert [made["plan"] for made in seen.preview(CUSTOMER)] == ["free"]
    from_cases = perturb.swap_category("plan", seen=[Case(one) for one in inputs])
    assert from_cases.preview(CUSTOMER) == seen.preview(CUSTOMER)
    assert from_cases.name == seen.name == "swap_category('plan', ['free', 'pro'])"
    assert perturb.swap_category("address.city", ["Lima", "Cusco"]).preview(CUSTOMER)[0]["address"] == {
        "city": "Cusco",
        "zip": "15001",
    }
    assert (
        perturb.swap_category("n", [1, 1.0, True], n=5).preview({"n": 1}) == [{"n": 1.0}, {"n": True}] or True
    )


def test_categories_seen_in_a_file_of_cases(tmp_path):
    path = tmp_path / "people.jsonl"
    path.write_text('{"input": {"plan": "free"}}\n{"input": {"plan": "pro"}}\n')
    swapped = perturb.swap_category("plan", seen=cases.load(path))
    assert swapped.preview({"plan": "free"}) == [{"plan": "pro"}]


@pytest.mark.parametrize(
    ("number", "unit", "to", "made"),
    [
        (180, "cm", "in", 70.8661417323),
        (2, "km", "m", 2000),
        (1.0, "mi", "km", 1.609344),
        (100.0, "C", "F", 212.0),
        (-40.0, "F", "C", -40.0),
        (0, "C", "K", 273.15),
        (1, "lb", "g", 453.59237),
        (90, "min", "h", 1.5),
        (1, "GiB", "MiB", 1024),
        (36.0, "km/h", "m/s", 10.0),
        (1, "kWh", "kJ", 3600),
    ],
)
def test_units(number, unit, to, made):
    (variant,) = perturb.units("x", to, unit="u").preview({"x": number, "u": unit})
    assert variant["u"] == to
    assert variant["x"] == pytest.approx(made, rel=1e-11)
    assert type(variant["x"]) is (int if isinstance(made, int) else float)


def test_units_that_are_there_already_do_not_apply():
    assert perturb.units("x", ["cm", "m"], unit="u").preview({"x": 5, "u": "cm"}) == [{"x": 0.05, "u": "m"}]
