"""The other side of a comparison: approved behaviour, judged by today's test, or another version's run.

Also the approved shape of answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.baselines.candidates import find
from pytest_modelcheck.canonical import CALL_BYTES, is_stored, of_repeat, why_unstored
from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import BaselineError, OfflineError
from pytest_modelcheck.models.model import redacted_line
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import CaseResult, Finding, Outcome, Status
from pytest_modelcheck.session.check import StandIn, Step, plan_of
from pytest_modelcheck.session.lines import (
    address,
    case_result,
    expectation,
    identity,
    keys_of,
    perturbed_input,
    trial_result,
)
from pytest_modelcheck.session.results import OTHER, Results, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.checks.contract import Shape
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Answers, Model, Raw
    from pytest_modelcheck.records import Case, Trial, TrialResult
    from pytest_modelcheck.session.check import Check, Steps


@dataclass(frozen=True, slots=True, eq=False)
class Approved(Mapping[str, CaseResult]):
    """The approved cases, by id, as today's test judges them.

    Attributes:
        baseline: What is approved, or another version's run; ``None`` where nothing is compared.
        replaced: The cases that were judged again by today's test; ``None`` for one that cannot be.
        findings: What fails the check because of it.
    """

    baseline: Baseline | None = None
    replaced: Mapping[str, CaseResult | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __getitem__(self, case: str) -> CaseResult:
        if case in self.replaced:
            found = self.replaced[case]
            if found is None:
                raise KeyError(case)
            return found
        if self.baseline is None:
            raise KeyError(case)
        return self.baseline[case]

    def __iter__(self) -> Iterator[str]:
        return (case for case in self.baseline or () if self.replaced.get(case, True) is not None)

    def __len__(self) -> int:
        unknown = sum(case is None for case in self.replaced.values())
        return 0 if self.baseline is None else len(self.baseline) - unknown

    @property
    def replayed(self) -> int:
        """The number of cases that were judged again."""
        return sum(case is not None for case in self.replaced.values())

    @property
    def version(self) -> str:
        """The version whose behaviour it is."""
        return "unversioned" if self.baseline is None else self.baseline.header.version or "unversioned"

    def line(self, case: str) -> bytes | None:
        """The line of a case as it stands in the baseline, or ``None``."""
        return None if self.baseline is None else self.baseline.line(case)

    def judged_line(self, case: str) -> bytes | None:
        """The line of a case as today's test judges it, or ``None``."""
        if case not in self.replaced:
            return self.line(case)
        found = self.replaced[case]
        return None if found is None else lines.encode(found)

    def trial(self, trial: Trial) -> TrialResult | None:
        """Return what is approved of the first run of a trial, or ``None``."""
        known = None if self.baseline is None else self.baseline.get(trial.case.id)
        if known is None or known.digest != identity(trial.case):
            return None
        # Only the first approved run is an answer to compare with; the others show how much answers vary.
        key = (*trial.place, 0)
        found = next((one for one in known.trials if one.key == key), None)
        same_input = found is not None and (found.about, found.digest) == perturbed_input(trial)
        return found if same_input else None

    def answer(self, trial: Trial, question: bytes | None = None) -> bytes | None:
        """The approved answer in the first run of a trial, to the call that the body made last."""
        known = self.trial(trial)
        return None if known is None else answer_to(known, question)


def answer_to(trial: TrialResult, question: bytes | None) -> bytes | None:
    """Return the record of a trial, else its answer to a call, else its first answer."""
    # A body that makes several calls reads `case.approved` after one of them: it means the answer to that
    # call.
    if trial.recorded is None and question is not None and len(trial.calls) > 1:
        digest = address(question)
        return next((answer for one, answer in trial.calls if one == digest), trial.answer)
    return trial.answer


def approved_of(check: Check) -> Approved:
    """Return the side to compare a check with: the version named, else what is approved."""
    spec, version, model = check.spec, check.options.baseline, check.spec.subject.name
    # A drift check with reference cases compares with these, not with what was approved.
    if spec.drift is not None and spec.drift.cases is not None:
        return Approved()
    if version is None:
        return Approved(_readable(check.store.read(model, spec.id, check.spec.subject.version)))
    found = find(check.store, check.candidates, model, spec.id, version)
    if found is None:
        raise BaselineError(
            f"{spec.id}: nothing is stored of {model} {version}, so nothing can be compared "
            f"with it. Run it once: pytest --model-version={version}"
        )
    # An early end stops where the verdict is clear, so the cases that were run are no sample of all cases.
    if found.header.stopped:
        raise BaselineError(
            f"{spec.id}: {model} {version} was {found.header.stopped}, and nothing can be compared with "
            f"part of a check. Run all cases: pytest --model-version={version} --modelcheck-no-early-stop"
        )
    findings: tuple[Finding, ...] = ()
    errors = sum(found[case].outcome is Outcome.ERROR for case in found.holding(b'"outcome":"error"'))
    # Cases that broke with that version cannot be worse now.
    if errors and not spec.partial:
        summary = (
            f"{plural(errors, 'case')} raised an error with {model} {version}, so the two cannot be "
            f"compared; run it again: pytest --model-version={version}"
        )
        findings = (Finding("baseline", Status.FAILED, summary, against_baseline=True),)
    return Approved(_readable(found), findings=findings)


def _readable(baseline: Baseline | None) -> Baseline | None:
    """A baseline as today's answers are: without secrets, where those are taken out of what is compared."""
    if baseline is None or not redacted.stored:
        return baseline
    rows = {case: redacted_line(line) for case, line in zip(baseline, baseline.rows(), strict=True)}
    return Baseline(baseline.header, rows, str(baseline.path))


# -- judged again --------------------------------------------------------------------------------------


class NeverAnsweredError(OfflineError):
    """A replayed body made a call that the approved version never answered."""


class ReplayedAnswers(StandIn):
    """The approved version's answers; any other call is an error."""

    def __init__(self, answers: Answers, baseline: Mapping[str, CaseResult]) -> None:
        super().__init__(answers)
        self._approved: dict[bytes, Raw] = {}
        self._runs: set[tuple[str, int]] = set()
        # Case by case: parsed results of a million cases must not be held together.
        for case in baseline.values():
            for trial in case.trials:
                self._runs.add((case.id, trial.repeat))
                self._approved.update(zip(keys_of(trial), (raw for _, raw in trial.calls), strict=True))
        self._repeats = {repeat for _, repeat in self._runs} - {0}

    def knows(self, trial: Trial) -> bool:
        """Return whether the approved version has this many runs."""
        return (trial.case.id, trial.repeat) in self._runs

    def find(self, key: bytes) -> Raw | None:
        """Look an approved answer up."""
        found = self._approved.get(key)
        # A key that belongs to another repeat must not get the first one's answer.
        if found is None and all(of_repeat(key, repeat) != key for repeat in self._repeats):
            found = self._approved.get(key[:CALL_BYTES])  # of the first repeat, the call alone is recorded
        return found

    @staticmethod
    def refusal(model: Model, x: Any) -> NeverAnsweredError:  # noqa: ARG004 - as for other refusals
        """The error of a call that the approved version never answered."""
        return NeverAnsweredError()


def replay(check: Check, cases: Iterable[Case], approved: Approved) -> Steps[Approved]:
    """Judge approved answers by today's test, where test or expectation have changed since.

    An edited test must never look like a changed model.
    """
    baseline = approved.baseline
    if baseline is None:
        return approved
    # Today's judges judge both sides.
    other_judge = any(
        baseline.header.others.get(judge.name, judge.version or "") != (judge.version or "")
        for judge in check.spec.others
        if judge.definition.role == "judge"
    )
    # Bodies fail by `max_steps`, and their source does not say it.
    every = other_judge or check.spec.limits.max_steps is not None
    every = every or baseline.header.body != check.spec.provenance.body
    stale = []
    for case in cases:
        known = baseline.get(case.id)
        if known is None or known.digest != identity(case):
            continue
        if every or known.expectation != expectation(case):
            stale.append(case)
    if not stale:
        return approved
    answers = ReplayedAnswers(check.spec.subject.answers, baseline)
    # Approved answers may lack a perturbation that was added since; those trials have nothing to replay.
    trials = (trial for trial in plan_of(check.spec, stale).trials() if answers.knows(trial))
    run = yield Step(check.work(approved.answer), trials, replay=answers, choose_repeat=check.choose_repeat)
    own: dict[str, list[Result]] = {case.id: [] for case in stale}
    for result in run.results:
        own[result.trial.case.id].append(result)
    replaced: dict[str, CaseResult | None] = {}
    for case in stale:
        if check.spec.levels is not None:
            settle(own[case.id])
        found = case_result(case, own[case.id])
        broke = any(trial.outcome is Outcome.ERROR for trial in found.trials)
        # A body that raises an error on an approved answer says nothing of that version: its case leaves the
        # comparison.
        replaced[case.id] = None if broke else found
    return replace(approved, replaced=replaced)


def may_be_stale(check: Check, results: Results, approved: Approved) -> Iterator[Case]:
    """The cases that today's test may judge differently."""
    if approved.baseline is not None:
        # A case with an equal line has the same answer, judged by the same body: replay could change nothing.
        edited = approved.baseline.header.body != check.spec.provenance.body
        cases = zip(results.cases, results.matches, strict=True)
        yield from (case for case, match in cases if edited or match == OTHER)


# -- another version, run beside -----------------------------------------------------------------------


def run_other_version(check: Check, other_version: Model, approved: Approved) -> Steps[Approved]:
    """Run every trial with another version; what it does is what today's version is compared with."""
    spec, before = check.spec, check.new_answers(other_version)
    plan = plan_of(spec, spec.cases)
    results = Results(plan)
    plan.without = results.skip
    work = replace(check.work(approved.answer), take=results.take)
    run = yield Step(work, plan.trials(), choose_repeat=check.choose_repeat, other_version=other_version)
    answers = check.new_answers(other_version) - before
    # Nobody knows whether it meets its limits, so it must not be approved.
    summary = (
        f"it was only run to compare {check.spec.subject.label} with; to approve it, run it by itself: "
        f"pytest --model-version={other_version.version}"
    )
    header = check.header(
        other_version,
        cases=len(results),
        findings=(Finding("against", Status.FAILED, summary),),
        reads_approved=results.reads_approved,
    )
    rows = {case.id: lines.bare(line) for case, line in zip(results.cases, results.lines, strict=True)}
    if results.reads_approved:
        # Such bodies compared with the approved answers. Their outcomes are about that, not this version.
        rows = {case: lines.settled(line) for case, line in rows.items()}
    earlier = check.candidates.read(header.model, header.test, header.version or "")
    # A complete run of its own is worth more to `approve` and `diff` than this one, which nothing judges.
    if not spec.partial and earlier is None:
        check.save_candidate(header, results.lines)
    broken_there: tuple[Finding, ...] = ()
    # A case that has no outcome there cannot be worse here.
    if (errors := results.tally().error) and not spec.partial:
        text = f"{errors}/{len(results)} cases raised an error with {other_version.label}"
        if run.stopped is not None:
            text = f"{run.stopped}; {errors} of {len(results)} cases have no outcome with it"
        text = f"{text}, so the two cannot be compared"
        broken_there = (Finding("against", Status.FAILED, text, against_baseline=True),)
    return Approved(
        Baseline(header, rows, f"the run of {other_version.label}"),
        notes=(f"{other_version.label} was run for comparison: {plural(answers, 'new answer')}",),
        findings=broken_there,
    )


# -- the approved shape --------------------------------------------------------------------------------


def with_contract(check: Check, approved: Approved) -> Check:
    """The check with the approved shape for its answers, if one is approved."""
    baseline = approved.baseline
    # An update approves the new shape, so the old one must not fail it.
    if baseline is None or check.options.update:
        return check
    from pytest_modelcheck.checks.contract import broken

    # A baseline that was approved before the check had this limit has no shape in its header.
    shape = baseline.header.shape or answered_shape(approved.values(), check.spec.subject)

    def contract(result: Result) -> str | None:
        answers = _answers(trial_result(result))
        whys = (why for answer in answers if (why := why_unstored(answer)) is not None)
        clauses = [f"its shape is unknown: {why}" for why in whys]
        clauses += [clause for answer in answers if is_stored(answer) for clause in broken(shape, answer)]
        return "; ".join(dict.fromkeys(clauses)) or None

    return replace(check, contract=contract)


def answered_shape(cases: Iterable[CaseResult], model: Model) -> Shape:
    """The union of the shapes of all answers."""
    from pytest_modelcheck.checks.contract import shape_of

    answers = (answer for case in cases for trial in case.trials for answer in _answers(trial))
    return shape_of(filter(is_stored, answers), model.answers.decode)


def _answers(trial: TrialResult) -> Sequence[bytes]:
    """Return the recorded value of a trial, else all answers of the judged model."""
    return [answer for _, answer in trial.calls] if trial.recorded is None else [trial.recorded]
