import itertools
import random
from collections import Counter

import pytest

from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import BaselineError, ModelError, UsageError
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import Status

CASES = [
    {"id": f"t-{number}", "input": text, "expected": label, "metadata": {"language": language}}
    for number, (text, label, language) in enumerate(
        [
            ("I want a refund", "refund", "en"),
            ("Quiero un reembolso", "refund", "es"),
            ("Where is my parcel?", "shipping", "en"),
            ("Mi paquete no llega", "shipping", "es"),
        ]
    )
]


def right(x):
    return "refund" if "refund" in x.lower() or "reembolso" in x else "shipping"


def quietly_broken(x):
    return "refund" if "refund" in x else "shipping"


def known(model, case):
    assert model(case.input) == case.expected


def same_as_approved(model, case):
    assert model(case.input) == case.approved


class Counting:
    def __init__(self, function):
        self.function = function
        self.calls = []

    def __call__(self, x):
        self.calls.append(x)
        return self.function(x)


def test_a_check_that_passes(project):
    verdict = project.run(right, CASES, known)
    assert verdict.status is Status.PASSED
    assert (verdict.rate, verdict.cases.passed, verdict.approved_version) == (1.0, 4, None)
    assert verdict.varies is None
    assert (verdict.calls.new, verdict.calls.cached) == (4, 0)


def test_a_second_run_calls_nothing_and_another_version_is_called_again(project):
    project.run(right, CASES, known)
    model = Counting(right)
    verdict = project.run(model, CASES, known)
    assert model.calls == []
    assert (verdict.calls.new, verdict.calls.cached) == (0, 4)
    project.run(model, CASES, known, version="2.0")
    assert len(model.calls) == 4


def test_a_model_without_a_version_is_called_in_each_run_and_leaves_no_candidate(project):
    project.run(right, CASES, known, version=None)
    model = Counting(right)
    verdict = project.run(model, CASES, known, version=None)
    assert len(model.calls) == 4
    assert not (project.folder / "cache").exists()
    assert verdict.version is None


def test_a_failure_tells_where_and_offers_to_run_one_case(project):
    verdict = project.run(quietly_broken, CASES, known)
    assert verdict.headline == "3/4 cases pass (75%), all required"
    assert {group.name for group in verdict.slices[:2]} == {"language=es", "expected=refund"}
    [shown] = verdict.shown
    assert (shown.id, shown.expected, shown.got) == ("t-1", "'refund'", "'shipping'")
    assert dict(verdict.advice)["reproduce one"] == "pytest test_triage.py --modelcheck-case=t-1"
    assert "approve it" not in dict(verdict.advice)


def test_a_regression_against_the_approved_version(project):
    project.run(right, CASES, known)
    project.approve()
    verdict = project.run(quietly_broken, CASES, known, version="2.0")
    assert verdict.headline == "1 broke, 0 fixed: a net loss of 1 case, none allowed"
    assert verdict.approved_version == "1.0"
    assert verdict.comparison.regressed == ("t-1",)
    assert verdict.variation == "does not vary: 17 runs of 4 cases, each case always the same"
    assert dict(verdict.advice)["case by case"] == "modelcheck review 2.0"
    assert "approve it" not in dict(verdict.advice)


def test_a_case_that_one_wrong_answer_refutes_is_not_run_again(project):
    model = Counting(quietly_broken)
    verdict = project.run(model, CASES, known, definition={"deterministic": False})
    assert verdict.failed
    assert len(model.calls) == 4


def test_variation_of_the_model_is_reported_for_such_a_miss_cache_cold_or_warm(project):
    model = Counting(quietly_broken)
    verdict = project.run(model, CASES, known)
    assert len(model.calls) == 4 + 10
    assert verdict.variation == "does not vary: 10 of 10 repeated answers were the same"
    warm = project.run(model, CASES, known)
    assert len(model.calls) == 4 + 10
    assert (warm.status, warm.findings, warm.shown) == (verdict.status, verdict.findings, verdict.shown)


def test_a_regression_runs_again_in_two_sets_and_five_probes(project):
    project.run(right, CASES, known)
    project.approve()
    model = Counting(quietly_broken)
    project.run(model, CASES, known, version="2.0")
    assert len(model.calls) == 3 * 4 + 5
    [broke] = [case["input"] for case in CASES if case["id"] == "t-1"]
    assert Counter(model.calls)[broke] == 3 + 5


def test_further_runs_are_cached_and_give_the_same_verdict(project):
    project.run(right, CASES, known)
    project.approve()
    cold = project.run(quietly_broken, CASES, known, version="2.0")
    model = Counting(quietly_broken)
    warm = project.run(model, CASES, known, version="2.0")
    assert model.calls == []
    assert (warm.varies, warm.findings) == (False, cold.findings)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"repeats": 3},
        {"perturbations": as_perturbations([str.upper])},
        {"perturbations": as_perturbations([str.upper]), "repeats": 3},
    ],
    ids=["once", "repeats", "variants", "variants and repeats"],
)
def test_cases_that_fail_in_all_runs_are_read_before_one_that_passes_in_some(project, options):
    cases = [{"id": f"t-{n:02}", "input": f"text {n}", "expected": "refund"} for n in range(20)]

    def body(model, case):
        answer = model(case.perturbed if "perturbations" in options else case.input)
        assert answer == case.expected

    project.run(lambda x: "refund", cases, body, **options)
    project.approve()
    calls = Counter()

    def wrong_for_some(x):
        calls[x] += 1
        number = int(x.split()[1])
        return "shipping" if number in range(1, 9) or (number == 0 and calls[x] == 1) else "refund"

    verdict = project.run(wrong_for_some, cases, body, version="2.0", at_least=0.9, **options)
    assert verdict.failed
    assert [case.id for case in verdict.shown] == ["t-01", "t-02", "t-03", "t-04", "t-05"]
    assert [case.id for case in verdict.flaky] == ["t-00"]


class TestEditedTests:
    def test_an_edited_body_is_not_a_changed_model(self, project):
        project.run(right, CASES, known)
        project.approve()

        def stricter(model, case):
            assert model(case.input) == case.expected
            assert len(case.input) < 16

        verdict = project.run(right, CASES, stricter, edition="2", at_least=0.0)
        assert verdict.comparison.regressed == ()
        assert verdict.comparison.replayed == 4
        assert verdict.comparison.approved_rate == 0.25
        assert verdict.status is Status.PASSED

    def test_nor_is_an_edited_expectation(self, project):
        project.run(right, CASES, known)
        project.approve()
        edited = [{**CASES[0], "expected": "billing"}, *CASES[1:]]
        verdict = project.run(right, edited, known, at_least=0.0)
        assert verdict.comparison.regressed == ()
        assert verdict.comparison.replayed == 1

    def test_each_approved_run_is_replayed_with_its_own_answers_to_a_call_made_twice(self, project):
        numbers = itertools.count()
        varying = {"definition": {"deterministic": False}, "repeats": 2, "at_least": 0.0}

        def follow(model, case):
            first, second = model(case.input), model(case.input)
            assert second == first + 1

        project.run(lambda x: next(numbers), CASES, follow, **varying)
        project.approve()
        verdict = project.run(lambda x: next(numbers), CASES, follow, edition="2", **varying)
        assert (verdict.comparison.replayed, verdict.comparison.approved_rate) == (4, 1.0)

    def test_a_changed_model_is_seen_through_an_edited_body(self, project):
        project.run(right, CASES, known)
        project.approve()

        def rewritten(model, case):
            answer = model(case.input)
            assert answer == case.expected

        verdict = project.run(quietly_broken, CASES, rewritten, version="2.0", edition="2")
        assert verdict.comparison.regressed == ("t-1",)

    def test_a_body_that_asks_something_else_cannot_be_replayed_and_says_so(self, project):
        project.run(right, CASES, known)
        project.approve()

        def louder(model, case):
            assert model(case.input.upper()) == model(case.input)

        verdict = project.run(right, CASES, louder, edition="2", at_least=0.0)
        assert verdict.failed
        assert verdict.headline.startswith(
            "only 0/4 approved cases can still be compared (0%, at least 80% required)"
        )


class TestApprovedAnswers:
    def test_nothing_approved_yet_fails_and_says_what_to_do(self, project):
        verdict = project.run(right, CASES, same_as_approved)
        assert verdict.headline == "no approved baseline yet: 4 of 4 cases are new"
        assert dict(verdict.advice)["approve it"] == "modelcheck approve 1.0"

    def test_a_run_that_updates_records_and_passes(self, project):
        verdict = project.run(right, CASES, same_as_approved, run_options={"update": True})
        assert verdict.status is Status.PASSED
        project.approve()
        verdict = project.run(quietly_broken, CASES, same_as_approved, version="2.0", max_changed=1)
        assert verdict.status is Status.PASSED
        verdict = project.run(quietly_broken, CASES, same_as_approved, version="2.0")
        assert verdict.headline == "1/4 answers changed (25%), none allowed"
        assert verdict.shown[0].note == "changed"

    def test_a_run_that_updates_is_still_held_to_its_rate(self, project):
        verdict = project.run(quietly_broken, CASES, known, run_options={"update": True}, at_least=0.9)
        assert verdict.failed

    def test_new_cases_among_approved_ones_are_left_out(self, project):
        project.run(right, CASES[:3], same_as_approved, run_options={"update": True})
        project.approve()
        verdict = project.run(right, CASES, same_as_approved)
        assert verdict.status is Status.PASSED
        assert (verdict.cases.passed, verdict.cases.new) == (3, 1)


class TestComparingWithAnotherVersion:
    def test_one_that_was_only_run(self, project):
        project.run(right, CASES, known, version="1.4")
        verdict = project.run(quietly_broken, CASES, known, version="2.0", run_options={"baseline": "1.4"})
        assert verdict.comparison.version == "1.4"
        assert verdict.failed

    def test_an_unknown_one(self, project):
        with pytest.raises(BaselineError, match="nothing is stored of triage 0.9"):
            project.run(right, CASES, known, run_options={"baseline": "0.9"})


class TestAModelThatVaries:
    MANY = [{"id": f"c-{number}", "input": f"question {number}", "expected": "right"} for number in range(40)]

    def test_is_found_out_when_it_matters_and_judged_by_statistics(self, project, varying):
        verdict = project.run(TestConfirmation.unlucky(5, 1), self.MANY, known, at_least=0.95)
        assert verdict.varies is True
        assert not verdict.failed
        assert verdict.variation.startswith("varies: ")
        assert verdict.variation.endswith(" of 40 cases pass in some runs only")

    def test_and_fails_where_noise_cannot_explain_it(self, project, varying):
        verdict = project.run(varying(0.6, seed=1), self.MANY, known, at_least=0.95)
        assert verdict.varies is True
        assert verdict.failed

    def test_a_declaration_that_is_contradicted_is_an_error(self, project, varying):
        with pytest.raises(
            ModelError, match=r"conftest.py:1: triage 1.0 is declared deterministic=True, but"
        ):
            project.run(varying(0.6, seed=1), self.MANY, known, definition={"deterministic": True})

    def test_a_declared_variation_is_not_measured(self, project, varying):
        model = Counting(varying(0.9, seed=4))
        verdict = project.run(model, self.MANY, known, definition={"deterministic": False}, at_least=0.95)
        assert len(model.calls) == 40
        assert verdict.variation == "declared deterministic=False"


def test_offline_a_miss_that_takes_more_calls_is_inconclusive(project):
    project.run(right, CASES, known)
    project.approve()
    project.run(quietly_broken, CASES, known, version="2.0", confirm=False)
    offline = project.run(quietly_broken, CASES, known, version="2.0", run_options={"offline": True})
    assert offline.status is Status.INCONCLUSIVE
    assert offline.headline.endswith("noise could explain it, and no more runs were made to tell")
    assert project.run(quietly_broken, CASES, known, version="2.0").failed


def test_errors_are_no_wrong_answers(project):
    def broken(x):
        raise ConnectionError("no route")

    verdict = project.run(broken, CASES, known, at_least=0.0)
    assert verdict.headline == "4/4 cases raised an error: ConnectionError: no route"
    assert verdict.shown[0].note == "error"


def test_perturbations_that_change_nothing_make_no_trials(project):
    def same(model, case):
        assert model(case.perturbed) == model(case.input)

    nothing = as_perturbations([lambda x: x])
    verdict = project.run(right, CASES, same, kind="invariance", perturbations=nothing)
    assert verdict.headline == "0 of 4 cases were applicable"
    shout = as_perturbations([str.upper])
    verdict = project.run(right, CASES, same, kind="invariance", perturbations=shout, at_least=0.5)
    assert verdict.perturbations[0].name == "upper"
    assert (verdict.cases.passed, verdict.cases.failed) == (3, 1)
    assert (verdict.shown[0].base_answer, verdict.shown[0].got) == ("'refund'", "'shipping'")


def test_part_of_a_check_is_not_saved(project):
    project.run(right, CASES[:1], known, partial=True)
    assert not (project.folder / "cache" / "candidates").exists()


class TestRepeats:
    MANY = TestAModelThatVaries.MANY

    def test_the_rate_is_over_all_runs(self, project, varying):
        verdict = project.run(varying(0.9, seed=4), self.MANY, known, at_least=0.95, repeats=5, confirm=False)
        passed = verdict.trials.passed
        assert verdict.headline.startswith(f"{passed}/200 runs of 40 cases pass (")
        assert (verdict.rate, verdict.trials.judged) == (passed / 200, 200)
        assert verdict.interval.low < verdict.rate < verdict.interval.high < 1
        assert verdict.reveals == "200 runs can reliably reveal only rates under 88%"
        # Cases that pass in some runs only are listed.
        assert len(verdict.flaky) == 40 - verdict.cases.passed
        assert sum(5 - case.passed for case in verdict.flaky) == verdict.trials.failed
        assert all(0 < case.passed < 5 == case.runs for case in verdict.flaky)

    def test_runs_tell_whether_the_model_varies_without_asking_again(self, project, varying):
        model = Counting(varying(0.9, seed=4))
        verdict = project.run(model, self.MANY, known, at_least=0.95, repeats=2, confirm=False)
        assert len(model.calls) == 80
        assert verdict.varies is True
        still = project.run(lambda x: "wrong", self.MANY, known, at_least=0.95, repeats=2, version="2.0")
        assert (still.varies, still.failed) == (False, True)

    def test_a_declaration_that_the_runs_contradict_is_an_error(self, project, varying):
        with pytest.raises(ModelError, match="declared deterministic=True"):
            project.run(varying(0.6, seed=1), self.MANY, known, definition={"deterministic": True}, repeats=2)

    @pytest.mark.parametrize(("repeats", "expected"), [(2, [(0, 1), (2, 3)]), (1, [(0, 0)])])
    def test_equal_calls_of_a_body_share_an_answer_only_without_repeats(self, project, repeats, expected):
        """Cached answers would repeat themselves, and the noise of the model be measured as none."""
        answers = iter(range(100))
        heard = []

        def twice(model, case):
            heard.append((model(case.input), model(case.input)))

        for _ in range(2):
            project.run(lambda x: next(answers), self.MANY[:1], twice, repeats=repeats)
        assert heard == expected * 2

    def test_runs_are_exchanged_within_cases_against_a_baseline(self, project, varying):
        project.run(varying(0.97, seed=1), self.MANY, known, repeats=5)
        project.approve()
        same = project.run(varying(0.97, seed=2), self.MANY, known, repeats=5, version="1.1")
        assert not same.failed
        worse = project.run(varying(0.85, seed=3), self.MANY, known, repeats=5, version="2.0")
        assert worse.failed
        assert worse.headline.startswith("pass rate -")
        assert worse.findings[0].p_value < 0.01

    def test_a_baseline_of_one_run_is_compared_with_all_runs_of_today(self, project, varying):
        project.run(varying(1.0), self.MANY, known)
        project.approve()
        verdict = project.run(varying(0.7, seed=3), self.MANY, known, repeats=3, version="2.0")
        assert verdict.comparison.shared == 40
        assert verdict.failed
        assert verdict.comparison.approved_rate == 1.0

    def test_an_edited_body_is_replayed_on_the_runs_that_were_approved(self, project, varying):
        project.run(varying(1.0), self.MANY, known, repeats=2)
        project.approve()

        def stricter(model, case):
            assert model(case.input) == "never"

        verdict = project.run(varying(1.0), self.MANY, stricter, repeats=3, edition="2", version="2.0")
        assert verdict.passed
        assert verdict.comparison.replayed == 40

    def test_changed_answers_are_counted_by_run(self, project, varying):
        project.run(varying(1.0), self.MANY, known, repeats=2)
        project.approve()
        verdict = project.run(
            varying(0.8, seed=1),
            self.MANY,
            known,
            repeats=2,
            version="2.0",
            max_changed=0.2,
            at_least=0.1,
            confirm=False,
        )
        line = next(finding.summary for finding in verdict.findings if finding.limit == "max_changed")
        assert line.startswith("14/80 answers changed (17.5%), at most 20% allowed")

    @pytest.mark.parametrize(("score_as", "rate"), [("pass@2", 1.0), ("pass^2", 2 / 3), (None, 5 / 6)])
    def test_attempts_as_scores(self, project, score_as, rate):
        """Every second case passes in two runs of three."""
        calls = Counter()

        def stumbling(x):
            calls[x] += 1
            return "wrong" if calls[x] == 1 and int(x.split()[1]) % 2 else "right"

        verdict = project.run(stumbling, self.MANY, known, repeats=3, score_as=score_as, at_least=0.5)
        assert verdict.rate == pytest.approx(rate)
        assert verdict.passed

    def test_attempts_say_what_they_are(self, project, varying):
        verdict = project.run(
            varying(0.6, seed=4), self.MANY, known, repeats=3, score_as="pass^2", at_least=0.9
        )
        assert verdict.failed
        assert verdict.headline.startswith("pass^2 is ")
        assert "% on average over 40 cases, at least 90% required; noise does not" in verdict.headline

    def test_more_attempts_than_were_approved(self, project, varying):
        project.run(varying(1.0), self.MANY, known)
        project.approve()
        with pytest.raises(UsageError, match="needs 2 runs of each case, and one has 1"):
            project.run(varying(0.9), self.MANY, known, repeats=2, score_as="pass@2", version="2.0")
        update = {"run_options": {"update": True}, "at_least": 0.1}
        project.run(varying(0.9), self.MANY, known, repeats=2, score_as="pass@2", **update)
        project.approve()  # the advice
        assert project.run(varying(0.9), self.MANY, known, repeats=2, score_as="pass@2", version="2.0").passed

    def test_scores_of_the_body_are_no_attempts(self, project):
        def scored(model, case):
            model(case.input)
            give_score(case, 0.5)

        with pytest.raises(UsageError, match="the body gives a score"):
            project.run(right, CASES, scored, repeats=2, score_as="pass@2")


def agree(model, case):
    assert model(case.perturbed) == model(case.input)


def labelling(flips, under=0.0, seed=0):
    """A model that flips its label by itself, and more often where it reads capitals."""
    generator = random.Random(seed)

    def answer(x):
        return "odd" if generator.random() < (flips + under if x.isupper() else flips) else "usual"

    return answer


class TestInvarianceOfAModelThatVaries:
    CASES = [{"id": f"c-{number}", "input": f"question {number}"} for number in range(60)]

    def run(self, project, model, body=agree, cases=CASES, **options):
        shout = as_perturbations([str.upper])
        return project.run(model, cases, body, kind="invariance", perturbations=shout, **options)

    def test_the_noise_of_a_model_does_not_fail_its_invariance(self, project):
        """A limit of changed answers fails it every time."""
        verdict = self.run(project, labelling(0.1, seed=3))
        assert verdict.rate < 0.95
        assert not verdict.failed
        assert verdict.headline.startswith("answers changed in ")
        assert "but the model disagrees with itself on " in verdict.headline

    def test_further_changes_by_the_perturbation_fail_it(self, project):
        verdict = self.run(project, labelling(0.1, under=0.5, seed=3))
        assert verdict.failed
        assert "none allowed; noise does not explain it" in verdict.headline
        assert verdict.reveals.startswith("60 cases can reliably reveal only an excess of more than about ")

    def test_an_allowance_is_held_against_the_bound_of_the_excess(self, project):
        verdict = self.run(project, labelling(0.05, under=0.6, seed=3), at_least=0.95)
        assert verdict.failed
        assert "allowed 5%; noise does not explain it" in verdict.headline
        lenient = self.run(project, labelling(0.05, under=0.6, seed=3), at_least=0.4, version="2.0")
        assert lenient.passed

    def test_three_answers_to_each_input_and_one_to_each_variant(self, project):
        model = Counting(labelling(0.3, seed=3))
        self.run(project, model, definition={"deterministic": False})
        calls = Counter(model.calls)
        assert {calls[case["input"]] for case in self.CASES} == {3}
        assert {calls[case["input"].upper()] for case in self.CASES} == {1}

    def test_the_cache_being_warm_changes_nothing_and_asks_nothing(self, project):
        cold = self.run(project, labelling(0.1, under=0.2, seed=3))
        model = Counting(labelling(0.9))
        warm = self.run(project, model)
        assert model.calls == []
        assert (cold.findings, cold.status) == (warm.findings, warm.status)

    def test_a_check_that_meets_its_limit_costs_nothing_more(self, project):
        model = Counting(labelling(0.0))
        self.run(project, model, definition={"deterministic": False})
        assert len(model.calls) == 120

    def test_a_model_that_does_not_vary_is_judged_by_its_cases(self, project):
        model = Counting(lambda x: x == "QUESTION 0")
        verdict = self.run(project, model)
        assert verdict.headline == "59/60 cases pass (98.3%), all required"
        assert (
            Counter(model.calls)["QUESTION 0"] == 3 + 5
        )  # two fresh sets, and five probes of the failing case

    def test_a_body_that_undoes_the_perturbation_disagrees_as_the_model_does_with_itself(self, project):
        def undone(model, case):
            assert model(case.perturbed.lower()) == model(case.input), model(case.input)

        noisy = labelling(0.3, seed=5)
        verdict = self.run(project, noisy, undone, definition={"deterministic": False})
        assert verdict.passed

    def test_a_body_that_breaks_on_two_base_answers_is_an_error(self, project):
        def fragile(model, case):
            assert model(case.perturbed) == model(case.input)
            if case.perturbed == case.input:
                raise ValueError("nothing was perturbed")

        verdict = self.run(project, labelling(0.3, seed=3), fragile)
        assert verdict.failed
        assert verdict.headline == (
            "the body raised an error on two answers to one input, by which noise is measured: "
            "ValueError: nothing was perturbed"
        )

    def test_many_variants_are_sampled(self, project):
        variants = [f"QUESTION {number}" for number in range(20)]
        cases = [{**case, "variants": variants} for case in self.CASES[:20]]
        model = Counting(labelling(0.2, seed=1))
        verdict = project.run(
            model, cases, agree, kind="invariance", perturbations=(), definition={"deterministic": False}
        )
        assert "excess" in verdict.headline


class TestConfirmation:
    """A check of a model that varies runs again before it fails."""

    MANY = TestAModelThatVaries.MANY

    @staticmethod
    def unlucky(wrong, then_wrong=0):
        """A model that is wrong about so many questions at first, and about others when called again."""
        calls = Counter()

        def answer(x):
            calls[x] += 1
            number = int(x.split()[1])
            lies = (wrong, then_wrong)[calls[x] > 1]
            return f"wrong {calls[x]}" if number < lies else "right"  # in other words: no cache answers

        return answer

    def run(self, project, function, **options):
        model = Counting(function)
        options = {"at_least": 0.95, "definition": {"deterministic": False}, **options}
        return project.run(model, self.MANY, known, **options), len(model.calls)

    def test_bad_luck_is_forgiven(self, project):
        verdict, calls = self.run(project, self.unlucky(5, 1))
        assert calls == 120
        assert verdict.status is Status.PASSED
        assert verdict.headline == (
            "113/120 runs of 40 cases pass (94.2%), at least 95% required; noise explains it"
        )

    def test_weak_evidence_is_inconclusive(self, project):
        verdict, _ = self.run(project, self.unlucky(6, 3))
        assert verdict.status is Status.INCONCLUSIVE
        assert verdict.headline.endswith("noise could explain it (3 runs of all cases)")

    def test_a_first_set_unlike_the_later_ones_is_no_verdict_on_the_model(self, project):
        verdict, _ = self.run(project, self.unlucky(12))
        assert verdict.status is Status.INCONCLUSIVE
        assert "the model was not the same during this run" in verdict.headline

    @pytest.mark.parametrize(("wrong", "passed"), [(7, "99/120"), (6, "102/120")])
    def test_a_repeated_miss_fails_though_it_was_only_suspicious(self, project, wrong, passed):
        """34 of 40 alone do not prove it (p = 0.014), 102 of 120 do."""
        verdict, calls = self.run(project, self.unlucky(wrong, wrong))
        assert (verdict.failed, calls) == (True, 120)
        assert verdict.headline.startswith(f"{passed} runs of 40 cases pass (")
        assert verdict.headline.endswith(
            "at least 95% required; noise does not explain it (3 runs of all cases)"
        )

    def test_an_unsuspicious_miss_is_not_run_again_and_passes(self, project):
        verdict, calls = self.run(project, self.unlucky(4, 4))
        assert (verdict.status, calls) == (Status.PASSED, 40)
        assert verdict.headline.endswith("at least 95% required; noise explains it")

    def test_it_can_be_switched_off(self, project):
        verdict, calls = self.run(project, self.unlucky(7), confirm=False)
        assert (verdict.status, calls) == (Status.INCONCLUSIVE, 40)

    def test_fresh_answers_are_cached_but_earlier_ones_never_used(self, project):
        cold, _ = self.run(project, self.unlucky(7))
        warm, calls = self.run(project, self.unlucky(40, 40))
        assert calls == 0
        assert (warm.findings, warm.status) == (cold.findings, cold.status)

    def test_against_a_baseline_of_one_run(self, project):
        self.run(project, self.unlucky(0))
        project.approve()
        verdict, calls = self.run(
            project, self.unlucky(8, 8), at_least=None, slice_regressions="off", version="2.0"
        )
        assert (verdict.failed, calls) == (True, 120)
        assert verdict.headline.startswith("pass rate -20 points against 1.0, no drop allowed")
        assert verdict.comparison.p_value is None
        lucky, _ = self.run(project, self.unlucky(4), at_least=None, version="3.0")
        assert not lucky.failed

    def test_the_baseline_is_made_of_the_checks_own_runs(self, project):
        self.run(project, self.unlucky(7, 7), at_least=0.95)
        project.approve()
        later, _ = self.run(project, self.unlucky(7, 7), at_least=0.5, version="2.0")
        assert later.comparison.shared == 40
        assert later.findings[-1].summary == "0 broke, 0 fixed"

    def test_a_drop_beyond_a_margin_is_run_again(self, project):
        self.run(project, self.unlucky(0))
        project.approve()
        verdict, calls = self.run(project, self.unlucky(6, 1), at_least=None, max_drop=0.05, version="2.0")
        assert (verdict.failed, calls) == (False, 120)
        verdict, calls = self.run(project, self.unlucky(20, 20), at_least=None, max_drop=0.05, version="3.0")
        assert (verdict.failed, calls) == (True, 120)

    def test_an_invariance_check_is_calibrated_again(self, project):
        cases = TestInvarianceOfAModelThatVaries.CASES
        model = Counting(labelling(0.1, under=0.5, seed=3))
        verdict = project.run(
            model,
            cases,
            agree,
            kind="invariance",
            perturbations=as_perturbations([str.upper]),
            definition={"deterministic": False},
        )
        calls = Counter(model.calls)
        assert verdict.failed
        assert {calls[case["input"]] for case in cases} == {6}
        assert {calls[case["input"].upper()] for case in cases} == {2}
        assert verdict.headline.endswith("none allowed; noise does not explain it (2 runs of all cases)")


class TestTheSuiteAsAWhole:
    MANY = TestAModelThatVaries.MANY

    def test_the_level_is_divided_by_the_number_of_checks_that_are_approved(self, project, varying):
        options = {"at_least": 0.95, "definition": {"deterministic": False}}
        model = TestConfirmation.unlucky(7, 3)
        verdict = project.run(model, self.MANY, known, **options)
        assert verdict.failed
        project.approve()
        suite = {"suite_false_fail_rate": 0.001}
        strict = project.run(model, self.MANY, known, run_options=suite, **options)
        assert strict.status is Status.INCONCLUSIVE
        assert strict.interval.level == 0.999

    @pytest.mark.parametrize(("approve", "rate"), [(True, 0.4), (False, 0.001)])
    def test_it_never_raises_the_level_and_divides_by_approved_checks_only(
        self, project, varying, approve, rate
    ):
        project.run(varying(1.0), self.MANY, known)
        if approve:
            project.approve()
        verdict = project.run(varying(1.0), self.MANY, known, run_options={"suite_false_fail_rate": rate})
        assert verdict.interval.level == 0.99
