"""The end of a body decides the outcome of its case."""

import textwrap
from typing import NamedTuple

from pytest_modelcheck.records import Tally

FOUR = '["a", "b", "c", "d"]'


def outcome(project, body):
    """Run a body over four cases; give back the result and the verdict."""
    project.answers("echo", "str")
    project.test(
        "import pytest\nimport json, unittest\n"
        f"@pytest.mark.golden({FOUR})\ndef test_it(echo, case):\n"
        + textwrap.indent(f"answer = echo(case.input)\n{body}\n", "    ")
    )
    result = project.run("--model-version=1")
    return result, project.verdict(result)


KNOWN = '[{"input": "a"}, {"input": "b", "known_failure": "ticket 7"}, {"input": "c", "id": "c"}]'
DECODE = "if answer == 'c': json.loads('{')"
SKIPPED = "if answer in 'cd': {}\nassert answer == 'a'"


class Row(NamedTuple):
    """A body, the outcomes of its cases, part of the headline, further arguments of the marker, the cases."""

    body: str
    tally: Tally
    headline: str
    marker: str = ""
    cases: str = FOUR


BODIES = {
    "a failed assert": Row("assert answer != 'c'", Tally(3, 1), "3/4 cases pass"),
    "pytest.fail": Row("if answer == 'c': pytest.fail('too loud')", Tally(3, 1), "3/4 cases pass"),
    "pytest.skip": Row(
        SKIPPED.format("pytest.skip('no text')"), Tally(1, 1, skipped=2), "1/2 cases pass", ", at_least=0.5"
    ),
    "a skip of unittest": Row(
        SKIPPED.format("raise unittest.SkipTest"), Tally(1, 1, skipped=2), "1/2 cases pass", ", at_least=0.5"
    ),
    "a skip of every case": Row("pytest.skip('none')", Tally(skipped=4), "0 of 4 cases were applicable"),
    "an xfail": Row("if answer == 'c': pytest.xfail('a known gap')", Tally(3, xfailed=1), "3/3 cases pass"),
    "a known failure": Row("assert answer != 'b'", Tally(2, xfailed=1), "2/2 cases pass", cases=KNOWN),
    "a known failure that passes": Row("assert answer", Tally(2, xpassed=1), "2/2 cases pass", cases=KNOWN),
    "nothing but known failures": Row(
        "assert answer != 'b'",
        Tally(xfailed=1),
        "0 of 1 cases could be judged",
        cases='[{"input": "b", "known_failure": "ticket 7"}]',
    ),
    "an error whatever the rate": Row(DECODE, Tally(3, error=1), "1/4 cases raised an", ", at_least=0.1"),
    "a name error": Row(
        "assert answr", Tally(error=4), "NameError: name 'answr' is not defined", ", at_least=0.0"
    ),
    "a wrong_if": Row(DECODE, Tally(3, 1), "3/4 cases pass", ", at_least=0.5, wrong_if=json.JSONDecodeError"),
    "a name error beside a wrong_if": Row(
        "answr", Tally(error=4), "4/4 cases raised an error", ", wrong_if=(json.JSONDecodeError, KeyError)"
    ),
    "a message of a wrong_if": Row(
        "if answer == 'c': raise ValueError('no label')", Tally(3, 1), "3/4", ", wrong_if=(ValueError,)"
    ),
    "an error that the body caught": Row(
        "try:\n    json.loads('{')\nexcept ValueError:\n    pass", Tally(4), "4/4 cases pass"
    ),
    "an expectation that is not there": Row(
        "assert answer == case.expected",
        Tally(error=1),
        "case one (list[0]) does not say what is expected: add `expected:` to it",
        cases='[{"id": "one", "input": "a"}]',
    ),
    "an expectation that is not there, whatever is wrong": Row(
        "assert answer == case.expected",
        Tally(error=1),
        "case one (list[0]) does not say what is expected: add `expected:` to it",
        ", wrong_if=Exception",
        '[{"id": "one", "input": "a"}]',
    ),
    "an expectation that is taken for metadata": Row(
        "assert answer == case.expected",
        Tally(error=1),
        "to it, or name it in the marker, as in expected='label'",
        ', input="text"',
        '[{"text": "a", "label": "b"}]',
    ),
    "case.perturbed": Row(
        "case.perturbed", Tally(error=4), "case.perturbed exists only in invariance and directional checks"
    ),
    "metadata that is not there": Row(
        "assert case['langauge']",
        Tally(error=1),
        "has no metadata 'langauge' (it has: 'language')",
        cases='[{"input": "a", "metadata": {"language": "en"}}]',
    ),
    "a return in place of an assert": Row(
        "return answer == 'a'", Tally(error=4), "the body returned true: did you mean `assert` instead of"
    ),
}
PASSING = {
    *("pytest.skip", "a skip of unittest", "an xfail", "a known failure", "a known failure that passes"),
    *("a wrong_if", "an error that the body caught"),
}


def test_the_end_of_each_body_decides_the_outcome_of_its_case(project):
    """All bodies in one run: each has the outcomes of its row, independent of the others."""
    project.answers("echo", "str")
    source = "import pytest\nimport json, unittest\n"
    for number, row in enumerate(BODIES.values()):
        source += f"\n@pytest.mark.golden({row.cases}{row.marker})\ndef test_{number}(echo, case):\n"
        source += textwrap.indent(f"answer = echo(case.input)\n{row.body}\n", "    ")
    project.test(source)
    result = project.run("--model-version=1")
    found = project.verdicts(result)
    verdicts = {name: found[f"test_{number}"] for number, name in enumerate(BODIES)}
    tallies = {name: row.tally for name, row in BODIES.items()}
    assert {name: verdict.cases for name, verdict in verdicts.items()} == tallies
    for name, row in BODIES.items():
        assert row.headline in verdicts[name].headline
    assert {name for name, verdict in verdicts.items() if verdict.passed} == PASSING
    result.assert_outcomes(passed=len(PASSING), failed=len(BODIES) - len(PASSING))
    unexpected = verdicts["a known failure that passes"].shown
    assert [(one.note, one.input) for one in unexpected] == [("unexpected pass", "b")]
    result.stdout.fnmatch_lines_random(["*too loud*", "*no label*"])


def test_another_exception_is_an_error_with_its_traceback(project):
    result, verdict = outcome(project, "if answer == 'c': json.loads('{')")
    result.assert_outcomes(failed=1)
    assert verdict.cases == Tally(passed=3, error=1)
    result.stdout.fnmatch_lines(
        [
            "1/4 cases raised an error: JSONDecodeError: Expecting property name*",
            "*test_triage.py:6: in test_it*",
            "*if answer == 'c': json.loads('{')*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_an_error_of_the_model_that_the_body_caught_is_none(project):
    """Even if it was the only answer: the body called its model, which did not answer."""
    project.model("""
        @model_fixture
        def echo():
            def ask(text):
                if text == "b":
                    raise ConnectionError
                return text
            return ask
    """)
    project.test("""
        @pytest.mark.golden(["a", "b", "c"])
        def test_some(echo, case):
            assert echo("always")
            try:
                answer = echo(case.input)
            except ConnectionError:
                answer = "fallback"
            assert answer in ("a", "fallback", "c")

        @pytest.mark.golden([{"id": "one", "input": "b"}, {"id": "two", "input": "b"}])
        def test_all(echo, case):
            try:
                echo(case.input)
            except ConnectionError:
                return
            raise AssertionError
    """)
    result = project.run()
    result.assert_outcomes(passed=2)
    tallies = {name: verdict.cases for name, verdict in project.verdicts(result).items()}
    assert tallies == {"test_some": Tally(passed=3), "test_all": Tally(passed=2)}


def test_without_bounds_a_body_is_to_score_what_cannot_be_parsed(project):
    """A wrong answer has no value on such a scale, so that wrong_if= would not help."""
    project.answers("echo", "str")
    project.test("""
        @pytest.mark.golden(["1", "2", "no number"], at_least=1, bounds=None)
        def test_it(echo, case, score):
            score(int(echo(case.input)))
    """)
    (advice,) = project.verdict(project.run()).notes
    assert advice.endswith("; catch ValueError in the body and say what it is worth, score(...)")


def test_an_exception_of_the_model_may_be_a_wrong_answer(project):
    """The parsing is part of the model, and so is its error on an answer that cannot be parsed."""
    project.answers("echo", "__import__('json').loads")
    project.test("""
        import json

        @pytest.mark.golden(["1", "2", "no number"], at_least=0.6, wrong_if=json.JSONDecodeError)
        def test_it(echo, case):
            assert echo(case.input) > 0
    """)
    result = project.passes()
    assert project.verdict(result).cases == Tally(passed=2, failed=1)


def test_a_body_that_never_called_its_model_is_an_error_unless_it_skips(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_never(triage, case):
            assert case.expected

        @pytest.mark.golden("tickets.yaml")
        def test_too_late(triage, case):
            assert case.expected == "nonsense"
            triage(case.input)

        @pytest.mark.golden("tickets.yaml")
        def test_skips(triage, case):
            if case.id != "t-01":
                pytest.skip()
            assert triage(case.input) == case.expected
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=2, passed=1)
    tallies = {name: verdict.cases for name, verdict in project.verdicts(result).items()}
    assert tallies == {
        "test_never": Tally(error=10),
        "test_too_late": Tally(error=10),
        "test_skips": Tally(passed=1, skipped=9),
    }
    result.stdout.fnmatch_lines(["10/10 cases raised an error: *the body never called the model 'triage'*"])
    result.stdout.fnmatch_lines(
        ["10/10 cases raised an error: *the body failed before it called the model 'triage': *'nonsense'*"]
    )


def test_a_warning_in_a_body_is_pytests_business(project):
    result, verdict = outcome(project, "import warnings\nwarnings.warn('old thing', DeprecationWarning)")
    result.assert_outcomes(passed=1, warnings=4)
    result.stdout.fnmatch_lines(["*test_triage.py:7: DeprecationWarning: old thing"])
    assert verdict.cases == Tally(passed=4)


def test_output_of_a_failed_check_is_shown_as_ever(project):
    result, _ = outcome(project, "print('looking at', answer)\nassert answer != 'c'")
    result.stdout.fnmatch_lines(["*- Captured stdout call -*", "looking at a"])
