"""Rules about checks."""

from __future__ import annotations

import pytest

from pytest_modelcheck import cases, perturb
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.lint import Target, chosen, lint
from pytest_modelcheck.lint.body import Body
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import CHANGE
from pytest_modelcheck.stats.rates import detectable_rate, runs_needed

EIGHT = as_perturbations([perturb.append(letter) for letter in "abcdefgh"])


def texts(count):
    return cases.load([f"text {number}" for number in range(count)])


def found(code, **target):
    return [one.message for one in lint([Target(**{"cases": texts(12), **target})], chosen([code]))]


def test_too_few_cases():
    (message,) = found("MC201", limits=Limits(at_least=0.95))
    rate = round(detectable_rate(12, 0.95, 0.01) * 100)
    needed = runs_needed(0.95, 0.75, 0.01)
    assert message.startswith(
        f"if the model varies, at_least=0.95 with 12 runs surely fails (nine times in ten) only at a rate of "
        f"{rate}%. To notice a rate of 75%, it needs {needed} runs ("
    )


def test_so_few_that_nothing_can_fail():
    (message,) = found("MC201", cases=texts(1), limits=Limits(at_least=0.5))
    assert "with 1 run cannot fail, however low the rate. To" in message


@pytest.mark.parametrize(
    "target",
    [
        {"limits": Limits(at_least=0.95), "varies": False},
        {"limits": Limits(at_least=0.95), "graded": True},
        {"limits": Limits(at_least=0.95, score_as="pass@2"), "repeats": 2},
        {"limits": Limits(at_least=0.95), "repeats": 10},
        {"limits": Limits(at_least=0.15)},
        {"limits": Limits(at_least=1.0)},
        {"limits": Limits(max_drop=0.1)},
        {"limits": Limits(at_least=0.95), "cases": None},
        {"limits": Limits(at_least=0.95), "cases": cases.load([])},
        {"limits": Limits(at_least=0.95), "cases": texts(60)},
    ],
)  # fmt: skip
def test_enough_cases_or_nothing_to_say(target):
    assert found("MC201", **target) == []


def test_what_must_not_be_missed_decides_where_it_is_said():
    (message,) = found("MC201", cases=texts(60), limits=Limits(at_least=0.95, tolerance=0.1))
    assert f"To notice a rate of 85%, it needs {runs_needed(0.95, 0.85, 0.01)} runs (" in message


def test_cases_of_one_cluster_are_one():
    rows = cases.load([{"input": f"{n}", "metadata": {"template": n % 3}} for n in range(100)])
    (message,) = found("MC201", cases=rows, limits=Limits(at_least=0.9, cluster="template"))
    assert "with 3 runs" in message


@pytest.mark.parametrize(
    ("limits", "messages"),
    [
        (Limits(at_least=0.0), ["at_least=0 is met by every model"]),
        (Limits(max_changed=1), []),
        (Limits(max_regressed=12), ["max_regressed=12 of 12 cases allows everything"]),
        (Limits(max_regressed=11, max_drop=0.99), []),
        (Limits(max_drop=0), []),
    ],
)
def test_limits_that_allow_everything(limits, messages):
    assert found("MC202", limits=limits) == messages


def test_limits_on_a_scale_of_their_own():
    assert found("MC202", limits=Limits(at_least=0.0, max_drop=1.0), scale=CHANGE) == []
    assert found("MC202", limits=Limits(at_least=-1.0), scale=CHANGE) == ["at_least=-1 is met by every model"]
    assert found("MC202", limits=Limits(max_drop=2.0), scale=CHANGE)


def test_a_perturbation_that_changes_nothing():
    under = as_perturbations([perturb.replace("xyz", "abc"), perturb.replace("text 7", "text")])
    assert found("MC203", perturbations=under, kind="invariance") == [
        "under=replace('xyz', 'abc'): changes nothing in 12 inputs"
    ]


def test_a_perturbation_that_breaks():
    under = as_perturbations({"shout": lambda text: text.upper()})
    rows = cases.load(["a", {"input": 3, "id": "t-3"}])
    (message,) = found("MC205", cases=rows, perturbations=under, kind="invariance")
    assert message.startswith("under=: perturbation shout, case t-3: it raised AttributeError")
    assert found("MC203", cases=rows, perturbations=under, kind="invariance") == []


def test_a_perturbation_that_changes_the_meaning():
    under = as_perturbations([perturb.negation(), perturb.casing() | perturb.negation(), perturb.casing()])
    messages = found("MC204", perturbations=under, kind="invariance")
    names = {message.partition(":")[0] for message in messages}
    assert names == {"under=negation", f"under={(perturb.casing() | perturb.negation()).name}"}
    assert found("MC204", perturbations=under, kind="directional") == []


def test_metadata_that_no_case_has():
    rows = cases.load([{"input": "a", "metadata": {"language": "en"}}])
    assert found("MC208", cases=rows, slices=["langage"], limits=Limits(cluster="topic")) == [
        "cluster: no case has metadata 'topic'; they have: language",
        "slices: no case has metadata 'langage'; did you mean 'language'?",
    ]
    assert found("MC208", cases=rows, slices=["language", "expected"]) == []


def body(*reads, hands_on=False, void=()):
    return Body(frozenset(reads), frozenset(), frozenset(), hands_on, void)


@pytest.mark.parametrize(("kind", "what"), [("invariance", "invariance"), ("directional", "direction")])
def test_a_body_that_never_looks_at_what_was_perturbed(kind, what):
    assert found("MC207", kind=kind, body=body("input")) == [
        f"a check of {what} that never looks at case.perturbed compares nothing"
    ]
    for other in (body("perturbed"), body("input", hands_on=True), None):
        assert found("MC207", kind=kind, body=other) == []
    for kind in ("golden", "drift"):
        assert found("MC207", kind=kind, body=body("input")) == []


SILENT = Body(frozenset(["input"]), frozenset(), frozenset(), hands_on=False, void=(), silent=True)


def test_a_body_that_asserts_nothing():
    assert found("MC209", body=SILENT) == [
        "the test asserts nothing and gives no score(), so every answer passes"
    ]


@pytest.mark.parametrize(
    "else_judged",
    [
        {"kind": "drift"},
        {"graded": True},
        {"errors_judge": True},
        {"limits": Limits(max_changed=0)},
        {"limits": Limits(max_latency_p95=0.5)},
        {"body": None},
        {"body": body("input")},
    ],
)
def test_what_is_judged_otherwise_need_not_assert(else_judged):
    assert found("MC209", **{"body": SILENT, **else_judged}) == []


def test_variants_of_a_case_count_once():
    once = found("MC201", cases=texts(12), limits=Limits(at_least=0.95))
    assert found("MC201", cases=texts(12), limits=Limits(at_least=0.95), perturbations=EIGHT) == once != []


def test_no_cases_at_all():
    assert found("MC001", cases=cases.load([])) == ["there are no cases, so the check would test nothing"]
