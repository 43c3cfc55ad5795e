"""Reasons not to approve a candidate, and the regressions and errors that approving it accepts.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.baseline import results
from pytest_modelcheck.baselines.lines import equivalent
from pytest_modelcheck.baselines.provenance import WHOLE_FILE, body_digest, defines, file_digest, place
from pytest_modelcheck.phrases import listed, percent, plural
from pytest_modelcheck.records import MISSING, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header, Past
    from pytest_modelcheck.records import CaseResult


def is_gone(header: Header, root: Path) -> bool:
    """Return whether the test that a candidate belongs to no longer exists.

    Args:
        header: The candidate's header.
        root: The folder that node ids are relative to.
    """
    file, qualname = place(header)
    path = root / file
    if not path.is_file():
        return True
    return not header.body.startswith(WHOLE_FILE) and not defines(path, qualname)


def objections(header: Header, root: Path) -> Iterator[str]:
    """The reasons why a candidate cannot be approved; empty if it can.

    A failure against the baseline alone is not an objection: approving settles it.

    Args:
        header: The candidate's.
        root: The folder that node ids and paths of case files are relative to.

    Raises:
        BaselineError: The test's file is not Python.
    """
    file, qualname = place(header)
    if header.body and body_digest(root / file, qualname) != header.body:
        yield (
            f"{qualname} in {file}, or what it uses there, has changed since it ran: run pytest again "
            f"(or modelcheck baselines prune, if it no longer uses {header.model})"
        )
    for name, digest in header.files.items():
        path = root / name
        if not path.is_file():
            yield f"its case file {name} no longer exists: run pytest again"
        elif file_digest(path) != digest:
            yield f"its case file {name} has changed since it ran: run pytest again"
    for finding in header.findings:
        if finding.status is Status.FAILED and not finding.against_baseline:
            yield finding.summary


def incomplete(header: Header) -> tuple[str, ...]:
    """The reason why a candidate can never be approved, even by force: some of its cases were not run."""
    if not header.stopped:
        return ()
    others = "nothing is known of the others: run all of them (pytest --modelcheck-no-early-stop)"
    return (f"it was {header.stopped}, and {others}",)


def mixed_fingerprints(headers: Iterable[Header]) -> Mapping[str, tuple[str, ...]]:
    """By node id, the objection to candidates of one version that have different fingerprints."""
    by_check = {header.test: header.fingerprint for header in headers}
    if len(set(by_check.values())) < 2:
        return {}
    seen = ", ".join(sorted(mark or "none" for mark in set(by_check.values())))
    return {check: (_MIXED.format(own=mark or "none", seen=seen),) for check, mark in by_check.items()}


_MIXED: Final = (
    "ran with fingerprint {own}, but candidates of this version have several ({seen}): run pytest again"
)


_COUNTS: Final = {
    "kind": "the kind of check",
    "fingerprint": "the model's fingerprint",
    "systems": "the systems that answered",
    "body": "the test",
    "source": "where the test stands",
    "files": "the case files",
    "others": "the versions of other models",
    "stopped": "how many cases were run",
}
"""Header fields that must be equal in equal runs, with their names in messages."""


def differences(one: Baseline, two: Baseline) -> Iterator[str]:
    """Describe how two runs of one check and version differ; empty if they are equivalent.

    Raises:
        BaselineError: A case of one of them cannot be read.
    """
    for name, label in _COUNTS.items():
        if getattr(one.header, name) != getattr(two.header, name):
            yield label
    # Without the summaries of the findings, in which there are numbers.
    missed, others = (
        {(finding.limit, finding.status, finding.against_baseline) for finding in side.header.findings}
        for side in (one, two)
    )
    if missed != others:
        yield "which limits were missed"
    theirs = two.lines()
    alone = len(one.lines().keys() ^ theirs.keys())
    other = alone + sum(not equivalent(one[case], two[case]) for case in one.changed_in(theirs))
    if other:
        yield f"{other} of {len(one.lines().keys() | theirs.keys())} cases"


_IDS: Final = 5
_SLICES: Final = 3
_APPROVALS: Final = 3
_ENOUGH: Final = 3
_STANDS_OUT: Final = 2.0
"""A slice is named if at least this many cases broke, at this multiple of the rate elsewhere."""


def accepted(
    candidate: Baseline, old: Baseline | None, left: Collection[str], past: Sequence[Past]
) -> Iterator[str]:
    """Describe what approving a candidate accepts, in at most nine lines.

    Args:
        candidate: The candidate to approve.
        old: The current baseline of the check, or ``None``.
        left: The cases that keep their approved result.
        past: Every approval of the check, oldest first, including this one.
    """
    cases = {case: candidate[case] for case in candidate if case not in left}
    errors = _having(Outcome.ERROR, cases)
    failed = _having(Outcome.FAILED, cases)
    if errors:
        yield f"{_of(errors, cases)} raised an error: {listed(errors, _IDS)}"
    if old is None:
        if failed:
            yield f"{_of(failed, cases)} {'fails' if len(failed) == 1 else 'fail'}: {listed(failed, _IDS)}"
    else:
        # A case whose input was edited is another case, so its failure is no regression.
        known = {case: old[case] for case in cases if case in old and cases[case].is_same_as(old[case])}
        broke = [case for case in failed if case in known and _never_passes(cases[case], known[case])]
        fixed = sum(cases[case].outcome is Outcome.PASSED for case in _having(Outcome.FAILED, known))
        if broke:
            beside = f" ({fixed:,} fixed)" if fixed else ""
            yield f"{_of(broke, known)} broke: {listed(broke, _IDS)}{beside}"
            yield from _slices(candidate, frozenset(broke), known)
    yield from _trend(past)


def _having(outcome: Outcome, cases: Mapping[str, CaseResult]) -> list[str]:
    return [name for name, case in cases.items() if case.outcome is outcome]


def _never_passes(now: CaseResult, then: CaseResult) -> bool:
    """Return whether every approved run of a case passed, and none of its new ones does."""
    failing = {trial.repeat for trial in now.trials if trial.outcome is Outcome.FAILED}
    return then.outcome is Outcome.PASSED and failing == {trial.repeat for trial in now.trials}


def _of(some: Sequence[str], cases: Collection[str]) -> str:
    return f"{len(some):,} of {plural(len(cases), 'case')}"


def _slices(candidate: Baseline, broke: frozenset[str], known: Collection[str]) -> Iterator[str]:
    """The slices in which more cases broke than elsewhere, worst first."""
    if candidate.header.approved_at:
        return  # what was approved once tells nothing of its cases' metadata
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for case in results(Path(candidate.path))[1]:
        if case.id in known:
            for fact in _facts(case):
                counts[fact][0] += case.id in broke
                counts[fact][1] += 1
    found = []
    for (key, value), (lost, cases) in counts.items():
        rest, elsewhere = len(known) - cases, len(broke) - lost
        if lost >= _ENOUGH and lost * rest > _STANDS_OUT * elsewhere * cases:
            found.append((elsewhere / rest - lost / cases, key, value, lost, cases))
    for _, key, value, lost, cases in sorted(found)[:_SLICES]:
        others = f"{len(broke) - lost} of {len(known) - cases}"
        yield f"{key}={value}: {lost} of {cases} broke (elsewhere {others})"


def _facts(case: CaseResult) -> Iterable[tuple[str, str]]:
    facts = dict(case.metadata) if case.expected is MISSING else {"expected": case.expected, **case.metadata}
    return ((key, str(value)) for key, value in facts.items() if isinstance(value, (str, int, bool)))


def _trend(past: Sequence[Past]) -> Iterator[str]:
    """The trend since the first approval: each step alone may be too small to notice."""
    known = [one for one in past if one.rate is not None]
    # Compared with the first approval, not the last: ten approvals may each lose a point.
    if len(known) < 2 or (known[-1].rate or 0.0) >= (known[0].rate or 0.0):
        return
    steps = [f"{one.version} {percent(one.rate or 0.0)}" for one in known]
    if len(steps) > _APPROVALS + 1:
        steps[1:-_APPROVALS] = [f"({len(steps) - _APPROVALS - 1} more)"]
    points = f"{100 * ((known[0].rate or 0.0) - (known[-1].rate or 0.0)):.1f}".removesuffix(".0")
    noun = "point" if points == "1" else "points"
    yield f"{points} {noun} below the first approval: {' → '.join(steps)}"
