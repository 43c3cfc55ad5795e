"""The fast half of ``benchmarks/verdicts.py``, with a fixed seed: whole verdicts keep their promises.

Promises that take more checks than a test should run are measured there.
"""

import re

import pytest
import verdicts

from pytest_modelcheck.records import Status

CHECKS = 40


ROWS = {row.name: row for row in verdicts.ROWS}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_keeps_what_is_promised_of_it(name):
    row = ROWS[name]
    # A metric is computed a hundred times a check; with fewer checks one failure would break a promise of 1%.
    checks = 16 if isinstance(row, verdicts.MetricRow) else CHECKS
    if re.search(r"steady, \d", name):
        checks = 1  # nothing is left to chance
    for design, limit, least in zip(verdicts.DESIGNS, row.fails, row.finds, strict=True):
        if limit is None and row.passes is None and not least:
            continue
        found = verdicts.measured(row, *design, checks, seed=7)
        failed = found.share(Status.FAILED)
        assert verdicts.kept(failed, limit, checks), (design, failed)
        assert verdicts.kept(found.share(Status.PASSED), row.passes, checks), design
        assert verdicts.kept(1 - failed, 1 - least, checks), (design, failed)


def test_a_rule_that_ignores_noise_would_break_the_promise():
    """The benchmark can fail: declared deterministic, the same unchanged models fail again and again."""
    row = ROWS["unchanged, 100 unequal cases"]

    class Naive(type(row)):
        def check(self, approved_runs, repeats, rng):
            approved, current = self.versions(rng)
            before, after = (rng.random(len(side)) < side for side in (approved, current))
            return (Status.FAILED if after.sum() < before.sum() else Status.PASSED), 1.0

    found = verdicts.measured(Naive(row.name, row.versions), 1, 1, CHECKS, seed=7)
    assert not verdicts.kept(found.share(Status.FAILED), 0.01, CHECKS)


@pytest.mark.parametrize("design", [(3, 1), (5, 5)])
def test_an_unchanged_model_costs_about_a_fifth_more_calls_than_one_set(design):
    found = verdicts.measured(ROWS["unchanged, 100 unequal cases"], *design, 200, seed=3)
    assert found.calls / found.checks <= 1.35
    assert found.share(Status.INCONCLUSIVE) <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5
