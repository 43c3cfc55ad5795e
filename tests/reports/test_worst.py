"""The size of a loss, its place, and common causes of failing checks."""

from dataclasses import replace

import pytest

from pytest_modelcheck.records import (
    CHANGE,
    Comparison,
    Finding,
    FoundSlice,
    Group,
    Outcome,
    ShownCase,
    Status,
    Tally,
    TrialResult,
    Verdict,
)
from pytest_modelcheck.reports.bars import text_of
from pytest_modelcheck.reports.model import worst_first
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.wording import wrong_cases
from pytest_modelcheck.reports.worst import (
    adjusted_p_values,
    causes,
    causes_text,
    loss_of,
    places,
    triage,
    where,
)
from tests.reports.conftest import case, verdict


def plain(**more):
    return verdict(
        **{"comparison": None, "slices": (), "shown": (), "required": None, "interval": None, **more}
    )


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"rate": 0.5, "required": 0.9}, 0.4),
        ({"rate": -0.5, "required": 0.0, "scale": CHANGE, "signed": True, "graded": True}, 0.25),
        ({"rate": 0.5, "comparison": Comparison("2.0", 4, 0, 0, 4, 0.75, 0.5)}, 0.25),
        ({"cases": Tally(passed=1, error=3)}, 0.75),
        ({}, 0.0),
    ],
)
def test_the_greatest_loss_counts(fields, lost):
    assert loss_of(plain(**fields)) == pytest.approx(lost)


def test_changed_answers_are_lost_where_they_miss_a_limit():
    fields = {"comparison": Comparison("2.0", 4, 0, 0, 4, 1.0, 1.0, (), (), ("a", "b", "c"))}
    assert loss_of(plain(**fields)) == 0
    missed = (Finding("max_changed", Status.FAILED, "3 changed"),)
    assert loss_of(plain(findings=missed, **fields)) == 0.75


def test_the_failed_check_that_lost_most_comes_first(report):
    one = report.checks[0]
    made = [
        replace(one, verdict=plain(check=f"t.py::test_{name}", rate=rate, required=0.9, status=status))
        for name, rate, status in (
            ("a", 0.8, Status.FAILED),
            ("b", 0.1, Status.FAILED),
            ("c", 0.0, Status.INCONCLUSIVE),
        )
    ]
    assert [check.verdict.check[-1] for check in sorted(made, key=worst_first)] == ["b", "a", "c"]


def test_broken_cases_come_before_changed_answers_of_equal_losses(report):
    missed = (Finding("max_changed", Status.FAILED, "all changed"),)
    changed = Comparison("2.0", 4, 0, 0, 4, 1.0, 1.0, (), (), ("a", "b", "c", "d"))
    broke = Comparison("2.0", 4, 0, 0, 4, 1.0, 0.0, ("a", "b", "c", "d"), (), ())
    made = [
        replace(
            report.checks[0],
            verdict=plain(check=name, findings=missed, comparison=comparison, status=Status.FAILED),
        )
        for name, comparison in (("changed", changed), ("broke", broke))
    ]
    assert [check.verdict.check for check in sorted(made, key=worst_first)] == ["broke", "changed"]


def test_the_wrong_case_that_lost_most_comes_first(report):
    def scored(name, score):
        return (
            case(name, Outcome.FAILED, trials=None, change=None)
            if score is None
            else replace(case(name, Outcome.FAILED), trials=(TrialResult(Outcome.FAILED, score=score),))
        )

    cases = (scored("a", 0.4), scored("b", 0.1), replace(scored("c", 0.3), change="regressed"))
    assert [one.id for one in wrong_cases(replace(report.checks[0], cases=cases))] == ["c", "b", "a"]


def test_the_where_line_has_the_found_slice_or_else_the_one_that_clearly_lost_more():
    found = FoundSlice(("language=es", "length > 9"), 8, 8, 1, 40, 0.001)
    assert where(plain(found=found)) == "language=es and length > 9: 8 of 8 fail (elsewhere 1 of 40)"
    groups = (Group("language=es", 1, 10), Group("language=en", 9, 10))
    cases = Tally(passed=10, failed=10)
    assert where(plain(slices=groups, cases=cases)) == "language=es: 1/10 pass"
    assert where(plain(slices=(Group("a=1", 5, 10), Group("a=2", 5, 10)), cases=cases)) is None
    assert where(plain(slices=groups, cases=cases, status=Status.PASSED)) is None


def test_the_where_line_shows_no_fall_of_a_metric_that_its_figures_do_not_show():
    same = Group("language=en", 8, 10, 8, 10, metric=0.7901, approved_metric=0.7904)
    fell = Group("language=es", 6, 10, 6, 10, metric=0.712, approved_metric=0.7123)
    scored = {"metric": "f1", "graded": True, "rate": 0.8, "status": Status.FAILED}
    assert where(plain(slices=(same, replace(fell, approved_metric=0.75)), **scored)) == (
        "language=es: f1 0.712 (approved: 0.75)"
    )
    assert where(plain(slices=(same, fell), **scored)) == "language=es: f1 0.712"


def test_the_where_line_compares_with_the_approved_behaviour():
    comparison = Comparison("2.0", 20, 0, 0, 20, 0.9, 0.5)
    groups = (Group("language=es", 1, 10, 9, 10), Group("language=en", 5, 10, 5, 10))
    found = where(plain(slices=groups, comparison=comparison, cases=Tally(passed=6, failed=14)))
    assert found == "language=es: 1/10 pass (approved: 9/10)"


def red(number, language="es", **more):
    groups = (Group(f"language={language}", 0, 10), Group("language=en", 10, 10))
    fields = {"slices": groups, "cases": Tally(passed=10, failed=10), **more}
    return plain(check=f"t.py::test_{number}", **fields)


def test_features_that_failing_checks_share_are_counted():
    verdicts = [red(1), red(2), red(3, "de"), replace(red(4), status=Status.PASSED)]
    assert causes(verdicts) == [("language=es", 2)]
    assert causes_text(verdicts) == "failures in common: language=es in 2 of 3 failed checks"


def test_common_features_do_not_depend_on_the_order_of_the_checks():
    """The terminal lists checks by name, and the other reports the worst first."""
    verdicts = [red(number, language) for number in (1, 2) for language in ("fr", "es", "de")]
    found = [("language=de", 2), ("language=es", 2), ("language=fr", 2)]
    assert causes(verdicts) == causes(verdicts[::-1]) == found


def test_a_feature_of_a_single_check_or_of_a_few_of_many_is_no_common_cause():
    assert causes_text([red(1)]) is None
    assert causes([red(1), red(2), *(red(n, f"x{n}") for n in range(3, 12))]) == []


def test_perturbations_and_errors_can_be_shared_too():
    error = ShownCase("t-1", "error", "a", "boom", detail="t.py:1: in f\nE   ConnectionError: refused")
    under = (Group("typos", 0, 10), Group("casing", 10, 10))
    one = plain(perturbations=under, trials=Tally(passed=10, failed=10), shown=(error, error))
    assert list(dict.fromkeys(places(one))) == ["under typos", "ConnectionError: refused"]
    text = causes_text([one, one])
    assert text == "failures in common: ConnectionError: refused in 2 of 2 failed checks, under typos in 2"


REVEALS = "40 cases can reliably reveal only rates under 75%"


def missing(name, *p_values, status=Status.FAILED, reveals=REVEALS):
    findings = tuple(Finding("at_least", status, "missed", p_value=p, reveals=reveals) for p in p_values)
    met = (Finding("max_drop", Status.PASSED, "met", p_value=0.3),)
    return Verdict(f"test_x.py::{name}", "golden", status, findings or met, "triage", "1")


def quiet(number):
    return [missing(f"test_quiet_{n}", status=Status.PASSED) for n in range(number)]


CLEAR = [missing("test_a", 0.0005), missing("test_b", 0.0001), missing("test_c", 0.008)]
CHANCE = [missing("test_a", 0.009), missing("test_b", 0.04, status=Status.INCONCLUSIVE), *quiet(98)]


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        (
            [*CLEAR, *quiet(35)],
            "even among 38 checks, chance hardly explains 2 of 3 missed limits: test_b, test_a",
        ),
        (
            CLEAR,
            "even among 3 checks, chance hardly explains 3 of 3 missed limits: test_b, test_a, test_c",
        ),
        (CHANCE, "among 100 checks, chance alone may explain 2 missed limits"),
        (
            [*CHANCE, missing("test_stopped", None)],
            (
                "among 101 checks, chance alone may explain 2 missed limits; "
                "1 other failure does not depend on chance"
            ),
        ),
        (
            [missing("test_a", 0.03, 0.03, 0.03), missing("test_b", 0.001)],
            "even among 2 checks, chance hardly explains 1 of 2 missed limits: test_b",
        ),
        (
            [missing(f"test_{n}", 0.0001) for n in range(7)],
            (
                "even among 7 checks, chance hardly explains 7 of 7 missed limits: test_0, test_1, test_2, "
                "test_3 (+3 more)"
            ),
        ),
    ],
    ids=["the clearest first", "among fewer", "none", "without a p-value", "several limits of one", "many"],
)
def test_a_check_that_stands_out_among_all_is_named(verdicts, text):
    assert triage(verdicts) == text


@pytest.mark.parametrize(
    "verdicts",
    [
        [],
        quiet(5),
        [missing("test_a", 0.001), *quiet(5)],
        [missing("test_a", 0.001, reveals=None), missing("test_b", 0.001, reveals=None), *quiet(5)],
        [missing("test_a", None), missing("test_b", None)],
    ],
)
def test_without_a_choice_nothing_is_named(verdicts):
    """Fewer than two leave no choice, and McNemar's p beside an exact verdict decides nothing."""
    assert triage(verdicts) is None


def test_the_end_of_the_run_names_them_within_the_terminal():
    names = [f"test_{letter * 30}" for letter in "abc"]
    lines = [text_of(line) for line in summary_lines([missing(name, 0.0001) for name in names], 80)]
    start = next(number for number, line in enumerate(lines) if line.startswith("even among 3 checks"))
    assert max(map(len, lines[start:])) <= 80
    assert all(any(name in line for line in lines[start:]) for name in names)


def test_each_check_has_its_own_p_value_among_all():
    verdicts = [missing("test_a", 0.01), *quiet(2), missing("test_b", 0.001), missing("test_b", 0.001)]
    assert adjusted_p_values(verdicts) == pytest.approx([0.03, None, None, 0.005, 0.005])
    assert adjusted_p_values(quiet(2)) == [None, None]
    assert adjusted_p_values([]) == []
