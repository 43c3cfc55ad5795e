"""Properties of every perturbation, for any text, record, array or image."""

from __future__ import annotations

import copy
import math
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.paths import leaves
from pytest_modelcheck.perturb.texts import protected

TEXTS = [
    perturb.typos(n=3), perturb.typos(edits=4), perturb.swap_letters(), perturb.drop_letters(),
    perturb.double_letters(), perturb.near_keys(), perturb.casing(), perturb.casing("upper"),
    perturb.casing("title"), perturb.casing("swap"), perturb.whitespace(n=4), perturb.punctuation(n=4),
    perturb.append("Thank you."), perturb.prepend("Hi!"), perturb.replace("refund", "chargeback"),
    perturb.replace("e", "a", words=False, ignore_case=True), perturb.swap_names(n=2),
    perturb.swap_gender(n=2), perturb.countries(n=2), perturb.religions(n=2), perturb.diacritics(),
    perturb.normal_form(), perturb.homoglyphs(n=2, edits=2), perturb.leetspeak(),
    perturb.zero_width(n=2, edits=2), perturb.width(), perturb.ocr(n=2), perturb.homophones(n=2),
    perturb.transcript(), perturb.contractions(), perturb.spelling(), perturb.abbreviations(),
    perturb.negation(), perturb.politeness(n=2), perturb.irrelevant(n=2), perturb.emoji(), perturb.links(),
    perturb.markup(), perturb.injection(), perturb.entities(), perturb.hesitations(n=2), perturb.mojibake(),
    perturb.word_breaks(n=2), perturb.typos() | perturb.casing("upper"),
    perturb.one_of(perturb.typos(), perturb.swap_names(), perturb.punctuation()),
]  # fmt: skip
MOVING = [
    perturb.truncate(), perturb.truncate(0.3), perturb.sentence_order(n=2), perturb.number_words(),
    perturb.ages(),
]  # fmt: skip
RECORDS = [
    perturb.jitter(0.2, n=2), perturb.jitter(3, absolute=True), perturb.scale(2, -1, 0),
    perturb.rounding(1), perturb.rounding(-2), perturb.extremes(n=2), perturb.missing(n=3),
    perturb.missing(n=2, how="drop"), perturb.missing(how="empty"), perturb.extra_fields(n=2),
    perturb.field_order(n=2), perturb.type_noise(n=3), perturb.jitter(0.2) | perturb.field_order(),
    perturb.one_of(perturb.missing(), perturb.type_noise(), perturb.jitter()),
]  # fmt: skip
LIGHT = [
    perturb.brightness(), perturb.contrast(), perturb.gamma(), perturb.gaussian_noise(n=2),
    perturb.salt_and_pepper(0.2, n=2), perturb.blur(1, 3), perturb.jpeg(5, 30), perturb.occlude(n=2),
]  # fmt: skip
MOVED = [
    perturb.rotate(), perturb.shift(0.3, n=2), perturb.crop(0.6, n=2), perturb.flip(),
    perturb.flip("vertical"),
]  # fmt: skip
IMAGES = [
    *LIGHT,
    *MOVED,
    perturb.brightness(0.1) | perturb.jpeg(),
    perturb.one_of(perturb.blur(), perturb.rotate()),
]


def image(height, width, channels, kind, seed=0):
    shape = (height, width) if channels == 0 else (height, width, channels)
    made = np.random.RandomState(seed).uniform(0, 1, shape)
    return (made * 255).astype(kind) if kind == "uint8" else made.astype(kind)


def by_name(perturbations):
    return pytest.mark.parametrize("perturbation", perturbations, ids=lambda one: one.name)


TALK = "Hi! Please tell Maria, a German Muslim aged 25, and Ahmed that their refund is late. Very late!"
CUSTOMERS = [
    {
        "id": 7,
        "age": 40,
        "income": 52_000.5,
        "plan": "pro",
        "note": "x",
        "paid": True,
        "items": [{"n": 1}, {"n": 2.5}],
    },
    {"price": Decimal("12.50"), "count": "12", "nothing": None, "scores": np.arange(6.0).reshape(2, 3)},
]

# Each group of perturbations, with inputs for them.
GROUPS = [
    (
        TEXTS + MOVING,
        [TALK, "Please refund Maria's order 1182, Ahmed!", "¿Dónde está mi pedido, Lucía?", "我的订单在哪里"],
    ),
    (RECORDS, CUSTOMERS),
    (IMAGES, [image(24, 24, 3, "uint8"), image(9, 13, 3, "uint8")]),
]
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_properties import made_of_all
print(made_of_all())
"""


def made_of_all():
    return [
        digest(perturb.variants(perturbation, sample, 7)).hex()
        for perturbations, samples in GROUPS
        for perturbation in perturbations
        for sample in samples
    ]


def test_the_same_in_every_process():
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(folder=str(Path(__file__).parent))],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == str(made_of_all())


@pytest.mark.parametrize(
    ("perturbation", "sample"),
    [(one, samples[0]) for perturbations, samples in GROUPS for one in perturbations],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_seed_decides(perturbation, sample):
    seen = {digest(perturb.variants(perturbation, sample, seed)) for seed in range(20)}
    assert (len(seen) > 1) is perturbation.random


@pytest.mark.parametrize(
    ("factory", "sample"),
    [
        *((getattr(perturb, name), TALK) for name in ("typos", "near_keys", "whitespace", "swap_names")),
        *(
            (getattr(perturb, name), CUSTOMERS[0])
            for name in ("jitter", "missing", "type_noise", "extremes", "field_order")
        ),
    ],
)
def test_more_variants_begin_with_the_fewer(factory, sample):
    many = perturb.variants(factory(n=6), sample)
    for n in range(1, 6):
        fewer = tuple(item for item in many if item[0] < n)
        assert digest(perturb.variants(factory(n=n), sample)) == digest(fewer)


def each(perturbations):
    """All on the same example, which takes longer to draw than to perturb."""
    for perturbation in perturbations:
        note(perturbation.name)
        yield perturbation


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


@settings(max_examples=60, deadline=None, derandomize=True)
@given(TEXT | st.lists(PIECES, max_size=10).map("".join), st.integers(0, 5))
@example("www.ww.ww", 0)
def test_each_variant_is_another_valid_text_with_all_protected_parts_in_it(text, seed):
    spans = [text[span.start : span.end] for span in protected(text)]
    for perturbation in each(TEXTS):
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


NUMBERS = st.integers() | st.floats() | st.decimals(-1000, 1000, places=2) | st.booleans()
VALUES = NUMBERS | st.none() | st.text(max_size=5) | st.sampled_from(["12", "1.5"])
NAMES = st.sampled_from(["id", "age", "customer_id", "income", "plan", "a.b", "zip", "rate"])
RECORD = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_size=6,
)
PROTECTED = ("id", "customer_id", "zip")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD, st.integers(0, 5))
def test_each_variant_is_another_record_and_the_input_stays_as_it_was(record, seed):
    before = digest(copy.deepcopy(record))
    for perturbation in each(RECORDS):
        made = perturb.variants(perturbation, record, seed)
        direct = perturbation.apply(record, perturb.perturbation.rng_for(seed, perturbation.name, record))
        assert digest(record) == before
        assert len(direct) >= len(made)
        assert digest(perturb.variants(perturbation, record, seed)) == digest(made)
        assert len({digest(variant) for _, variant in made} | {before}) == len(made) + 1
        assert all(isinstance(variant, dict) for _, variant in made)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD)
def test_identifiers_keep_their_values(record):
    named = [name for name in PROTECTED if name in record and not isinstance(record[name], dict | list)]
    for perturbation in each(RECORDS if named else ()):
        for _, variant in perturb.variants(perturbation, record):
            for name in named:
                assert digest(variant[name]) == digest(record[name])


def check_numbers(before, variants):
    for _, variant in variants:
        after = dict(leaves(variant))
        assert after.keys() == before.keys()
        for path, old in before.items():
            assert type(after[path]) is type(old)
            if type(old) not in (int, float, Decimal):
                assert after[path] == old
            elif not math.isfinite(old):
                assert str(after[path]) == str(old)
            else:
                assert math.isfinite(after[path])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RECORD)
def test_numbers_keep_their_types_and_all_else_its_value(record):
    before = dict(leaves(record))
    for perturbation in each(RECORDS[:6]):
        check_numbers(before, perturb.variants(perturbation, record))


ARRAYS = st.sampled_from(["uint8", "int16", "int64", "float32", "float64", "bool"]).flatmap(
    lambda kind: st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 99)).map(
        lambda drawn: (np.random.RandomState(drawn[2]).normal(0, 50, drawn[:2])).astype(kind)
    )
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(ARRAYS)
def test_arrays_keep_their_type_and_shape(array):
    before = array.copy()
    for perturbation in each(RECORDS[:6]):
        for _, variant in perturb.variants(perturbation, array):
            assert (variant.dtype, variant.shape) == (before.dtype, before.shape)
            assert np.isfinite(variant).all()
            assert not np.shares_memory(variant, array)
        assert (array == before).all()


PICTURES = st.builds(
    image,
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([0, 1, 2, 3, 4]),
    st.sampled_from(["uint8", "float16", "float32", "float64"]),
    st.integers(0, 99),
)


@by_name(IMAGES)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(PICTURES, st.integers(0, 5))
def test_type_shape_and_range_stay(perturbation, picture, seed):
    before = picture.copy()
    made = perturb.variants(perturbation, picture, seed)
    assert digest(perturb.variants(perturbation, picture, seed)) == digest(made)
    assert len({digest(variant) for _, variant in made} | {digest(picture)}) == len(made) + 1
    for _, variant in made:
        assert (variant.dtype, variant.shape) == (before.dtype, before.shape)
        assert variant.min() >= 0
        assert variant.max() <= (255 if picture.dtype == "uint8" else 1)
        assert not np.shares_memory(variant, picture)
    assert (picture == before).all()


@by_name(LIGHT)
@pytest.mark.parametrize("channels", [2, 4])
def test_light_leaves_opacity_as_it_is(perturbation, channels):
    picture = image(16, 16, channels, "uint8")
    made = perturbation.preview(picture)
    assert made
    assert all((variant[..., -1] == picture[..., -1]).all() for variant in made)


@by_name(MOVED)
def test_the_opacity_of_an_image_moves_with_it(perturbation):
    picture = image(16, 16, 4, "uint8")
    made = perturbation.preview(picture)
    assert made
    assert all((variant[..., -1] != picture[..., -1]).any() for variant in made)


@by_name(IMAGES)
def test_the_image_may_be_a_part_of_the_input(perturbation):
    picture = image(16, 16, 3, "float32")
    for made in perturbation.preview({"image": picture, "question": "What is it?"}):
        assert made["question"] == "What is it?"
        assert made["image"].shape == picture.shape


@by_name(LIGHT + MOVED)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("a cat", "str is not an image: an image is an array of numpy"),
        (np.zeros(8), "an array of 8 is not an image: it must be height × width"),
        (np.zeros((3, 8, 8)), r"it has its channels first: image.transpose\(1, 2, 0\)"),
        (np.zeros((0, 8)), "an array of 0×8 is not an image"),
        (np.full((8, 8), 200.0), r"from 200 to 200 is not an image: floats go from 0 to 1 \(divide by 255"),
        (np.full((8, 8), np.nan), "is not an image: floats go from 0 to 1"),
        (np.zeros((8, 8), "int64"), "an array of int64 is not an image: it must be of uint8"),
        ({"a": np.zeros((8, 8)), "b": np.zeros((8, 8))}, "2 of the parts of the input are arrays; say where"),
    ],
)
def test_an_invalid_image_is_reported_with_the_case(perturbation, given, message):
    with pytest.raises(PerturbationError, match=r"case t-1: .*" + message):
        perturb.variants(perturbation, given, 0, "t-1")


HOSTILE = (
    "a 1 a1- - ` < { {{ @ # a@ a. a.b.com http:// http://. www. % $ &a Maria- d' ¿ . !? ， 我 e\u0301 A [A"
)
HOSTILE_SPACED = ["refund ", "Maria ", "San Maria ", "``` ", "<a ", "\n", " "]


def check_cost(perturbations, make, size):
    """Sixteen times the input may take about sixteen times as long; quadratic would be 256 times."""

    def seconds(size):
        given = make(size)
        start = time.process_time()
        for perturbation in perturbations:
            perturb.variants(perturbation, given)
        return time.process_time() - start

    short = min(seconds(size) for _ in range(3))  # first, so that late imports are done
    assert any(seconds(16 * size) < 60 * short + 0.2 for _ in range(3))


@pytest.mark.parametrize("piece", [*HOSTILE.split(), *HOSTILE_SPACED])
def test_cost_is_linear_in_the_length_of_the_text(piece):
    check_cost(TEXTS + MOVING, lambda length: (piece * length)[:length], 125)


@pytest.mark.parametrize("shape", ["wide", "nested", "list"])
def test_cost_is_linear_in_the_size_of_the_record(shape):
    def record(size):
        flat = {f"f{number}": number + 0.5 if number % 2 else number for number in range(size)}
        if shape == "wide":
            return flat
        return {"rows": list(flat.values())} if shape == "list" else {"a": {"b": {"c": flat}}}

    check_cost(RECORDS, record, 100)


def test_cost_is_linear_in_the_size_of_the_image():
    check_cost(IMAGES, lambda pixels: image(math.isqrt(pixels), math.isqrt(pixels), 3, "uint8"), 32 * 32)
