"""``score(0.83)``: a graded outcome in place of pass or fail."""

import pytest

SCORES = "[0.2, 0.4, 0.6, 0.8]"


def graded(project, body, marker=""):
    project.answers("echo", "str")
    project.golden(f"{SCORES}{marker}", f"answer = float(echo(case.input))\n{body}", "echo, case, score")
    result = project.run("--model-version=1")
    return result, project.verdict(result)


def test_the_rate_is_the_mean_of_the_scores_which_at_least_bounds(project):
    _, verdict = graded(project, "score(answer)", ", at_least=0.5")
    assert verdict.passed
    assert verdict.graded
    assert verdict.rate == pytest.approx(0.5)
    result, verdict = graded(project, "score(answer)", ", at_least=0.6")
    assert verdict.headline == "mean score 0.5 over 4 cases, at least 0.6 required"
    result.stdout.fnmatch_lines([f"FAILED *::test_it - {verdict.headline}"])
    _, verdict = graded(project, "score(answer)")
    assert verdict.notes[0].endswith("every case must score 1; at_least=0.9 would require a mean of 0.9")


def test_commands_show_the_mean_on_its_own_scale(project):
    graded(project, "score(4 + answer)", ", at_least=1, bounds=(1, 5)")
    project.approve("1")
    project.command("show", "test_it").stdout.fnmatch_lines(["  echo 1, 4 cases, mean 4.5"])
    project.command("history").stdout.fnmatch_lines(["    1 *  4.5  of 4 cases"])


# The mean score of each body, and the number of the four cases that are errors and skipped.
BODIES = {
    "score(answer); assert answer > 0.5": ((0 + 0 + 0.6 + 0.8) / 4, 0, 0),
    "score(1); score(0)": (0, 0, 0),  # the last one counts
    "score(answer > 0.5)": (0.5, 0, 0),
    # A cosine of two equal vectors is 1.0000001 in 32 bits.
    "score(1.0000001 if answer > 0.5 else -1e-9)": (0.5, 0, 0),
    "score(answer) if answer > 0.5 else pytest.skip()": (0.7, 0, 2),
    "score(answer); 1 / 0": (None, 4, 0),
}


def test_score_of_a_case(project):
    project.answers("echo", "str")
    check = "@pytest.mark.golden({}, at_least=0.0)\ndef test_{}(echo, case, score):\n    {}\n    {}\n"
    read = "answer = float(echo(case.input))"
    project.test("".join(check.format(SCORES, number, read, body) for number, body in enumerate(BODIES)))
    found = project.verdicts(project.run("--model-version=1"))
    for number, (body, (rate, errors, skipped)) in enumerate(BODIES.items()):
        verdict = found[f"test_{number}"]
        assert verdict.rate == (None if rate is None else pytest.approx(rate)), body
        assert (verdict.cases.error, verdict.cases.skipped) == (errors, skipped), body


def test_an_invalid_score_is_an_error_that_says_so(project):
    values = ("1.5", "-0.1", "'good'", "'0.5'", "None", "float('nan')", "10**400")
    check = (
        "@pytest.mark.golden([0.2, 0.4])\ndef test_{}(echo, case, score):\n    echo(case.input); score({})\n"
    )
    project.answers("echo", "str")
    project.test("".join(check.format(number, value) for number, value in enumerate(values)))
    verdicts = project.verdicts(project.run("--model-version=1"))
    assert len(verdicts) == len(values)
    for verdict in verdicts.values():
        assert verdict.cases.error == 2
        assert "a score is a number from 0.0 (worst) to 1.0 (best)" in verdict.headline


def test_a_baseline_of_scores_is_compared_by_mean(project):
    project.answers("echo", 'lambda x: x - 0.1 if model_version == "2" else x')
    project.golden(SCORES, "score(echo(case.input))", "echo, case, score")
    # Nothing approved and no limit asks for a perfect score.
    project.fails("--model-version=1")
    project.golden(f"{SCORES}, at_least=0.1", "score(echo(case.input))", "echo, case, score")
    project.approve("1")
    result = project.fails("--model-version=2")
    assert project.verdict(result).headline == "mean score -0.1 against 1, no drop allowed"


def test_without_a_marker_fails_in_words(project):
    project.test("def test_it(triage, score): score(1)")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the fixture 'score' needs to know the cases: *"])


def test_may_be_given_from_a_function_that_the_body_calls(project):
    project.answers("echo", "str")
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
    result = project.passes()
    assert project.verdict(result).rate == pytest.approx(0.3)
