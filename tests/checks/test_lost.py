"""Candidate slices, and the rule that decides that one of them lost."""

import numpy as np
import pytest

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.lost import LostSlice, candidates_of, look_at_slice_drops, look_at_slices
from pytest_modelcheck.checks.protocol import FreshSets, Probes, Reason, Rules
from pytest_modelcheck.checks.slices import Slices
from pytest_modelcheck.records import Case, Status

CASES = [
    Case(f"question {n}" + " please" * (n % 2), metadata={"language": "es" if n % 4 == 0 else "en"})
    for n in range(80)
]
SLICES = Slices(None)
SLICES.extend(CASES)
CANDIDATES = candidates_of(SLICES, CASES, range(80))
RULES = Rules()
THREE = (1.0, 1.0, 1.0)


def runs(broken, *sets):
    """Cases by number: those that broke have these sets, all others pass in as many."""
    return [CaseRuns(THREE, sets if n in broken else tuple((1.0,) for _ in sets)) for n in range(80)]


SPANISH = [n for n in range(80) if n % 4 == 0][:15]


def test_values_pairs_and_features_are_candidates():
    assert {"language=es", "language=en"} <= set(CANDIDATES.names)
    assert any(name.startswith("length >") for name in CANDIDATES.names)
    assert CANDIDATES.rows.shape == (len(CANDIDATES.names), 80)
    inside = CANDIDATES.rows[CANDIDATES.names.index("language=es")]
    assert [n for n in range(80) if inside[n]] == [n for n in range(80) if n % 4 == 0]


def test_a_feature_that_most_cases_share_is_a_candidate():
    """Beyond three quarters of the cases, all quartiles are the highest value, above which no case lies."""
    cases = [Case("Where is it" + ("?" if n % 5 else "")) for n in range(80)]
    slices = Slices(None)
    slices.extend(cases)
    found = candidates_of(slices, cases, range(80))
    sizes = dict(zip(found.names, found.rows.sum(axis=1).tolist(), strict=True))
    assert (sizes["has no question mark"], sizes["length <= 11"]) == (16, 16)


def test_only_cases_that_are_compared_count():
    some = candidates_of(SLICES, CASES, range(0, 80, 2))
    assert some.rows.shape[1] == 40


def test_a_slice_that_lost_needs_fresh_sets_and_then_fails():
    look, lost = look_at_slices(Evidence(runs(SPANISH, (0.0,))), CANDIDATES, RULES)
    assert look.needs == FreshSets()
    look, lost = look_at_slices(Evidence(runs(SPANISH, (0.0,), (0.0, 0.0))), CANDIDATES, RULES)
    assert (look.status, look.reason) == (Status.FAILED, Reason.EXACT)
    assert str(lost) == "15 of 20 cases with language=es broke; elsewhere 0 broke"


def test_cases_that_vary_pass_less_often_and_do_not_break():
    """Of a case that passed in two of three approved runs, nothing else in a report says that it broke."""
    assert str(LostSlice("language=es", 9, 0, 9, 1, 0.001, varies=True)) == (
        "9 of 9 cases with language=es pass less often; elsewhere 1"
    )
    assert str(LostSlice("language=es", 7, 2, 9, 0, 0.001, varies=True)) == (
        "7 of 9 cases with language=es pass less often, 2 more often; elsewhere 0"
    )
    flaky, steady = CaseRuns((1.0, 1.0, 0.0), ((0.0,), (0.0, 0.0))), CaseRuns(THREE, ((1.0,), (1.0, 1.0)))
    cases = [flaky if n in SPANISH else steady for n in range(80)]
    _, lost = look_at_slices(Evidence(cases), CANDIDATES, RULES)
    assert str(lost).startswith("15 of 20 cases with language=es pass less often")


def test_scores_that_fall_far_in_a_slice_fail_though_others_rise():
    """Scores are not broken cases: nothing was searched, and a slice that fell from 0.9 to 0.2 passed."""
    cases = [CaseRuns((0.9,), ((0.2,),)) if n % 4 == 0 else CaseRuns((0.7,), ((0.95,),)) for n in range(80)]
    evidence = Evidence(cases, graded=True, deterministic=True)
    look, lost = look_at_slices(evidence, CANDIDATES, RULES)
    assert look.status is Status.FAILED
    assert (
        str(lost) == "scores fell by 0.7 on average in 20 cases with language=es; elsewhere they rose by 0.25"
    )


@pytest.mark.parametrize(("scale", "status"), [(1.0, Status.PASSED), (0.5, Status.FAILED)])
def test_scores_that_fall_by_less_than_a_tenth_of_their_scale_are_not_searched(scale, status):
    cases = [CaseRuns((0.9,), ((0.85,),)) if n % 4 == 0 else CaseRuns((0.7,), ((0.8,),)) for n in range(80)]
    evidence = Evidence(cases, graded=True, deterministic=True)
    assert look_at_slices(evidence, CANDIDATES, RULES, scale=scale)[0].status is status


@pytest.mark.parametrize(("size", "status"), [(1, Status.FAILED), (5, Status.PASSED)])
def test_groups_count_once(size, status):
    """Fifteen cases of three groups are three observations."""
    evidence = Evidence(runs(SPANISH, (0.0,)), deterministic=True)
    groups = [("es", n // 4 // size) if n % 4 == 0 else n for n in range(80)]
    assert look_at_slices(evidence, CANDIDATES, RULES, groups=groups)[0].status is status


def test_a_deterministic_model_needs_no_fresh_sets():
    evidence = Evidence(runs(SPANISH, (0.0,)), deterministic=True)
    assert look_at_slices(evidence, CANDIDATES, RULES)[0].status is Status.FAILED


@pytest.mark.parametrize("fresh", [(1.0, 1.0), (1.0, 0.0)])
def test_a_slice_that_the_fresh_sets_do_not_show_is_not_reported(fresh):
    look, _ = look_at_slices(Evidence(runs(SPANISH, (0.0,), (1.0, 1.0))), CANDIDATES, RULES)
    assert look.status is Status.PASSED


def test_few_cases_that_broke_are_not_searched():
    look, lost = look_at_slices(Evidence(runs(SPANISH[:4], (0.0,))), CANDIDATES, RULES)
    assert (look.status, lost) == (Status.PASSED, None)


def test_without_confirmation_a_slice_is_inconclusive():
    look, _ = look_at_slices(Evidence(runs(SPANISH, (0.0,))), CANDIDATES, Rules(confirm=False))
    assert (look.status, look.needs) == (Status.INCONCLUSIVE, None)


PARTS = {f"part={part}": frozenset(range(part * 20, part * 20 + 20)) for part in range(6)}


def judged(approved, current, rng):
    """One whole check of 120 cases in six slices, approved on three runs."""
    cases = [
        CaseRuns(tuple((rng.random(3) < before).astype(float)), ((float(rng.random() < after),),))
        for before, after in zip(approved, current, strict=True)
    ]
    while True:
        look, text = look_at_slice_drops(Evidence(cases, repeated=True), range(120), PARTS, 0, Rules())
        if look.needs is None:
            return look.status, text
        if isinstance(look.needs, FreshSets):
            draws = [tuple((rng.random(2) < after).astype(float)) for after in current]
            cases = [
                CaseRuns(one.approved, (*one.sets, more)) for one, more in zip(cases, draws, strict=True)
            ]
        else:
            assert isinstance(look.needs, Probes)
            for number in look.needs.cases:
                one = cases[number]
                recovered = bool(rng.random() < current[number])
                cases[number] = CaseRuns(one.approved, one.sets, one.probes + 1, recovered)


def test_an_unchanged_model_fails_in_at_most_one_of_a_hundred_checks():
    rng = np.random.default_rng(4)
    chances = rng.beta(0.9, 0.3, 120)
    failed = sum(judged(chances, chances, rng)[0] is Status.FAILED for _ in range(100))
    assert failed <= 4  # three standard errors beyond 1


def test_a_slice_that_is_lost_fails_and_is_named():
    rng = np.random.default_rng(4)
    approved = np.full(120, 0.95)
    current = np.where(np.arange(120) // 20 == 3, 0.2, 0.95)
    found = [judged(approved, current, rng) for _ in range(10)]
    assert all(status is Status.FAILED and text.startswith("part=3:") for status, text in found)


@pytest.mark.parametrize(
    ("outside", "words"),
    [(0.25, "fell by 0.25"), (-0.5, "rose by 0.5"), (0.0, "did not move"), (1e-15, "did not move")],
)
def test_the_rest_fell_rose_or_did_not_move(outside, words):
    lost = LostSlice("language=es", 20, 0, 20, 0, 0.001, fell=(0.7, outside))
    assert str(lost) == f"scores fell by 0.7 on average in 20 cases with language=es; elsewhere they {words}"


def test_one_slice_of_many_whose_first_set_differs_is_no_other_model():
    """A guard at 1% in each of ten slices fires in every tenth run of an unchanged model."""
    cases = [CaseRuns(THREE, ((float(n > 4),), (1.0, 1.0))) for n in range(80)]
    slices = {f"part={n // 8}": frozenset(range(n, n + 8)) for n in range(0, 80, 8)}
    assert Evidence(cases[:8]).contradiction() == pytest.approx(1 / 3**5)
    look, _ = look_at_slice_drops(Evidence(cases), range(80), slices, 0, RULES)
    assert look.reason is Reason.WEAK
