"""What holds for every perturbation of records, rows and arrays, whatever they hold."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.perturb.paths import leaves

RECORDS = [
    perturb.jitter(0.2, n=2),
    perturb.jitter(3, absolute=True),
    perturb.scale(2, -1, 0),
    perturb.rounding(1),
    perturb.rounding(-2),
    perturb.extremes(n=2),
    perturb.missing(n=3),
    perturb.missing(n=2, how="drop"),
    perturb.missing(how="empty"),
    perturb.extra_fields(n=2),
    perturb.field_order(n=2),
    perturb.type_noise(n=3),
    perturb.jitter(0.2) | perturb.field_order(),
    perturb.one_of(perturb.missing(), perturb.type_noise(), perturb.jitter()),
]
NUMERIC = RECORDS[:6]
named = pytest.mark.parametrize("perturbation", RECORDS, ids=lambda perturbation: perturbation.name)

NUMBERS = st.integers() | st.floats() | st.decimals(-1000, 1000, places=2) | st.booleans()
VALUES = NUMBERS | st.none() | st.text(max_size=5) | st.sampled_from(["12", "1.5"])
NAMES = st.sampled_from(["id", "age", "customer_id", "income", "plan", "a.b", "zip", "rate"])
RECORD = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_size=6,
)
PROTECTED = ("id", "customer_id", "zip")


def each(perturbations):
    """One after another on the same example, which takes longer to draw than to perturb."""
    for perturbation in perturbations:
        note(perturbation.name)
        yield perturbation


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD, st.integers(0, 5))
def test_each_variant_is_another_record_and_the_input_stays_as_it_was(record, seed):
    before = digest(copy.deepcopy(record))
    for perturbation in each(RECORDS):
        made = perturb.variants(perturbation, record, seed)
        direct = perturbation.apply(record, perturb.perturbation.rng_for(seed, perturbation.name, record))
        assert digest(record) == before
        assert len(direct) >= len(made)
        assert digest(perturb.variants(perturbation, record, seed)) == digest(made)
        assert len({digest(variant) for _, variant in made} | {before}) == len(made) + 1
        assert all(isinstance(variant, dict) for _, variant in made)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD)
def test_identifiers_keep_their_values(record):
    named = [name for name in PROTECTED if name in record and not isinstance(record[name], dict | list)]
    for perturbation in each(RECORDS if named else ()):
        for _, variant in perturb.variants(perturbation, record):
            for name in named:
                assert digest(variant[name]) == digest(record[name])


def check_numbers(before, variants):
    for _, variant in variants:
        after = dict(leaves(variant))
        assert after.keys() == before.keys()
        for path, old in before.items():
            assert type(after[path]) is type(old)
            if type(old) not in (int, float, Decimal):
                assert after[path] == old
            elif not math.isfinite(old):
                assert str(after[path]) == str(old)
            else:
                assert math.isfinite(after[path])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD)
def test_numbers_keep_their_types_and_all_else_its_value(record):
    before = dict(leaves(record))
    for perturbation in each(NUMERIC):
        check_numbers(before, perturb.variants(perturbation, record))


ARRAYS = st.sampled_from(["uint8", "int16", "int64", "float32", "float64", "bool"]).flatmap(
    lambda kind: st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 99)).map(
        lambda drawn: (np.random.RandomState(drawn[2]).normal(0, 50, drawn[:2])).astype(kind)
    )
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(ARRAYS)
def test_arrays_keep_their_type_and_shape(array):
    before = array.copy()
    for perturbation in each(NUMERIC):
        for _, variant in perturb.variants(perturbation, array):
            assert (variant.dtype, variant.shape) == (before.dtype, before.shape)
            assert np.isfinite(variant).all()
            assert not np.shares_memory(variant, array)
        assert (array == before).all()


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
from test_record_properties import RECORDS, SAMPLES
from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
print([digest(perturb.variants(p, sample, 7)).hex() for p in RECORDS for sample in SAMPLES])
"""
SAMPLES = [
    {
        "id": 7,
        "age": 40,
        "income": 52_000.5,
        "plan": "pro",
        "note": "x",
        "paid": True,
        "items": [{"n": 1}, {"n": 2.5}],
    },
    {"price": Decimal("12.50"), "count": "12", "nothing": None, "scores": np.arange(6.0).reshape(2, 3)},
]


def test_the_same_in_every_process():
    folder = str(Path(__file__).parent)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(folder=folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = [digest(perturb.variants(one, sample, 7)).hex() for one in RECORDS for sample in SAMPLES]
    assert {output.strip() for output in outputs} == {str(here)}


@named
def test_the_seed_decides(perturbation):
    seen = {digest(perturb.variants(perturbation, SAMPLES[0], seed)) for seed in range(20)}
    assert (len(seen) > 1) is perturbation.random


@pytest.mark.parametrize(
    "factory", [perturb.jitter, perturb.missing, perturb.type_noise, perturb.extremes, perturb.field_order]
)
def test_more_variants_begin_with_the_fewer(factory):
    many = perturb.variants(factory(n=6), SAMPLES[0])
    for n in range(1, 6):
        fewer = tuple(item for item in many if item[0] < n)
        assert digest(perturb.variants(factory(n=n), SAMPLES[0])) == digest(fewer)


@pytest.mark.parametrize("shape", ["wide", "nested", "list"])
def test_cost_is_linear_in_the_size_of_the_record(shape):
    """Sixteen times the record may take about sixteen times as long; quadratic would be 256 times."""

    def record(size):
        flat = {f"f{number}": json.loads(f"{number}.5") if number % 2 else number for number in range(size)}
        if shape == "wide":
            return flat
        return {"rows": [flat[name] for name in flat]} if shape == "list" else {"a": {"b": {"c": flat}}}

    def seconds(size):
        given = record(size)
        start = time.process_time()
        for perturbation in RECORDS:
            perturb.variants(perturbation, given)
        return time.process_time() - start

    short = min(seconds(100) for _ in range(3))
    assert any(seconds(1_600) < 60 * short for _ in range(3))
