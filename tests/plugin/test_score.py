"""``score(0.83)``: a graded outcome in place of pass or fail."""

import pytest

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


def graded(project, body, marker=""):
    project.model(ECHO)
    project.test(
        f"@pytest.mark.golden([0.2, 0.4, 0.6, 0.8]{marker})\n"
        f"def test_it(echo, case, score):\n    answer = float(echo(case.input))\n    {body}\n"
    )
    result = project.run("--model-version=1")
    return result, project.verdict(result)


def test_the_rate_is_the_mean_of_the_scores(project):
    result, verdict = graded(project, "score(answer)", ", at_least=0.5")
    result.assert_outcomes(passed=1)
    assert verdict.graded
    assert verdict.rate == pytest.approx(0.5)


def test_at_least_bounds_the_mean(project):
    result, verdict = graded(project, "score(answer)", ", at_least=0.6")
    result.assert_outcomes(failed=1)
    assert verdict.headline == "mean score 0.5 over 4 cases, at least 0.6 required"
    result.stdout.fnmatch_lines(["FAILED *::test_it - mean score 0.5 over 4 cases, at least 0.6 required"])


def test_a_failed_assert_after_a_score_scores_nothing(project):
    _, verdict = graded(project, "score(answer); assert answer > 0.5", ", at_least=0.1")
    assert verdict.rate == pytest.approx((0 + 0 + 0.6 + 0.8) / 4)


def test_the_last_score_counts(project):
    _, verdict = graded(project, "score(1); score(0)", ", at_least=0.0")
    assert verdict.rate == 0


def test_an_error_after_a_score_is_an_error(project):
    result, verdict = graded(project, "score(answer); 1 / 0", ", at_least=0.0")
    result.assert_outcomes(failed=1)
    assert verdict.cases.error == 4


def test_a_case_that_is_skipped_has_no_score(project):
    _, verdict = graded(project, "score(answer) if answer > 0.5 else pytest.skip()", ", at_least=0.5")
    assert verdict.rate == pytest.approx(0.7)
    assert verdict.cases.skipped == 2


def test_what_is_no_score_is_an_error_that_says_so(project):
    values = ("1.5", "-0.1", "'good'", "'0.5'", "None", "float('nan')", "10**400")
    check = (
        "@pytest.mark.golden([0.2, 0.4])\ndef test_{}(echo, case, score):\n    echo(case.input); score({})\n"
    )
    project.model(ECHO)
    project.test("".join(check.format(number, value) for number, value in enumerate(values)))
    verdicts = project.verdicts(project.run("--model-version=1"))
    assert len(verdicts) == len(values)
    for verdict in verdicts.values():
        assert verdict.cases.error == 2
        assert "a score is a number from 0.0 (worst) to 1.0 (best)" in verdict.headline


def test_what_rounding_carried_over_an_end_is_that_end(project):
    """A cosine of two equal vectors is 1.0000001 in 32 bits."""
    _, verdict = graded(project, "score(1.0000001 if answer > 0.5 else -1e-9)", ", at_least=0.5")
    assert verdict.rate == 0.5
    assert verdict.cases.error == 0


def test_truth_values_are_scores(project):
    _, verdict = graded(project, "score(answer > 0.5)", ", at_least=0.5")
    assert verdict.rate == 0.5


def test_a_baseline_of_scores_is_compared_by_mean(project):
    project.model("""
        @model_fixture
        def echo(model_version):
            return lambda x: x - 0.1 if model_version == "2" else x
    """)
    project.test("""
        @pytest.mark.golden([0.2, 0.4, 0.6, 0.8])
        def test_it(echo, case, score):
            score(echo(case.input))
    """)
    # Nothing approved and no limit asks for a perfect score.
    project.run("--model-version=1").assert_outcomes(failed=1)
    project.test("""
        @pytest.mark.golden([0.2, 0.4, 0.6, 0.8], at_least=0.1)
        def test_it(echo, case, score):
            score(echo(case.input))
    """)
    project.approve("1")
    result = project.run("--model-version=2")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).headline == "mean score -0.1 against 1, none allowed"


def test_without_a_marker_fails_in_words(project):
    project.model(ECHO)
    project.test("def test_it(echo, score): score(1)")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the fixture 'score' needs to know the cases: *"])


def test_may_be_given_from_a_function_that_the_body_calls(project):
    project.model(ECHO)
    project.test("""
        @pytest.fixture
        def grade(score):
            def give(answer):
                score(float(answer))
            return give

        @pytest.mark.golden([0.2, 0.4], at_least=0.3)
        def test_it(echo, case, grade):
            grade(echo(case.input))
    """)
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).rate == pytest.approx(0.3)
