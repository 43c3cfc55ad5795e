"""What kind of values bodies said, and how they become two samples."""

import dataclasses
import enum

import numpy as np
import pytest

from pytest_modelcheck.canonical import encode_plain
from pytest_modelcheck.checks.drift import least_p_value, samples_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.stats.drift import label_drift


class Label(enum.Enum):
    REFUND = "refund"


@dataclasses.dataclass
class Triage:
    label: str
    priority: int


def samples(before, now):
    return samples_of([encode_plain(value) for value in before], [encode_plain(value) for value in now])


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("refund", "labels", "refund"),
        (True, "labels", True),
        (None, "labels", None),
        (Label.REFUND, "labels", "REFUND"),
        (3, "numbers", 3),
        (0.5, "numbers", 0.5),
        (np.float32(0.5), "numbers", 0.5),
        (np.array(0.5), "numbers", 0.5),
        ([1, 2.5], "features", [1.0, 2.5]),
        ((1, 2.5), "features", [1.0, 2.5]),
        (np.array([0.25, 0.75]), "features", [0.25, 0.75]),
        ({"length": 3}, "features", [3.0]),
    ],
)
def test_what_a_value_is(value, kind, read):
    found = samples([value], [value, value])
    assert (found.kind, list(found.before), len(found.now)) == (kind, [read], 2)


def test_labels_among_features_become_a_column_each():
    found = samples([Triage("refund", 1), Triage("other", 2)], [Triage("refund", 3)])
    assert found.names == ("label=other", "label=refund", "priority")
    assert found.before == [[0.0, 1.0, 1.0], [1.0, 0.0, 2.0]]
    assert found.now == [[0.0, 1.0, 3.0]]


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (["refund"], [3], "some answers are labels ('refund') and numbers (3)"),
        ([1.0], [1e308], "an answer is 1e+308, and numbers beyond 1e+30 are not compared"),
        ([1.0], [float("nan")], "an answer is nan, which has no place in a distribution"),
        ([{"a": 1}], [{"b": 1}], "not all answers have the same features: (a) and (b)"),
        ([[1, 2]], [[1]], "not all answers have the same features: (0, 1) and (0)"),
        ([{"a": {"b": 1}}], [{"a": {"b": 1}}], "is nested: say which part is compared"),
        ([np.zeros((2, 2))], [np.zeros((2, 2))], "has no distribution: say which part is compared"),
        ([object()], [object()], "has no distribution"),
        ([b"x"], [b"y"], "has no distribution"),
        ([{"text": str(n)} for n in range(60)], [{"text": "x"}], "feature 'text' has 61 different texts"),
    ],
)
def test_what_has_no_distribution_says_what_to_do(before, now, said):
    with pytest.raises(UsageError) as raised:
        samples(before, now)
    assert said in str(raised.value)


@pytest.mark.parametrize(("before", "now", "paired"), [(3, 3, False), (3, 4, False), (6, 6, True)])
def test_the_smallest_p_value_is_that_of_samples_as_far_apart_as_can_be(before, now, paired):
    found = label_drift(["a"] * before, ["b"] * now, 0.001, paired=paired)
    assert found.p_value == pytest.approx(least_p_value(before, now, paired=paired), rel=0.5)
