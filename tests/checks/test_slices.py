import pytest

from pytest_modelcheck.checks.slices import slice_keys, slices
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Case, Group


def cases(*metadata):
    return [Case("x", id=str(number), metadata=each) for number, each in enumerate(metadata)]


def test_keys_are_chosen_that_sort_the_cases_into_a_few_bins():
    found = cases(
        *({"language": "es" if n % 2 else "en", "ticket": n, "shop": 1, "tags": ["a"]} for n in range(40))
    )
    assert slice_keys(found, None) == ("language",)


def test_a_key_that_few_cases_have_is_not_chosen():
    assert slice_keys(cases({"a": 1}, {"a": 2}, {}, {}, {}), None) == ()


def test_keys_that_are_asked_for_must_be_there():
    assert slice_keys(cases({"shop": 1}), ["shop"]) == ("shop",)
    with pytest.raises(
        UsageError, match=r"slices=\['langauge'\]: no case has such metadata \(they have: 'language'\)"
    ):
        slice_keys(cases({"language": "en"}), ["langauge"])


def test_the_slice_that_lost_most_comes_first():
    found = cases({"l": "en"}, {"l": "en"}, {"l": "es"}, {"l": "es"}, {"l": "de"}, {})
    passed = {"0": True, "1": False, "2": False, "3": True, "4": False}
    approved = {"0": True, "1": False, "2": True, "3": True, "4": False}
    assert slices(found, ["l"], passed, approved) == (
        Group("l=es", 1, 2, 2, 2),
        Group("l=de", 0, 1, 0, 1),
        Group("l=en", 1, 2, 1, 2),
    )


def test_cases_that_were_not_judged_are_in_no_slice():
    assert slices(cases({"l": "en"}), ["l"], {}, {}) == ()
