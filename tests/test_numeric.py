"""Guards name the wrong argument, its value and the values that it may have."""

import pytest

from pytest_modelcheck.numeric import count, fraction, probability


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.1, float("nan")])
def test_a_probability_lies_strictly_between_0_and_1(value):
    with pytest.raises(ValueError, match=r"^level must lie strictly between 0 and 1, not "):
        probability("level", value)


@pytest.mark.parametrize("value", [-1e-9, 1.01, float("nan")])
def test_a_fraction_lies_between_0_and_1(value):
    with pytest.raises(ValueError, match=r"^at_least must lie in \[0, 1\], not "):
        fraction("at_least", value)


@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_a_fraction_may_be_0_or_1(value):
    assert fraction("at_least", value) == value


def test_a_count_has_a_least_value():
    with pytest.raises(ValueError, match=r"^n must be at least 1, not 0$"):
        count("n", 0, at_least=1)


def test_a_count_may_have_a_most():
    assert count("successes", 5, at_most=5) == 5
    with pytest.raises(ValueError, match=r"^successes must be between 0 and 5, not 6$"):
        count("successes", 6, at_most=5)
