"""The edits of a perturbation: all of them give the perturbed input, each by itself is a change."""

import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.edits import (
    Edit,
    Span,
    edited,
    edits_between,
    finer,
    finer_spans,
    simpler,
    word_spans,
    words,
)
from pytest_modelcheck.records import MISSING

texts = st.text(st.sampled_from("ab Rr.,1\n é"), max_size=30)
values = st.recursive(
    texts | st.integers(0, 3) | st.none(),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)


def parts(before, after):
    return [part for edit in edits_between(before, after) for part in finer(before, edit)]


@settings(deadline=None)
@given(texts)
def test_words_make_the_text_again(text):
    assert "".join(words(text)) == text


@settings(deadline=None)
@given(values, values)
def test_all_edits_together_give_what_was_made(before, after):
    assert edited(before, edits_between(before, after)) == after
    assert edited(before, parts(before, after)) == after


@settings(deadline=None)
@given(values, values)
def test_no_edits_give_the_input_which_stays_as_it_is(before, after):
    kept = repr(before)
    assert edited(before, []) == before
    edited(before, parts(before, after))
    assert repr(before) == kept


@settings(deadline=None)
@given(values)
def test_equal_inputs_have_no_edits(value):
    assert edits_between(value, value) == []


@settings(deadline=None)
@given(values, values)
def test_every_edit_changes_something(before, after):
    for edit in parts(before, after):
        assert repr(edited(before, [edit])) != repr(before)


@pytest.mark.parametrize(
    ("before", "after", "spans"),
    [
        ("refund", "refnud", [Span(3, 5, "nu")]),
        ("refund", "rexund", [Span(2, 3, "x")]),
        ("refund", "reund", [Span(2, 3, "")]),
        ("refund", "refuund", [Span(3, 3, "u")]),
        ("refund", "REfund", [Span(0, 1, "R"), Span(1, 2, "E")]),
        ("refund", "money", [Span(0, 6, "money")]),
        ("don't", "cannot", [Span(0, 5, "cannot")]),
    ],
)
def test_changed_characters_of_a_word_that_stays_recognisable(before, after, spans):
    found = [part for span in word_spans(before, after) for part in finer_spans(before, span)]
    assert [edited(before, [Edit((), span)]) for span in found] == [
        edited(before, [Edit((), span)]) for span in spans
    ]


def test_words_put_in_are_edits_of_their_own():
    assert [edited("Hi.", [edit]) for edit in parts("Hi.", "Hi. Thanks a lot")] == [
        "Hi. Thanks",
        "Hi. a",
        "Hi. lot",
    ]


def test_words_left_out_are_edits_of_their_own():
    assert {edited("Hi you there.", [edit]) for edit in parts("Hi you there.", "Hi.")} == {
        "Hi there.",
        "Hi you.",
    }


def test_fields_of_records():
    before = {"to": {"name": "Maria", "city": "Rome"}, "tags": ["a", "b"], "old": 1}
    after = {"to": {"name": "Omar", "city": "Rome"}, "tags": ["a", "c"], "new": 2}
    assert [(edit.path, edit.value) for edit in edits_between(before, after) if edit.span is None] == [
        (("to", "name"), "Omar"),
        (("tags", 1), "c"),
        (("old",), MISSING),
        (("new",), 2),
    ]
    assert [edit.path for edit in edits_between(before, after)] == [
        ("to", "name"),
        ("tags", 1),
        ("old",),
        ("new",),
    ]


@dataclass(frozen=True)
class Customer:
    plan: str
    note: str
    ages: tuple[int, ...] = (1, 2)


def test_fields_of_objects():
    before = Customer("basic", "Please refund me", (1, 2))
    after = Customer("basis", "Please refnud me", (1, 3))
    edits = edits_between(before, after)
    assert [edit.path for edit in edits] == [("plan",), ("note",), ("ages", 1)]
    assert edited(before, edits) == after
    assert edited(before, edits[:1]) == Customer("basis", "Please refund me", (1, 2))
    assert edited(before, []) == before


@pytest.mark.parametrize("after", ["premium", "basis", "basic-plus", "BASIC"])
def test_a_category_is_never_changed_in_part(after):
    (edit,) = edits_between({"plan": "basic"}, {"plan": after})
    assert edit == Edit(("plan",), None, after)
    assert finer({"plan": "basic"}, edit) == [edit]
    assert simpler({"plan": "basic"}, edit) is None


def test_texts_in_fields_are_changed_as_a_whole_on_request():
    (edit,) = edits_between({"country": "South Africa"}, {"country": "South America"}, whole=True)
    assert edit == Edit(("country",), None, "South America")


def test_other_values_change_as_a_whole():
    assert edits_between((1, 2), (1, 2, 3)) == [Edit((), None, (1, 2, 3))]
    assert edits_between([1], [1, 2]) == [Edit((), None, [1, 2])]
    assert edits_between(1, 1.0) == [Edit((), None, 1.0)]


@pytest.mark.parametrize(
    ("span", "simple"),
    [
        (Span(2, 3, "x"), "reaund"),
        (Span(3, 3, "q"), "refaund"),
        (Span(3, 3, "7"), "ref0und"),
        (Span(3, 3, "Q"), "refAund"),
        (Span(0, 1, "R"), None),
        (Span(3, 3, "a"), None),
        (Span(2, 3, ""), None),
        (Span(2, 2, "e"), None),
        (Span(2, 2, "f"), None),
        (Span(2, 3, "é"), None),
        (Span(3, 5, "nu"), None),
    ],
)
def test_the_simplest_character_of_its_kind(span, simple):
    found = simpler("refund", Edit((), span))
    assert (None if found is None else edited("refund", [found])) == simple


def test_a_letter_is_not_replaced_by_itself():
    assert simpler("parcel", Edit((), Span(1, 2, "x"))) is None


def test_edits_of_what_the_library_makes():
    text = "Please refund order 1182, I can't wait any longer. Maria"
    for perturbation in (perturb.typos(edits=4), perturb.casing("upper"), perturb.append("Thank you.")):
        for after in perturbation.preview(text):
            assert edited(text, parts(text, after)) == after


def test_a_long_text_takes_no_time():
    text = "".join(f"Where is my parcel {number}, please? " for number in range(400))
    start = time.process_time()
    found = edits_between(text, text.replace("parcel", "package", 3) + "Bye.")
    assert len(found) == 4
    assert time.process_time() - start < 5
    assert len(edits_between("a b " * 9000, "a c " * 9000)) == 1
