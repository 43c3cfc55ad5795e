"""Quantities in another unit."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb


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
