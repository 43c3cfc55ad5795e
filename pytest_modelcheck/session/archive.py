"""Assembles reports from stored results: without a run, or at the end of one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.baselines.candidates import natural, result_header
from pytest_modelcheck.checks.compare import changes_alone, compare, pair_of
from pytest_modelcheck.checks.observed import score_of, share_of_runs
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import MISSING, Finding, Outcome, Status
from pytest_modelcheck.records.packing import unpack
from pytest_modelcheck.reports.model import CheckReport, ModelReport, PastResult, RunReport, worst_first
from pytest_modelcheck.reports.selection import BOTH, ORDER, SHOWN, shown_case
from pytest_modelcheck.reports.worst import adjusted_p_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.candidates import CandidateStore
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.baselines.store import BaselineStore
    from pytest_modelcheck.records import CaseResult, Comparison, Group, ShownCase, Verdict
    from pytest_modelcheck.reports.model import RunInfo, Trouble

COMPARED: Final = "compared"
"""The limit of the finding that describes changes; it always passes."""


def report_of(path: Path) -> CheckReport:
    """The report of a check, from its result file."""
    header, cases = baseline.results(path)
    check = _head(header, path)
    about_change = header.reads_approved
    rows = (beside(case, case.approved, about_change=about_change) for case in cases)
    return replace(check, cases=tuple(rows))


def _head(header: Header, path: Path) -> CheckReport:
    try:
        return unpack(header.run, CheckReport)
    except TypeError as error:
        message = f"the result of a check is damaged ({error}). Run pytest again."
        raise BaselineError(message, str(path), 1) from error


def beside(case: CaseResult, approved: CaseResult | None, *, about_change: bool = False) -> CaseResult:
    """A case with the result of another version, and the change since.

    If bodies compare with the approved answer themselves (``about_change``), a failure only means a change.
    """
    pair = pair_of(case, approved)
    # An edited input makes it another case: there is nothing to compare, whatever its id says.
    if approved is None or not case.is_same_as(approved):
        return replace(case, approved=None, change=None)
    known = {trial.key: trial for trial in approved.trials}
    trials = tuple(replace(trial, approved=known.get(trial.key)) for trial in case.trials)
    change = None if pair is None or about_change else pair.turned
    if change is None and pair is not None and pair.changed:
        change = "changed"
    return replace(case, trials=trials, approved=approved, change=change)


@dataclass(slots=True)
class Archive:
    """All stored results of a project's checks."""

    store: BaselineStore
    candidates: CandidateStore
    _kept: dict[str, list[str]] = field(default_factory=dict)
    _run: dict[str, list[str]] = field(default_factory=dict)

    def with_history(self, check: CheckReport) -> CheckReport:
        """The same with the stored results of other versions of the check."""
        verdict = check.verdict
        found = {past.version: past for past in self._approved(verdict.model, verdict.check)}
        for past in self._was_run(verdict.model, verdict.check):
            before = found.get(past.version)
            found[past.version] = past if before is None else replace(past, approved=before.approved)
        # The report shows this run itself; its history is the other versions.
        found.pop(verdict.version or "", None)
        return replace(check, history=tuple(found[version] for version in sorted(found, key=natural)))

    def saved(
        self, model: str, version: str, selected: Callable[[str], bool]
    ) -> tuple[list[CheckReport], list[str]]:
        """The checks with a verdict on a version, and the names of those that it only ran."""
        found, without = [], []
        for path, header in self.candidates.entries(model, version):
            if selected(header.test) and header.run:
                found.append(self.with_history(report_of(path)))
            elif selected(header.test):
                without.append(header.test)
        return found, without

    def _approved(self, model: str, check: str) -> Iterator[PastResult]:
        if model not in self._kept:
            self._kept[model] = self.store.saved_versions(model)
        for version in self._kept[model]:
            once = self.store.history(model, check, version)
            if once is not None:
                yield _past(once)
        for held in (None, *self.store.beside(model)):
            current = self.store.read(model, check, held)
            if current is not None:
                yield _past(current)

    def _was_run(self, model: str, check: str) -> Iterator[PastResult]:
        if model not in self._run:
            self._run[model] = self.candidates.versions(model)
        for version in self._run[model]:
            path = self.candidates.path(model, check, version)
            header = result_header(path) if path.exists() else None
            if header is not None and header.run:
                report = _head(header, path)
                verdict = report.verdict
                yield PastResult(version, verdict.status, verdict.rate, verdict.interval, when=report.when)


def assembled(run: RunInfo, checks: Iterable[CheckReport], troubles: Iterable[Trouble] = ()) -> RunReport:
    """Assemble a report, worst check first."""
    ordered = sorted(checks, key=worst_first)
    adjusted = adjusted_p_values([check.verdict for check in ordered])
    ordered = [replace(check, adjusted_p_value=p) for check, p in zip(ordered, adjusted, strict=True)]
    models = {
        ModelReport(
            one.verdict.model,
            one.verdict.version,
            one.verdict.approved_version,
            one.fingerprint,
            one.retires,
        )
        for one in ordered
    }
    by_name = sorted(models, key=lambda model: (model.name, model.version or "", model.fingerprint or ""))
    return RunReport(run, tuple(by_name), tuple(ordered), tuple(troubles))


def _past(approved: Baseline) -> PastResult:
    """Return an approval, with its rate, or that of its stored outcomes after a review."""
    rate, when = approved.header.rate, approved.header.approved_at
    if rate is not None:
        return PastResult(approved.header.version or "", rate=rate, approved=True, when=when)
    cases = [case for case in approved.values() if case.judged]
    graded = any(trial.score is not None for case in cases for trial in case.trials)
    worth = [score_of(case.trials) if graded else share_of_runs(case.trials) for case in cases]
    rate = fmean(worth) if worth and not approved.header.metric else None
    return PastResult(approved.header.version or "", rate=rate, approved=True, when=when)


# -- compared with another version ---------------------------------------------------------------------


def compared(check: CheckReport, current: Baseline, approved: Baseline) -> CheckReport:
    """The same check, compared with another version in place of the approved one.

    Limits against the approved version are left out: they do not apply here.
    """
    version = approved.header.version or "unversioned"
    graded = any(trial.score is not None for case in current.values() for trial in case.trials)
    paired = (pair_of(case, approved.get(case.id)) for case in current.values())
    comparison = compare(paired, version, current=len(current), approved=len(approved), graded=graded)
    if check.verdict.moved is not None:
        comparison = changes_alone(comparison)
    cases = []
    for case in check.cases:
        found = beside(case, approved.get(case.id))
        # In a drift check, outcomes do not change.
        turned = case.id in comparison.regressed or case.id in comparison.fixed
        if found.change in ("regressed", "fixed") and not turned:
            found = replace(found, change="changed" if case.id in comparison.changed else None)
        cases.append(found)
    return replace(check, verdict=_verdict(check.verdict, comparison, cases), cases=tuple(cases))


def _verdict(verdict: Verdict, comparison: Comparison, cases: Sequence[CaseResult]) -> Verdict:
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    differ = plural(len(comparison.changed), "answer differs", "answers differ")
    text = f"{broke} broke, {fixed} fixed since {comparison.version}, {differ}"
    independent = [finding for finding in verdict.findings if not finding.against_baseline]
    missed = [finding for finding in independent if not finding.met]
    met = [finding for finding in independent if finding.met]
    findings = (*missed, Finding(COMPARED, Status.PASSED, text), *met)
    named = any(f"{verdict.model}=" in command for _, command in verdict.advice)
    prefix = f"{verdict.model}=" if named else ""
    versions = (f"{prefix}{comparison.version}", f"{prefix}{verdict.version or ''}")
    advice = [(what, command) for what, command in verdict.advice if what == "reproduce one"]
    shown, hidden = _worth_reading(verdict, comparison, cases)
    return replace(
        verdict,
        status=max((finding.status for finding in findings), key=lambda status: status.severity),
        findings=findings,
        comparison=comparison,
        slices=tuple(_slice(group, cases) for group in verdict.slices),
        shown=shown,
        hidden=hidden,
        advice=(*advice, ("see all", f"modelcheck diff {shlex.join(versions)}")),
    )


def _worth_reading(
    verdict: Verdict, comparison: Comparison, cases: Sequence[CaseResult]
) -> tuple[tuple[ShownCase, ...], int]:
    """The cases that broke, then those that differ, and the number of further ones."""
    known = {case.id: case for case in verdict.shown}
    # Wrong in both versions is not a difference.
    notes = dict.fromkeys(comparison.changed, "changed") | dict.fromkeys(comparison.fixed, "fixed")
    notes |= dict.fromkeys(comparison.regressed, "regressed")
    notes |= {case.id: "error" for case in cases if case.outcome is Outcome.ERROR}
    noted = [(ORDER.index(notes[case.id]), place) for place, case in enumerate(cases) if case.id in notes]
    # Rank 0 is "error". Errors must not hide all wrong answers, nor the reverse: each keeps a few places.
    errors = [place for rank, place in sorted(noted) if not rank]
    others = [place for rank, place in sorted(noted) if rank]
    few = min(BOTH, len(others))
    chosen = [cases[place] for place in errors[: SHOWN - few] + others[: max(few, SHOWN - len(errors))]]
    shown = tuple(shown_case(case, notes[case.id], known.get(case.id)) for case in chosen)
    return shown, len(noted) - len(shown)


def _slice(group: Group, cases: Sequence[CaseResult]) -> Group:
    # A stored verdict names its slices, and not their cases, so membership is worked out from the metadata.
    key, _, value = group.name.partition("=")
    judged = []
    for case in cases:
        facts: dict[str, Any] = dict(case.metadata)
        if case.expected is not MISSING:
            facts.setdefault("expected", case.expected)
        before = case.approved
        if before is not None and before.judged and key in facts and str(facts[key]) == value:
            judged.append(before)
    passed = sum(case.outcome is Outcome.PASSED for case in judged)
    return replace(group, approved_passed=passed if judged else None, approved_judged=len(judged) or None)
