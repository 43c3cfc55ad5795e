"""``metric=``: a metric over all cases in place of the pass rate."""

from textwrap import dedent

import pytest

LABELS = ["refund", "bug", "howto"]

MODEL = """
    LABELS = ["refund", "bug", "howto"]

    @model_fixture
    def triage(model_version):
        lost = {"1": 0, "2": 6, "3": 0}[model_version]
        return lambda text: LABELS[(int(text) + (int(text) < lost)) % 3]

    @model_fixture
    def spam(model_version):
        return lambda text: (int(text) % 2) * 0.6 + (int(text) % 5) * 0.1

    @model_fixture
    def coin(model_version):
        import random
        from pathlib import Path

        runs = Path(__file__).with_name("runs.txt")  # each run draws other answers, and every time the same
        runs.write_text((runs.read_text() if runs.exists() else "") + "x")
        dice = random.Random(len(runs.read_text()))
        sure = {"1": 0.9, "2": 0.3}[model_version]
        return lambda text: LABELS[(int(text) + (dice.random() > sure)) % 3]
"""

CASES = """
    import pytest
    CASES = [
        {"id": f"c{n}", "input": str(n), "expected": ["refund", "bug", "howto"][n % 3],
         "metadata": {"language": "en" if n < 24 else "es"}}
        for n in range(30)
    ]
    BINARY = [{"id": f"c{n}", "input": str(n), "expected": ["ham", "spam"][n % 2]} for n in range(30)]
"""

F1 = """
    @pytest.mark.golden(CASES, metric="f1_macro"{more})
    def test_it(triage, case):
        case.record(triage(case.input))
"""


@pytest.fixture
def scored(project):
    def write(test=F1, more=""):
        project.model(MODEL)
        project.test(dedent(CASES) + dedent(test.replace("{more}", more)))

    return write


def test_the_rate_is_the_metric_and_below_its_limit_wrong_labels_and_slices_are_shown(project, scored):
    scored(more=", at_least=0.8")
    verdict = project.verdict(project.run("--model-version=triage=2"))
    assert (verdict.metric, verdict.passed, verdict.rate) == ("f1_macro", True, pytest.approx(0.8))
    scored(more=", at_least=0.9")
    result = project.run("--model-version=triage=2")
    assert project.verdict(result).headline == "f1_macro is 0.8 over 30 cases, at least 0.9 required"
    result.stdout.fnmatch_lines(
        ["*f1_macro*0.8*", "*language=en*0.75 over 24 cases*", "*expected 'refund', got 'bug'*"]
    )


def test_a_fall_against_the_approved_version_fails(project, scored):
    scored()
    project.run("--model-version=triage=1", "--modelcheck-update")
    verdict = project.verdict(project.run("--model-version=triage=2"))
    assert verdict.headline == "f1_macro is 0.8 against 1 of 1 (-0.2), no fall allowed"
    assert (len(verdict.comparison.regressed), verdict.comparison.approved_rate) == (6, 1.0)
    project.command("diff", "triage=2").stdout.fnmatch_lines(["  triage 1 → 2   6 broke, 24 cases the same"])
    assert project.verdict(project.run("--model-version=triage=3")).passed
    scored(more=", max_drop=0.25")
    assert project.verdict(project.run("--model-version=triage=2")).passed


def test_a_limit_may_be_negative_and_a_slice_without_a_metric_says_so(project, scored):
    test = """
        @pytest.mark.golden(BINARY, metric="neg_brier_score", at_least=-0.01)
        def test_brier(spam, case):
            case.record(spam(case.input))

        @pytest.mark.golden(BINARY, metric="roc_auc", at_least=1.0, slices=["expected"])
        def test_auc(spam, case):
            case.record(spam(case.input))
    """
    scored(test)
    result = project.run("--model-version=spam=1", "-vv")
    verdicts = project.verdicts(result)
    brier = verdicts["test_brier"]
    assert brier.rate == pytest.approx(-0.06)
    assert brier.headline == "neg_brier_score is -0.06 over 30 cases, at least -0.01 required"
    assert verdicts["test_auc"].rate == 1.0
    result.stdout.fnmatch_lines(["*expected=ham*n/a over 15 cases*"])


def test_any_function_of_both_lists_will_do_and_repeats_are_averaged(project, scored):
    test = """
        def share(expected, answers):
            return sum(map(str.__eq__, expected, answers)) / len(expected)

        @pytest.mark.golden(CASES, metric=share, at_least=0.0, repeats=3)
        def test_it(triage, case):
            case.record("refund" if case.repeat == 0 else triage(case.input))
    """
    scored(test)
    verdict = project.verdict(project.run("--model-version=triage=1"))
    assert (verdict.metric, verdict.rate) == ("share", pytest.approx((1 / 3 + 1 + 1) / 3))


def test_noise_does_not_fail_it_and_a_fall_does(project, scored):
    scored(F1.replace("triage", "coin").replace("f1_macro", "accuracy"))
    project.run("--model-version=coin=1", "--modelcheck-update")
    same = project.verdict(project.run("--model-version=coin=1", "--modelcheck-cache=refresh"))
    assert not same.failed
    verdict = project.verdict(project.run("--model-version=coin=2"))
    assert verdict.failed
    assert "noise does not explain it (3 runs of all cases)" in verdict.headline
    assert "record different things from run to run" in verdict.variation


@pytest.mark.parametrize(
    ("cases", "more", "few"),
    [("CASES[:5],", "", "5 cases"), ("CASES,", ', cluster="language"', "2 groups of cases")],
)
def test_a_varying_model_with_very_few_cases_or_groups_is_inconclusive(project, scored, cases, more, few):
    """Of models exactly at their limit, 20% failed: bootstrap samples of three cases are too much alike."""
    test = F1.replace("triage", "coin").replace("f1_macro", "accuracy").replace("CASES,", cases)
    scored(test, more=f", at_least=0.8{more}")
    verdict = project.verdict(project.run("--model-version=coin=2"))
    assert verdict.inconclusive
    assert verdict.reveals == f"{few} are too few to tell a fall of accuracy from noise: it takes 10"


def test_an_exception_is_an_error_and_a_failed_assert_leaves_no_case_out(project, scored):
    scored(F1 + "        1 / (int(case.input) - 3)\n", more=", at_least=0.1")
    assert "1/30 cases raised an error" in project.verdict(project.run("--model-version=triage=1")).headline
    scored(F1 + "        assert int(case.input) > 3\n", more=", at_least=0.1")
    verdict = project.verdict(project.run("--model-version=triage=1"))
    assert verdict.headline.startswith("4 bodies failed an assert, and f1_macro would leave their cases out")


def test_an_answer_that_cannot_be_parsed_is_to_be_caught_since_no_exception_is_wrong_here(project, scored):
    scored(F1 + "        int(triage(case.input))\n", more=", at_least=0.1")
    verdict = project.verdict(project.run("--model-version=triage=1"))
    assert [note for note in verdict.notes if "catch ValueError in the body" in note]
    assert not [note for note in verdict.notes if "wrong_if=" in note]


@pytest.mark.parametrize(
    ("line", "did"), [("score(1)", "give a score()"), ("case.approved", "compare with case.approved")]
)
def test_a_body_records_what_the_metric_scores_and_judges_nothing_itself(project, scored, line, did):
    scored(F1.replace("case):", "case, score):") + f"        {line}\n", more=", at_least=0.1")
    message = f"metric=f1_macro scores what case.record() says: its bodies do not {did}"
    assert message in " ".join(project.fails("--model-version=triage=1").stdout.str().split())


def test_a_metric_that_is_undefined_over_all_cases_fails_with_its_reason(project, scored):
    scored(F1.replace("f1_macro", "neg_log_loss"), ", at_least=-1.0")
    headline = project.verdict(project.run("--model-version=triage=1")).headline
    assert headline.startswith(
        "neg_log_loss is undefined over 30 cases: ValueError: could not convert string"
    )


def test_one_case_says_nothing_of_a_metric(project, scored):
    scored(more=", at_least=0.99")
    verdict = project.verdict(project.run("--model-version=triage=2", "--modelcheck-case=c1"))
    assert verdict.passed
    assert verdict.headline == "1 case run; f1_macro is judged when all are"


NO_METRICS = {
    'metric="f1_marco"': "is not a scorer of scikit-learn; did you mean 'f1_macro'?",
    'metric="brier_score"': "did you mean 'neg_brier_score'?",
    "metric=0.5": "write the name of a scorer of scikit-learn, such as f1_macro, or a function",
}
NO_LIMITS = {
    'metric="accuracy", require_proof=True': "require_proof= does not go with metric=",
    'metric="accuracy", max_regressed=3': "max_regressed= does not go with metric=",
    'metric="accuracy", max_regressed=0': "max_regressed= does not go with metric=",
}


@pytest.mark.parametrize("mistakes", [NO_METRICS, NO_LIMITS], ids=["metrics", "limits"])
def test_contradictions_are_refused(project, scored, mistakes):
    source = dedent(CASES)
    for number, marker in enumerate(mistakes):
        check = dedent(F1).replace('metric="f1_macro"{more}', marker)
        source += check.replace("test_it", f"test_{number}")
    scored()
    project.test(source)
    result = project.run("--model-version=triage=1")
    text = " ".join((result.stdout.str() + result.stderr.str()).split())
    assert [message for message in mistakes.values() if message not in text] == []


def test_a_metric_without_a_limit_needs_a_baseline(project, scored):
    scored(F1.replace("f1_macro", "accuracy"))
    headline = project.verdict(project.run("--model-version=triage=1")).headline
    assert headline == "no approved baseline yet: there is nothing to compare 30 cases with"


def test_every_case_must_say_what_is_expected(project):
    project.model(MODEL)
    marked = '["1", "2"], metric="accuracy", at_least=0.5'
    project.golden(marked, "case.record(triage(case.input))")
    result = project.run("--model-version=triage=1")
    assert "does not say what is: add `expected:` to it" in " ".join(result.stdout.str().split())


MASKS = """
    import numpy as np

    def mask(number):
        found = np.zeros((64, 64), dtype=bool)
        found[20:50, 20 + int(number) // 2 : 50] = True
        return found

    @model_fixture
    def segment(model_version):
        def answer(number):
            found = mask(number)
            found[30:40, 30:40] = model_version == "1" or int(number) > 3
            return found

        return answer
"""


def test_a_metric_over_arrays_is_that_of_the_whole_arrays_and_changed_cases_are_shown(project):
    """They were compared as labels, which raised; and by their ``repr``, which leaves out most of them."""
    project.model(dedent(MASKS))
    project.test("""
        from conftest import mask

        def iou(expected, answers):
            return sum((a & b).sum() / (a | b).sum() for a, b in zip(expected, answers)) / len(expected)

        CASES = [{"id": f"m{n}", "input": str(n), "expected": mask(n)} for n in range(20)]

        @pytest.mark.golden(CASES, metric=iou, at_least=0.99)
        def test_masks(segment, case):
            case.record(segment(case.input))
    """)
    project.approve("1")
    result = project.run("--model-version=2")
    verdict = project.verdict(result)
    assert verdict.headline == "iou is 0.977 over 20 cases, at least 0.99 required"
    assert [(one.id, one.note) for one in verdict.shown] == [(f"m{n}", "changed") for n in range(4)]
