"""Capitals, white space, punctuation, characters, and the order of sentences."""

from __future__ import annotations

import unicodedata

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.surface import LOOKALIKES


@pytest.mark.parametrize(
    ("to", "text", "made"),
    [
        (None, "Refund A-1182 now", ["refund A-1182 now", "REFUND A-1182 NOW"]),
        (None, "refund", ["REFUND"]),
        (None, "1182 {Name}", []),
        ("lower", "Éa ÄÖ @Maria", ["éa äö @Maria"]),
        ("upper", "straße", ["STRASSE"]),
        ("title", "it's élan vital", ["It's Élan Vital"]),
        ("swap", "Ab", ["aB"]),
        ("upper", "我的", []),
    ],
)
def test_casing(to, text, made):
    assert perturb.casing(to).preview(text) == made


def test_an_unknown_case_is_refused():
    with pytest.raises(
        PerturbationError, match=r"casing\('up'\): choose one of 'lower', 'upper', 'title', 'swap'"
    ):
        perturb.casing("up")


def test_white_space_changes_nothing_else():
    text = "Where is   my `a b` parcel?"
    made = {variant for seed in range(80) for variant in perturb.whitespace(n=3).preview(text, seed)}
    assert len(made) > 8
    assert all(variant.split() == text.split() and "`a b`" in variant for variant in made)


def test_white_space_around_a_text_without_any():
    made = {variant for seed in range(40) for variant in perturb.whitespace().preview("我的", seed)}
    assert made == {" 我的", "我的 ", "我的  ", "我的\n"}
    assert perturb.whitespace().preview("") == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Where is it?", ["Where is it", "Where is it???"]),
        ("I want it", ["I want it."]),
        ("Stop it!!!", ["Stop it", "Stop it!!!!!"]),
        ('He said "no."', ['He said "no"', 'He said "no..."']),
        ("Hi, it is here. ", ["Hi, it is here ", "Hi it is here. ", "Hi, it is here... "]),
        ("Hola, ¿qué tal?", ["Hola, ¿qué tal", "Hola ¿qué tal?", "Hola, ¿qué tal???", "Hola, qué tal?"]),
        ("我的订单呢？", ["我的订单呢", "我的订单呢？？？"]),
        ("我的订单", ["我的订单。"]),
        ("order 1,182", ["order 1,182."]),
        ("see https://x.org", []),
        ("", []),
        ("?", ["", "???"]),
    ],
)
def test_punctuation(text, made):
    assert perturb.punctuation(n=4).preview(text) == made


def test_punctuation_numbers_its_variants_whether_they_apply_or_not():
    assert perturb.variants(perturb.punctuation(n=4), "It is.") == ((0, "It is"), (2, "It is..."))


@pytest.mark.parametrize("n", [0, 5])
def test_there_are_four_kinds_of_careless_punctuation(n):
    with pytest.raises(PerturbationError, match="there are 1 to 4 variants"):
        perturb.punctuation(n=n)


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
        (lambda: perturb.width("wide"), r"width\('wide'\): choose one of 'full', 'half'"),
        (lambda: perturb.casing(["upper"]), r"casing\(\['upper'\]\): choose one of 'lower', 'upper'"),
        (lambda: perturb.truncate("half"), r"truncate\('half'\): the fraction that stays"),
        (lambda: perturb.punctuation(n=1.5), r"punctuation\(n=1.5\): there are 1 to 4 variants"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(PerturbationError, match=message):
        make()


@pytest.mark.parametrize(
    ("keep", "text", "made"),
    [
        (0.5, "abcd efgh ij", ["abcd"]),
        (0.75, "abcd efgh ij", ["abcd efgh"]),
        (0.5, "see https://example.org/a/b/c", ["see"]),
        (0.9, "order 1182", ["order"]),
        (0.5, "我的订单在哪里", ["我的订"]),
        (0.5, "abcdefgh", ["abcd"]),
        (0.5, "1182", []),
        (0.5, "a", []),
        (0.5, "", []),
    ],
)
def test_truncate(keep, text, made):
    assert perturb.truncate(keep).preview(text) == made


@pytest.mark.parametrize("keep", [0, 1, 2, -1])
def test_something_stays_and_something_goes(keep):
    with pytest.raises(PerturbationError, match="the fraction that stays must be between 0 and 1"):
        perturb.truncate(keep)


def test_the_part_that_stays_is_in_the_name():
    assert (perturb.truncate().name, perturb.truncate(0.5).name) == ("truncate", "truncate(0.5)")


def test_sentences_change_places_and_the_gaps_stay():
    made = {
        variant for seed in range(60) for variant in perturb.sentence_order().preview("A b. C d!\n\nE?", seed)
    }
    assert made == {
        "A b. E?\n\nC d!", "C d! A b.\n\nE?", "C d! E?\n\nA b.", "E? A b.\n\nC d!", "E? C d!\n\nA b.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "One sentence.",
        "",
        "no marks at all",
        "A. A.",
        "Ask Mr. Smith or Prof. J. Meyer, e.g. at St. Ann's vs. here.",
    ],
)
def test_a_single_sentence_has_no_order(text):
    assert perturb.sentence_order(n=3).preview(text) == []


def test_a_title_stays_with_its_name():
    text = "Mrs. Lee's lamp broke. Tell Dr. B. Stone!"
    assert perturb.sentence_order().preview(text) == ["Tell Dr. B. Stone! Mrs. Lee's lamp broke."]


def test_sentences_without_spaces():
    assert perturb.sentence_order().preview("我要退款。订单坏了。") == ["订单坏了。我要退款。"]
