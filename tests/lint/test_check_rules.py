"""Rules about checks."""

from __future__ import annotations

import pytest

from pytest_modelcheck import cases, perturb
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.lint import LintTarget, chosen, lint
from pytest_modelcheck.lint.body import Body
from pytest_modelcheck.perturb import as_perturbations
from pytest_modelcheck.records import CHANGE
from pytest_modelcheck.stats.rates import detectable_rate, runs_needed


def texts(count):
    return cases.load([f"text {number}" for number in range(count)])


def found(code, **target):
    return [one.message for one in lint([LintTarget(**{"cases": texts(12), **target})], chosen([code]))]


def body(*reads, **more):
    return Body(frozenset(reads), frozenset(), frozenset(), **{"hands_on": False, "void": (), **more})


STRICT = Limits(at_least=0.95)
SPANISH = cases.load([{"input": "a", "metadata": {"language": "en"}}])
SILENT = body("input", silent=True)
IDLE = "the test asserts nothing and gives no score(), so every answer passes"
UNREAD = "a check of {} that never looks at case.perturbed compares nothing"
NEGATED = perturb.casing() | perturb.negation()


@pytest.mark.parametrize(
    ("limits", "more", "message"),
    [
        (
            STRICT,
            {},
            "only if the rate is {rate}% or lower; to notice a rate of 75%, it needs {needed} runs (",
        ),
        # A case counts once, however many variants it has.
        (
            STRICT,
            {"perturbations": as_perturbations(perturb.casing())},
            "at_least=0.95 with 12 runs fails nine",
        ),
        (Limits(at_least=0.5), {"cases": texts(1)}, "with 1 run cannot fail, however low the rate; to"),
        (
            Limits(at_least=0.95, tolerance=0.1),
            {"cases": texts(60)},
            "a rate of 85%, it needs {tolerant} runs (",
        ),
        (
            Limits(at_least=0.9, cluster="template"),
            {"cases": cases.load([{"input": f"{n}", "metadata": {"template": n % 3}} for n in range(100)])},
            "with 3 runs",
        ),
    ],
)
def test_too_few_cases(limits, more, message):
    (remark,) = found("MC201", limits=limits, **more)
    assert (
        message.format(
            rate=round(detectable_rate(12, 0.95, 0.01) * 100),
            needed=runs_needed(0.95, 0.75, 0.01),
            tolerant=runs_needed(0.95, 0.85, 0.01),
        )
        in remark
    )


def test_too_few_cases_asks_for_a_declaration_only_where_there_is_none():
    (undeclared,) = found("MC201", limits=STRICT)
    assert undeclared.startswith("if the model varies, ")
    assert undeclared.endswith("deterministic=True")
    (declared,) = found("MC201", limits=STRICT, varies=True)
    assert declared.startswith("at_least=0.95 ")
    assert declared.endswith("(more cases, or repeats=)")


@pytest.mark.parametrize(
    ("code", "target", "messages"),
    [
        ("MC001", {"cases": cases.load([])}, ["there are no cases, so the check would test nothing"]),
        ("MC201", {"limits": STRICT, "varies": False}, []),
        ("MC201", {"limits": STRICT, "graded": True}, []),
        ("MC201", {"limits": Limits(at_least=0.95, score_as="pass@2"), "repeats": 2}, []),
        ("MC201", {"limits": STRICT, "repeats": 10}, []),
        ("MC201", {"limits": Limits(at_least=0.15)}, []),
        ("MC201", {"limits": Limits(at_least=1.0)}, []),
        ("MC201", {"limits": Limits(max_drop=0.1)}, []),
        ("MC201", {"limits": STRICT, "cases": None}, []),
        ("MC201", {"limits": STRICT, "cases": cases.load([])}, []),
        ("MC201", {"limits": STRICT, "cases": texts(60)}, []),
        ("MC202", {"limits": Limits(at_least=0.0)}, ["at_least=0 is met by every model"]),
        ("MC202", {"limits": Limits(max_changed=1)}, []),
        ("MC202", {"limits": Limits(max_regressed=12)}, ["max_regressed=12 of 12 cases allows everything"]),
        ("MC202", {"limits": Limits(max_regressed=11, max_drop=0.99)}, []),
        ("MC202", {"limits": Limits(max_drop=0)}, []),
        ("MC202", {"limits": Limits(at_least=0.0, max_drop=1.0), "scale": CHANGE}, []),
        ("MC202", {"limits": Limits(at_least=-1.0), "scale": CHANGE}, ["at_least=-1 is met by every model"]),
        (
            "MC202",
            {"limits": Limits(max_drop=2.0), "scale": CHANGE},
            ["max_drop=2.0 allows everything; an int is a number of cases"],
        ),
        (
            "MC203",
            {
                "perturbations": as_perturbations(
                    [perturb.replace("xyz", "abc"), perturb.replace("text 7", "text")]
                )
            },
            ["under=replace('xyz', 'abc'): changes nothing in 12 inputs"],
        ),
        ("MC204", {"perturbations": (perturb.negation(), perturb.casing()), "kind": "directional"}, []),
        ("MC207", {"kind": "invariance", "body": body("input")}, [UNREAD.format("invariance")]),
        ("MC207", {"kind": "directional", "body": body("input")}, [UNREAD.format("direction")]),
        ("MC207", {"kind": "invariance", "body": body("perturbed")}, []),
        ("MC207", {"kind": "invariance", "body": body("input", hands_on=True)}, []),
        ("MC207", {"kind": "invariance", "body": None}, []),
        ("MC207", {"kind": "golden", "body": body("input")}, []),
        ("MC207", {"kind": "drift", "body": body("input")}, []),
        (
            "MC208",
            {"cases": SPANISH, "slices": ["langage"], "limits": Limits(cluster="topic")},
            [
                "cluster: no case has metadata 'topic'; they have: language",
                "slices: no case has metadata 'langage'; did you mean 'language'?",
            ],
        ),
        ("MC208", {"cases": SPANISH, "slices": ["language", "expected"]}, []),
        ("MC209", {"body": SILENT}, [IDLE]),
        ("MC209", {"body": SILENT, "kind": "drift"}, []),
        ("MC209", {"body": SILENT, "graded": True}, []),
        ("MC209", {"body": SILENT, "errors_judge": True}, []),
        ("MC209", {"body": SILENT, "limits": Limits(max_changed=0)}, []),
        ("MC209", {"body": SILENT, "limits": Limits(max_latency_p95=0.5)}, []),
        ("MC209", {"body": None}, []),
        ("MC209", {"body": body("input")}, []),
    ],
)
def test_findings_of_each_rule(code, target, messages):
    assert found(code, **target) == messages


def test_a_perturbation_that_breaks():
    under = as_perturbations({"shout": lambda text: text.upper()})
    rows = cases.load(["a", {"input": 3, "id": "t-3"}])
    (message,) = found("MC205", cases=rows, perturbations=under, kind="invariance")
    assert message.startswith("under=: perturbation shout, case t-3: it raised AttributeError")
    assert found("MC203", cases=rows, perturbations=under, kind="invariance") == []


def test_a_perturbation_that_changes_the_meaning():
    under = (perturb.negation(), NEGATED, perturb.casing())
    messages = found("MC204", perturbations=under, kind="invariance")
    assert {message.partition(":")[0] for message in messages} == {"under=negation", f"under={NEGATED.name}"}
