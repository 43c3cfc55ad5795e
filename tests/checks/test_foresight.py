"""The verdict of a check on a worse model is predicted by the rules that judge it."""

import pytest

from pytest_modelcheck.checks.foresight import Design, foreseen
from pytest_modelcheck.checks.protocol import STEADY_PROBES, Rules

RULES = Rules()


@pytest.mark.parametrize("cases", [20, 100])
def test_an_unchanged_model_keeps_its_promise(cases):
    found = foreseen(Design(cases), 0.0, "spread", RULES, times=600)
    assert found.failed <= 0.02  # 0.01 is promised
    assert found.warned <= 0.05
    assert found.calls < 1.4


def test_without_noise_one_broken_case_fails():
    found = foreseen(Design(50, disagreement=0), 0.02, "broken", RULES, times=20)
    # Three sets, and the probes of the broken case.
    assert (found.failed, found.calls) == (1, pytest.approx(3 + STEADY_PROBES / 50))


def test_a_case_that_is_broken_for_good_never_passes_in_silence():
    found = foreseen(Design(100), 0.01, "broken", RULES, times=100)
    assert found.failed + found.warned == 1


def test_an_allowance_lets_it_pass():
    assert foreseen(Design(100, allowance=0.1), 0.02, "spread", RULES, times=50).failed == 0


def test_without_confirmation_nothing_fails_on_one_set():
    found = foreseen(Design(100), 0.2, "broken", Rules(confirm=False), times=20)
    assert (found.failed, found.calls) == (0, 1)


def test_the_same_question_has_the_same_answer():
    assert foreseen(Design(30), 0.1, "spread", RULES) == foreseen(Design(30), 0.1, "spread", RULES)
