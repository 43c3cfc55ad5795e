import random

import pytest

from pytest_modelcheck.checks.slices import (
    FAILED,
    LEAST_FAILURES,
    MOST_CASES,
    NOT_JUDGED,
    PASSED,
    Feature,
    Slices,
    found_slice,
    script_of,
    table_of,
)
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Case, FoundSlice, Group


def slices_of(cases, fields):
    found = Slices(fields)
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


def test_requested_keys_must_exist():
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


def test_the_members_of_a_slice_are_recognised_by_their_number():
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
    """Each row has a NaN of its own: thirteen distinct values were too many for a slice."""
    found = slices_of(cases(*({"l": "en" if n % 2 else float("nan"), "m": n % 2} for n in range(40))), None)
    assert found.keys() == ("m",)
    found = slices_of(cases(*({"l": ("en", "es", float("nan"))[n % 3]} for n in range(60))), None)
    assert found.keys() == ("l",)
    assert set(found.of("l")) == {"l=en", "l=es"}


# -- features, and the slice where failures stand out ----------------------------------------------------


def columns(cases):
    features, rows = table_of(cases)
    return {feature.yes: [row[place] for row in rows] for place, feature in enumerate(features)}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            [{"lang": lang} for lang in ("en", "es", "de", "es")],
            {"lang=de": [0, 0, 1, 0], "lang=en": [1, 0, 0, 0], "lang=es": [0, 1, 0, 1]},
        ),
        ([{"lang": "en"}, {}, {"lang": "es"}], {"lang=en": [1, 0, 0], "lang=es": [0, 0, 1]}),
        ([{"user": f"u{number}"} for number in range(50)], {}),
        ([{"tags": [number]} for number in range(3)], {}),
    ],
    ids=["few values", "missing ones", "many values", "no plain values"],
)
def test_metadata_has_a_column_for_each_of_few_plain_values(metadata, expected):
    assert columns([Case(1, metadata=each) for each in metadata]) == expected


def test_metadata_of_two_values_has_one_column():
    features, rows = table_of([Case(1, metadata={"vip": vip}) for vip in (True, False)])
    assert [(one.yes, one.no) for one in features] == [("vip=True", "vip=False")]
    assert rows == [[1.0], [0.0]]


def test_numbers_are_compared():
    features, rows = table_of([Case(1, metadata={"age": age}) for age in (30, 50, 70)])
    assert [feature.text(40.5, above=True) for feature in features] == ["age > 40"]
    assert rows == [[30.0], [50.0], [70.0]]


def test_missing_values_of_a_table_are_no_values():
    """Each row of a table has a NaN of its own: as distinct values, they made the column useless."""
    found = columns([Case({"age": float("nan") if n < 2 else n}) for n in range(6)])
    assert found == {"input.age > {}": [1, 1, 2, 3, 4, 5]}
    found = columns([Case(1, metadata={"lang": "es" if n % 2 else float("nan")}) for n in range(30)])
    assert found == {"lang=es": [n % 2 for n in range(30)]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_cannot_be_compared(value):
    assert columns([Case(1, metadata={"age": age}) for age in (value, 1, 2, 3)]) is not None


def test_the_expectation_is_a_feature_too():
    assert "expected=refund" in columns([Case("a", expected="refund"), Case("a", expected="other")])


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("order 7", "has a number"),
        ("see https://a.b", "has a URL"),
        ("where?", "has a question mark"),
        ("now!", "has an exclamation mark"),
        ("do it NOW", "has a word in capitals"),
        ("a\nb", "has line breaks"),
        ("где", "script=latin"),
    ],
)
def test_simple_things_about_texts(text, feature):
    found = columns([Case("Please do"), Case(text)])
    assert found[feature] == ([1.0, 0.0] if feature == "script=latin" else [0.0, 1.0])


def test_a_capital_at_the_beginning_is_no_word_in_capitals():
    assert "has a word in capitals" not in columns([Case("I am"), Case("i Am Here")])


def test_fields_of_records():
    cases = [
        Case({"plan": "free", "text": "a b", "deep": {"more": "12"}}),
        Case({"plan": "pro", "text": "a b c", "deep": {}}),
    ]
    found = columns(cases)
    assert found["input.plan=pro"] == [0.0, 1.0]
    assert found["input.deep has a number"] == [1.0, 0.0]
    assert found["words of input.text > {}"] == [2.0, 3.0]
    assert "has a number" not in found


def test_texts_of_records_are_those_of_the_fields_that_vary():
    cases = [Case({"plan": "a b" if n % 2 else "a", "text": f"order {n}"}) for n in range(20)]
    found = columns(cases)
    assert "length of input.text > {}" in found
    assert "length of input.plan > {}" not in found


def test_a_category_is_described_by_its_value_alone():
    regions = ["emea", "north america", "apac", "latin america"]
    found = columns([Case({"region": regions[n % 4], "amount": n}) for n in range(20)])
    assert found["input.region=apac"] == [0.0, 0.0, 1.0, 0.0] * 5
    assert [name for name in found if "region" in name] == [f"input.region={one}" for one in sorted(regions)]


def test_inputs_that_are_no_text():
    assert table_of([Case(1), Case(2)]) == ([], [])


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Wo ist es?", "latin"),
        ("Où", "latin"),
        ("Где посылка", "cyrillic"),
        ("أين", "arabic"),
        ("荷物はどこですか", "cjk"),
        ("12 ?", ""),
        ("", ""),
    ],
)
def test_script(text, script):
    assert script_of(text) == script


def test_conditions_in_words():
    feature = Feature("score > {}", "score <= {}", whole=False)
    assert feature.text(0.51234, above=False) == "score <= 0.512"


def test_numbers_beyond_what_a_float_holds_are_compared_too():
    features, rows = table_of([Case(1, metadata={"size": size}) for size in (10**400, -(10**400), 1e300, 3)])
    assert [feature.yes for feature in features] == ["size > {}"]
    assert rows == [[3e38], [-3e38], [3e38], [3.0]]


def suite(n=200, seed=0):
    rng = random.Random(seed)
    return [
        Case(
            "word " * rng.randint(1, 40),
            id=f"c{number}",
            metadata={"language": rng.choice(["en", "es"]), "template": f"t{number % 20}"},
        )
        for number in range(n)
    ]


def codes(fails):
    return bytes(FAILED if failed else PASSED for failed in fails)


def planted(cases):
    return codes(
        (case.metadata["language"] == "es" and len(case.input) > 120) or case.id == "c7" for case in cases
    )


def test_names_the_slice_and_counts():
    cases = suite()
    failed = planted(cases)
    found = found_slice(cases, failed)
    assert found.conditions[0] == "language=es"
    assert found.conditions[1].startswith(("length > ", "words > "))
    assert (found.failed, found.judged) == (found.judged, found.judged)
    assert found.failed + found.elsewhere_failed == failed.count(FAILED)
    assert found.judged + found.elsewhere_judged == len(cases)


def test_is_a_sentence():
    found = FoundSlice(("language=es", "length > 120"), 14, 16, 3, 184, 0.005)
    assert str(found) == "language=es and length > 120: 14 of 16 fail (elsewhere 3 of 184)"
    regressed = FoundSlice(("language=es",), 14, 16, 3, 184, 0.005, regressed=True)
    assert str(regressed) == "language=es: 14 of 16 broke (elsewhere 3 of 184)"


def test_is_the_same_every_time():
    cases = suite()
    assert found_slice(cases, planted(cases), seed=4) == found_slice(cases, planted(cases), seed=4)


def test_says_nothing_of_noise():
    cases, rng = suite(), random.Random(1)
    assert found_slice(cases, codes(rng.random() < 0.3 for _ in cases)) is None


def test_does_not_repeat_the_declared_slice_that_is_shown_first():
    cases = suite()
    failed = codes(case.metadata["language"] == "es" for case in cases)
    assert found_slice(cases, failed).conditions == ("language=es",)
    assert found_slice(cases, failed, Group("language=es", 0, 100)) is None
    assert found_slice(cases, failed, Group("language=en", 0, 100)) is not None


def test_few_failures_say_nothing_about_where():
    cases = suite()
    failed = codes(place < LEAST_FAILURES - 1 for place, _ in enumerate(cases))
    assert found_slice(cases, failed) is None


def test_few_cases_say_nothing():
    cases = suite(19)
    assert found_slice(cases, codes(place < 9 for place, _ in enumerate(cases))) is None


def test_cases_that_were_not_judged_are_left_out():
    cases = suite()
    found = found_slice(cases, bytes([NOT_JUDGED, NOT_JUDGED]) + planted(cases)[2:])
    assert found.judged + found.elsewhere_judged == 198


def test_inputs_about_which_nothing_is_known():
    cases = [Case(number, id=str(number)) for number in range(100)]
    assert found_slice(cases, codes(case.input < 20 for case in cases)) is None


def test_groups_are_shuffled_together():
    cases = suite(400)
    bad = {f"t{number}" for number in range(3)}
    failed = codes(case.metadata["template"] in bad for case in cases)
    assert found_slice(cases, failed, cluster="template") is None


@pytest.mark.parametrize("n", [MOST_CASES + 500])
def test_a_sample_of_very_many_cases_is_searched(n):
    cases = suite(n)
    found = found_slice(cases, planted(cases))
    assert found.judged + found.elsewhere_judged == MOST_CASES
