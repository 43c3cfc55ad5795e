"""Ways to write the same in English, and one to say the opposite."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.english import BRITISH_TO_AMERICAN, NUMBERS


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("I am late and it is not here", "I'm late and it isn't here"),
        ("Do not worry, we are here", "Don't worry, we're here"),
        ("It is late. IT IS late", "It's late. IT'S late"),
        ("I cannot and will not", "I can't and won't"),
        ("We have been there, they have parcels", "We've been there, they have parcels"),
        ("I will see what I would do", "I'll see what I'd do"),
        ("Let us see", "Let's see"),
        ("Yes, I am. That is what it is.", "Yes, I am. That's what it is."),
        ("Where is it", "Where's it"),
    ],
)
def test_contractions_are_made(text, short):
    assert perturb.contractions("short").preview(text) == [short]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("I can't, I won't, I don't", "I cannot, I will not, I do not"),
        ("Don't you know? Can’t I?", "Do you not know? Can I not?"),
        ("It's late, it's been weeks, Maria's parcel", "It is late, it has been weeks, Maria's parcel"),
        ("I'd better go, I'd like to", "I had better go, I would like to"),
        ("We've, they'll, you're, I'm", "We have, they will, you are, I am"),
        ("LET'S GO, let's go", "LET US GO, let us go"),
    ],
)
def test_contractions_are_written_out(text, long):
    assert perturb.contractions("long").preview(text) == [long]


def test_contractions_leave_code_alone_and_apply_where_there_are_some():
    assert perturb.contractions().preview("`it is fine` or {it is ok}") == []


@pytest.mark.parametrize(
    ("to", "text", "made"),
    [
        ("us", "Colours of the neighbour’s centre", ["Colors of the neighbor’s center"]),
        ("uk", "I apologize, you canceled it", ["I apologise, you cancelled it"]),
        ("us", "discolour, colourway", []),
        (None, "grey and gray", ["gray and gray", "grey and grey"]),
        (None, "parcel", []),
    ],
)
def test_spelling(to, text, made):
    assert perturb.spelling(to).preview(text) == made


def test_spellings_differ_and_lead_back():
    assert len(BRITISH_TO_AMERICAN) > 150
    assert all(british != american for british, american in BRITISH_TO_AMERICAN.items())
    assert len(set(BRITISH_TO_AMERICAN.values())) == len(BRITISH_TO_AMERICAN)
    assert not set(BRITISH_TO_AMERICAN) & set(BRITISH_TO_AMERICAN.values())


@pytest.mark.parametrize(
    ("to", "text", "made"),
    [
        ("short", "Thank you, let me know by the way", ["Ty, lmk btw"]),
        ("short", "I DON'T KNOW", ["IDK"]),
        ("long", "thx, btw 2day", ["thanks, by the way 2day"]),
        ("long", "are we going to (re)start", []),
    ],
)
def test_abbreviations(to, text, made):
    assert perturb.abbreviations(to).preview(text) == made


@pytest.mark.parametrize(
    ("to", "text", "made"),
    [
        (
            "words",
            "I bought 2 lamps, 15 cups and 42 plates",
            ["I bought two lamps, fifteen cups and forty-two plates"],
        ),
        ("words", "order 1182 at 3:30 for 5.50 and 2024-05-01, #12 x", []),
        ("words", "at 5 pm or on the 3 rd, 7", []),
        ("words", "`3 lamps` A-12 cups 100 cups -5 cups", []),
        ("digits", "Two lamps and ninety-nine cups for one", ["2 lamps and 99 cups for one"]),
        ("digits", "twofold", []),
    ],
)
def test_number_words(to, text, made):
    assert perturb.number_words(to).preview(text) == made


def test_the_words_for_numbers():
    assert len(NUMBERS) == 100
    assert [NUMBERS[number] for number in (0, 12, 20, 21, 90, 99)] == [
        "zero", "twelve", "twenty", "twenty-one", "ninety", "ninety-nine",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("The parcel is late", ["The parcel is not late"]),
        ("The parcel is not late", ["The parcel is late"]),
        ("I can't find it", ["I can find it"]),
        ("I won't pay", ["I will pay"]),
        ("You cannot do it", ["You can do it"]),
        ("Isn't it late", ["Is it late"]),
        ("Is it late?", ["Is it not late?"]),
        ("I love this shop", ["I do not love this shop"]),
        ("Great shop", []),
        ("`is it`", []),
    ],
)
def test_negation(text, opposite):
    assert perturb.negation().preview(text) == opposite


@pytest.mark.parametrize("factory", ["contractions", "spelling", "abbreviations", "number_words"])
def test_an_unknown_way_is_refused(factory):
    with pytest.raises(PerturbationError, match=rf"{factory}\('x'\): choose one of '"):
        getattr(perturb, factory)("x")


def test_the_way_is_part_of_the_name():
    assert perturb.spelling().name == "spelling"
    assert perturb.spelling("us", field="body").name == "spelling('us', field='body')"
