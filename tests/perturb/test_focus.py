"""Which part of an input is perturbed."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

import pydantic
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError

Pair = namedtuple("Pair", "title body")


@dataclass(frozen=True)
class Ticket:
    body: str
    number: int = 3


class Model(pydantic.BaseModel):
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
        (Model(body="a"), "body", Model(body="a!")),
        (Pair("x", "a"), "body", Pair("x", "a!")),
    ],
)
def test_a_text_inside_of_a_larger_input(case_input, field, made):
    before = repr(case_input)
    exclaim = perturb.replace("a", "a!", field=field)
    assert exclaim.preview(case_input) == [made]
    assert repr(case_input) == before


@pytest.mark.parametrize(
    ("case_input", "field", "message"),
    [
        (
            {"a": "x", "b": "y"},
            None,
            "the input is a mapping, and 2 of its values are text ('a', 'b'); say which",
        ),
        ({"a": 3}, None, "the input is a mapping, and none is text; say which is meant with field='…'"),
        ([1, 2], None, "the input is list, not text; say where its text is with field='…'"),
        (3, None, "the input is int, not text"),
        ({"a": 3}, "a", "field='a' is int, and only text can be perturbed like this"),
        ({"a": 3}, "b", "field='b': no 'b' in a dict; it has a"),
        ({"a": [1]}, ("a", 3), "field=('a', 3): no 3 in a list"),
        (["a"], "x", "field='x': no 'x' in a list"),
        (Ticket("a"), "text", "field='text': no 'text' in a Ticket"),
        ("a", "x", "field='x': no 'x' in a str"),
    ],
)
def test_what_cannot_be_perturbed_is_said_with_the_case(case_input, field, message):
    with pytest.raises(PerturbationError) as caught:
        perturb.variants(perturb.append("!", field=field), case_input, 0, "t-1")
    assert str(caught.value).startswith("perturbation append('!'")
    assert f", case t-1: {message}" in str(caught.value)


def test_an_object_that_cannot_be_copied_with_a_change():
    from random import Random

    with pytest.raises(PerturbationError, match="there is no way to change 'body' in a copy of a Slots"):
        perturb.append("!", field="body").apply(with_body("a"), Random(0))


def test_the_field_is_part_of_the_name():
    names = [item.name for item in (perturb.typos(field="body"), perturb.casing("upper", field="body"))]
    assert names == ["typos(field='body')", "casing('upper', field='body')"]
