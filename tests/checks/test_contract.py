"""The shape of answers: its union over approved ones, and each way to break it."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from pytest_modelcheck.checks.contract import broken, shape_of


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Tagged:
    tags: list[Literal["new", "old"]]
    pair: tuple[Colour, ...] | None = None


class Order(BaseModel):
    size: str = Field(json_schema_extra={"enum": ["S", "M", None]})
    parts: list[str] = Field(json_schema_extra={"items": {"enum": ["top", "sole"], "type": "string"}})
    state: Literal["open", "shut"] | None = None
    kind: str = Field("order", json_schema_extra={"const": "order"})
    wrap: Annotated[str, Field(json_schema_extra={"enum": ["gift", "plain"]})] | None = None


@dataclass
class Ticket:
    label: Literal["refund", "bug"]
    tone: Literal["calm", "angry"] | None
    colour: Colour


def breaches(approved, line):
    return list(broken(shape_of(approved), line))


def test_the_shape_is_readable_and_the_union_of_all_answers():
    lines = [b'{"a":1,"items":[{"sku":"x"}]}', b'{"a":null,"items":[],"note":true}']
    assert shape_of(lines) == {
        "answer": ["object"],
        "a": ["null", "number"],
        "items": ["list"],
        "items[]": ["object"],
        "items[].sku": ["text"],
        "note": ["bool", "optional"],
    }


@pytest.mark.parametrize(
    ("line", "clause"),
    [
        (b'{"a":1}', "items is gone"),
        (b'{"a":1,"items":[{}]}', "items[].sku is gone"),
        (b'{"a":"1","items":[]}', "a is text ('1'), and was number"),
        (b'{"a":null,"items":[]}', "a is null, and was number"),
        (b'{"a":1,"items":"none"}', "items is text ('none'), and was list"),
        (b'{"a":1,"items":[{"sku":true}]}', "items[].sku is bool (True), and was text"),
        (b'"sorry"', "the answer is text ('sorry'), and was object"),
        (b'{"a":{"$date":"2026-01-01"},"items":[]}', "a is date, and was number"),
    ],
)
def test_a_broken_contract_is_named(line, clause):
    assert breaches([b'{"a":1,"items":[{"sku":"x"}]}'], line) == [clause]


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1.5,"items":[]}',
        b'{"a":{"$float":"inf"},"items":[{"sku":"y"}]}',
        b'{"a":2,"items":[],"more":[1]}',
        b'{"$type":"other.Class","a":2,"items":[]}',
    ],
)
def test_numbers_of_any_kind_new_fields_and_other_classes_break_nothing(line):
    assert breaches([b'{"a":1,"items":[{"sku":"x"}]}'], line) == []


def test_declared_enumerations_stand_in_the_shape():
    lines = {
        b'{"$type":"t.Ticket","label":"bug","tone":null,"colour":{"$type":"t.Colour","name":"RED"}}': Ticket(
            "bug", None, Colour.RED
        )
    }
    shape = shape_of(lines, lines.get)
    assert shape["label"] == ['"bug"', '"refund"']
    assert shape["tone"] == ['"angry"', '"calm"', "null"]
    assert shape["colour"] == ['"BLUE"', '"RED"']
    fine = b'{"$type":"t.Ticket","label":"refund","tone":"calm","colour":{"$type":"t.Colour","name":"BLUE"}}'
    assert list(broken(shape, fine)) == []
    odd = b'{"$type":"t.Ticket","label":"spam","tone":"calm","colour":{"$type":"t.Colour","name":"GREEN"}}'
    assert list(broken(shape, odd)) == [
        'label is text (\'spam\'), and was "bug" or "refund"',
        'colour is "GREEN", and was "BLUE" or "RED"',
    ]


def test_enumerations_inside_of_lists_count_too():
    lines = {b'{"$type":"t.Tagged","tags":["new"],"pair":null}': Tagged(["new"])}
    shape = shape_of(lines, lines.get)
    assert shape["tags[]"] == ['"new"', '"old"']
    assert list(broken(shape, b'{"$type":"t.Tagged","tags":["old","odd"],"pair":null}')) == [
        'tags[] is text (\'odd\'), and was "new" or "old"'
    ]


def test_a_json_schema_declares_enumerations():
    answer = Order(size="S", parts=["top"], state="open", wrap="gift")
    lines = {answer.model_dump_json().encode(): answer}
    shape = shape_of(lines, lines.get)
    assert shape["size"] == ['"M"', '"S"']
    assert shape["parts[]"] == ['"sole"', '"top"']
    assert shape["state"] == ['"open"', '"shut"']
    assert shape["kind"] == ['"order"']
    assert shape["wrap"] == ['"gift"', '"plain"']
    fine = b'{"size":"M","parts":["sole"],"state":"shut","kind":"order","wrap":"plain"}'
    assert list(broken(shape, fine)) == []
    odd = b'{"size":"XL","parts":["lace"],"state":"open","kind":"order","wrap":"gift"}'
    assert list(broken(shape, odd)) == [
        'size is text (\'XL\'), and was "M" or "S"',
        'parts[] is text (\'lace\'), and was "sole" or "top"',
    ]


def test_enumerations_of_what_an_answer_holds_count_too():
    order = Order(size="S", parts=["top"])
    lines = {b'{"orders":[%s]}' % order.model_dump_json().encode(): {"orders": [order]}}
    assert shape_of(lines, lines.get)["orders[].size"] == ['"M"', '"S"']
