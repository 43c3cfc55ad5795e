"""The trajectories behind results: what an agent did in a trial, beside what it did before.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import first_trajectory, make_ours, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import TrialResult
    from pytest_modelcheck.reports.transcript import Row


@dataclass(frozen=True)
class Trajectories:
    """An agent's steps, and those that they are compared with.

    Attributes:
        now: The trajectory.
        then: The approved one, or the one of the unperturbed input; ``None`` where there is none.
        titles: What the two are called.
    """

    now: Any
    then: Any = None
    titles: tuple[str, str] = ("approved", "now")

    @cached_property
    def rows(self) -> list[Row]:
        """Both step by step, or each step of the only one in a row of its own."""
        from pytest_modelcheck.reports.transcript import aligned

        return aligned(self.now if self.then is None else self.then, self.now)

    @cached_property
    def first(self) -> int | None:
        """The place of the first row that differs."""
        from pytest_modelcheck.reports.transcript import first_difference

        return first_difference(self.rows)

    @property
    def sentence(self) -> str:
        """The first step that differs; nothing where none does, or there is only one trajectory."""
        from pytest_modelcheck.reports.transcript import sentence_of

        return "" if self.first is None else sentence_of(self.rows)

    @property
    def are_alike(self) -> bool:
        """True if there are two, and they do and say the same."""
        return self.then is not None and not self.sentence

    def lines(self, width: int = 74) -> list[str]:
        """Both side by side with a sentence over them, or the transcript of the only one."""
        from pytest_modelcheck.reports.transcript import side_by_side, transcript

        if self.then is None:
            return transcript(self.now, width)
        return [self.sentence or "the same steps", *side_by_side(self.rows, self.titles, width)]


def steps_of_trial(trial: TrialResult, own: str) -> Trajectories | None:
    """Return an agent's steps in a trial, also where the body recorded something else; ``None`` for no agent.

    Args:
        trial: The trial.
        own: The digest of the case's own input.
    """
    answer, base = trial.answers(own)
    now = _behind(trial, answer)
    if now is None:
        return None
    if base is not None and (unperturbed := trajectory_in(base)) is not None:
        return Trajectories(now, unperturbed, ("unperturbed", trial.perturbation or "perturbed"))
    approved = trial.approved
    return Trajectories(now, None if approved is None else _behind(approved, approved.answers(own)[0]))


def steps_between(then: bytes | None, now: bytes | None, titles: tuple[str, str]) -> Trajectories | None:
    """Two answers as steps; ``None`` unless both are trajectories."""
    before, after = trajectory_in(then), trajectory_in(now)
    return None if before is None or after is None else Trajectories(after, before, titles)


def _behind(trial: TrialResult, answer: bytes | None) -> Any:
    asked = [] if trial.recorded is None else [line for _, line in reversed(trial.asked)]
    return trajectory_in(first_trajectory([answer, *asked]))


def trajectory_in(line: bytes | None) -> Any:
    """The trajectory, or the calls, that an answer is; ``None`` for any other answer.

    What ``returns=`` of a model would be needed for stays as it is written: it is only shown.
    """
    import orjson

    found = first_trajectory([line])
    return None if found is None else shown_trajectory(orjson.loads(whole(found)))


def shown_trajectory(form: Any) -> Any:
    """The same of an answer as JSON."""
    if type(form) is not dict or len(form) != 1 or not form.keys() <= {"$trajectory", "$calls"}:
        return None
    ((tag, inside),) = form.items()
    try:
        return make_ours(tag, inside)
    except (LookupError, AttributeError, TypeError, ValueError):
        return None  # damaged, or written by a later version


def brief(form: Any) -> Any:
    """A trajectory in a few words; any other JSON value as it is."""
    found = shown_trajectory(form)
    if found is None:
        return form
    from pytest_modelcheck.reports.transcript import in_one_line

    return in_one_line(found)


def fenced(lines: Sequence[str]) -> list[str]:
    """Lines as a code block of Markdown that nothing in them can end."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]
