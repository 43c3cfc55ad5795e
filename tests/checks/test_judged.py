"""The fast half of ``benchmarks/judged.py``, with a fixed seed: what judges decide keeps its promise."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelcheck.records import Status

SOURCE = Path(__file__).parents[2] / "benchmarks" / "judged.py"
CHECKS = 20


def loaded():
    spec = importlib.util.spec_from_file_location("benchmark_of_judged_checks", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


BENCHMARK = loaded()
ROWS = {row.name: row for row in BENCHMARK.ROWS}


@pytest.mark.parametrize("name", list(ROWS)[::4])
def test_a_row_keeps_what_is_promised_of_it(name):
    found = BENCHMARK.measured(ROWS[name], CHECKS, seed=7)
    assert BENCHMARK.keeps(ROWS[name], found, CHECKS), found


def test_the_judges_word_alone_would_break_the_promise():
    """The benchmark can tell: the same rows, by what an uncorrected judge says."""
    name = "as good, good then, fair now, 100 labels each, 100 cases"
    _, word, people = BENCHMARK.measured(ROWS[name], CHECKS, seed=7)
    assert word[Status.FAILED] > CHECKS / 2
    assert people[Status.FAILED] == 0


def test_labels_of_other_answers_do_not_stand_in_for_those_of_this_version():
    """The judge errs otherwise on this version: pooled labels would fail it in every other check."""
    row = ROWS["at its limit, 100 own labels, other answers graded otherwise, 500 cases"]
    failed = BENCHMARK.measured(row, CHECKS, seed=7)[0][Status.FAILED]
    unlabelled = replace(row, labels=(0, 0))
    assert BENCHMARK.measured(unlabelled, CHECKS, seed=7)[0][Status.FAILED] > failed
