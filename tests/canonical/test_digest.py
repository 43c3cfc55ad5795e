from __future__ import annotations

import enum
import math
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import NotCanonical, digest, excerpt, of_repeat, short
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
    *([], (), {}, set(), frozenset(), [[]], [()], [1, 2], [12], ["a", "b"], ["ab"], [1], (1,), {1}, [1.0]),
    *({"a": 1}, {"a": True}, {"a": {"b": 1}}, {"a": None}, {1: "a"}, {"1": "a"}, [["a", 1]], [None]),
    *(Decimal("1"), Decimal("1.0"), Fraction(1), complex(1, 0), Colour.RED, Colour.GREEN, Word.RED, "RED"),
    *(Permission.READ, Permission.READ | Permission.WRITE, Point(1, 2), Ticket("a"), Letter("a")),
    *(Open(text="a"), Open(text="a", more=1), Query(text="a"), np.float64(1), np.float32(1), np.int64(1)),
    *(np.bool_(1), np.str_("a"), np.array([1, 2], "i4"), np.array(1), np.array([[1, 2]]), np.array([[1]])),
    *(np.array(["a"]), np.array(["a"], object), np.array([1], object), np.array([(1, 2.0)], "i4,f8")),
]  # fmt: skip


def test_values_that_differ_have_different_digests():
    """``test_answers.py`` checks the same for all kinds of values."""
    known: dict[bytes, str] = {}
    for value in [*UNLIKE, *([value] for value in UNLIKE)]:
        assert known.setdefault(digest(value), repr(value)) == repr(value)
    assert len(known) >= 1.9 * len(UNLIKE)
    assert len({digest(value) for value in (Name("a"), Tagged("a", "x"), Tagged("a", "y"), "a")}) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        ({1, 2, 3, "x"}, {"x", 3, 2, 1}),
        (Counter("ab"), Counter("ba")),
        (defaultdict(int, a=1, b=2), defaultdict(int, b=2, a=1)),
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


def test_a_mapping_of_another_kind_is_identified_by_its_content():
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
    """The value in a form that equals only the same types and content."""
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
    """A change here makes every existing cache and baseline stale."""
    assert digest("Where is my parcel?").hex() == "6d3c51b19dea68e22c376257b543b684"
    value = {"b": [1, 2.5, None, True], "a": ("x", b"y", {1})}
    assert digest(value).hex() == "266d58a6e64e8fff5bc2c084068fd5c5"


class Handle:
    pass


def test_a_refusal_names_the_place_and_the_way_out():
    with pytest.raises(NotCanonical) as caught:
        digest({"user": Ticket("a", [Handle()])})
    message = str(caught.value).replace(__name__, "HERE")
    assert message.startswith('input["user"].tags[0]: a HERE.Handle cannot be identified')
    assert "Pass text, numbers" in message
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("value", [object(), lambda: 1, (i for i in ()), sys, open(__file__).close, Handle])  # noqa: SIM115, PTH123
def test_a_value_without_content_is_refused(value):
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


def test_a_type_error_of_a_library_is_not_taken_for_depth(monkeypatch):
    def lower(*_: Any) -> Any:
        raise TypeError("cannot parse it")

    monkeypatch.setattr("pytest_modelcheck.canonical.lowering.Lowering.lower", lower)
    with pytest.raises(NotCanonical, match="input: reading it raises TypeError: cannot parse it"):
        digest(Decimal(1))


def test_the_same_object_twice_is_no_cycle():
    inner = [1]
    assert digest([inner, inner]) == digest([[1], [1]])


def test_a_value_that_is_nested_too_deeply_is_refused():
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical, match="nested too deeply"):
        digest(value)
    while value:  # or the interpreter would destroy it recursively
        value = value.pop()


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


@dataclass
class Question:
    picture: Path


def test_a_path_to_a_file_is_its_name_and_content(tmp_path):
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"cat")
    keys = {digest(picture), digest({"picture": picture}), digest(Question(picture))}
    assert len(keys) == 3
    (tmp_path / "other").mkdir()
    moved = tmp_path / "other" / "cat.png"
    moved.write_bytes(b"cat")
    assert {digest(moved), digest({"picture": moved}), digest(Question(moved))} == keys
    picture.write_bytes(b"dog")
    assert keys.isdisjoint({digest(picture), digest({"picture": picture}), digest(Question(picture))})
    renamed = moved.rename(moved.with_name("dog.png"))
    assert digest(renamed) not in keys


def test_a_path_that_is_no_file_is_its_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = digest(Path("a.txt"))
    assert missing == digest(PurePosixPath("a.txt"))
    Path("a.txt").touch()
    assert digest(Path("a.txt")) != missing
    assert digest(Path()) == digest(PurePosixPath())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read any file")
def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0)
    with pytest.raises(Exception, match="cannot be read"):
        digest(tmp_path / "a")


def test_an_image_is_its_pixels():
    image = pytest.importorskip("PIL.Image")
    picture = image.new("RGB", (4, 3), "red")
    assert digest(picture) == digest(image.new("RGB", (4, 3), "red")) == digest(picture.copy())
    assert digest({"picture": picture}) == digest({"picture": picture.copy()})
    others = [image.new("RGB", (4, 3), "blue"), image.new("RGB", (3, 4), "red"), picture.convert("L")]
    palettes = [picture.convert("P"), image.new("RGB", (4, 3), "blue").convert("P")]
    assert len({digest(one) for one in [picture, *others, *palettes]}) == 6
    assert excerpt(picture) == "image 4×3 RGB"


def test_bytes_of_an_array_that_are_no_part_of_its_content_do_not_count():
    def padded(kind: Any, filler: bytes) -> np.ndarray:
        array = np.frombuffer(filler * 16, "u1").copy().view(kind)
        for name in array.dtype.names or (...,):
            array[name] = 1
        return array

    records = np.dtype("i1,f8", align=True)
    assert digest(padded(records, b"a")) == digest(padded(records, b"b")) != digest(np.zeros(1, records))
    whole, third = np.ones(1, np.longdouble), np.ones(1, np.longdouble) / 3
    assert digest(padded(np.longdouble, b"a")) == digest(padded(np.longdouble, b"b")) == digest(whole)
    assert digest(third) != digest(np.nextafter(third, whole))


def test_records_are_their_fields_in_order_wherever_these_lie_in_memory():
    """A selection of fields is a view with gaps, and perhaps in another order: digest() raised ValueError."""
    whole = np.array([(1, 2.5, [[3], [4]])], [("a", "i4"), ("b", "f8"), ("c", "i2", (2, 1))])
    packed = np.array([([[3], [4]], 1)], [("c", "i2", (2, 1)), ("a", "i4")])
    assert digest(whole[["c", "a"]]) == digest(packed) != digest(whole[["a", "c"]])
    assert digest([whole[["c", "a"]]]) == digest([packed])
    flat = packed.astype([("c", "i2", (1, 2)), ("a", "i4")])
    renamed = packed.astype([("d", "i2", (2, 1)), ("a", "i4")])
    assert len(set(map(digest, (packed, flat, renamed, packed[:0])))) == 4
