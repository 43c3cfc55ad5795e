import pytest

from pytest_modelcheck.baselines import baseline, lines
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.diff import NOTES, Side, answers_differ, diff, differ, shown_answers
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult


@pytest.fixture
def side(tmp_path):
    numbers = iter(range(100))

    def make(version, *records, **header):
        path = tmp_path / f"{next(numbers)}.jsonl"
        head = Header("t.py::test", "golden", "triage", version, **header)
        with Batch() as batch:
            baseline.write(batch, path, head, {one.id: lines.encode(one) for one in records})
        return baseline.read(path)

    return make


@pytest.fixture
def compared(side):
    def make(before, after):
        return diff("t.py::test", "triage", side("2.0", *before), side("2.1", *after))

    return make


@pytest.mark.parametrize(
    ("then", "now", "note"),
    [
        (("passed", "x"), ("failed", "y"), "regressed"),
        (("passed", "x"), ("error", "x"), "error"),
        (("failed", "x"), ("passed", "y"), "fixed"),
        (("error", "x"), ("passed", "x"), "fixed"),
        (("passed", "x"), ("passed", "y"), "changed"),
        (("failed", "x"), ("failed", "y"), "changed"),
        (("passed", "x"), ("skipped", "x"), "changed"),
        (("new", "x"), ("passed", "x"), "changed"),
        (("passed", "x"), ("passed", "x"), None),
        (("passed", 0.1), ("passed", 0.1 + 1e-12), None),
    ],
)
def test_a_case_is_classified_by_its_outcomes_then_by_its_answers(compared, record, then, now, note):
    found = compared([record("a", then[1], then[0])], [record("a", now[1], now[0])])
    assert [case.note for case in found.cases] == ([] if note is None else [note])
    assert found.same == (note is None)


@pytest.mark.parametrize(
    ("then", "now", "note"),
    [
        (["passed", "failed", "passed"], "x", None),
        (["passed", "error", "passed"], "x", None),
        (["passed", "failed", "passed"], "y", "changed"),
        (["failed", "failed", "error"], "x", "fixed"),
    ],
)
def test_a_case_that_passed_in_some_runs_has_not_been_fixed(compared, record, then, now, note):
    runs = [TrialResult(Outcome(one), (("i", b'"x"'),), repeat=n) for n, one in enumerate(then)]
    new = TrialResult(Outcome.PASSED, (("i", f'"{now}"'.encode()),))
    found = compared(*([CaseResult("a", "i", None, "a", tuple(each))] for each in (runs, [new])))
    assert [case.note for case in found.cases] == ([] if note is None else [note])
    assert [case.before.runs for case in found.cases] == [(then.count("passed"), 3)] * len(found.cases)


def test_both_answers_are_shown(compared, record):
    (case,) = compared([record("a", "x")], [record("a", "y", "failed")]).cases
    assert case.before == Side(Outcome.PASSED, b'"x"', runs=(1, 1))
    assert case.after == Side(Outcome.FAILED, b'"y"', runs=(0, 1))
    assert (case.id, case.about) == ("a", "about a")


def test_a_change_of_a_later_answer_is_a_change_and_shown(compared):
    def record(second):
        trial = TrialResult(Outcome.PASSED, (("i", b'"x"'), ("j", second)))
        return CaseResult("a", "i", None, "a", (trial,))

    found = compared([record(b'"y"')], [record(b'"z"')])
    assert [(case.note, case.before.answer, case.after.answer) for case in found.cases] == [
        ("changed", b'"y"', b'"z"')
    ]


def test_added_and_removed_cases_have_one_side(compared, record):
    found = compared([record("a", 1), record("b", 1)], [record("b", 1), record("c", 1)])
    assert [(case.note, case.id, case.before is None, case.after is None) for case in found.cases] == [
        ("added", "c", True, False),
        ("removed", "a", False, True),
    ]
    assert found.same == 1


def test_a_case_whose_input_was_edited_is_not_compared(compared, record):
    found = compared([record("a", "x")], [record("a", "y", "failed", input="other")])
    assert [case.note for case in found.cases] == ["edited"]
    assert found.same == 0


def test_an_edited_expectation_is_named(compared, record):
    old, new = record("a", "x"), record("a", "x", "failed")
    new = CaseResult(new.id, new.digest, "another", new.about, new.trials)
    (case,) = compared([old], [new]).cases
    assert case.note == "edited"  # the model has not changed
    assert case.new_expectation
    other = record("a", "y", "failed")
    (case,) = compared([old], [CaseResult("a", other.digest, "another", other.about, other.trials)]).cases
    assert case.note == "regressed"
    assert case.new_expectation


@pytest.mark.parametrize("body", ["b1", "b2"])
def test_an_edited_test_is_named(side, record, body):
    found = diff("t.py::test", "triage", side("2.0", body="b1"), side("2.1", body=body))
    assert found.new_test is (body == "b2")


def test_cases_are_sorted_by_what_a_reader_wants_first(compared, record):
    outcomes = {
        "error": ("passed", "error"),
        "regressed": ("passed", "failed"),
        "fixed": ("failed", "passed"),
        "changed": ("passed", "passed"),
    }
    before = [record(f"{n}{note}", "x", then) for note, (then, _) in outcomes.items() for n in (2, 1)]
    after = [record(f"{n}{note}", "y", now) for note, (_, now) in outcomes.items() for n in (2, 1)]
    found = compared(before, after).cases
    assert [case.id for case in found] == [f"{n}{note}" for note in NOTES[:4] for n in (1, 2)]


def trials(*outcomes_and_answers):
    made = [
        TrialResult(Outcome(outcome), (("p", answer),), None, "typos", variant, about=f"typo {variant}")
        for variant, (outcome, answer) in enumerate(outcomes_and_answers)
    ]
    return CaseResult("a", "in", None, "about", tuple(made))


def test_the_trial_that_turned_is_shown_of_several(compared):
    before = trials(("passed", b"1"), ("passed", b"1"), ("passed", b"1"))
    after = trials(("passed", b"2"), ("failed", b"3"), ("passed", b"1"))
    (case,) = compared([before], [after]).cases
    assert (case.note, case.perturbation, case.perturbed) == ("regressed", "typos", "typo 1")
    assert (case.after.outcome, case.after.answer) == (Outcome.FAILED, b"3")


def test_the_answer_to_the_unperturbed_input_is_shown_beside_that_to_the_perturbed_one(compared):
    def invariance(outcome, perturbed, base, digest="in"):
        calls = (("p", perturbed), (digest, base))
        return CaseResult("a", "in", None, "about", (TrialResult(Outcome(outcome), calls, None, "typos"),))

    (case,) = compared([invariance("passed", b"1", b"1")], [invariance("failed", b"1", b"2")]).cases
    assert (case.before.unperturbed, case.after.unperturbed) == (b"1", b"2")
    (case,) = compared([invariance("passed", b"1", b"1")], [invariance("failed", b"3", b"2", "other")]).cases
    assert case.after.unperturbed is None


def test_the_trial_that_was_fixed_is_shown_of_several(compared):
    before = trials(("passed", b"1"), ("failed", b"1"), ("passed", b"1"))
    after = trials(("passed", b"2"), ("passed", b"3"), ("passed", b"4"))
    (case,) = compared([before], [after]).cases
    assert (case.note, case.perturbed) == ("fixed", "typo 1")


def test_a_trial_that_stays_broken_is_not_the_one_that_turned(compared):
    before = trials(("error", b"1"), ("passed", b"1"))
    after = trials(("failed", b"2"), ("failed", b"3"))
    assert compared([before], [after]).cases[0].perturbed == "typo 0"
    before = trials(("passed", b"1"), ("failed", b"1"), ("failed", b"1"))
    after = trials(("passed", b"1"), ("skipped", b"2"), ("passed", b"3"))
    assert compared([before], [after]).cases[0].perturbed == "typo 1"


def test_the_cases_of_one_kind_are_picked_out(compared, record):
    found = compared([record("a", 1), record("b", 1)], [record("b", 2), record("c", 1)])
    assert [case.id for case in found.of("changed")] == ["b"]
    assert found.of("fixed") == ()


def test_any_changed_answer_of_several_trials_counts(compared):
    before = trials(("passed", b"1"), ("failed", b"1"))
    after = trials(("passed", b"1"), ("failed", b"2"))
    (case,) = compared([before], [after]).cases
    assert (case.note, case.perturbed) == ("changed", "typo 1")


def test_only_trials_that_both_sides_have_are_compared(compared):
    assert compared([trials(("passed", b"1"))], [trials(("passed", b"1"), ("passed", b"2"))]).cases == ()


def test_a_perturbed_input_that_is_new_did_not_break(compared):
    """A run compares the inputs that both sides have; the diff after it counted all of them."""
    passed, failed = ("passed", b"1"), ("failed", b"2")
    found = compared([trials(passed)], [trials(passed, failed)])
    assert (found.cases, found.same) == ((), 1)
    found = compared([trials(passed, failed)], [trials(passed)])
    assert (found.cases, found.same) == ((), 1)
    (case,) = compared([trials(passed, passed)], [trials(failed, passed, failed)]).cases
    assert (case.note, case.perturbed) == ("regressed", "typo 0")


def test_a_case_with_other_perturbations_is_not_compared(compared):
    old = trials(("passed", b"1"))
    casing = TrialResult(Outcome.FAILED, (("q", b"2"),), None, "casing", about="QUIERO")
    (case,) = compared([old], [CaseResult("a", "in", None, "about", (casing,))]).cases
    assert (case.note, case.perturbed) == ("edited", "QUIERO")


def test_a_case_that_lost_all_its_trials_is_shown(compared):
    (case,) = compared([trials(("passed", b"1"))], [CaseResult("a", "in", None, "about", ())]).cases
    assert (case.note, case.after) == ("changed", Side(Outcome.SKIPPED, None))


@pytest.mark.parametrize("missing", ["before", "after"])
def test_a_check_that_one_side_never_ran_has_no_version_there(side, record, missing):
    known = side("2.0", record("a", 1))
    found = diff("t.py::test", "triage", *((None, known) if missing == "before" else (known, None)))
    assert getattr(found, missing) is None
    assert [case.note for case in found.cases] == ["added" if missing == "before" else "removed"]
    assert found.same == 0


P = Outcome.PASSED
CALLS = [("a", b"1"), ("b", b"2"), ("a", b"3")]


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ([("b", b"2"), ("a", b"1"), ("a", b"3")], False),
        ([("a", b"3"), ("b", b"2"), ("a", b"1")], True),
        ([("a", b"1"), ("c", b"2"), ("a", b"3")], False),
        ([("a", b"1"), ("c", b"4"), ("a", b"3")], True),
        ([("a", b"1"), ("b", b"2")], True),
        ([("c", b"9"), ("a", b"1"), ("b", b"2"), ("a", b"3")], True),
    ],
    ids=("another order", "equal calls in another order", "another call", "another answer", "fewer", "more"),
)
def test_answers_are_compared_call_by_call(now, differs):
    assert answers_differ(CALLS, now) is differs
    trials = [TrialResult(P, tuple(calls)) for calls in (CALLS, now)]
    assert differ(*trials) is differs


def test_only_the_calls_that_a_broken_run_made_are_compared():
    then, broke = TrialResult(P, tuple(CALLS)), TrialResult(Outcome.ERROR, tuple(CALLS[:2]))
    assert not differ(broke, then)
    assert differ(TrialResult(P, tuple(CALLS[:2])), then)


@pytest.mark.parametrize(
    ("now", "then", "shown"),
    [
        ([("a", b"1"), ("b", b"2")], [("a", b"1"), ("b", b"3")], (b"2", b"3")),
        ([("a", b"1"), ("b", b"2")], [("b", b"2"), ("a", b"1")], (b"1", b"2")),
        ([("a", b"1"), ("c", b"4")], [("a", b"1"), ("b", b"2")], (b"4", b"2")),
        ([("a", b"0.3"), ("b", b"2")], [("a", b"0.30000000000000004"), ("b", b"3")], (b"2", b"3")),
        ([("a", b"1")], [], (b"1", None)),
        ([], [], (None, None)),
    ],
)
def test_the_first_differing_answer_of_several_is_shown(now, then, shown):
    trial = TrialResult(P, tuple(now), approved=TrialResult(P, tuple(then)))
    answer, base, before, base_before = shown_answers(trial, "a")
    assert (answer, before) == shown
    assert base is base_before is None
    assert shown_answers(TrialResult(P, tuple(now)), "a", TrialResult(P, tuple(then))) == (
        answer,
        None,
        before,
        None,
    )
    recorded = TrialResult(P, tuple(now), recorded=b"9", approved=TrialResult(P, tuple(then), recorded=b"8"))
    assert shown_answers(recorded, "a") == (b"9", None, b"8", None)
