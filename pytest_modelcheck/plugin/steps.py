"""``max_steps=``: a body whose agent took more steps fails.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.view import result_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.model import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.engine.view import CaseView


def within(body: Callable[[CaseView], Any], most: int) -> Callable[[CaseView], Any]:
    """The same body, failing where the agent took more than ``most`` steps."""

    def limited(view: CaseView) -> Any:
        returned = body(view)
        _refuse_more(view, most)
        return returned

    async def limited_when_awaited(view: CaseView) -> Any:
        returned = await body(view)
        _refuse_more(view, most)
        return returned

    return limited_when_awaited if inspect.iscoroutinefunction(body) else limited


def _refuse_more(view: CaseView, most: int) -> None:
    from pytest_modelcheck.reports.transcript import trajectory_in
    from pytest_modelcheck.trajectories.trajectory import Trajectory

    result = result_of(view)
    answers = [result.recorded, *(trajectory_in(plain(raw)) for _, raw in (*result.asked, *result.foreign))]
    steps = [one.steps for one in answers if isinstance(one, Trajectory)]
    if not steps and (result.asked or result.foreign):
        raise UsageError(
            f"max_steps={most} counts steps of an agent, and no answer is a trajectory: let the model answer "
            "with Trajectory.of(...), or case.record(...) the one that the body has made"
        )
    longest = max(steps, default=0)
    if longest > most:
        raise AssertionError(f"the agent took {longest} steps, at most {most} allowed (max_steps)")
