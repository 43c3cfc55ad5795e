from __future__ import annotations

import datetime as dt
import enum
import math
import subprocess
import sys
import uuid
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import NotCanonical, digest, of_repeat, short
from pytest_modelcheck.errors import UsageError


class Colour(enum.Enum):
    RED = 1
    CRIMSON = 1  # noqa: PIE796 - an alias
    GREEN = 2


class Word(enum.StrEnum):
    RED = "red"


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True)
class Ticket:
    text: str
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Letter:
    text: str
    tags: list[str] = field(default_factory=list)


class Query(pydantic.BaseModel):
    text: str
    top_k: int = 3


class Open(pydantic.BaseModel, extra="allow"):
    text: str


class Name(str):
    __slots__ = ()


class Tagged(str):
    def __new__(cls, text: str, tag: str) -> Tagged:
        self = super().__new__(cls, text)
        self.tag = tag
        return self


UNLIKE = [
    *(None, True, False, 0, 1, -1, 2**80, -(2**80), 0.0, -0.0, 1.0, math.nan, math.inf, -math.inf),
    *("", "1", "a", "ab", "\ud800", "é", "e\u0301", "None", b"", b"a", b"1", bytearray(b"a")),
    *(
        [],
        (),
        {},
        set(),
        frozenset(),
        [[]],
        [()],
        [1, 2],
        [12],
        ["a", "b"],
        ["ab"],
        [1],
        (1,),
        {1},
        frozenset({1}),
    ),
    *([True], [1.0], {"a": 1}, {"a": True}, {"a": {"b": 1}}, {"a": None}, {1: "a"}, {"1": "a"}, [["a", 1]]),
    *(dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, fold=1)),  # noqa: DTZ001
    *(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))),
    *(
        dt.datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        dt.time(1),
        dt.time(1, fold=1),
        dt.timedelta(1),
    ),
    *(Decimal("1"), Decimal("1.0"), Fraction(1), Fraction(1, 2), complex(1, 0), uuid.UUID(int=1), Path("a")),
    *(Colour.RED, Colour.GREEN, Word.RED, "red", "RED", Permission.READ, Permission.READ | Permission.WRITE),
    *(
        Point(1, 2),
        (1, 2),
        Ticket("a"),
        Letter("a"),
        Ticket("a", ["b"]),
        Query(text="a"),
        Query(text="a", top_k=4),
    ),
    *(Open(text="a"), Open(text="a", more=1), Name("a"), Tagged("a", "x"), Tagged("a", "y")),
    *(deque([1]), deque([1], maxlen=2), range(3), [0, 1, 2], defaultdict(int, a=1)),
    *(OrderedDict(a=1), OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
    *(np.float64(1), np.float32(1), np.int64(1), np.bool_(1), np.str_("a"), np.datetime64("2024-01-01")),
    *(
        np.array([1, 2]),
        np.array([1.0, 2.0]),
        np.array([[1, 2]]),
        np.array([[1], [2]]),
        np.array([1, 2], "i4"),
    ),
    *(
        np.array(["a"]),
        np.array(["a"], object),
        np.array([1], object),
        np.array([(1, 2.0)], "i4,f8"),
        np.array(1),
    ),
    *(pd.Series([1, 2]), pd.Series([1, 2], name="a"), pd.Series([1, 2], index=[5, 6]), pd.Series([1.0, 2.0])),
    *(pd.Series(["a", "b"]), pd.Series(["a", "b"], dtype="category"), pd.Series(["a", "b"], dtype=object)),
    *(
        pd.DataFrame({"a": [1]}),
        pd.DataFrame({"b": [1]}),
        pd.DataFrame({"a": [2]}),
        pd.DataFrame({"a": [1.0]}),
    ),
    *(pd.Timestamp(2024, 1, 1), pd.Timestamp(2024, 1, 1, tz="UTC"), pd.NaT, pd.NA, pd.Timedelta("1D")),
    *(pd.Period("2024-01"), pd.Period("2024-01-01"), pd.Interval(0, 1), pd.Interval(0, 1, closed="both")),
    *(pd.Index([1, 2]), pd.Index([1, 2], name="a"), pd.array([1, None], dtype="Int64")),
]


def test_values_that_differ_have_different_digests():
    by_digest: dict[bytes, Any] = {}
    for value in UNLIKE:
        key = digest(value)
        assert key not in by_digest, f"{value!r} has the digest of {by_digest[key]!r}"
        by_digest[key] = value
        nested = digest([value])
        assert nested not in by_digest or value == [], (
            f"[{value!r}] has the digest of {by_digest.get(nested)!r}"
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        ({1, 2, 3, "x"}, {"x", 3, 2, 1}),
        (frozenset("abc"), frozenset("cba")),
        (float("nan"), -float("nan")),
        (Colour.RED, Colour.CRIMSON),
        (Path("a/b"), PurePosixPath("a") / "b"),
        (Ticket("a"), Ticket("a", [])),
        (Query(text="a"), Query(text="a", top_k=3)),
        (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
        (np.array([np.nan, 1.0]), -np.array([np.nan, -1.0])),
        (np.array([1 + 1j * np.nan]), np.conj(np.array([1 + 1j * np.nan]))),
        (pd.Series([np.nan, 1.0]), -pd.Series([np.nan, -1.0])),
        (np.arange(6)[::2], np.array([0, 2, 4])),
        (pd.DataFrame({"a": [1, 2]}).iloc[1], pd.DataFrame({"a": [3, 2]}).iloc[1]),
    ],
)
def test_values_of_equal_content_have_one_digest(one, other):
    assert digest(one) == digest(other)


def test_a_mapping_of_another_kind_is_told_by_its_content():
    assert digest(MappingProxyType({"a": 1})) == digest(MappingProxyType({"a": 1}))
    assert digest(MappingProxyType({"a": 1})) != digest(MappingProxyType({"a": 2}))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def strict(value: Any) -> Any:
    """The value as something that compares equal for the same types and content only."""
    if isinstance(value, dict):
        return ("dict", frozenset((strict(key), strict(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, tuple(map(strict, value)))
    return (type(value).__name__, repr(value))


@given(json_like, json_like)
def test_digests_are_equal_exactly_where_content_and_types_are(one, other):
    assert (digest(one) == digest(other)) == (strict(one) == strict(other))


@given(st.text(st.characters(categories=["L", "Cs"])))
def test_text_with_lone_surrogates_has_a_digest(text):
    assert len(digest(text)) == 16


def test_attrs_classes_are_told_by_their_fields():
    attrs = pytest.importorskip("attrs")
    cls = attrs.make_class("Attr", ["text"])
    assert digest(cls("a")) == digest(cls("a"))
    assert digest(cls("a")) != digest(cls("b"))


def test_each_repeat_has_a_key_of_its_own_that_begins_like_that_of_the_call():
    keys = [of_repeat(digest(value), repeat) for value in ("a", ["a"]) for repeat in (0, 1, 2, 1 << 70)]
    assert len(set(keys)) == 8
    assert {len(key) for key in keys} == {16}
    assert {key[:8] for key in keys} == {digest("a")[:8], digest(["a"])[:8]}
    assert of_repeat(digest("a"), 0) == digest("a")


def test_short_is_the_beginning_of_the_digest():
    assert short({"a": 1}) == digest({"a": 1}).hex()[:16]


def test_digests_are_the_same_in_another_process_with_other_hash_seeds():
    program = (
        "import datetime as dt, numpy as np\n"
        "from pytest_modelcheck.canonical import digest\n"
        "print(digest([{'a', 'b', 'c', 'd'}, {'x': 1, 'y': frozenset('pqrs')}, np.arange(3.0), "
        "dt.datetime(2024, 1, 1), 1 + 2j, None]).hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_digests_do_not_change_between_releases():
    """A change here means that every cache and every baseline in the world is stale."""
    assert digest("Where is my parcel?").hex() == "6d3c51b19dea68e22c376257b543b684"
    value = {"b": [1, 2.5, None, True], "a": ("x", b"y", {1})}
    assert digest(value).hex() == "266d58a6e64e8fff5bc2c084068fd5c5"


class Handle:
    pass


def test_a_refusal_names_the_place_and_the_way_out():
    with pytest.raises(NotCanonical) as caught:
        digest({"user": Ticket("a", [Handle()])})
    message = str(caught.value).replace(__name__, "HERE")
    assert message.startswith('input["user"].tags[0]: a HERE.Handle cannot be told apart')
    assert "Pass text, numbers" in message
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("value", [object(), lambda: 1, (i for i in ()), sys, open(__file__).close, Handle])  # noqa: SIM115, PTH123
def test_what_has_no_content_is_refused(value):
    with pytest.raises(NotCanonical, match=r"input\[0\]: "):
        digest([value])


def test_cycles_are_refused():
    items: list[Any] = [1]
    items.append({"self": items})
    with pytest.raises(NotCanonical, match="input: it contains itself, or is nested too deeply"):
        digest(items)
    ticket = Ticket("a")
    ticket.tags.append(ticket)  # type: ignore[arg-type]
    with pytest.raises(NotCanonical, match="input: it contains itself, or is nested too deeply"):
        digest(ticket)


def test_the_same_object_twice_is_no_cycle():
    inner = [1]
    assert digest([inner, inner]) == digest([[1], [1]])


def test_what_is_nested_too_deeply_is_refused():
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical, match="nested too deeply"):
        digest(value)
    while value:  # lest the interpreter takes it apart recursively
        value = value.pop()


def test_a_field_without_a_value_is_told_from_one_with():
    @dataclass
    class Lazy:
        text: str
        later: int | None = field(init=False)

    other = Lazy("a")
    other.later = None
    assert digest(Lazy("a")) == digest(Lazy("a")) != digest(other)


def test_masked_arrays_differ_by_their_masks():
    one, other, third = ([1, 2], [False, True]), ([1, 2], [True, False]), ([1, 3], [False, True])
    assert len({digest(np.ma.masked_array(*each)) for each in (one, other, third)}) == 3


def test_an_object_inside_an_array_is_named():
    with pytest.raises(NotCanonical, match=r"a \S*test_digest\.Handle"):
        digest(np.array([Handle()], object))


def test_no_heavy_library_is_imported_for_plain_values():
    program = (
        "import sys\n"
        "from pytest_modelcheck.canonical import Codec, digest\n"
        "digest({'a': [1, ('b',)]}); codec = Codec(); codec.decode(codec.encode({'a': (1, 2)}))\n"
        "print({'numpy', 'pandas', 'pydantic', 'attrs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "set()"
