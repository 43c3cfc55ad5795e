import json

import pytest

from pytest_modelcheck.baselines.header import Header, PastApproval, decode, encode
from pytest_modelcheck.baselines.lines import sealed, unsealed
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import Finding, Status

FULL = Header(
    test="tests/test_a.py::test[é]",
    kind="golden",
    model="triage",
    version="2.10",
    fingerprint="f1",
    body="b0",
    source="tests/base.py::Base.test",
    files={"b.yaml": "2", "a.yaml": "1"},
    cases=3,
    others={"tone": "1"},
    findings=(Finding("at_least", Status.FAILED, "1/3 cases pass", against_baseline=False),),
    approved_at="2025-03-01T12:00:00Z",
    approved_by="Ada <ada@example.org>",
    reason="better",
    forced=("errors",),
    plugin="0.1.0",
)


@pytest.mark.parametrize(
    "header", [FULL, Header("t.py::t", "golden", "m", "1"), Header("t.py::t", "golden", "m", None)]
)
def test_a_header_comes_back_as_it_was(header):
    assert decode(encode(header), "x.jsonl") == header


def test_a_header_begins_with_the_schema_and_the_test_and_leaves_out_what_is_empty():
    fields = json.loads(encode(Header("t.py::t", "golden", "m", "1")))
    assert list(fields) == ["modelcheck", "test", "kind", "model", "version", "cases", "sum"]


def test_files_are_sorted_so_that_their_order_makes_no_diff():
    assert list(json.loads(encode(FULL))["files"]) == ["a.yaml", "b.yaml"]


def test_a_newer_schema_is_named_with_what_to_do():
    line = encode(FULL).replace(b'"modelcheck":1', b'"modelcheck":2')
    with pytest.raises(
        BaselineError, match=r"^x.jsonl:1: written by a newer .* \(schema 2, .* reads 1\). Upgrade"
    ):
        decode(line, "x.jsonl")


def test_an_unknown_field_of_this_schema_is_passed_over():
    bare = unsealed(encode(FULL))
    assert decode(sealed(bare[:-1] + b',"weather":"sunny"}'), "x.jsonl") == FULL


def test_a_header_that_was_altered_is_an_error():
    line = encode(FULL).replace(b'"2.10"', b'"2.11"')
    with pytest.raises(BaselineError, match=r"^x\.jsonl:1: the first line is not as it was written.*Restore"):
        decode(line, "x.jsonl")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"modelcheck": "1"}, "no schema number, but '1'"),
        ({"modelcheck": 0}, "no schema number, but 0"),
        ({"test": None}, r"\(test: None is not of type str\)"),
        ({"version": 2.1}, r"\(version: 2\.1 is not of type str\)"),
        ({"files": ["a"]}, r"\(files: \['a'\] is not of type Mapping\)"),
        ({"findings": ["at_least"]}, "findings: Finding is an object, not 'at_least'"),
        ({"past": [{"version": "1.0"}]}, "past: it lacks 'day', 'rate', 'judged'"),
        ({"findings": [{"status": "great"}]}, "findings: status: 'great' is not a valid Status"),
    ],
)
def test_a_damaged_header_names_the_file_and_the_field(change, problem):
    line = json.dumps({**json.loads(encode(FULL)), **change}).encode()
    with pytest.raises(BaselineError, match=rf"^x\.jsonl:1: the first line .*{problem}.*Restore the file"):
        decode(line, "x.jsonl")


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"id":"t-1"}', b"\xff"])
def test_a_first_line_that_is_no_header_is_an_error(line):
    with pytest.raises(BaselineError, match=r"^x\.jsonl:1: the first line is not"):
        decode(line, "x.jsonl")


def test_a_header_that_no_file_can_hold_is_refused_by_its_test():
    with pytest.raises(BaselineError, match=r"t\.py::t: its header cannot be written"):
        encode(Header("t.py::t", "golden", "m", "1\ud800"))


def test_a_past_and_a_rate_of_nothing_come_back():
    past = (PastApproval("1.0", "2026-01-02", 0.0, 12), PastApproval("1.1", "2026-02-03", None, 0))
    header = Header(
        "t.py::t", "golden", "m", "2.0", rate=0.0, judged=3, past=past, environment="CPython 3.12.1"
    )
    line = encode(header)
    assert b'"rate":0.0,"judged":3' in line
    assert decode(line, "f") == header


@pytest.mark.parametrize(
    "past", ['"x"', "[[1,2]]", '[{"version":"1.0","day":"","rate":null,"judged":"many"}]']
)
def test_a_past_that_cannot_be_read_is_an_error_with_its_place(past):
    line = sealed(
        f'{{"modelcheck":1,"test":"t","kind":"golden","model":"m","cases":1,"past":{past}}}'.encode()
    )
    with pytest.raises(BaselineError, match=r"f\.jsonl:1: .*past"):
        decode(line, "f.jsonl")


def test_an_approval_leaves_itself_in_the_past_of_the_next():
    assert Header(
        "t.py::t", "golden", "m", "2.0", approved_at="2026-03-01T10:00:00Z", rate=0.5, judged=4
    ).as_past() == PastApproval("2.0", "2026-03-01", 0.5, 4)
