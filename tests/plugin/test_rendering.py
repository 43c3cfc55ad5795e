"""What nearly everybody does wrong on the first day is answered with what to write instead."""

import pytest

from pytest_modelcheck.plugin.exceptions import hint, render, with_hint

TO_CALL = "triage is not the model itself, but calls it, one input at a time."


@pytest.mark.parametrize("name", ["predict", "classes_"])
def test_an_attribute_of_the_model_is_answered_with_how_to_call_it(project, name):
    project.test(f"""
        @pytest.mark.golden("tickets.yaml")
        def test_known_tickets(triage, case):
            assert triage.{name}(case.input) == case.expected
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"*E   AttributeError: *no attribute '{name}'", f"*E   {TO_CALL}", "*E   Write: triage(case.input)"]
    )
    assert result.stdout.str().count("Write: ") == 1  # the other cases break with the same


def test_so_it_is_in_an_ordinary_test(project):
    project.test("def test_one(triage):\n    assert triage.predict('a') == 'other'\n")
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*no attribute 'predict'", f"E*{TO_CALL}", "E*Write: triage(case.input)"])


def test_an_attribute_error_of_something_else_is_left_alone(project):
    project.test("def test_one(triage):\n    triage('a').predict\n")
    result = project.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["E*'str' object has no attribute 'predict'"])
    result.stdout.no_fnmatch_line("*Write: *")


def test_arrays_that_are_compared_as_if_they_were_numbers(project):
    project.test("""
        import numpy as np

        @pytest.mark.golden("tickets.yaml")
        def test_arrays(triage, case):
            assert np.array([triage(case.input), "b"]) == np.array([case.expected, "b"])
    """)
    result = project.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["*E   ValueError: The truth value*", "*E   Write: numpy.array_equal(a, b)*"])


def test_tables_are_compared_by_what_they_have_for_it():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="ambiguous") as caught:
        bool(pandas.DataFrame({"a": [1]}) == pandas.DataFrame({"a": [1]}))
    assert "a.equals(b)" in hint(caught.value)


def test_an_error_whose_source_python_fails_to_parse_is_told_by_its_message(monkeypatch):
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


def body(project, text, declared="", marker='@pytest.mark.golden("tickets.yaml")'):
    project.test(f"{declared}\n{marker}\n{text}\n")
    return project.run("--model-version=2.0")


def apart(project, text):
    project.test(f'@pytest.mark.golden("tickets.yaml")\n{text}\n')
    return project.run_apart("--model-version=2.0")


def test_a_field_that_a_case_has_not_is_answered_with_those_that_it_has(project):
    result = body(project, "def test_it(triage, case):\n    assert triage(case.text) == case.label")
    result.stdout.fnmatch_lines(
        [
            "*no attribute 'text'",
            '*E * A case has input, expected, id *Its other fields: case[[]"language"[]]',
        ]
    )


@pytest.mark.parametrize(("how", "call"), [("def", "triage(case)"), ("async def", "await triage(case)")])
def test_a_model_that_is_asked_about_the_case_itself(project, how, call):
    result = body(project, f"{how} test_it(triage, case):\n    assert {call} == case.expected")
    told = "triage was called with the case itself. Call it with its input: triage(case.input)"
    result.stdout.fnmatch_lines([f"10/10 cases raised an error: UsageError: {told}"])
    result.stdout.no_fnmatch_line("*cannot be cached*")
    assert project.calls == []


def test_an_answer_that_nobody_awaits(project):
    """In processes of their own: what is never awaited may be noticed in any later test."""
    text = "async def test_it(triage, case):\n    assert triage(case.input)"
    result = apart(project, text)
    told = "*the body never awaited an answer: in an `async` test, `await triage(case.input)`"
    result.stdout.fnmatch_lines([told])
    apart(project, text.replace("triage(", "await triage(")).assert_outcomes(passed=1)
    result = apart(project, f"{text} == case.expected")
    result.stdout.fnmatch_lines([told])


def test_a_function_that_is_declared_a_model_fixture_itself(project):
    declared = (
        "from pytest_modelcheck import model_fixture\n@model_fixture\ndef echo(text):\n    return text\n"
    )
    result = body(project, "def test_it(echo, case):\n    assert echo(case.input)", declared)
    result.assert_outcomes(errors=1)
    told = (
        "*test_triage.py:*: the model fixture 'echo' takes 'text', and there is no such fixture. A model "
        "fixture is not the model, but returns it, *: def echo(model_version): return your_function"
    )
    result.stdout.fnmatch_lines([told])


def test_a_fixture_that_is_missing_elsewhere_is_left_to_pytest(project):
    result = body(project, "def test_it(triage, case, nothing):\n    assert triage(case.input)")
    result.stdout.fnmatch_lines(["E * fixture 'nothing' not found", "> * available fixtures: *"])
