import pytest

from pytest_modelcheck.checks.compare import compare, pair_of, pairs, shares_of, with_same
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

P, F, S, N = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.NEW


def record(case, outcome, answer=b'"a"', *, digest="i", **options):
    trial = TrialResult(outcome, ((digest, answer),), **options)
    return CaseResult(case, digest, None, case, (trial,))


def by_id(*records):
    return {one.id: one for one in records}


def compared(current, approved, graded=False):
    paired = [pair_of(case, approved.get(case.id)) for case in current]
    return compare(paired, "2.0", current=len(current), approved=len(approved), graded=graded)


def test_regressed_fixed_and_changed():
    current = [record("a", F, b'"x"'), record("b", P, b'"y"'), record("c", P), record("d", P, b'"z"')]
    approved = by_id(record("a", P), record("b", F), record("c", P), record("d", P))
    found = compared(current, approved)
    assert (found.regressed, found.fixed, found.changed) == (("a",), ("b",), ("a", "b", "d"))
    assert (found.shared, found.judged, found.added, found.removed) == (4, 4, 0, 0)
    assert (found.approved_rate, found.rate) == (0.75, 0.75)
    assert found.p_value == 0.75  # one-sided, one of two discordant pairs


def runs(*outcomes):
    trials = (TrialResult(one, (("i", b'"a"'),), repeat=number) for number, one in enumerate(outcomes))
    return CaseResult("a", "i", None, "a", tuple(trials))


@pytest.mark.parametrize(
    ("approved", "current", "change"),
    [
        ([P, F, P], [P], None),
        ([F, P, P], [P, P, P], None),
        ([F, F, F], [P], "fixed"),
        ([F, F, F], [P, P, F], None),
        ([P, P, P], [P, F, F], "regressed"),
        ([P, F, P], [F], None),
    ],
)
def test_a_case_that_passed_in_some_approved_runs_cannot_have_been_fixed(approved, current, change):
    [pair] = pairs([runs(*current)], by_id(runs(*approved)))
    assert pair.turned == change


def test_a_case_is_the_same_while_its_id_and_its_input_are():
    current = [record("a", F), record("b", F, digest="other"), record("new", F)]
    approved = by_id(record("a", P), record("b", P), record("gone", P))
    found = compared(current, approved)
    assert found.regressed == ("a",)
    assert (found.shared, found.added, found.removed) == (1, 2, 2)


def test_a_case_that_was_not_judged_on_both_sides_is_no_pair_but_may_have_changed():
    current = [record("a", S, b'"x"'), record("b", F)]
    approved = by_id(record("a", P), record("b", N))
    found = compared(current, approved)
    assert (found.judged, found.regressed, found.changed) == (0, (), ("a",))
    assert found.rate is None
    assert found.p_value is None


def test_floats_that_differ_in_their_last_bits_are_unchanged():
    current = [record("a", P, b'{"score":0.30000000000000004}')]
    assert compared(current, by_id(record("a", P, b'{"score":0.3}'))).changed == ()


def test_only_trials_that_both_sides_have_are_compared():
    typos = TrialResult(P, (("t", b'"a"'),), perturbation="typos")
    casing = TrialResult(F, (("c", b'"b"'),), perturbation="casing")
    current = [CaseResult("a", "i", None, "a", (typos, casing))]
    approved = by_id(CaseResult("a", "i", None, "a", (typos,)))
    [pair] = pairs(current, approved)
    assert [trial.perturbation for trial in pair.current] == ["typos"]
    assert compared(current, approved).regressed == ()


def test_runs_of_a_case_that_is_run_more_than_once_count_one_by_one():
    found = compared([runs(P, P, F, P)], by_id(runs(P, F)))
    assert (found.rate, found.approved_rate) == (0.75, 0.5)
    assert found.regressed == found.fixed == ()


def test_scores_are_compared_by_their_means():
    current = [record("a", P, score=0.5), record("b", P, score=1.0)]
    approved = by_id(record("a", P, score=1.0), record("b", P, score=1.0))
    found = compared(current, approved, graded=True)
    assert (found.rate, found.approved_rate) == (pytest.approx(0.75), pytest.approx(1.0))


def test_cases_that_are_the_same_are_only_counted():
    current = [record("a", F), record("new", P)]
    approved = by_id(record("a", P), *(record(str(number), P) for number in range(9)))
    found = with_same(compared(current, approved), passed=6, failed=2, others=1)
    assert (found.shared, found.judged, found.added, found.removed) == (10, 9, -8, 0)
    assert (found.approved_rate, found.rate) == (7 / 9, 6 / 9)


def test_single_runs_are_counted_against_what_was_approved():
    def case(*outcomes):
        trials = (TrialResult(one, (("i", answer),), repeat=n) for n, (one, answer) in enumerate(outcomes))
        return CaseResult("a", "i", None, "a", tuple(trials))

    steady = pair_of(case((P, b"1"), (F, b"2")), case((P, b"1")))
    known = pair_of(case((F, b"1"), (F, b"1")), case((F, b"1"), (P, b"2")))
    shares = shares_of(steady).plus(shares_of(known))
    assert shares.regressed == (1, 4)
    assert shares.changed == (2, 4)
