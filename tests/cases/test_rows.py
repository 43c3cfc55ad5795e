"""Rows of every form, and the cases that they mean."""

from __future__ import annotations

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

BOTH = "Say which are the input and the expectation, in the marker or in cases.load(): "
INPUT = "Say which is the input, in the marker or in cases.load(): "


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "id,text,label\n1,a,b\n", "column 'input'; there are 'id', 'text', 'label'. " + BOTH),
        (
            "t.csv",
            "text,expected\na,b\n",
            f"column 'input'; there are 'text', 'expected'. {INPUT}input='text'",
        ),
        ("t.csv", "id,expected\na,b\n", f"column 'input'; there are 'id', 'expected'. {INPUT}input='…'"),
        ("t.yaml", "- {text: a, label: b}\n", "field 'input'; it has 'text', 'label'. " + BOTH),
        ("t.jsonl", '{"text": "a"}\n', f"field 'input'; it has 'text'. {BOTH}input='text', expected='…'"),
    ],
)
def test_where_nothing_is_called_input_it_is_said_how_to_name_it(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(CaseError) as caught:
        list(cases.load(name, base=tmp_path))
    assert f"{name}:1: no {message}" in str(caught.value)


def test_and_what_is_said_can_be_done(tmp_path):
    (tmp_path / "t.csv").write_text("id,text,label\n1,a,b\n")
    with pytest.raises(CaseError, match=r"cases\.load\(\): input='text', expected='label'$"):
        list(cases.load("t.csv", base=tmp_path))
    (case,) = cases.load("t.csv", base=tmp_path, input="text", expected="label")
    assert (case.input, case.expected) == ("a", "b")


def loaded(variants, case_input="a"):
    (case,) = cases.load([{"input": case_input, "expected": "x", "variants": variants}])
    return case.variants


def test_a_variant_may_have_an_expectation_and_metadata_of_its_own():
    own = {"input": "b", "expected": None, "metadata": {"language": "es"}}
    assert loaded(["A", own, {"input": "c"}]) == (
        "A",
        cases.Variant("b", None, {"language": "es"}),
        cases.Variant("c"),
    )
    assert loaded([cases.Variant("b", "y")]) == (cases.Variant("b", "y"),)


def test_a_mapping_is_a_variant_as_it_is_where_the_input_looks_like_one():
    assert loaded([{"input": "b", "tone": 1}], {"input": "a", "tone": 2}) == ({"input": "b", "tone": 1},)
    assert loaded([{"subject": "b"}], {"subject": "a"}) == ({"subject": "b"},)


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ([{"input": "b", "language": "es"}], "unknown field 'language': a variant with an 'input' has input"),
        ([{"input": None}], "variants: one of them is empty"),
        ([None], "variants: one of them is empty"),
        ([{"input": "b", "metadata": 3}], "metadata: must be a mapping"),
        ("ab", "variants: must be a list"),
    ],
)
def test_what_is_wrong_with_a_variant_is_said(variants, message):
    with pytest.raises(CaseError, match=message):
        loaded(variants)


def test_the_expectation_of_a_variant_does_not_change_the_id():
    one, other = (
        cases.load([{"input": "a", "variants": [{"input": "b", "expected": label}]}])[0].id for label in "xy"
    )
    assert one == other
    assert one == cases.load([{"input": "a", "variants": ["b"]}])[0].id


def test_templates_make_variants_with_expectations():
    (case,) = cases.template(
        "I like {x}.", x=["tea"], expected="good", variants=[{"input": "I hate {x}.", "expected": "bad"}]
    )
    assert case.variants == (cases.Variant("I hate tea.", "bad"),)
