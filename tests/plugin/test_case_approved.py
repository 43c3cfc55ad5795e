"""``case.approved``: the answer of the approved version."""

from fnmatch import fnmatchcase

import pytest

from pytest_modelcheck.records import Tally

SAME = """
@pytest.mark.golden("tickets.yaml"{limits})
def test_as_approved(triage, case):
    assert {claim}
"""


CLAIMS = ("triage(case.input) == case.approved", "case.approved == triage(case.input)")


def test_the_approved_answers_are_the_expected_ones_on_either_side(project):
    checks = (SAME.format(claim=claim, limits="") for claim in CLAIMS)
    project.test("".join(checks).replace("test_as_approved", "test_turned", 1))

    def tallies(result):
        return [verdict.cases for verdict in project.verdicts(result).values()]

    result = project.run("--model-version=2.0")
    assert tallies(result) == [Tally(new=10)] * 2
    result.stdout.fnmatch_lines(
        [
            "no approved baseline yet: *10 *",
            "*modelcheck approve 2.0*",
            "FAILED *::test_as_approved - no approved baseline yet: *",
        ]
    )
    assert project.command("approve", "2.0").ret == 0
    assert tallies(project.run("--model-version=2.0")) == [Tally(passed=10)] * 2
    changed = project.verdicts(project.run("--model-version=2.1")).values()
    assert {verdict.headline for verdict in changed} == {"2/10 answers changed (20%), none allowed"}
    tickets = (project.path / "tickets.yaml").read_text()
    project.write("tickets.yaml", tickets + '- {id: t-11, input: "Brand new"}\n')
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=2)
    assert tallies(result) == [Tally(passed=10, new=1)] * 2
    shown = [one for verdict in project.verdicts(result).values() for one in verdict.shown]
    assert [(one.id, one.note) for one in shown] == [("t-11", "new")] * 2


def test_at_least_beside_it_is_refused_in_words(project):
    project.test(SAME.format(claim=CLAIMS[0], limits=", at_least=0.9"))
    project.run("--model-version=2.0")
    project.command("approve", "2.0")
    result = project.fails("--model-version=2.0")
    result.stdout.fnmatch_lines(["*at_least=0.9 cannot be held against a body that *case.approved*"])


def test_at_least_of_the_ini_file_does_not_apply_to_it(project):
    project.ini("modelcheck_at_least = 0.9")
    project.test(SAME.format(claim=CLAIMS[0], limits=", max_changed=3"))
    project.approve("2.0")
    project.passes("--model-version=2.1")


def test_it_is_what_was_recorded_and_in_an_invariance_check_the_answer_to_that_perturbation(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml", max_changed=0)
        def test_recorded(triage, case):
            shout = triage(case.input).upper()
            case.record(shout)
            assert shout == case.approved

        @pytest.mark.invariance("tickets.yaml", under=[str.upper, str.title])
        def test_perturbed(triage, case):
            assert triage(case.perturbed) == case.approved
    """)
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=2)
    verdicts = project.verdicts(result)
    assert verdicts["test_recorded"].cases == Tally(passed=8, failed=2)
    assert verdicts["test_perturbed"].headline.startswith("2/10 answers changed")


@pytest.mark.parametrize("approval", [["--modelcheck-update"], []], ids=["three runs", "one run"])
def test_a_body_that_fails_with_the_approved_answers_is_reported_and_the_remedy_works(project, approval):
    """With three approved runs, the report said both "does not vary" and that they disagree."""
    project.golden('["refund me"]', "assert triage(case.input).upper() == case.approved")

    def approve():
        project.run("--model-version=2.0", *approval)
        if not approval:
            assert project.command("approve", "2.0").ret == 0

    approve()
    message = (
        "1/1 answers changed (100%), none allowed; 1 of these are the approved answers: *case.record(...)*"
    )
    (verdict,) = project.verdicts(project.run("--model-version=2.0")).values()
    assert fnmatchcase(verdict.headline, message.replace("[", "[[]"))
    assert verdict.variation.startswith("does not vary")
    project.golden(
        '["refund me"]',
        "loud = triage(case.input).upper(); case.record(loud); assert loud == case.approved",
    )
    approve()
    project.passes("--model-version=2.0")
