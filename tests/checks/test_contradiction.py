"""Runs of one version that contradict each other are not approved, and noise hardly ever looks so."""

import numpy as np
import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.checks.observed import contradiction
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

P, F, E = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
HEADER = Header("test_a.py::test", "golden", "triage", "2.0")


def candidate(cases, call=str):
    """A candidate from the outcomes of each case's runs; ``call`` names the call of a case."""
    rows = {}
    for number, runs in enumerate(cases):
        trials = tuple(
            TrialResult(one, ((f"{call(number)}-{repeat}", b"1"),), repeat=repeat)
            for repeat, one in enumerate(runs)
        )
        rows[str(number)] = lines.encode(CaseResult(str(number), str(number), None, "", trials))
    return Baseline(HEADER, rows, "")


def told(*arguments, **options):
    return list(contradiction(candidate(*arguments, **options)))


def test_a_run_that_stands_out_is_named_with_what_to_do():
    (reason,) = told([[P, F, P]] * 12 + [[P, P, P]] * 5)
    assert reason.startswith(
        "its 3 runs contradict each other: 17, 5 and 17 cases pass, more apart than noise"
    )
    assert reason.endswith("pytest --model-version=2.0 --modelcheck-update --modelcheck-cache=refresh")


def test_candidates_that_are_approved_together_share_the_chance_of_a_false_refusal():
    found = candidate([[P, F, P]] * 7 + [[P, P, P]] * 20)
    assert list(contradiction(found)) != []
    assert list(contradiction(found, together=60)) == []
    assert list(contradiction(candidate([[P, F, P]] * 20), together=60)) != []


@pytest.mark.parametrize(
    "cases",
    [[[P]] * 20, [[P, P, P]] * 20, [[P, F, P], [F, P, P], [P, P, F]] * 10, [[P, E, P]] * 20, []],
    ids=["run once", "steady", "coins", "an outage, which is an error", "no case"],
)
def test_nothing_is_said_of_runs_that_agree_or_cannot_be_compared(cases):
    assert told(cases) == []


def test_cases_that_share_a_call_count_as_one():
    assert told([[P, F, P]] * 20)
    assert told([[P, F, P]] * 20, call=lambda _: "the same") == []


def test_of_a_model_that_did_not_change_hardly_any_candidate_is_refused():
    random = np.random.default_rng(11)
    chances = random.beta(4, 1, 40)
    refused = sum(
        bool(told([[P if passes else F for passes in random.random(3) < chance] for chance in chances]))
        for _ in range(400)
    )
    assert refused <= 10  # 4 expected at 1%
