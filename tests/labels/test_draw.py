"""The order in which answers are labelled: a fair sample at every place, and the same every time."""

import random

from pytest_modelcheck.labels.draw import Judged, in_order

MIXED = [
    Judged({"answer": str(n)}, said=n % 5 > 0, metadata={"language": "es" if n % 4 == 0 else "en"})
    for n in range(400)
]


def test_every_beginning_has_about_its_share_of_what_the_judge_rejected():
    for size in (20, 40, 100, 200):
        rejected = sum(not one.said for one in in_order(MIXED)[:size])
        assert abs(rejected - size / 5) <= 2


def test_every_beginning_has_about_its_share_of_each_slice():
    spanish = sum(one.metadata["language"] == "es" for one in in_order(MIXED)[:80])
    assert 17 <= spanish <= 23


def test_the_order_is_the_same_however_answers_come():
    shuffled = random.Random(1).sample(MIXED, len(MIXED))
    assert in_order(shuffled) == in_order(MIXED)


def test_answers_on_which_versions_differ_are_a_stratum():
    answers = [Judged({"answer": str(n)}, said=True, differs=n < 40) for n in range(400)]
    assert 3 <= sum(one.differs for one in in_order(answers)[:40]) <= 5
