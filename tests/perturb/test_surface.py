"""Capitals, white space and punctuation."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


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
        PerturbationError, match=r"casing\('up'\): there are 'lower', 'upper', 'title', 'swap'"
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
