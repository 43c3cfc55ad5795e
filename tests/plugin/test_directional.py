"""``@pytest.mark.directional``: does the model still move the right way when something changes?"""

import pytest

from pytest_modelcheck.records import Tally

MODEL = """
@model_fixture
def urgency(model_version):
    def ask(text):
        loud = text.count("!") if model_version == "1" else 0
        return 5 + 10 * loud
    return ask
"""

TEST = """
from pytest_modelcheck import perturb

@pytest.mark.directional(["It broke", "Please help me"], under=perturb.append("!"))
def test_shouting_is_urgent(urgency, case):
    assert urgency(case.perturbed) > urgency(case.input)
"""


def test_passes_where_the_answer_moves_the_right_way_and_fails_where_it_does_not(project):
    project.model(MODEL)
    lenient = TEST.replace('append("!")', 'append("!"), at_least=0.0').replace("is_urgent", "may_be_urgent")
    project.test(TEST + lenient)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=2)
    assert {verdict.cases for verdict in project.verdicts(result).values()} == {Tally(passed=2)}
    result = project.run("--model-version=2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["0/2 cases pass (0%), all required", '*"It broke*!"*'])
    result.stdout.fnmatch_lines(["FAILED *::test_shouting_is_urgent *"])


GRADED = """
import random
from pytest_modelcheck import model_fixture, perturb

@model_fixture
def priority(model_version):
    rise, noise = {"1": (0.1, 0), "2": (-0.1, 0), "3": (-0.1, 0.02), "4": (0.02, 0.02)}[model_version]
    luck = random.Random(0)

    def ask(text):
        return 0.5 + rise * text.count("lawyer") + luck.gauss(0, noise)

    return ask
"""

CHANGES = """
from pytest_modelcheck import perturb

@pytest.mark.directional([f"ticket {n}" for n in range(40)], under=perturb.append("lawyer"), at_least=0.05)
def test_a_threat_raises_priority(priority, case, score):
    score(priority(case.perturbed) - priority(case.input))
"""


SCORE = "score(priority(case.perturbed) - priority(case.input))"


def checks(project, version, *checks):
    """Run a check for each pair of limits and body, and return the result and the verdicts."""
    project.model(GRADED)
    tests = (
        CHANGES.replace("a_threat_raises_priority", str(number))
        .replace("at_least=0.05", limits)
        .replace(SCORE, body)
        for number, (limits, body) in enumerate(checks)
    )
    project.test("\n".join(tests))
    result = project.run(f"--model-version={version}")
    return result, list(project.verdicts(result).values())


class TestGradedChanges:
    def test_the_mean_change_is_held_against_at_least(self, project):
        failed_assert = f'{SCORE}\n    assert case.input != "ticket 7"'
        no_score = f'if case.input == "ticket 7": return priority(case.input) and None\n    {SCORE}'
        result, verdicts = checks(
            project,
            1,
            ("at_least=0.05", SCORE),
            ("at_least=0.05", "score(100 * priority(case.perturbed))"),
            ("at_least=0.05", failed_assert),
            ("at_least=0.05", no_score),
            ("at_least=0, bounds=None", failed_assert),
            ("slices=None", SCORE),
            *(
                ("at_least=0.0, bounds=None", f"priority(case.input); score({value})")
                for value in ("float('inf')", "float('nan')", "None", "'up'")
            ),
        )
        result.assert_outcomes(passed=2, failed=8)
        mean, beyond, worst, unscored, worthless, *no_numbers = verdicts
        assert mean.signed
        assert mean.headline == "mean change +0.1 over 40 cases, at least +0.05 required"
        assert "a score of this check is a number from -1 to 1" in beyond.headline
        assert "bounds=None where there are no bounds" in beyond.headline
        assert worst.rate == pytest.approx((39 * 0.1 - 1) / 40)
        assert unscored.headline.startswith("1/40 cases have no score, and the scale goes from -1 to 1")
        assert "a failed assert has no value there" in worthless.headline
        assert len(no_numbers) == 4
        for verdict in no_numbers:
            assert "a score of this check is a finite number" in verdict.headline
        result.stdout.fnmatch_lines(
            ["*which mean change is required?*write at_least= (at_least=0.0: it must not fall)*"]
        )

    def test_without_noise_a_miss_fails(self, project):
        result, (verdict,) = checks(project, 2, ("at_least=0.0", SCORE))
        result.assert_outcomes(failed=1)
        assert verdict.headline == "mean change -0.1 over 40 cases, at least 0 required"
        assert verdict.varies is False
        result.stdout.fnmatch_lines(
            ["*mean change -0.1", "*smallest changes (5)", "*0.5 → 0.4", "*change -0.1"]
        )

    def test_a_varying_model_fails_by_flipping_signs_and_tight_bounds_show_what_wide_ones_hide(self, project):
        _, (zero, wide, tight, unbounded) = checks(
            project,
            3,
            ("at_least=0.0", SCORE),
            ("at_least=-0.05", SCORE),
            ("at_least=-0.05, bounds=(-0.2, 0.2)", SCORE),
            ("at_least=0.01, bounds=None", SCORE),
        )
        assert zero.failed
        assert zero.findings[0].p_value < 0.001
        assert zero.reveals.startswith("40 cases can reliably reveal only mean changes under about -0.0")
        assert not wide.failed
        assert tight.failed
        assert unbounded.failed  # by Student's test
        assert unbounded.interval.low < -0.1 < unbounded.interval.high < -0.09

    def test_a_change_that_noise_readily_explains_passes(self, project):
        result, (verdict,) = checks(project, 4, ("at_least=0.025", SCORE))
        result.assert_outcomes(passed=1)
        assert verdict.headline.endswith("; noise explains it")

    def test_one_case_alone_is_held_to_the_same(self, project):
        project.model(GRADED)
        project.test(CHANGES.replace('f"ticket {n}"', '{"id": f"t-{n}", "input": f"ticket {n}"}'))
        result = project.passes("--model-version=1", "--modelcheck-case=t-7")
        assert project.verdict(result).headline == "mean change +0.1 over 1 case, at least +0.05 required"

    def test_repeats_and_groups(self, project):
        project.model(GRADED)
        cases = '{"input": f"ticket {n}", "metadata": {"template": n % 8}}'
        project.test(
            CHANGES.replace('f"ticket {n}"', cases).replace(
                "at_least=0.05", 'at_least=0, repeats=2, cluster="template"'
            )
        )
        verdict = project.verdict(project.run("--model-version=3"))
        assert verdict.headline.startswith("mean change -0.0975 over 8 groups by template, at least 0")
        assert verdict.findings[0].p_value == 1 / 256


def test_golden_scores_may_have_a_scale_of_their_own(project):
    project.model("@model_fixture\ndef words(model_version):\n    return lambda text: len(text.split())\n")
    project.test("""
        @pytest.mark.golden(["one two", "one two three"], bounds=(0, 100), at_least=2.6)
        def test_length(words, case, score):
            score(words(case.input))
    """)
    result = project.fails("--model-version=1")
    assert project.verdict(result).headline == "mean score 2.5 over 2 cases, at least 2.6 required"


SCALES = {
    "bounds=(1, 0)": "bounds=(1, 0): write the lowest and the highest score",
    "bounds=(0, 1e308)": "bounds=(0, 1e+308): write the lowest and the highest score",
    "bounds=(0, 10**400)": "write the lowest and the highest score",
    "bounds=5": "bounds=5: write the lowest and the highest score",
    "at_least=95": "write a number from -1 to 1 (or a rate, at_least=0.95?)",
    "at_least=2, bounds=(0, 1.5)": "at_least=2 is not on the scale of the scores",
    "at_least=0, max_drop=2.5": "max_drop=2.5 is not a difference of two scores from -1 to 1",
    "at_least=0, tolerance=-0.5": "tolerance=-0.5 is not a difference of two scores",
}


def test_a_scale_that_cannot_be_meant_is_refused(project):
    project.model(MODEL)
    for number, options in enumerate(SCALES):
        project.test(TEST.replace('append("!")', f'append("!"), {options}'), f"test_{number}.py")
    result = project.run("--model-version=1")
    assert result.ret == 4
    text = " ".join(result.stderr.str().split())
    for number, message in enumerate(SCALES.values()):
        assert (
            message in text.partition(f"test_{number}.py:")[2].partition("ERROR: ")[0].partition(" test_")[0]
        )
