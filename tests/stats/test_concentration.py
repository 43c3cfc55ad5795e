"""Regressions that concentrate in a slice are found; noise and a small drop everywhere are not."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.concentration import concentrations


def sliced(rng, cases):
    """Three metadata keys of 4, 4 and 6 values: a row for each value and each pair of values."""
    columns = [rng.integers(0, values, cases) for values in (4, 4, 6)]
    single = [(key, value) for key, values in enumerate((4, 4, 6)) for value in range(values)]
    rows = [columns[key] == value for key, value in single]
    rows += [
        (columns[one] == value) & (columns[two] == other)
        for (one, value), (two, other) in itertools.combinations(single, 2)
        if one != two
    ]
    return columns, np.array(rows)


def runs(rng, chances, number=1):
    return (rng.random((len(chances), number)) < chances[:, None]).astype(float).tolist()


def found(rng, approved, current, rows, number=1):
    sides = runs(rng, approved, number), runs(rng, current, number)
    best = concentrations(*sides, rows, 0.01, seed=int(rng.integers(1 << 30)))
    return bool(best) and best[0].p_value <= 0.01


def test_a_slice_lost_behind_as_many_cases_fixed_elsewhere_is_found():
    """17 broke and 17 were fixed; all 11 Spanish refunds are among those that broke."""
    broke, fixed, same = ([1.0], [0.0]), ([0.0], [1.0]), ([1.0], [1.0])
    approved, current = zip(*[broke] * 17, *[fixed] * 17, *[same] * 166, strict=True)
    spanish_refunds = np.arange(200) < 11
    other = np.arange(200) % 3 == 0
    best = concentrations(approved, current, [other, spanish_refunds], 0.01)[0]
    assert best.slice == 1
    assert best.p_value <= 0.01


def test_a_small_drop_everywhere_is_no_slice():
    rng = np.random.default_rng(1)
    _, rows = sliced(rng, 400)
    hits = [found(rng, np.full(400, 0.95), np.full(400, 0.85), rows) for _ in range(30)]
    assert sum(hits) <= 1


@pytest.mark.parametrize("number", [1, 3])
def test_an_unchanged_model_seldom_shows_a_slice(number):
    rng = np.random.default_rng(number)
    hits = 0
    for _ in range(100):
        _, rows = sliced(rng, 100)
        chances = rng.beta(0.9, 0.3, 100)
        hits += found(rng, chances, chances, rows, number)
    assert hits / 100 <= 0.01 + 3 * (0.01 * 0.99 / 100) ** 0.5


def test_all_noise_in_one_slice_is_noise():
    """Shuffling alone would call that slice lost."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(100):
        columns, rows = sliced(rng, 200)
        chances = np.where(columns[0] == 0, 0.6, 1.0)
        hits += found(rng, chances, chances, rows)
    assert hits / 100 <= 0.01 + 3 * (0.01 * 0.99 / 100) ** 0.5


def test_a_quarter_of_the_cases_that_drops_twenty_points_is_found_among_many():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(5):
        columns, rows = sliced(rng, 1_000)
        hits += found(rng, np.full(1_000, 0.9), np.where(columns[0] == 0, 0.7, 0.9), rows)
    assert hits == 5


def test_slices_in_which_fewer_than_five_cases_changed_are_not_looked_at():
    approved, current = [[1.0]] * 20, [[0.0]] * 4 + [[1.0]] * 16
    assert concentrations(approved, current, [np.arange(20) < 10], 0.01) == []
    current = [[0.0]] * 5 + [[1.0]] * 15
    assert len(concentrations(approved, current, [np.arange(20) < 10], 0.01)) == 1


def test_cases_of_a_cluster_count_once():
    """Ten cases of one template broke together, which says as much as one case."""
    approved, current = [[1.0]] * 60, [[0.0]] * 10 + [[1.0]] * 50
    rows = [np.arange(60) < 20]
    alone = concentrations(approved, current, rows, 0.01)[0]
    together = concentrations(approved, current, rows, 0.01, clusters=np.arange(60) // 10)[0]
    assert alone.p_value <= 0.01 < together.p_value


def test_the_same_seed_gives_the_same_answer():
    approved, current = [[1.0]] * 40, [[float(n % 3 > 0)] for n in range(40)]
    rows = [np.arange(40) < 20, np.arange(40) % 2 == 0]
    assert concentrations(approved, current, rows, 0.01, seed=3) == concentrations(
        approved, current, rows, 0.01, seed=3
    )


def test_without_slices_nothing_is_found_and_shapes_must_fit():
    assert concentrations([[1.0]], [[0.0]], [], 0.01) == []
    with pytest.raises(ValueError, match="2 approved cases, 2 current ones, and slices of shape"):
        concentrations([[1.0]] * 2, [[0.0]] * 2, [[True] * 3], 0.01)
