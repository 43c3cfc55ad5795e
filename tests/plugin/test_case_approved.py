"""``case.approved``: what the approved version answered."""

import pytest

from pytest_modelcheck.records import Tally

SAME = """
@pytest.mark.golden("tickets.yaml"{limits})
def test_as_approved(triage, case):
    assert {claim}
"""

CLAIMS = {
    "answer first": "triage(case.input) == case.approved",
    "approved first": "case.approved == triage(case.input)",
}


@pytest.fixture(params=CLAIMS.values(), ids=CLAIMS)
def claim(request):
    return request.param


def test_the_approved_answers_are_the_expected_ones(project, claim):
    project.test(SAME.format(claim=claim, limits=""))
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).cases == Tally(new=10)
    result.stdout.fnmatch_lines(
        [
            "no approved baseline yet: *10 *",
            "*modelcheck approve 2.0*",
            "FAILED *::test_as_approved - no approved baseline yet: *",
        ]
    )
    assert project.command("approve", "2.0").ret == 0
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=10)
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).headline == "2/10 answers changed (20%), none allowed"
    tickets = (project.path / "tickets.yaml").read_text()
    project.write("tickets.yaml", tickets + '- {id: t-11, input: "Brand new"}\n')
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=10, new=1)
    assert [(one.id, one.note) for one in project.verdict(result).shown] == [("t-11", "new")]


def test_max_changed_says_how_many_may(project):
    statuses = {"2": "passed", "1": "failed", "0.2": "passed", "0.1": "failed"}
    for number, limit in enumerate(statuses):
        source = SAME.format(claim=CLAIMS["answer first"], limits=f", max_changed={limit}")
        project.test(source, f"test_{number}.py")
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    reports = result.reprec.getreports("pytest_runtest_logreport")
    assert [report.outcome for report in reports if report.when == "call"] == [*statuses.values()]


def test_at_least_beside_it_is_refused_in_words(project):
    project.test(SAME.format(claim=CLAIMS["answer first"], limits=", at_least=0.9"))
    project.run("--model-version=2.0")
    project.command("approve", "2.0")
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*at_least=0.9 cannot be held against a body that *case.approved*"])


def test_at_least_of_the_ini_file_does_not_apply_to_it(project):
    project.ini("modelcheck_at_least = 0.9")
    project.test(SAME.format(claim=CLAIMS["answer first"], limits=", max_changed=3"))
    project.approve("2.0")
    project.run("--model-version=2.1").assert_outcomes(passed=1)


def test_the_last_bits_of_a_float_are_no_change(project):
    project.model(
        """
        @model_fixture
        def score_of(model_version):
            return lambda x: [x / 3 * (1 + 1e-9 * float(model_version)), "label"]
        """
    )
    project.test(
        """
        @pytest.mark.golden([1.0, 2.0, 7.5])
        def test_as_approved(score_of, case):
            assert score_of(case.input) == case.approved
        """
    )
    project.approve("1")
    project.run("--model-version=2").assert_outcomes(passed=1)
    project.run("--model-version=100000").assert_outcomes(failed=1)


def test_it_is_what_was_recorded_and_in_an_invariance_check_the_answer_to_that_perturbation(project):
    project.test(
        """
        @pytest.mark.golden("tickets.yaml", max_changed=0)
        def test_recorded(triage, case):
            shout = triage(case.input).upper()
            case.record(shout)
            assert shout == case.approved

        @pytest.mark.invariance("tickets.yaml", under=[str.upper, str.title])
        def test_perturbed(triage, case):
            assert triage(case.perturbed) == case.approved
        """
    )
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=2)
    verdicts = project.verdicts(result)
    assert verdicts["test_recorded"].cases == Tally(passed=8, failed=2)
    assert verdicts["test_perturbed"].headline.startswith("2/10 answers changed")


def test_a_limit_against_a_baseline_that_is_not_there_fails_and_says_so(project):
    project.test(
        """
        @pytest.mark.golden("tickets.yaml", max_drop=5)
        def test_it(triage, case):
            assert triage(case.input) == case.expected
        """
    )
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no approved baseline yet: there is nothing to compare 10 cases with*"])
    result.stdout.fnmatch_lines(["*modelcheck approve 2.1"])
    project.approve("2.1")
    project.run("--model-version=2.1").assert_outcomes(passed=1)
