"""Ways to write the same in English, and one to say the opposite."""

from __future__ import annotations

from pytest_modelcheck.perturb.english import BRITISH_TO_AMERICAN, NUMBERS


def test_spellings_differ_and_lead_back():
    assert len(BRITISH_TO_AMERICAN) > 150
    assert all(british != american for british, american in BRITISH_TO_AMERICAN.items())
    assert len(set(BRITISH_TO_AMERICAN.values())) == len(BRITISH_TO_AMERICAN)
    assert not set(BRITISH_TO_AMERICAN) & set(BRITISH_TO_AMERICAN.values())


def test_the_words_for_numbers():
    assert len(NUMBERS) == 100
    assert [NUMBERS[number] for number in (0, 12, 20, 21, 90, 99)] == [
        "zero", "twelve", "twenty", "twenty-one", "ninety", "ninety-nine",
    ]  # fmt: skip
