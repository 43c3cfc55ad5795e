"""Terminal output: cases that broke in a check that passes, wrong answers among errors."""

import pytest

from tests.conftest import known

EXTRACT = """
import json

@model_fixture
def extract(model_version):
    def predict(text):
        number = int(text.split()[-1])
        if model_version == "2" and number == 2:
            return "no json"
        if model_version == "2" and number % 3 == 0:
            return json.dumps({"amount": f"about {number}"})
        if model_version == "2" and number % 3 == 1:
            return json.dumps({"amount": number + 1})
        return json.dumps({"amount": number})
    return predict
"""
AMOUNTS = """
import json
import pytest
from pytest_modelcheck import Case

def amount_of(text):
    value = json.loads(text)["amount"]
    if not isinstance(value, int):
        raise ValueError(f"amount: not a number: {value!r}")
    return value

@pytest.mark.golden([Case(f"total {n}", expected=n, id=f"a-{n}") for n in range(1, 31)])
def test_amount(extract, case):
    assert amount_of(extract(case.input)) == case.expected
"""
TOLERANT = known('at_least=0.5, max_drop=3, slice_regressions="off"')


@pytest.fixture
def errors(project):
    """Version 2 breaks on 11 cases in two ways, and is wrong on 10 others."""
    project.model(EXTRACT)
    project.test(AMOUNTS)
    project.approve("1")
    return project


def test_errors_are_grouped_by_their_most_frequent_cause_and_hide_no_wrong_answers(errors):
    result = errors.run("--model-version=2")
    assert errors.verdict(result).headline == (
        "11/30 cases raised an error: ValueError: amount: not a number: 'about 3' (10 of them; 1 other kind)"
    )
    result.stdout.fnmatch_lines(
        [
            "  errors (11; 3 shown)",
            "    a-3  *",
            "    a-2  *",
            "    a-6  *",
            "  failing cases (10, of which 10 passed when approved; 2 shown)",
            "    a-1  *",
            "    a-4  *",
        ]
    )
    # A similar error takes one line.
    assert result.stdout.str().count('raise ValueError(f"amount: not a number: {value!r}")') == 1
    result.stdout.fnmatch_lines(["*ValueError: amount: not a number: 'about 6'", "*(the same error, list*"])


def test_for_unparsable_answers_wrong_if_is_proposed_and_works(errors):
    result = errors.run("--model-version=2")
    result.stdout.fnmatch_lines(["*wrong_if=ValueError counts it as wrong*"])
    errors.test(AMOUNTS.replace("31)]", "31)], wrong_if=ValueError"))
    verdict = errors.verdict(errors.run("--model-version=2"))
    assert (verdict.cases.error, verdict.cases.failed) == (0, 21)


@pytest.fixture
def tolerant(project):
    """Version 2.1 breaks two of the Spanish cases, and a limit allows three."""
    project.test(TOLERANT)
    project.approve("2.0")
    return project


def test_a_green_check_names_the_cases_that_broke_and_where(tolerant):
    result = tolerant.passes("--model-version=2.1")
    result.stdout.fnmatch_lines(
        [
            "* approved  broke  changed*",
            "  pass test_known*100%      2        2*",
            "       2 cases broke: t-07, t-08; *=* 2/4 pass (approved: 4/4)",
        ]
    )


def test_an_approval_counts_the_changes_that_diff_shows_and_no_other_number_of_runs(tolerant):
    """Version 2.0 was approved on three runs, and 2.1 ran once: the lines of all cases differ."""
    tolerant.run("--model-version=2.1")
    tolerant.command("diff", "2.1").stdout.fnmatch_lines(["1 check: 2 broke"])
    result = tolerant.command("approve", "2.1", "--reason", "wanted")
    result.stdout.fnmatch_lines(["    10 cases: 2 changed since 2.0"])


def test_new_cases_that_fail_are_counted_on_a_green_check(project):
    """They have no approved result, so that no limit against the approved version covers them."""
    project.answers(
        "triage", 'lambda text: "wrong" if text.startswith("new") else "right"', "deterministic=True"
    )
    test = """
        @pytest.mark.golden({cases}, max_drop=0, min_overlap=0)
        def test_known(triage, case):
            assert triage(case.input) == "right"
        """
    project.test(test.format(cases=["a", "b", "c", "d"]))
    project.run("--model-version=1")
    project.command("approve", "1", "--reason=first")
    project.test(test.format(cases=["a", "b", "c", "d", "new 1", "new 2", "e"]))
    result = project.passes("--model-version=2")
    result.stdout.fnmatch_lines(["*2 of 3 new cases fail: no approved result covers them"])
    project.run("--model-version=2", "-vv").stdout.fnmatch_lines(
        ["*3 cases added (2 of them fail), 0 removed"]
    )
    project.test(test.format(cases=["a", "b", "c", "d", "new 1"]).replace("max_drop=0", "max_drop=1"))
    (project.path / "conftest.py").write_text(
        (project.path / "conftest.py").read_text().replace('"new"', '("new", model_version * 2, "a")')
    )
    project.run("--model-version=2").stdout.fnmatch_lines(["*1 case broke: *; 1 of 1 new case fail*"])
