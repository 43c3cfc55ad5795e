"""Checks whose cases a judge decides: limits apply to the labels that people would give."""

import json
import random

import pytest

SCOPE = "asyncio_default_fixture_loop_scope=function"

JUDGED = """
import random
from pytest_modelcheck import judge_fixture

def chance(*of):
    return random.Random(repr(of)).random()

@model_fixture(deterministic=True)
def assistant(model_version):
    right, word = {"good": (0.9, "wrong"), "worse": (0.6, "smooth"), "bad": (0.3, "wrong")}[model_version]
    return lambda question: ("right " if chance(question) < right else word + " ") + question

@judge_fixture(labels="labels/helpful.jsonl", deterministic=True)
def helpful(model_version):
    says_yes = {"right": 0.95, "wrong": 0.15, "smooth": 0.85}
    return lambda question, answer: chance("judge", answer) < says_yes[answer.split()[0]]
"""
CHECK = """
@pytest.mark.golden([f"question {n}" for n in range(60)], at_least=0.8)
def test_helpful(assistant, helpful, case):
    assert helpful(question=case.input, answer=assistant(case.input))
"""


def chance(*of):
    return random.Random(repr(of)).random()


def answers(right, word, numbers):
    for number in numbers:
        question = f"question {number}"
        yield question, ("right " if chance(question) < right else f"{word} ") + question


OTHERS = [(f"question {n}", f"{word} question {n}") for n in range(100, 160) for word in ("right", "wrong")]
GOOD = list(answers(0.9, "wrong", range(60)))
WORSE = list(answers(0.6, "smooth", range(60)))


def label(project, *sources, yes=True, no=False):
    labelled = dict.fromkeys(pair for source in sources for pair in source)
    lines = [
        json.dumps({"input": {"question": q, "answer": a}, "expected": yes if a.startswith("right") else no})
        for q, a in labelled
    ]
    project.write("labels/helpful.jsonl", "\n".join(lines))


def run(project, version, *more):
    return project.run(f"--model-version={version}", "--model-version=helpful=1", *more)


@pytest.fixture
def judged(project):
    project.model(JUDGED)
    project.test(CHECK)
    return project


def test_without_labels_the_headline_says_that_nothing_is_corrected(judged):
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.failed
    assert verdict.headline.endswith(
        "uncorrected for the judge's errors: helpful has no labels, 30 are needed (modelcheck label helpful)"
    )
    assert ("label answers", "modelcheck label helpful") in verdict.advice
    assert verdict.correction.word is None


def test_the_headline_has_the_judges_figure_and_the_corrected_one(judged):
    label(judged, OTHERS)
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.failed
    assert verdict.headline == "judged 25/60; corrected for the judge's errors 36%, at least 80% required"
    assert verdict.rate == pytest.approx(0.36, abs=0.01)
    assert verdict.interval.low < verdict.rate < verdict.interval.high < 0.8
    assert verdict.correction.labels == 120
    assert verdict.correction.file == "labels/helpful.jsonl"


def test_if_labels_do_not_decide_the_result_says_what_they_can_reveal(judged):
    judged.test(CHECK.replace("0.8", "0.52"))
    label(judged, OTHERS)
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.inconclusive
    assert verdict.reveals.startswith("60 cases and 120 labels can reliably reveal only rates up to ")


def test_the_judges_answers_are_no_cached_answers_of_the_model(judged):
    label(judged, OTHERS)
    first, again = (judged.verdict(run(judged, "good")).calls for _ in range(2))
    assert (first.new, first.cached) == (60, 0)
    assert (again.new, again.cached) == (0, 60)


def test_a_good_version_passes_although_the_judge_passes_fewer(judged):
    label(judged, OTHERS)
    judged.test(CHECK.replace("0.8", "0.85"))
    verdict = judged.verdict(run(judged, "good"))
    assert verdict.passed
    assert verdict.correction.word == pytest.approx(50 / 60)  # by its word, 85% are missed
    assert verdict.headline.startswith("judged 50/60; corrected for the judge's errors")
    run(judged, "good", "--modelcheck-mutate=mutants.json")  # replays on stored answers are corrected, too
    (check,) = json.loads((judged.path / "mutants.json").read_bytes())["checks"]
    assert (check["trouble"], check["cases"]) == ("", 60)


def test_a_version_that_only_the_judge_likes_better_fails(judged):
    """The judge passes 55 of 60 after 50 before, and people accept 35 of them."""
    label(judged, OTHERS, GOOD, WORSE)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    result = run(judged, "worse")
    result.assert_outcomes(failed=1)
    verdict = judged.verdict(result)
    assert verdict.headline == "judged 55/60; corrected for the judge's errors 58%, at least 80% required"
    dropped = next(one for one in verdict.findings if one.limit == "max_drop")
    assert dropped.status == "failed"
    assert dropped.summary == (
        "people say that 13 broke and 0 were fixed: a net loss of 13 cases (by the judge's word 4 broke, 9 "
        "fixed: a net gain of 5 cases)"
    )
    assert (verdict.comparison.approved_rate, verdict.comparison.rate) == (48 / 60, 35 / 60)
    shown = judged.command("show", "test_helpful")
    shown.stdout.fnmatch_lines(["  assistant good, 60 cases, 80% pass, corrected for the errors of helpful"])
    judged.command("approve", "assistant=worse", "--force", "--reason=it is cheaper")
    points = "*-21.7 points since good, 80% → 58.3%, corrected for the errors of helpful"
    judged.command("history").stdout.fnmatch_lines([points])


def test_a_judge_that_errs_otherwise_on_the_new_answers_is_found_out_by_some_of_their_labels(judged):
    judged.test(CHECK.replace("range(60)", "range(100)"))
    more = {"good": (0.9, "wrong"), "worse": (0.5, "smooth")}
    then, now = (list(answers(*kind, range(100))) for kind in more.values())
    label(judged, OTHERS, then[:80], now[:80])
    judged.model(JUDGED.replace('"worse": (0.6', '"worse": (0.5'))
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    verdict = judged.verdict(run(judged, "worse"))
    dropped = next(one for one in verdict.findings if one.limit == "max_drop")
    assert dropped.status == "failed"
    assert dropped.summary == (
        "corrected 69% with good, 0% now, over the 52 cases that differ (by the judge's word 10 broke, 13 "
        "fixed: a net gain of 3 cases)"
    )
    assert dropped.p_value < 0.01


def test_a_drop_by_the_judges_word_alone_is_inconclusive_where_the_judge_may_err_otherwise(judged):
    judged.test(CHECK.replace("at_least=0.8", "max_drop=0"))
    judged.model(JUDGED.replace('"worse": (0.6', '"worse": (0.83').replace('"smooth": 0.85', '"smooth": 0.1'))
    label(judged, OTHERS, GOOD)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    verdict = judged.verdict(run(judged, "worse"))
    assert verdict.status == "inconclusive"
    assert "the judge may err otherwise on these answers, of which" in verdict.headline
    assert verdict.headline.endswith("a label (30 would tell)")


def test_a_drop_that_no_error_of_the_judge_explains_fails_without_labels_of_the_new_answers(judged):
    judged.test(CHECK.replace("at_least=0.8", "max_drop=0"))
    label(judged, OTHERS)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    assert judged.verdict(run(judged, "bad")).failed


def test_labels_of_other_versions_fill_the_gaps_of_this_one(judged):
    """A version that is nearly always right gives people too few wrong answers to label."""
    right = [pair for pair in GOOD if pair[1].startswith("right")][:40]
    label(judged, OTHERS, right)
    correction = judged.verdict(run(judged, "good")).correction
    assert (correction.yes[1], correction.no[1]) == (40, 60)


def test_labels_of_other_versions_alone_are_reported(judged):
    label(judged, OTHERS)
    note = (
        "only 0 of the 120 labels of helpful are of this version's answers: it is taken to err on these as "
        "on the others"
    )
    assert note in judged.verdict(run(judged, "bad")).notes
    label(judged, OTHERS, list(answers(0.3, "wrong", range(60))))
    assert not any("helpful" in note for note in judged.verdict(run(judged, "bad")).notes)


def findings(verdict):
    return {one.limit: one for one in verdict.findings}


def test_cases_that_regressed_by_the_judges_word_are_inconclusive_until_people_have_seen_them(judged):
    judged.test(CHECK.replace("at_least=0.8", "max_regressed=2"))
    label(judged, OTHERS)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    found = findings(judged.verdict(run(judged, "worse")))["max_regressed"]
    assert found.status == "inconclusive"
    assert found.summary == (
        "4 cases broke, at most 2 allowed; uncorrected for the judge's errors: 25 cases that "
        "differ have an answer without a label"
    )
    label(judged, GOOD, WORSE)
    found = findings(judged.verdict(run(judged, "worse")))["max_regressed"]
    assert found.status == "failed"
    assert found.summary.startswith(
        "people say that 13 broke and 0 were fixed: a net loss of 13 cases (by the judge's word"
    )


def test_regressions_that_people_do_not_see_pass(judged):
    """Both versions are right about the same questions; the judge rates the new wording lower."""
    judged.model(
        JUDGED.replace('"worse": (0.6, "smooth")', '"worse": (0.9, "wrong")').replace(
            '+ " ") + question', '+ " ") + question + "!" * (model_version == "worse")'
        )
    )
    judged.test(CHECK.replace("at_least=0.8", "max_regressed=0, max_drop=59"))
    label(judged, GOOD, [(question, answer + "!") for question, answer in GOOD])
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    verdict = judged.verdict(run(judged, "worse"))
    assert verdict.passed
    assert verdict.comparison.regressed
    assert "people say that 0 broke" in findings(verdict)["max_regressed"].summary


def test_a_slice_that_only_the_judge_sees_fall_is_inconclusive(judged):
    judged.test("""
        CASES = [{"input": f"question {n}", "metadata": {"even": n % 2 == 0}} for n in range(60)]

        @pytest.mark.golden(CASES, slices=["even"], max_slice_drop=0, max_drop=59)
        def test_helpful(assistant, helpful, case):
            assert helpful(question=case.input, answer=assistant(case.input))
    """)
    label(judged, OTHERS)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    found = findings(judged.verdict(run(judged, "bad")))["max_slice_drop"]
    assert found.status == "inconclusive"
    assert found.summary.endswith(
        "uncorrected for the judge's errors: labels show its errors on all cases together, not on one slice"
    )


CORRECTED = "judged 25/60; corrected for the judge's errors 36%, at least 80% required"
UNCORRECTED = "uncorrected for the judge's errors: "
CHECKS = {
    CHECK.replace("helpful(a", "decides(a").replace(
        "at_least=0.8", "at_least=0.8, early_stop=True"
    ): CORRECTED,
    """
@pytest.mark.golden([f"question {n}" for n in range(60)], at_least=0.5)
def test_never_helpful(assistant, helpful, case):
    assert not helpful(question=case.input, answer=assistant(case.input))
""": "judged 35/60; corrected for the judge's errors 64%",
    """
@pytest.mark.golden([f"question {n}" for n in range(20)], at_least=0.99)
def test_calls_twice(assistant, helpful, case):
    answer = assistant(case.input)
    assert helpful(question=case.input, answer=answer) and helpful(question="", answer=answer)
""": UNCORRECTED + "helpful was called 2 times in some cases",
    """
@pytest.mark.golden([f"question {n}" for n in range(20)], at_least=0.99)
def test_decides_with_others(assistant, helpful, case):
    answer = assistant(case.input)
    assert helpful(question=case.input, answer=answer) and not case.input.endswith("3")
""": "helpful alone does not decide the outcome of a case",
    """
@pytest.mark.invariance([f"question {n}" for n in range(40)], under=str.upper)
def test_same(assistant, helpful, case):
    one, two = (assistant(text) for text in (case.input, case.perturbed))
    assert helpful(question="", answer=one) == helpful(question="", answer=two)
""": UNCORRECTED + "labels correct golden checks, and this one is an invariance check",
    """
@pytest.mark.directional([f"question {n}" for n in range(40)], under=str.upper)
def test_better(assistant, helpful, case):
    one, two = (assistant(text) for text in (case.input, case.perturbed))
    assert helpful(question="", answer=one) < helpful(question="", answer=two)
""": UNCORRECTED + "labels correct golden checks, and this one is directional",
    """
from pytest_modelcheck import perturb

@pytest.mark.directional([f"question {n}" for n in range(40)], under=perturb.levels(str.title, str.upper))
def test_rises(assistant, helpful, case, score):
    score(helpful(question="", answer=assistant(case.perturbed)))
""": UNCORRECTED + "labels correct a score, not a series of them",
    """
@pytest.mark.golden([(f"question {n}", True) for n in range(40)], metric="accuracy", at_least=1)
def test_metric(assistant, helpful, case):
    case.record(helpful(question="", answer=assistant(case.input)))
""": UNCORRECTED + "labels correct a pass rate or a mean, and no metric",
}


def test_each_check_says_how_it_is_corrected_or_why_it_is_not(judged):
    judged.test("\n".join(CHECKS))
    label(judged, OTHERS)
    verdicts = list(judged.verdicts(run(judged, "bad")).values())
    for verdict, message in zip(verdicts, CHECKS.values(), strict=True):
        assert message in verdict.headline
        assert verdict.failed or message.startswith("judged 35/60")
    note = "not stopped early: the judge's answers are corrected once all of them are known"
    assert note in verdicts[0].notes


def test_a_judge_that_compares_with_the_approved_answer_is_not_corrected(judged):
    judged.test("""
        @pytest.mark.golden([f"question {n}" for n in range(40)], max_changed=2)
        def test_means_the_same(assistant, helpful, case):
            assert helpful(question=case.approved, answer=assistant(case.input))
    """)
    label(judged, OTHERS)
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.headline.endswith(
        "uncorrected for the judge's errors: labels are about one answer, and it compares two"
    )


def test_answers_that_changed_need_no_correction(judged):
    judged.test(CHECK.replace("at_least=0.8", "max_changed=0, max_drop=59"))
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    assert "uncorrected" not in findings(judged.verdict(run(judged, "bad")))["max_changed"].summary


def test_some_cases_alone_and_a_check_that_stops_early_say_that_nothing_is_corrected(judged):
    label(judged, OTHERS)
    case = judged.verdict(run(judged, "bad")).shown[0].id
    part = judged.verdict(run(judged, "bad", f"--modelcheck-case={case}"))
    assert "only some of its cases were run" in part.headline
    judged.model(JUDGED.replace('labels="labels/helpful.jsonl", ', ""))
    judged.test(CHECK.replace("at_least=0.8", "at_least=0.99, early_stop=True"))
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.stopped is not None
    assert verdict.headline.endswith("uncorrected for the judge's errors: the check was stopped early")


def test_a_new_judge_never_looks_like_a_new_model(judged):
    """It judges the approved answers, too, so that equal answers have equal outcomes."""
    judged.model(JUDGED.replace('"right": 0.95', '"right": {"1": 0.95, "2": 0.2}[model_version]'))
    judged.test(CHECK.replace("at_least=0.8", "max_drop=0, max_regressed=0"))
    run(judged, "good", "--modelcheck-update").assert_outcomes(passed=1)
    result = judged.run("--model-version=good", "--model-version=helpful=2")
    verdict = judged.verdict(result)
    assert verdict.passed
    assert verdict.cases.passed < 30
    assert verdict.comparison.regressed == ()


GRADED = """
@pytest.mark.golden([f"question {n}" for n in range(60)], at_least=0.8)
def test_helpful(assistant, helpful, case, score):
    score(helpful(question=case.input, answer=assistant(case.input)))
"""
SAYS = "says_yes[answer.split()[0]]"
SCORED = JUDGED.replace("answer: chance", "answer: SCALE * (chance").replace(SAYS, f"{SAYS})")


def test_scores_are_corrected_by_how_far_the_judge_is_off(judged):
    judged.model(SCORED.replace("SCALE *", "0.2 + 0.6 *"))
    judged.test(GRADED)
    label(judged, OTHERS, yes=1.0, no=0.0)
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.failed
    assert verdict.headline.startswith(
        "judged 0.45 on average over 60 cases; corrected for the judge's errors"
    )
    assert verdict.graded


def test_a_label_that_the_judge_cannot_answer_is_reported(judged):
    label(judged, OTHERS)
    with (judged.path / "labels/helpful.jsonl").open("a") as file:
        file.write('\n{"input": {"question": "q", "reply": "right"}, "expected": true}\n')
    verdict = judged.verdict(run(judged, "bad"))
    assert "helpful 1 did not answer 1 label (TypeError: " in verdict.headline


def test_labels_of_another_type_than_the_judges_answers_are_reported(judged):
    """Texts "yes" and "no" counted as agreement in one place, and as unknown categories in another."""
    label(judged, OTHERS, yes="yes", no="no")
    run(judged, "good")
    verdict = judged.verdict(run(judged, "bad"))
    assert 'a label says "' in verdict.headline
    assert verdict.headline.endswith("and the judge answers true or false")
    judged.test("""
        @pytest.mark.golden("labels/helpful.jsonl", model="helpful")
        def test_judge(helpful, case):
            assert helpful(**case.input) == case.expected
    """)
    judged.run("--model-version=helpful=1")
    refused = judged.command("judge", "helpful")
    assert refused.ret == 2
    assert "and the judge answers true or false. Correct labels/helpful.jsonl" in refused.stderr.str()


DAMAGED = {
    "two labels of the same answer contradict each other": (
        "*helpful.jsonl:121: {}*",
        lambda text: text + "\n" + text.splitlines()[0].replace("true", "false"),
    ),
    "settle the conflict of the merge first": (
        "*helpful.jsonl:1: not JSON: *; {}*",
        lambda text: "<<<<<<< HEAD\n" + text,
    ),
}


@pytest.mark.parametrize("remedy", DAMAGED)
def test_labels_that_cannot_be_meant_fail_the_check_with_their_lines(judged, remedy):
    message, damage = DAMAGED[remedy]
    label(judged, OTHERS)
    path = judged.path / "labels/helpful.jsonl"
    path.write_text(damage(path.read_text()))
    run(judged, "good").stdout.fnmatch_lines([message.format(remedy)])


def test_labels_without_a_cached_answer_are_reported_offline(judged):
    run(judged, "bad")
    label(judged, OTHERS)
    verdict = judged.verdict(run(judged, "bad", "--modelcheck-offline"))
    assert "helpful 1 did not answer" in verdict.headline


BATCHED = [{"input": [q, a], "expected": a.startswith("right")} for q, a in OTHERS]


# Larger scores may mean that people say no.
FORMS = {
    "a part of an answer": (
        JUDGED.replace(
            "deterministic=True)\ndef h", "deterministic=True, compare_by=lambda a: a['ok'])\ndef h"
        )
        .replace('answer: chance("judge", answer) <', "answer: {'ok': chance(\"judge\", answer) <")
        .replace("says_yes[answer.split()[0]]", "says_yes[answer.split()[0]], 'reason': answer}"),
        CHECK.replace("answer=assistant(case.input))", "answer=assistant(case.input))['ok']"),
        None,
    ),
    "an async check": (
        JUDGED.replace(
            "return lambda question, answer:", "async def judge(question, answer):\n        return"
        )
        + "    return judge\n",
        "@pytest.mark.asyncio"
        + CHECK.replace("\ndef", "\nasync def")
        .replace("helpful(q", "await helpful(q")
        .replace("=a", "=await a"),
        None,
    ),
    "a batch": (
        JUDGED.replace('jsonl", deterministic=True', 'jsonl", deterministic=True, batch=True').replace(
            'return lambda question, answer: chance("judge", answer) < says_yes[answer.split()[0]]',
            'return lambda pairs: [chance("judge", a) < says_yes[a.split()[0]] for _, a in pairs]',
        ),
        CHECK.replace(
            "question=case.input, answer=assistant(case.input)", "[case.input, assistant(case.input)]"
        ),
        BATCHED,
    ),
    "yes and no of a score": (
        SCORED.replace("SCALE", "0.5"),
        CHECK.replace("assistant(case.input))", "assistant(case.input)) >= 0.3"),
        None,
    ),
    # Larger scores may mean that people say no.
    "scores below zero": (
        SCORED.replace("SCALE", "-2"),
        CHECK.replace("assistant(case.input))", "assistant(case.input)) < -1"),
        {"yes": -2, "no": 0},
    ),
}


@pytest.mark.parametrize(("model", "check", "labels"), FORMS.values(), ids=FORMS)
def test_the_judge_is_corrected_too_by(judged, model, check, labels):
    judged.model(model)
    judged.test(check)
    label(judged, OTHERS, **(labels if isinstance(labels, dict) else {}))
    if labels is BATCHED:
        judged.write("labels/helpful.jsonl", "\n".join(map(json.dumps, labels)))
    assert judged.verdict(run(judged, "bad", "-p", "asyncio", "-o", SCOPE)).headline == CORRECTED


NOT_CORRECTED = {
    "with 29 labels": (JUDGED, CHECK, {}, "helpful has 29 labels, 30 are needed"),
    "where no label says no": (
        JUDGED,
        CHECK,
        {"no": True},
        "no label says no, so it is unknown how it judges these",
    ),
    "of a weak judge": (
        JUDGED.replace('"wrong": 0.15', '"wrong": 0.7'),
        CHECK.replace("0.8", "0.99"),
        {},
        "uncorrected for the judge's errors: the judge is too weak: it agrees with",
    ),
    "by a label between what passes and what fails": (
        SCORED.replace("SCALE", "0.5"),
        CHECK.replace("assistant(case.input))", "assistant(case.input)) >= 0.3"),
        {"yes": 0.4},
        "a label says 0.4, which is between what passes and what fails: label true or false",
    ),
    "of a judge that abstains from scores": (
        JUDGED.replace(
            "answer: chance(", 'answer: None if answer.endswith("107") else float(chance('
        ).replace(SAYS, f"{SAYS})"),
        GRADED,
        {},
        "some labels, or the judge's answers to them, are not scores",
    ),
    "of negative scores": (
        SCORED.replace("SCALE", "-1"),
        GRADED.replace("0.8", "-0.2, bounds=(-1, 1)"),
        {},
        "uncorrected for the judge's errors: scores are not the answers of helpful, from 0 to 1",
    ),
}


@pytest.mark.parametrize("name", NOT_CORRECTED)
def test_nothing_is_corrected(judged, name):
    model, check, labels, message = NOT_CORRECTED[name]
    judged.model(model)
    judged.test(check)
    label(judged, OTHERS[:29] if "29" in name else OTHERS, **labels)
    verdict = judged.verdict(run(judged, "bad"))
    assert message in verdict.headline
    assert verdict.inconclusive or name not in ("where no label says no", "of a weak judge")


@pytest.mark.parametrize(("index", "judged_so"), [("", "25/60"), ("len(question) == 12 and ", "0/60")])
def test_a_category_that_no_case_shows_corrects_nothing(judged, index, judged_so):
    """If every case failed, a single further category must pass; of two it is unknown which."""
    judged.model(
        JUDGED.replace("answer: chance(", f'answer: ["rude", "kind"][{index}chance(').replace(
            SAYS, f"{SAYS}]"
        )
    )
    judged.test(CHECK.replace("assistant(case.input))", 'assistant(case.input)) == "kind"'))
    label(judged, OTHERS, yes="kind", no="rude")
    assert judged.verdict(run(judged, "bad")).headline.startswith(f"judged {judged_so}; corrected")
    path = judged.path / "labels/helpful.jsonl"
    path.write_text(path.read_text().replace('"rude"', '"cold"', 1))
    assert judged.verdict(run(judged, "bad")).headline.endswith(
        "a label says cold, and no case shows whether that passes"
    )


def test_a_judge_that_abstains_says_no_unless_the_body_skips(judged):
    judged.model(JUDGED.replace("answer: chance(", 'answer: None if answer.endswith("7") else chance('))
    label(judged, OTHERS)
    verdict = judged.verdict(run(judged, "bad"))
    assert verdict.headline.startswith("judged 23/60; corrected for the judge's errors")
    judged.test(
        CHECK.replace("assert helpful(", "verdict = helpful(")
        + "    if verdict is None:\n        pytest.skip('no verdict')\n    assert verdict\n"
    )
    assert judged.verdict(run(judged, "bad")).headline.startswith("judged 23/54; corrected")
