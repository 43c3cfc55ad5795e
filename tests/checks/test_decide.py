from dataclasses import replace

import pytest

from pytest_modelcheck.checks.decide import Costs, decide, decide_costs
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.lost import LostSlice
from pytest_modelcheck.checks.observed import Observed
from pytest_modelcheck.checks.protocol import Look, Reason
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import CHANGE, Comparison, Scale, Status, Tally

PASSED, FAILED, INCONCLUSIVE = Status.PASSED, Status.FAILED, Status.INCONCLUSIVE


def comparison(broke=0, fixed=0, changed=0, n=40, **options):
    ids = [str(number) for number in range(1000)]
    return Comparison(
        version="2.0",
        shared=n,
        added=0,
        removed=0,
        judged=n,
        approved_rate=options.get("approved_rate", 1.0),
        rate=options.get("rate", 1.0),
        regressed=tuple(ids[:broke]),
        fixed=tuple(ids[broke : broke + fixed]),
        changed=tuple(ids[:changed]),
    )


def verdict(observed, limits=Limits(), *, varies=False):
    """The worst status, and the line that says why."""
    findings = decide(replace(observed, varies=varies), limits)
    worst = max(findings, key=lambda finding: finding.status.severity)
    return worst.status, worst.summary


def passing(passed, of, **options):
    return Observed(Tally(passed=passed, failed=of - passed), **options)


class TestGuards:
    def test_no_applicable_case_fails(self):
        assert verdict(Observed(Tally(skipped=120))) == (FAILED, "0 of 120 cases were applicable")

    def test_nothing_but_known_failures_fails(self):
        status, line = verdict(Observed(Tally(xfailed=2, skipped=1)))
        assert status is FAILED
        assert "0 of 3 cases could be judged" in line

    def test_nothing_but_new_cases_fails_and_approving_would_settle_it(self):
        [finding] = decide(Observed(Tally(new=5)), Limits())
        assert finding.summary == "no approved baseline yet: 5 of 5 cases are new"
        assert finding.status is FAILED
        assert finding.against_baseline

    def test_an_error_fails_at_any_rate(self):
        observed = Observed(Tally(passed=99, error=1), first_error="NameError: x")
        assert verdict(observed, Limits(at_least=0.5)) == (
            FAILED,
            "1/100 cases raised an error: NameError: x",
        )

    def test_a_baseline_that_lost_its_cases_fails(self):
        observed = passing(10, 10, comparison=comparison(n=10), approved_cases=40)
        status, line = verdict(observed, Limits())
        assert status is FAILED
        assert line.startswith("only 10/40 approved cases can still be compared (25%, at least 80% required)")
        assert verdict(observed, Limits(min_overlap=0.25))[0] is PASSED


class TestWhatIsRequired:
    def test_every_case_must_pass_without_limits_and_approval(self):
        assert passing(1, 1).required_rate(Limits()) == 1.0
        assert verdict(passing(199, 200)) == (FAILED, "199/200 cases pass (99.5%), all required")

    def test_no_rate_once_something_is_approved_or_another_limit_is_given(self):
        assert passing(1, 1, comparison=comparison()).required_rate(Limits()) is None
        assert passing(1, 1).required_rate(Limits(max_changed=3)) is None
        assert passing(1, 1, reads_approved=True).required_rate(Limits()) is None

    def test_at_least_always_counts(self):
        assert passing(1, 1, comparison=comparison()).required_rate(Limits(at_least=0.5)) == 0.5


class TestAModelThatDoesNotVary:
    @pytest.mark.parametrize(("passed", "status"), [(190, PASSED), (189, FAILED)])
    def test_a_rate_is_a_plain_threshold(self, passed, status):
        assert verdict(passing(passed, 200), Limits(at_least=0.95))[0] is status

    @pytest.mark.parametrize(
        ("broke", "fixed", "status"),
        [(0, 0, PASSED), (1, 1, PASSED), (1, 2, PASSED), (1, 0, FAILED), (12, 1, FAILED)],
    )
    def test_nothing_may_be_lost_once_something_is_approved(self, broke, fixed, status):
        observed = passing(40 - broke, 40, comparison=comparison(broke, fixed))
        assert verdict(observed)[0] is status

    @pytest.mark.parametrize(
        ("broke", "fixed", "line"),
        [
            (12, 1, "12 broke, 1 fixed: a net loss of 11 cases, none allowed"),
            (1, 0, "1 broke, 0 fixed: a net loss of 1 case, none allowed"),
            (1, 3, "1 broke, 3 fixed: a net gain of 2 cases"),
            (2, 2, "2 broke, 2 fixed"),
        ],
    )
    def test_the_line_says_what_broke(self, broke, fixed, line):
        observed = passing(40 - broke, 40, comparison=comparison(broke, fixed))
        assert verdict(observed)[1] == line

    @pytest.mark.parametrize(("limit", "status"), [(2, PASSED), (1, FAILED), (0.05, PASSED), (0.04, FAILED)])
    def test_a_drop_may_be_allowed(self, limit, status):
        observed = passing(38, 40, comparison=comparison(3, 1))
        assert verdict(observed, Limits(max_drop=limit))[0] is status

    @pytest.mark.parametrize(("limit", "status"), [(3, PASSED), (2, FAILED), (0.1, PASSED), (0.05, FAILED)])
    def test_answers_that_may_change(self, limit, status):
        observed = passing(40, 40, comparison=comparison(changed=3))
        assert verdict(observed, Limits(max_changed=limit))[0] is status

    @pytest.mark.parametrize(("limit", "status"), [(2, PASSED), (1, FAILED), (0.05, PASSED), (0.04, FAILED)])
    def test_regressions_count_however_many_were_fixed(self, limit, status):
        observed = passing(40, 40, comparison=comparison(2, 5))
        assert verdict(observed, Limits(max_regressed=limit))[0] is status
        assert verdict(observed, Limits(max_regressed=1)) == (
            FAILED,
            "2 cases broke, at most 1 allowed",
        )

    def test_a_body_that_reads_the_approved_answer_is_judged_by_what_changed_alone(self):
        observed = passing(38, 40, comparison=comparison(5, 0, changed=2), reads_approved=True)
        assert verdict(observed, Limits(max_changed=2))[0] is PASSED
        assert verdict(observed, Limits(max_changed=1)) == (
            FAILED,
            "2/40 answers changed (5%), at most 1 allowed",
        )
        assert verdict(observed)[0] is FAILED

    def test_a_body_that_fails_with_the_approved_answers_is_reported(self):
        observed = passing(37, 40, comparison=comparison(changed=2), reads_approved=True)
        status, text = verdict(observed)
        assert status is FAILED
        assert text.startswith(
            "3/40 answers changed (7.5%), none allowed; 1 of these are the approved answers"
        )

    def test_and_it_can_have_no_rate(self):
        with pytest.raises(UsageError, match="max_changed"):
            verdict(passing(38, 40, reads_approved=True), Limits(at_least=0.9))

    def test_a_mean_score(self):
        observed = passing(2, 2, graded=True, means=(0.5, 1.0))
        assert verdict(observed, Limits(at_least=0.75))[0] is PASSED
        assert verdict(observed, Limits(at_least=0.8)) == (
            FAILED,
            "mean score 0.75 over 2 cases, at least 0.8 required",
        )

    def test_a_mean_score_that_stays_has_no_minus(self):
        observed = passing(2, 2, graded=True, means=(0.5, 1.0), drops=(0.0, 0.0), comparison=comparison(n=2))
        summaries = [finding.summary for finding in decide(observed, Limits(max_drop=0))]
        assert "mean score +0 against 2.0, no drop allowed" in summaries

    def test_a_mean_score_that_drops(self):
        observed = passing(2, 2, graded=True, means=(0.5, 1.0), drops=(0.5, 0.0), comparison=comparison(n=2))
        status, line = verdict(observed)
        assert status is FAILED
        assert line == "mean score -0.25 against 2.0, no drop allowed"
        assert verdict(observed, Limits(max_drop=0.25))[0] is PASSED

    def test_the_rounding_of_a_mean_is_no_drop(self):
        observed = passing(
            2, 2, graded=True, means=(0.1, 0.2), drops=(1e-17, 0.0), comparison=comparison(n=2)
        )
        assert verdict(observed)[0] is PASSED


class TestAModelThatVaries:
    """The figures are those of docs/statistics.md."""

    @pytest.mark.parametrize(
        ("passed", "status"), [(38, PASSED), (37, PASSED), (34, INCONCLUSIVE), (33, FAILED)]
    )
    def test_forty_cases_at_95_percent(self, passed, status):
        assert verdict(passing(passed, 40), Limits(at_least=0.95), varies=True)[0] is status

    @pytest.mark.parametrize(("broke", "status"), [(0, PASSED), (6, INCONCLUSIVE), (7, FAILED)])
    def test_six_broken_and_none_fixed_warn_and_seven_fail(self, broke, status):
        observed = passing(40 - broke, 40, comparison=comparison(broke))
        assert verdict(observed, varies=True)[0] is status

    def test_a_drop_within_a_margin_needs_more_to_fail(self):
        assert (
            verdict(passing(90, 100, comparison=comparison(10, n=100)), Limits(max_drop=0.05), varies=True)[0]
            is INCONCLUSIVE
        )
        assert (
            verdict(passing(75, 100, comparison=comparison(25, n=100)), Limits(max_drop=0.05), varies=True)[0]
            is FAILED
        )

    def test_a_perfect_rate_cannot_be_missed_by_chance(self):
        assert verdict(passing(39, 40), varies=True)[0] is FAILED

    def test_a_mean_score(self):
        near, far = (
            passing(20, 20, graded=True, means=(0.9,) * 19 + (0.5,)),
            passing(20, 20, graded=True, means=(0.2,) * 20),
        )
        assert verdict(near, Limits(at_least=0.9), varies=True)[0] is PASSED
        low = passing(20, 20, graded=True, means=(0.9,) * 16 + (0.7,) * 4)
        assert verdict(low, Limits(at_least=0.9), varies=True)[0] is INCONCLUSIVE
        assert verdict(far, Limits(at_least=0.9), varies=True)[0] is FAILED

    def test_a_mean_score_that_drops(self):
        few = passing(5, 5, graded=True, means=(0.5,) * 5, drops=(0.1,) * 5, comparison=comparison(n=5))
        many = passing(30, 30, graded=True, means=(0.5,) * 30, drops=(0.1,) * 30, comparison=comparison(n=30))
        assert verdict(few, varies=True)[0] is INCONCLUSIVE
        assert verdict(many, varies=True)[0] is FAILED

    def test_the_line_says_that_noise_could_explain_it(self):
        assert verdict(passing(35, 40), Limits(at_least=0.95), varies=True)[1].endswith(
            "; noise could explain it"
        )

    def test_or_that_it_does_and_what_would_have_been_seen(self):
        """An unchanged model at its limit misses it in every other run: it is to warn in one of twenty."""
        status, text = verdict(passing(36, 40), Limits(at_least=0.95), varies=True)
        assert status is PASSED
        assert text.endswith("; noise explains it")

    def test_too_few_cases_for_any_failure_never_pass_a_miss(self):
        all_fell = passing(3, 3, graded=True, means=(-0.5,) * 3, signed=True, scale=CHANGE)
        assert verdict(all_fell, Limits(at_least=0.0), varies=True)[0] is INCONCLUSIVE


def deciding(observed, limits=Limits(), *, varies=True):
    """The finding that decides."""
    findings = decide(replace(observed, varies=varies), limits)
    return max(findings, key=lambda finding: finding.status.severity)


class TestWhatACheckCouldHaveSeen:
    @pytest.mark.parametrize("passed", [36, 20])
    def test_forty_cases_at_95_percent(self, passed):
        finding = deciding(passing(passed, 40), Limits(at_least=0.95))
        assert finding.reveals == "40 cases can reliably reveal only rates under 75%"

    def test_a_plain_pass_says_nothing(self):
        assert deciding(passing(40, 40), Limits(at_least=0.95)).reveals is None

    def test_a_model_that_does_not_vary_hides_nothing(self):
        assert deciding(passing(20, 40), Limits(at_least=0.95), varies=False).reveals is None

    def test_too_few_cases_reveal_nothing(self):
        finding = deciding(passing(0, 1), Limits(at_least=0.95))
        assert finding.status is INCONCLUSIVE
        assert finding.reveals == "1 case cannot reveal any rate under 95%"

    def test_the_chance_of_a_tolerance_is_reported(self):
        finding = deciding(passing(36, 40), Limits(at_least=0.95, tolerance=0.1))
        assert finding.reveals.endswith("; a rate of 85% fails with a chance of 39.3%")

    def test_against_a_baseline(self):
        finding = deciding(passing(37, 40, comparison=comparison(3)))
        assert finding.reveals == "40 cases can reliably reveal only drops of more than 33%"
        few = deciding(passing(2, 3, comparison=comparison(1, n=3)))
        assert few.reveals == "3 cases cannot reveal any drop"

    def test_answers_that_changed(self):
        observed = passing(40, 40, comparison=comparison(changed=5))
        finding = deciding(observed, Limits(max_changed=0.05))
        assert finding.reveals == "40 cases can reliably reveal only a share above 25%"

    def test_means(self):
        observed = passing(20, 20, graded=True, means=(0.9,) * 19 + (0.5,))
        assert deciding(observed, Limits(at_least=0.9)).reveals.startswith(
            "20 cases can reliably reveal only means under"
        )


class TestProof:
    LIMITS = Limits(at_least=0.95, tolerance=0.05, require_proof=True)

    def test_a_pass_that_luck_could_explain_is_inconclusive(self):
        finding = deciding(passing(38, 40), self.LIMITS)
        assert finding.status is INCONCLUSIVE
        assert finding.summary.endswith(
            "; met, but not proven: a rate of 90% would show this with a chance of 22.3%"
        )

    def test_a_pass_beyond_doubt_passes(self):
        assert deciding(passing(39, 40), self.LIMITS).status is PASSED

    def test_a_model_that_does_not_vary_needs_none(self):
        assert deciding(passing(38, 40), self.LIMITS, varies=False).status is PASSED

    def test_no_drop(self):
        limits = Limits(max_drop=0, tolerance=0.05, require_proof=True)
        assert deciding(passing(10, 10, comparison=comparison(n=10)), limits).status is INCONCLUSIVE
        assert deciding(passing(90, 90, comparison=comparison(n=90)), limits).status is PASSED

    def test_no_drop_of_scores(self):
        limits = Limits(max_drop=0, tolerance=0.2, require_proof=True)
        few = passing(3, 3, graded=True, means=(0.9,) * 3, drops=(0.0,) * 3, comparison=comparison(n=3))
        many = passing(90, 90, graded=True, means=(0.9,) * 90, drops=(0.0,) * 90, comparison=comparison(n=90))
        assert deciding(few, limits).status is INCONCLUSIVE
        assert deciding(many, limits).status is PASSED

    def test_few_changed_answers(self):
        limits = Limits(max_changed=0, tolerance=0.05, require_proof=True)
        assert deciding(passing(9, 9, comparison=comparison(n=9)), limits).limit == "max_drop"
        findings = decide(passing(90, 90, comparison=comparison(n=90), varies=True), limits)
        assert all(finding.met for finding in findings)


class TestASampleOfOtherCases:
    LIMITS = Limits(at_least=0.95, population="sample")

    def test_a_model_that_does_not_vary_may_have_been_unlucky(self):
        finding = deciding(passing(37, 40), self.LIMITS, varies=False)
        assert finding.status is PASSED
        assert finding.summary.endswith("; the choice of cases explains it")
        finding = deciding(passing(35, 40), self.LIMITS, varies=False)
        assert finding.status is INCONCLUSIVE
        assert finding.summary.endswith("; the choice of cases could explain it")

    def test_but_not_as_unlucky_as_that(self):
        assert deciding(passing(33, 40), self.LIMITS, varies=False).status is FAILED

    def test_groups_are_judged_by_their_means(self):
        observed = passing(30, 40, means=(1.0, 1.0, 0.5), units="groups by template")
        finding = deciding(observed, self.LIMITS, varies=False)
        assert finding.summary.startswith("83.3% on average over 3 groups by template, at least 95% required")
        assert finding.status is INCONCLUSIVE
        assert finding.reveals == "3 groups by template can reliably reveal only means under about 12%"

    def test_drops_of_groups(self):
        observed = passing(30, 40, means=(0.75,) * 4, drops=(0.25,) * 4, comparison=comparison(10))
        finding = deciding(observed, Limits(population="sample"), varies=False)
        assert finding.summary.startswith("pass rate -25 points against 2.0, no drop allowed")
        # On a scale from -1 to 1, a fifth group that gained all would outweigh them with a weight over 1/5.
        assert finding.status is INCONCLUSIVE
        assert finding.p_value == pytest.approx(0.8**4, abs=0.01)

    def test_drops_of_groups_that_are_the_contract_by_their_signs(self):
        observed = passing(30, 40, means=(0.75,) * 4, drops=(0.25,) * 4, comparison=comparison(10))
        finding = deciding(observed, Limits())
        assert finding.p_value == 1 / 16
        assert finding.reveals == "4 cases cannot reveal any drop"

    def test_most_lose_a_little_and_few_may_gain_much(self):
        """A mean that is 0 over all inputs looks like that in one sample of twenty cases out of eight."""
        drops = (0.1,) * 20
        observed = passing(20, 20, graded=True, means=(0.8,) * 20, drops=drops, comparison=comparison(n=20))
        finding = deciding(observed, Limits(population="sample"), varies=False)
        assert finding.status is INCONCLUSIVE
        assert finding.p_value > 0.1 > 0.01 > deciding(observed, Limits()).p_value


def test_an_inconclusive_check_may_fail():
    finding = deciding(passing(35, 40), Limits(at_least=0.95, inconclusive="fail"))
    assert finding.status is FAILED
    assert finding.summary.endswith('; noise could explain it (inconclusive="fail")')


def test_a_check_that_rests_on_a_baseline_alone_fails_without_one():
    (finding,) = decide(Observed(Tally(passed=40)), Limits(max_changed=0.02))
    assert (finding.status, finding.against_baseline) == (FAILED, True)
    assert finding.summary == "no approved baseline yet: there is nothing to compare 40 cases with"


class TestWordsOfDrops:
    def drop(self, each, limits=Limits(), **observed):
        drops = each * 20 if isinstance(each, tuple) else (each,) * 40
        observed = passing(
            40, 40, graded=True, means=(60.0,) * 40, drops=drops, comparison=comparison(), **observed
        )
        findings = decide(replace(observed, varies=True), limits)
        return next(finding for finding in findings if finding.limit == "max_drop")

    def test_in_the_unit_of_the_scores(self):
        summary = self.drop(2.25, Limits(max_drop=2.0), scale=Scale(0.0, 100.0)).summary
        assert summary.startswith("mean score -2.25 against 2.0, at most 2 allowed")

    def test_rounding_is_no_drop(self):
        assert self.drop(-1.2e-16).summary == "mean score +0 against 2.0, no drop allowed"

    def test_the_ends_of_the_scale_matter_to_a_bound_alone(self):
        scale = Scale(0.0, 100.0)
        flips = self.drop((2.0, 2.5), scale=scale)
        bound = self.drop((2.0, 2.5), Limits(max_drop=1.0), scale=scale)
        assert flips.reveals == "40 cases can reliably reveal only drops of more than about 0.14"
        assert bound.reveals == "40 cases can reliably reveal only drops of more than about 13"


@pytest.mark.parametrize(
    ("limit", "options"),
    [
        ("slice_regressions", {"lost": LostSlice("language=es", 3, 0, 9, 0, 0.02)}),
        ("max_slice_drop", {"slice_drop": "language=es fell by 3 of 9 cases"}),
    ],
)
def test_an_inconclusive_slice_says_why_it_fails(limit, options):
    look = Look(INCONCLUSIVE, Reason.WEAK, 0.02)
    observed = passing(37, 40, comparison=comparison(3), varies=True, looks={limit: look}, **options)
    found = {
        inconclusive: next(
            one for one in decide(observed, Limits(inconclusive=inconclusive)) if one.limit == limit
        )
        for inconclusive in ("warn", "fail")
    }
    assert found["warn"].status is INCONCLUSIVE
    assert found["fail"].status is FAILED
    assert found["fail"].summary == f'{found["warn"].summary} (inconclusive="fail")'


def latency(slow, fast, **options):
    costs = Costs(slow + fast, tuple([0.1] * fast + [9.0] * slow), (), slow + fast)
    [finding] = decide_costs(costs, Limits(max_latency_p95=1.0, **options))
    return finding


@pytest.mark.parametrize(
    ("slow", "fast", "status"),
    [
        (0, 100, Status.PASSED),
        (5, 95, Status.PASSED),
        (6, 94, Status.PASSED),
        (10, 90, Status.INCONCLUSIVE),
        (20, 80, Status.FAILED),
        (1, 3, Status.PASSED),
        (1, 0, Status.INCONCLUSIVE),
        (4, 0, Status.FAILED),
    ],
)
def test_a_latency_fails_where_luck_cannot_explain_it(slow, fast, status):
    assert latency(slow, fast).status is status


def test_the_p_value_is_that_of_the_binomial_test():
    from scipy.stats import binomtest

    expected = binomtest(20, 100, 0.05, alternative="greater").pvalue
    assert latency(20, 80).p_value == pytest.approx(expected)


def test_a_result_that_luck_could_explain_fails_on_request():
    assert latency(10, 90, inconclusive="fail").status is Status.FAILED


def test_a_cost_is_per_case_for_any_number_of_answers():
    costs = Costs(6, (), (1.0,) * 6, 2)
    [finding] = decide_costs(costs, Limits(max_cost_per_case=2.5))
    assert finding.status is Status.FAILED
    assert finding.summary == "a case costs 3 on average, at most 2.5 allowed"


def test_known_costs_of_some_answers_stand_for_all_and_the_result_says_so():
    [finding] = decide_costs(Costs(4, (), (1.0, 1.0), 4), Limits(max_cost_per_case=1.0))
    assert finding.status is Status.PASSED
    assert "(known of 2 of 4 answers)" in finding.summary


def test_tokens_are_per_case_too():
    [finding] = decide_costs(Costs(4, (), (), 2, (600, 900, 600, 900)), Limits(max_tokens_per_case=1000))
    assert finding.status is Status.FAILED
    assert finding.summary == "a case takes 1,500 tokens on average, at most 1,000 allowed"


@pytest.mark.parametrize("limit", ["max_latency_p95", "max_cost_per_case", "max_tokens_per_case"])
def test_nothing_known_is_never_a_pass(limit):
    costs = Costs(4, (), (), 4)
    [finding] = decide_costs(costs, Limits(**{limit: 1.0}))
    assert finding.status is Status.INCONCLUSIVE
    [finding] = decide_costs(costs, Limits(**{limit: 1.0}, inconclusive="fail"))
    assert finding.status is Status.FAILED


def test_no_limit_no_finding():
    assert decide_costs(Costs(1, (1.0,), (1.0,), 1), Limits()) == []
