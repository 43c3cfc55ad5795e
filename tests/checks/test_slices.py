import pytest

from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED, Slices
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Case, Group


def slices_of(cases, asked):
    found = Slices(asked)
    found.extend(cases)
    return found


def cases(*metadata):
    return [Case("x", id=str(number), metadata=each) for number, each in enumerate(metadata)]


def test_keys_are_chosen_that_sort_the_cases_into_a_few_bins():
    found = cases(
        *({"language": "es" if n % 2 else "en", "ticket": n, "shop": 1, "tags": ["a"]} for n in range(40))
    )
    assert slices_of(found, None).keys() == ("language",)


def test_a_key_that_few_cases_have_is_not_chosen():
    assert slices_of(cases({"a": 1}, {"a": 2}, {}, {}, {}), None).keys() == ()


def test_keys_that_are_asked_for_must_be_there():
    assert slices_of(cases({"shop": 1}), ["shop"]).keys() == ("shop",)
    with pytest.raises(
        UsageError, match=r"slices=\['langauge'\]: no case has such metadata \(they have: 'language'\)"
    ):
        slices_of(cases({"language": "en"}), ["langauge"]).keys()


def test_the_slice_that_lost_most_comes_first():
    found = cases({"l": "en"}, {"l": "en"}, {"l": "es"}, {"l": "es"}, {"l": "de"}, {})
    current = bytes([PASSED, FAILED, FAILED, PASSED, FAILED, PASSED])
    approved = bytes([PASSED, FAILED, PASSED, PASSED, FAILED, PASSED])
    assert slices_of(found, ["l"]).groups(current, approved) == (
        Group("l=es", 1, 2, 2, 2),
        Group("l=de", 0, 1, 0, 1),
        Group("l=en", 1, 2, 1, 2),
    )


def test_cases_that_were_not_judged_are_in_no_slice():
    found = slices_of(cases({"l": "en"}, {"l": "es"}), ["l"])
    assert found.groups(bytes([NOT_JUDGED, PASSED])) == (Group("l=es", 1, 1),)


def test_only_cases_that_can_be_compared_count_for_the_approved_version():
    found = slices_of(cases({"l": "en"}, {"l": "en"}, {"l": "en"}), ["l"])
    current, approved = bytes([PASSED, FAILED, PASSED]), bytes([NOT_JUDGED, PASSED, FAILED])
    assert found.groups(current, approved) == (Group("l=en", 2, 3, 1, 2),)


def test_the_members_of_a_slice_are_told_by_their_number():
    found = slices_of(cases({}, {"l": "en"}, {"l": "es"}, {}, {"l": "en"}), ["l"])
    assert found.members("l=en") == {1, 4}


def test_values_that_look_alike_are_one_slice():
    found = slices_of(cases({"l": 1}, {"l": "1"}), None)
    assert found.groups(bytes([PASSED, FAILED])) == (Group("l=1", 1, 2),)


def test_a_key_with_many_values_takes_no_memory():
    found = slices_of(cases(*({"ticket": n} for n in range(100))), None)
    assert found.keys() == ()
    assert not found._columns["ticket"].codes


def test_missing_values_of_a_table_are_in_no_slice():
    """Each row has a NaN of its own: thirteen of them were so many values that nothing was sliced by."""
    found = slices_of(cases(*({"l": "en" if n % 2 else float("nan"), "m": n % 2} for n in range(40))), None)
    assert found.keys() == ("m",)
    found = slices_of(cases(*({"l": ("en", "es", float("nan"))[n % 3]} for n in range(60))), None)
    assert found.keys() == ("l",)
    assert set(found.of("l")) == {"l=en", "l=es"}
