"""Mistakes of fingers, scanners and speech recognition."""

from __future__ import annotations

import unicodedata

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.mistakes import _NEAR, HOMOPHONES

TEXT = "Please tell me where my parcel is"


def changes(factory, text=TEXT):
    return {variant for seed in range(60) for _, variant in perturb.variants(factory, text, seed)}


def test_swap_letters_keeps_all_letters():
    made = changes(perturb.swap_letters())
    assert len(made) > 5
    for variant in made:
        different = [place for place, (old, new) in enumerate(zip(TEXT, variant, strict=True)) if old != new]
        first, second = different
        assert second == first + 1
        assert variant[first] == TEXT[second]


def test_drop_letters_leaves_one_out():
    made = changes(perturb.drop_letters())
    assert made <= {TEXT[:place] + TEXT[place + 1 :] for place in range(len(TEXT)) if TEXT[place] != " "}
    assert len(made) > 5


def test_double_letters_types_one_twice():
    assert changes(perturb.double_letters()) <= {
        TEXT[: place + 1] + TEXT[place:] for place in range(len(TEXT))
    }


def test_near_keys_hits_the_key_beside():
    for variant in changes(perturb.near_keys()):
        ((old, new),) = [pair for pair in zip(TEXT, variant, strict=True) if pair[0] != pair[1]]
        assert new.lower() in _NEAR[old.lower()]
        assert new.isupper() == old.isupper()


def test_the_neighbours_of_a_qwerty_keyboard():
    assert {letter: "".join(sorted(_NEAR[letter])) for letter in "qgm"} == {
        "q": "aw",
        "g": "bfhtvy",
        "m": "jkn",
    }
    assert all(letter in _NEAR[other] for letter, near in _NEAR.items() for other in near)


def test_typos_mix_all_kinds():
    lengths = {len(variant) - len(TEXT) for variant in changes(perturb.typos())}
    assert lengths == {-1, 0, 1}


def test_several_typos():
    text = "Please tell me where my parcel might be by now since nobody answers"
    for variant in changes(perturb.typos(edits=5), text):
        words = zip(text.split(), variant.split(), strict=True)
        assert 1 <= sum(old != new for old, new in words) <= 5


def test_short_words_are_slipped_in_only_where_there_are_no_long_ones():
    assert all(variant.startswith("is it ") for variant in changes(perturb.typos(), "is it delivered"))
    assert changes(perturb.typos(), "is it")


@pytest.mark.parametrize("text", ["где мой заказ", "我的订单在哪里", "내 소포 어디에", "أين طلبي"])
def test_any_script_has_typos(text):
    assert changes(perturb.typos(), text)


def test_accents_and_vowel_signs_stay_with_their_letters():
    text = unicodedata.normalize("NFD", "élévation été हिन्दी नमस्ते")

    def clusters(value):
        groups = []
        for character in value:
            if groups and unicodedata.category(character)[0] == "M":
                groups[-1] += character
            else:
                groups.append(character)
        return set(groups)

    for variant in changes(perturb.typos(), text):
        assert {group for group in clusters(variant) if len(group) > 1} <= clusters(text)


def made(perturbation, text, seeds=60):
    return {variant for seed in range(seeds) for variant in perturbation.preview(text, seed)}


def test_ocr_confuses_shapes():
    assert made(perturb.ocr(), "modern") == {
        "rnodern", "m0dern", "moclern", "modcrn", "modem",
    }  # fmt: skip
    assert perturb.ocr().preview("1182 ?") == []


def test_homophones_keep_capitals_and_whole_words():
    assert made(perturb.homophones(), "Their theirs") == {"There theirs", "They're theirs"}
    assert made(perturb.homophones(), "IT’S") == {"ITS"}
    assert perturb.homophones().preview("parcel") == []


def test_no_word_sounds_like_two_groups():
    words = [word for group in HOMOPHONES for word in group]
    assert len(words) == len(set(words))


def test_no_word_is_joined_to_an_address():
    text = "at https://example.org/a?b=c or by `code` now"
    breaks = made(perturb.word_breaks(), text)
    assert breaks >= {"at https://example.org/a?b=c orby `code` now"}
    assert all("https://example.org/a?b=c " in each and " `code` " in each for each in breaks)
