"""One check, ready to be run: everything that a marker and its test say.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """The sources of a check, so that a later reader can tell whether they changed.

    Attributes:
        body: Digest of the test's source.
        source: Where the test is written: ``tests/test_triage.py::test_known``.
        files: Digests of the case files, by path relative to the project's folder.
        line: The line of the test (from 1), for messages.
    """

    body: str = ""
    source: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """Everything that is needed to run and judge one check.

    Attributes:
        id: The node id of the test, exactly.
        kind: Golden, invariance, directional or drift.
        cases: The cases.
        perturbations: What is done to each input; ``None`` for a golden check.
        levels: What makes a series of inputs of each, over which the score should rise; or ``None``.
        drift: What a drift check compares with; ``None`` for any other.
        body: Runs the test for one case; awaited where the test is ``async``.
        subject: The model that is judged.
        others: The other models that the test uses.
        classify: Says what an exception that left the body means (see ``engine.work.Work``).
        render: Turns an exception into the lines that a person reads.
        quietly: A context in which failing assertions cost little, since nobody will read them.
        limits: What is required.
        scale: From where to where a score may go.
        metric: What is computed over all cases in place of the pass rate, or ``None``.
        shaped: Whether answers must have the approved shape.
        gather: Whether bodies may be cut off at a missing answer and started again.
        slices: The metadata to slice by, or ``None`` to choose.
        repeats: How often each trial is run.
        seed: For perturbations and samples.
        provenance: What the check was made from.
        partial: Whether only some of its cases were selected; such a run is not saved.
        rerun: The command that runs this test again, without the case.
        names_model: Whether a version alone says too little, since the project has several models.
        notes: What a reader of the verdict should know of the cases, a sentence each.
        source: Digest of the check and its body's source: what is known of its calls is stored under it.
        smaller: Gives smaller cases than one that fails, where there may be any (see ``Cases.smaller``).
        shrink_calls: How many calls the smallest counterexamples may take; 0 for none.
        allow_constant: Whether a model may pass a directional or invariance check by standing still.
        progress: Told now and then how many cases are done and how many calls were made.
    """

    id: str
    kind: CheckKind
    cases: Sequence[Case]
    body: Callable[[Any], Any]
    subject: Model
    classify: Callable[[BaseException], Outcome | None]
    render: Callable[[BaseException], str]
    quietly: Callable[[], AbstractContextManager[object]]
    perturbations: Sequence[Perturbation] | None = None
    levels: Levels | None = None
    drift: Reference | None = None
    others: Sequence[Model] = ()
    limits: Limits = Limits()
    scale: Scale = GRADE
    metric: Metric | None = None
    shaped: bool = False
    gather: bool = False
    slices: Sequence[str] | None = None
    repeats: int = 1
    seed: int = 0
    provenance: Provenance = Provenance()
    partial: bool = False
    rerun: str = ""
    names_model: bool = False
    notes: Sequence[str] = ()
    source: bytes | None = None
    smaller: Callable[[Case], Generator[Case, bool, None] | None] | None = None
    shrink_calls: int = 0
    allow_constant: bool = False
    progress: Callable[[int, int], None] | None = None

    @property
    def signed(self) -> bool:
        """True if a score is a change, of which 0 says that nothing moved."""
        return self.kind == "directional" and self.scale.low < 0


def refuse_variants(cases: Iterable[Case]) -> None:
    """Check that no case of a drift check has variants, which would not be answered.

    Raises:
        UsageError: One has.
    """
    case = next((case for case in cases if case.variants), None)
    if case is not None:
        where = "" if case.origin is None else f" ({case.origin})"
        raise UsageError(
            f"drift() compares the answers to the cases as they are, but case {case.id}{where} has"
            " variants; make them cases of their own"
        )
