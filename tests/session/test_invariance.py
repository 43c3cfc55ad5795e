"""Every two outputs of a case, compared by the test's own body, and answered from repeats of their own."""

import pytest

from pytest_modelcheck.canonical import digest, of_repeat
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.records import Case, Outcome, Trial
from pytest_modelcheck.session.invariance import BASES, VARIANTS, Calibration, excess_of

QUESTION = b"the unperturbed question"


def result(trial, outcome=Outcome.PASSED, calls=()):
    found = Result(trial)
    found.outcome, found.calls = outcome, list(calls)
    return found


def calibration(cases=1, variants=2, **options):
    made = [Case(f"input {number}", id=str(number), **options) for number in range(cases)]
    trials = [
        Trial(place, case, "shout", f"{case.input} perturbed {place}", place)
        for case in made
        for place in range(variants)
    ]
    return Calibration(trials, start=100)


def judged(made, disagrees):
    """Run all trials; ``disagrees`` decides by number whether two outputs disagree."""
    for trials in (made.against_itself(), made.against_variants()):
        results = []
        for trial in trials:
            pairing = made._pairings[trial.index]
            wrong = disagrees(pairing.one, pairing.other)
            results.append(result(trial, Outcome.FAILED if wrong else Outcome.PASSED, [(QUESTION, b"1")]))
        made.take(results)
    return made


def test_every_two_outputs_are_compared_in_either_order():
    made = calibration(variants=2)
    itself, others = list(made.against_itself()), list(made.against_variants())
    assert (len(itself), len(others)) == (6, 5 * 4 - 6)
    assert {(trial.case.input, trial.perturbed) for trial in itself} == {("input 0", "input 0")}
    assert ("input 0 perturbed 1", "input 0 perturbed 0") in {
        (trial.case.input, trial.perturbed) for trial in others
    }
    assert len({trial.index for trial in (*itself, *others)}) == 20


def test_at_most_so_many_variants_are_compared():
    outputs = BASES + VARIANTS
    made = calibration(variants=50)
    assert len(list(made.against_itself()) + list(made.against_variants())) == outputs * (outputs - 1)


@pytest.mark.parametrize(
    ("pair", "own", "equal", "repeat"),
    [
        ((1, 2), True, 0, 1),
        ((1, 2), True, 1, 2),
        ((2, 3), True, 0, 2),
        ((3, 2), True, 0, 2),
        ((2, 3), False, 0, 0),
        ((2, 4), True, 1, 4),
        ((3, 4), False, 0, 0),
        ((3, 4), False, 1, 4),
        ((1, 2), True, 2, 1 + 2 * STRIDE),
    ],
)
def test_a_call_gets_the_answer_of_its_output(pair, own, equal, repeat):
    """Base outputs 0 to 2 are of repeats 0 to 2, answers to variants of repeat 0, as in the check."""
    made = calibration(variants=2)
    made.take([result(trial, calls=[(QUESTION, b"1")]) for trial in made.against_itself()])
    trials = {made._pairings[trial.index]: trial for trial in made.against_variants()}
    trials |= {made._pairings[trial.index]: trial for trial in made.against_itself()}
    trial = next(trial for pairing, trial in trials.items() if (pairing.one, pairing.other) == pair)
    assert made.choose_repeat(trial, QUESTION if own else b"another", equal) == repeat


def test_the_excess_is_what_variants_add():
    made = judged(calibration(cases=3), lambda one, other: (one < BASES) != (other < BASES))
    excess = excess_of([made.tables()], Limits())
    assert (excess.cross, excess.own, excess.each) == (1.0, 0.0, (1.0, 1.0, 1.0))


def test_a_body_that_is_not_symmetric_is_run_both_ways():
    made = judged(calibration(), lambda one, other: one < other)
    excess = excess_of([made.tables()], Limits())
    assert (excess.cross, excess.own) == (0.5, 0.5)


def test_a_case_that_ran_twice_counts_once():
    made = [judged(calibration(cases=3), lambda one, other: one != other) for _ in range(2)]
    assert len(excess_of([each.tables() for each in made], Limits()).each) == 3


def test_fresh_answers_have_repeats_of_their_own():
    made = Calibration([Trial(0, Case("x", id="1"), "shout", "X")], start=1, batch=1)
    (trial, *_) = made.against_itself()
    assert (made.choose_repeat(trial, QUESTION, 0), made.choose_repeat(trial, QUESTION, 1)) == (
        1 << 16,
        (1 << 16) + 1,
    )


def test_a_question_is_known_again_among_fresh_answers():
    made = Calibration([Trial(0, Case("x", id="1"), "shout", "X")], start=1, batch=1)
    key = digest("x")
    made.take([result(each, calls=[(of_repeat(key, 1 << 16), b"1")]) for each in made.against_itself()])
    trial = next(each for each in made.against_variants() if made._pairings[each.index].one == 2)
    assert made.choose_repeat(trial, key, 0) == (1 << 16) + 2
    assert made.choose_repeat(trial, digest("another"), 0) == 1 << 16


def test_groups_are_averaged():
    made = calibration(cases=4, metadata={"template": "only"})
    excess = excess_of([judged(made, lambda one, other: False).tables()], Limits(cluster="template"))
    assert excess.each == (0.0,)


def test_a_case_that_was_not_judged_throughout_is_left_out():
    made = calibration(cases=1)
    made.take([result(trial, Outcome.SKIPPED) for trial in made.against_itself()])
    assert excess_of([made.tables()], Limits()) is None


def test_graded_bodies_disagree_by_what_lacks_of_their_score():
    made = calibration(variants=1)
    for trials in (made.against_itself(), made.against_variants()):
        results = [result(trial) for trial in trials]
        for each in results:
            each.score = 1.0 if made._pairings[each.trial.index].bases == 2 else 0.75
        made.take(results)
    assert excess_of([made.tables()], Limits()).cross == 0.25
