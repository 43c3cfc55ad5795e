"""One check on its way from its first trial to its verdict: what all its steps share.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.costs import judge_costs
from pytest_modelcheck.checks.drift import judge_drift
from pytest_modelcheck.checks.judge import guards, judge
from pytest_modelcheck.checks.watching import why_not_watched
from pytest_modelcheck.engine.body import by_repeat
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.engine.work import Work
from pytest_modelcheck.records import Calls, Finding, Status, Verdict
from pytest_modelcheck.session.account import KEPT, account
from pytest_modelcheck.session.approved import approved_answer, baseline_of, broken_before, other_fingerprint
from pytest_modelcheck.session.conclusion import conclude
from pytest_modelcheck.session.costs import costs_of
from pytest_modelcheck.session.evidence import Evidence
from pytest_modelcheck.session.reread import Results
from pytest_modelcheck.session.sampling import broken_reference, sampled
from pytest_modelcheck.session.series import settle
from pytest_modelcheck.session.systems import other_systems
from pytest_modelcheck.session.variation import declared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.checks.drift import Reference
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, Moved, Stopped, Trial
    from pytest_modelcheck.session.session import Session


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, what the first body that failed or broke raised, and the full account of the check.

    The account is there where one was asked for (:attr:`Places.account`).
    """

    verdict: Verdict
    first_failure: BaseException | None
    account: bytes | None = None


class Inquiry:
    """Finds out how one check comes out.

    Attributes:
        spec: What the check is.
        session: What all checks share.
        subject: The model that is judged.
        plan: The check's own trials.
        slots: Says which of several answers a call gets in the check's own trials, or ``None``.
        evidence: What has been found out so far.
    """

    def __init__(self, spec: CheckSpec, session: Session) -> None:
        self.spec = replace(spec, limits=session.limits_in_suite(spec.limits))
        self.session = session
        self.subject = spec.subject
        self.plan = self.plan_of(spec.cases)
        self.slots = by_repeat if spec.repeats > 1 else None
        self._line = session.switchboard.endpoint(spec.subject)
        self._mark = self._line.meter.mark()
        if self.spec.limits.on_costs:
            self._line.measure_all()
        named = spec.drift is not None and spec.drift.cases is not None
        baseline = None if named else baseline_of(session, spec.subject, spec.id)
        self.evidence = Evidence(baseline, declared(spec.subject), spec.partial, baseline or {})

    def plan_of(self, cases: Sequence[Case], start: int = 0) -> Plan:
        """The trials of some of the check's cases, numbered from ``start``."""
        spec = self.spec
        return Plan(
            cases, spec.perturbations, repeats=spec.repeats, seed=spec.seed, levels=spec.levels, start=start
        )

    @property
    def may_stop(self) -> bool:
        """Whether the check may end before all its cases were run.

        Never one whose behaviour is to be approved, nor one of which only some cases are asked for.
        """
        places, spec = self.session.places, self.spec
        if not spec.limits.early_stop or places.update or places.every_case or spec.partial:
            return False
        return why_not_watched(spec.limits, spec.scale, spec.levels) is None

    def settled(self, results: Sequence[Result]) -> Sequence[Result]:
        """What came of trials, once those that are judged together are."""
        if self.spec.levels is not None:
            settle(results)
        return results

    def work(self) -> Work:
        """How the body is run."""
        spec = self.spec
        return Work(
            body=spec.body,
            subject=self.subject,
            classify=spec.classify,
            find_approved=self.approved_answer,
            scale=spec.scale,
            records=spec.drift is not None,
            models={model.name: model for model in (self.subject, *spec.others)},
            gather=spec.gather,
            source=spec.source,
        )

    def approved_answer(self, trial: Trial) -> bytes | None:
        """The approved version's answer, or ``None``."""
        return approved_answer(self.evidence.baseline, trial)

    @property
    def unused(self) -> int:
        """A number from which on no trial of the check has its own."""
        if isinstance(self.evidence.results, Results):
            return len(self.evidence.results)
        return 1 + max((result.trial.index for result in self.evidence.results), default=0)

    def calls(self, calls: Calls | None = None) -> Calls:
        """What the check has cost so far: ``calls``, with what the way to its model has counted."""
        return self._line.meter.since(self._mark, calls or Calls())

    def look(self) -> None:
        """Work out what limits are held against, and hold them."""
        self.evidence.look(self.spec)
        self.judge()

    def judge(self) -> None:
        """Hold the limits against what was observed."""
        evidence = self.evidence
        if evidence.early is not None:
            findings = [*self._guards(evidence.early), *evidence.decided]
        elif self.spec.drift is None:
            findings = judge(evidence.observed, self.spec.limits, varies=bool(evidence.variation.varies))
        else:
            findings, evidence.moved = self._judge_drift(self.spec.drift)
        findings += other_fingerprint(self.session, self.subject)
        findings += self._judge_costs()
        findings += other_systems(self.subject, evidence.systems, evidence.baseline)
        findings += (*broken_before(self), *evidence.revalidated)
        if evidence.beside:  # first, and in place of a baseline that is missed since there it broke
            findings = [*evidence.beside, *(each for each in findings if each.limit != "new")]
        if self.session.places.update:
            # What this run sees becomes the baseline, so that today's says nothing about it.
            findings = [finding for finding in findings if not finding.against_baseline]
            findings = findings or [
                Finding("update", Status.PASSED, f"{len(evidence.records)} cases recorded")
            ]
        evidence.findings = findings

    def _judge_costs(self) -> list[Finding]:
        limits = self.spec.limits
        return judge_costs(costs_of(self.subject, self.evidence.results), limits) if limits.on_costs else []

    def _judge_drift(self, reference: Reference) -> tuple[list[Finding], Moved | None]:
        evidence, limits = self.evidence, self.spec.limits
        findings = guards(evidence.observed, limits) + broken_reference(evidence.reference or ())
        if findings:
            return findings, None
        if evidence.partial:
            ran = plural(len(evidence.records), "case")
            text = f"{ran} run; the distribution is judged when all are"
            return [Finding("drift", Status.PASSED, text)], None
        return judge_drift(sampled(self.spec, evidence), reference, limits, self.spec.seed)

    def _guards(self, stopped: Stopped) -> list[Finding]:
        """What fails a check that was stopped, whatever its limits say."""
        found = guards(self.evidence.observed, self.spec.limits)
        return [replace(finding, summary=f"{stopped}: {finding.summary}") for finding in found]

    def judged(self) -> Judged:
        """The verdict, once all steps are done."""
        approved = self.session.approved_version(self.subject.name)
        self.evidence.calls = self.calls(self.evidence.calls)
        verdict = conclude(self.spec, self.evidence, approved, self.plan.inapplicable)
        return Judged(verdict, self.evidence.first_failure, self._account(verdict))

    def _account(self, verdict: Verdict) -> bytes | None:
        spec, evidence, wanted = self.spec, self.evidence, self.session.places.account
        kept = not spec.partial and self.subject.version is not None
        if not wanted and (not kept or len(evidence.results) > KEPT):
            return None
        told = account(spec, self.plan.cases, evidence, verdict)
        if kept:
            self.session.leave_account(told, self.subject, spec.id)
        return told if wanted else None
