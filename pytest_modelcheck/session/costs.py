"""What the answers of a check took and cost, as remembered beside them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.checks.costs import Costs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Model


def costs_of(model: Model, results: Iterable[Result]) -> Costs:
    """What is known of every different answer that the trials got, whether it was asked for now or before.

    So the verdict is the same whether the cache is warm or not.
    """
    keys: set[bytes] = set()
    cases: set[str] = set()
    for result in results:
        keys.update(key for key, _ in result.asked if key is not None)
        if result.asked:
            cases.add(result.trial.case.id)
    known = [measured for key in keys if (measured := model.answers.measure(key)) is not None]
    amounts = tuple(each.usage.cost for each in known if each.usage.cost is not None)
    return Costs(len(keys), tuple(sorted(each.seconds for each in known)), amounts, len(cases))
