"""Digest, codec and comparison agree on equality."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import math
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pydantic
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import Codec, comparable, differences, digest, same


class Label(enum.StrEnum):
    A = "a"
    B = "b"


class Quote(str):
    __slots__ = ()


class Pair(NamedTuple):
    one: Any
    other: Any = None


@dataclass
class Thing:
    one: Any
    more: list[Any] = field(default_factory=list)


class Model(pydantic.BaseModel, extra="allow"):
    one: Any = None
    other: Any = 1


@attrs.define
class Attr:
    one: Any
    other: Any = None


CODEC = Codec(Label | Quote | Pair | Thing | Model | Attr | KeyError)

texts = st.text("ab$\ud800é", max_size=3)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats()
    | texts
    | texts.map(Quote)
    | st.sampled_from(Label)
    | st.binary(max_size=2)
    | st.decimals(allow_nan=False)
    | st.datetimes(
        timezones=st.sampled_from(
            [None, dt.UTC, dt.timezone(dt.timedelta(hours=1)), ZoneInfo("Europe/Paris")]
        )
    )
    | st.sampled_from([np.float32(0.5), np.float64(0.5), np.int8(1), np.array([1, 2]), np.array([1.0, 2.0])])
)
keys = texts | st.integers(-2, 2) | st.booleans() | st.tuples(texts, texts)
answers = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3).map(collections.OrderedDict)
        | st.sets(texts | st.integers(-3, 3), max_size=3)
        | st.builds(Pair, inner, inner)
        | st.builds(Thing, inner, st.lists(inner, max_size=2))
        | st.builds(Model, one=inner)
        | st.builds(Model, one=inner, other=inner, extra=inner)
        | st.builds(Attr, inner)
        | st.builds(KeyError, inner)
    ),
    max_leaves=8,
)


def whole(value: Any) -> Any:
    """A value with all its types and parts, in a form that equals nothing else."""
    kind = type(value).__name__
    if isinstance(value, collections.OrderedDict):
        return kind, [(whole(key), whole(item)) for key, item in value.items()]
    if isinstance(value, dict):
        return kind, sorted(((repr(whole(key)), repr(whole(item))) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return kind, [whole(item) for item in value]
    if isinstance(value, set):
        return kind, sorted(repr(whole(item)) for item in value)
    if isinstance(value, Model):
        return kind, whole({**vars(value), **(value.model_extra or {})})
    if isinstance(value, Thing):
        return kind, whole(vars(value))
    if isinstance(value, Attr):
        return kind, whole([value.one, value.other])
    if isinstance(value, KeyError):
        return kind, whole(value.args)
    if isinstance(value, np.ndarray):
        return kind, value.dtype.str, value.tolist()
    return kind, repr(value)


def in_order(value: Any) -> Any:
    """The same with the order of dicts and the set fields, which no comparison looks at."""
    if isinstance(value, Model):
        return sorted(value.model_fields_set), in_order(vars(value)), in_order(value.model_extra)
    if isinstance(value, Thing | Attr):
        return [in_order(getattr(value, name)) for name in value.__annotations__]
    if isinstance(value, KeyError):
        return in_order(value.args)
    if isinstance(value, dict):
        return [(in_order(key), in_order(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return list(map(in_order, value))
    return whole(value)


@given(answers)
def test_an_answer_comes_back_as_it_was(value):
    line = CODEC.encode(value)
    back = CODEC.decode(line)
    assert whole(back) == whole(value)
    assert in_order(back) == in_order(value)
    assert CODEC.encode(back) == line
    assert same(line, line)
    assert digest(back) == digest(value)
    assert comparable(back) == comparable(value)


@given(answers, answers)
def test_digest_codec_and_comparison_agree_on_what_is_the_same(one, other):
    equal = whole(one) == whole(other)
    assert (digest(one) == digest(other)) == equal
    if equal:
        assert same(CODEC.encode(one), CODEC.encode(other))
        assert same(comparable(one), comparable(other))
    elif not same(CODEC.encode(one), CODEC.encode(other)):
        assert list(differences(CODEC.encode(one), CODEC.encode(other)))
    else:
        assert _is_noise(one, other), "what differs in more than the last bits of numbers is seen"


def _is_noise(one: Any, other: Any) -> bool:
    """Return whether two different values are the same number, at any depth."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one == other
    if isinstance(one, int | float) and isinstance(other, int | float) and float in (type(one), type(other)):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    if type(one) is not type(other):
        return False
    if isinstance(one, collections.OrderedDict):
        return list(one) == list(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, Model):
        return _is_noise(
            {**vars(one), **(one.model_extra or {})}, {**vars(other), **(other.model_extra or {})}
        )
    if isinstance(one, KeyError):
        return _is_noise(one.args, other.args)
    if isinstance(one, Thing | Attr):
        return all(_alike(getattr(one, name), getattr(other, name)) for name in one.__annotations__)
    return False


def _alike(one: Any, other: Any) -> bool:
    return whole(one) == whole(other) or _is_noise(one, other)


@given(answers, st.data())
def test_a_change_of_any_part_is_seen(value, data):
    changed = _changed(value, data)
    assert digest(changed) != digest(value)
    assert not same(CODEC.encode(value), CODEC.encode(changed))
    assert not same(comparable(value), comparable(changed))


def _changed(value: Any, data: st.DataObject) -> Any:
    """The same with one part replaced by a value far from every number."""
    if isinstance(value, list) and value:
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], _changed(value[place], data), *value[place + 1 :]]
    if type(value) is tuple and value:
        return tuple(_changed(list(value), data))
    if type(value) is dict and value:
        key = data.draw(st.sampled_from(list(value)))
        return {**value, key: _changed(value[key], data)}
    if isinstance(value, Thing):
        return replace(value, one=_changed(value.one, data))
    if isinstance(value, Model):
        return value.model_copy(update={"one": _changed(value.one, data)})
    if isinstance(value, Attr):
        return attrs.evolve(value, one=_changed(value.one, data))
    if isinstance(value, KeyError):
        return KeyError(*_changed(value.args, data))
    if isinstance(value, Pair):
        return value._replace(other=_changed(value.other, data))
    return ("changed", value)
