"""Asked again before a drop beyond a margin fails a model that varies."""

from collections import Counter

import pytest

VARIES = {"definition": {"deterministic": False}}
CASES = [{"id": f"t-{number}", "input": f"question {number}"} for number in range(100)]


def known(model, case):
    assert model(case.input) == "right"


def in_turn(*wrong):
    """A model that is wrong about so many of the questions when it is asked for the first time, and so on."""
    asked = Counter()

    def model(x):
        asked[x] += 1
        return "wrong" if int(x.split()[-1]) < wrong[asked[x] - 1] else "right"

    return model


@pytest.fixture
def approved(project):
    project.run(in_turn(0), CASES, known, **VARIES)
    project.approve()

    def run(model, **options):
        return project.run(model, CASES, known, version="2", max_drop=0.05, **options, **VARIES)

    return run


def test_bad_luck_does_not_strike_twice(approved):
    verdict = approved(in_turn(20, 4))
    assert not verdict.failed
    assert verdict.calls.asked == 200
    assert verdict.notes[0].startswith("everything was asked again to be sure; the first time: 20 broke")


def test_what_is_broken_is_broken_again(approved):
    verdict = approved(in_turn(20, 20))
    assert verdict.failed
    assert verdict.calls.asked == 200


def test_the_second_run_must_be_beyond_noise_by_itself(approved):
    """The first, which was picked because it is bad, does not add to it."""
    assert not approved(in_turn(30, 9)).failed


def test_without_confirmation_the_first_run_decides(approved):
    verdict = approved(in_turn(20, 0), confirm=False)
    assert verdict.failed
    assert verdict.calls.asked == 100


def test_a_drop_that_noise_explains_easily_is_not_asked_about_again(approved):
    verdict = approved(in_turn(7))
    assert verdict.status.value == "inconclusive"
    assert verdict.calls.asked == 100


def test_several_runs_of_each_case_are_decided_at_once(project):
    project.run(in_turn(0, 0, 0), CASES, known, repeats=3, **VARIES)
    project.approve()
    verdict = project.run(in_turn(60, 60, 60), CASES, known, version="2", max_drop=0.05, repeats=3, **VARIES)
    assert verdict.failed
    assert verdict.calls.asked == 300
