"""Checks that a model passes by giving the same answer to everything."""

import pytest

from pytest_modelcheck.checks.guards import FEWEST, constant, unmoved
from pytest_modelcheck.records import CaseResult, Outcome, Status, TrialResult


def cases(*answers, expected=lambda _: None, outcome=Outcome.PASSED):
    """A case for each pair of answers: to its input and to the perturbed one."""
    return [
        CaseResult(
            f"c-{number}",
            str(number),
            expected(number),
            "",
            (TrialResult(outcome, (("own", own), ("perturbed", moved)), perturbation="typos"),),
        )
        for number, (own, moved) in enumerate(answers)
    ]


def approved(*answers):
    return {case.id: case for case in cases(*((answer, answer) for answer in answers))}


STILL = [(b'"refund"', b'"refund"')] * FEWEST


def test_one_answer_where_different_ones_are_expected_fails():
    found = constant(cases(*STILL, expected=lambda number: str(number % 2)), {})
    assert found.status is Status.FAILED
    assert "one answer to all 10 inputs, though different ones are expected" in found.summary
    assert "allow_constant=True" in found.summary


def test_one_answer_where_the_approved_ones_differ_fails():
    found = constant(cases(*STILL), approved(*[b'"other"', *[b'"refund"'] * (FEWEST - 1)]))
    assert found.status is Status.FAILED
    assert "though the approved ones differ" in found.summary


@pytest.mark.parametrize("known", [{}, approved(*[b'"refund"'] * FEWEST)])
def test_a_constant_answer_without_an_approval_is_a_note(known):
    found = constant(cases(*STILL, expected=lambda _: "same"), known)
    assert found.status is Status.PASSED
    assert "no perturbation could have changed it" in found.summary


@pytest.mark.parametrize(
    "answers",
    [
        STILL[1:],  # one answer to so few inputs may be chance
        [*STILL, (b'"refund"', b'"other"')],
        [*STILL, (b'"other"', b'"other"')],
    ],
)
def test_too_few_inputs_and_any_second_answer_say_nothing(answers):
    assert constant(cases(*answers, expected=str), {}) is None


def test_if_no_body_passed_the_limits_decide():
    failed = cases(*STILL, expected=str, outcome=Outcome.FAILED)
    assert constant(failed, {}) is None
    assert unmoved(failed) is None


def test_a_single_move_is_not_a_constant_answer():
    assert unmoved(cases(*STILL)).status is Status.FAILED
    assert unmoved(cases(*STILL, (b"1", b"2"))) is None
