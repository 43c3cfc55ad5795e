"""From runs to evidence: repeats that are copies of the first run count once."""

import weakref
from dataclasses import replace

import numpy as np
import pytest

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.observed import Observed
from pytest_modelcheck.checks.protocol import Rules, look_at_drop, look_at_rate
from pytest_modelcheck.checks.units import Units, look_at_fall
from pytest_modelcheck.checks.weighing import looks, weigh
from pytest_modelcheck.records import CaseResult, Outcome, Status, Tally, TrialResult
from pytest_modelcheck.stats.rates import lower_tail


def case(number, runs, answers=None):
    answers = answers or ["x"] * len(runs)
    trials = tuple(
        TrialResult(
            Outcome.PASSED if passes else Outcome.FAILED,
            ((f"{number:04}", f'"{answer}"'.encode()),),
            repeat=n,
        )
        for n, (passes, answer) in enumerate(zip(runs, answers, strict=True))
    )
    return CaseResult(f"c{number}", f"{number:04}", None, "", trials)


def weighed(current, approved=None, *, deterministic=False, repeats=5):
    cases = [
        (case(n, runs), None if approved is None else case(n, approved[n])) for n, runs in enumerate(current)
    ]
    return weigh(cases, repeats, {}, graded=False, deterministic=deterministic)


def test_cases_are_weighed_one_by_one_and_not_kept():
    """Parsed, a million cases take gigabytes."""

    class Watched(CaseResult):
        __slots__ = ("__weakref__",)

    seen = []

    def pairs():
        for number in range(50):
            assert sum(one() is not None for one in seen) <= 2
            one = case(number, [True])
            both = tuple(Watched(one.id, one.digest, None, "", one.trials) for _ in range(2))
            seen.extend(map(weakref.ref, both))
            yield both
            del both

    assert len(weigh(pairs(), 1, {}, graded=False, deterministic=None).rate.cases) == 50


def test_only_changed_cases_of_a_sample_that_ran_once_are_evidence():
    """By McNemar's test, which leaves out unchanged cases."""
    runs = [CaseRuns((1.0,), ((float(number >= 5),),)) for number in range(12)]
    units = Units(Observed(Tally()), Limits(population="sample"), None)
    look = look_at_fall(Evidence(runs, deterministic=False), units)
    assert look.p_value == pytest.approx(0.5**5)


def test_scores_of_cases_that_share_an_answer_count_once():
    """Two prompts of ten cases each: one bad answer is not ten."""
    cases = [
        (replace(one, trials=tuple(replace(trial, score=float(prompt)) for trial in one.trials)), None)
        for prompt in range(2)
        for one in [case(prompt, [True])] * 10
    ]
    found = weigh(cases, 1, {}, graded=True, deterministic=False)
    observed = Observed(Tally(passed=20), graded=True)
    look = looks(found, observed, Limits(at_least=0.9), approved=False)["at_least"]
    alone = replace(found.rate, cases=[replace(each, unit=None) for each in found.rate.cases])
    assert look_at_rate(alone, 0.9, Rules()).p_value < 0.01
    assert look.p_value > 0.1


def test_copies_of_a_model_declared_to_vary_count_once():
    found = weighed([[True] * 5] * 8, [[True] * 3] * 8)
    assert found.rate.copies
    assert (found.rate.cases[0].current, found.paired.cases[0].approved) == ((1.0,), (1.0,))


@pytest.mark.parametrize(
    "found",
    [
        weighed([[True] * 5] * 8, deterministic=None),
        weighed([[True] * 5] * 4),  # sixteen repeats may be luck
        weighed([[True] * 5] * 7 + [[True, True, True, True, False]]),
        weigh(
            [(case(n, [True] * 5, "aaaab"), None) for n in range(8)], 5, {}, graded=False, deterministic=False
        ),
    ],
    ids=["not declared", "too few", "an outcome differs", "an answer differs"],
)
def test_other_repeats_count(found):
    assert not found.rate.copies
    assert len(found.rate.cases[0].current) == 5


def test_a_client_that_caches_keeps_the_promise_at_its_limit_and_against_the_approved_version():
    rng = np.random.default_rng(11)
    failed = dropped = counted_all = 0
    for _ in range(150):
        approved, current = ([[bool(passes)] * 5 for passes in rng.random(60) < 0.9] for _ in range(2))
        found = weighed(current, approved)
        failed += look_at_rate(found.rate, 0.9, Rules()).status is Status.FAILED
        dropped += look_at_drop(found.paired, 0, Rules()).status is Status.FAILED
        passed = sum(map(sum, current))
        counted_all += lower_tail(passed, 300, 0.9) <= 0.01
    assert failed <= 5
    assert dropped <= 5
    assert counted_all >= 10  # as if each copy counted


def test_a_failed_run_has_the_worst_score_of_the_scale():
    """With 0 in place of -10, a case that rises from there to -5 would look as if it fell."""
    current = CaseResult("c", "c", None, "", (TrialResult(Outcome.PASSED, score=-5.0),))
    approved = CaseResult("c", "c", None, "", (TrialResult(Outcome.FAILED),))
    found = weigh([(current, approved)], 1, {}, graded=True, worst=-10.0, deterministic=None)
    [pair] = found.paired.cases
    assert (pair.approved, pair.current) == ((-10.0,), (-5.0,))
