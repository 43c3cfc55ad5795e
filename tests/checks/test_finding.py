"""The slice where it happens is found, and said only where it says something."""

import random

import pytest

from pytest_modelcheck.checks.features import LEAST_FAILURES, MOST_CASES, found_slice
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED
from pytest_modelcheck.records import Case, FoundSlice, Group


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
def test_of_very_many_cases_a_sample_is_looked_at(n):
    cases = suite(n)
    found = found_slice(cases, planted(cases))
    assert found.judged + found.elsewhere_judged == MOST_CASES
