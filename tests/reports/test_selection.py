"""Differences of two long answers."""

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from pytest_modelcheck.canonical import encode_plain
from pytest_modelcheck.records import MISSING, CaseResult, Contrast, Outcome, TrialResult
from pytest_modelcheck.reports.selection import contrast, shown_case

LONG = "Thank you for writing to us about your order. " * 30


def of(got, expected=MISSING, base=None, approved=None):
    raw = [None if value is None else encode_plain(value) for value in (got, base, approved)]
    return contrast(raw[0], expected, raw[1], raw[2])


def test_the_fields_of_a_record_that_differ():
    before = {"label": "refund", "route": {"queue": ["a", "b"]}, "tags": []}
    after = {"label": "other", "route": {"queue": ["a", "z"]}, "more": 1}
    assert of(after, approved=before).parts == (
        ("label", "'refund'", "'other'"),
        ("route.queue[1]", "'b'", "'z'"),
        ("tags", "[]", "nothing"),
        ("more", "nothing", "1"),
    )


def test_an_expectation_names_only_what_it_cares_for():
    assert of({"label": "a", "priority": 5, "summary": "x"}, {"priority": 2}).parts == (
        ("priority", "2", "5"),
    )


@pytest.mark.parametrize("total", ["9.50", 9.5])
def test_a_type_that_case_files_lack_is_no_difference_beside_others(total):
    """A pydantic model with decimals: each amount was listed, and the wrong name among them."""
    got = {"vendor": "ACME", "total": Decimal("9.50"), "due": date(2026, 4, 1)}
    assert of(got, {"vendor": "Acme", "total": total, "due": "2026-04-01"}).parts == (
        ("vendor", "'Acme'", "'ACME'"),
    )
    assert of(got, {"vendor": "Acme", "total": "9.75"}).parts == (
        ("vendor", "'Acme'", "'ACME'"),
        ("total", "'9.75'", "'9.50'"),
    )
    assert of(got, {"total": total}) is None


def test_an_expectation_without_any_field_of_the_answer_is_not_compared_with_it():
    """``expected={"acme": "30 days"}``, in which the body looks up the tenant: the answer must be shown."""
    assert of({"text": "30 days"}, {"acme": "30 days", "initech": "14 days"}) is None
    assert of({"text": "30 days"}, {"text": "30 days", "source": "faq"}).parts == (
        ("source", "'faq'", "nothing"),
    )


def test_the_unperturbed_answer_comes_before_the_expected_and_that_before_the_approved():
    got, other = {"label": "a"}, {"label": "b"}
    assert of(got, other, other, other).against == "base"
    assert of(got, other, None, other).against == "expected"
    assert of(got, MISSING, None, other).against == "approved"


def keyed(key, number):
    """An answer of a client whose fixture has ``compare_by=``: its id comes first and is always new."""
    answer = {"id": f"chatcmpl-{number}", "message": {"content": key}, "padding": LONG}
    return b'{"$seen":[%b,%b]}' % (encode_plain(key), encode_plain(answer))


def test_compared_parts_are_shown_and_not_the_ids_before_them():
    row = [("compare_by", "'refund'", "'other'")]
    assert list(contrast(keyed("other", 2), MISSING, None, keyed("refund", 1)).parts) == row
    assert list(contrast(keyed("other", 2), MISSING, keyed("refund", 1), None).parts) == row
    against = contrast(keyed("other", 2), "refund", None, keyed("other", 1))
    assert (against.against, list(against.parts)) == ("expected", row)
    # The expectation may be of another form, which the body interprets.
    assert contrast(keyed("other", 2), {"label": "refund"}, None, keyed("refund", 1)).against == "approved"
    assert contrast(keyed("other", 2), MISSING, None, keyed("other", 1)) is None


def test_an_answer_of_another_kind_is_passed_over():
    assert of({"label": "a"}, "refund", None, {"label": "b"}).against == "approved"
    assert of({"label": "a"}, "refund") is None
    assert of("refund", "other") is None
    assert of(None, {"label": "b"}) is None


def test_a_long_text_is_cut_around_the_words_that_differ():
    (path, then, now) = of(LONG.replace("about", "NOT", 1) + "end", approved=LONG + "end").parts[0]
    assert path == ""
    assert "about" in then
    assert "NOT" in now
    assert max(len(then), len(now)) <= 400


def test_the_number_that_moved_most_is_shown_of_many():
    then = np.linspace(0, 1, 64)
    found = of(then * 1.1, approved=then)
    assert found.parts == (("63 numbers differ, most at [63]", "1", "1.1"),)
    found = of({"p": then.reshape(8, 8) * 1.1}, approved={"p": then.reshape(8, 8)})
    assert found.parts == (("p (63 numbers differ, most at [7, 7])", "1", "1.1"),)


def test_a_perturbed_input_is_cut_so_that_the_change_is_visible():
    """Both inputs looked the same: only their beginnings were shown."""
    before, after = LONG, f"{LONG}Kind regards"
    trial = TrialResult(Outcome.FAILED, perturbation="append", perturbed=after)
    shown = shown_case(CaseResult("t-1", "in", None, "", (trial,), before), "failed")
    assert shown.perturbed.endswith("order. Kind regards")
    assert len(shown.perturbed) <= 60


def test_many_fields_are_counted():
    then = {f"f{n}": n for n in range(9)}
    found = of({name: value + 1 for name, value in then.items()}, approved=then)
    assert len(found.parts) == 6
    assert found.hidden == 3


@pytest.mark.parametrize("raw", [b"no json", b'{"$type":1', b"[1"])
def test_unreadable_answers_are_not_compared(raw):
    assert contrast(raw, MISSING, None, b'{"a":1}') is None


def test_it_travels_as_json():
    from pytest_modelcheck.records.packing import pack, unpack

    found = of({"label": "a"}, approved={"label": "b"})
    assert unpack(json.loads(json.dumps(pack(found))), Contrast) == found


def test_a_secret_is_hidden_before_words_are_marked():
    key = "sk-proj-0123456789abcdef"
    text = f"The key that was used for all of these calls is {key}, they said."
    for found in (
        of(text, approved=text.replace("cdef", "0000")),
        of({"key": key}, approved={"key": key + "9"}),
    ):
        assert "0123456789ab" not in str(found)
