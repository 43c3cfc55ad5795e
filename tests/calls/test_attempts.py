"""The size of batches, from the time that they take."""

from pytest_modelcheck.calls.attempts import Sizes


def feed(sizes, seconds_of, rounds=12):
    for _ in range(rounds):
        sizes.took(sizes.size, seconds_of(sizes.size))
    return sizes.size


def test_batches_grow_to_the_largest_if_a_call_costs_the_same_at_any_size():
    assert feed(Sizes(64, adaptive=True), lambda size: 0.01) == 256


def test_batches_stay_if_an_input_costs_the_same_at_any_size():
    assert feed(Sizes(64, adaptive=True), lambda size: 0.001 * size) == 64


def test_batches_that_take_long_do_not_grow():
    assert feed(Sizes(64, adaptive=True), lambda size: 1.5) == 64


def test_one_hiccup_decides_nothing():
    sizes = Sizes(64, adaptive=True)
    times = iter([0.1, 0.1, 0.9, 0.1, 0.1])
    assert feed(sizes, lambda size: next(times), rounds=5) == 256


def test_a_size_that_is_given_is_kept():
    assert feed(Sizes(8, adaptive=False), lambda size: 0.01) == 8


def test_a_batch_that_is_not_full_tells_nothing():
    sizes = Sizes(64, adaptive=True)
    for _ in range(10):
        sizes.took(3, 0.01)
    assert sizes.size == 64
