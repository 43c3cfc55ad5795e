from __future__ import annotations

import enum
import math
import threading
from dataclasses import dataclass, field, make_dataclass
from decimal import Decimal

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import (
    Codec,
    Projection,
    Unreadable,
    compared_part,
    differences,
    gained,
    same,
    unstored,
    whole,
    why_unstored,
)
from pytest_modelcheck.errors import UsageError

ENCODE = Codec().encode


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("x", "x", True),
        ("x", "y", False),
        ("1", 1, False),
        (1, 1.0, True),
        (1, True, False),
        (1.0, True, False),
        (0.0, False, False),
        (None, 0, False),
        (None, 0.0, False),
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.0 + 9e-7, True),
        (1.0, 1.0 + 2e-6, False),
        (1e-12, 3e-12, True),
        (0.0, -0.0, True),
        (0.0, 2e-9, False),
        (10**12, 10**12 + 1, False),
        (10**12, 10.0**12 + 1, True),
        (float("nan"), float("nan"), True),
        (float("nan"), 0.0, False),
        (float("inf"), 1e308, False),
        ([1.0, 2.0], [1.0, 2.0000001], True),
        ([1.0, 2.0], [1.0], False),
        ([1.0, 2.0], (1.0, 2.0), False),
        ({"a": 1.0}, {"a": 1.0000001}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ({"a": 1.0}, {"a": 1.0, "b": 1}, False),
        ({"a": [{"b": 0.3}]}, {"a": [{"b": 0.1 + 0.2}]}, True),
        (np.array([0.1, 0.3]), np.array([0.1, 0.1 + 0.2]), True),
        (np.array([0.1, 0.3]), np.array([0.1, 0.4]), False),
        (np.array([0.1], "f4"), np.array([0.1], "f8"), False),
        (np.float32(0.1), np.float32(0.10000001), True),
        ({1.0, 9.9999999}, {1.0, 10.0}, True),
        ({1.0, 9.9}, {1.0, 10.0}, False),
        ({"a", "b"}, {"a", "c"}, False),
        (0.3 + 1j, 0.1 + 0.2 + 1j, True),
    ],
)
def test_answers_are_the_same_within_the_last_bits_of_floats(a, b, equal):
    assert same(ENCODE(a), ENCODE(b)) is equal
    assert same(ENCODE(b), ENCODE(a)) is equal


def test_decimals_are_compared_as_numbers():
    assert same(b'{"$decimal":"1.0"}', b'{"$decimal":"1.00"}')
    assert not same(b'{"$decimal":"1.0"}', b'{"$decimal":"1.01"}')
    assert not same(b'{"$decimal":"one"}', b'{"$decimal":"1.01"}')
    assert not same(b'{"$decimal":[1]}', b'{"$decimal":{}}')


def test_the_tolerance_can_be_chosen():
    assert same(b"1.0", b"1.05", rel=0.1)
    assert not same(b"1.0", b"1.0000005", rel=1e-9)


def test_a_line_that_is_not_json_is_refused_as_such():
    with pytest.raises(Unreadable, match="not JSON"):
        same(b"1", b"{")


@given(st.recursive(st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(), st.lists, max_leaves=6))
def test_an_answer_is_the_same_as_itself_written_otherwise(value):
    line = ENCODE(value)
    assert same(line, b" " + line)


class Then(pydantic.BaseModel):
    label: str
    extra: str = "x"


class Now(pydantic.BaseModel):
    label: str
    extra: str = "x"
    note: str | None = None
    tags: list[str] = []


def test_a_field_that_a_class_gained_is_no_change_while_it_is_at_its_default():
    then = Codec(Then).encode(Then(label="a"))
    codec = Codec(Now)
    now, used = codec.encode(Now(label="a")), codec.encode(Now(label="a", note="x"))
    assert same(then, now)
    assert gained(then, now) == ["note", "tags"]
    assert not same(then, used)
    assert [(one.path, one.after) for one in differences(then, used)] == [("note", "x")]
    assert codec.decode(then) == Now(label="a")
    assert codec.decode(then).model_fields_set == {"label"}


def test_a_field_that_a_class_lost_is_a_change_and_named():
    then, now = Codec(Now).encode(Now(label="a")), Codec(Then).encode(Then(label="a"))
    assert not same(then, now)
    assert [one.path for one in differences(then, now)] == ["note", "tags"]
    with pytest.raises(Unreadable, match="Then has no field 'note' any more"):
        Codec(Then).decode(then)


def test_a_default_that_changed_is_a_change():
    now = b'{"label":"a","extra":"y","$default":["extra"]}'
    assert not same(Codec(Then).encode(Then(label="a")), now)


def test_extra_values_of_a_model_are_never_gained():
    class Open(pydantic.BaseModel, extra="allow"):
        label: str

    codec = Codec(Open)
    one, more = Open(label="a"), Open.model_construct({"label"}, label="a", note=None)
    assert not same(codec.encode(one), codec.encode(more))


def test_a_dataclass_may_gain_a_field():
    @dataclass
    class Before:
        label: str

    @dataclass
    class After:
        label: str
        note: str | None = None
        tags: list[str] = field(default_factory=list)

    then, codec = Codec(Before).encode(Before("a")), Codec(After)
    assert same(then, codec.encode(After("a")))
    assert not same(then, codec.encode(After("a", tags=["x"])))
    assert codec.decode(then) == After("a")


def test_a_dataclass_of_pydantic_may_gain_a_field_described_by_pydantic():
    @pydantic.dataclasses.dataclass
    class Before:
        label: str

    @pydantic.dataclasses.dataclass
    class After:
        label: str
        score: float = pydantic.Field(0.5, le=1)
        tags: list[str] = pydantic.Field(default_factory=list)

    then, codec = Codec(Before).encode(Before("a")), Codec(After)
    assert codec.decode(then) == After("a")
    assert gained(then, codec.encode(After("a"))) == ["score", "tags"]
    assert not same(then, codec.encode(After("a", 0.4)))


@dataclass(frozen=True)
class Meta:
    source: str = ""


def unready() -> list[int]:
    raise RuntimeError("there is no connection")


@pytest.mark.parametrize(
    ("default", "other"),
    [
        ({"default": ("a", 1)}, ("a", 2)),
        ({"default": frozenset({1})}, frozenset({2})),
        ({"default": b""}, b"x"),
        ({"default": math.nan}, 0.5),
        ({"default": Decimal("1.0")}, Decimal("2.0")),
        ({"default_factory": lambda: ["a"]}, ["b"]),
        ({"default_factory": lambda: {"a": 1}}, {"a": True}),
        ({"default_factory": Meta}, Meta("x")),
        ({"default": Meta("x")}, Meta()),
    ],
)
def test_a_gained_field_may_have_any_default(default, other):
    before = make_dataclass("Answer", [("label", str)])
    kind = make_dataclass("Answer", [("label", str), ("note", Meta | None, field(**default))])
    line, now = Codec(before).encode(before("a")), Codec(kind)
    assert gained(line, now.encode(kind("a"))) == ["note"]
    assert same(line, now.encode(kind("a")))
    assert same(line, now.encode(now.decode(line)))
    assert not same(line, now.encode(kind("a", other)))


def test_a_factory_that_raises_is_no_default_and_stops_nothing():
    kind = make_dataclass("Answer", [("label", str), ("rows", list, field(default_factory=unready))])
    codec = Codec(kind)
    assert codec.decode(codec.encode(kind("a", [1]))) == kind("a", [1])


class Lenient(pydantic.BaseModel, extra="allow"):
    label: str
    _tries: int = 0


class Declared(pydantic.BaseModel, extra="allow"):
    label: str
    note: str | None = None
    _tries: int = 0
    _route: str = ""
    _late: str


@pytest.mark.parametrize(("old", "new"), [(Lenient, Declared), (Declared, Lenient)])
def test_an_extra_value_may_become_a_field_and_a_field_an_extra_value(old, new):
    """A newer client declares a field that an older one let in."""
    then, codec = Codec(old).encode(old(label="a", note="x")), Codec(new)
    assert same(then, codec.encode(new(label="a", note="x")))
    assert not same(then, codec.encode(new(label="a", note="y")))
    back = codec.decode(then)
    assert (back, back.note) == (new(label="a", note="x"), "x")
    assert back.model_fields_set == {"label", "note"}


def test_a_private_attribute_may_be_gained_and_is_ignored_by_its_name():
    before = Lenient(label="a")
    before._tries = 2
    then = Codec(Lenient).encode(before)
    after = Codec(Declared).decode(then)
    assert (after._tries, after._route) == (2, "")
    assert not hasattr(after, "_late")
    assert gained(then, Codec(Declared).encode(after)) == ["note"]
    before._tries = 3
    assert [one.path for one in differences(then, Codec(Lenient).encode(before))] == ["_tries"]
    ignoring = Projection(ignore=["_tries"])
    assert same(then, ignoring.wrapped(before, Codec(Lenient).encode(before)))


def test_a_member_of_an_enumeration_may_get_a_second_name():
    class Label(enum.Enum):
        MONEY = "refund"
        REFUND = "refund"  # noqa: PIE796 - a second name

    assert Codec(Label).decode(b'"REFUND"') is Label.MONEY


def test_a_class_may_move_to_another_module():
    one, other = (
        pydantic.create_model("Answer", label=(str, "")),
        pydantic.create_model("Answer", label=(str, "")),
    )
    other.__module__ = "elsewhere"
    then, now = (Codec(kind | dict).encode(kind(label="a")) for kind in (one, other))
    assert b"$type" in then
    assert same(then, now)
    assert type(Codec(other | dict).decode(then)) is other


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ({"a": 1, "b": [{"c": 2}]}, {"a": 1, "b": [{"c": 3}]}, ["b[0].c"]),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ([1, 2], [1], ["[1]"]),
        ({1: "a"}, {1: "b"}, ["[1]"]),
        ((1, 2), (1, 3), ["[1]"]),
        ("a", "b", [""]),
        ({"a": (1,)}, {"a": [1]}, ["a"]),
        ({"p": np.float64(0.5)}, {"p": np.float64(0.7)}, ["p"]),
        ({"p": np.float32(0.5)}, {"p": np.float64(0.5)}, ["p"]),
        ([np.int64(1), np.int64(2)], [np.int64(1), np.int64(3)], ["[1]"]),
        (np.complex128(1 + 2j), np.complex128(1 + 3j), ["[2]"]),
        (
            {"p": np.zeros(1, "f8,i4")[0]},
            {"p": np.ones(1, "f8,i4")[0]},
            ["p.fields.f0", "p.fields.f1"],
        ),
        ({"p": np.zeros((2, 3))}, {"p": np.array([[0, 0, 0], [0, 0, 1.0]])}, ["p[1, 2]"]),
        (np.zeros(2), np.zeros(3), ["shape[0]", "[2]"]),
        (np.zeros(()), np.ones(()), [""]),
    ],
)
def test_the_places_that_differ_are_named(then, now, found):
    assert [one.path for one in differences(ENCODE(then), ENCODE(now))] == found


@pytest.mark.parametrize(
    ("ignore", "one", "other", "equal"),
    [
        (("id",), {"id": 1, "text": "a"}, {"id": 2, "text": "a"}, True),
        (("id",), {"id": 1, "text": "a"}, {"id": 2, "text": "b"}, False),
        (("id",), {"inner": {"id": 1}}, {"inner": {"id": 2}}, False),
        (("**.id",), {"inner": [{"id": 1}], "id": 1}, {"inner": [{"id": 2}], "id": 2}, True),
        (("usage.*",), {"usage": {"a": 1}}, {"usage": {"a": 2, "b": 3}}, True),
        (("usage",), {"usage": {"a": 1}}, {}, True),
        (("choices.*.id",), {"choices": [{"id": 1, "t": "a"}]}, {"choices": [{"id": 2, "t": "a"}]}, True),
        (("choices[0].id",), {"choices": [{"id": 1}]}, {"choices": [{"id": 2}]}, True),
        (("choices.1.id",), {"choices": [{"id": 1}]}, {"choices": [{"id": 2}]}, False),
        (("0",), (1, 2), (3, 2), True),
        (("at",), [1], [1, 2], False),
        (("[].id",), [{"id": 1, "t": "a"}], [{"id": 2, "t": "a"}], True),
        (("a[].id",), {"a": [{"id": 1}]}, {"a": [{"id": 2}]}, True),
        (("usage.*",), {"usage.total": 1}, {"usage.total": 2}, True),
        (("usage.*.total",), {"usage.total": 1}, {"usage.total": 2}, False),
        (("7",), {7: "a", "b": 1}, {7: "c", "b": 1}, True),
        ((), {"id": 1}, {"id": 2}, False),
    ],
)
def test_parts_that_are_ignored_are_not_seen(ignore, one, other, equal):
    wrapped = Projection(ignore).wrapped
    then, now = wrapped(one, ENCODE(one)), wrapped(other, ENCODE(other))
    assert same(then, now) is equal
    assert same(ENCODE(one), now) is equal, "answers approved before compare_by= was written"
    assert same(compared_part(then), compared_part(now)) is equal
    assert Codec().decode(now) == other
    assert whole(now) == ENCODE(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([{"id": 1}], [{"id": 2}]),
        ({"a": [{"id": 1}]}, {"a": [{"id": 2}]}),
        ({"a.b": 1}, {"a.b": 2}),
        ({"a": {"b.c": {"d": 1}}}, {"a": {"b.c": {"d": 2}}}),
        ({"a": [{"x[0].y": 1}]}, {"a": [{"x[0].y": 2}]}),
        ({1: "a"}, {1: "b"}),
        ({"a": {1: "a"}}, {"a": {1: "b"}}),
        ((1, 2), (1, 3)),
        ({"a": {"$id": 1}}, {"a": {"$id": 2}}),
        ({"": 1}, {"": 2}),
    ],
)
def test_a_place_that_is_named_as_different_can_be_ignored_under_that_name(one, other):
    (found,) = differences(ENCODE(one), ENCODE(other))
    wrapped = Projection([found.path]).wrapped
    assert same(wrapped(one, ENCODE(one)), wrapped(other, ENCODE(other)))


def test_fields_of_objects_are_ignored_by_their_names():
    codec, see = Codec(Now), Projection(("note", "tags"))
    one, other, third = (
        see.wrapped(answer, codec.encode(answer))
        for answer in (Now(label="a", note="x"), Now(label="a", tags=["y"]), Now(label="b"))
    )
    assert same(one, other)
    assert not same(one, third)
    assert codec.decode(other) == Now(label="a", tags=["y"])


def test_a_key_says_what_is_compared():
    codec, see = Codec(Now), Projection(by=lambda answer: (answer.label, answer.tags), label="triage")
    one, other, third = (
        see.wrapped(answer, codec.encode(answer))
        for answer in (Now(label="a", note="x"), Now(label="a", note="y"), Now(label="b", note="x"))
    )
    assert same(one, other)
    assert [difference.path for difference in differences(one, third)] == ["[0]"]
    assert compared_part(one) == b'{"$tuple":["a",[]]}'
    assert codec.decode(third) == Now(label="b", note="x")


def test_a_key_leaves_out_what_is_ignored():
    see = Projection(("at",), by=lambda answer: answer["inner"])
    one, other = ({"inner": {"text": "a", "at": at}} for at in (1, 2))
    assert same(see.wrapped(one, ENCODE(one)), see.wrapped(other, ENCODE(other)))


def test_a_key_that_fails_is_named():
    see = Projection(by=lambda answer: answer.nothing, label="triage")
    with pytest.raises(UsageError, match="compare_by= of the model fixture 'triage' failed on a str: Attrib"):
        see.wrapped("refund", b'"refund"')
    odd = Projection(by=lambda answer: threading.Lock(), label="triage")
    with pytest.raises(
        UsageError, match="compare_by= of the model fixture 'triage' failed on a str: value: a"
    ):
        odd.key("refund")


def test_only_the_key_of_an_unstored_answer_is_known():
    one, other = (unstored(threading.Lock(), "answer: a lock cannot be stored.") for _ in "ab")
    assert not same(one, other)
    assert not same(one, one)
    assert why_unstored(one) == "answer: a lock cannot be stored."
    see = Projection(by=lambda lock: "lock", label="triage")
    keyed, again = (unstored(threading.Lock(), "no", see.key(threading.Lock())) for _ in "ab")
    assert same(keyed, again)
    assert same(keyed, keyed)
    assert not same(keyed, unstored(threading.Lock(), "no", b'"key"'))
    assert why_unstored(keyed) is None


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (b'{"label":"a","n":1}', b'{"$seen":["a",{"label":"a","n":1}]}', True),
        (b'{"label":"a","n":1}', b'{"$seen":["b",{"label":"b","n":1}]}', False),
        (b'{"$seen":["a",{"label":"a","n":1}]}', b'{"$seen":[1,{"label":"a","n":1}]}', True),
        (b'{"$seen":["a",{"label":"a","n":1}]}', b'{"$seen":["a",{"label":"a","n":2}]}', True),
        (b'{"$seen":["a",{"label":"a","n":1}]}', b'{"$seen":[2,{"label":"a","n":2}]}', False),
        (b'{"$ignoring":[["n"],{"label":"a","n":1}]}', b'{"$seen":["a",{"label":"a","n":1}]}', True),
        (b'{"$ignoring":[["n"],{"label":"a","n":1}]}', b'{"$seen":["b",{"label":"b","n":1}]}', False),
    ],
)
def test_an_answer_is_the_same_though_another_compare_by_sees_it(one, other, equal):
    assert same(one, other) is same(other, one) is equal


@pytest.mark.parametrize("answer", [{"$seen": [1, 2]}, {"$ignoring": [["a"], 1]}, {"$unstored": ["a", "b"]}])
def test_an_answer_that_looks_like_a_mark_is_data(answer):
    line = ENCODE(answer)
    assert Codec().decode(line) == answer
    assert same(line, line)
    assert not same(line, ENCODE({**answer, "more": 1}))
    assert (compared_part(line), whole(line)) == (line, line)
