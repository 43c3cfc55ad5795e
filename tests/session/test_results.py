"""Results of cases, in lines and a few bytes."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.models.model import text_key
from pytest_modelcheck.perturb import Perturbation
from pytest_modelcheck.records import MISSING, Case, Group, Outcome, outcomes_in, tally
from pytest_modelcheck.session import results as module
from pytest_modelcheck.session.lines import Lines, case_result
from pytest_modelcheck.session.results import ABSENT, OTHER, SAME, Results

GENERATOR = random.Random(7)


def result_of(trial):
    found = Result(trial)
    found.outcome = GENERATOR.choice(list(Outcome))
    text = trial.case.input if trial.perturbed is MISSING else trial.perturbed
    found.calls = [(text_key(text), GENERATOR.choice([b'"a"', b'{"label":2}']))]
    if GENERATOR.random() < 0.3:
        found.calls.append((text_key(trial.case.input), b'"b"'))
    return found


def cases_of(count, *, variants):
    return [
        Case(f'text "{n}"', n % 3, f"c-{n}", {"language": "en" if n % 2 else "es"}, given)
        for n in range(count)
        for given in [tuple("xyz"[: n % 4]) if variants else ()]
    ]


@pytest.fixture(params=[None, []], ids=["golden", "variants"])
def plan(request):
    return Plan(cases_of(200, variants=request.param is not None), request.param)


@pytest.fixture
def ran(plan):
    return sorted(map(result_of, plan.trials()), key=lambda result: result.trial.index)


def filled(plan, results, **options):
    """Everything, added in another order than that of the cases."""
    found = Results(plan, **options)
    plan.without = found.skip
    for _ in plan.trials():
        pass
    shuffled = list(results)
    GENERATOR.shuffle(shuffled)
    found.take(shuffled[:150])
    found.take(shuffled[150:])
    return found


def expected_of(plan, results):
    own = {case.id: [] for case in plan.cases}
    for result in results:
        own[result.trial.case.id].append(result)
    return [case_result(case, own[case.id]) for case in plan.cases]


def test_cases_are_read_again_as_they_were(plan, ran):
    found, expected = filled(plan, ran), expected_of(plan, ran)
    assert list(found) == expected
    assert (found[3], found[-1], found[10:13]) == (expected[3], expected[-1], expected[10:13])
    assert [outcomes_in(mask) for mask in found.masks] == [
        {trial.outcome for trial in case.trials} for case in expected
    ]
    with pytest.raises(IndexError):
        found[200]


def test_counts_are_those_of_all_results(plan, ran):
    found, expected = filled(plan, ran), expected_of(plan, ran)
    assert found.tally() == tally(case.outcome for case in expected)
    assert found.trial_tally() == tally(result.outcome for result in ran)
    assert found.size == len(ran)
    judged = [one.outcome for one in ran if one.trial.perturbation and one.outcome in ("passed", "failed")]
    groups = [Group("variant", judged.count("passed"), len(judged))] if judged else []
    assert list(found.by_perturbation()) == groups


@pytest.mark.parametrize("perturbed", [True, False])
def test_trials_are_at_hand_or_made_again(plan, ran, perturbed, monkeypatch):
    monkeypatch.setattr(module, "_TRIALS", 50)
    found = filled(plan, ran, perturbed=perturbed)
    pairs = [pair for number in range(len(found)) for pair in found.once(number)]
    assert [trial.index for trial, _ in pairs] == [result.trial.index for result in ran]
    for (trial, result), one in zip(pairs, ran, strict=True):
        assert trial.case is one.trial.case
        assert (trial.perturbed, result.outcome) == (one.trial.perturbed, one.outcome)
    assert bool(found.held) == perturbed
    windows = Results(plan, perturbed=perturbed)
    for result in ran:
        windows.take([result])
    assert len(list(itertools.chain(*windows.held.values()))) < 60


def perturbed_results(values, monkeypatch):
    """Results of two cases without their trials, by a perturbation that gives these values in turn."""
    monkeypatch.setattr(module, "_TRIALS", 0)
    given = iter(values)
    cases = [Case("x" if type(values[0]) is str else {"t": 0}, id=f"c{number}") for number in range(2)]
    plan = Plan(cases, [Perturbation("own", lambda _x, _rng: [next(given)], random=False)])
    found = Results(plan, perturbed=True)
    for trial in list(plan.trials()):
        result = Result(trial)
        result.outcome, result.calls = Outcome.FAILED, []
        found.take([result])
    return found


@pytest.mark.parametrize("text", ["current", "café\n" * 60, "sk-proj-0123456789abcdef"])
def test_texts_are_read_rather_than_perturbed_again(monkeypatch, text):
    found = perturbed_results([text, "b"], monkeypatch)
    (one,) = found.trials(0)
    assert (one.perturbed, one.perturbation, one.number, one.of) == (text, "own", 0, 1)
    assert [trial.index for trial in found.trials(1)] == [1]


@pytest.mark.parametrize(
    "value",
    [{"t": 1}, {"t": [1]}, {"t": np.zeros((9, 9))}, "z" * 30_000],
    ids=["int", "list", "array", "long"],
)
def test_an_input_that_is_no_short_text_is_perturbed_again_and_must_be_the_same(monkeypatch, value):
    (one,) = perturbed_results([value, value, value], monkeypatch).trials(0)
    assert one.perturbed is value
    other = "y" if type(value) is str else {"t": 2.5}
    with pytest.raises(
        PerturbationError, match="own gave different variants of case c0 when it was run again"
    ):
        perturbed_results([value, value, other], monkeypatch).trials(0)


def test_an_approved_case_is_identified_by_its_line():
    cases = [Case(text, id=text) for text in ("same", "other", "new")]
    plan = Plan(cases, None)
    ran = list(map(result_of, plan.trials()))
    lines = dict(zip(("same", "other"), filled(plan, ran).lines, strict=False))
    approved = {"same": module.lines.bare(lines["same"]), "other": b"{}"}
    found = filled(plan, ran, approved=approved.get)
    assert list(found.matches) == [SAME, OTHER, ABSENT]
    assert [b'"approved":true' in line for line in found.lines] == [True, False, False]


def test_the_first_error_is_shown_and_some_are_kept():
    plan = Plan([Case(str(n), id=str(n)) for n in range(60)], None)
    ran = list(map(result_of, plan.trials()))
    for result in ran:
        result.outcome, result.message = Outcome.ERROR, "broke at this\nand more"
        result.error = ValueError() if result.trial.index > 3 else None
    found = Results(plan)
    found.take(ran)
    assert found.causes.summary == "ValueError: broke at this"
    assert sorted(found.errors) == list(range(4, 24))


def test_some_cases_are_found_by_their_outcome():
    plan = Plan([Case(str(n), id=str(n)) for n in range(6)], None)
    ran = list(map(result_of, plan.trials()))
    outcomes = ["passed", "failed", "skipped", "passed", "failed", "failed"]
    for result, outcome in zip(ran, outcomes, strict=True):
        result.outcome = Outcome(outcome)
    found = Results(plan)
    found.take(ran)
    assert found.some(Outcome.FAILED, 2) == [1, 4]
    assert found.some(Outcome.FAILED, 9, others={0, 2}) == [0, 1, 4, 5]  # one that was not judged is none


def test_cases_in_another_order(plan, ran):
    found = filled(plan, ran)
    numbers = list(range(0, 200, 3))[::-1]
    again = found.reordered([plan.cases[number] for number in numbers], numbers, None)
    assert list(again) == [found[number] for number in numbers]
    assert list(again.masks) == [found.masks[number] for number in numbers]
    assert [trial.index for trial in again.trials(5)] == [trial.index for trial in found.trials(numbers[5])]


# -- the lines -----------------------------------------------------------------------------------------


def lines_of(lines, room):
    found = Lines(room)
    for line in lines:
        found.extend([line])
    return found


@pytest.fixture(params=[0, 50, 1 << 20], ids=["all on disk", "some on disk", "all in memory"])
def room(request):
    return request.param


def test_lines_are_found_by_number_and_in_order(room):
    lines = [f"line {n}".encode() * (n % 5) for n in range(100)]
    found = lines_of(lines, room)
    assert len(found) == 100
    assert list(found) == lines
    assert [found[n] for n in range(100)] == lines


def test_reading_and_writing_take_turns(room):
    found = Lines(room)
    for n in range(100):
        found.extend([str(n).encode()])
        assert found[n] == str(n).encode()
        assert found[n // 2] == str(n // 2).encode()
    assert [int(line) for line in found] == list(range(100))


def test_two_readers_do_not_disturb_each_other(room):
    found = lines_of([str(n).encode() for n in range(50)], room)
    assert [(int(one), int(two)) for one, two in zip(found, found, strict=True)] == [
        (n, n) for n in range(50)
    ]


def test_long_lines_cross_the_blocks_in_which_a_file_is_read():
    lines = [b"x" * 300_000, b"", b"y" * 10, b"z" * 700_000]
    assert list(lines_of(lines, 0)) == lines


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here is always full")
@pytest.mark.parametrize("begun", [0, 20])
def test_on_a_full_disk_the_lines_stay_in_memory(monkeypatch, begun):
    lines = [f"line {n}".encode() for n in range(100)]
    found = lines_of(lines[:begun], 50)
    with Path("/dev/full").open("r+b", buffering=0) as full, monkeypatch.context() as patch:
        patch.setattr("tempfile.TemporaryFile", lambda **_: full)
        if begun:
            patch.setattr(found, "_file", full)
        for line in lines[begun:]:
            found.extend([line])
        assert begun or list(found) == lines
    assert begun == 0 or [found[n] for n in range(100)] == list(found) == lines
