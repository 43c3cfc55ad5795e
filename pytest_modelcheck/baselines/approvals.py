"""From a candidate to a baseline: what ``modelcheck approve`` does.

Either all requested checks become baselines, or none does, even if the process is killed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import atomic, watch
from pytest_modelcheck.baselines.candidates import never_ran
from pytest_modelcheck.baselines.diff import diff
from pytest_modelcheck.baselines.lines import REPEATED
from pytest_modelcheck.baselines.objections import (
    accepted,
    incomplete,
    is_gone,
    mixed_fingerprints,
    objections,
)
from pytest_modelcheck.baselines.store import ApprovedVersion
from pytest_modelcheck.errors import BaselineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline, Written
    from pytest_modelcheck.baselines.candidates import CandidateStore
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.baselines.store import BaselineStore

    Reader = Callable[[str, str, str], Baseline | None]


@dataclass(frozen=True, slots=True)
class Signature:
    """The approver's name, the time, the reason, the way and the plugin's version, for each header."""

    by: str
    at: str
    reason: str = ""
    plugin: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A check that was approved.

    Attributes:
        check: Its node id.
        previous: The version that was approved before, or ``None``.
        written: Counts of its cases that were added and removed, and of those that ``modelcheck diff`` shows
            as changed: a case whose runs were only repeated less or more often is not.
        forced: The objections that were overridden.
        kept: How many cases keep their earlier approved result.
        accepts: The regressions and errors that it accepts, one line each.
        noise_unknown: Whether it was run once only, by a model that is not declared deterministic.
    """

    check: str
    previous: str | None
    written: Written
    forced: tuple[str, ...] = ()
    kept: int = 0
    accepts: tuple[str, ...] = ()
    noise_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an approval.

    Attributes:
        model: The model.
        version: The version that was to be approved.
        previous: The main version before, or ``None``.
        approved: The approved checks; empty if any was refused.
        refused: The checks that were refused, and why; each reason ends in what to do.
        gone: Candidates of tests that no longer exist; they are ignored.
        left: Checks that stay with another version, and that version.
        unchanged: Whether exactly this was approved already, so that nothing was written.
        unfinished: Whether checks were not run to their end, which ``force`` cannot override.
        beside: Whether it was approved beside the main version.
    """

    model: str
    version: str
    previous: ApprovedVersion | None
    approved: tuple[Approval, ...]
    refused: Mapping[str, tuple[str, ...]]
    gone: tuple[str, ...]
    left: tuple[tuple[str, str | None], ...]
    unchanged: bool = False
    unfinished: bool = False
    beside: bool = False


def approve(
    candidates: CandidateStore,
    store: BaselineStore,
    root: Path,
    *,
    model: str,
    version: str,
    signature: Signature,
    select: Callable[[str], bool] | None = None,
    rejected: Mapping[str, Collection[str]] | None = None,
    seen: Mapping[str, str] | None = None,
    force: bool = False,
    keep_history: bool = False,
    dry_run: bool = False,
    beside: bool | None = None,
    doubts: Callable[[Baseline, int], Iterable[str]] = lambda *_: (),
    announce: Callable[[Sequence[Approval]], None] = lambda _: None,
) -> Report:
    """Approve the results of a version, or of an older one that history keeps, without calling the model.

    Args:
        candidates: The results of runs.
        store: The baselines.
        root: The folder that node ids and paths of case files are relative to.
        model: The model.
        version: Its version.
        signature: Who, when and why.
        select: Selects node ids; all by default.
        rejected: By node id, the cases that keep their approved result; new ones among them are left out.
        seen: By node id, the digest of the candidate that was reviewed; any other is refused.
        force: Override objections, and record them in the headers; but a baseline has all of its cases.
        keep_history: Copy the current baselines into the history first.
        dry_run: Write nothing; report what would be approved.
        beside: Whether beside the main version or in its place; by default, beside it if it is there already.
        doubts: Further objections to a candidate, also from the number of candidates approved together.
        announce: Called with the checks to approve before anything is written.

    Raises:
        VersionError: There is no run of this version.
        UsageError: ``select`` leaves nothing.
        BaselineError: A file cannot be read, or a test has been run again in the meantime.
    """
    offered = _offered(candidates, store, model, version)
    chosen = {check: offer for check, offer in offered.items() if select is None or select(check)}
    if not chosen:
        checks = "\n  ".join(offered)
        raise UsageError(f"no check that {model} {version} ran matches that. It ran:\n  {checks}")
    gone = tuple(check for check, (header, _) in chosen.items() if is_gone(header, root))
    present = {check: offer for check, offer in chosen.items() if check not in gone}
    headers = [header for header, _ in present.values()]
    unfinished = {header.test: reasons for header in headers if (reasons := incomplete(header))}
    against = unfinished or _against(present.values(), root, doubts)
    previous = store.approved(model)
    if beside is None:
        beside = version in store.beside(model) and (previous is None or previous.version != version)
    if beside and (previous is None or previous.version == version):
        held = "nothing yet" if previous is None else "it already"
        raise UsageError(
            f"{model} {version} cannot be approved beside: the application is held to {held}. "
            "Approve it with modelcheck approve --instead"
        )
    approved: tuple[Approval, ...] = ()
    unchanged = False
    # All checks of a model or none: half an approval would hold the application to a mixture of versions.
    if present and not unfinished and (force or not against):
        if not dry_run:
            atomic.sweep(store.root)
        with atomic.Batch(store.root, dry=dry_run) as batch:
            previous = store.approved(model)  # another approval may have been waited for
            approved = tuple(
                _record(
                    store,
                    batch,
                    _unchanged(offer, (seen or {}).get(check)),
                    signature,
                    against.get(check, ()),
                    (rejected or {}).get(check, ()),
                    keep_history=keep_history,
                    beside=beside,
                )
                for check, offer in present.items()
            )
            if not beside:
                first = next(header for header, _ in present.values())
                store.set_approved(model, ApprovedVersion(version, first.fingerprint, first.shutdown), batch)
            _forget_nights(store, batch, model, version, present, beside=beside)
            unchanged = batch.empty
            announce(approved)
    others = (header for _, header in store.entries(model) if header.version != version)
    now = {one.check for one in approved}  # of a dry run, they have another version still
    left = ((header.test, header.version) for header in others if header.test not in now)
    return Report(
        model=model,
        version=version,
        previous=previous,
        approved=approved,
        refused={} if approved else against,
        gone=gone,
        left=() if beside else tuple(left),
        unchanged=unchanged,
        unfinished=bool(unfinished),
        beside=beside,
    )


def _against(
    offers: Collection[tuple[Header, Reader]], root: Path, doubts: Callable[[Baseline, int], Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """The objections to each check, if there are any."""
    mixed = mixed_fingerprints([header for header, _ in offers])
    against = {}
    for header, read in offers:
        candidate = _unchanged((header, read), None)
        against[header.test] = (
            *objections(header, root),
            *mixed.get(header.test, ()),
            *doubts(candidate, len(offers)),
        )
    return {check: reasons for check, reasons in against.items() if reasons}


def _forget_nights(
    store: BaselineStore,
    batch: atomic.Batch,
    model: str,
    version: str,
    checks: Container[str],
    *,
    beside: bool,
) -> None:
    """Remove the nights that belong to replaced approvals."""

    def stays(night: watch.Night) -> bool:
        if night.model != model or night.check not in checks:
            return True
        # A version that stays in service beside this one keeps its own nights.
        in_service = store.beside_path(model, night.check, night.version).exists()
        return night.version != version and (beside or in_service)

    watch.rewrite(batch, store.root, lambda night: night if stays(night) else None)


def _offered(
    candidates: CandidateStore, store: BaselineStore, model: str, version: str
) -> dict[str, tuple[Header, Reader]]:
    """Return the files of a version by node id: its candidates, or those of its history if there are none."""
    offered: dict[str, tuple[Header, Reader]] = {
        header.test: (header, store.history) for _, header in store.history_entries(model, version)
    }
    for _, header in candidates.entries(model, version):
        offered[header.test] = (header, candidates.read)
    if not offered:
        raise never_ran(store, candidates, model, version)
    return dict(sorted(offered.items()))


def _unchanged(offer: tuple[Header, Reader], seen: str | None) -> Baseline:
    """The candidate of a check, if it is the one that was reviewed."""
    header, read = offer
    candidate = read(header.model, header.test, header.version or "")
    if candidate is None:
        raise BaselineError(f"{header.test} was just removed; nothing was written. Run pytest again.")
    # A person approves what was shown. A run in another terminal may have replaced it since.
    if candidate.header != header or seen not in (None, candidate.digest()):
        raise BaselineError(
            f"{header.test} has been run again in the meantime, and its results may differ; nothing was "
            "written. Review it again, and approve it."
        )
    return candidate


def _record(
    store: BaselineStore,
    batch: atomic.Batch,
    candidate: Baseline,
    signature: Signature,
    forced: tuple[str, ...],
    rejected: Collection[str],
    *,
    keep_history: bool,
    beside: bool,
) -> Approval:
    header = candidate.header
    baseline = store.read(header.model, header.test, header.version if beside else None)
    old = None if baseline is None else baseline.header
    rows, rate = candidate.lines(), header.rate
    if rejected:
        known = {} if baseline is None else baseline.lines()
        kept = {case: known[case] for case in rejected if case in known}
        rows = {case: line for case, line in rows.items() if case not in rejected} | kept
        rate = None  # nobody ran this mixture
    another = old is not None and old.version != header.version
    # An approval under the same name belongs to the history, too, if anything that history shows has changed.
    shown = ("version", "fingerprint", "rate", "judged")
    is_news = old is not None and any(getattr(old, name) != getattr(header, name) for name in shown)
    own = store.beside_path(header.model, header.test, header.version or "")
    if not beside and own.exists():
        batch.remove(own)  # it is the main one now
    if keep_history and another and not beside:
        store.keep(batch, header.model, header.test)
    # A baseline keeps what reviewers need. Findings and the report belong to the run and would change every
    # diff.
    signed = dataclasses.replace(
        header,
        findings=(),
        run={},
        reads_approved=False,
        rate=rate,
        judge="" if rejected else header.judge,
        judged=0 if rejected else header.judged,
        kept=len(rejected),
        approved_at=signature.at,
        approved_by=signature.by,
        approved_with=signature.how,
        reason=signature.reason,
        forced=forced,
        plugin=signature.plugin or header.plugin,
        past=() if old is None else (*old.past, old.as_past()) if is_news else old.past,
    )
    before = None if old is None else old.version
    accepts = tuple(accepted(candidate, baseline, rejected, (*signed.past, signed.as_past())))
    written = store.adopt(batch, signed, rows, beside=beside)
    # Lines may differ in a digest only; reviewers are told of cases that differ for them.
    if written.changed:
        changes = [
            case
            for case in diff(header.test, header.model, baseline, candidate).cases
            if case.before and case.after
        ]
        written = dataclasses.replace(written, changed=sum(case.id not in rejected for case in changes))
    verdict = header.run.get("verdict", {})
    # Where the model is known not to vary, or single answers do not count, one run is enough.
    steady = verdict.get("varies") is False or verdict.get("kind") == "drift"
    unknown = not steady and not candidate.holding(REPEATED)
    return Approval(header.test, before, written, forced, len(rejected), accepts, unknown)
