"""Texts cut short, and sentences in another order."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


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
    with pytest.raises(PerturbationError, match="the part that stays is more than 0 and less than 1"):
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


@pytest.mark.parametrize("text", ["One sentence.", "", "no marks at all", "A. A."])
def test_a_single_sentence_has_no_order(text):
    assert perturb.sentence_order(n=3).preview(text) == []


def test_sentences_without_spaces():
    assert perturb.sentence_order().preview("我要退款。订单坏了。") == ["订单坏了。我要退款。"]
