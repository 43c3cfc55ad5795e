"""The sentiment suite of CheckList (Ribeiro et al., ACL 2020): 38 tests, 86,420 cases, 178,578 questions.

Three test functions, one for each kind of test that CheckList has. None of them demands a pass rate: the
suite measures how often VADER fails.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from pytest_modelcheck import Case

SUITE = Path(os.environ["MODELCHECK_DATA"], "checklist-sentiment")
TESTS = json.loads((SUITE / "tests.json").read_text(encoding="utf-8"))

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
TOLERANCE = 0.1


def each(kind):
    """A run for each test of one kind, with its ``cases`` and its ``rule``."""
    runs = [
        pytest.param(test["test"], rule_of(**test["expect"]), id=test["test"])
        for test in TESTS
        if test["type"] == kind
    ]
    return pytest.mark.parametrize(("cases", "rule"), runs, indirect=["cases"])


def rule_of(*, name=None, expect=None, increasing=None, **_):
    """The expectation of a test, in a word or two."""
    if expect is not None:
        return rule_of(**expect)
    return name if increasing is None else f"{name} {'up' if increasing else 'down'}"


@pytest.fixture(scope="session")
def rows():
    """The rows of the suite, by the test that they belong to."""
    found = {}
    with gzip.open(SUITE / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(row["test"], []).append(row)
    return found


@pytest.fixture
def cases(request, rows):
    """The cases of one test. Inputs beyond a case's first are its variants, ready made."""
    return [
        Case(first, id=str(row["case"]), expected=row["label"], variants=tuple(variants))
        for row in rows[request.param]
        for first, *variants in [row["inputs"]]
    ]


@each("MFT")
@pytest.mark.golden(at_least=0.0)
def test_known_answers(vader, case, cases, rule):
    label = vader(case.input)["label"]
    if rule == "pred_ne" or (rule == "eq_or_ne0_if_label1" and case.expected == NEUTRAL):
        assert label != NEGATIVE
    else:
        assert label == case.expected


@each("INV")
@pytest.mark.invariance(at_least=0.0)
def test_invariance(vader, case, cases, rule):
    before, after = vader(case.input), vader(case.perturbed)
    if after["label"] != before["label"]:
        label = before["label"]
        assert abs(after["probs"][label] - before["probs"][label]) <= TOLERANCE


@each("DIR")
@pytest.mark.directional(at_least=0.0, allow_constant=True)  # only counted: "used to" moves nothing
def test_direction(vader, case, cases, rule):
    before, after = vader(case.input), vader(case.perturbed)
    if rule == "diff_up":
        assert more_positive(before, after) >= -TOLERANCE
    elif rule == "diff_down":
        assert more_positive(before, after) <= TOLERANCE
    elif rule == "monotonic up":
        was, now = confidence(before, after)
        assert now - was >= -TOLERANCE
    else:
        was, now = confidence(before, after)
        if was >= 1 - TOLERANCE:
            pytest.skip("as good as certain to begin with")
        assert now - was <= TOLERANCE


def more_positive(before, after):
    """The probability moved from negative to positive."""
    return (before["probs"][NEGATIVE] - after["probs"][NEGATIVE]) + (
        after["probs"][POSITIVE] - before["probs"][POSITIVE]
    )


def confidence(before, after):
    """The probability of the model's first label, before and after."""
    label = before["label"]
    if label == NEUTRAL:
        pytest.skip("neutral to begin with")
    return before["probs"][label], after["probs"][label]
