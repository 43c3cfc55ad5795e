"""Capitals, white space, punctuation, characters, and the order of sentences."""

from __future__ import annotations

import unicodedata

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.surface import LOOKALIKES


def test_white_space_changes_nothing_else():
    text = "Where is   my `a b` parcel?"
    made = {variant for seed in range(80) for variant in perturb.whitespace(n=3).preview(text, seed)}
    assert len(made) > 8
    assert all(variant.split() == text.split() and "`a b`" in variant for variant in made)


def test_white_space_around_a_text_without_any():
    made = {variant for seed in range(40) for variant in perturb.whitespace().preview("我的", seed)}
    assert made == {" 我的", "我的 ", "我的  ", "我的\n"}
    assert perturb.whitespace().preview("") == []


def test_punctuation_numbers_its_variants_whether_they_apply_or_not():
    assert perturb.variants(perturb.punctuation(n=4), "It is.") == ((0, "It is"), (2, "It is..."))


def made(perturbation, text, seeds=40):
    return {variant for seed in range(seeds) for variant in perturbation.preview(text, seed)}


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


def test_homoglyphs_replace_the_requested_number_of_letters():
    for variant in made(perturb.homoglyphs(edits=3), "Where is my parcel?"):
        assert sum(old != new for old, new in zip("Where is my parcel?", variant, strict=True)) == 3
    assert perturb.homoglyphs().preview("1182 `a` ж") == []


def test_leetspeak():
    assert made(perturb.leetspeak(edits=20), "Taste It") == {"74573 17"}


def test_zero_width_spaces_stand_inside_of_words():
    for variant in made(perturb.zero_width(edits=2), "Where is `it` now"):
        assert variant.replace("\u200b", "") == "Where is `it` now"
        assert variant.count("\u200b") == 2
        assert not any(word.startswith("\u200b") or word.endswith("\u200b") for word in variant.split())
    assert perturb.zero_width().preview("a b") == []


def test_sentences_change_places_and_the_gaps_stay():
    made = {
        variant for seed in range(60) for variant in perturb.sentence_order().preview("A b. C d!\n\nE?", seed)
    }
    assert made == {
        "A b. E?\n\nC d!", "C d! A b.\n\nE?", "C d! E?\n\nA b.", "E? A b.\n\nC d!", "E? C d!\n\nA b.",
    }  # fmt: skip
