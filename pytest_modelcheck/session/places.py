"""Paths of what a project keeps, and what a run may do with it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CANDIDATES: Final = "candidates"
PREDICTIONS: Final = "predictions"
MEASURES: Final = "measures"
RECIPES: Final = "recipes"
CLAIMS: Final = f"{PREDICTIONS}/claims.lock"


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of what a project keeps, and what a run may do with it.

    Attributes:
        baselines: The folder of approved behaviour.
        cache: The folder of what need not be in git: predictions and candidates.
        keep: Whether predictions are read from and written to disk.
        refresh: Whether cached predictions are asked again.
        offline: Whether calling a model is forbidden.
        update: Whether this run approves what it sees, so that the baseline's own limits do not apply.
        approval_runs: How often each case is run at least in a run that approves what it sees, unless every
            model involved is declared deterministic.
        revalidate: How many cached answers of each check are asked again, to see whether they still hold.
        watch: Whether what it finds out adds up with what earlier nights found out.
        baseline: The version to compare with, in place of the approved one.
        every_case: Whether every case is run, whatever checks say of ``early_stop``.
        suite_false_fail_rate: The chance that any of the approved checks fails for nothing, or ``None``.
        report: Whether the run is going to be reported, also what of it leaves no candidate.
        max_calls: How many answers the models may be asked for in the whole run, or ``None``.
        workers: How many processes share the run, and with it its budgets.
        worker: Which of them this is, from 0.
        command: The words that start ``modelcheck`` where pytest was started.
    """

    baselines: Path
    cache: Path
    keep: bool = True
    refresh: bool = False
    offline: bool = False
    update: bool = False
    approval_runs: int = 3
    revalidate: int = 0
    watch: bool = False
    baseline: str | None = None
    every_case: bool = False
    suite_false_fail_rate: float | None = None
    report: bool = False
    max_calls: int | None = None
    workers: int = 1
    worker: int = 0
    command: Sequence[str] = ("modelcheck",)
