"""What holds for every perturbation of texts, whatever the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.texts import protected

ALL = [
    perturb.typos(n=3),
    perturb.typos(edits=4),
    perturb.swap_letters(),
    perturb.drop_letters(),
    perturb.double_letters(),
    perturb.near_keys(),
    perturb.casing(),
    perturb.casing("upper"),
    perturb.casing("title"),
    perturb.casing("swap"),
    perturb.whitespace(n=4),
    perturb.punctuation(n=4),
    perturb.append("Thank you."),
    perturb.prepend("Hi!"),
    perturb.replace("refund", "chargeback"),
    perturb.replace("e", "a", words=False, ignore_case=True),
    perturb.swap_names(n=2),
    perturb.swap_gender(n=2),
    perturb.countries(n=2),
    perturb.religions(n=2),
    perturb.diacritics(),
    perturb.normal_form(),
    perturb.homoglyphs(n=2, edits=2),
    perturb.leetspeak(),
    perturb.zero_width(n=2, edits=2),
    perturb.width(),
    perturb.ocr(n=2),
    perturb.homophones(n=2),
    perturb.transcript(),
    perturb.contractions(),
    perturb.spelling(),
    perturb.abbreviations(),
    perturb.negation(),
    perturb.politeness(n=2),
    perturb.irrelevant(n=2),
    perturb.emoji(),
    perturb.links(),
    perturb.markup(),
    perturb.injection(),
    perturb.entities(),
    perturb.hesitations(n=2),
    perturb.mojibake(),
    perturb.word_breaks(n=2),
    perturb.typos() | perturb.casing("upper"),
    perturb.one_of(perturb.typos(), perturb.swap_names(), perturb.punctuation()),
]
MOVING = [
    perturb.truncate(),
    perturb.truncate(0.3),
    perturb.sentence_order(n=2),
    perturb.number_words(),
    perturb.ages(),
]
"""Those that move protected parts, or are about numbers."""
named = pytest.mark.parametrize("perturbation", ALL, ids=lambda perturbation: perturbation.name)

WORDS = """
her husband Germany a German Polish Muslim church He Mrs. aged 25 old.
Please refund order 1182 A-1182 €12.50 Maria Ahmed's d'Alice https://x.io/a?b=1 a.b@c.org {name}
%s %(name)s <TAG> [NAME] $USER &amp; @maria #refund example.com/refund ¿dónde está? où? 我的订单 订单1182号
заказ1182 refund@ http:// हिन्दी नमस्ते 👩\u200d👩\u200d👧 e\u0301te\u0301 İstanbul straße
ﬁn ... ! , ` < { \u200d ǅ
"""
SPACED = ["`refund e`", "```\nrefund\n```", "{{ x }}", "\n", "\t", " ", "  ", ""]
PIECES = st.sampled_from([*WORDS.split(), *SPACED])
TEXT = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=12).map(
    " ".join
)


def check_variants(text, made):
    assert len({variant for _, variant in made}) == len(made)
    for _, variant in made:
        assert variant != text
        variant.encode()


def each(perturbations):
    """One after another on the same example, which takes longer to draw than to perturb."""
    for perturbation in perturbations:
        note(perturbation.name)
        yield perturbation


@settings(max_examples=60, deadline=None, derandomize=True)
@given(TEXT | st.lists(PIECES, max_size=10).map("".join), st.integers(0, 5))
@example("www.ww.ww", 0)
def test_each_variant_is_another_valid_text_with_all_protected_parts_in_it(text, seed):
    spans = [text[span.start : span.end] for span in protected(text)]
    for perturbation in each(ALL):
        made = perturb.variants(perturbation, text, seed)
        assert perturb.variants(perturbation, text, seed) == made
        check_variants(text, made)
        for _, variant in made:
            at = 0
            for span in spans:
                at = variant.find(span, at)
                assert at >= 0, (span, variant)
                at += len(span)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(TEXT)
def test_each_variant_of_those_that_move_parts_is_another_valid_text(text):
    spans = {text[span.start : span.end] for span in protected(text)}
    for perturbation in each(MOVING):
        made = perturb.variants(perturbation, text)
        assert perturb.variants(perturbation, text) == made
        check_variants(text, made)
        if perturbation.name not in ("number_words", "ages"):
            for _, variant in made:
                assert sorted(variant) == sorted(text) or text.startswith(variant)
                assert all(variant.count(span) <= text.count(span) for span in spans)


SCRIPT = """
import json, sys
sys.path.insert(0, {folder!r})
from test_properties import ALL, MOVING
from pytest_modelcheck import perturb
texts = json.load(sys.stdin)
print(json.dumps([perturb.variants(p, text, 7) for p in ALL + MOVING for text in texts]))
"""


def test_the_same_in_every_process():
    texts = [
        "Please refund Maria's order 1182, Ahmed!",
        "¿Dónde está mi pedido, Lucía?",
        "我的订单在哪里",
        "where is it",
    ]
    folder = str(Path(__file__).parent)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(folder=folder)],
            input=json.dumps(texts),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = json.dumps(
        [perturb.variants(perturbation, text, 7) for perturbation in ALL + MOVING for text in texts]
    )
    assert outputs == {here + "\n"}


@named
def test_the_seed_decides_and_the_first_variants_do_not_depend_on_their_number(perturbation):
    text = "Please tell Maria, a German Muslim, and Ahmed that the refund for their order is late, very late"
    if perturbation.random:
        assert len({perturb.variants(perturbation, text, seed) for seed in range(20)}) > 1
    else:
        assert len({perturb.variants(perturbation, text, seed) for seed in range(5)}) == 1


@pytest.mark.parametrize(
    "factory", [perturb.typos, perturb.near_keys, perturb.whitespace, perturb.swap_names]
)
def test_more_variants_begin_with_the_fewer(factory):
    text = "Please tell Maria and Ahmed that the refund for their order is late, very late"
    many = perturb.variants(factory(n=6), text)
    for n in range(1, 6):
        assert perturb.variants(factory(n=n), text) == tuple(item for item in many if item[0] < n)


HOSTILE = (
    "a 1 a1- - ` < { {{ @ # a@ a. a.b.com http:// http://. www. % $ &a Maria- d' ¿ . !? ， 我 e\u0301 A [A"
)
HOSTILE_SPACED = ["refund ", "Maria ", "San Maria ", "``` ", "<a ", "\n", " "]


@pytest.mark.parametrize("piece", [*HOSTILE.split(), *HOSTILE_SPACED])
def test_cost_is_linear_in_the_length_of_the_text(piece):
    """Sixteen times the text may take about sixteen times as long; quadratic would be 256 times."""

    def seconds(length):
        text = (piece * length)[:length]
        start = time.process_time()
        for perturbation in ALL + MOVING:
            perturb.variants(perturbation, text)
        return time.process_time() - start

    short = min(seconds(125) for _ in range(3))  # first, since what is imported late is imported now
    assert any(seconds(2_000) < 60 * short + 0.2 for _ in range(3))
