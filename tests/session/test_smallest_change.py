"""Delta debugging by rounds: few of them, and nothing in the result that could be left out."""

import random

import pytest

from pytest_modelcheck.session.smallest_change import simplified, smallest


def driven(search, fails):
    """The result of a search, the number of candidates that it tried, and that of its rounds."""
    known, rounds = {}, 0
    try:
        candidates = next(search)
        while True:
            rounds += 1
            known.update({candidate: fails(candidate) for candidate in candidates})
            candidates = search.send([known[candidate] for candidate in candidates])
    except StopIteration as end:
        return end.value, len(known), rounds


@pytest.mark.parametrize("items", [(), (7,)])
def test_a_small_change_needs_no_calls(items):
    assert driven(smallest(items), lambda some: pytest.fail("called")) == (items, 0, 0)


def test_one_of_sixty_is_found_in_two_rounds():
    for culprit in range(60):
        found, tried, rounds = driven(smallest(range(60)), lambda some, one=culprit: one in some)
        assert (found, rounds) == ((culprit,), 2)
        assert tried <= 16, culprit


def test_several_that_fail_only_together():
    found, tried, rounds = driven(smallest(range(60)), lambda some: {3, 31, 58} <= set(some))
    assert found == (3, 31, 58)
    assert tried <= 45
    assert rounds <= 10


def test_all_are_kept_where_all_are_needed():
    assert driven(smallest(range(20)), lambda some: len(some) == 20)[0] == tuple(range(20))


def test_no_change_needs_no_calls():
    tried = []
    driven(smallest(range(9)), lambda some: tried.append(some) or len(some) > 4)
    assert all(tried)


def nothing_can_be_left_out(seed):
    rng = random.Random(seed)
    n = rng.randint(1, 14)
    culprits = [frozenset(rng.sample(range(n), rng.randint(1, min(4, n)))) for _ in range(rng.randint(1, 3))]
    monotone, chosen = rng.random() < 0.7, {}

    def fails(some):
        some = frozenset(some)
        if len(some) in (0, n):
            return len(some) == n
        if monotone:
            return any(one <= some for one in culprits)
        return chosen.setdefault(some, rng.random() < 0.3)

    found, _, rounds = driven(smallest(range(n)), fails)
    return fails(found) and rounds < 40 and not any(fails([x for x in found if x != one]) for one in found)


def test_nothing_can_be_left_out_of_what_is_found():
    assert [seed for seed in range(300) if not nothing_can_be_left_out(seed)] == []


def test_is_the_same_every_time():
    assert len({driven(smallest(range(30)), lambda some: sum(some) > 100) for _ in range(3)}) == 1


def test_all_are_made_simpler_at_once_where_that_still_fails():
    assert driven(simplified("xyz", lambda item: "a"), lambda some: True) == (("a", "a", "a"), 4, 1)


def test_one_is_made_simpler_where_not_all_can_be():
    found, _, _ = driven(simplified("xyz", lambda item: "a"), lambda some: some[0] == "x")
    assert found == ("x", "a", "z")


def test_the_simplest_change_stays():
    assert driven(simplified("xyz", lambda item: None), lambda some: True) == (("x", "y", "z"), 0, 0)
    assert driven(simplified("xy", lambda item: "a"), lambda some: False)[0] == ("x", "y")
