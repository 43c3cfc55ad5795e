import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck.baselines.lines import (
    bare,
    decode,
    encode,
    id_of,
    more_details,
    settled,
    trials_line,
    with_details,
)
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def canonical(value: object) -> bytes:
    import orjson

    return orjson.dumps(value)


ANSWERS = JSON.map(canonical)
DIGESTS = st.sampled_from(["", "aa", "bb", "cc"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TRIALS = st.builds(
    TrialResult,
    outcome=st.sampled_from(Outcome),
    calls=st.lists(st.tuples(DIGESTS, ANSWERS), max_size=3).map(tuple),
    recorded=st.none() | ANSWERS,
    perturbation=st.none() | TEXT,
    variant=st.integers(0, 3),
    repeat=st.integers(0, 3),
    score=st.none() | st.floats(0, 1),
    about=st.none() | TEXT,
)
RECORDS = st.builds(
    CaseResult,
    id=TEXT,
    digest=DIGESTS,
    expectation=st.none() | DIGESTS,
    about=TEXT,
    trials=st.lists(TRIALS, max_size=3).map(tuple),
)


@settings(deadline=None, derandomize=True)
@given(RECORDS)
def test_every_record_comes_back_as_it_was_and_on_one_line(record):
    line = encode(record)
    assert b"\n" not in line
    assert decode(line) == record


def plain(**trial: object) -> CaseResult:
    fields = {"outcome": Outcome.PASSED, "calls": (("8f0c", b'"refund"'),)}
    return CaseResult("t-42", "8f0c", "77aa", "Quiero un…", (TrialResult(**(fields | trial)),))


def test_the_short_form_reads_id_outcome_answer_and_the_digests_last():
    assert encode(plain()).decode() == (
        '{"id":"t-42","outcome":"passed","answer":"refund","about":"Quiero un…",'
        '"input":"8f0c","expected":"77aa"}'
    )


def test_a_score_and_a_recorded_answer_stand_beside_the_outcome():
    keys = list(json.loads(encode(plain(score=0.5, recorded=b"1"))))
    assert keys == ["id", "outcome", "score", "recorded", "answer", "about", "input", "expected"]


def test_calls_with_more_than_the_input_are_written_out():
    line = json.loads(encode(plain(calls=(("8f0c", b"1"), ("beef", b"2")))))
    assert line["calls"] == [["8f0c", 1], ["beef", 2]]
    assert "answer" not in line


def test_a_body_without_calls_has_neither_answer_nor_calls():
    line = json.loads(encode(plain(calls=())))
    assert not {"answer", "calls"} & set(line)


def test_an_answer_that_a_line_gives_twice_is_written_once():
    calls = (("beef", b'"x"'), ("8f0c", b'"a long answer"'))
    again = (("f00d", b'"y"'), ("8f0c", b'"a long answer"'))
    trials = tuple(
        TrialResult(Outcome.PASSED, pairs, perturbation="typos", variant=n)
        for n, pairs in enumerate((calls, again))
    )
    record = CaseResult("t", "8f0c", None, "about", trials)
    line = encode(record)
    assert line.count(b"a long answer") == 1
    assert decode(line) == record


def test_a_long_answer_that_each_run_gives_is_written_once_and_a_short_one_where_it_is_read():
    for answer, times in ((b'"refund"', 3), (b'"' + b"refund" * 100 + b'"', 1)):
        trials = tuple(TrialResult(Outcome.PASSED, (("8f0c", answer),), repeat=n) for n in range(3))
        record = CaseResult("t", "8f0c", None, "about", trials)
        line = encode(record)
        assert line.count(answer) == times
        assert decode(line) == record


def test_a_digest_that_was_answered_differently_keeps_both_answers():
    trials = tuple(
        TrialResult(Outcome.PASSED, (("beef", answer),), repeat=n)
        for n, answer in enumerate((b"1", b"2", b"1"))
    )
    record = CaseResult("t", "8f0c", None, "about", trials)
    assert decode(encode(record)) == record


def test_the_bytes_of_an_answer_are_kept_as_they_are():
    answer = b'{"z":1,"a":[1e-7,2.0]}'
    line = encode(plain(calls=(("8f0c", answer),)))
    assert answer in line
    assert decode(line).trials[0].answer == answer


def test_an_id_that_no_file_can_hold_is_refused_by_name():
    with pytest.raises(BaselineError, match=r"case 'a\\ud800' cannot be written"):
        encode(CaseResult("a\ud800", "8f0c", None, "about", ()))


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"a"',
        b'{"id":"a"}',
        b"[]",
        b'{"id":"a","outcome":"great","about":"","input":"8f"}',
        b'{"id":"a","about":"","input":"8f","trials":[{"outcome":"passed","calls":[["beef"]]}]}',
        b'{"id":"a","about":"","input":"8f","trials":3}',
    ],
)
def test_a_line_that_is_no_case_is_an_error(line):
    with pytest.raises(BaselineError, match="not a case"):
        decode(line)


def test_a_line_of_a_result_file_is_cut_to_that_of_a_baseline():
    line = encode(plain())
    whole = more_details(with_details(line, '"expected":"a\\tb"'), b'"approved":true')
    assert bare(whole) == line
    assert bare(line) == line
    found = decode(whole)
    assert (found.expected, found.approved) == ("a\tb", plain())
    assert decode(more_details(with_details(line, ""), b'"approved":null')).approved is None
    assert json.loads(whole)["case"] == {"expected": "a\tb", "approved": True}


def test_further_runs_follow_those_of_the_line():
    trial = TrialResult(Outcome.FAILED, (("8f0c", b'"other"'),), repeat=2)
    whole = more_details(with_details(encode(plain()), ""), b'"more":' + trials_line([trial], "8f0c"))
    assert decode(whole).trials == (*plain().trials, trial)


@settings(deadline=None, derandomize=True)
@given(RECORDS)
def test_every_line_is_found_by_its_id_and_cut_where_it_was_joined(record):
    line = encode(record)
    assert id_of(line) == record.id
    assert bare(with_details(line, '"input":"x"')) == line


@pytest.mark.parametrize("outcome", list(Outcome))
def test_once_an_answer_is_approved_it_is_the_approved_one(outcome):
    line = encode(plain(outcome=outcome, score=0.5))
    (trial,) = decode(settled(line)).trials
    if outcome in (Outcome.FAILED, Outcome.NEW):
        assert (trial.outcome, trial.score) == (Outcome.PASSED, None)
    else:
        assert settled(line) == line
