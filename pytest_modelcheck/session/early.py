"""A first run that ends as soon as the verdict is known.

Cases run in an order that is random but the same for every version, so that the first hundred are as good a
sample as any other, and two versions run the same ones. They run in batches; after each batch, the run ends
if the verdict is known. Results count in the order of submission: in the order of completion, wrong answers
that arrive faster than right ones would fail good models.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.checks.early import (
    LossScale,
    StoppingRule,
    Terms,
    at_the_end,
    findings_of,
    why_not_watched,
)
from pytest_modelcheck.checks.guards import refuse_contradiction
from pytest_modelcheck.checks.observed import groups_of
from pytest_modelcheck.records import CaseResult, Outcome, Stopped
from pytest_modelcheck.session.approved import replay
from pytest_modelcheck.session.check import Step, plan_of
from pytest_modelcheck.session.found import CheckRun, Early, Noise, Variation, declared
from pytest_modelcheck.session.lines import identity
from pytest_modelcheck.session.observing import observe
from pytest_modelcheck.session.running import Receivers, receivers_of
from pytest_modelcheck.session.variation import MEASURED, repeat_calls

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from pytest_modelcheck.checks.early import DecidedLimit, Knowledge
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import Result, Run
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps

_CALIBRATED = frozenset({"max_changed", "max_regressed"})


def may_stop(check: Check) -> bool:
    """Return whether a check may end early: not if its results are approved, or only some cases selected."""
    options, spec = check.options, check.spec
    if options.update or options.every_case or spec.partial:
        return False
    return why_not_early(spec) is None


def why_not_early(spec: CheckSpec) -> str | None:
    """Explain why no check of this kind can end early; ``None`` if it can."""
    if any(model.definition.labels is not None for model in spec.others):
        return "the judge's answers are corrected once all of them are known"
    return why_not_watched(spec.limits, spec.scale, spec.levels)


def run_until_decided(check: Check, approved: Approved) -> Steps[tuple[Check, CheckRun, Approved, Variation]]:
    """Run trials until the verdict is known, or all of them; the check has the limits that hold then."""
    start = Clock.perf_counter()
    early = EarlyRun(check, approved)
    stopped, decided = yield from early.run()
    check, run = early.end(stopped, decided)
    return check, replace(run, seconds=Clock.perf_counter() - start), early.approved, early.variation


class EarlyRun:
    """Runs a check batch by batch until its verdict is known.

    The verdict rests on the cases in their order of submission, up to the one that decides: later ones of its
    batch have run and do not count. So the verdict does not depend on the concurrency of calls.

    Attributes:
        approved: The approved behaviour, as today's test judges it once the first batch has run.
        variation: The variation of the model, as far as it mattered.
    """

    def __init__(self, check: Check, approved: Approved) -> None:
        self._check, self.approved = check, approved
        self._units = units_of(check.spec)
        self._takers: Receivers = receivers_of(check, check.plan, approved)
        self._taken: list[Unit] = []
        self._cases: list[Case] = []
        self._takers.results.cases = self._cases  # in the order in which they are submitted
        self._runs: list[Run] = []
        self._inapplicable: Counter[str] = Counter()
        self._submitted = self._verified_on = 0
        self._scale: LossScale | None = None
        self._rule: StoppingRule | None = None
        self.variation = declared(check.spec.subject)

    def run(self) -> Steps[tuple[Stopped | None, Sequence[DecidedLimit]]]:
        """Run what is needed; return the reason for stopping and the decisions by then."""
        for batch in batches(self._units, self._check.spec):
            results = yield from self._run_batch(batch)
            yield from self._prepare(results)
            for unit in batch:
                for case in unit:
                    self._takers.results.add(case, results[case.id])
                    self._takers.note(results[case.id])
                self._taken.append(unit)
                self._cases += unit
                # An error fails the check whatever follows, so further calls would be paid for nothing,
                # unless its model could not be called.
                trials = (trial for case in self._last for trial in case.trials)
                broken = any(trial.outcome is Outcome.ERROR for trial in trials)
                if broken and self._runs[-1].stopped is None:
                    return Stopped(0, 0, "a case raised an error"), ()
                decided = yield from self._decide()
                if decided:
                    return Stopped(0, 0, decided[0].why), decided
        return None, ()

    @property
    def _last(self) -> Sequence[CaseResult]:
        """Return the results of the last unit."""
        results = self._takers.results
        return results[len(results) - len(self._taken[-1]) :]

    def _run_batch(self, batch: Sequence[Unit]) -> Steps[dict[str, list[Result]]]:
        """Run the cases of some units; the results of each, by its id."""
        check = self._check
        cases = [case for unit in batch for case in unit]
        plan = plan_of(check.spec, cases, start=self._submitted)
        work = replace(check.work(self.approved.answer), progress=check.progress(plan, len(self._cases)))
        run = yield Step(work, plan.trials(), choose_repeat=check.choose_repeat)
        self._submitted += len(run.results)
        self._inapplicable += plan.inapplicable
        self._runs.append(run)
        found: dict[str, list[Result]] = {case.id: [] for case in cases}
        for result in run.results:
            found[result.trial.case.id].append(result)
        return found

    # -- whether it is known ---------------------------------------------------------------------------

    def _prepare(self, results: dict[str, list[Result]]) -> Steps[None]:
        """Determine from the bodies how the check is judged: at first, and whenever that changes."""
        new = [result for each in results.values() for result in each]
        scale = self._scale
        graded = any(result.score is not None for result in new)
        reads_approved = any(result.read_approved for result in new)
        if scale is None:
            if not reads_approved:
                self.approved = yield from replay(self._check, self._check.spec.cases, self.approved)
        else:
            # Only a body shows whether it scores or reads the approved answer, and a later one may be the
            # first.
            graded, reads_approved = graded or scale.graded, reads_approved or scale.reads_approved
            if (graded, reads_approved) == (scale.graded, scale.reads_approved):
                return
        known = self.approved
        comparable = {
            case.id: known[case.id]
            for unit in self._units
            for case in unit
            if case.id in known and known[case.id].digest == identity(case)
        }
        self._scale = LossScale(comparable, graded, self._check.spec.limits.score_as, reads_approved)
        self._rule = self._stopping_rule(self._scale)
        # The rules look at losses on one scale. If the scale changes, all losses so far are counted again.
        place = 0
        for unit in self._taken:
            taken = self._takers.results[place : place + len(unit)]
            self._rule.feed(self._scale.losses(taken), self._scale.ranges(unit))
            place += len(unit)

    def _stopping_rule(self, scale: LossScale) -> StoppingRule:
        spec, limits = self._check.spec, self._check.spec.limits
        observations = observe(self._check, self._check_run(), self.approved, Noise())
        observed = replace(observations.observed, graded=scale.graded, reads_approved=scale.reads_approved)
        refuse_contradiction(observed, limits)
        approved_once = all(not case.trials[-1].repeat for case in scale.approved.values() if case.trials)
        plain = limits.cluster is None and limits.score_as is None and not scale.graded
        terms = Terms(
            limits=limits,
            required=observed.required_rate(limits),
            reads_approved=scale.reads_approved,
            compared=None if observed.comparison is None else observed.comparison.version,
            graded=scale.graded,
            runs=spec.repeats,
            single=plain and spec.repeats == 1 and approved_once,
            calibrated=_CALIBRATED | ({"at_least"} if spec.kind == "invariance" else set()),
        )
        return StoppingRule(terms, [scale.ranges(unit) for unit in self._units])

    def _decide(self) -> Steps[tuple[DecidedLimit, ...]]:
        """Find out whether the last counted unit decides the check.

        Whether the model varies is only measured when it matters: before the check fails.
        """
        rule, scale = self._rule, self._scale
        if rule is None or scale is None:
            raise RuntimeError("nothing is watched yet")
        rule.feed(scale.losses(self._last), scale.ranges(self._taken[-1]))
        decided = rule.decided(self._known)
        fails = bool(decided) and decided[0].decision == "failed"
        if self._known == "noisy" or not (fails or (self._known == "unknown" and rule.suspicious)):
            return decided
        # If few trials had run when the model was found not to vary, it is measured again.
        if self._known == "exact" and self._verified_on >= min(MEASURED, len(self._taken)):
            return decided
        check = self._check
        changed = observe(check, self._check_run(), self.approved, Noise()).changed
        self.variation = yield from repeat_calls(
            check, self._takers.results, self.approved, changed, self.variation
        )
        self._verified_on = len(self._taken)
        return rule.decided(self._known)

    @property
    def _known(self) -> Knowledge:
        varies = self.variation.varies
        if varies or self._check.spec.limits.population == "sample":
            return "noisy"
        return "unknown" if varies is None and not self._verified_on else "exact"

    # -- the results --------------------------------------------------------------------------------

    def _check_run(self) -> CheckRun:
        """Return everything that was run so far, as one run."""
        return self._takers.check_run(self._check, self._runs, self._inapplicable)

    def end(self, stopped: Stopped | None, decided: Sequence[DecidedLimit]) -> tuple[Check, CheckRun]:
        """Everything that counts, as one run with the cases in their original order, and the limits then."""
        check, run, early = self._check, self._check_run(), None
        spec, results = check.spec, run.results
        after = len(self._cases)
        if stopped is not None and after < len(spec.cases):
            stopped = replace(stopped, after=after, of=len(spec.cases))
            comparable = 0 if self._scale is None else len(self._scale.approved)
            early = Early(stopped, tuple(findings_of(decided, str(stopped))), comparable)
        elif self._known != "exact":
            # The rules that were looked at on the way have used up half of the false-fail rate.
            check = replace(check, spec=replace(spec, limits=at_the_end(spec.limits)))
        place = {case.id: number for number, case in enumerate(self._cases)}
        cases = [case for case in spec.cases if case.id in place]
        results = results.reordered(cases, [place[case.id] for case in cases], spec.slices)
        return check, replace(run, results=results, early=early)


# -- the order of submission ---------------------------------------------------------------------------

LEAST = 8
"""The number of trials in a batch, or more if the model answers more at once."""

Unit = list["Case"]
"""One observation: a case, or a group of dependent cases."""


def units_of(spec: CheckSpec) -> list[Unit]:
    """The check's cases, one by one or in groups, in their order of submission.

    That order depends only on ``seed=`` and on each case's id, not on the order or the other cases of the
    file.
    """
    cases = list(spec.cases)
    key = spec.limits.cluster
    groups: dict[Hashable, Unit] = {}
    names = None if key is None else groups_of(cases, key)
    for case in cases:
        groups.setdefault(case.id if names is None else names[case.id], []).append(case)
    texts = {name: f"{spec.seed} {name!r}".encode(errors="surrogatepass") for name in groups}
    # A hash of the name is the lot, so that a new case changes the order of no others.
    lots = {name: hashlib.blake2b(text, digest_size=8).digest() for name, text in texts.items()}
    return [groups[name] for name in sorted(groups, key=lots.__getitem__)]


def batches(units: Sequence[Unit], spec: CheckSpec) -> Iterator[list[Unit]]:
    """The units in batches of about eight trials, or as many as the model answers at once.

    A larger batch would run trials that the verdict does not need, a smaller one would leave the model idle.
    """
    wanted = max(LEAST, spec.subject.caller.concurrency)
    batch: list[Unit] = []
    trials = 0
    for unit in units:
        batch.append(unit)
        for case in unit:
            variants = 1 + len(case.variants)
            if spec.perturbations is not None:  # of which each may make no variant, or several
                variants = max(1, len(case.variants) + len(spec.perturbations))
            trials += spec.repeats * variants
        if trials >= wanted:
            yield batch
            batch, trials = [], 0
    if batch:
        yield batch
