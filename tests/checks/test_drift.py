"""Distributions of answers against approved ones: verdicts, guards, false alarms and power."""

import dataclasses
import enum
import json
import math
import random

import numpy as np
import pytest

from pytest_modelcheck.canonical import encode_plain, unstored
from pytest_modelcheck.checks.drift import DriftValues, Reference, decide_drift, least_p_value, samples_of
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Status
from pytest_modelcheck.stats.drift import feature_drift, label_drift

PASSED, FAILED, INCONCLUSIVE = Status.PASSED, Status.FAILED, Status.INCONCLUSIVE


def raw(values):
    return [json.dumps(value).encode() for value in values]


def verdict(before, now, tolerance=None, limits=Limits(), **options):
    sampled = DriftValues(None if before is None else raw(before), raw(now), **options)
    (finding,), moved = decide_drift(sampled, Reference(tolerance=tolerance), limits)
    return finding, moved


def labels(refunds, of=200):
    return ["refund"] * refunds + ["other"] * (of - refunds)


class TestVerdicts:
    def test_an_unmoved_distribution_passes(self):
        finding, moved = verdict(labels(60), labels(60))
        assert finding.status is PASSED
        assert finding.summary.startswith("distribution of answers is as before: total variation 0 (0.0")
        assert not moved.changes

    def test_a_moved_distribution_fails_and_is_described(self):
        finding, moved = verdict(labels(62), labels(28), name="of 2.0")
        assert finding.status is FAILED
        assert finding.p_value < 0.01
        assert finding.summary.startswith("distribution of answers moved: total variation 0.17 (0.0")
        assert "by chance), at most 0.05 more allowed; 'refund' 31% → 14%" in finding.summary
        assert moved.changes == (("'refund'", "31%", "14%"), ("'other'", "69%", "86%"))
        assert (moved.before, moved.after, moved.against) == (200, 200, "of 2.0")

    def test_a_move_that_chance_readily_explains_passes_and_says_so(self):
        """Unchanged distributions of 20 answers warned in 30% of runs, and are to warn in 5% at most."""
        finding, _ = verdict(labels(9, 30), labels(15, 30))
        assert finding.status is PASSED
        assert finding.summary.endswith("; chance explains it")
        assert finding.reveals.startswith(
            "30 answers against 30 can reliably reveal only moves of more than about 0."
        )

    def test_a_move_that_chance_could_explain_is_inconclusive(self):
        finding, _ = verdict(labels(9, 30), labels(18, 30))
        assert finding.status is INCONCLUSIVE
        assert finding.summary.endswith("; chance could explain it")
        assert finding.reveals.startswith(
            "30 answers against 30 can reliably reveal only moves of more than about 0."
        )

    def test_an_inconclusive_move_may_fail(self):
        finding, _ = verdict(labels(9, 30), labels(18, 30), limits=Limits(inconclusive="fail"))
        assert finding.status is FAILED

    def test_a_tolerated_move_passes_however_certain_it_is(self):
        before, now = labels(6000, 20000), labels(6800, 20000)
        assert verdict(before, now, tolerance=0.0)[0].status is FAILED
        assert verdict(before, now, tolerance=0.05)[0].status is PASSED

    def test_numbers_are_compared_in_their_unit(self):
        before = [float(n % 10) for n in range(200)]
        finding, moved = verdict(before, [value + 3 for value in before])
        assert finding.status is FAILED
        assert moved.measure == "Wasserstein distance"
        assert moved.distance == pytest.approx(3)
        assert moved.tolerance == pytest.approx(0.05 * 2.872, rel=0.01)
        assert moved.changes[0] == ("mean", "4.5", "7.5")

    def test_features_are_distinguished_by_a_classifier(self):
        luck = random.Random(0)
        before = [{"length": luck.gauss(40, 10), "language": "es"} for _ in range(150)]
        now = [{"length": luck.gauss(60, 10), "language": "es"} for _ in range(150)]
        finding, moved = verdict(before, now)
        assert finding.status is FAILED
        assert finding.summary.startswith("distribution of answers moved: Gini of a classifier 0.")
        assert [name for name, _, _ in moved.changes] == ["length"]

    def test_features_that_a_classifier_tells_apart_worse_than_by_guessing_are_at_no_distance(self):
        luck = random.Random(2)
        before, now = ([{"a": luck.random(), "b": luck.random()} for _ in range(60)] for _ in range(2))
        unclipped = feature_drift(*([list(row.values()) for row in side] for side in (before, now)), 0.01)
        assert unclipped.distance < 0
        finding, moved = verdict(before, now)
        assert moved.distance == 0
        assert "Gini of a classifier 0 (" in finding.summary

    def test_the_same_inputs_show_more(self):
        luck = random.Random(0)
        before = [luck.gauss(0, 1) for _ in range(60)]
        now = [value + 0.2 + luck.gauss(0, 0.05) for value in before]
        assert verdict(before, now)[0].status is not FAILED
        assert verdict(before, now, paired=True)[0].status is FAILED

    @pytest.mark.parametrize("value", ["refund", 3.0])
    def test_constant_answers_did_not_move(self, value):
        finding, moved = verdict([value] * 50, [value] * 60)
        assert (finding.status, moved.distance) == (PASSED, 0.0)

    def test_from_one_constant_to_another_all_moved(self):
        finding, moved = verdict(["refund"] * 20, ["other"] * 20)
        assert (finding.status, moved.distance) == (FAILED, 1.0)

    @pytest.mark.parametrize("approved", [True, False])
    def test_only_what_was_approved_is_settled_by_an_approval(self, approved):
        assert verdict(labels(60), labels(20), approved=approved)[0].against_baseline is approved


class TestGuards:
    def test_nothing_to_compare_with(self):
        finding, moved = verdict(None, labels(60))
        assert (finding.status, finding.against_baseline, moved) == (FAILED, True, None)
        assert finding.summary == "no approved baseline yet: there is nothing to compare 200 answers with"

    @pytest.mark.parametrize("value", [[1, [2]], 1e300])
    def test_answers_without_a_distribution_are_refused_before_approval(self, value):
        with pytest.raises(UsageError, match=r"case\.record"):
            verdict(None, [value] * 50)

    def test_too_few_are_refused_before_they_are_approved(self):
        finding, _ = verdict(None, [1.0, 2.0, 3.0])
        assert finding.summary.startswith("3 answers against 3 can never show drift")
        assert not finding.against_baseline

    def test_an_empty_side(self):
        assert verdict([], labels(3, 10))[0].summary == "10 answers against 0: there is nothing to judge"

    @pytest.mark.parametrize(
        ("of", "paired", "enough"), [(4, False, False), (6, False, True), (7, True, False)]
    )
    def test_too_few_to_ever_fail(self, of, paired, enough):
        finding, _ = verdict(["a"] * of, ["b"] * of, paired=paired)
        assert finding.status is FAILED
        assert finding.limit == ("drift" if enough else "size")

    def test_features_need_enough_to_learn_from(self):
        finding, _ = verdict([[1.0]] * 7, [[2.0]] * 200)
        assert finding.limit == "size"
        assert "can never show drift, however far they are apart (false_fail_rate=0.01)" in finding.summary

    def test_texts_that_occur_once_are_no_labels(self):
        finding, _ = verdict([f"answer {n}" for n in range(50)], [f"reply {n}" for n in range(50)])
        assert (finding.status, finding.limit) == (FAILED, "labels")
        assert finding.summary.startswith("100 of 100 answers are texts that occur once")

    def test_failed_assertions(self):
        finding, _ = verdict(labels(60), labels(60), failed=2)
        assert finding.summary.startswith("2 cases failed an assertion: a drift check compares distributions")

    def test_an_edited_test(self):
        finding, _ = verdict(labels(60), labels(60), edited=True)
        assert (finding.status, finding.against_baseline) == (FAILED, True)


KINDS = {
    "labels": lambda luck: luck.choices("abc", (5, 3, 2))[0],
    "numbers": lambda luck: round(luck.gauss(0, 1), 3),
    "paired": lambda luck: luck.choices("abc", (5, 3, 2))[0],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [20, 100])
def test_false_alarms_are_as_rare_as_promised(kind, size):
    """At a tolerance of 0, where the permutation test alone decides."""
    runs, limits = 100, Limits(false_fail_rate=0.05)
    luck = random.Random(size)
    failed = 0
    for _ in range(runs):
        before, now = ([KINDS[kind](luck) for _ in range(size)] for _ in range(2))
        failed += verdict(before, now, 0.0, limits, paired=kind == "paired")[0].status is FAILED
    assert failed <= runs * 0.05 + 3 * (runs * 0.05 * 0.95) ** 0.5


def test_a_large_move_is_nearly_always_seen():
    luck = random.Random(0)
    seen = 0
    for _ in range(50):
        before = [luck.random() < 0.31 for _ in range(200)]
        now = [luck.random() < 0.10 for _ in range(200)]
        seen += verdict(before, now)[0].status is FAILED
    assert seen >= 45


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
def test_values_of_answers(value, kind, read):
    found = samples([value], [value, value])
    assert (found.kind, list(found.before), len(found.after)) == (kind, [read], 2)


def test_labels_among_features_become_a_column_each():
    found = samples([Triage("refund", 1), Triage("other", 2)], [Triage("refund", 3)])
    assert found.names == ("label=other", "label=refund", "priority")
    assert found.before == [[0.0, 1.0, 1.0], [1.0, 0.0, 2.0]]
    assert found.after == [[0.0, 1.0, 3.0]]


@pytest.mark.parametrize("missing", [None, math.nan, np.float64("nan")])
def test_missing_numbers_among_features_become_a_column_of_their_own(missing):
    found = samples([{"income": float(n)} for n in range(100)], [{"income": missing}])
    assert found.names == ("income", "income=None")
    assert found.before[7] == [7.0, 0.0]
    assert found.after == [[49.5, 1.0]]
    of_arrays = samples([np.array([0.25, 0.5])], [np.array([0.75, math.nan])])
    assert (of_arrays.names, of_arrays.after) == (("0", "1", "1=None"), [[0.75, 0.5, 1.0]])


def test_numbers_that_go_missing_are_drift():
    rows = [{"income": float(n % 83)} for n in range(300)]
    now = [{"income": None if n % 2 else row["income"]} for n, row in enumerate(rows)]
    finding, moved = verdict(rows, now)
    assert finding.status is FAILED
    assert moved.changes[0] == ("income=None", "0", "0.5")


@pytest.mark.parametrize(
    ("before", "now", "message"),
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
def test_answers_without_a_distribution_are_refused_with_a_remedy(before, now, message):
    with pytest.raises(UsageError) as raised:
        samples(before, now)
    assert message in str(raised.value)


def test_answers_that_cannot_be_stored_have_no_distribution():
    """Their descriptions must not be compared in place of them; the remedy is that of the codec."""
    line = unstored(object(), "an object cannot be stored: name its class, returns=...")
    with pytest.raises(UsageError) as raised:
        samples_of([b'"refund"'], [line])
    expected = "answers have no distribution where they cannot be stored: an object cannot be stored: name"
    assert str(raised.value).startswith(expected)


@pytest.mark.parametrize(("before", "now", "paired"), [(3, 3, False), (3, 4, False), (6, 6, True)])
def test_the_smallest_p_value_is_that_of_samples_as_far_apart_as_can_be(before, now, paired):
    found = label_drift(["a"] * before, ["b"] * now, 0.001, paired=paired)
    assert found.p_value == pytest.approx(least_p_value(before, now, paired=paired), rel=0.5)
