"""All declared slices together keep the promise of one limit."""

import numpy as np

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.protocol import FreshSets, Probes, Rules
from pytest_modelcheck.checks.slice_drop import look_at_slice_drops
from pytest_modelcheck.records import Status

SLICES = {f"part={part}": frozenset(range(part * 20, part * 20 + 20)) for part in range(6)}


def judged(then, now, rng):
    """One whole check of 120 cases in six slices, approved on three runs."""
    cases = [
        CaseRuns(tuple((rng.random(3) < before).astype(float)), ((float(rng.random() < after),),))
        for before, after in zip(then, now, strict=True)
    ]
    while True:
        look, told = look_at_slice_drops(Evidence(cases, repeated=True), range(120), SLICES, 0, Rules())
        if look.needs is None:
            return look.status, told
        if isinstance(look.needs, FreshSets):
            draws = [tuple((rng.random(2) < after).astype(float)) for after in now]
            cases = [
                CaseRuns(one.approved, (*one.sets, more)) for one, more in zip(cases, draws, strict=True)
            ]
        else:
            assert isinstance(look.needs, Probes)
            for number in look.needs.cases:
                one = cases[number]
                recovered = bool(rng.random() < now[number])
                cases[number] = CaseRuns(one.approved, one.sets, one.probes + 1, recovered)


def test_an_unchanged_model_fails_in_at_most_one_of_a_hundred_checks():
    rng = np.random.default_rng(4)
    chances = rng.beta(0.9, 0.3, 120)
    failed = sum(judged(chances, chances, rng)[0] is Status.FAILED for _ in range(100))
    assert failed <= 4  # three standard errors beyond 1


def test_a_slice_that_is_lost_fails_and_is_named():
    rng = np.random.default_rng(4)
    then = np.full(120, 0.95)
    now = np.where(np.arange(120) // 20 == 3, 0.2, 0.95)
    found = [judged(then, now, rng) for _ in range(10)]
    assert all(status is Status.FAILED and told.startswith("part=3:") for status, told in found)
