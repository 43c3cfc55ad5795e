"""``under=perturb.levels(...)``: does the score rise with each level?"""

import pytest

from pytest_modelcheck.records import Status

MODEL = """
import itertools
import random
from pytest_modelcheck import model_fixture

WORDS = {"unhappy": 1, "public": 2, "lawyer": 3}

@model_fixture
def priority(model_version):
    luck, turns = random.Random(0), itertools.count()

    def ask(text):
        threat = max((level for word, level in WORDS.items() if word in text), default=0)
        if model_version == "deaf":
            return 1
        if model_version == "odd" and "7" in text and threat == 2:
            return 0.5
        if "ticket 5" in text and threat == 2 and (model_version != "once" or next(turns) == 1):
            return 0.5 if model_version in ("once", "still", "both") else threat
        if model_version == "both" and "ticket 6" in text and threat == 2:
            return 0.5
        if model_version == "noisy":
            return threat + luck.gauss(0, 1.5)
        if model_version == "backwards":
            return -threat + luck.gauss(0, 1.5)
        return threat

    return ask
"""

TEST = """
from pytest_modelcheck import perturb

THREATS = perturb.levels(
    perturb.append("I am unhappy."),
    perturb.append("I will make this public."),
    perturb.append("I will call my lawyer."),
)

@pytest.mark.directional([f"ticket {n}" for n in range(20)], under=THREATS)
def test_priority_rises_with_each_threat(priority, case, score):
    score(priority(case.perturbed))
"""


@pytest.fixture
def levels(project):
    project.model(MODEL)
    project.test(TEST)

    def run(version, *arguments):
        result = project.run(f"--model-version={version}", *arguments)
        return result, project.verdict(result)

    return run


def test_each_level_is_one_trial_and_a_case_is_its_series(levels):
    result, verdict = levels("1")
    result.assert_outcomes(passed=1)
    assert (verdict.cases.passed, verdict.trials.passed) == (20, 80)
    assert verdict.headline == "scores never fall in 20/20 cases (100%), all required"
    assert verdict.calls.new == 80


def test_a_case_fails_where_its_score_falls(levels):
    result, verdict = levels("odd")
    result.assert_outcomes(failed=1)
    assert verdict.headline == "scores never fall in 18/20 cases (90%), all required"
    result.stdout.fnmatch_lines(
        ['*"ticket 7"', '*→ "ticket 7 I will*', "*the score falls from 1 (append('I am unhappy.')) to 0.5"]
    )


def test_a_model_that_does_not_care_fails(levels):
    result, verdict = levels("deaf")
    result.assert_outcomes(failed=1)
    assert verdict.headline.startswith("the score is the same at all 4 levels of all 20 cases")


def test_a_model_that_varies_is_judged_over_all_cases(levels):
    result, verdict = levels("noisy")
    result.assert_outcomes(passed=1)
    assert verdict.varies
    assert "over all of them they rise" in verdict.headline
    assert verdict.rate < 0.5


def test_and_fails_where_the_scores_fall_over_all(levels):
    result, verdict = levels("backwards")
    result.assert_outcomes(failed=1)
    assert "over all of them they fall" in verdict.headline
    assert verdict.calls.new > 80  # fresh sets were run before it failed


def test_a_version_in_which_cases_fall_is_worse_than_the_approved_one(project, levels):
    project.test(TEST.replace("under=THREATS", "under=THREATS, at_least=0.5"))
    levels("odd")[0].assert_outcomes(passed=1)  # 90% are enough as long as nothing is approved
    project.approve("1")
    result, verdict = levels("odd")
    result.assert_outcomes(failed=1)
    assert verdict.headline == "2 broke, 0 fixed: a net loss of 2 cases, none allowed"
    assert verdict.comparison.regressed


def test_a_fall_that_an_approved_run_had_as_well_is_noise_but_not_one_that_it_never_had(project, levels):
    """Ten equal repeated answers do not make a check free of noise whose outcomes differed."""
    project.test(TEST.replace("under=THREATS", "under=THREATS, at_least=0.5"))
    project.approve("once")
    result, verdict = levels("still")
    result.assert_outcomes(passed=1)
    drop = verdict.findings[-1]
    assert drop.summary == "pass rate -3.33 points against once, no drop allowed; noise explains it"
    assert verdict.variation == "varies: 1 of 20 cases pass in some runs only (approved runs included)"
    _, verdict = levels("both")
    assert verdict.status is Status.INCONCLUSIVE
    assert verdict.headline.startswith("1 case that always passed never passes now, however often run")


def test_an_edited_test_is_replayed_on_the_approved_answers(project, levels):
    project.approve("1")
    project.test(TEST.replace("score(priority(case.perturbed))", "score(-priority(case.perturbed))"))
    result, verdict = levels("1")
    result.assert_outcomes(passed=1)
    assert verdict.comparison.replayed == 20
    assert not verdict.comparison.regressed


SHARED = """
@pytest.mark.directional([f"ticket {n}" for n in range(20)], under=THREATS)
def test_without_a_score(priority, case, score):
    priority(case.perturbed)

@pytest.mark.directional([f"ticket {n}" for n in range(20)], under=THREATS)
def test_failed_assert(priority, case, score):
    score(priority(case.perturbed))
    assert case.input != "ticket 3"

SOME = perturb.levels(perturb.replace("ticket 1", "unhappy"), perturb.append("lawyer"))

@pytest.mark.directional([f"ticket {n}" for n in range(20)], under=SOME)
def test_does_not_apply(priority, case, score):
    score(priority(case.perturbed))

CASES = [{"input": f"ticket {n}", "variants": [f"unhappy {n}", f"lawyer {n}"]} for n in range(5)]

@pytest.mark.directional(CASES, under=perturb.levels())
def test_own_levels(priority, case, score):
    score(priority(case.perturbed))
"""


def test_levels_without_a_score_or_a_case_and_those_of_a_case(project):
    project.model(MODEL)
    project.test(TEST + SHARED)
    verdicts = project.verdicts(project.run("--model-version=1"))
    unscored = verdicts["test_without_a_score"]
    assert unscored.failed
    assert "NoScoreError: the body gave no score() at level as it is" in unscored.headline
    broken = verdicts["test_failed_assert"]
    assert (broken.cases.passed, broken.cases.failed) == (19, 1)
    assert broken.headline == "19/20 cases pass (95%), all required"
    some = verdicts["test_does_not_apply"]
    assert (some.cases.passed, some.cases.skipped) == (1, 19)
    assert any("does not apply to 19 inputs" in note for note in some.notes)
    own = verdicts["test_own_levels"]
    assert (own.status, own.trials.passed) == (Status.PASSED, 15)


def test_a_known_failure_that_falls_is_no_news(project, levels):
    cases = '{"id": str(n), "input": f"ticket {n}", "known_failure": "#12" if "7" in str(n) else None}'
    project.test(TEST.replace('f"ticket {n}"', cases, 1))
    result, verdict = levels("odd")
    result.assert_outcomes(passed=1)
    assert (verdict.cases.passed, verdict.cases.xfailed) == (18, 2)


def test_levels_that_cannot_be_meant_are_refused(project):
    mistakes = {
        "invariance([1], under=THREATS)": "invariance() takes no levels: directional()",
        "directional([1], under=[THREATS])": "levels stand alone, under=perturb.levels(...)",
        "directional([1], under=THREATS, at_least=2)": "at_least=2 is not a rate",
    }
    project.model(MODEL)
    head, _, tail = TEST.partition("@pytest.mark")
    for number, marker in enumerate(mistakes):
        project.test(f"{head}@pytest.mark.{marker}\n{tail.partition(chr(10))[2]}", f"test_{number}.py")
    result = project.run()
    assert result.ret == 4
    text = " ".join((result.stderr.str() + result.stdout.str()).split())
    assert all(message in text for message in mistakes.values())
