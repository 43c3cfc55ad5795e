import dataclasses
import json
import os

import pytest

from pytest_modelcheck.baselines import baseline, lines
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.baseline import Written
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.lines import sealed, seed_of
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

SEED = seed_of("2.0")
HEAD = Header("t.py::test", "golden", "triage", "2.0", approved_at="2026-03-01T10:00:00Z")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "test.jsonl"


def write(path, records, head=HEAD, old=None):
    with Batch() as batch:
        return baseline.write(batch, path, head, {one.id: lines.encode(one) for one in records}, old)


def scored(case, answer, score=None):
    return CaseResult(case, "aa", None, case, (TrialResult(Outcome.PASSED, (("aa", answer),), score=score),))


def test_a_baseline_is_read_back_as_it_was_written(path, record):
    records = {case: record(case, case.upper()) for case in "cab"}
    assert write(path, records.values()) == Written(3, added=3)
    found = baseline.read(path)
    assert found is not None
    assert dict(found) == records
    assert found.header.cases == 3


def test_cases_are_sorted_one_a_line_and_the_file_ends_in_a_newline(path, record):
    write(path, [record("b", 1), record("a", 1), record("Ä", 1)])
    content = path.read_bytes()
    assert content.endswith(b"}\n")
    assert [json.loads(line).get("id") for line in content.splitlines()] == [None, "a", "b", "Ä"]


def test_a_missing_file_is_no_baseline(path):
    assert baseline.read(path) is None


def test_a_case_that_is_not_there_is_a_key_error(path, record):
    write(path, [record("a", 1)])
    found = baseline.read(path)
    assert "b" not in found
    assert found.get("b") is None
    with pytest.raises(KeyError):
        found["b"]


def test_ids_with_quotes_and_line_ends_are_found(path, record):
    ids = ['a"b', "a\\b", "a\nb", "", "日本"]
    write(path, [record(case, 1) for case in ids])
    found = baseline.read(path)
    assert sorted(found) == sorted(ids)
    assert all(found[case].id == case for case in ids)


def test_a_line_that_a_person_has_reformatted_is_read(path, record):
    write(path, [record("a", "x")])
    head, line = path.read_text().splitlines()
    path.write_text(f"{head}\n{json.dumps(json.loads(line), indent=None)}\n")
    assert baseline.read(path)["a"] == record("a", "x")


def test_windows_line_ends_are_read(path, record):
    write(path, [record("a", "x"), record("b", "y")])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert dict(baseline.read(path)) == {"a": record("a", "x"), "b": record("b", "y")}
    assert baseline.read_header(path).cases == 2


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "|||||||", "=======", ">>>>>>> other"])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_conflict_marker_is_named_with_its_file_and_line(path, record, marker, line):
    write(path, [record("a", 1), record("b", 2)])
    lines = path.read_text().splitlines()
    lines.insert(line - 1, marker)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(
        BaselineError, match=rf"test\.jsonl:{line}: an unresolved git conflict\. Keep one side"
    ):
        baseline.read(path)


def test_a_conflict_in_the_header_is_named_also_where_only_the_header_is_read(path):
    path.parent.mkdir(parents=True)
    path.write_text("<<<<<<< HEAD\n")
    with pytest.raises(BaselineError, match=r"test\.jsonl:1: an unresolved git conflict"):
        baseline.read_header(path)


def again(path, line):
    path.write_bytes(path.read_bytes() + line + b"\n")


def changed(old, new):
    return lambda path: path.write_text(path.read_text().replace(old, new))


ALTERED = "this line is not as it was written.*Restore"
DAMAGES = [
    (
        lambda path: again(path, path.read_bytes().split(b"\n")[1]),
        r":4: case 'a' appears twice \(first in line 2",
    ),
    (lambda path: path.write_bytes(path.read_bytes()[:-10]), r":3: not a line of JSON .*cut off\? Restore"),
    (lambda path: again(path, b""), ":4: not a line of JSON"),
    (lambda path: again(path, b"{}"), ":4: this line names no case"),
    (lambda path: again(path, b'["a"]'), ":4: this line names no case"),
    (lambda path: again(path, b'{"id":3}'), ":4: this line names no case"),
    (lambda path: again(path, sealed(b'{"id":"\xff","about":""}', SEED)), ":4: not UTF-8 text"),
    (lambda path: again(path, b'{"id":"c","answer":1}'), f":4: {ALTERED}"),  # no checksum
    (changed('"answer":2', '"answer":3'), f":3: {ALTERED}"),
    (changed("about b", "about c"), f":3: {ALTERED}"),
    (changed('"id":"b"', '"id":"c"'), f":3: {ALTERED}"),
    (changed('"answer":1', '"answer":1,"answer":1'), f":2: {ALTERED}"),
]


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_a_damaged_line_is_named_with_its_place(path, record, damage, problem):
    write(path, [record("a", 1), record("b", 2)])
    damage(path)
    with pytest.raises(BaselineError, match=rf"test\.jsonl{problem}"):
        baseline.read(path)


def test_an_unreadable_case_is_named_with_its_line_when_it_is_requested(path, record):
    write(path, [record("a", 1)])
    again(path, sealed(b'{"id":"b","outcome":"great"}', SEED))
    found = baseline.read(path)
    assert found["a"] == record("a", 1)
    with pytest.raises(BaselineError, match=r"test\.jsonl:3: not a case: .*Restore the file"):
        found["b"]


# The last byte of a result file is a line end.
@pytest.mark.parametrize(("approved_at", "spare"), [(HEAD.approved_at, 0), ("", 8)])
def test_any_flipped_bit_is_seen(path, record, approved_at, spare):
    head = dataclasses.replace(HEAD, approved_at=approved_at)
    write(path, [record("a", 1), record("b", {"label": "ä"})], head)
    whole = path.read_bytes()
    assert list(baseline.parse(whole, "f")) == ["a", "b"]
    for place in range(len(whole) * 8 - spare):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        with pytest.raises(BaselineError):
            baseline.parse(bytes(content), "f")


def test_the_last_bits_of_a_float_leave_the_old_line(path):
    write(path, [scored("a", b'{"p":0.3}', 0.5), scored("b", b"[1]")])
    before = path.read_bytes()
    noisy = [scored("a", b'{"p":0.30000000000000004}', 0.50000000001), scored("b", b"[1]")]
    assert write(path, noisy, old=baseline.read(path)) == Written(2)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "now",
    [
        scored("a", b'{"p":0.31}', 0.5),
        scored("a", b'{"p":0.3}', 0.6),
        scored("a", b'{"p":0.3}'),
        CaseResult("a", "aa", "ee", "a", scored("a", b'{"p":0.3}', 0.5).trials),
        CaseResult("a", "aa", None, "other words", scored("a", b'{"p":0.3}', 0.5).trials),
        CaseResult("a", "aa", None, "a", ()),
    ],
)
def test_any_other_difference_replaces_the_line(path, now):
    write(path, [scored("a", b'{"p":0.3}', 0.5), scored("b", b"1")])
    done = write(path, [now, scored("b", b"1")], old=baseline.read(path))
    assert done == Written(2, changed=1)
    assert baseline.read(path)["a"] == now


def test_it_counts_what_was_added_and_removed(path, record):
    write(path, [record("a", 1), record("b", 1)])
    assert write(path, [record("b", 2), record("c", 1), record("d", 1)], old=baseline.read(path)) == Written(
        3, 1, 2, 1
    )


def signed(**more):
    return Header("t.py::test", "golden", "triage", "2.0", **more)


def test_a_file_of_which_only_the_time_would_change_is_left_alone(path, record):
    write(path, [record("a", 1)], signed(approved_at="1", approved_by="Ada", reason="first", plugin="0.1"))
    os.utime(path, (1, 1))
    write(
        path, [record("a", 1)], signed(approved_at="2", approved_by="Bob", plugin="0.2"), baseline.read(path)
    )
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize("more", [{"reason": "second"}, {"body": "b2"}, {"fingerprint": "f"}])
def test_a_header_that_says_something_new_is_written(path, record, more):
    write(path, [record("a", 1)], signed(reason="first"))
    write(path, [record("a", 1)], signed(**more), baseline.read(path))
    assert baseline.read_header(path) == signed(**more, cases=1)


def test_a_foreign_line_that_is_no_case_is_not_taken_over(path, record):
    write(path, [record("a", 1)])
    before = path.read_bytes()
    with Batch() as batch, pytest.raises(BaselineError, match=r"case 'a' cannot be written to .*not a case"):
        baseline.write(batch, path, HEAD, {"a": b'{"id":"a"}'}, baseline.read(path))
    assert path.read_bytes() == before
