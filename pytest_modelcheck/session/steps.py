"""What an inquiry wants to have run next.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from pytest_modelcheck.engine.work import Run, Work
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.memory import ReplayedAnswers
    from pytest_modelcheck.session.revalidation import FreshAnswers

    Steps = Generator["Step", Run, None]
    """What is to be run, step by step; each step is answered with what came of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Bodies to be run.

    Attributes:
        work: What is run for each trial.
        trials: The trials.
        quiet: Whether nobody will read what failed assertions say.
        replay: Answers to be used in place of the judged model's own.
        rival: Another version of the judged model that answers in its place, or ``None``.
        slots: Says which of several answers a call gets; ``None`` for that of the trial's repeat.
    """

    work: Work
    trials: Iterable[Trial]
    quiet: bool = True
    replay: ReplayedAnswers | FreshAnswers | None = None
    rival: Model | None = None
    slots: Callable[[Trial, bytes, int], int] | None = None
