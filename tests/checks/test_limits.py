from dataclasses import asdict

import pytest

from pytest_modelcheck.checks.limits import Limits, allowed, exceeds, limits_from
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.limits import LIMITS
from pytest_modelcheck.records import CHANGE, Scale


def test_no_limits_are_the_defaults():
    assert limits_from({}) == Limits()
    assert asdict(Limits()) == {name: limit.default for name, limit in LIMITS.items()}


@pytest.mark.parametrize("value", [0, 1, 0.0, 0.5, 1.0, None])
def test_rates(value):
    assert limits_from({"at_least": value}).at_least == value


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (95, r"\(at_least=0.95\?\)"),
        (1.5, r"\(at_least=0.015\?\)"),
        (-1, "0.0 to 1.0"),
        ("high", "0.0"),
        (True, "0.0"),
        (10**400, "0.0"),
    ],
)
def test_invalid_rates(value, hint):
    with pytest.raises(UsageError, match=hint):
        limits_from({"at_least": value})


@pytest.mark.parametrize("value", [0, -1, True, "60", float("nan"), 10**400])
def test_invalid_amounts(value):
    with pytest.raises(UsageError, match="write a number of seconds above 0"):
        limits_from({"max_latency_p95": value})


@pytest.mark.parametrize("value", [60, 0.5, float("inf"), None])
def test_amounts(value):
    assert limits_from({"max_latency_p95": value}).max_latency_p95 == value


@pytest.mark.parametrize("name", ["max_drop", "max_changed", "max_regressed"])
@pytest.mark.parametrize("value", [0, 3, 0.0, 0.02, 0.99, None])
def test_allowances(name, value):
    checked = getattr(limits_from({name: value}), name)
    assert checked == value
    assert type(checked) is type(value)


@pytest.mark.parametrize(
    ("written", "means"), [("2%", 0.02), ("0%", 0.0), ("0.5 %", 0.005), (" 12.5% ", 0.125)]
)
def test_a_percentage_is_a_fraction(written, means):
    checked = limits_from({"max_drop": written}).max_drop
    assert checked == means
    assert isinstance(checked, float)


@pytest.mark.parametrize("name", ["max_drop", "max_changed", "max_regressed"])
def test_one_point_zero_might_be_one_case_or_all(name):
    with pytest.raises(UsageError, match=f"{name}=1.0 may mean one case or all of them: write {name}=1 for"):
        limits_from({name: 1.0})
    assert getattr(limits_from({name: 1}), name) == 1  # the advice


@pytest.mark.parametrize("value", [-1, 1.5, -0.1, "3", True, [3], "100%", "-2%", "2% of all", "two%"])
def test_invalid_allowances(value):
    with pytest.raises(
        UsageError,
        match=r"max_drop=.* is not an allowance: write a number of cases \(max_drop=3\) or a "
        r"fraction",
    ):
        limits_from({"max_drop": value})


@pytest.mark.parametrize("value", [0, 0.0, 0.5, 1, "low"])
def test_invalid_error_rates(value):
    with pytest.raises(UsageError, match="false_fail_rate"):
        limits_from({"false_fail_rate": value})


def test_inconclusive_warns_or_fails():
    assert limits_from({"inconclusive": "fail"}).inconclusive == "fail"
    with pytest.raises(UsageError, match='write "warn" or "fail"'):
        limits_from({"inconclusive": "skip"})


@pytest.mark.parametrize(
    ("count", "of", "allowance", "exceeded"),
    [
        (3, 200, 3, False),
        (4, 200, 3, True),
        (2, 100, 0.02, False),
        (3, 100, 0.02, True),
        (7, 100, 0.07, False),  # 0.07 * 100 is 7.000000000000001, and 7/100 is 0.07
        (1, 1, 0, True),
        (0, 0, 0.0, False),
    ],
)
def test_an_int_is_a_number_and_a_float_a_fraction(count, of, allowance, exceeded):
    assert exceeds(count, of, allowance) is exceeded


def test_allowances_in_words():
    assert [allowed(one) for one in (0, 0.0, 3, 0.025)] == [
        "none allowed",
        "none allowed",
        "at most 3 allowed",
        "at most 2.5% allowed",
    ]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("tolerance", 0, r"tolerance=0 is not a tolerance: write a fraction above 0"),
        ("tolerance", 5, r"tolerance=5 is not a tolerance"),
        ("require_proof", 1, r"require_proof=1: write True or False"),
        ("false_pass_rate", 0.7, r"false_pass_rate=0.7 is not an error rate"),
        (
            "population",
            "all",
            r'population=\'all\': write "fixed" \(the cases are the contract\) or "sample"',
        ),
        (
            "cluster",
            ["a"],
            r'cluster=\[\'a\'\]: write the name of a metadata field of the cases, cluster="template"',
        ),
    ],
)
def test_contradictions_are_refused_with_a_remedy(name, value, hint):
    with pytest.raises(UsageError, match=hint):
        limits_from({name: value})


@pytest.mark.parametrize("value", ["pass", "pass@", "pass@0", "pass^x", 3])
def test_invalid_numbers_of_attempts(value):
    with pytest.raises(UsageError, match=r'write "pass@2" \(one of two runs passes\)'):
        limits_from({"score_as": value})


def test_a_drop_on_a_scale_of_its_own_is_a_difference_of_scores_whole_or_not():
    scale = Scale(0.0, 100.0)
    (whole,) = {limits_from({"max_drop": value}, scale).max_drop for value in (2, 2.0)}
    assert isinstance(whole, float)
    with pytest.raises(UsageError, match="max_drop=101 is not a difference of two scores"):
        limits_from({"max_drop": 101}, scale)


def test_a_directional_check_may_do_without_scores_and_count_cases():
    assert limits_from({"max_drop": 3}, CHANGE).max_drop == 3
