"""Reasons not to approve a candidate, and the regressions and errors that approving it accepts."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.baseline import results
from pytest_modelcheck.baselines.lines import equivalent
from pytest_modelcheck.baselines.provenance import WHOLE_FILE, body_digest, defines, file_digest, place
from pytest_modelcheck.phrases import listed, plural
from pytest_modelcheck.records import MISSING, Outcome, Status, fails_in_every_run, fold, shared_trials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header, PastApproval
    from pytest_modelcheck.records import CaseResult


def is_gone(header: Header, root: Path) -> bool:
    """Return whether the test that a candidate belongs to no longer exists below ``root``."""
    file, qualname = place(header)
    path = root / file
    return not path.is_file() or (not header.body.startswith(WHOLE_FILE) and not defines(path, qualname))


def objections(header: Header, root: Path) -> Iterator[str]:
    """The reasons why a candidate, whose paths are relative to ``root``, cannot be approved; none if it can.

    A failure against the baseline alone is not an objection: approving settles it.
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
    several = f"candidates of this version have several ({seen}): run pytest again"
    return {
        check: (f"ran with fingerprint {mark or 'none'}, but {several}",) for check, mark in by_check.items()
    }


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
    """Describe how two runs of one check and version differ; empty if they are equivalent."""
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
    candidate: Baseline, old: Baseline | None, left: Collection[str], past: Sequence[PastApproval]
) -> Iterator[str]:
    """Describe what approving a candidate in place of a baseline accepts, in at most nine lines.

    The cases in ``left`` keep their approved result; ``past`` is every approval of the check, oldest first,
    including this one.
    """
    cases = [case for case in candidate if case not in left]
    by_outcome: dict[Outcome, list[str]] = defaultdict(list)
    known: set[str] = set()
    broke, fixed = [], 0
    # Case by case: parsed results of a million cases must not be held together.
    for case in cases:
        current, before = candidate[case], None if old is None else old.get(case)
        by_outcome[current.outcome].append(case)
        # A case whose input, or what is expected of it, was edited is another case: its failure is no
        # regression.
        if before is None or not current.is_same_as(before) or current.expectation != before.expectation:
            continue
        known.add(case)
        if current.outcome is Outcome.FAILED and _broke(current, before):
            broke.append(case)
        fixed += _broke(before, current)
    errors, failed = by_outcome[Outcome.ERROR], by_outcome[Outcome.FAILED]
    if errors:
        yield f"{_of(errors, cases)} raised an error: {listed(errors, _IDS)}"
    if old is None:
        if failed:
            yield f"{_of(failed, cases)} {'fails' if len(failed) == 1 else 'fail'}: {listed(failed, _IDS)}"
    else:
        if broke:
            beside = f" ({fixed:,} fixed)" if fixed else ""
            yield f"{_of(broke, known)} broke: {listed(broke, _IDS)}{beside}"
            yield from _slices(candidate, frozenset(broke), known)
        if others := [case for case in failed if case not in known]:
            verb = "fails" if len(others) == 1 else "fail"
            yield f"{plural(len(others), 'new or edited case')} {verb}: {listed(others, _IDS)}"
    yield from _trend(candidate.header, past)


def _broke(current: CaseResult, old: CaseResult) -> bool:
    """Return whether every old run of a case passed, and none of the current ones with the same inputs."""
    now, before = shared_trials(current.trials, old.trials)
    return fold([trial.outcome for trial in before]) is Outcome.PASSED and fails_in_every_run(now)


def _of(some: Sequence[str], cases: Collection[str]) -> str:
    return f"{len(some):,} of {plural(len(cases), 'case')}"


def _slices(candidate: Baseline, broke: frozenset[str], known: Collection[str]) -> Iterator[str]:
    """The slices in which more cases broke than elsewhere, worst first."""
    if candidate.header.approved_at:
        return  # what was approved once tells nothing of its cases' metadata
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for case in results(Path(candidate.path))[1]:
        if case.id in known:
            expected = {} if case.expected is MISSING else {"expected": case.expected}
            for key, value in (expected | dict(case.metadata)).items():
                if isinstance(value, (str, int, bool)):
                    counts[key, str(value)][0] += case.id in broke
                    counts[key, str(value)][1] += 1
    found = []
    for (key, value), (lost, cases) in counts.items():
        rest, elsewhere = len(known) - cases, len(broke) - lost
        if lost >= _ENOUGH and lost * rest > _STANDS_OUT * elsewhere * cases:
            found.append((elsewhere / rest - lost / cases, key, value, lost, cases))
    for _, key, value, lost, cases in sorted(found)[:_SLICES]:
        others = f"{len(broke) - lost} of {len(known) - cases}"
        yield f"{key}={value}: {lost} of {cases} broke (elsewhere {others})"


def _trend(header: Header, past: Sequence[PastApproval]) -> Iterator[str]:
    """The trend since the first approval, not the last: ten approvals may each lose a point."""
    known = [(one.version, one.rate) for one in past if one.rate is not None]
    if len(known) < 2 or known[-1][1] >= known[0][1]:
        return
    steps = [f"{version} {header.rate_text(rate)}" for version, rate in known]
    if len(steps) > _APPROVALS + 1:
        steps[1:-_APPROVALS] = [f"({len(steps) - _APPROVALS - 1} more)"]
    below = known[0][1] - known[-1][1]
    fall = f"{header.measure} {below:.3g}"
    if not header.measure:
        points = f"{100 * below:.1f}".removesuffix(".0")
        fall = f"{points} point" if points == "1" else f"{points} points"
    yield f"{fall} below the first approval: {' → '.join(steps)}"
