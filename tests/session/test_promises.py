"""Promises of verdicts, checked with simulated models: a seed, a rate, and nothing else.

The long version, with more sizes and more runs, is ``benchmarks/stats_end_to_end.py``.
"""

import math
import random

import pytest

from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import CHANGE, Scale

RUNS = 50
VARIES = {"definition": {"deterministic": False}, "run_options": {"keep": False}}


def known(model, case):
    assert model(case.input) == "right"


def agree(model, case):
    assert model(case.perturbed) == model(case.input)


def cases(n):
    return [{"id": str(number), "input": f"question {number}"} for number in range(n)]


def of_rate(rate, seed):
    generator = random.Random(seed)
    return lambda x: "right" if generator.random() < rate else "wrong"


def failures(run):
    """The number of seeds that fail."""
    return sum(run(seed).failed for seed in range(RUNS))


def seldom(hits, rate):
    """At most as often as promised, three standard errors of the simulation aside."""
    return hits <= RUNS * rate + 3 * (RUNS * rate * (1 - rate)) ** 0.5


@pytest.mark.parametrize("confirm", [True, False])
def test_a_rate_just_met_fails_seldom(project, confirm):
    def run(seed):
        options = {"at_least": 0.95, "false_fail_rate": 0.05, "confirm": confirm, **VARIES}
        return project.run(of_rate(0.95, seed), cases(40), known, version=f"1.{seed}", **options)

    assert seldom(failures(run), 0.05)


def test_a_rate_far_below_fails_nearly_always(project):
    """The drop that 40 cases reveal with a chance of 90%; further runs make it more."""

    def run(seed):
        return project.run(
            of_rate(0.748, seed), cases(40), known, version=f"1.{seed}", at_least=0.95, **VARIES
        )

    assert failures(run) >= 0.85 * RUNS


def test_a_version_as_good_as_the_approved_one_fails_seldom(project):
    def run(seed):
        options = {"repeats": 3, "false_fail_rate": 0.05, **VARIES}
        project.run(of_rate(0.8, 1000 + seed), cases(40), known, version=f"1.{seed}", **options)
        project.approve(f"1.{seed}")
        return project.run(of_rate(0.8, seed), cases(40), known, version=f"2.{seed}", **options)

    assert seldom(failures(run), 0.05)


def test_an_invariant_model_that_varies_fails_seldom(project):
    shout = as_perturbations([str.upper])

    def run(seed):
        options = {"kind": "invariance", "perturbations": shout, "false_fail_rate": 0.05, **VARIES}
        return project.run(of_rate(0.93, seed), cases(30), agree, version=f"1.{seed}", **options)

    assert seldom(failures(run), 0.05)


class TestChanges:
    """Means of graded changes: at the limit they fail seldom, far below it nearly always."""

    def run(self, project, seed, rise, at_least, scale=CHANGE, spread=0.1, **options):
        luck = random.Random(seed)

        def priority(text):
            return luck.gauss(0.5 + rise * text.endswith("!"), spread)

        def body(model, case):
            give_score(case, model(case.perturbed) - model(case.input))

        return project.run(
            priority,
            cases(40),
            body,
            version=f"1.{seed}",
            kind="directional",
            perturbations=as_perturbations({"louder": "{}!".format}),
            scale=scale,
            at_least=at_least,
            false_fail_rate=0.05,
            **options,
            **VARIES,
        )

    SCALES = pytest.mark.parametrize(
        ("at_least", "scale"), [(0.0, CHANGE), (0.05, CHANGE), (0.05, Scale(-math.inf, math.inf))]
    )

    @SCALES
    def test_a_change_that_is_just_enough_fails_seldom(self, project, at_least, scale):
        assert seldom(failures(lambda seed: self.run(project, seed, at_least, at_least, scale)), 0.05)

    @SCALES
    def test_a_change_far_too_small_fails_nearly_always(self, project, at_least, scale):
        rise = at_least - (0.25 if scale == CHANGE and at_least else 0.1)
        assert failures(lambda seed: self.run(project, seed, rise, at_least, scale)) >= 0.9 * RUNS
