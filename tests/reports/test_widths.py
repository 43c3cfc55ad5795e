"""Texts of any width and script on terminals of any width."""

from itertools import product

import pytest

from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff, Side
from pytest_modelcheck.records import (
    Comparison,
    Contrast,
    Finding,
    Flaky,
    Group,
    Outcome,
    ShownCase,
    Smallest,
    Status,
)
from pytest_modelcheck.reports.bars import text_of, width_of, wrapped
from pytest_modelcheck.reports.diff import diff_lines
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.terminal import failure_lines
from tests.reports.conftest import verdict

NAMES = {
    "40 cells": "c" * 40,
    "41 cells": "c" * 41,
    "75 cells": "c" * 75,
    "200 characters": "c-" * 100,
    "CJK": "返金" * 20,
    "200 ideographs": "返" * 200,
    "emoji": "👩\u200d🔬" * 60,
    "combining": "e\u0301" * 100,
    "blanks": "a b " * 50,
}
names = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


def too_wide(lines, width, name):
    """The lines that are too wide, except for a name shown whole, to be copied."""
    return [line for line in lines if width_of(line) > width and name[:32] not in line]


def shown_cases(name):
    answers = [(None, None, None), (name, f"{name}x", f"{name}y"), ("'refund'", "'other'", "'refund'")]
    smallest = [None, Smallest(name, 1, name), Smallest("", 0)]
    notes = ("error", "regressed", "failed", "changed", "fixed", "new")
    for note, (expected, got, approved), found in product(notes, answers, smallest):
        contrast = None if got is None else Contrast("expected", ((name[:40], expected, got), ("", "a", "b")))
        yield ShownCase(
            name,
            note,
            name,
            "assert 1 == 2",
            expected,
            got,
            approved,
            f"typos {name}",
            name,
            smallest=found,
            contrast=contrast,
            origin="x.yaml:3",
        )


@names
def test_any_case_can_be_shown_in_a_failure(name):
    for case in shown_cases(name):
        lines = [text_of(line) for line in failure_lines(verdict(shown=(case,)))]
        assert any(name.split()[0] in line for line in lines)
        assert too_wide(lines, 80, name) == []


def test_a_wide_id_stands_above_its_case_and_others_beside_it():
    def lines(name):
        case = ShownCase(name, "failed", "text", "", got="'a'", expected="'b'")
        return [text_of(line) for line in failure_lines(verdict(shown=(case,), advice=()))][-2:]

    assert lines("c" * 40) == [f'    {"c" * 40}  "text"', f"{'':46}expected 'b', got 'a'"]
    assert lines("c" * 41) == ['        "text"', "        expected 'b', got 'a'"]


@names
@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_summary_fits(name, width):
    text = f"the reason is {name} here"
    one = verdict(
        f"test_triage.py::{name}",
        findings=(Finding("max_drop", Status.FAILED, text),),
        notes=(text,),
        comparison=Comparison("2.0", 4, 0, 0, 4, 1.0, 0.5, (name, "t-2"), (name,), (name,)),
        slices=(Group(f"language={name}", 0, 2, 2, 2), Group("language=en", 2, 2, 2, 2)),
        flaky=(Flaky(name, 1, 3),),
    )
    green = verdict("test_triage.py::green", Status.PASSED, comparison=one.comparison, shown=())
    for verbosity in (-1, 0, 1, 2):
        lines = [text_of(line) for line in summary_lines([one, green], width, verbosity=verbosity)]
        assert too_wide(lines, width, name) == []


@names
@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_diff_fits(name, width):
    raw = f'"{name}"'.encode()
    sides = [Side(outcome, answer) for outcome, answer in ((Outcome.PASSED, raw), (Outcome.FAILED, b'"a"'))]
    case = CaseDiff(name, name, "regressed", *sides, perturbation=name, perturbed=name, expected=name)
    diff = CheckDiff("t.py::test", "triage", "2.0", "2.1", (case,), 3)
    lines = map(text_of, diff_lines([diff], "2.0", {"triage": "2.1"}, width=width))
    assert too_wide(lines, width, name) == []


@pytest.mark.parametrize(
    ("text", "options", "lines"),
    [
        ("one two three", {}, ["one two", "  three"]),
        ("a   b", {}, ["a   b"]),
        ("one\ntwo\tx", {}, ["one two", "  x"]),
        ("a test_of_something b", {}, ["a", "  test_of_something", "  b"]),
        ("a abcdefghijkl b", {"breaks": True}, ["a abcdef", "  ghijkl", "  b"]),
        ("a 返金してください b", {"hanging": ""}, ["a 返金し", "てくださ", "い b"]),
        ("👩\u200d🔬" * 5, {"hanging": "", "breaks": True}, ["👩\u200d🔬" * 4, "👩\u200d🔬"]),
        ("e\u0301" * 9, {"hanging": "", "breaks": True}, ["e\u0301" * 8, "e\u0301"]),
        ("", {}, [""]),
        ("word", {"indent": " label: "}, [" label: word"]),
    ],
)
def test_lines_break_at_blanks_and_names_are_whole(text, options, lines):
    assert wrapped(text, 8, **options) == lines


@pytest.mark.parametrize("width", [-5, 0, 1])
def test_no_width_is_too_narrow_to_go_on(width):
    assert "".join(wrapped("ab 返金", width, breaks=True)).replace(" ", "") == "ab返金"
