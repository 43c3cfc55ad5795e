"""Rules about cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.lint import LintTarget, case_rules, chosen, lint
from pytest_modelcheck.lint.body import Body


def found(code, rows, **target):
    return [one.message for one in lint([LintTarget(cases.load(rows), **target)], chosen([code]))]


def body(*, reads=(), always=(), keys=(), hands_on=False):
    metadata = {"metadata"} if keys else set()
    return Body(frozenset({*reads, *always} | metadata), frozenset(always), frozenset(keys), hands_on, ())


def labelled(*labels):
    return [(str(number), label) for number, label in enumerate(labels)]


def among_others(row):
    return [row, *(f"text {number}" for number in range(5))]


LANGUAGES = [{"input": "a", "metadata": {"language": "en"}}, {"input": "b"}]
PERSONAS = [
    {"input": "a", "expected": 1, "metadata": {"persona": "x"}},
    {"input": "a", "expected": 2, "metadata": {"persona": "y"}},
]
ALIKE = [{**row, "metadata": {"persona": "x"}} for row in PERSONAS]
READERS = (body(reads=["metadata"]), body(keys=["persona"]), body(hands_on=True))
OTHERWISE = "list[1]: expects 2; list[0] has the same input and expects 1"
UNEXPECTED = "list[1]: does not say what is expected, which the test reads; add `expected:`"
UNSLICED = "list[1]: has no '{}', by which the check is sliced"


@pytest.mark.parametrize(
    ("code", "rows", "target", "messages"),
    [
        (
            "MC101",
            [("a", 1), ("b", 1), ("a", 2), ("a", 1), ("a", 3)],
            {},
            [
                "list[2]: expects 2; list[0] has the same input and expects 1",
                "list[4]: expects 3; list[0] has the same input and expects 1",
            ],
        ),
        ("MC101", [("a", 1), ("b", 2)], {}, []),
        ("MC101", [("a", 1), {"input": "a"}], {}, []),
        ("MC101", [{"input": "a", "expected": 1, "variants": ["x"]}, ("a", 2)], {}, []),
        ("MC101", [("1", 1), (1, 2)], {}, []),
        # Metadata that the body may read is part of the input.
        *(("MC101", PERSONAS, {"body": read}, []) for read in READERS),
        *(("MC101", ALIKE, {"body": read}, [OTHERWISE]) for read in READERS),
        *(("MC101", PERSONAS, {"body": read}, [OTHERWISE]) for read in (body(), None)),
        ("MC1", [{"input": object(), "id": name, "expected": name} for name in "xy"], {}, []),
        (
            "MC102",
            [("a", 1), ("a", 1), ("a", 2), "b", "b"],
            {},
            [
                "list[1]: has the same input and expectation as list[0]; it counts twice",
                "list[4]: has the same input and expectation as list[3]; it counts twice",
            ],
        ),
        ("MC10", [("a", 1), ("a", 1), ("a", 2)], {"kind": "drift"}, []),  # users may send the same twice
        ("MC103", [("a", 1), "b"], {"body": body(always=["expected"])}, [UNEXPECTED]),
        ("MC103", [("a", 1), "b"], {"body": body(reads=["expected"])}, []),
        ("MC103", [("a", 1), "b"], {}, []),
        ("MC103", [("a", None)], {"body": body(always=["expected"])}, []),
        (
            "MC104",
            [{"input": "a", "variants": ["a", "b", "b", "c"]}, {"input": 1, "variants": [1.0]}],
            {},
            [
                "list[0]: variant 1 is the same as the input, so it tests nothing",
                "list[0]: variant 3 is the same as variant 2, so it tests nothing",
            ],
        ),
        (
            "MC105",
            [{"input": "a", "known_failure": True}, {"input": "b", "known_failure": "slow"}, "c"],
            {},
            ["list[0]: is a known failure without a reason; write one: known_failure: reason"],
        ),
        ("MC106", among_others("Dear {name},"), {}, ["list[0]: the input has an unfilled slot: {name}"]),
        ("MC106", among_others("{{ x }} is late"), {}, ["list[0]: the input has an unfilled slot: {{ x }}"]),
        ("MC106", among_others("{a} and {b}"), {}, ["list[0]: the input has an unfilled slot: {a}"]),
        ("MC106", among_others("def f(): return {x: 1}"), {}, []),
        ("MC106", among_others('{"name": "x"}'), {}, []),
        ("MC106", among_others("a set {}"), {}, []),
        ("MC106", among_others("{1}"), {}, []),
        ("MC106", among_others({"input": "Hello {name}", "expected": "Hallo {name}"}), {}, []),
        ("MC106", among_others({"input": {"text": "{name}"}}), {}, []),
        ("MC106", ["{a}", "{b}", "c", "d"], {}, []),
        (
            "MC107",
            labelled("refund", "refund", "refund", "Refund", "re fund", "refund "),
            {},
            [
                "list[3]: expects 'Refund'; 3 others expect 'refund'",
                "list[5]: expects 'refund '; 3 others expect 'refund'",
            ],
        ),
        (
            "MC107",
            labelled("in_transit", "in_transit", "in transit", 1, "1", "1"),
            {},
            [
                "list[2]: expects 'in transit'; 2 others expect 'in_transit'",
                "list[3]: expects 1; 2 others expect '1'",
            ],
        ),
        ("MC107", labelled("a", "A"), {}, []),
        ("MC107", labelled("x" * 50, "x" * 50, "X" * 50), {}, []),
        ("MC107", labelled(1, 1, *[True]), {}, []),
        ("MC107", labelled(["a"], ["a"], ["A"]), {}, []),
        ("MC107", labelled("a", "a", "b"), {}, []),
        ("MC108", LANGUAGES, {"slices": ["language"]}, [UNSLICED.format("language")]),
        ("MC108", LANGUAGES, {"slices": ["langage"]}, []),
        ("MC108", LANGUAGES, {}, []),
        ("MC108", [("a", 1), "b"], {"slices": ["expected"]}, [UNSLICED.format("expected")]),
        (
            "MC109",
            LANGUAGES,
            {"body": body(keys=["language"])},
            ["list[1]: has no metadata 'language', which the test reads"],
        ),
        ("MC109", LANGUAGES, {"body": body()}, []),
        ("MC109", LANGUAGES, {}, []),
    ],
)
def test_findings_of_each_rule(code, rows, target, messages):
    assert found(code, rows, **target) == messages


def test_a_contradiction_names_ids_and_places(tmp_path):
    (tmp_path / "t.csv").write_text("id,input,expected\nx,a,yes\ny,a,no\n")
    (one,) = lint([LintTarget(cases.load(tmp_path / "t.csv"))], chosen(["MC101"]))
    path = str(tmp_path / "t.csv")
    assert one.message == f"y expects 'no'; x ({path}:2) has the same input and expects 'yes'"
    assert (one.path, one.line) == (path, 3)


def test_cases_that_are_not_known_yet():
    assert lint([LintTarget(None, body=body(always=["expected"], keys=["x"]), slices=["x"])]) == []


def test_a_text_that_names_a_file_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "cat.png").touch()
    (tmp_path / "dog.png").touch()
    (tmp_path / "tests" / "t.yaml").write_text(
        "- input: cat.png\n- input: {picture: dog.png}\n- input: [{picture: cat.png}]\n"
        "- input: missing.png\n- input: 'Look at cat.png'\n- input: tests\n"
    )
    target = LintTarget(cases.load("tests/t.yaml", base=tmp_path))
    assert [remark.case.origin.line for remark in case_rules.names_of_files.look(target)] == [1, 2, 3]
    assert "make it a pathlib.Path" in next(case_rules.names_of_files.look(target)).message
    assert not list(case_rules.names_of_files.look(LintTarget(cases.load([Path("dog.png")]))))
