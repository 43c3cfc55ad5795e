"""The nouns of lint: faults, remarks, rules and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.spec import CheckOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.lint.body import Body
    from pytest_modelcheck.records import Case, CheckKind, Origin


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the code of its rule, and the file, the line and the test, as far as there are any."""

    code: str
    message: str
    path: str = ""
    line: int | None = None
    test: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule's remark about a case, about a place, or (with neither) about the test."""

    message: str
    case: Case | None = None
    place: Origin | None = None


@dataclass(frozen=True, slots=True)
class LintRule:
    """One kind of fault that lint finds.

    Attributes:
        code: The code: ``MC101``.
        name: A short name: ``contradiction``.
        what: The fault, in a sentence.
        why: The reason why it matters.
        instead: The remedy.
        look: Finds the fault in a check.
        cheap: Whether it needs neither cases nor perturbations, and is certain enough for a warning in a run.
    """

    code: str
    name: str
    what: str
    why: str
    instead: str
    look: Callable[[LintTarget], Iterator[Remark]]
    cheap: bool = False


def rule(
    code: str, name: str, *, why: str, instead: str, cheap: bool = False
) -> Callable[[Callable[[LintTarget], Iterator[Remark]]], LintRule]:
    """Make a rule of a function, whose docstring says what the fault is."""

    def made(look: Callable[[LintTarget], Iterator[Remark]]) -> LintRule:
        return LintRule(code, name, " ".join((look.__doc__ or "").split()), why, instead, look, cheap)

    return made


@dataclass(frozen=True, slots=True)
class LintTarget(CheckOptions):
    """One check, as far as it is known before it runs.

    Attributes:
        cases: The cases, or ``None`` if they are only known when the check runs.
        test: The name of the test, or an empty text if cases are checked on their own.
        place: The place of the test in the code.
        graded: Whether the body gives scores, or a metric scores the values that it records.
        varies: Whether the model is declared to vary; ``None`` if that is not declared.
        errors_judge: Whether some exceptions count as wrong answers (``wrong_if=``), so that a call alone may
            fail a case.
        alias: The version of the model, if it is an alias and the model has no fingerprint.
        body: The uses that the body makes of its case, or ``None`` if its source is not available.
    """

    cases: Sequence[Case] | None
    test: str = ""
    place: Origin | None = None
    kind: CheckKind = field(default="golden", kw_only=True)
    graded: bool = False
    varies: bool | None = None
    errors_judge: bool = False
    alias: str | None = None
    body: Body | None = None
