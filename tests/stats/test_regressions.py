"""Regressions beyond a model's own noise, held against all relabellings by brute force and by simulation."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.regressions import regression_excess


def by_pairs(then, now):
    """The excess of one case, written out."""
    cross = np.mean([one and not other for one in then for other in now])
    sides = [side for side in (then, now) if len(side) > 1]
    own = np.mean(
        [np.mean([one and not other for one, other in itertools.permutations(side, 2)]) for side in sides]
    )
    return cross - own


CASES = [
    ([True], [True, False, False]),
    ([False], [True, True, False]),
    ([True, False], [True, True, False]),
    ([True, True, False], [False, False, False]),
]


def test_it_is_what_it_says_case_by_case():
    found = regression_excess(*zip(*CASES, strict=True), 0.01)
    assert found.each == pytest.approx([by_pairs(then, now) for then, now in CASES])
    assert found.excess == pytest.approx(np.mean(found.each))
    assert found.cases == len(CASES)


def test_the_p_value_comes_near_to_all_relabellings():
    cases = CASES[:3]
    each = []
    for then, now in cases:
        runs = [*then, *now]
        chosen = itertools.combinations(range(len(runs)), len(then))
        each.append(
            [
                by_pairs([runs[i] for i in old], [runs[i] for i in range(len(runs)) if i not in old])
                for old in chosen
            ]
        )
    observed = sum(by_pairs(then, now) for then, now in cases)
    exact = np.mean([sum(found) >= observed - 1e-9 for found in itertools.product(*each)])
    assert regression_excess(*zip(*cases, strict=True), 0.001).p_value == pytest.approx(exact, abs=0.02)


def test_what_was_fixed_does_not_make_up_for_what_broke_for_good():
    broken, fixed = ([True], [False] * 3), ([False], [True] * 3)
    found = regression_excess(*zip(*[broken] * 10, *[fixed] * 30, strict=True), 0.01)
    assert found.excess == 0.25
    assert found.p_value < 0.05


@pytest.mark.parametrize(
    ("then", "now"), [([], []), ([[True]], []), ([[]], [[True, True]]), ([[True]], [[True]])]
)
def test_what_makes_no_sense(then, now):
    with pytest.raises(ValueError, match="cases then|too few runs"):
        regression_excess(then, now, 0.01)


@pytest.mark.parametrize("before", [1, 3])
def test_a_model_that_did_not_change_seldom_fails(before):
    generator, runs, failed = np.random.default_rng(before), 100, 0
    for _ in range(runs):
        rates = generator.beta(0.5, 0.1, size=40)
        then, now = (generator.random((40, many)) < rates[:, None] for many in (before, 3))
        failed += regression_excess(then.tolist(), now.tolist(), 0.05).p_value <= 0.05
    assert failed <= runs * 0.05 + 3 * (runs * 0.05 * 0.95) ** 0.5
