"""How a body ends says how its case came out."""

import pytest

from pytest_modelcheck.records import Tally


def outcome(project, body, *arguments, marker="", cases='["a", "b", "c", "d"]'):
    """Run a body over four cases; give back the result and the verdict."""
    project.model("@model_fixture\ndef echo(model_version):\n    return str\n")
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    project.test(
        "import pytest\nimport json, unittest\n"
        f"@pytest.mark.golden({cases}{marker})\n"
        f"def test_it(echo, case, score):\n    answer = echo(case.input)\n{lines}\n"
    )
    result = project.run("--model-version=1", *arguments)
    return result, project.verdict(result)


def test_a_failed_assert_is_a_wrong_answer(project):
    result, verdict = outcome(project, "assert answer != 'c'")
    result.assert_outcomes(failed=1)
    assert verdict.cases == Tally(passed=3, failed=1)


def test_pytest_fail_is_a_wrong_answer(project):
    result, verdict = outcome(project, "if answer == 'c': pytest.fail('too loud')")
    assert verdict.cases == Tally(passed=3, failed=1)
    assert verdict.shown[0].message == "too loud"
    result.stdout.fnmatch_lines(["*too loud*"])


@pytest.mark.parametrize("skip", ["pytest.skip('not text')", "raise unittest.SkipTest('not text')"])
def test_a_skip_leaves_the_denominator_and_is_counted(project, skip):
    result, verdict = outcome(
        project, f"if answer in 'cd': {skip}\nassert answer == 'a'", marker=", at_least=0.5"
    )
    result.assert_outcomes(passed=1)
    assert verdict.cases == Tally(passed=1, failed=1, skipped=2)
    assert verdict.rate == 0.5


def test_a_skip_of_every_case_does_not_pass(project):
    result, verdict = outcome(project, "pytest.skip('none of it')")
    result.assert_outcomes(failed=1)
    assert verdict.headline == "0 of 4 cases were applicable"


def test_an_xfail_leaves_the_denominator_and_is_counted(project):
    result, verdict = outcome(project, "if answer == 'c': pytest.xfail('a known gap')")
    result.assert_outcomes(passed=1)
    assert verdict.cases == Tally(passed=3, xfailed=1)


KNOWN = '[{"input": "a"}, {"input": "b", "known_failure": "ticket 7"}, {"input": "c", "id": "c"}]'


def test_a_known_failure_leaves_the_denominator_and_is_counted(project):
    result, verdict = outcome(project, "assert answer != 'b'", cases=KNOWN)
    result.assert_outcomes(passed=1)
    assert verdict.cases == Tally(passed=2, xfailed=1)


def test_a_known_failure_that_passes_is_reported(project):
    result, verdict = outcome(project, "assert answer", cases=KNOWN)
    result.assert_outcomes(passed=1)
    assert verdict.cases == Tally(passed=2, xpassed=1)
    assert [(one.note, one.input) for one in verdict.shown] == [("unexpected pass", "b")]


def test_nothing_but_known_failures_does_not_pass(project):
    result, verdict = outcome(
        project, "assert answer != 'b'", cases='[{"input": "b", "known_failure": "ticket 7"}]'
    )
    result.assert_outcomes(failed=1)
    assert verdict.headline.startswith("0 of 1 cases could be judged")


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


def test_an_error_fails_the_test_whatever_the_rate(project):
    result, _ = outcome(project, "if answer == 'c': json.loads('{')", marker=", at_least=0.1")
    result.assert_outcomes(failed=1)


def test_a_name_error_is_an_error_and_no_wrong_answer(project):
    result, verdict = outcome(project, "assert answr == 'a'", marker=", at_least=0.0")
    result.assert_outcomes(failed=1)
    assert verdict.cases == Tally(error=4)
    result.stdout.fnmatch_lines(["4/4 cases raised an error: NameError: name 'answr' is not defined"])


def test_wrong_if_makes_an_exception_a_wrong_answer(project):
    result, verdict = outcome(
        project,
        "if answer == 'c': json.loads('{')",
        marker=", at_least=0.5, wrong_if=json.JSONDecodeError",
    )
    result.assert_outcomes(passed=1)
    assert verdict.cases == Tally(passed=3, failed=1)


def test_wrong_if_does_not_make_a_name_error_a_wrong_answer(project):
    _, verdict = outcome(project, "answr", marker=", wrong_if=(json.JSONDecodeError, KeyError)")
    assert verdict.cases == Tally(error=4)


def test_wrong_if_shows_what_was_raised(project):
    result, verdict = outcome(
        project, "if answer == 'c': raise ValueError('no such label')", marker=", wrong_if=(ValueError,)"
    )
    result.assert_outcomes(failed=1)
    assert verdict.cases == Tally(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*no such label*"])


def test_an_error_that_the_body_caught_is_none(project):
    _, verdict = outcome(project, "try:\n    json.loads('{')\nexcept ValueError:\n    pass")
    assert verdict.cases == Tally(passed=4)


def test_an_error_of_the_model_that_the_body_caught_is_none(project):
    project.model(
        """
        @model_fixture
        def echo():
            def ask(text):
                if text == "b":
                    raise ConnectionError
                return text
            return ask
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a", "b", "c"])
        def test_it(echo, case):
            assert echo("always")
            try:
                answer = echo(case.input)
            except ConnectionError:
                answer = "fallback"
            assert answer in ("a", "fallback", "c")
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=3)


def test_a_body_that_caught_the_only_answer_is_not_told_that_it_never_asked(project):
    """It asked; it is the model that did not answer."""
    project.model(
        """
        @model_fixture
        def echo():
            def ask(text):
                raise ConnectionError
            return ask
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a", "b"])
        def test_falls_back(echo, case):
            try:
                answer = echo(case.input)
            except ConnectionError:
                answer = "fallback"
            assert answer == "fallback"
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=2)


def test_what_the_model_itself_raises_may_be_a_wrong_answer(project):
    """The parsing is part of the model, and so is what it raises on an answer that cannot be parsed."""
    project.model(
        """
        import json

        @model_fixture
        def echo():
            return lambda text: json.loads(text)
        """
    )
    project.test(
        """
        import json

        @pytest.mark.golden(["1", "2", "no number"], at_least=0.6, wrong_if=json.JSONDecodeError)
        def test_it(echo, case):
            assert echo(case.input) > 0
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=2, failed=1)


def test_a_body_that_never_asked_its_model_is_an_error(project):
    project.test(
        """
        @pytest.mark.golden("tickets.yaml")
        def test_it(triage, case):
            assert case.expected
        """
    )
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["10/10 cases raised an error: *the body never called the model 'triage'*"])


def test_a_body_that_failed_before_it_asked_is_an_error_that_says_so(project):
    project.test(
        """
        @pytest.mark.golden("tickets.yaml")
        def test_it(triage, case):
            assert case.expected == "nonsense"
            triage(case.input)
        """
    )
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).cases == Tally(error=10)


def test_skipping_before_asking_is_fine(project):
    project.test(
        """
        @pytest.mark.golden("tickets.yaml")
        def test_it(triage, case):
            if case.id != "t-01":
                pytest.skip()
            assert triage(case.input) == case.expected
        """
    )
    result = project.run("--model-version=2.0")
    assert project.verdict(result).cases == Tally(passed=1, skipped=9)


def test_asking_for_what_is_expected_where_nothing_is_is_an_error_that_names_the_case(project):
    _, verdict = outcome(project, "assert answer == case.expected", cases='[{"id": "one", "input": "a"}]')
    assert "case one" in verdict.headline
    assert verdict.headline.endswith("does not say what is expected: add `expected:` to it")


def test_an_expectation_that_is_taken_for_metadata_is_answered_with_how_to_name_it(project):
    _, verdict = outcome(
        project,
        "assert answer == case.expected",
        marker=', input="text"',
        cases='[{"text": "a", "label": "b"}]',
    )
    assert verdict.headline.endswith("to it, or name it in the marker, as in expected='label'")


def test_asking_for_perturbed_in_a_golden_test_is_an_error_that_says_why(project):
    _, verdict = outcome(project, "assert answer == case.perturbed")
    assert "case.perturbed exists only in invariance and directional checks" in verdict.headline


def test_asking_for_metadata_that_is_not_there_names_what_is(project):
    _, verdict = outcome(
        project, "assert case['langauge']", cases='[{"input": "a", "metadata": {"language": "en"}}]'
    )
    assert "has no metadata 'langauge' (it has: 'language')" in verdict.headline


def test_a_warning_in_a_body_is_pytests_business(project):
    result, verdict = outcome(project, "import warnings\nwarnings.warn('old thing', DeprecationWarning)")
    result.assert_outcomes(passed=1, warnings=4)
    result.stdout.fnmatch_lines(["*test_triage.py:7: DeprecationWarning: old thing"])
    assert verdict.cases == Tally(passed=4)


def test_output_of_a_failed_check_is_shown_as_ever(project):
    result, _ = outcome(project, "print('looking at', answer)\nassert answer != 'c'")
    result.stdout.fnmatch_lines(["*- Captured stdout call -*", "looking at a"])


def test_a_body_that_returns_what_it_should_assert_is_an_error(project):
    _, verdict = outcome(project, "return answer == 'a'")
    assert verdict.cases.error == verdict.cases.total
    assert "the body returned true: did you mean `assert` instead of `return`?" in verdict.headline
