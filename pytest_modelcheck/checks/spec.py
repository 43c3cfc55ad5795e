"""The options of a check, as its marker gives them, and a check that is ready to run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import GRADE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from pytest_modelcheck.checks.drift import Reference
    from pytest_modelcheck.checks.metrics import Metric
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.perturb import Levels, Perturbation
    from pytest_modelcheck.records import Case, CheckKind, Outcome, Scale


@dataclass(frozen=True, slots=True)
class Provenance:
    """The sources of a check, to find out later whether they changed.

    Attributes:
        body: Digest of the test's source.
        source: The place of the test: ``tests/test_triage.py::test_known``.
        files: Digests of the case files, by path relative to the project's folder.
        line: The line of the test (from 1), for messages.
    """

    body: str = ""
    source: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The options of a check that mean the same before its run and in it.

    Attributes:
        perturbations: The perturbations of each input (``under=``); ``None`` for a golden check.
        levels: Makes a series of inputs from each input, over which the score should rise; or ``None``.
        drift: The reference of a drift check; ``None`` for other checks.
        scale: The range of scores.
        shaped: Whether answers must have the approved shape.
        slices: The metadata to slice by, or ``None`` to choose.
        repeats: How often each trial is run.
        seed: For perturbations, for drawing cases, and for permutation tests.
        allow_constant: Whether a model that never changes its answer may pass a directional or invariance
            check.
    """

    kind: CheckKind
    perturbations: Sequence[Perturbation] | None = None
    levels: Levels | None = None
    drift: Reference | None = None
    limits: Limits = Limits()
    scale: Scale = GRADE
    shaped: bool = False
    slices: Sequence[str] | None = None
    repeats: int = 1
    seed: int = 0
    allow_constant: bool = False

    def options(self) -> dict[str, Any]:
        """The options alone, by name, for another class that has them."""
        return {each.name: getattr(self, each.name) for each in fields(CheckOptions)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec(CheckOptions):
    """Everything that is needed to run and judge one check.

    Attributes:
        id: The node id of the test, exactly.
        body: Runs the test for one case; awaited if the test is ``async``.
        classify: Maps an exception of the body to an outcome (see ``engine.work.Work``).
        render: Formats an exception for people.
        quietly: A context manager in which failing assertions are cheap, because they are not shown.
        metric: The metric over all cases that replaces the pass rate, or ``None``.
        gather: Whether bodies may be stopped at a missing answer and restarted.
        partial: Whether only some of its cases were selected; such a run is not stored.
        rerun: The command that runs this test again, without a selection of cases.
        names_model: Whether commands must name the model with a version, because the project has several
            models.
        notes: Remarks about the cases for the reader of the verdict, one sentence each.
        source: Digest of the check and its body's source, under which its recipe is stored.
        smaller: Yields smaller cases than a failing one, if possible (see ``Cases.smaller``).
        shrink_calls: The largest number of calls to search for smallest counterexamples; 0 for none.
        progress: Called now and then with the numbers of finished cases and of calls.
    """

    id: str
    cases: Sequence[Case]
    body: Callable[[Any], Any]
    subject: Model
    classify: Callable[[BaseException], Outcome | None]
    render: Callable[[BaseException], str]
    quietly: Callable[[], AbstractContextManager[object]]
    others: Sequence[Model] = ()
    metric: Metric | None = None
    gather: bool = False
    provenance: Provenance = Provenance()
    partial: bool = False
    rerun: str = ""
    names_model: bool = False
    notes: Sequence[str] = ()
    source: bytes | None = None
    smaller: Callable[[Case], Generator[Case, bool, None] | None] | None = None
    shrink_calls: int = 0
    progress: Callable[[int, int], None] | None = None

    @property
    def signed(self) -> bool:
        """True if scores are changes, with 0 for no change."""
        return self.kind == "directional" and self.scale.low < 0

    @property
    def deterministic(self) -> bool | None:
        """The declaration of its models: all deterministic, any not, or nothing (``None``)."""
        declared = [model.definition.deterministic for model in (self.subject, *self.others)]
        if False in declared:
            return False
        return True if all(declared) else None


def refuse_variants(cases: Iterable[Case]) -> None:
    """Check that no case of a drift check has variants, which would not be answered."""
    case = next((case for case in cases if case.variants), None)
    if case is not None:
        where = "" if case.origin is None else f" ({case.origin})"
        raise UsageError(
            f"drift() compares the answers to the cases as they are, but case {case.id}{where} has"
            " variants; make them cases of their own"
        )
