"""Evidence over nights: chance alarms in no more than its share of years, and a change is found."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from pytest_modelcheck.stats.nights import _oddity, answers_evidence, distances_evidence

ALARM = 100


@pytest.mark.parametrize("answers", ["aaaab", "aabb", "abcd", "aaabbc", "ababc", "aaaaaaaabb"])
def test_over_all_orders_of_the_same_answers_the_oddity_has_a_mean_of_one(answers):
    counts = Counter(answers)
    found = [
        _oddity(tuple(sorted(counts.values())), counts[one], counts[two], one == two)
        for one, two in combinations(answers, 2)
    ]
    assert math.fsum(found) / len(found) == pytest.approx(1)


def test_new_answers_are_odd_and_usual_ones_are_not():
    new, usual, noise = (
        answers_evidence({"call": ["a"] * 8 + ["b"]}, [{"call": pair}]).current
        for pair in (("c", "c"), ("a", "a"), ("a", "b"))
    )
    assert new > 1 > usual
    assert new > noise


def test_a_model_that_never_varied_costs_nothing_and_proves_nothing():
    nights = [{"call": ("a", "a")}] * 50
    found = answers_evidence({"call": ["a"]}, nights)
    assert (found.current, found.highest) == (pytest.approx(1), pytest.approx(1))


def year(rng, noise, *, cases=40, calls=10, nights=120, moved=0.0, since=0):
    """The approved answers and the nights of a model of which some usual answers change one night."""
    odds = noise(rng, cases)

    def answers(case, runs, usual):
        odd = rng.random(runs) < odds[case]
        return tuple(f"odd {rng.integers(3)}" if one else usual for one in odd)

    changed = set(rng.permutation(cases)[: round(moved * cases)].tolist())
    approved = {str(case): answers(case, 3, "usual") for case in range(cases)}
    return approved, [
        {
            str(case): answers(case, 2, "other" if night >= since and case in changed else "usual")
            for case in rng.permutation(cases)[:calls].tolist()
        }
        for night in range(nights)
    ]


NOISE = {
    "one in fifty": lambda rng, cases: np.full(cases, 0.02),
    "one in five": lambda rng, cases: np.full(cases, 0.2),
    "a few cases are coins": lambda rng, cases: np.where(np.arange(cases) < cases / 10, 0.5, 0.0),
    "each another": lambda rng, cases: rng.beta(0.2, 0.8, cases),
}


@pytest.mark.parametrize("noise", NOISE)
def test_an_unchanged_model_alarms_in_at_most_its_share_of_years(noise):
    rng = np.random.default_rng(1)
    years = 60
    alarms = sum(answers_evidence(*year(rng, NOISE[noise])).highest >= 20 for _ in range(years))
    assert alarms <= 0.05 * years + 3 * math.sqrt(0.05 * years)


@pytest.mark.parametrize(
    ("noise", "moved", "since", "within"),
    [
        ("one in fifty", 1.0, 0, 1),
        ("one in fifty", 0.2, 30, 4),
        ("one in five", 0.8, 0, 3),
        ("one in five", 0.5, 30, 4),
        ("a few cases are coins", 0.2, 60, 5),
    ],
)
def test_a_change_is_found_within_so_many_nights(noise, moved, since, within):
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(5):
        approved, nights = year(rng, NOISE[noise], moved=moved, since=since, nights=since + within)
        assert answers_evidence(approved, nights[:since]).highest < ALARM
        found += answers_evidence(approved, nights).highest >= ALARM
    assert found >= 4


def test_ranks_of_distances_alarm_in_at_most_their_share_of_years_however_unlucky_the_approval():
    """The approved sample is the same in all nights: their tests by themselves alarm together."""
    rng = np.random.default_rng(3)
    years, alarms, nightly = 300, 0, 0
    for _ in range(years):
        unlucky = abs(rng.normal())
        distances = np.abs(rng.normal(size=120) + unlucky)
        p_values = [math.erfc(distance / 2) for distance in distances]  # two means, as far apart
        alarms += distances_evidence(distances.tolist(), p_values).highest >= 20
        nightly += min(p_values) <= 0.05
    assert alarms <= 0.05 * years
    assert nightly > 0.5 * years


def test_a_distribution_that_moves_is_found_after_a_few_nights():
    quiet = [0.0, 0.01, 0.0, 0.02] * 10
    found = [distances_evidence(quiet + [0.1] * more, [1] * (40 + more)).highest for more in range(6)]
    assert found == sorted(found)
    assert found[3] < ALARM < found[5]


def test_a_distribution_that_is_another_in_the_first_night_is_found_at_once():
    assert distances_evidence([0.3], [0.0005]).current >= ALARM
    assert distances_evidence([0.3], [0.004]).current < ALARM


def test_an_alarm_stays_when_quiet_nights_follow():
    found = distances_evidence([0.0] * 20 + [0.1] * 7 + [0.0] * 60, [1] * 87)
    assert found.highest >= ALARM > found.current


def test_nothing_is_as_likely_as_before_without_a_night():
    assert answers_evidence({}, []).current == distances_evidence([], []).highest == 1


def test_neither_quiet_nor_loud_nights_are_more_than_a_float_can_hold():
    approved = {str(case): ["a", "b", "a"] for case in range(1000)}
    quiet, loud = ([dict.fromkeys(approved, pair)] * 3 for pair in (("a", "b"), ("c", "c")))
    assert 0 < answers_evidence(approved, quiet).current < 1
    assert ALARM < answers_evidence(approved, loud).highest < math.inf
