"""Explains a verdict: the worst cases in full, and where failures concentrate."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import differ
from pytest_modelcheck.checks.slices import NOT_JUDGED, PASSED, found_slice
from pytest_modelcheck.errors import message_of
from pytest_modelcheck.records import BITS, Outcome, Trial, fails_in_every_run, outcomes_in
from pytest_modelcheck.reports.selection import BOTH, LOWEST, ORDER, SHOWN, note_of, show
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.lines import trial_result
from pytest_modelcheck.session.observing import current_outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import CaseResult, FoundSlice, Group, ShownCase, TrialResult
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment
    from pytest_modelcheck.session.results import Results

_ERROR: Final = "error"
_AT_ONCE: Final = 1_000
_Severity = tuple[int, bool, bool, int, int]
"""A sort key of a case: the order of its note, whether it passes in some runs, whether others come first, its
rank, and its number."""

_PASSED: Final = BITS[Outcome.PASSED]
_FAILED: Final = BITS[Outcome.FAILED]
_WRONG: Final = _FAILED | BITS[Outcome.ERROR]
_SHOWN_TRIAL: Final = {"error": Outcome.ERROR, "new": Outcome.NEW, "unexpected pass": Outcome.XPASSED}
"""For a note, the outcome of the trial to show, if it is not the failed or the first one."""

_UNLIKE: Final = "it failed differently when it was run again to be explained: not its case alone decides"


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanation of a check."""

    slices: tuple[Group, ...]
    """The verdict by metadata, the slice that lost most first."""
    found: FoundSlice | None
    """A slice that was found rather than declared."""
    shown: tuple[ShownCase, ...]
    """Cases worth reading."""
    hidden: int
    """The number of further cases."""
    read: tuple[Result | None, ...]
    """For each shown case, its trial in a second run; ``None`` if it was not run again, or did not fail
    alone."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case that is worth reading, and its most informative trial."""

    case: CaseResult
    trial: Trial
    result: TrialResult
    note: str
    error: BaseException | None


def explain(check: Check, assessment: Assessment) -> Steps[Explained]:
    """Choose the cases worth reading, and describe each of them."""
    spec, results = check.spec, assessment.run.results
    slices: tuple[Group, ...] = ()
    first: Collection[int] = ()
    if results.slices.keys() and spec.drift is None:
        slices = results.slices.groups(current_outcomes(assessment), assessment.observations.approved)
        if (scores := assessment.observations.observed.scores) is not None:
            # Within a slice of one label, a metric such as macro F1 is 0 or 1, and says nothing.
            candidates = [group for group in slices if spec.slices or not group.name.startswith("expected=")]
            inside = [scores.among(results.slices.members(group.name)) for group in candidates]
            slices = tuple(
                replace(
                    group, metric=_defined(some.value), approved_metric=_defined(some.approved_and_current[0])
                )
                for group, some in zip(candidates, inside, strict=True)
            )
        worst = next(iter(slices), None)
        if worst is not None and worst.passed != worst.judged:
            first = results.slices.members(worst.name)  # the ones to read first
    compares = check.spec.subject.other_version is not None and not results.reads_approved
    chosen, hidden = _choose(assessment, first, compares=compares)
    detailed = yield from _run_again(check, assessment, chosen)
    shown = tuple(_show(check, assessment, one, detailed) for one in chosen)
    read = tuple(detailed.get(one.trial.index) for one in chosen)
    return Explained(slices, _search_slice(check, assessment, slices), shown, hidden, read)


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value


# -- which cases ---------------------------------------------------------------------------------------


def _choose(assessment: Assessment, first: Collection[int], *, compares: bool) -> tuple[list[Chosen], int]:
    """The cases worth reading, worst first, and the number of further ones, from their outcomes alone.

    Of equally bad cases, those in ``first`` come first. If two versions are compared, all that differ count.
    """
    results, observations = assessment.run.results, assessment.observations
    about_change = results.reads_approved
    regressed = frozenset[int]() if about_change else observations.regressed
    drifted = assessment.misses("drift") and assessment.moved is not None and assessment.moved.paired
    scores = observations.observed.scores
    # Of a metric over numbers no case is wrong by itself.
    of_numbers = scores is not None and all(case.wrong is None for case in scores.cases)
    fell = of_numbers and (assessment.misses("at_least") or assessment.misses("max_drop"))
    # If bodies compare answers themselves, failing cases are shown: other wording alone is no change.
    shows_changes = compares or drifted or fell or (assessment.misses("max_changed") and not about_change)
    changed = observations.changed if shows_changes else frozenset[int]()
    lowest = _lowest(assessment)
    ranks = _ranks_by_cause(results) | {number: rank for number, (rank, _) in lowest.items()}
    notes: dict[tuple[int, bool, bool], str | None] = {}
    noted = 0

    def severities() -> Iterator[_Severity]:
        nonlocal noted
        repeated = results.repeated or assessment.noise.again is not None
        for number, mask in enumerate(assessment.observations.runs.masks):
            if number in observations.wrong:
                mask |= _FAILED  # noqa: PLW2901 - its body passed, and its label is wrong
            # Of a million cases only a few combinations exist, so the note is worked out once for each.
            of = (mask, number in regressed, number in changed)
            if of not in notes:
                failed = "changed" if about_change else "failed"
                notes[of] = note_of(outcomes_in(mask), failed, regressed=of[1], changed=of[2])
            note = notes[of] or (
                LOWEST[assessment.observations.observed.signed] if number in lowest else None
            )
            if note is not None:
                noted += 1
                later = number not in (ranks if note == _ERROR else first)
                recovers = repeated and bool(mask & _PASSED) and bool(mask & _WRONG)
                if recovers:
                    recovers = not fails_in_every_run(assessment.observations.runs[number].trials)
                yield ORDER.index(note), recovers, later, ranks.get(number, 0), number

    if assessment.observations.observed.cases.error:
        parts: tuple[list[_Severity], list[_Severity]] = [], []
        for one in severities():
            part = parts[ORDER[one[0]] != _ERROR]
            part.append(one)
            # The whole list may have a million entries; a thousand suffice to know the smallest few.
            if len(part) > _AT_ONCE:
                part[:] = heapq.nsmallest(SHOWN, part)
        broken, others = (heapq.nsmallest(SHOWN, part) for part in parts)
        # Errors first, but some places stay for wrong answers, and the reverse if there are few errors.
        few = min(BOTH, len(others))
        worst = broken[: SHOWN - few] + others[: max(few, SHOWN - len(broken))]
    else:
        worst = heapq.nsmallest(SHOWN, severities())
    chosen = [_chosen(assessment, number, ORDER[place], lowest) for place, *_, number in worst]
    return chosen, noted - len(worst)


def _ranks_by_cause(results: Results) -> dict[int, int]:
    """The cases that broke, with ranks: one of each cause comes before a second one."""
    trials = list(results.causes.trials)
    # Sorted, since an early end puts the cases back into their original order.
    starts = sorted(range(len(results.starts)), key=results.starts.__getitem__) if trials else []
    ends = [bisect_right(starts, trial, key=results.starts.__getitem__) for trial in trials]
    return {starts[place - 1]: rank - len(trials) for rank, place in enumerate(ends) if place}


def _lowest(assessment: Assessment) -> Mapping[int, tuple[int, int]]:
    """The cases with the lowest scores, if the mean is too low: their ranks, and indices of trials."""
    if not assessment.observations.observed.graded or not assessment.misses("at_least"):
        return {}
    scored = []
    for number, case in enumerate(assessment.observations.runs):
        scores = [(one.score, place) for place, one in enumerate(case.trials) if one.score is not None]
        if least := min(scores, default=None):
            scored.append((least[0], number, least[1]))
    low = heapq.nsmallest(SHOWN, scored)
    return {number: (rank, place) for rank, (_, number, place) in enumerate(low)}


def _chosen(assessment: Assessment, number: int, note: str, lowest: Mapping[int, tuple[int, int]]) -> Chosen:
    results, again = assessment.run.results, assessment.noise.again
    case = results.whole(number)
    own = results.trials(number)
    trials = list(zip(own, case.trials, strict=True))
    if again is not None:
        second = again.whole(number)
        case = replace(case, trials=(*case.trials, *second.trials))
        # In reverse, so that the first repeat of a place stands for it.
        by_place = {trial.place: trial for trial in reversed(own)}
        for one in second.trials:
            first = by_place[one.place]
            trials.append((first.again(results.size + first.index, one.repeat), one))
    if note in LOWEST:
        trial, result = trials[lowest[number][1]]
    else:
        wanted = _SHOWN_TRIAL.get(note, Outcome.FAILED)
        trial, result = next((one for one in trials if one[1].outcome is wanted), trials[0])
    return Chosen(case, trial, result, note, assessment.observations.runs.errors.get(trial.index))


# -- their messages ------------------------------------------------------------------------------------


def _run_again(
    check: Check, assessment: Assessment, chosen: Sequence[Chosen]
) -> Steps[dict[int, Result | None]]:
    """Run failed bodies again for their full messages; ``None`` for one that makes other calls, or does not
    fail.

    The first failures were explained as they happened. The others run again, with stored answers.
    """
    known = assessment.run.explained
    failed = [one for one in chosen if one.result.outcome is Outcome.FAILED]
    found: dict[int, Result | None] = {
        one.trial.index: known[one.trial.index] for one in failed if one.trial.index in known
    }
    trials = [
        one.trial
        for one in failed
        # A call without a key is not cached: the body would get another answer than the one to explain.
        if one.trial.index not in found and all(digest for digest, _ in one.result.calls)
    ]
    if not trials:
        return found
    work = check.work(assessment.approved.answer, keep_errors=True)
    run = yield Step(work, trials, quiet=False, choose_repeat=check.choose_repeat)
    before = {one.trial.index: one.result for one in failed}
    for result in run.results:
        index = result.trial.index
        # A body that depends on time, order or chance may fail otherwise now: its message explains nothing.
        alike = result.outcome is Outcome.FAILED and not differ(trial_result(result), before[index])
        found[index] = result if alike else None
    return found


def _show(check: Check, assessment: Assessment, one: Chosen, again: Mapping[int, Result | None]) -> ShownCase:
    detailed, result = again.get(one.trial.index), one.result
    error = one.error if detailed is None else detailed.error
    message = result.message if one.error is None else message_of(one.error)
    compared = replace(result, approved=assessment.approved.trial(one.trial))
    if not message and one.note in LOWEST and result.score is not None:
        change = one.note == "smallest change"
        message = f"change {result.score:+.3g}" if change else f"score {result.score:.3g}"
    if not message and one.trial.index in again and detailed is None:
        message = _UNLIKE
    if detailed is not None:
        message = detailed.message or message
    return show(
        one.case,
        compared,
        one.note,
        case=one.trial.case,
        decode=check.spec.subject.answers.decode,
        perturbed=one.trial.perturbed,
        message=message or "",
        detail=None if error is None else check.spec.render(error),
    )


# -- where ---------------------------------------------------------------------------------------------


def _search_slice(check: Check, assessment: Assessment, slices: Sequence[Group]) -> FoundSlice | None:
    """The slice in which failures, or regressions, stand out, if the check missed a limit."""
    spec = check.spec
    if spec.drift is not None or spec.partial or assessment.passes:
        return None
    outcomes, approved = current_outcomes(assessment), None
    if assessment.misses("max_drop") or assessment.misses("max_regressed"):
        # A limit about change asks where cases broke, not where they fail: many failed before, too.
        approved = assessment.observations.approved
    if approved is not None:
        both = zip(outcomes, approved, strict=True)
        outcomes = bytes(current if before == PASSED else NOT_JUDGED for current, before in both)
    worst = next(iter(slices), None)
    cases = assessment.run.results.cases
    found = found_slice(cases, outcomes, worst, spec.limits.cluster, spec.seed)
    return None if found is None else replace(found, regressed=approved is not None)
