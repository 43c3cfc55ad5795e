"""Numbers changed a little, scaled, rounded, at the edge, beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest

from pytest_modelcheck import perturb


def test_jitter_stays_within_its_amount():
    record = {"income": 50_000, "rate": 0.5, "debt": -800.0}
    made = perturb.jitter(0.1, n=200).preview(record)
    assert len(made) == 200
    for name, value in record.items():
        moved = [abs(variant[name] - value) / abs(value) for variant in made]
        assert max(moved) <= 0.1
        assert max(moved) > 0.09
        assert abs(sum(variant[name] - value for variant in made) / 200 / value) < 0.02
    absolute = perturb.jitter(2.5, n=200, absolute=True).preview({"x": 0.0})
    assert 2.4 < max(abs(variant["x"]) for variant in absolute) <= 2.5


def test_jitter_of_small_ints_looks_for_noise_that_shows():
    assert {made["age"] for made in perturb.jitter(1, n=20, absolute=True).preview({"age": 5})} == {4, 6}
    assert perturb.jitter(0.01).preview({"age": 5}) == []
    assert perturb.jitter(0.5).preview({"zero": 0, "paid": True, "name": "x"}) == []


def test_arrays_of_bytes_stay_within_their_range():
    array = np.array([[0, 128, 255]], dtype="uint8")
    (made,) = perturb.scale(3).preview(array)
    assert (made.dtype, made.tolist()) == (array.dtype, [[0, 255, 255]])
    assert perturb.scale(-1).preview(array)[0].tolist() == [[0, 0, 0]]


def test_a_number_that_would_not_be_finite_stays():
    assert perturb.scale(1e300).preview({"a": 1e300, "b": 2.0}) == [{"a": 1e300, "b": 2e300}]
    made = perturb.scale(1e300).preview(np.array([1e300, 2.0, np.nan]))[0]
    assert made[:2].tolist() == [1e300, 2e300]
    assert np.isnan(made[2])
    assert perturb.scale(2).preview({"big": 2**60}) == []
    half = perturb.scale(2).preview(np.array([60_000.0, 1.0], dtype="float16"))[0]
    assert half.tolist() == [60_000.0, 2.0]


def test_other_kinds_of_numbers_keep_their_type():
    record = {"price": Decimal("12.50"), "n": np.int8(100), "x": np.float32(1.5), "huge": Decimal("NaN")}
    (made,) = perturb.scale(2).preview(record)
    assert (made["price"], made["n"], made["x"]) == (Decimal("25.00"), 127, 3.0)
    assert [type(made[name]) for name in record] == [Decimal, np.int8, np.float32, Decimal]


def test_a_number_alone_and_a_dataclass():
    @dataclass(frozen=True)
    class House:
        rooms: int
        price: float

    assert perturb.scale(2).preview(3.5) == [7.0]
    assert perturb.scale(2, fields="price").preview(House(3, 100.0)) == [House(3, 200.0)]


def test_boundaries_and_beyond():
    ages = perturb.boundaries("customer.age", 18, 99).preview({"customer": {"age": 40}})
    assert [made["customer"]["age"] for made in ages] == [18, 19, 98, 99]
    steps = perturb.out_of_range("t", -10.0, 10.0, step=0.5).preview({"t": 0.0})
    assert [made["t"] for made in steps] == [-10.5, 10.5, -210.0, 210.0]
    assert [made["n"] for made in perturb.boundaries("n", 0, 1).preview({"n": 5})] == [0, 1]
    assert [made.tolist() for made in perturb.boundaries(0, 0, 9).preview(np.array([5, 7]))] == [
        *([0, 7], [1, 7], [8, 7], [9, 7])
    ]


def test_extremes_change_one_number():
    record = {"id": 1, "a": 5, "b": 2.5}
    made = perturb.extremes(n=40).preview(record)
    assert all(sum(variant[name] != record[name] for name in record) == 1 for variant in made)
    assert {variant["id"] for variant in made} == {1}
    assert 1e-9 in {variant["b"] for variant in made}
    assert all(type(variant["a"]) is int for variant in made)
    assert {0, -1, 1, 2**31, -(2**31), 10**15} <= {variant["a"] for variant in made}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_an_array_without_dimensions_stays_one(dtype):
    (made,) = perturb.scale(2.0).preview(np.array(3, dtype=dtype))
    assert (type(made), made.shape, made.dtype, made) == (np.ndarray, (), np.dtype(dtype), 6)
