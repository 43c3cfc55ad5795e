"""What machines that read and listen make of a text."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.english_words import HOMOPHONES


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


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Hello, it's me: Maria!", ["hello it's me maria"]),
        ("¿Dónde está? (Urgente)", ["dónde está urgente"]),
        ("He paid 12.50, “twice”.", ["he paid 12.50 twice"]),
        ("see https://X.org/A.", ["see https://X.org/A"]),
        ("already so", []),
    ],
)
def test_transcript(text, written):
    assert perturb.transcript().preview(text) == written
