"""Disagreement and regressions beyond a model's noise, checked with all relabellings and simulation."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.means import gaffke_bounds
from pytest_modelcheck.stats.noise import (
    disagreements,
    excess_bound,
    noise_calibrated_excess,
    probes_needed,
    regression_excess,
    rise_p_value,
)
from pytest_modelcheck.stats.rates import clopper_pearson


def excess_by_pairs(outputs, base):
    """Cross minus own disagreement, written out; ``base`` gives the outputs that are taken as base."""
    rest = [i for i in range(len(outputs)) if i not in base]
    cross = np.mean([outputs[i] != outputs[j] for i in base for j in rest])
    own = np.mean([outputs[i] != outputs[j] for i, j in itertools.combinations(base, 2)])
    return cross, own


def test_disagreements_are_symmetric_and_may_be_graded():
    table = disagreements([0.1, 0.4, 0.2], lambda one, other: abs(one - other))
    assert table == pytest.approx(np.array([[0, 0.3, 0.1], [0.3, 0, 0.2], [0.1, 0.2, 0]]))


@pytest.mark.parametrize("cases", [["aaab", "abba", "aabb", "abab"], ["abcab", "aaabb", "bbbbb"]])
@pytest.mark.parametrize("bases", [2, 3])
def test_it_is_what_it_says_case_by_case(cases, bases):
    found = noise_calibrated_excess([disagreements(outputs) for outputs in cases], bases, 0.01)
    pairs = [excess_by_pairs(outputs, range(bases)) for outputs in cases]
    assert (found.cross, found.own) == pytest.approx(tuple(np.mean(pairs, axis=0)))
    assert found.excess == pytest.approx(found.cross - found.own)
    assert found.low == gaffke_bounds([cross - own for cross, own in pairs], 0.99, low=-1, high=1)[0]
    assert found.cases == len(cases)


@pytest.mark.parametrize("cases", [["aaab", "aaab", "abba", "aaab"], ["aaabb", "aaaab", "aacbb"]])
def test_the_p_value_comes_near_to_all_relabellings(cases):
    by_choice = [
        [
            np.subtract(*excess_by_pairs(outputs, base))
            for base in itertools.combinations(range(len(outputs)), 3)
        ]
        for outputs in cases
    ]
    sums = np.array([sum(chosen) for chosen in itertools.product(*by_choice)])
    exact = np.mean(sums >= sum(choices[0] for choices in by_choice) - 1e-9)
    found = noise_calibrated_excess([disagreements(outputs) for outputs in cases], 3, 0.0005)
    assert found.p_value == pytest.approx(exact, abs=0.015)


def test_a_model_that_never_varies_has_no_noise():
    found = noise_calibrated_excess([disagreements("aaaa")] * 50, 3, 0.01)
    assert (found.cross, found.own, found.p_value) == (0.0, 0.0, 1.0)
    assert found.low < 0


def test_many_variants_are_sampled_and_stay_valid():
    rng = np.random.default_rng(0)
    tables = [disagreements(rng.integers(0, 2, 20).tolist()) for _ in range(5)]
    found = noise_calibrated_excess(tables, 3, 0.01)  # 1140 choices a case
    assert 0.01 < found.p_value < 1
    broken = noise_calibrated_excess([disagreements("aaa" + 17 * "b")] * 5, 3, 0.01)
    assert broken.p_value < 0.01


def noisy_suite(rng, cases, flip=0.0):
    """Three base runs and a variant of each case, of a model that disagrees with itself on 13% of inputs.

    ``flip`` is the rate at which the perturbation makes the other answer the likely one.
    """
    error = np.where(rng.random(cases) < 0.5, 0.0, rng.beta(2, 9, cases))
    base = rng.random((cases, 3)) < error[:, None]
    moved = np.where(rng.random(cases) < flip, 1 - error, error)
    variant = rng.random(cases) < moved
    return np.column_stack([base, variant])


def test_the_model_of_the_simulations_disagrees_with_itself_on_13_percent():
    outputs = noisy_suite(np.random.default_rng(0), 50_000)
    assert (outputs[:, 0] != outputs[:, 1]).mean() == pytest.approx(0.13, abs=0.01)


def test_a_naive_flip_rule_always_cries_wolf_and_this_one_does_not():
    """At N=100 and 0.05: 1.00 of perfectly invariant models against 0.05."""
    rng = np.random.default_rng(3)
    naive, calibrated = [], []
    for _ in range(80):
        outputs = noisy_suite(rng, 100)
        flips = int((outputs[:, 0] != outputs[:, 3]).sum())
        naive.append(clopper_pearson(flips, 100, 0.95)[0] > 0.02)  # at most 2% may change
        found = noise_calibrated_excess([disagreements(row.tolist()) for row in outputs], 3, 0.05)
        calibrated.append(found.p_value <= 0.05)
    assert np.mean(naive) > 0.97
    assert np.mean(calibrated) <= 0.05 + 3 * (0.05 * 0.95 / 80) ** 0.5


def test_with_an_allowance_a_model_at_its_limit_rarely_fails_and_one_beyond_does():
    rng = np.random.default_rng(4)
    at_limit, beyond = [], []
    for _ in range(60):
        for flip, low in ((0.06, at_limit), (0.35, beyond)):
            outputs = noisy_suite(rng, 100, flip)
            tables = [disagreements(row.tolist()) for row in outputs]
            low.append(noise_calibrated_excess(tables, 3, 0.05).low)
    assert np.mean(np.array(at_limit) > 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 60) ** 0.5
    assert np.mean(np.array(beyond) > 0.05) > 0.9


def by_pairs(approved, current):
    """The excess of one case, written out."""
    cross = np.mean([one and not other for one in approved for other in current])
    return cross - np.mean([one and not other for one, other in itertools.permutations(approved, 2)])


CASES = [
    ([True, True], [True, False]),
    ([False, False], [True]),
    ([True, False], [True, True, False]),
    ([True, True, False], [False, False, False]),
]


def test_it_is_what_it_says_case_by_case_of_regressions():
    found = regression_excess(*zip(*CASES, strict=True), 0.01)
    assert found.each == pytest.approx([by_pairs(approved, current) for approved, current in CASES])
    assert found.excess == pytest.approx(np.mean(found.each))
    assert found.cases == len(CASES)


def test_the_p_value_comes_near_to_all_relabellings_of_regressions():
    cases = CASES[:3]
    each = []
    for approved, current in cases:
        runs = [*approved, *current]
        chosen = itertools.combinations(range(len(runs)), len(approved))
        each.append(
            [
                by_pairs([runs[i] for i in old], [runs[i] for i in range(len(runs)) if i not in old])
                for old in chosen
            ]
        )
    observed = sum(by_pairs(approved, current) for approved, current in cases)
    exact = np.mean([sum(found) >= observed - 1e-9 for found in itertools.product(*each)])
    assert regression_excess(*zip(*cases, strict=True), 0.001).p_value == pytest.approx(exact, abs=0.02)


def test_fixed_cases_do_not_make_up_for_those_broken_for_good():
    broken, fixed = ([True] * 3, [False]), ([False] * 3, [True])
    found = regression_excess(*zip(*[broken] * 10, *[fixed] * 30, strict=True), 0.01)
    assert found.excess == 0.25
    assert found.p_value < 0.05


def test_a_rise_of_noise_is_itself_a_regression():
    """Always right, then right 90% of the time: current noise is not subtracted."""
    rng = np.random.default_rng(3)
    current = (rng.random((100, 3)) < 0.9).tolist()
    found = regression_excess([[True] * 3] * 100, current, 0.01)
    assert found.own == 0
    assert found.p_value == 1 / 2_000
    assert excess_bound(found.each, 0.99) > 0.02


def test_the_bound_of_an_excess_is_kept_also_where_all_cases_agree():
    assert excess_bound([1.0] * 20, 0.99) == pytest.approx(0.01 ** (1 / 20) * 2 - 1, abs=1e-3)
    rng = np.random.default_rng(5)
    wrong = [excess_bound((rng.random(60) < 0.1).astype(float), 0.95) > 0.1 for _ in range(1_000)]
    assert np.mean(wrong) <= 0.05 + 3 * (0.05 * 0.95 / 1_000) ** 0.5


def test_a_rise_of_the_excess_is_seen():
    rng = np.random.default_rng(6)
    assert rise_p_value(rng.normal(0, 0.05, 50), rng.normal(0.3, 0.3, 50), 0.05) < 0.001


@pytest.mark.parametrize(("approved", "cases"), [(1, 100), (2, 100), (3, 100), (3, 1_000)])
def test_so_many_probes_leave_few_unlucky_cases(approved, cases):
    """By simulation: cases that passed in every approved run and never again."""
    rng = np.random.default_rng(approved)
    chances = rng.beta(0.9, 0.3, (2_000_000,))
    probes = probes_needed(approved, cases)
    unlucky = chances**approved * (1 - chances) ** (1 + probes)
    assert cases * unlucky.mean() <= 0.012
