"""What is remembered of checks, put together for a report: without a run, or at the end of one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.candidates import natural
from pytest_modelcheck.checks.fold import is_graded, outcome_of, score_of
from pytest_modelcheck.checks.runs import share_of_runs
from pytest_modelcheck.records import Outcome
from pytest_modelcheck.reports import accounts
from pytest_modelcheck.reports.model import CheckReport, ModelReport, Past, RunReport, worst_first
from pytest_modelcheck.reports.triage import adjusted_p_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.candidates import CandidateStore
    from pytest_modelcheck.baselines.store import BaselineStore
    from pytest_modelcheck.reports.model import RunInfo, Trouble

_JUDGED = (Outcome.PASSED, Outcome.FAILED)


@dataclass(slots=True)
class Archive:
    """Everything that is remembered of a project's checks.

    Attributes:
        store: Approved behaviour.
        candidates: What was run.
    """

    store: BaselineStore
    candidates: CandidateStore
    _kept: dict[str, list[str]] = field(default_factory=dict)
    _run: dict[str, list[str]] = field(default_factory=dict)

    def with_history(self, check: CheckReport) -> CheckReport:
        """The same, with what is remembered of other versions in the same check."""
        verdict = check.verdict
        found = {past.version: past for past in self._approved(verdict.model, verdict.check)}
        for past in self._was_run(verdict.model, verdict.check):
            before = found.get(past.version)
            found[past.version] = past if before is None else replace(past, approved=before.approved)
        found.pop(verdict.version or "", None)
        return replace(check, history=tuple(found[version] for version in sorted(found, key=natural)))

    def remembered(
        self, model: str, version: str, selected: Callable[[str], bool]
    ) -> tuple[list[CheckReport], list[str]]:
        """The checks of which the last run of a version left an account, and the names of the others."""
        found, without = [], []
        for path, header in self.candidates.entries(model, version):
            if not selected(header.test):
                continue
            told = accounts.beside(path)
            if told.exists():
                found.append(self.with_history(accounts.parse(told.read_bytes(), str(told))))
            else:
                without.append(header.test)
        return found, without

    def _approved(self, model: str, check: str) -> Iterator[Past]:
        if model not in self._kept:
            self._kept[model] = self.store.kept_versions(model)
        for version in self._kept[model]:
            once = self.store.history(model, check, version)
            if once is not None:
                yield _past(once)
        now = self.store.read(model, check)
        if now is not None:
            yield _past(now)

    def _was_run(self, model: str, check: str) -> Iterator[Past]:
        if model not in self._run:
            self._run[model] = self.candidates.versions(model)
        for version in self._run[model]:
            path = accounts.beside(self.candidates.path(model, check, version))
            if path.exists():
                told = accounts.parse_head(_first_line(path), str(path))
                verdict = told.verdict
                yield Past(version, verdict.status, verdict.rate, verdict.interval, when=told.when)


def assembled(run: RunInfo, checks: Iterable[CheckReport], troubles: Iterable[Trouble] = ()) -> RunReport:
    """A report of its parts, the worst check first."""
    ordered = sorted(checks, key=worst_first)
    adjusted = adjusted_p_values([check.verdict for check in ordered])
    ordered = [replace(check, adjusted_p_value=p) for check, p in zip(ordered, adjusted, strict=True)]
    models = {_model(check) for check in ordered}
    return RunReport(run, tuple(sorted(models, key=_by_name)), tuple(ordered), tuple(troubles))


def _model(check: CheckReport) -> ModelReport:
    verdict = check.verdict
    return ModelReport(verdict.model, verdict.version, verdict.approved_version, check.fingerprint)


def _by_name(model: ModelReport) -> tuple[str, str, str]:
    return model.name, model.version or "", model.fingerprint or ""


def _past(baseline: Baseline) -> Past:
    """What was approved, with the rate that its remembered outcomes come to."""
    head = baseline.header
    records = [record for record in baseline.values() if outcome_of(record.trials) in _JUDGED]
    if is_graded(records):
        worth = [score_of(record.trials) for record in records]
    else:
        worth = [share_of_runs(record.trials) for record in records]
    rate = sum(worth) / len(worth) if worth else None
    return Past(head.version or "", rate=rate, approved=True, when=head.approved_at)


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline().rstrip(b"\n")
