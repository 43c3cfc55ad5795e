"""Findings of lint, and the rules that make them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.records import GRADE, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.lint.body import Body
    from pytest_modelcheck.perturb import Perturbation
    from pytest_modelcheck.records import Case, CheckKind, Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: The rule: ``MC101``.
        message: What is wrong, on one line.
        path: The file, or nothing where there is none.
        line: The line, from 1, or ``None``.
        test: The test that was looked at, or nothing where a case file was looked at by itself.
    """

    code: str
    message: str
    path: str = ""
    line: int | None = None
    test: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule's remark: on a case, on a place, or (with neither) on the test."""

    message: str
    case: Case | None = None
    place: Origin | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that lint looks for.

    Attributes:
        code: Its code.
        name: What people call it.
        what: What is found, in a sentence.
        why: Why that is wrong.
        instead: What to do about it.
        look: Finds it.
        cheap: Whether it needs neither the cases nor the perturbations, and is certain enough for a warning.
    """

    code: str
    name: str
    what: str
    why: str
    instead: str
    look: Callable[[Target], Iterator[Remark]]
    cheap: bool = False


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
