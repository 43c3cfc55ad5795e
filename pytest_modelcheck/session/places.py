"""The storage folders of a project, and the options of a run about them.

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
    """The storage folders of a project, and the options of a run about them.

    Attributes:
        baselines: The folder of baselines.
        cache: The folder of cached answers and candidates, which is not in git.
        keep: Whether cached answers are read from and written to disk.
        refresh: Whether cached answers are replaced by new ones.
        offline: Whether calling a model is forbidden.
        update: Whether this run approves its results, so that limits against the old baseline do not apply.
        approval_runs: The least number of runs of each case in a run that approves its results, unless every
            model involved is declared deterministic.
        revalidate: The number of cached answers of each check to verify by new calls.
        watch: Whether its evidence is added to that of earlier nights.
        baseline: The version to compare with, in place of the approved one.
        every_case: Whether to run every case, whatever ``early_stop`` says.
        suite_false_fail_rate: The chance that any approved check fails although nothing changed, or
            ``None``.
        report: Whether the run will be reported, including checks without a candidate.
        max_calls: The largest number of calls in the whole run, or ``None``.
        workers: The number of processes that share the run and its budgets.
        worker: The number of this process, from 0.
        command: The shell command that starts ``modelcheck`` from the current folder.
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
