"""From checks to findings."""

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.lint import RULES, LintTarget, chosen, lint, warnings_of
from pytest_modelcheck.lint.body import Body
from pytest_modelcheck.records import Origin

PLACE = Origin("tests/test_it.py", 7)


def test_a_fault_that_two_tests_share_is_reported_once(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"input": "a", "expected": 1}\n{"input": "a", "expected": 2}\n')
    loaded = cases.load(tmp_path / "t.jsonl")
    (one,) = lint([LintTarget(loaded, test="a", place=PLACE), LintTarget(loaded, test="b", place=PLACE)])
    assert (one.code, one.line, one.test) == ("MC101", 2, "a")


def test_findings_come_by_file_and_line(tmp_path):
    (tmp_path / "t.jsonl").write_text("\n".join(['{"input": "a", "known_failure": true}'] * 12))
    lines = [one.line for one in lint([LintTarget(cases.load(tmp_path / "t.jsonl"))], chosen(["MC105"]))]
    assert lines == list(range(1, 13))


def test_a_case_without_a_line_stands_where_the_test_is():
    (one,) = lint([LintTarget(cases.load([("a", 1), ("a", 2)]), place=PLACE)])
    assert (one.path, one.line) == ("tests/test_it.py", 7)
    assert one.message.startswith("list[1]: expects 2")


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("t.jsonl", '"a"\n{"input"\n', 2, "not JSON: the line ends too early"),
        ("t.csv", "text\na\n", 1, "no column 'input'"),
        ("t.yaml", "", None, "the file is empty"),
    ],
)
def test_an_unreadable_file_is_reported_at_its_place(tmp_path, name, content, line, message):
    (tmp_path / name).write_text(content)
    (one,) = lint([LintTarget(cases.load(tmp_path / name), place=PLACE)])
    assert (one.code, one.path, one.line) == ("MC001", str(tmp_path / name), line)
    assert one.message.startswith(message)
    assert lint([LintTarget(cases.load(tmp_path / name))], chosen(["MC1"])) == []


def test_an_unreadable_source_that_is_no_file_is_reported_at_the_test():
    (one,) = lint([LintTarget(cases.load(["a"]).sample(3), place=PLACE)])
    assert (one.code, one.path, one.line) == ("MC001", "tests/test_it.py", 7)
    assert one.message == "sample(3): there are fewer cases (1)"


def test_a_void_comparison_is_found_on_its_line():
    body = Body(frozenset(), frozenset(), frozenset(), hands_on=False, void=(("nothing", 9),))
    (one,) = lint([LintTarget(cases.load(["a"]), place=PLACE, body=body)])
    assert (one.code, one.message, one.path, one.line) == ("MC206", "nothing", "tests/test_it.py", 9)


def test_warnings_need_no_cases():
    unread = cases.load("gone.yaml", base="nowhere")
    found = warnings_of(LintTarget(None, place=PLACE, limits=Limits(at_least=0.0)))
    assert [one.code for one in found] == ["MC202"]
    assert [one.code for one in lint([LintTarget(unread)])] == ["MC001"]


def test_rules_are_chosen_by_how_they_begin():
    assert {rule.code[:3] for rule in chosen(["MC2"])} == {"MC2"}
    assert [rule.code for rule in chosen(["MC101", "MC102"], ["MC102"])] == ["MC101"]
    assert chosen() == RULES


@pytest.mark.parametrize("code", ["MC9", "E501", ""])
def test_an_unknown_rule_is_refused(code):
    with pytest.raises(
        UsageError, match="is not a rule, or the beginning of one; the rules are MC001, MC101"
    ):
        chosen(ignore=[code])


def test_every_rule_has_a_code_of_its_own_and_says_all():
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all((rule.what.endswith("."), rule.why.endswith("."), rule.instead.rstrip(")").endswith(".")))
