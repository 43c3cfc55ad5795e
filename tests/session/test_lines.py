"""The line of a case, written from its trials as its result would be."""

import json

import numpy as np
import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.canonical import of_repeat
from pytest_modelcheck.engine.trials import STRIDE, Plan
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.models.model import Unstored, text_key
from pytest_modelcheck.records import Case, Origin, Outcome, Trial
from pytest_modelcheck.session.lines import case_result, expectation, keys_of, row_of

RAW = [b'"a"', b'{"a":[1.5,null]}', Unstored(object(), b'{"$repr":"x"}', shared=True)]
CASES = [
    Case("Where is my parcel?", "shipping", "t-1"),
    Case("Where is it?", "x" * 81, "t-6", {"language": "es"}, origin=Origin("t.yaml", 3)),
    Case("x" * 81, expected=True, id="t-7"),
    Case("Wo ist „mein“ Päckchen?\n\u202e", id="t-2"),
    Case({"text": "x"}, ["a"], "t-3"),
    Case("x" * 200, 2, 'a "quoted" id', known_failure="known"),
    Case(object(), id="t-5"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize("change", [{}, {"score": 0.5}, {"recorded": [1]}, {"calls": []}], ids=repr)
@pytest.mark.parametrize(
    "raw", [b'"a"', b'{"a":[1.5,null]}', Unstored(object(), b'{"$repr":"x"}', shared=True)], ids=range(3)
)
def test_a_line_is_what_its_record_would_be_written_as(case, change, raw):
    [trial] = Plan([case], None).trials()
    result = Result(trial)
    key = text_key(case.input) if isinstance(case.input, str) else None
    result.calls = [(key, raw)]
    for name, value in change.items():
        setattr(result, name, value)
    assert row_of(case, [result])[0] == lines.encode(case_result(case, [result]))


@pytest.mark.parametrize("case", CASES[:6], ids=lambda case: case.id)
def test_a_line_of_many_trials_is_what_its_record_would_be_written_as(case):
    perturbed = ["other", case.input, "Päckchen\u2026 " * 20, {"a": [1]}, "other"]
    own = text_key(case.input) if isinstance(case.input, str) else None
    answers = [b'"a"', RAW[2], b'"a"', b'"b"', b'"c"']
    results = []
    for number, (value, answer) in enumerate(zip(perturbed, answers, strict=True)):
        result = Result(Trial(number, case, 'under "this"', value, number, number % 2, of=5))
        key = text_key(value) if isinstance(value, str) else None
        result.outcome = list(Outcome)[number]
        result.calls = [[(own, b'"a"'), (key, answer)], [(own, answer)], [], [(None, answer)]][number % 4]
        results.append(result)
    assert row_of(case, results)[0] == lines.encode(case_result(case, results))
    results[3].score = 0.25
    assert row_of(case, results)[0] == lines.encode(case_result(case, results))


def test_an_edit_inside_a_large_expectation_of_a_known_failure_is_seen():
    arrays = np.zeros((2, 5_000))  # whose repr() leaves out most of it
    arrays[1, 2_500] = 1
    one, other = (expectation(Case("x", array, known_failure="later")) for array in arrays)
    assert one != other


def test_equal_calls_of_several_repeats_are_written_as_one_call():
    [case] = CASES[:1]
    key = text_key(case.input)
    results = [Result(trial) for trial in Plan([case], None, repeats=3).trials()]
    for repeat, (result, answer) in enumerate(zip(results, (b'"a"', b'"b"', b'"a"'), strict=True)):
        result.calls = [(of_repeat(key, repeat), answer), (of_repeat(key, repeat + STRIDE), b'"a"')]
    line = row_of(case, results)[0]
    assert line == lines.encode(case_result(case, results))
    read = lines.decode(line)
    assert [[answer for _, answer in trial.calls] for trial in read.trials] == [
        [b'"a"', b'"a"'],
        [b'"b"', b'"a"'],
        [b'"a"', b'"a"'],
    ]
    assert {digest for trial in read.trials for digest, _ in trial.calls} == {read.digest}
    known = [key for trial in read.trials for key in keys_of(trial)]
    assert known == [key[:8], *(of_repeat(key, n) for n in (STRIDE, 1, 1 + STRIDE, 2, 2 + STRIDE))]


def test_a_text_that_no_file_can_hold_is_named():
    case = Case("x", id="a\ud800")
    result = Result(Trial(0, case))
    with pytest.raises(BaselineError, match=r"case 'a\\ud800' cannot be written as JSON"):
        row_of(case, [result])[0]


def called(case, answer=b'"a"', **trial):
    result = Result(Trial(0, case, **trial))
    result.calls = [(text_key(case.input), answer)]
    return result


def whole(case, *results):
    return lines.decode(lines.with_details(*row_of(case, results)))


def test_a_line_holds_what_a_report_shows():
    case = Case({"a": [1]}, ["b"], "t-1", {"language": "es"}, (), "known", Origin("t.yaml", 3))
    result = Result(Trial(0, case))
    found = whole(case, result)
    assert (found.input, found.expected, found.metadata) == ({"a": [1]}, ["b"], {"language": "es"})
    assert (found.known_failure, str(found.origin)) == ("known", "t.yaml:3")
    assert lines.bare(lines.with_details(*row_of(case, [result]))) == row_of(case, [result])[0]


@pytest.mark.parametrize("text", ["short", "x" * 90, "line\nbreak", "x" * 30_000])
def test_a_text_is_written_once(text):
    """An input that is no longer than its beginning is not written again."""
    case = Case(text, id="t-1")
    row = lines.with_details(*row_of(case, [called(case)]))
    assert lines.decode(row).input == (text if len(text) <= 20_000 else text[:19_999] + "…")
    assert row.count(json.dumps(text)[1:-1].encode()) == 1 or len(text) > 20_000


def test_output_of_bodies_is_shown_for_those_that_failed():
    case = Case("a", "b", "t-1")
    failed, broken, passed = (Result(Trial(n, case, "typos", "aa", n, of=3)) for n in range(3))
    failed.outcome, failed.message = Outcome.FAILED, "assert " + "x" * 2_000
    broken.outcome, broken.message, broken.error = Outcome.ERROR, "'label'", KeyError("label")
    passed.message = "nothing"
    found = whole(case, failed, broken, passed)
    assert [trial.perturbed for trial in found.trials] == ["aa"] * 3
    assert [trial.message for trial in found.trials] == [
        failed.message[:1_000],
        "KeyError: 'label'",
        None,
    ]


def test_a_perturbed_input_is_written_in_full():
    case = Case("a", "b", "t-1")
    values = ["aa", "x" * 200, {"a": 1}, "a\tb"]
    results = [Result(Trial(n, case, "typos", value, n, of=4)) for n, value in enumerate(values)]
    assert [trial.perturbed for trial in whole(case, *results).trials] == values


def test_invalid_unicode_is_spelled_out():
    case = Case("a", "b\ud800", "t-1", {"k": "\udfff"})
    found = whole(case, Result(Trial(0, case)))
    assert (found.expected, found.metadata) == ("b\\ud800", {"k": "\\udfff"})
