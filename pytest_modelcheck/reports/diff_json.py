"""Changes between two versions, as JSON for other programs.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import whole
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff, Side


def diff_json(diffs: Iterable[CheckDiff]) -> Iterator[str]:
    """A list with an object for each check, in pieces, so that a long one need not be held."""
    import orjson

    between = "["
    for diff in diffs:
        document = orjson.dumps(_check(diff), option=orjson.OPT_INDENT_2).decode()
        yield f"{between}\n{printable_json(document)}"
        between = ","
    yield "[]" if between == "[" else "\n]"


def _check(diff: CheckDiff) -> dict[str, Any]:
    return {
        "check": diff.check,
        "model": diff.model,
        "before": diff.before,
        "after": diff.after,
        "new_test": diff.new_test,
        "gained": diff.gained,
        "same": diff.same,
        "cases": [_case(case) for case in diff.cases],
    }


def _case(case: CaseDiff) -> dict[str, Any]:
    expectation = {} if case.expected is MISSING else {"expected": case.expected}
    return {
        "id": case.id,
        "note": case.note,
        "about": case.about,
        "perturbation": case.perturbation,
        "perturbed": case.perturbed,
        **expectation,
        "new_expectation": case.new_expectation,
        "before": _side(case.before),
        "after": _side(case.after),
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    found = {"outcome": side.outcome.value, "answer": _value(side.answer)}
    return found if side.unperturbed is None else found | {"unperturbed": _value(side.unperturbed)}


def _value(answer: bytes | None) -> Any:
    """An answer as it is: JSON already."""
    import orjson

    return None if answer is None else orjson.Fragment(whole(answer))
