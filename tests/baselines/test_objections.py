import dataclasses

import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.baseline import Baseline, chunks
from pytest_modelcheck.baselines.header import Header, PastApproval
from pytest_modelcheck.baselines.lines import encode
from pytest_modelcheck.baselines.objections import accepted, differences
from pytest_modelcheck.records import CaseResult, Finding, Outcome, Status, TrialResult

HEAD = Header("tests/test_a.py::test", "golden", "triage", "2.1", fingerprint="f1", cases=2)


@pytest.fixture
def ran(record):
    def run(answers, **more):
        rows = {case: encode(record(case, answer)) for case, answer in answers.items()}
        return Baseline(dataclasses.replace(HEAD, **more), rows, "a.jsonl")

    return run


def test_the_place_and_environment_of_a_check_do_not_count(ran):
    one = ran({"a": 0.3}, environment="CPython 3.11.7, Linux", plugin="0.1.0", rate=0.5)
    two = ran({"a": 0.30000000000000004}, environment="CPython 3.13.0, Windows", plugin="0.2.0")
    assert list(differences(one, two)) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"fingerprint": "f2"}, "the model's fingerprint"),
        ({"systems": ("fp_1",)}, "the systems that answered"),
        ({"body": "ab"}, "the test"),
        ({"files": {"a.yaml": "12"}}, "the case files"),
        ({"others": {"tone": "3"}}, "the versions of other models"),
        ({"stopped": "stopped after 1 of 9 cases"}, "how many cases were run"),
    ],
)
def test_the_judged_cases_count(ran, change, difference):
    assert list(differences(ran({"a": 1}), ran({"a": 1}, **change))) == [difference]


def test_missed_limits_count_and_the_words_for_them_do_not(ran):
    def red(words):
        return ran({"a": 1}, findings=(Finding("at_least", Status.FAILED, words),))

    assert list(differences(red("mean 0.1"), red("mean 0.100001"))) == []
    assert list(differences(red("mean 0.1"), ran({"a": 1}))) == ["which limits were missed"]


def test_cases_that_differ_are_counted_with_those_of_one_side(ran):
    assert list(differences(ran({"a": 1, "b": 1, "c": 1}), ran({"a": 1, "b": 2, "d": 1}))) == ["3 of 4 cases"]


P, F, E = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
HEADER = Header("test_a.py::test", "golden", "triage", "2.0")


@pytest.fixture
def made(tmp_path):
    """A baseline, or a candidate with metadata, of outcomes by case; a list holds those of several runs."""

    def made(outcomes, language=None):
        rows = {}
        for name, each in outcomes.items():
            runs = each if isinstance(each, list) else [each]
            trials = tuple(TrialResult(one, repeat=number) for number, one in enumerate(runs))
            rows[name] = lines.encode(CaseResult(name, "ab", None, name, trials))
        head = HEADER
        if language is None:
            return Baseline(head, rows, "approved")
        path = tmp_path / "candidate.jsonl"
        detailed = [
            lines.with_details(row, f'"metadata":{{"language":"{language(name)}","n":{number}}}')
            for number, (name, row) in enumerate(rows.items())
        ]
        with path.open("wb") as file:
            file.writelines(chunks(Header(**{**vars_of(head), "cases": len(rows)}), detailed))
        return Baseline(head, rows, str(path))

    return made


def vars_of(head):
    return {name: getattr(head, name) for name in type(head).__slots__}


def objections_to(candidate, old=None, left=(), past=()):
    return list(accepted(candidate, old, left, past))


def ids(count, start=0):
    return [f"c{number:03}" for number in range(start, start + count)]


def test_a_version_that_breaks_nothing_accepts_nothing(made):
    good = made(dict.fromkeys(ids(9), P), language=lambda _: "en")
    assert objections_to(good, made(dict.fromkeys(ids(9), P))) == objections_to(good) == []


def test_without_a_baseline_what_fails_is_accepted(made):
    assert objections_to(made({"a": P, "b": F, "c": F})) == ["2 of 3 cases fail: b, c"]
    assert objections_to(made({"a": P, "b": F})) == ["1 of 2 cases fails: b"]


def test_only_what_passed_in_every_run_and_passes_in_none_is_broken_for_good(made):
    old = {"good": [P, P], "coin": [P, F], "steady": [P, P], "bad": [F, F], "lucky": [P, F], "gone": P}
    new = {"good": [F, F], "coin": [F, F], "steady": [F, P], "bad": [P, P], "lucky": [P, P], "new": F}
    assert objections_to(made(new, lambda _: "en"), made(old)) == [
        "1 of 5 cases broke: good (1 fixed)",
        "1 new or edited case fails: new",
    ]


@pytest.mark.parametrize("edit", [("cd", None), ("ab", "another")], ids=["input", "expectation"])
def test_a_case_that_was_edited_did_not_break(made, edit):
    edited = lines.encode(CaseResult("a", *edit, "a", (TrialResult(F),)))
    old = made({"a": P, "b": P})
    assert objections_to(Baseline(HEADER, {"a": edited}, ""), old) == ["1 new or edited case fails: a"]


def test_a_perturbed_input_that_was_not_approved_did_not_break(made):
    typo = TrialResult(F, perturbation="typos")
    more = lines.encode(CaseResult("a", "ab", None, "a", (TrialResult(P), typo)))
    assert objections_to(Baseline(HEADER, {"a": more}, ""), made({"a": P})) == []


def test_cases_that_stay_as_approved_are_not_accepted(made):
    assert objections_to(made({"a": F, "b": P}, lambda _: "en"), made({"a": P, "b": P}), left={"a"}) == []


def test_errors_are_accepted_by_force_and_named(made):
    assert objections_to(made({"a": E, "b": P})) == ["1 of 2 cases raised an error: a"]


def test_the_slices_that_lost_most_are_named_and_no_others(made):
    old = made(dict.fromkeys(ids(40), P))
    spanish = set(ids(8))
    outcomes = {name: F if name in ids(6) or name == "c030" else P for name in ids(40)}
    new = made(outcomes, language=lambda name: "es" if name in spanish else "en")
    first, *others = objections_to(new, old)
    assert first == "7 of 40 cases broke: c000, c001, c002, c003, c004 (+2 more)"
    assert others == ["language=es: 6 of 8 broke (elsewhere 1 of 32)"]


def test_however_much_breaks_few_lines_tell(made):
    old = made(dict.fromkeys(ids(900), P))
    new = made(dict.fromkeys(ids(900), F), language=lambda name: name[:3])
    past = [PastApproval(f"1.{n}", "2026-01-01", 1 - n / 100, 900) for n in range(40)]
    found = objections_to(new, old, past=past)
    assert len(found) < 10
    assert max(map(len, found)) < 150


def test_a_slow_decline_in_small_steps_is_reported(made):
    past = [PastApproval(f"1.{n}", "2026-01-01", 0.98 - n / 100, 100) for n in range(15)]
    assert objections_to(made({"a": P}), made({"a": P}), past=past) == [
        "14 points below the first approval: 1.0 98% → (11 more) → 1.12 86% → 1.13 85% → 1.14 84%"
    ]
    assert (
        objections_to(made({"a": P}), past=past[:1]) == objections_to(made({"a": P}), past=past[::-1]) == []
    )
    unknown = PastApproval("1.5", "2026-01-01", None, 0)
    assert objections_to(made({"a": P}), past=[past[0], unknown, past[1]]) == [
        "1 point below the first approval: 1.0 98% → 1.1 97%"
    ]
