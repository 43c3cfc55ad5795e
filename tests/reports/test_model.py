from dataclasses import replace

from pytest_modelcheck.reports.model import worst_first


def test_checks_of_one_status_are_in_the_order_that_a_reader_counts_in(report):
    check = next(check for check in report.checks if check.verdict.passed)
    named = [replace(check, verdict=replace(check.verdict, check=f"t.py::test[{n}]")) for n in (10, 2, 1)]
    (bad,) = (check for check in report.checks if not check.verdict.passed)
    found = [check.verdict.check for check in sorted([*named, bad], key=worst_first)]
    assert found == [bad.verdict.check, "t.py::test[1]", "t.py::test[2]", "t.py::test[10]"]
