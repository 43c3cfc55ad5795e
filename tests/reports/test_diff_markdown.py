from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff, Side
from pytest_modelcheck.records import Outcome
from pytest_modelcheck.reports.diff_markdown import diff_markdown

P, F = Outcome.PASSED, Outcome.FAILED


def case(number=1, answer=b'"other"', about="Quiero un reembolso"):
    return CaseDiff(f"t-{number}", about, "regressed", Side(P, b'"refund"'), Side(F, answer))


def told(*cases, before="2.0", after="2.1", **more):
    return list(diff_markdown([CheckDiff("t.py::test", "triage", before, after, cases, 3, **more)]))


def test_what_a_model_says_is_neither_html_nor_a_mention_nor_a_table():
    (row,) = [line for line in told(case(answer=b'"<b>@all|`x`"')) if line.startswith("| `t-1`")]
    assert row.endswith("| ``'<b>@all\\|`x`'`` |")


def test_a_long_list_is_cut_and_says_so():
    lines = told(*map(case, range(60)))
    assert sum(line.startswith("| `t-") for line in lines) == 50
    assert "and 10 more" in lines


def test_what_one_side_does_not_know_is_said():
    assert "not approved yet" in told(before=None)
    assert "not run" in told(after=None)


def test_a_test_that_changed_in_between_is_said():
    assert any("test itself has changed" in line for line in told(case(), new_test=True))
