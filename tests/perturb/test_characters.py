"""Characters that look alike, cannot be seen, or lose their marks."""

from __future__ import annotations

import unicodedata

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.characters import LOOKALIKES


def made(perturbation, text, seeds=40):
    return {variant for seed in range(seeds) for variant in perturbation.preview(text, seed)}


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Élévation à São Tomé", ["Elevation a Sao Tome"]),
        ("Groß, Łódź, Øresund, cœur", ["Gross, Lodz, Oresund, coeur"]),
        ("Ελλάδα", ["Ελλαδα"]),
        ("שָׁלוֹם", ["שלום"]),
        ("مَرْحَبًا", ["مرحبا"]),
        ("мой ёлка", []),
        ("हिन्दी", []),
        ("ภาษาไทย ครับที่", []),
        ("한국어", []),
        ("plain `é` é@x.org", []),
    ],
)
def test_diacritics(text, without):
    assert perturb.diacritics().preview(text) == without


def test_normal_form_is_equal_to_readers_and_there_and_back():
    (decomposed,) = perturb.normal_form().preview("está 한국")
    assert decomposed != "está 한국"
    assert unicodedata.normalize("NFC", decomposed) == "está 한국"
    assert perturb.normal_form().preview(decomposed) == ["está 한국"]
    assert perturb.normal_form().preview("plain") == []


def test_each_lookalike_is_a_letter_of_another_alphabet_and_the_same_case():
    assert len(LOOKALIKES) == 25
    for latin, other in LOOKALIKES.items():
        assert unicodedata.name(chr(latin)).startswith("LATIN")
        assert unicodedata.name(chr(other)).startswith(("CYRILLIC", "GREEK"))
        assert chr(latin).isupper() == chr(other).isupper()


def test_homoglyphs_replace_as_many_letters_as_asked():
    for variant in made(perturb.homoglyphs(edits=3), "Where is my parcel?"):
        assert sum(old != new for old, new in zip("Where is my parcel?", variant, strict=True)) == 3
    assert perturb.homoglyphs().preview("1182 `a` ж") == []
    assert perturb.homoglyphs(edits=3).name == "homoglyphs(edits=3)"


def test_leetspeak():
    assert made(perturb.leetspeak(edits=20), "Taste It") == {"74573 17"}
    assert perturb.leetspeak().name == "leetspeak"
    assert perturb.leetspeak(edits=1).name == "leetspeak(edits=1)"


def test_zero_width_spaces_stand_inside_of_words():
    for variant in made(perturb.zero_width(edits=2), "Where is `it` now"):
        assert variant.replace("\u200b", "") == "Where is `it` now"
        assert variant.count("\u200b") == 2
        assert not any(word.startswith("\u200b") or word.endswith("\u200b") for word in variant.split())
    assert perturb.zero_width().preview("a b") == []


@pytest.mark.parametrize(
    ("to", "text", "wide"),
    [
        (None, "OK?", ["ＯＫ？"]),
        (None, "ＯＫ？", ["OK?"]),
        ("full", "order 1182", ["ｏｒｄｅｒ\u30001182"]),
        ("half", "ＯＫ OK", ["OK OK"]),
        ("half", "OK", []),
    ],
)
def test_width(to, text, wide):
    assert perturb.width(to).preview(text) == wide


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: perturb.homoglyphs(edits=0), r"homoglyphs\(edits=0\): at least 1"),
        (lambda: perturb.leetspeak(edits=True), r"leetspeak\(edits=True\): at least 1"),
        (lambda: perturb.zero_width(n=0), r"zero_width\(n=0\)"),
        (lambda: perturb.width("wide"), r"width\('wide'\): there are 'full', 'half'"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(PerturbationError, match=message):
        make()
