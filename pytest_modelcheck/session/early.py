"""A first run that ends as soon as the verdict is known.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.judge import refuse_contradiction, required_rate
from pytest_modelcheck.checks.losses import Scale
from pytest_modelcheck.checks.watching import Terms, Watch, at_the_end, findings_of
from pytest_modelcheck.engine.work import Run
from pytest_modelcheck.records import Calls, CaseRecord, Outcome, Stopped
from pytest_modelcheck.session.first_run import progress_of, questions
from pytest_modelcheck.session.memory import expectation, identity, records_of
from pytest_modelcheck.session.noise import ask_twice
from pytest_modelcheck.session.replay import replay
from pytest_modelcheck.session.steps import Step
from pytest_modelcheck.session.submission import batches, units_of
from pytest_modelcheck.session.systems import systems_of
from pytest_modelcheck.session.variation import MEASURED

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pytest_modelcheck.checks.watching import Decided, Knowledge
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.steps import Steps
    from pytest_modelcheck.session.submission import Unit

_CALIBRATED = frozenset({"max_changed", "max_regressed"})


def run_until_decided(inquiry: Inquiry) -> Steps:
    """Run trials until the verdict is known, or all of them."""
    evidence, start = inquiry.evidence, time.perf_counter()
    early = EarlyRun(inquiry)
    run = yield from early.run()
    cached = max(0, questions(run.results) - (inquiry.calls().asked - early.asked_again))
    seconds = time.perf_counter() - start
    evidence.calls = inquiry.calls(Calls(cached=cached, direct=run.direct, seconds=seconds))
    evidence.unasked, evidence.stopped = run.unasked, run.stopped
    evidence.direct = run.direct, run.direct_seconds
    evidence.vain = run.vain
    evidence.first_failure = run.first_failure
    evidence.results = run.results
    evidence.systems = systems_of(inquiry.subject, run.results)
    evidence.records = evidence.kept = records_of(inquiry.plan.cases, run.results)


class EarlyRun:
    """Runs a check batch by batch until its verdict is known.

    What is known rests on the cases in their order of submission, up to the one that decides: those of its
    batch that come after it were asked for and do not count. So the verdict does not depend on how many
    calls are under way at once.

    Args:
        inquiry: The check.

    Attributes:
        asked_again: How many questions were asked a second time, to see whether the model varies.
    """

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self._units = units_of(inquiry.spec)
        self._taken: list[tuple[Unit, list[CaseRecord]]] = []
        self._results: list[Result] = []
        self._run = Run([], None)
        self._inapplicable: Counter[str] = Counter()
        self._submitted = self.asked_again = 0
        self._verified_on = 0
        self._scale: Scale | None = None
        self._watch: Watch | None = None

    def run(self) -> Generator[Step, Run, Run]:
        """Run what is needed, and return it as one run with the cases in the order in which they stand."""
        for batch in batches(self._units, self._inquiry.spec):
            results = yield from self._run_batch(batch)
            yield from self._prepare(results)
            for unit in batch:
                self._take(unit, results)
                if self._is_broken:
                    return self._whole(Stopped(0, 0, "a case broke with an error"), ())
                decided = yield from self._decide()
                if decided:
                    return self._whole(Stopped(0, 0, decided[0].why), decided)
        return self._whole(None, ())

    @property
    def _taken_cases(self) -> int:
        return sum(len(unit) for unit, _ in self._taken)

    @property
    def _is_broken(self) -> bool:
        """Whether the last unit broke with an error, and not for want of a model to be asked."""
        trials = (trial for record in self._taken[-1][1] for trial in record.trials)
        return self._run.stopped is None and any(trial.outcome is Outcome.ERROR for trial in trials)

    def _run_batch(self, batch: Sequence[Unit]) -> Generator[Step, Run, dict[str, list[Result]]]:
        """Run the cases of some units; the results of each, by its id."""
        inquiry, whole = self._inquiry, self._run
        cases = [case for unit in batch for case in unit]
        plan = inquiry.plan_of(cases, start=self._submitted)
        work = replace(inquiry.work(), progress=progress_of(inquiry, plan, self._taken_cases))
        run = yield Step(work, plan.trials(), slots=inquiry.slots)
        self._submitted += len(run.results)
        self._inapplicable += plan.inapplicable
        whole.direct += run.direct
        whole.direct_seconds += run.direct_seconds
        whole.vain += run.vain
        whole.first_failure = whole.first_failure or run.first_failure
        whole.unasked += run.unasked
        whole.stopped = whole.stopped or run.stopped
        found: dict[str, list[Result]] = {case.id: [] for case in cases}
        for result in run.results:
            found[result.trial.case.id].append(result)
        return found

    def _take(self, unit: Unit, results: dict[str, list[Result]]) -> None:
        """Let what came of a unit count."""
        own = [result for case in unit for result in results[case.id]]
        self._results += own
        self._taken.append((unit, records_of(unit, own)))

    # -- whether it is known ---------------------------------------------------------------------------

    def _prepare(self, results: dict[str, list[Result]]) -> Steps:
        """Find out from what bodies did how the check is judged: at first, and wherever that changes."""
        inquiry, evidence = self._inquiry, self._inquiry.evidence
        new = [result for each in results.values() for result in each]
        scale = self._scale
        graded = any(result.score is not None for result in new)
        reads_approved = any(result.read_approved for result in new)
        if scale is None:
            evidence.results = new
            evidence.records = [_unanswered(case) for case in inquiry.plan.cases]
            yield from replay(inquiry)
            evidence.records = ()
        else:
            graded, reads_approved = graded or scale.graded, reads_approved or scale.reads_approved
            if (graded, reads_approved) == (scale.graded, scale.reads_approved):
                return
        self._scale = Scale(self._comparable(), graded, inquiry.spec.limits.score_as, reads_approved)
        self._watch = self._watching(self._scale)
        for unit, records in self._taken:
            self._watch.feed(self._scale.losses(records), self._scale.ranges(unit))

    def _comparable(self) -> dict[str, CaseRecord]:
        """The approved behaviour of the cases that are still the same."""
        then = self._inquiry.evidence.then
        cases = (case for unit in self._units for case in unit)
        return {case.id: then[case.id] for case in cases if _is_known(case, then.get(case.id))}

    def _watching(self, scale: Scale) -> Watch:
        inquiry, evidence = self._inquiry, self._inquiry.evidence
        spec, limits = inquiry.spec, inquiry.spec.limits
        evidence.look(spec)
        observed = replace(evidence.observed, graded=scale.graded, reads_approved=scale.reads_approved)
        refuse_contradiction(observed, limits)
        then_once = all(not record.trials[-1].repeat for record in scale.then.values() if record.trials)
        plain = limits.cluster is None and limits.score_as is None and not scale.graded
        terms = Terms(
            limits=limits,
            required=required_rate(observed, limits),
            reads_approved=scale.reads_approved,
            compared=None if observed.comparison is None else observed.comparison.version,
            graded=scale.graded,
            runs=spec.repeats,
            single=plain and spec.repeats == 1 and then_once,
            calibrated=_CALIBRATED | ({"at_least"} if spec.kind == "invariance" else set()),
        )
        return Watch(terms, [scale.ranges(unit) for unit in self._units])

    def _decide(self) -> Generator[Step, Run, tuple[Decided, ...]]:
        """See whether the last unit that was taken decides the check.

        Whether the model varies is only asked for where it matters: before the check fails.
        """
        watch, scale = self._watch, self._scale
        if watch is None or scale is None:
            raise RuntimeError("nothing is watched yet")
        unit, records = self._taken[-1]
        watch.feed(scale.losses(records), scale.ranges(unit))
        decided = watch.decided(self._known)
        fails = bool(decided) and decided[0].decision == "failed"
        if self._known == "unknown" and (fails or watch.suspicious):
            yield from self._verify()
            decided = watch.decided(self._known)
        elif self._known == "exact" and fails and self._verified_on < min(MEASURED, len(self._taken)):
            # It was looked at before so much was there to be looked at.
            yield from self._verify()
            decided = watch.decided(self._known)
        return decided

    @property
    def _known(self) -> Knowledge:
        varies = self._inquiry.evidence.variation.varies
        if varies or self._inquiry.spec.limits.population == "sample":
            return "noisy"
        return "unknown" if varies is None and not self._verified_on else "exact"

    def _verify(self) -> Steps:
        """Find out whether the model varies."""
        self._look()
        before = self._inquiry.calls().asked
        yield from ask_twice(self._inquiry)
        self.asked_again += self._inquiry.calls().asked - before
        self._verified_on = len(self._taken)

    def _look(self) -> None:
        evidence = self._inquiry.evidence
        evidence.results = self._results
        evidence.records = [record for _, records in self._taken for record in records]
        evidence.look(self._inquiry.spec)

    # -- what comes of it --------------------------------------------------------------------------------

    def _whole(self, stopped: Stopped | None, decided: Sequence[Decided]) -> Run:
        """Everything that counts as one run, with the cases in the order in which they stand."""
        inquiry, evidence = self._inquiry, self._inquiry.evidence
        spec = inquiry.spec
        after = self._taken_cases
        if stopped is not None and after < len(spec.cases):
            evidence.early = replace(stopped, after=after, of=len(spec.cases))
            evidence.decided = findings_of(decided, str(evidence.early))
            evidence.comparable = 0 if self._scale is None else len(self._scale.then)
        elif self._known != "exact":
            inquiry.spec = replace(spec, limits=at_the_end(spec.limits))
        taken = {id(case) for unit, _ in self._taken for case in unit}
        place = {id(case): number for number, case in enumerate(spec.cases)}
        inquiry.plan = inquiry.plan_of([case for case in spec.cases if id(case) in taken])
        inquiry.plan.inapplicable = self._inapplicable
        self._run.results = sorted(self._results, key=lambda result: place[id(result.trial.case)])
        return self._run


def _unanswered(case: Case) -> CaseRecord:
    return CaseRecord(case.id, identity(case), expectation(case), "", ())


def _is_known(case: Case, then: CaseRecord | None) -> bool:
    return then is not None and then.input == identity(case)
