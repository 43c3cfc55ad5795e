"""Rules about cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.lint import Target, case_rules, chosen, lint
from pytest_modelcheck.lint.body import Body

NOTHING = Body(frozenset(), frozenset(), frozenset(), hands_on=False, void=())


def found(code, rows, **target):
    return [(one.message) for one in lint([Target(cases.load(rows), **target)], chosen([code]))]


def body(*, reads=(), always=(), keys=(), hands_on=False):
    metadata = {"metadata"} if keys else set()
    return Body(frozenset({*reads, *always} | metadata), frozenset(always), frozenset(keys), hands_on, ())


def test_a_contradiction():
    rows = [("a", 1), ("b", 1), ("a", 2), ("a", 1), ("a", 3)]
    assert found("MC101", rows) == [
        "list[2]: expects 2; list[0] has the same input and expects 1",
        "list[4]: expects 3; list[0] has the same input and expects 1",
    ]


def test_a_contradiction_names_ids_and_places(tmp_path):
    (tmp_path / "t.csv").write_text("id,input,expected\nx,a,yes\ny,a,no\n")
    (one,) = lint([Target(cases.load(tmp_path / "t.csv"))], chosen(["MC101"]))
    path = str(tmp_path / "t.csv")
    assert one.message == f"y expects 'no'; x ({path}:2) has the same input and expects 'yes'"
    assert (one.path, one.line) == (path, 3)


@pytest.mark.parametrize(
    "rows",
    [
        [("a", 1), ("b", 2)],
        [("a", 1), {"input": "a"}],
        [{"input": "a", "expected": 1, "variants": ["x"]}, ("a", 2)],
        [("1", 1), (1, 2)],
    ],
)
def test_no_contradiction(rows):
    assert found("MC101", rows) == []


@pytest.mark.parametrize("read", [{"reads": ["metadata"]}, {"keys": ["persona"]}, {"hands_on": True}])
def test_metadata_that_the_body_may_read_is_part_of_the_question(read):
    rows = [
        {"input": "a", "expected": 1, "metadata": {"persona": "x"}},
        {"input": "a", "expected": 2, "metadata": {"persona": "y"}},
    ]
    assert found("MC101", rows, body=body(**read)) == []
    assert len(found("MC101", rows, body=NOTHING)) == len(found("MC101", rows)) == 1
    alike = [{**row, "metadata": {"persona": "x"}} for row in rows]
    assert len(found("MC101", alike, body=body(**read))) == 1


def test_inputs_that_cannot_be_compared_contradict_nothing():
    rows = [{"input": object(), "id": "x", "expected": 1}, {"input": object(), "id": "y", "expected": 2}]
    assert found("MC1", rows) == []


def test_a_duplicate():
    assert found("MC102", [("a", 1), ("a", 1), ("a", 2), "b", "b"]) == [
        "list[1]: has the same input and expectation as list[0]; it counts twice",
        "list[4]: has the same input and expectation as list[3]; it counts twice",
    ]


def test_what_people_asked_may_come_twice():
    assert found("MC10", [("a", 1), ("a", 1), ("a", 2)], kind="drift") == []


def test_no_expectation_where_it_is_read():
    rows = [("a", 1), "b"]
    assert found("MC103", rows, body=body(always=["expected"])) == [
        "list[1]: does not say what is expected, which the test reads; add `expected:`"
    ]
    assert found("MC103", rows, body=body(reads=["expected"])) == []
    assert found("MC103", rows) == []
    assert found("MC103", [("a", None)], body=body(always=["expected"])) == []


def test_variants_that_show_nothing():
    rows = [{"input": "a", "variants": ["a", "b", "b", "c"]}, {"input": 1, "variants": [1.0]}]
    assert found("MC104", rows) == [
        "list[0]: variant 1 is the same as the input, so it tests nothing",
        "list[0]: variant 3 is the same as variant 2, so it tests nothing",
    ]


def test_a_known_failure_without_reason():
    rows = [{"input": "a", "known_failure": True}, {"input": "b", "known_failure": "slow"}, "c"]
    assert found("MC105", rows) == [
        "list[0]: is a known failure without a reason; write one: known_failure: reason"
    ]


@pytest.mark.parametrize("text", ["Dear {name},", "{{ item }} is late", "{a} and {b}"])
def test_an_unfilled_slot(text):
    (message,) = found("MC106", [text, *(f"text {number}" for number in range(5))])
    assert "the input has an unfilled slot: {" in message


@pytest.mark.parametrize(
    "row",
    [
        "def f(): return {x: 1}",
        '{"name": "x"}',
        "a set {}",
        "{1}",
        {"input": "Hello {name}", "expected": "Hallo {name}"},
        {"input": {"text": "{name}"}},
    ],
)
def test_braces_that_are_meant(row):
    assert found("MC106", [row, *(f"text {number}" for number in range(5))]) == []


def test_slots_in_many_inputs_are_meant():
    assert found("MC106", ["{a}", "{b}", "c", "d"]) == []


def test_labels_that_are_spelt_otherwise():
    rows = [(str(n), label) for n, label in enumerate(["refund"] * 3 + ["Refund", "re fund", "refund "])]
    assert found("MC107", rows) == [
        "list[3]: expects 'Refund'; 3 others expect 'refund'",
        "list[5]: expects 'refund '; 3 others expect 'refund'",
    ]
    rows = [
        (str(n), label) for n, label in enumerate(["in_transit", "in_transit", "in transit", 1, "1", "1"])
    ]
    assert found("MC107", rows) == [
        "list[2]: expects 'in transit'; 2 others expect 'in_transit'",
        "list[3]: expects 1; 2 others expect '1'",
    ]


@pytest.mark.parametrize(
    "expected",
    [["a", "A"], ["x" * 50, "x" * 50, "X" * 50], [1, 1, True], [["a"], ["a"], ["A"]], ["a", "a", "b"]],
)
def test_labels_that_differ_or_are_texts(expected):
    assert found("MC107", [(str(n), label) for n, label in enumerate(expected)]) == []


def test_a_case_in_no_slice():
    rows = [{"input": "a", "metadata": {"language": "en"}}, {"input": "b"}]
    assert found("MC108", rows, slices=["language"]) == [
        "list[1]: has no 'language', by which the check is sliced"
    ]
    assert found("MC108", rows, slices=["langage"]) == []
    assert found("MC108", rows) == []
    assert found("MC108", [("a", 1), "b"], slices=["expected"]) == [
        "list[1]: has no 'expected', by which the check is sliced"
    ]


def test_a_case_without_metadata_that_is_read():
    rows = [{"input": "a", "metadata": {"language": "en"}}, {"input": "b"}]
    assert found("MC109", rows, body=body(keys=["language"])) == [
        "list[1]: has no metadata 'language', which the test reads"
    ]
    assert found("MC109", rows, body=NOTHING) == found("MC109", rows) == []


def test_cases_that_are_not_known_yet():
    assert lint([Target(None, body=body(always=["expected"], keys=["x"]), slices=["x"])]) == []


def test_a_text_that_names_a_file_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "cat.png").touch()
    (tmp_path / "dog.png").touch()
    (tmp_path / "tests" / "t.yaml").write_text(
        "- input: cat.png\n- input: {picture: dog.png}\n- input: [{picture: cat.png}]\n"
        "- input: missing.png\n- input: 'Look at cat.png'\n- input: tests\n"
    )
    target = Target(cases.load("tests/t.yaml", base=tmp_path))
    assert [remark.case.origin.line for remark in case_rules.names_of_files.look(target)] == [1, 2, 3]
    assert "make it a pathlib.Path" in next(case_rules.names_of_files.look(target)).message
    assert not list(case_rules.names_of_files.look(Target(cases.load([Path("dog.png")]))))
