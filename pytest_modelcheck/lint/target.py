"""What lint looks at: one check, or the cases of a file alone.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.records import GRADE, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.lint.body import Body
    from pytest_modelcheck.perturb import Perturbation
    from pytest_modelcheck.records import Case, CheckKind, Origin


@dataclass(frozen=True, slots=True)
class Target:
    """One check, as far as it is known before it runs.

    Attributes:
        cases: Its cases, or ``None`` where they are only known when it runs.
        test: Its name, or nothing where cases are looked at by themselves.
        place: Where the test is written.
        kind: Golden, invariance, directional or drift.
        perturbations: What is done to each input.
        limits: What is required.
        scale: From where to where a score may go.
        graded: Whether the body gives scores, or a metric scores what it records.
        shaped: Whether answers must have the approved shape.
        slices: The metadata that is sliced by on purpose.
        repeats: How often each case is run.
        seed: For perturbations.
        varies: Whether the model may vary: ``False`` where it is declared not to.
        errors_judge: Whether some exceptions are wrong answers (``wrong_if=``), so that asking may fail.
        alias: The version of its model, if that is an alias and the model has no fingerprint.
        body: What the test's body does, or ``None`` where that is not known.
    """

    cases: Sequence[Case] | None
    test: str = ""
    place: Origin | None = None
    kind: CheckKind = "golden"
    perturbations: Sequence[Perturbation] = ()
    limits: Limits = field(default_factory=Limits)
    scale: Scale = GRADE
    graded: bool = False
    shaped: bool = False
    slices: Sequence[str] = ()
    repeats: int = 1
    seed: int = 0
    varies: bool = True
    errors_judge: bool = False
    alias: str | None = None
    body: Body | None = None
