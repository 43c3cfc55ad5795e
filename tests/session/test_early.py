"""Checks that end as soon as their verdict is known."""

import random
import threading
import time

import pytest

from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import BaselineError, ModelError
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import Status

EARLY = {"early_stop": True}
VARIES = {"definition": {"deterministic": False}}
RUNS = 60


def cases(n, **metadata):
    return [{"id": f"t-{number}", "input": f"question {number}", "metadata": metadata} for number in range(n)]


def grouped(n, each):
    return [
        {"id": f"t-{number}", "input": f"question {number}", "metadata": {"template": f"g{number // each}"}}
        for number in range(n)
    ]


def known(model, case):
    assert model(case.input) == "right"


def scored(model, case):
    give_score(case, model(case.input))


def agree(model, case):
    assert model(case.perturbed) == model(case.input)


def as_approved(model, case):
    assert model(case.input) == case.approved


def wrong_at(*numbers):
    return lambda x: "wrong" if int(x.split()[-1]) in numbers else "right"


def of_rate(rate, seed=0):
    generator = random.Random(seed)
    return lambda x: "right" if generator.random() < rate else "wrong"


def stopped_at(verdict):
    return verdict.stopped is not None and (verdict.stopped.after, verdict.stopped.of)


class TestOfAModelThatDoesNotVary:
    def test_passes_once_the_rest_cannot_change_it(self, project):
        verdict = project.run(wrong_at(), cases(200), known, at_least=0.95, **EARLY)
        assert verdict.passed
        assert stopped_at(verdict) == (190, 200)
        assert verdict.headline == "stopped after 190 of 200 cases: passed (95% is certain)"
        assert verdict.cases.passed == 190
        assert verdict.interval is None

    def test_fails_once_the_rest_cannot_change_it(self, project):
        verdict = project.run(wrong_at(*range(0, 200, 2)), cases(200), known, at_least=0.95, **EARLY)
        assert verdict.failed
        assert verdict.cases.failed == 11
        assert verdict.headline == (
            f"stopped after {verdict.stopped.after} of 200 cases: failed (95% is out of reach)"
        )
        assert verdict.variation == "does not vary: 10 of 10 repeated answers were the same"
        assert verdict.shown
        assert dict(verdict.advice)["run all cases"] == "pytest test_triage.py --modelcheck-no-early-stop"

    def test_asks_for_no_more_than_the_batch_in_which_it_stops(self, project):
        calls = []

        def model(x):
            calls.append(x)
            return "wrong"

        verdict = project.run(model, cases(200), known, at_least=0.95, **EARLY)
        assert stopped_at(verdict) == (11, 200)
        assert len(set(calls)) == 16
        # Three of them ten times in all when it looked bad, seven more before it failed.
        assert verdict.calls.new == len(calls) == 16 + 10 + 7

    def test_with_a_tolerance_a_part_speaks_for_all(self, project):
        options = {"at_least": 0.95, "tolerance": 0.05, **EARLY}
        verdict = project.run(wrong_at(3), cases(200), known, **options)
        assert verdict.passed
        assert verdict.stopped.after < 70
        assert verdict.stopped.why == "rate above 90%, chance of a false pass at most 10%"

    def test_no_verdict_differs_from_that_of_all_cases(self, project):
        """Without a tolerance, nothing is left to chance."""
        stopped = 0
        for seed in range(12):
            model = wrong_at(*random.Random(seed).sample(range(40), seed % 6))
            options = {"at_least": 0.9, "definition": {"deterministic": True}}
            whole = project.run(model, cases(40), known, version=f"1.{seed}", **options)
            early = project.run(model, cases(40), known, version=f"1.{seed}", **options, **EARLY)
            assert early.status is whole.status
            stopped += early.stopped is not None
        assert stopped > 6

    def test_a_declaration_that_does_not_hold_is_an_error(self, project):
        definition = {"deterministic": True}
        with pytest.raises(ModelError, match="declared deterministic=True"):
            project.run(of_rate(0.5), cases(100), known, at_least=0.95, definition=definition, **EARLY)

    def test_every_case_must_pass_by_default(self, project):
        verdict = project.run(wrong_at(*range(0, 200, 3)), cases(200), known, **EARLY)
        assert verdict.failed
        assert verdict.cases.failed == 1
        assert verdict.stopped.why == "100% is out of reach"

    def test_a_check_that_needs_its_last_case_is_judged_as_ever(self, project):
        verdict = project.run(wrong_at(), cases(20), known, **EARLY)
        assert verdict.passed
        assert verdict.stopped is None
        assert verdict.headline == "20/20 cases pass (100%), all required"


class TestOfAModelThatVaries:
    def test_fails_early_without_a_tolerance(self, project):
        verdict = project.run(of_rate(0.6), cases(200), known, at_least=0.95, **VARIES, **EARLY)
        assert verdict.failed
        assert verdict.stopped.after < 60
        assert verdict.stopped.why == "rate below 95%, chance of a false failure at most 1%"

    def test_passes_early_with_a_tolerance(self, project):
        options = {"at_least": 0.95, "tolerance": 0.05, **VARIES, **EARLY}
        verdict = project.run(of_rate(1.0), cases(200), known, **options)
        assert verdict.passed
        assert stopped_at(verdict) == (44, 200)
        assert verdict.stopped.why == "rate above 90%, chance of a false pass at most 10%"

    def test_variation_is_not_tested_until_a_check_fails(self, project):
        options = {"at_least": 0.95, "tolerance": 0.05, **EARLY}
        verdict = project.run(of_rate(1.0), cases(200), known, **options)
        assert (verdict.varies, verdict.calls.new) == (None, 48)
        verdict = project.run(of_rate(0.5), cases(200), known, version="2", **options)
        assert (verdict.failed, verdict.varies) == (True, True)

    def test_scores(self, project):
        options = {"at_least": 0.8, "tolerance": 0.1, **VARIES, **EARLY}
        low = project.run(lambda x: 0.55, cases(200), scored, **options)
        assert low.failed
        assert low.stopped.why == "mean score below 0.8, chance of a false failure at most 1%"
        high = project.run(lambda x: 0.95, cases(200), scored, version="2", **options)
        assert high.passed
        assert high.stopped.why == "mean score above 0.7, chance of a false pass at most 10%"

    def test_scores_that_come_late_are_scores_from_the_beginning(self, project):
        def body(model, case):
            answer = model(case.input)
            assert answer is not None
            give_score(case, answer)

        late = iter([None] * 8 + [1.0] * 200)
        options = {"at_least": 0.5, "tolerance": 0.2, **VARIES, **EARLY}
        verdict = project.run(lambda x: next(late), cases(150), body, **options)
        assert verdict.graded
        assert verdict.passed

    def test_each_of_several_runs_of_a_case_is_part_of_one_observation(self, project):
        options = {"at_least": 0.9, "tolerance": 0.1, "repeats": 3, **VARIES, **EARLY}
        verdict = project.run(of_rate(0.3), cases(200), known, **options)
        assert verdict.failed
        assert verdict.stopped.after < 40
        assert verdict.trials.total == 3 * verdict.stopped.after

    def test_groups_are_run_as_a_whole(self, project):
        options = {"at_least": 0.9, "population": "sample", "cluster": "template", **VARIES, **EARLY}
        verdict = project.run(of_rate(0.1), grouped(200, 5), known, **options)
        assert verdict.failed
        assert verdict.stopped.after % 5 == 0

    def test_invariance_does_not_fail_before_the_noise_of_the_model_was_measured(self, project):
        """A model that changes every fifth answer changes it for every perturbation."""
        shout = as_perturbations([str.upper])
        options = {"kind": "invariance", "perturbations": shout, "at_least": 0.98, "tolerance": 0.02}
        verdict = project.run(of_rate(0.88), cases(60), agree, **options, **VARIES, **EARLY)
        assert not verdict.failed
        assert verdict.stopped is None

    def test_proof_is_not_had_by_being_certain_of_the_rate(self, project):
        options = {"at_least": 0.9, "tolerance": 0.01, "require_proof": True, **VARIES, **EARLY}
        verdict = project.run(of_rate(1.0), cases(20), known, **options)
        assert verdict.status is Status.INCONCLUSIVE
        assert verdict.stopped is None


class TestAgainstTheApprovedVersion:
    @pytest.fixture
    def approved(self, project):
        project.run(wrong_at(0, 1), cases(100), known, definition={"deterministic": True}, at_least=0.9)
        project.approve()
        return project

    def test_a_net_loss_fails(self, approved):
        verdict = approved.run(wrong_at(*range(10, 60)), cases(100), known, version="2", **EARLY)
        assert verdict.failed
        assert verdict.stopped.after < 20
        assert verdict.stopped.why == "worse than 1.0 for certain"
        assert verdict.comparison.removed == 0
        assert verdict.comparison.p_value is None
        assert "approve it" not in dict(verdict.advice)

    def test_all_limits_must_be_decided_before_it_passes(self, approved):
        """0.5 is certain after 50 cases, the drop only near the end."""
        options = {"at_least": 0.5, "max_drop": 0.05, **EARLY}
        verdict = approved.run(wrong_at(0, 1), cases(100), known, version="2", **options)
        assert verdict.passed
        assert [finding.limit for finding in verdict.findings] == ["at_least", "max_drop"]
        assert verdict.stopped.after > 90

    def test_the_paired_rule_passes_with_a_tolerance(self, approved):
        options = {"max_drop": 0.0, "tolerance": 0.1, **VARIES, **EARLY}
        verdict = approved.run(of_rate(1.0), cases(100), known, version="2", **options)
        assert verdict.passed
        assert verdict.stopped.why == "less than 10% lost, chance of a false pass at most 10%"

    def test_changed_answers(self, approved):
        options = {"max_drop": 0.999, "max_changed": 0.05, **EARLY}
        verdict = approved.run(lambda x: f"{x}!", cases(100), known, version="2", **options)
        assert verdict.failed
        assert verdict.stopped.why == "more than 5% changed for certain"
        assert stopped_at(verdict) == (6, 100)

    def test_a_number_of_cases_is_counted(self, approved):
        options = {"max_drop": 0.999, "max_regressed": 3, **EARLY}
        verdict = approved.run(wrong_at(*range(100)), cases(100), known, version="2", **options)
        assert verdict.stopped.why == "more than 3 broke for certain"
        assert len(verdict.comparison.regressed) == 4

    def test_a_body_that_compares_with_the_approved_answer(self, project):
        definition = {"deterministic": True}
        project.run(wrong_at(), cases(50), as_approved, definition=definition)
        project.approve()
        verdict = project.run(
            wrong_at(*range(50)), cases(50), as_approved, version="2", definition=definition, **EARLY
        )
        assert verdict.failed
        assert stopped_at(verdict) == (1, 50)

    def test_without_an_approval_every_case_is_run_so_that_it_can_be_approved(self, project):
        verdict = project.run(wrong_at(), cases(30), as_approved, **EARLY)
        assert verdict.headline == "no approved baseline yet: 30 of 30 cases are new"
        assert verdict.cases.new == 30

    def test_cases_that_are_gone_count_as_they_do_without_stopping(self, approved):
        found = approved.run(wrong_at(*range(10, 60)), cases(60), known, version="2", at_least=0.9, **EARLY)
        assert "only 60/100 approved cases can still be compared" in found.headline
        assert found.headline.startswith("stopped after ")

    def test_an_edited_test_judges_the_approved_answers_first(self, approved):
        def today(model, case):
            assert model(case.input) == "wrong"

        options = {"edition": "2", "at_least": 0.0, "definition": {"deterministic": True}, **EARLY}
        verdict = approved.run(wrong_at(0, 1), cases(100), today, version="2", **options)
        assert verdict.passed
        assert verdict.comparison.replayed == 100
        assert not verdict.comparison.regressed


class TestWhatIsLeftBehind:
    def test_a_stopped_check_is_no_baseline(self, project):
        project.run(wrong_at(), cases(200), known, at_least=0.5, **EARLY)
        run_options = {"baseline": "1.0"}
        with pytest.raises(BaselineError, match=r"triage 1.0 was stopped after 100 of 200 cases.*Run all"):
            project.run(wrong_at(), cases(200), known, version="2", run_options=run_options)

    @pytest.mark.parametrize("run_options", [{"update": True}, {"every_case": True}])
    def test_an_approving_run_and_a_full_run_run_every_case(self, project, run_options):
        verdict = project.run(wrong_at(), cases(200), known, at_least=0.5, run_options=run_options, **EARLY)
        assert verdict.stopped is None
        assert verdict.cases.passed == 200

    def test_part_of_a_check_is_run_as_a_whole(self, project):
        verdict = project.run(wrong_at(), cases(200), known, at_least=0.5, partial=True, **EARLY)
        assert verdict.cases.passed == 200

    def test_the_answers_of_a_stopped_check_are_cached(self, project):
        options = {"at_least": 0.5, "definition": {"deterministic": True}}
        project.run(wrong_at(), cases(100), known, **options, **EARLY)
        verdict = project.run(wrong_at(), cases(100), known, **options)
        assert (verdict.calls.new, verdict.calls.cached) == (44, 56)


class TestErrors:
    def test_an_error_stops_the_check(self, project):
        def broken(x):
            raise KeyError(x)

        verdict = project.run(broken, cases(100), known, at_least=0.5, **EARLY)
        assert verdict.failed
        assert verdict.headline.startswith("stopped after 1 of 100 cases: 1/1 cases raised an error")

    def test_cases_after_the_deciding_one_do_not_count(self, project):
        """The case may or may not be under way already."""
        order = []

        def model(x):
            order.append(x)
            if len(order) > 4:
                raise KeyError(x)
            return "right"

        verdict = project.run(model, cases(6), known, at_least=0.5, **EARLY)
        assert verdict.passed
        assert (stopped_at(verdict), verdict.cases.error) == ((3, 6), 0)

    def test_cases_that_do_not_apply_are_out_of_the_denominator(self, project):
        known_failures = [{**case, "known_failure": "later"} for case in cases(50)]
        others = [{**case, "id": f"o-{case['id']}"} for case in cases(50)]
        verdict = project.run(wrong_at(), known_failures + others, known, at_least=0.5, **EARLY)
        assert verdict.passed
        assert verdict.cases.passed == 25

    def test_a_check_that_cannot_be_watched_is_run_as_a_whole_and_says_so(self, project):
        options = {"cluster": "template", "max_changed": 0.5, "at_least": 0.5, **EARLY}
        verdict = project.run(wrong_at(), grouped(40, 4), known, **options)
        assert verdict.stopped is None
        [note] = verdict.notes
        assert note.startswith("not stopped early: max_changed= counts cases, which depend on each other")


class TestOrder:
    def order_of_calls(self, project, rows, **options):
        order = []

        def model(x):
            order.append(x)
            return "right"

        project.run(model, rows, known, at_least=0.5, run_options={"keep": False}, **EARLY, **options)
        return order

    def test_is_the_same_for_every_version_and_any_order_of_the_file(self, project):
        first = self.order_of_calls(project, cases(60))
        assert first == self.order_of_calls(project, cases(60)[::-1], version="2")
        assert first != sorted(first)

    def test_follows_the_seed(self, project):
        assert self.order_of_calls(project, cases(60)) != self.order_of_calls(project, cases(60), seed=1)

    def test_of_the_old_cases_is_not_changed_by_new_ones(self, project):
        before = self.order_of_calls(project, cases(60))
        after = [x for x in self.order_of_calls(project, cases(80)) if x in before]
        assert after == [x for x in before if x in after]


class TestConcurrency:
    @pytest.mark.parametrize("concurrency", [1, 8, 32])
    def test_does_not_change_the_verdict(self, project, concurrency):
        chosen = random.Random(5).sample(range(300), 60)
        definition = {"deterministic": False, "concurrency": concurrency}
        verdict = project.run(
            wrong_at(*chosen), cases(300), known, at_least=0.95, definition=definition, **EARLY
        )
        assert (verdict.failed, stopped_at(verdict)) == (True, (47, 300))

    def test_answers_count_in_the_order_of_submission(self, project):
        """Half of the answers are wrong and fast: they would fail a requirement that is met."""
        wrong = {f"question {number}" for number in range(0, 64, 2)}

        def model(x):
            time.sleep(0 if x in wrong else 0.01)
            return "wrong" if x in wrong else "right"

        options = {"at_least": 0.5, "tolerance": 0.2, "false_fail_rate": 0.2}
        definition = {"deterministic": False, "concurrency": 16}
        fast = project.run(model, cases(64), known, definition=definition, **options, **EARLY)
        even = project.run(
            lambda x: "wrong" if x in wrong else "right",
            cases(64),
            known,
            version="2",
            definition={"deterministic": False},
            **options,
            **EARLY,
        )
        assert (fast.status, stopped_at(fast)) == (even.status, stopped_at(even))

    def test_no_more_calls_are_under_way_than_the_model_takes(self, project):
        under_way, most, lock = [], [], threading.Lock()
        together = threading.Barrier(12)

        def model(x):
            with lock:
                under_way.append(x)
                most.append(len(under_way))
                first = len(most) <= 12
            if first:
                together.wait(20)
            with lock:
                under_way.remove(x)
            return "right"

        definition = {"deterministic": True, "concurrency": 12}
        verdict = project.run(model, cases(100), known, at_least=0.5, definition=definition, **EARLY)
        assert max(most) == 12
        assert verdict.calls.new == 60


class TestPromise:
    def failures(self, project, rate, n, **options):
        found = []
        for seed in range(RUNS):
            run_options = {"keep": False}
            found.append(
                project.run(
                    of_rate(rate, seed),
                    cases(n),
                    known,
                    version=f"1.{seed}",
                    run_options=run_options,
                    **options,
                )
            )
        return found

    @pytest.mark.parametrize("n", [20, 100])
    def test_a_rate_just_met_fails_seldom(self, project, n):
        options = {"at_least": 0.9, "tolerance": 0.1, "false_fail_rate": 0.05, **VARIES, **EARLY}
        failed = sum(verdict.failed for verdict in self.failures(project, 0.9, n, **options))
        assert failed <= RUNS * 0.05 + 3 * (RUNS * 0.05 * 0.95) ** 0.5

    def test_a_rate_far_below_fails_soon(self, project):
        options = {"at_least": 0.95, "tolerance": 0.05, "false_fail_rate": 0.05, **VARIES, **EARLY}
        found = self.failures(project, 0.8, 233, **options)
        assert all(verdict.failed for verdict in found)
        assert sum(verdict.stopped.after for verdict in found) / RUNS < 50

    def test_a_rate_far_above_passes_soon(self, project):
        options = {"at_least": 0.95, "tolerance": 0.05, "false_fail_rate": 0.05, **VARIES, **EARLY}
        found = self.failures(project, 0.99, 233, **options)
        assert sum(verdict.passed for verdict in found) >= RUNS - 2
        assert sum(verdict.stopped.after for verdict in found) / RUNS < 60
