"""From the runs of a check to evidence, and from evidence to a look for each of its limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.baselines.diff import answers_differ
from pytest_modelcheck.checks.changes import (
    AnswerEvidence,
    CaseAnswers,
    look_at_changes,
    look_at_compared,
    look_at_regressed,
)
from pytest_modelcheck.checks.compare import pair_of
from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.observed import values_of
from pytest_modelcheck.checks.protocol import Rules, look_at_drop, look_at_rate, renumbered
from pytest_modelcheck.checks.units import Units, look_at_fall, look_at_mean, look_at_trend
from pytest_modelcheck.records import GRADE, Outcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.diff import Calls
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.records import CaseResult, TrialResult

    RunAnswers = tuple[Calls, ...]
    """The answers of each trial in one run of a case."""

_Counted = TypeVar("_Counted", CaseRuns, CaseAnswers)


_COPIES: Final = 20
"""Further answers of a model declared to vary: if none differs, they come from a cache or a seed."""


@dataclass(frozen=True, slots=True)
class Probed:
    """The outcomes of the probes of one case."""

    probes: int = 0
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence against which the limits of a check are held where noise may explain a miss.

    Attributes:
        rate: The runs of every case that came to pass or fail.
        paired: The same of the cases that were approved, restricted to inputs that both sides have.
        numbers: For each case of ``rate`` its number in the check.
        paired_numbers: The same for ``paired``.
    """

    rate: Evidence
    paired: Evidence
    answers: AnswerEvidence
    numbers: tuple[int, ...] = ()
    paired_numbers: tuple[int, ...] = ()

    @property
    def varies(self) -> bool:
        """True if any outcome differed from another of the same case and version."""
        return self.rate.varies or self.paired.varies


def weigh(
    cases: Iterable[tuple[CaseResult, CaseResult | None]],
    repeats: int,
    probed: Mapping[int, Probed],
    *,
    graded: bool,
    worst: float = 0.0,
    deterministic: bool | None,
    groups: Sequence[Hashable] | None = None,
) -> Weighed:
    """Sort the runs of a check into evidence.

    Cases of one of the ``groups`` may vary together, as cases that share their answers do: their runs are
    exchanged as wholes.

    Nobody knows of an approved version whether it would have repeated itself; answers of now that all repeat
    stand in for that. Of a model that is declared to vary and repeats all of its answers, as a client with a
    cache does, further runs say nothing: each case counts once.
    """
    rates: list[CaseRuns] = []
    pairs: list[CaseRuns] = []
    answers: list[CaseAnswers] = []
    numbers, paired_numbers, answered = [], [], []
    # Parsed cases are not kept, and most are alike in their outcomes: one object stands for all that are.
    alike: dict[CaseRuns | CaseAnswers, Any] = {}
    calls: list[tuple[str, ...]] = []
    repeated = True
    for number, (case, before) in enumerate(cases):
        calls.append(first_calls(case))
        repeated = repeated and len(set(_numbered(case.trials, []))) <= 1
        probe = probed.get(number, Probed())
        if case.judged:
            sets = _sets(case.trials, repeats, graded=graded, worst=worst)
            if sets is not None:
                runs = CaseRuns((), sets, probe.probes, probe.recovered)
                rates.append(alike.setdefault(runs, runs))
                numbers.append(number)
        pair = pair_of(case, before)
        if pair is None:
            continue
        if pair.judged:
            sets = _sets(pair.current, repeats, graded=graded, worst=worst)
            approved = values_of(pair.approved, graded=graded, worst=worst)
            if sets is not None and approved:
                runs = CaseRuns(approved, sets, probe.probes, probe.recovered)
                pairs.append(alike.setdefault(runs, runs))
                paired_numbers.append(number)
        # What was recorded counts, else all answers of the judged model.
        known: list[RunAnswers] = []
        approved_answers = _numbered(pair.approved, known)
        first, fresh = (_numbered(side, known) for side in _split(pair.current, repeats))
        if approved_answers and first:
            found = CaseAnswers(approved_answers, (first, fresh) if fresh else (first,))
            answers.append(alike.setdefault(found, found))
            answered.append(number)
    units = shared_calls(calls) if groups is None else dict(enumerate(groups))
    rates, pairs = _in_units(rates, numbers, units), _in_units(pairs, paired_numbers, units)
    answers = _in_units(answers, answered, units)
    copies = deterministic is False and repeated and sum(len(case.current) - 1 for case in rates) >= _COPIES
    copies = copies and not any(case.varies for case in (*rates, *pairs))
    if copies:
        rates, pairs = list(map(_once, rates)), list(map(_once, pairs))
        answers = [CaseAnswers(case.approved[:1], (case.sets[0][:1],), case.unit) for case in answers]
    return Weighed(
        Evidence(rates, graded, deterministic, repeated, copies),
        Evidence(pairs, graded, deterministic, repeated, copies),
        AnswerEvidence(answers, deterministic, repeated, copies, tuple(answered)),
        tuple(numbers),
        tuple(paired_numbers),
    )


def _in_units(cases: list[_Counted], numbers: Sequence[int], units: Mapping[int, Hashable]) -> list[_Counted]:
    """The same cases, of which those with a unit have it; ``numbers`` are their numbers in the check."""
    if not units:
        return cases
    return [
        replace(case, unit=units[number]) if number in units else case
        for case, number in zip(cases, numbers, strict=True)
    ]


def _once(case: CaseRuns) -> CaseRuns:
    """A case whose further runs only repeat the first."""
    return replace(case, approved=case.approved[:1], sets=(case.sets[0][:1],))


def _sets(
    trials: Sequence[TrialResult], repeats: int, *, graded: bool, worst: float
) -> tuple[tuple[float, ...], ...] | None:
    """The values of the first set, and of the fresh ones as one; ``None`` if no run completed."""
    first, fresh = (values_of(side, graded=graded, worst=worst) for side in _split(trials, repeats))
    if not first:
        return None
    return (first, fresh) if fresh else (first,)


def _split(trials: Sequence[TrialResult], repeats: int) -> tuple[list[TrialResult], list[TrialResult]]:
    """Separate the trials of the first set from those of fresh ones."""
    first = [trial for trial in trials if trial.repeat < repeats]
    return first, [trial for trial in trials if trial.repeat >= repeats]


def _numbered(trials: Sequence[TrialResult], known: list[RunAnswers]) -> tuple[int, ...]:
    """Number the answers of each run; runs that broke, or made no call, are left out."""
    runs: dict[int, list[TrialResult]] = {}
    for trial in trials:
        runs.setdefault(trial.repeat, []).append(trial)
    found = []
    for run in runs.values():
        answers = tuple([_all_answers(trial) for trial in sorted(run, key=lambda trial: trial.place)])
        if not all(answers):
            continue
        for number, other in enumerate(known):
            if answers == other or (
                len(answers) == len(other) and not any(map(answers_differ, other, answers))
            ):
                found.append(number)
                break
        else:
            found.append(len(known))
            known.append(answers)
    return tuple(found)


def _all_answers(trial: TrialResult) -> Calls:
    """Return the answers of a run; none if it broke, perhaps before its later answers."""
    if trial.recorded is not None:
        return (("", trial.recorded),)
    return () if trial.outcome is Outcome.ERROR else trial.calls


def first_calls(case: CaseResult) -> tuple[str, ...]:
    """The digests of the calls in the first run of a case."""
    return tuple([key for trial in case.trials if not trial.repeat for key, _ in trial.calls])


def shared_calls(calls: Sequence[tuple[str, ...]]) -> dict[int, Hashable]:
    """The cases that make the same calls as others, by number, each with what these have in common."""
    often = Counter(calls)
    return {number: keys for number, keys in enumerate(calls) if keys and often[keys] > 1}


def looks(
    weighed: Weighed,
    observed: Observed,
    limits: Limits,
    groups: Sequence[Hashable] | None = None,
    *,
    approved: bool,
    outcomes: Evidence | None = None,
    compared: Evidence | None = None,
) -> dict[str, Look]:
    """Look at each limit of a check.

    ``groups`` gives the group of each case by its number, ``outcomes`` the compared cases as passed or failed
    if they have scores, ``compared`` the outcomes of bodies that compare with approved answers themselves.
    """
    rules, sampled = Rules(limits.false_fail_rate, limits.confirm), limits.population == "sample"
    rate, paired, required = weighed.rate, weighed.paired, observed.required_rate(limits)
    on_means = sampled or groups is not None or limits.score_as is not None
    on_means = on_means or (observed.graded and observed.scale != GRADE)
    # Further runs say little about other cases: unless a model is known to vary, the first set decides.
    once = sampled and rate.deterministic is not False

    def units(numbers: Iterable[int]) -> Units:
        return Units(observed, limits, None if groups is None else [groups[number] for number in numbers])

    found: dict[str, Look] = {}
    if required is not None and rate.cases and not once:
        if observed.series:
            look = look_at_trend(rate, units(weighed.numbers), required)
        elif on_means:
            look = look_at_mean(rate, units(weighed.numbers), required)
        else:
            look = look_at_rate(rate, required, rules)
        found["at_least"] = renumbered(look, weighed.numbers)
    if compared is not None:
        means = units(weighed.numbers).means
        found["max_changed"] = look_at_compared(
            compared, limits.max_changed or 0, rules, sampled=sampled, means=means
        )
        return found
    if not approved:
        return found
    if paired.cases and not once:
        if on_means:
            look = look_at_fall(paired, units(weighed.paired_numbers))
        else:
            look = look_at_drop(paired, limits.max_drop or 0, rules)
        found["max_drop"] = renumbered(look, weighed.paired_numbers)
    if paired.cases and limits.max_regressed is not None:
        means = units(weighed.paired_numbers).means
        look = look_at_regressed(
            outcomes or paired, limits.max_regressed, rules, sampled=sampled, means=means
        )
        found["max_regressed"] = renumbered(look, weighed.paired_numbers)
    if limits.max_changed is not None:
        means = units(weighed.answers.numbers).means
        found["max_changed"] = look_at_changes(
            weighed.answers, limits.max_changed, rules, sampled=sampled, means=means
        )
    return found
