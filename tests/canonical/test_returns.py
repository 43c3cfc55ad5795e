"""Answers of the user's own classes with ``returns=``."""

# ruff: noqa: UP007, UP045 - both spellings of a union are meant
from __future__ import annotations

import datetime as dt
import enum
import functools
import json
import math
import threading
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)

import attrs
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import Codec, NotStored, Unreadable, same
from pytest_modelcheck.errors import UsageError

T = TypeVar("T")


class Label(enum.Enum):
    REFUND = "refund"
    OTHER = ("anything", 1)


class Word(enum.StrEnum):
    YES = "yes"
    NO = "no"


class Need(enum.Flag):
    NONE = 0
    MONEY = 1
    TIME = 2


class Level(enum.IntEnum):
    LOW = 1


class Span(NamedTuple):
    start: int
    end: int = 0


@dataclass
class Triage:
    label: Label
    priority: int
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Frozen:
    word: Word
    inner: Triage | None = None


@dataclass
class Node:
    name: str
    children: list[Node] = field(default_factory=list)


@dataclass
class Computed:
    text: str
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = len(self.text)
        self.upper = self.text.upper()


@dataclass
class Scaled:
    share: float

    def __post_init__(self) -> None:
        self.share = self.share * 100


@dataclass
class Opened:
    text: str
    source: InitVar[str]

    def __post_init__(self, source: str) -> None:
        self.text += source


@dataclass(eq=False)
class ByIdentity:
    text: str


@dataclass
class WithArray:
    scores: np.ndarray
    text: str = ""


@dataclass
class Box(Generic[T]):
    content: T


class Reply(pydantic.BaseModel):
    label: Word
    spans: list[Span] = []
    note: str | None = None
    when: dt.datetime | None = None


class Aliased(pydantic.BaseModel, frozen=True):
    text: str = pydantic.Field(alias="Text")
    inner: Reply | None = None


class Strict(pydantic.BaseModel):
    text: str

    @pydantic.field_validator("text")
    @classmethod
    def _shout(cls, text: str) -> str:
        return text + "!"


class Extra(pydantic.BaseModel, extra="allow"):
    text: str = ""


class Private(pydantic.BaseModel):
    text: str
    _seen: int = 0


class Hooked(pydantic.BaseModel):
    text: str

    def model_post_init(self, _context: Any) -> None:
        self.text = self.text.upper()


class Words(pydantic.RootModel[list[str]]):
    pass


class Movie(TypedDict, total=False):
    title: str
    lead: Triage
    sequel: Movie


UserId = NewType("UserId", int)


def comes_back(value: Any, returns: Any) -> Any:
    codec = Codec(returns=returns)
    line = codec.encode(value)
    back = Codec(returns=returns).decode(line)
    assert type(back) is type(value)
    assert codec.encode(back) == line
    return json.loads(line)


@pytest.mark.parametrize(
    ("value", "returns", "form"),
    [
        (
            Triage(Label.REFUND, 2),
            Triage,
            {"label": "REFUND", "priority": 2, "spans": [], "$default": ["spans"]},
        ),
        (Triage(Label.OTHER, 2, [Span(1, 2)]), Triage, None),
        (Frozen(Word.YES), Frozen, {"word": "YES", "inner": None, "$default": ["inner"]}),
        (Frozen(Word.YES, Triage(Label.OTHER, 1)), Frozen, None),
        (Label.REFUND, Label, "REFUND"),
        (Word.NO, Word, "NO"),
        (Level.LOW, Level, "LOW"),
        (Need.MONEY | Need.TIME, Need, 3),
        (Need.NONE, Need, 0),
        (Span(1), Span, {"start": 1, "end": 0, "$default": ["end"]}),
        ([Span(1), Span(2)], list[Span], None),
        (None, Optional[Span], None),
        (Span(1), Optional[Span], {"start": 1, "end": 0, "$default": ["end"]}),
        (Span(1, 2), Span | None, {"start": 1, "end": 2}),
        ({"a": [Word.YES]}, dict[str, list[Word]], {"a": ["YES"]}),
        ({Word.YES: 1}, dict[Word, int], None),
        ((Span(1), Label.REFUND), tuple[Span, Label], None),
        (frozenset({Word.YES, Word.NO}), frozenset[Word], {"$frozenset": ["NO", "YES"]}),
        (Span(1, 2), Annotated[Span, "closed"], {"start": 1, "end": 2}),
        (Word.YES, Union[Word, Label], "YES"),
        (Label.REFUND, Union[Word, Label], {"$type": "Label", "name": "REFUND"}),
        (Word.YES, Word | str, {"$type": "Word", "name": "YES"}),
        ("yes", Word | str, "yes"),
        (Span(1, 2), Span | dict[str, int], {"$type": "Span", "start": 1, "end": 2}),
        ({"start": 1, "end": 0}, Span | dict[str, int], {"start": 1, "end": 0}),
        (Node("a", [Node("b", [Node("c")])]), Node, None),
        (Computed("abc"), Computed, {"text": "abc", "length": 3, "$more": {"upper": "ABC"}}),
        (Scaled(0.5), Scaled, {"share": 50.0}),
        (Box(Word.YES), Box[Word] | Word, None),
        (Reply(label=Word.YES), Reply, None),
        (Reply(label=Word.YES, spans=[Span(1)], when=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)), Reply, None),
        (Aliased(Text="a", inner=Reply(label=Word.NO)), Aliased, None),
        (Strict(text="a"), Strict, {"text": "a!"}),
        (Extra(text="a", more=[1], **{"$type": "x"}), Extra, None),
        (Extra(text="a"), Extra, {"text": "a"}),
        (Private(text="a"), Private, {"text": "a"}),
        (Hooked(text="a"), Hooked, {"text": "A"}),
        (Words(["a"]), Words, {"root": ["a"]}),
        ({"title": "x", "lead": Triage(Label.OTHER, 1)}, Movie, None),
        ({"sequel": {"lead": Triage(Label.OTHER, 1)}}, Movie, None),
        ({"unheard": 1}, Movie, {"unheard": 1}),
        (UserId(3), UserId, 3),
        ("a", Literal["a", "b"], "a"),
        (Decimal(1), Decimal, {"$decimal": "1"}),
        ([1], list[int], [1]),
        (WithArray(np.array([1.0, 2.0])), WithArray, None),
        (WithArray(np.array([1.0, math.nan]), "x"), WithArray, None),
        (Box(math.nan), Box, {"content": {"$float": "nan"}}),
    ],
)
def test_objects_are_kept_as_readable_fields_and_come_back(value, returns, form):
    written = comes_back(value, returns)
    assert form is None or written == form


@pytest.mark.parametrize(
    ("value", "returns"),
    [
        ({"label": "REFUND", "priority": 2}, Triage),
        ({"$type": "Triage"}, Triage),
        ({}, Triage),
        ({"$extra": {}}, Extra),
        ([{"start": 1, "end": 2}], list[Span]),
        ("YES", Word),
        ("yes\ud800", Word),
        (3, Need),
        (2**70, Need),
        ([3, Need.TIME, "a"], list[Need]),
        ({"word": "YES"}, dict[str, Word]),
        (("YES", Word.YES), tuple[Word, ...]),
        (Triage("REFUND", "2", [(1, 2)]), Triage),  # type: ignore[arg-type, list-item]
        (Frozen("YES", {"label": 1}), Frozen),  # type: ignore[arg-type]
        ({1: Word.YES, "a": "YES"}, dict[str, Word]),
        ({"lead": {"label": "REFUND", "priority": 1, "spans": []}}, Movie),
        (Decimal(1), Word),
        ([1, 2], Words),
        (Word.YES, list[Word]),
        ([[Word.YES]], Word),
    ],
)
def test_answers_that_break_the_annotation_come_back_as_they_were(value, returns):
    comes_back(value, returns)


@given(
    st.recursive(
        st.sampled_from([Word.YES, "YES", "yes", 3, Need.TIME, None, Span(1, 2), 1.5]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["start", "end", "$type", "word", "inner"]), inner, max_size=3)
            | st.builds(Frozen, inner, inner)
            | st.builds(Span, inner, inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        [Frozen | Need, list[Frozen | Span | Need], dict[str, Frozen], Union[Frozen, Word, Need]]
    ),
)
def test_no_mixture_of_data_and_objects_is_confused(value, returns):
    comes_back(value, returns | Span if returns == Frozen | Need else Union[returns, Span, Need])


def test_attributes_beside_the_fields_are_there_again():
    codec = Codec(returns=Computed)
    assert codec.decode(codec.encode(Computed("abc"))).upper == "ABC"


def test_a_class_that_compares_by_identity_is_kept_by_its_fields():
    codec = Codec(returns=ByIdentity)
    back = codec.decode(codec.encode(ByIdentity("a")))
    assert (type(back), back.text) == (ByIdentity, "a")


def test_a_dataclass_that_needs_an_initial_value_is_made_without_it():
    comes_back(Opened("a", "b"), Opened)


def test_a_name_that_returns_does_not_name_is_not_made():
    line = Codec(returns=Triage).encode([Triage(Label.REFUND, 1)])
    with pytest.raises(Unreadable, match="cannot be read"):
        Codec(returns=Span).decode(b'{"$type":"Triage","label":"REFUND"}')
    with pytest.raises(Unreadable, match="which returns= does not name"):
        Codec().decode(b'[{"$type":"subprocess.Popen","args":"true"}]')
    assert b"$type" in line


@pytest.mark.parametrize(
    ("value", "returns", "message"),
    [
        (
            {"a": Triage(Label.OTHER, 1)},
            None,
            r"answer: objects of \S*test_returns\.Triage \(in a dict\) .*returns=Triage\)",
        ),
        (
            Box(Triage(Label.OTHER, 1)),
            Box,
            r"answer: objects of \S*Triage \(in a \S*Box\) .*returns=Box \| Triage\)",
        ),
        (Triage(Label.OTHER, object()), Triage, r"answer\.priority: an object cannot be stored"),  # type: ignore[arg-type]
        (Extra(text="a", more=object()), Extra, r'answer\["more"\]: an object cannot be stored'),
        (Movie(lead=object()), Movie, r'answer\["lead"\]: an object cannot be stored'),  # type: ignore[typeddict-item]
    ],
)
def test_a_refusal_names_the_place(value, returns, message):
    with pytest.raises(NotStored, match=message):
        Codec(returns=returns).encode(value)


@pytest.mark.parametrize(
    ("line", "returns"),
    [
        (b'{"label":"REFUND"}', Triage),
        (b'{"label":"REFUND","priority":1,"spans":[],"more":1}', Triage),
        (b'{"label":"NOTHING","priority":1,"spans":[]}', Triage),
        (b'"MAYBE"', Word),
        (b"8", Need),
        (b'{"end":1}', Span),
        (b'{"spans":[]}', Reply),
        (b'{"$type":"Triage"}', Triage),
        (b'{"$type":"Word"}', Word),
        (b'{"$type":"Need"}', Need),
    ],
)
def test_a_line_of_another_form_of_the_class_is_unreadable(line, returns):
    with pytest.raises(Unreadable, match="cannot be read"):
        Codec(returns=returns).decode(line)


def test_a_class_that_cannot_be_made_again_is_refused_as_returns_and_left_aside_as_annotation():
    lock = type(threading.Lock())
    with pytest.raises(UsageError, match=r"returns=lock: objects of _thread.lock cannot be made again"):
        Codec(returns=lock)
    assert Codec(lock, requested=False).encode([1]) == b"[1]"


@pytest.mark.parametrize("tagged", [False, True])
def test_a_class_that_moved_to_another_module_is_the_same(tagged):
    def make(module: str) -> type:
        return dataclass(type("Moved", (), {"__annotations__": {"a": int}, "__module__": module}))

    old, new = make("shop.answers"), make("shop.models.answers")
    before, after = (Codec(returns=Union[kind, dict] if tagged else kind) for kind in (old, new))
    line = before.encode(old(1))
    back = after.decode(line)
    assert type(back) is new
    assert back == new(1)
    assert after.encode(back) == line
    assert same(line, after.encode(new(1)))


def test_two_classes_of_one_name_are_refused():
    def make() -> type:
        @dataclass
        class Twin:
            a: int

        return Twin

    with pytest.raises(UsageError, match="two classes that are both called"):
        Codec(returns=Union[make(), make()])
    Codec(Union[make(), make()], requested=False)


def test_an_annotation_that_cannot_be_resolved_says_nothing():
    @dataclass
    class Partly:
        good: Span
        bad: Nowhere  # type: ignore[name-defined]  # noqa: F821

    form = comes_back(Partly(Span(1, 4), 2), Partly)
    assert form == {"good": {"start": 1, "end": 4}, "bad": 2}


def test_the_form_differs_where_the_classes_do():
    assert Codec().form == "" == Codec(returns=dict[str, int]).form
    one, other, joined, turned, open_ = (
        Codec(returns=returns).form for returns in (Triage, Span, Span | Triage, Triage | Span, Triage | dict)
    )
    assert len({one, other, joined, open_}) == 4
    assert turned != joined
    assert Codec(returns=Triage | None).form == one


def test_the_form_of_a_dict_that_names_itself_is_found():
    assert Codec(returns=Movie).form == Codec(returns=Movie).form


def test_a_class_may_be_joined_by_another_and_its_answers_stay_as_they_are():
    """A refusal advises it: ``returns=Span | Triage``, where ``returns=Span`` was approved."""
    before, after = Codec(Span), Codec(Span | Triage)
    line = before.encode(Span(1, 2))
    assert after.encode(Span(1, 2)) == line
    assert after.decode(line) == Span(1, 2)
    other = after.encode(Triage(Label.OTHER, 1))
    assert after.decode(other) == Triage(Label.OTHER, 1)
    assert not same(line, after.encode(Triage(Label.OTHER, 1)))


def test_a_class_is_verified_once_and_written_quickly_thereafter(monkeypatch):
    codec = Codec(returns=Triage)
    verify, verified = codec._verify, []
    monkeypatch.setattr(codec, "_verify", lambda *args: verified.append(args) or verify(*args))
    for _ in range(3):
        codec.encode(Triage(Label.REFUND, 1))
    assert len(verified) == 1


@pytest.mark.parametrize("slots", [True, False])
def test_a_hash_that_attrs_remembers_is_worked_out_again(slots):
    """Hashes of texts differ between processes, so that equal answers differed, and sets lost them."""
    kind = attrs.make_class("Answer", ["text"], frozen=True, slots=slots, cache_hash=True)
    codec, fresh, used = Codec(kind), kind("a"), kind("a")
    hash(used)
    line = codec.encode(used)
    assert line == codec.encode(fresh)
    assert codec.decode(line) in {fresh}


def test_cached_properties_do_not_matter():
    @dataclass
    class Cached:
        text: str

        @functools.cached_property
        def length(self) -> int:
            return len(self.text)

    value = Cached("abc")
    assert value.length == 3
    comes_back(value, Cached)


def test_only_the_annotations_of_fields_are_read():
    class Bounds(NamedTuple):
        low: int

    @dataclass
    class Bounded:
        value: int
        bounds: ClassVar[Bounds] = Bounds(0)

    assert [*Codec(returns=Bounded)._classes.by_name] == [Bounded.__qualname__]


def test_every_reader_gets_an_object_of_its_own():
    codec = Codec(returns=Triage)
    line = codec.encode(Triage(Label.REFUND, 1))
    codec.decode(line).spans.append(Span(1))
    assert codec.decode(line).spans == []


class Unsorted(pydantic.BaseModel):
    vendor: str = "acme"
    total: float = 12.5
    old: str = pydantic.Field(default="x", deprecated="use vendor")


@pytest.mark.filterwarnings("error")
def test_a_pydantic_model_keeps_the_order_of_its_fields_and_none_of_them_warns():
    codec = Codec(Unsorted)
    back = codec.decode(codec.encode(Unsorted()))
    assert repr(back) == repr(Unsorted()) == "Unsorted(vendor='acme', total=12.5, old='x')"
    assert [*back.model_dump()] == ["vendor", "total", "old"]
