"""``@pytest.mark.invariance``: does the model still ignore what should not matter?"""

from pytest_modelcheck.records import Group, Tally

INVARIANCE = """
from pytest_modelcheck import perturb

@pytest.mark.invariance("tickets.yaml", under={under})
def test_ignores_it(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""


def test_fails_with_both_inputs_and_both_answers(project):
    project.test(INVARIANCE.format(under="lambda text: text.replace('parcel', 'thing')"))
    result = project.fails("--model-version=2.0")
    result.stdout.fnmatch_lines(["0/2 cases pass (0%), all required", "*failing cases (2)", "*t-03*"])
    shown, _ = project.verdict(result).shown
    assert (shown.input, shown.perturbed, shown.base_answer, shown.got) == (
        "Where is my parcel?",
        "Where is my thing?",
        "'shipping'",
        "'other'",
    )


def test_inputs_that_a_perturbation_leaves_as_they_are_are_not_judged(project):
    project.test(INVARIANCE.format(under="str"))
    project.test(
        """
        def shouting(text):
            return text.upper()

        @pytest.mark.invariance("tickets.yaml", under=shouting)
        def test_all(triage, case):
            assert "shouting" in case.perturbation
            assert triage(case.perturbed) == triage(case.input)

        @pytest.mark.invariance("tickets.yaml", under=lambda text: text.replace("parcel", "PARCEL"))
        def test_two(triage, case):
            assert triage(case.perturbed) == triage(case.input)
        """,
        "test_more.py",
    )
    result = project.run("--model-version=2.0", "test_more.py")
    result.assert_outcomes(passed=2)
    verdicts = project.verdicts(result)
    assert verdicts["test_all"].cases == Tally(passed=10)
    assert verdicts["test_two"].cases == Tally(passed=2, skipped=8)
    project.forget_calls()
    result = project.fails("--model-version=2.0", "test_triage.py")
    result.stdout.fnmatch_lines(["FAILED *::test_ignores_it - 0 of 10 cases were applicable"])
    assert project.calls == []


def test_several_perturbations_are_listed_apart(project):
    project.test("""
        def shouting(text):
            return text.upper()

        def losing_the_parcel(text):
            return text.replace("parcel", "thing")

        @pytest.mark.invariance("tickets.yaml", under=[shouting, losing_the_parcel])
        def test_ignores_both(triage, case):
            assert triage(case.perturbed) == triage(case.input)
    """)
    result = project.fails("--model-version=2.0")
    result.stdout.fnmatch_lines(["8/10 cases pass*", "*under *losing_the_parcel* 0/2 pass*"])
    assert project.verdict(result).perturbations == (
        Group("shouting", 10, 10),
        Group("losing_the_parcel", 0, 2),
    )


def test_the_librarys_own_perturbations_make_the_same_inputs_in_every_run(project):
    project.test(INVARIANCE.format(under="[perturb.typos(), perturb.casing()]"))
    project.run("--model-version=2.0", "--modelcheck-cache=off")
    first = project.calls
    project.forget_calls()
    project.run("--model-version=2.0", "--modelcheck-cache=off")
    assert len(first) > 10
    assert project.calls == first
