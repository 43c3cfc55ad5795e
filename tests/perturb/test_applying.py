"""Which variants count, and whose fault an error is."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


def refused(item, case_input, case_id="t-1"):
    with pytest.raises(PerturbationError) as caught:
        perturb.variants(perturb.as_perturbation(item), case_input, 0, case_id)
    return caught.value


def test_an_error_names_the_perturbation_and_the_case_and_keeps_its_cause():
    def divide(text):
        return text * (1 // 0)

    error = refused(divide, "Where is it?")
    assert str(error) == (
        "perturbation divide, case t-1: it raised ZeroDivisionError: integer division or modulo by zero"
        " (on Where is it?)"
    )
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert str(refused(divide, "a", "")).startswith("perturbation divide: it raised")


def test_an_error_inside_of_a_generator_is_reported_too():
    def several(text):
        yield text + "1"
        raise KeyError("x")

    assert "perturbation several, case t-1: it raised KeyError: 'x'" in str(refused(several, "a"))


@pytest.mark.parametrize(
    ("result", "case_input", "message"),
    [
        (3, "a", "it made int 3 of text; it must return the whole input, perturbed"),
        ({"a": 1}, "a", 'it made dict {"a":1} of text'),
        ("b", {"a": 1}, "it made str b of a mapping"),
        ("a\ud800b", "a\ud800", r"the input has half of a character in it, which is no text: 'a\ud800'"),
        ("\ud800", "a", r"it made text with half of a character in it: '\ud800'"),
        (object(), 3, "cannot be told apart"),
    ],
)
def test_what_is_no_input_is_refused(result, case_input, message):
    assert message in str(refused(lambda x: result, case_input))


def test_an_input_that_cannot_be_told_apart_is_reported_with_the_case():
    class Thing:
        pass

    assert "case t-1: " in str(refused(lambda x: 3, Thing()))


@pytest.mark.parametrize("value", [3, 2.5, None, True, b"x", [1, "a"], {"a": [1]}, (1,), {1, 2}])
def test_whatever_is_equal_is_not_applicable(value):
    assert perturb.variants(perturb.as_perturbation(lambda x: x), value) == ()


def test_one_and_true_and_one_point_zero_are_three_inputs():
    assert perturb.as_perturbation(lambda x: (y for y in (True, 1.0, 1))).preview(1) == [True, 1.0]


def test_arrays_and_rows_are_compared_by_content():
    import numpy as np

    made = perturb.variants(
        perturb.as_perturbation(lambda x: (x * k for k in (1, 2, 2))), np.array([1.0, 2.0])
    )
    ((number, variant),) = made
    assert (number, variant.tolist()) == (1, [2.0, 4.0])


def test_a_keyboard_interrupt_is_no_error_of_the_perturbation():
    def stop(text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perturb.variants(perturb.as_perturbation(stop), "a")
