import itertools
import random

import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.checks.fold import by_perturbation, outcome_of, tally
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.engine.view import Result
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.models.model import Unkept, text_key
from pytest_modelcheck.records import MISSING, Case, Outcome, Trial, TrialRecord
from pytest_modelcheck.session.case_lines import line_of
from pytest_modelcheck.session.ledger import Ledger, outcome_of_mask, outcomes_in
from pytest_modelcheck.session.memory import record_of, records_of
from pytest_modelcheck.session.reread import Records, Results

GENERATOR = random.Random(7)


def result_of(trial):
    found = Result(trial)
    found.outcome = GENERATOR.choice(list(Outcome))
    text = trial.case.input if trial.perturbed is MISSING else trial.perturbed
    found.asked = [(text_key(text), GENERATOR.choice([b'"a"', b'{"label":2}']))]
    if GENERATOR.random() < 0.3:
        found.asked.append((text_key(trial.case.input), b'"b"'))
    return found


def cases_of(count):
    return [
        Case(f'text "{n}"', n % 3, f"c-{n}", {"language": "en" if n % 2 else "es"}, tuple("xyz"[: n % 4]))
        for n in range(count)
    ]


@pytest.fixture(params=[None, []], ids=["golden", "variants"])
def plan(request):
    return Plan(cases_of(200), request.param)


def filled(plan, results):
    """A ledger that took results in another order than that of the cases."""
    ledger = Ledger()
    plan.without = ledger.without
    for _ in plan.trials():
        pass
    shuffled = list(results)
    GENERATOR.shuffle(shuffled)
    ledger.take(shuffled[:150])
    ledger.take(shuffled[150:])
    return ledger


def test_it_tells_what_the_records_of_all_results_tell(plan):
    results = sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index)
    records = records_of(plan.cases, results)
    ledger = filled(plan, results)
    assert len(ledger) == len(records)
    assert list(Records(ledger)) == records
    assert ledger.outcomes() == tally(outcome_of(record.trials) for record in records)
    assert ledger.trial_outcomes() == tally(trial.outcome for record in records for trial in record.trials)
    assert ledger.by_perturbation() == by_perturbation(records)
    assert ledger.questions == len({key for result in results for key, _ in result.asked})
    assert ledger.size == len(results)
    assert ledger.broken is next(result for result in results if result.outcome is Outcome.ERROR)


def test_results_are_made_again_as_they_were(plan):
    results = sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index)
    ledger = filled(plan, results)
    again = Results(ledger, plan, Records(ledger))
    assert len(again) == len(results)
    for one, two in zip(results, again, strict=True):
        assert one.trial.index == two.trial.index
        assert one.trial.case is two.trial.case
        assert (one.outcome, one.score, one.trial.perturbed) == (two.outcome, two.score, two.trial.perturbed)
        assert [(key[:8], raw) for key, raw in one.asked] == two.asked
    some = again.of([7, 3])
    assert [result.trial.case.id for result in some] == sorted(result.trial.case.id for result in some)
    assert {result.trial.case.id for result in some} == {"c-3", "c-7"}


def test_what_may_be_shown_is_kept_whole(plan):
    results = sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index)
    results[5].message = "said"
    results[9].error = ValueError("broken")
    again = Results(ledger := filled(plan, results), plan, Records(ledger))
    assert again[5] is results[5]
    assert again[9] is results[9]
    assert again[6] is not results[6]


def test_a_record_is_found_by_number_or_range(plan):
    results = sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index)
    records, found = records_of(plan.cases, results), Records(filled(plan, results))
    assert found[3] == records[3]
    assert found[-1] == records[-1]
    assert found[10:13] == records[10:13]
    with pytest.raises(IndexError):
        found[200]


def test_cases_are_found_by_their_ids():
    plan = Plan([Case("x", id='a"b'), Case("y", id="é"), Case("z", id="c")], None)
    ledger = filled(plan, map(result_of, plan.trials()))
    assert ledger.numbers_of({"é", 'a"b'}) == [0, 1]
    assert ledger.numbers_of(()) == []


@pytest.mark.parametrize("count", range(4))
def test_an_outcome_of_a_case_is_told_from_the_outcomes_of_its_trials(count):
    for outcomes in itertools.combinations(Outcome, count):
        mask = sum(1 << list(Outcome).index(outcome) for outcome in outcomes)
        assert outcome_of_mask(mask) is outcome_of([TrialRecord(outcome) for outcome in outcomes])
        assert outcomes_in(mask) == set(outcomes)


RAW = [b'"a"', b'{"a":[1.5,null]}', Unkept(object(), b'{"$repr":"x"}', shared=True)]
CASES = [
    Case("Where is my parcel?", "shipping", "t-1"),
    Case("Wo ist „mein“ Päckchen?\n\u202e", id="t-2"),
    Case({"text": "x"}, ["a"], "t-3"),
    Case("x" * 200, 2, 'a "quoted" id', known_failure="known"),
    Case(object(), id="t-5"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize("change", [{}, {"score": 0.5}, {"recorded": [1]}, {"asked": []}], ids=repr)
@pytest.mark.parametrize(
    "raw", [b'"a"', b'{"a":[1.5,null]}', Unkept(object(), b'{"$repr":"x"}', shared=True)], ids=range(3)
)
def test_a_line_is_what_its_record_would_be_written_as(case, change, raw):
    [trial] = Plan([case], None).trials()
    result = Result(trial)
    key = text_key(case.input) if isinstance(case.input, str) else None
    result.asked = [(key, raw)]
    for name, value in change.items():
        setattr(result, name, value)
    assert line_of(case, [result]) == lines.encode(record_of(case, [result]))


@pytest.mark.parametrize("case", CASES[:4], ids=lambda case: case.id)
def test_a_line_of_many_trials_is_what_its_record_would_be_written_as(case):
    perturbed = ["other", case.input, "Päckchen\u2026 " * 20, {"a": [1]}, "other"]
    own = text_key(case.input) if isinstance(case.input, str) else None
    answers = [b'"a"', RAW[2], b'"a"', b'"b"', b'"c"']
    results = []
    for number, (value, answer) in enumerate(zip(perturbed, answers, strict=True)):
        result = Result(Trial(number, case, 'under "this"', value, number, number % 2, of=5))
        key = text_key(value) if isinstance(value, str) else None
        result.outcome = list(Outcome)[number]
        result.asked = [[(own, b'"a"'), (key, answer)], [(own, answer)], [], [(None, answer)]][number % 4]
        results.append(result)
    assert line_of(case, results) == lines.encode(record_of(case, results))
    results[3].score = 0.25
    assert line_of(case, results) == lines.encode(record_of(case, results))


def test_a_text_that_no_file_can_hold_is_named():
    case = Case("x", id="a\ud800")
    result = Result(Trial(0, case))
    with pytest.raises(BaselineError, match=r"case 'a\\ud800' cannot be written as JSON"):
        line_of(case, [result])


def test_records_that_are_gone_through_again_are_held_where_there_is_room(plan):
    ledger = filled(plan, sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index))
    held, read = Records(ledger, held=True), Records(ledger)
    assert held[3] == read[3]
    assert list(held) == list(read)
    assert held[3] is list(held)[3]
    assert read[3] is not list(read)[3]
    assert held[10:12] == read[10:12]
    assert held[-1] == read[-1]
