import pytest

from pytest_modelcheck.checks.compare import compare, pairs
from pytest_modelcheck.records import CaseRecord, Outcome, TrialRecord

P, F, S, N = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.NEW


def record(case, outcome, answer=b'"a"', *, digest="i", **options):
    trial = TrialRecord(outcome, ((digest, answer),), **options)
    return CaseRecord(case, digest, None, case, (trial,))


def by_id(*records):
    return {one.id: one for one in records}


def test_regressed_fixed_and_changed():
    now = [record("a", F, b'"x"'), record("b", P, b'"y"'), record("c", P), record("d", P, b'"z"')]
    then = by_id(record("a", P), record("b", F), record("c", P), record("d", P))
    found = compare(now, then, "2.0")
    assert (found.regressed, found.fixed, found.changed) == (("a",), ("b",), ("a", "b", "d"))
    assert (found.shared, found.judged, found.added, found.removed) == (4, 4, 0, 0)
    assert (found.approved_rate, found.rate) == (0.75, 0.75)
    assert found.p_value == 0.75  # one-sided, one of two discordant pairs


def test_a_case_is_the_same_while_its_id_and_its_input_are():
    now = [record("a", F), record("b", F, digest="other"), record("new", F)]
    then = by_id(record("a", P), record("b", P), record("gone", P))
    found = compare(now, then, "2.0")
    assert found.regressed == ("a",)
    assert (found.shared, found.added, found.removed) == (1, 2, 2)


def test_what_was_not_judged_on_both_sides_is_no_pair_but_may_have_changed():
    now = [record("a", S, b'"x"'), record("b", F)]
    then = by_id(record("a", P), record("b", N))
    found = compare(now, then, "2.0")
    assert (found.judged, found.regressed, found.changed) == (0, (), ("a",))
    assert found.rate is None
    assert found.p_value is None


def test_floats_that_differ_in_their_last_bits_are_unchanged():
    now = [record("a", P, b'{"score":0.30000000000000004}')]
    assert compare(now, by_id(record("a", P, b'{"score":0.3}')), "2.0").changed == ()


def test_only_trials_that_both_sides_have_are_compared():
    typos = TrialRecord(P, (("t", b'"a"'),), perturbation="typos")
    casing = TrialRecord(F, (("c", b'"b"'),), perturbation="casing")
    now = [CaseRecord("a", "i", None, "a", (typos, casing))]
    then = by_id(CaseRecord("a", "i", None, "a", (typos,)))
    [pair] = pairs(now, then)
    assert [trial.perturbation for trial in pair.now] == ["typos"]
    assert compare(now, then, "2.0").regressed == ()


def test_runs_of_a_case_that_is_run_more_than_once_count_one_by_one():
    def runs(*outcomes):
        trials = (TrialRecord(one, (("i", b'"a"'),), repeat=number) for number, one in enumerate(outcomes))
        return CaseRecord("a", "i", None, "a", tuple(trials))

    found = compare([runs(P, P, F, P)], by_id(runs(P, F)), "2.0")
    assert (found.rate, found.approved_rate) == (0.75, 0.5)
    assert found.regressed == found.fixed == ()


def test_scores_are_compared_by_their_means():
    now = [record("a", P, score=0.5), record("b", P, score=1.0)]
    then = by_id(record("a", P, score=1.0), record("b", P, score=1.0))
    found = compare(now, then, "2.0")
    assert (found.rate, found.approved_rate) == (pytest.approx(0.75), pytest.approx(1.0))
