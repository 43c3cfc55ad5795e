"""Ids of cases."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.cases import identity
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Case


def ids(*rows):
    return [case.id for case in cases.load(rows)]


def test_an_id_is_made_from_the_input_and_variants_alone():
    assert ids("a", {"input": "b", "expected": 1}) == [
        f"c-{digest('a').hex()[:10]}",
        f"c-{digest('b').hex()[:10]}",
    ]
    assert ids({"input": "b", "expected": 2, "metadata": {"x": 1}}) == ids("b")
    assert len({ids("a")[0], *(ids({"input": "a", "variants": [other]})[0] for other in "bc")}) == 3


def test_equal_inputs_are_distinguished_by_their_other_fields_in_any_order():
    rows = [
        {"input": "a"},
        {"input": "a", "expected": None},
        {"input": "a", "expected": 1},
        {"input": "a", "expected": 1, "metadata": {"x": 1}},
        {"input": "a", "expected": 1, "known_failure": True},
    ]
    there = ids(*rows)
    assert len(set(there)) == len(rows)
    assert ids(*reversed(rows)) == there[::-1]


def test_rows_alike_in_everything_are_numbered():
    first, second, third = ids("a", "a", "a")
    assert (second, third) == (f"{first}-2", f"{first}-3")


def test_an_id_that_is_given_wins_over_one_that_is_made():
    (made,) = ids("a")
    assert ids({"input": "b", "id": made}, "a") == [made, f"{made}-2"]
    assert ids("a", {"input": "b", "id": made}) == [f"{made}-2", made]


def test_equal_beginnings_of_different_digests_are_lengthened(monkeypatch):
    monkeypatch.setattr(identity, "_DIGITS", 1)
    monkeypatch.setattr(identity, "_REST", 4 * (16 - 1))
    rows = [str(number) for number in range(40)]
    there = ids(*rows)
    assert len(set(there)) == 40
    assert {len(name) for name in there} <= {3, 18}
    assert ids(*reversed(rows)) == there[::-1]


def test_ids_that_are_numbers_are_text():
    assert ids({"input": "a", "id": 3}, {"input": "b", "id": 1.5}) == ["3", "1.5"]


@settings(derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([1, 2, None]))), st.randoms())
def test_order_changes_no_id(rows, rng):
    shuffled = list(rows)
    random.Random(rng.random()).shuffle(shuffled)
    assert sorted(zip(ids(*rows), rows, strict=True), key=str) == sorted(
        zip(ids(*shuffled), shuffled, strict=True), key=str
    )


def test_a_case_without_an_origin_can_be_complained_about():
    with pytest.raises(CaseError, match="the id 'x' is used twice"):
        identity.identified([Case("a", id="x"), Case("b", id="x")])
