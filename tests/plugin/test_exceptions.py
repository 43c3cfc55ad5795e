"""Messages of exceptions: hints for frequent mistakes, and explanations only where they are shown."""

import pytest
from _pytest.assertion import rewrite, util

from pytest_modelcheck.engine.view import CaseView
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.plugin.exceptions import hint, render, with_hint, without_diffs
from pytest_modelcheck.records import Case, Trial

TICKETS = '"tickets.yaml"'
DOWN = """
@model_fixture
def triage(model_version):
    def predict(text):
        raise ConnectionError("down")
    return predict
"""
TO_CALL = "triage is not the model itself, but calls it, one input at a time."


def test_the_traceback_of_an_ordinary_test_leads_from_its_call_to_the_model(project):
    project.model(DOWN)
    project.test("\ndef test_one(triage):\n    assert triage('a') == 'other'\n")
    text = project.fails("--model-version=2.0").stdout.str()
    assert "raise ConnectionError" in text
    assert "triage('a') == 'other'" in text
    assert "pytest_modelcheck/" not in text
    assert "pytest_modelcheck/" in project.run("--model-version=2.0", "--full-trace").stdout.str()


def test_so_does_the_traceback_of_a_cause(project):
    project.model(DOWN)
    project.test("""
def test_one(triage):
    try:
        triage("a")
    except ConnectionError as error:
        raise RuntimeError("no triage") from error
""")
    text = project.fails("--model-version=2.0").stdout.str()
    assert "raise ConnectionError" in text
    assert 'raise RuntimeError("no triage") from error' in text
    assert "pytest_modelcheck/" not in text


def test_an_attribute_of_the_model_is_answered_with_how_to_call_it(project):
    check = """
@pytest.mark.golden("tickets.yaml")
def test_{0}(triage, case):
    assert triage.{0}(case.input) == case.expected
"""
    ordinary = "\ndef test_one(triage):\n    assert triage.transform('a') == 'other'\n"
    project.test(check.format("predict") + check.format("classes_") + ordinary)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=3)
    for name, before in {"predict": "*E   ", "classes_": "*E   ", "transform": "E*"}.items():
        result.stdout.fnmatch_lines(
            [f"{before}*no attribute '{name}'", f"{before}{TO_CALL}", f"{before}Write: triage(case.input)"]
        )
    # The other cases break with the same error.
    assert sum(line.split()[:2] == ["E", "Write:"] for line in result.stdout.lines) == 3


def test_an_attribute_error_of_something_else_is_left_alone(project):
    project.test("def test_one(triage):\n    triage('a').predict\n")
    result = project.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["E*'str' object has no attribute 'predict'"])
    result.stdout.no_fnmatch_line("*Write: *")


def test_arrays_that_are_compared_as_if_they_were_numbers(project):
    body = 'assert np.array([triage(case.input), "b"]) == np.array([case.expected, "b"])'
    project.golden(TICKETS, f"import numpy as np\n{body}")
    result = project.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["*E   ValueError: The truth value*", "*E   Write: numpy.array_equal(a, b)*"])


def test_tables_are_compared_by_what_they_have_for_it():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="ambiguous") as caught:
        bool(pandas.DataFrame({"a": [1]}) == pandas.DataFrame({"a": [1]}))
    assert "a.equals(b)" in hint(caught.value)


def test_an_error_whose_source_python_fails_to_parse_is_reported_by_its_message(monkeypatch):
    def fail(*_arguments, **_options):
        raise SystemError("AST constructor recursion depth mismatch (before=126, after=179)")

    monkeypatch.setattr(pytest.ExceptionInfo, "getrepr", fail)
    with pytest.raises(ValueError, match="no label") as caught:
        int("no label")
    assert render(caught.value) == "ValueError: invalid literal for int() with base 10: 'no label'"


def test_a_hint_is_given_once():
    error = RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    with_hint(error)
    with_hint(error)
    assert len(error.__notes__) == 1


def test_a_field_that_a_case_has_not_is_answered_with_those_that_it_has(project):
    project.golden(TICKETS, "assert triage(case.text) == case.label")
    project.run("--model-version=2.0").stdout.fnmatch_lines(
        [
            "*no attribute 'text'",
            '*E * A case has input, expected, id *Its other fields: case[[]"language"[]]',
        ]
    )


def test_a_model_that_is_called_with_the_case_itself(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_plain(triage, case):
            assert triage(case) == case.expected

        @pytest.mark.golden("tickets.yaml")
        async def test_async(triage, case):
            assert await triage(case) == case.expected
    """)
    result = project.run("--model-version=2.0")
    message = "triage was called with the case itself. Call it with its input: triage(case.input)"
    result.stdout.fnmatch_lines([f"10/10 cases raised an error: UsageError: {message}"] * 2)
    result.stdout.no_fnmatch_line("*cannot be cached*")
    assert project.calls == []


def test_an_answer_that_is_never_awaited(project):
    """In a process of its own: a coroutine never awaited may be noticed in any later test."""
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        async def test_true(triage, case):
            assert triage(case.input)

        @pytest.mark.golden("tickets.yaml")
        async def test_compared(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden("tickets.yaml")
        async def test_awaited(triage, case):
            assert await triage(case.input)
    """)
    result = project.run_apart("--model-version=2.0")
    result.assert_outcomes(passed=1, failed=2)
    message = "*the body never awaited an answer: in an `async` test, `await triage(case.input)`"
    result.stdout.fnmatch_lines([message] * 2)


def test_a_fixture_that_is_missing_elsewhere_is_left_to_pytest(project):
    project.golden(TICKETS, "assert triage(case.input)", "triage, case, nothing")
    result = project.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["E * fixture 'nothing' not found", "> * available fixtures: *"])


def test_a_switched_off_handler_is_switched_on_again():
    before = rewrite._saferepr, util._reprcompare
    with without_diffs():
        during = rewrite._saferepr, util._reprcompare
    assert during[0] is not before[0]
    assert during[1] is None
    assert (rewrite._saferepr, util._reprcompare) == before


def test_they_are_switched_on_again_where_something_breaks():
    before = rewrite._saferepr
    with pytest.raises(KeyError), without_diffs():
        raise KeyError
    assert rewrite._saferepr is before


@pytest.mark.parametrize(
    "value", [1, -1.5, True, None, "text", "two\nlines\x1b", "x" * 1000, "\n" * 90, 10**17, 10**40, [1, "a"]]
)
def test_a_value_is_written_as_pytest_writes_it(value):
    careful = rewrite._saferepr(value)
    with without_diffs():
        assert rewrite._saferepr(value) == careful


@pytest.mark.parametrize("name", ["t-1", "t" * 90, "t" * 300])
def test_a_case_is_written_as_pytest_writes_it(name):
    view = CaseView(Result(Trial(0, Case("x", id=name))), None)
    careful = rewrite._saferepr(view)
    with without_diffs():
        assert rewrite._saferepr(view) == careful


def test_a_number_that_has_no_repr_is_written_all_the_same():
    careful = rewrite._saferepr(10**5000)
    with without_diffs():
        assert rewrite._saferepr(10**5000).split(" at ")[0] == careful.split(" at ")[0]


def test_a_pytest_without_these_names_only_fails_more_slowly(monkeypatch):
    monkeypatch.delattr(rewrite, "_saferepr")
    monkeypatch.delattr(util, "_reprcompare")
    with without_diffs():
        assert not hasattr(util, "_reprcompare")
    assert not hasattr(rewrite, "_saferepr")
