"""The fast half of ``benchmarks/judged.py``, with a fixed seed: verdicts of judges keep their promise."""

from dataclasses import replace

import judged
import pytest

from pytest_modelcheck.records import Status

CHECKS = 20


ROWS = {row.name: row for row in judged.ROWS}


@pytest.mark.parametrize("name", list(ROWS)[::4])
def test_a_row_keeps_what_is_promised_of_it(name):
    found = judged.measured(ROWS[name], CHECKS, seed=7)
    assert judged.keeps(ROWS[name], found, CHECKS), found


def test_the_judges_word_alone_would_break_the_promise():
    """The benchmark can fail: the same rows, decided by an uncorrected judge."""
    name = "as good, good then, fair now, 100 labels each, 100 cases"
    _, word, people = judged.measured(ROWS[name], CHECKS, seed=7)
    assert word[Status.FAILED] > CHECKS / 2
    assert people[Status.FAILED] == 0


def test_labels_of_other_answers_do_not_stand_in_for_those_of_this_version():
    """The judge errs otherwise on this version: pooled labels would fail it in every other check."""
    row = ROWS["at its limit, 100 own labels, other answers graded otherwise, 500 cases"]
    failed = judged.measured(row, CHECKS, seed=7)[0][Status.FAILED]
    unlabelled = replace(row, labels=(0, 0))
    assert judged.measured(unlabelled, CHECKS, seed=7)[0][Status.FAILED] > failed
