"""Decides an invariance check of a model that varies, by the model's disagreement with itself.

The outputs of a case are three answers to its own input and one to each variant. The test's own body says
which of them disagree: it is run for every two of them, in either order, with one as ``case.input`` and the
other as ``case.perturbed``. Two answers to the same input belong to two repeats, or they would be one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from operator import attrgetter
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.checks.changes import Disagreements, look_at_variants
from pytest_modelcheck.checks.observed import by_group, groups_of
from pytest_modelcheck.checks.protocol import Rules, without_more_runs
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.records import JUDGED, Outcome, Trial
from pytest_modelcheck.session.approved import ReplayedAnswers
from pytest_modelcheck.session.assessing import with_noise
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.lines import address
from pytest_modelcheck.session.noise import look_for_noise

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment, Noise, Tables
    from pytest_modelcheck.stats.noise import Excess


BASES = 3
"""Calls for each unperturbed input."""

VARIANTS = 6
"""Variants of a case whose answers are compared with each other, at most."""

_BATCH = 1 << 16
"""Distance between the repeats of two sets of answers: more than any number of repeats and variants."""


def calibrate(check: Check, assessment: Assessment) -> Steps[Assessment]:
    """Measure how often a varying model disagrees with itself about the same input, and decide by that."""
    noise, limits = assessment.noise, check.spec.limits
    below, fell = assessment.misses("at_least"), assessment.misses("max_drop")
    if check.spec.kind != "invariance" or not assessment.missed or not (below or fell):
        return assessment
    if below and noise.variation.varies is False and check.spec.deterministic is None:
        # A miss would fail because ten answers repeated, which is too little to go by.
        assessment = yield from look_for_noise(check, assessment)
        noise = assessment.noise
    if not noise.variation.varies or assessment.run.results.reads_approved:
        return assessment
    noise = yield from _compare_outputs(check, assessment, noise)
    required = assessment.observations.observed.required_rate(limits)
    if below and required is not None and noise.excess is not None:
        look = _look(noise, noise.excess, required, assessment.observations.observed.units, limits)
        if look.needs is not None:
            # One fresh set is enough: it has three answers to each input.
            noise = yield from _compare_outputs(check, assessment, noise)
            if noise.excess is not None:
                look = _look(noise, noise.excess, required, assessment.observations.observed.units, limits)
        noise = replace(noise, looks={**noise.looks, "at_least": without_more_runs(look)})
    if fell and noise.uncalibrated is None:
        noise = yield from _compare_approved_outputs(check, assessment, noise)
    return with_noise(check, assessment, noise if below else replace(noise, excess=None))


def _look(noise: Noise, excess: Excess, required: float, units: str, limits: Limits) -> Look:
    each = [found for one in noise.tables if (found := excess_of([one], limits)) is not None]
    rules = Rules(limits.false_fail_rate, limits.confirm)
    return look_at_variants(Disagreements(tuple(each), excess), units, required, rules)


def _compare_outputs(check: Check, assessment: Assessment, noise: Noise) -> Steps[Noise]:
    calibration = yield from _calibration(check, assessment, batch=len(noise.tables))
    broken = calibration.broken
    if broken is not None:
        # Run once more to get the exception itself: results keep only the first few.
        work = check.work(assessment.approved.answer, keep_errors=True)
        run = yield Step(work, [broken.trial], choose_repeat=calibration.choose_repeat)
        return replace(noise, uncalibrated=one_line(run.results[0]))
    tables = (*noise.tables, calibration.tables())
    return replace(noise, tables=tables, excess=excess_of(tables, check.spec.limits))


def _compare_approved_outputs(check: Check, assessment: Assessment, noise: Noise) -> Steps[Noise]:
    """Compare the approved answers with each other in the same way, without calling the model.

    If the approval has too few runs, its first run replaces missing ones. Its noise then looks smaller and
    its excess larger than it was, so that the check fails too rarely rather than too often.
    """
    baseline = assessment.approved.baseline
    if baseline is None:
        return noise
    from pytest_modelcheck.stats.noise import Rise

    answers = ReplayedAnswers(check.spec.subject.answers, baseline)
    approved = disagreements_of([(yield from _calibration(check, assessment, replay=answers)).tables()])
    current = disagreements_of(noise.tables)
    shared = [name for name in current if name in approved]
    if not shared:
        return noise
    rise = Rise(tuple(approved[name] for name in shared), tuple(current[name] for name in shared))
    return replace(noise, rise=rise)


def _calibration(
    check: Check, assessment: Assessment, batch: int = 0, replay: ReplayedAnswers | None = None
) -> Steps[Calibration]:
    results = assessment.run.results
    once = (
        trial
        for number in range(len(results))
        for trial, result in results.once(number)
        if result.outcome in JUDGED and not trial.repeat
    )
    calibration = Calibration(once, start=results.size, batch=batch)
    work = check.work(assessment.approved.answer)
    for trials in (calibration.against_itself(), calibration.against_variants()):
        run = yield Step(work, trials, replay=replay, choose_repeat=calibration.choose_repeat)
        calibration.take(run.results)
    return calibration


# -- every two outputs of a case ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs of outputs that a trial compares: base answers first, then those to the variants."""

    case: int
    one: int
    other: int

    @property
    def bases(self) -> int:
        """The number of answers to the unperturbed input among the two."""
        return (self.one < BASES) + (self.other < BASES)


class Calibration:
    """Compares every two outputs of each case that has a variant.

    Args:
        trials: The check's own trials that were judged, each once.
        start: The first number of a trial that is not taken.
        batch: Which set of answers is taken: 0 for the one that holds the check's own, 1 for fresh ones.
    """

    def __init__(self, trials: Iterable[Trial], start: int, batch: int = 0) -> None:
        self._start = start
        self._first_repeat = batch * _BATCH
        self._cases: list[tuple[Case, list[Trial]]] = []
        self._pairings: dict[int, Pairing] = {}
        self._questions: list[frozenset[str]] = []
        self._results: list[Result] = []
        for case, grouped in itertools.groupby(trials, key=attrgetter("case")):
            own = list(grouped)
            if len(own) > VARIANTS:  # some of them, spread over all
                own = [own[place * len(own) // VARIANTS] for place in range(VARIANTS)]
            self._cases.append((case, own))

    def against_itself(self) -> Iterator[Trial]:
        """The trials in which both answers are to the unperturbed input."""
        return self._trials(2)

    def against_variants(self) -> Iterator[Trial]:
        """All others. The answers of the first must be in."""
        return self._trials(1, 0)

    def take(self, results: Sequence[Result]) -> None:
        """Take in the results of trials."""
        # The first batch compares answers to the unperturbed input, so its calls are those of that input.
        if not self._results:
            called: list[set[str]] = [set() for _ in self._cases]
            for result in results:
                case = self._pairings[result.trial.index].case
                called[case].update(address(key) for key, _ in result.calls)
            self._questions = [frozenset(keys) for keys in called]
        self._results += results

    @property
    def broken(self) -> Result | None:
        """The first trial that raised an error, or ``None``."""
        return next((result for result in self._results if result.outcome is Outcome.ERROR), None)

    def choose_repeat(self, trial: Trial, key: bytes, equal: int) -> int:
        """Return the repeat that a call is made for: that of the output that its question belongs to."""
        pairing = self._pairings[trial.index]
        one, other = pairing.one, pairing.other
        own = address(key) in self._questions[pairing.case] if pairing.bases < 2 else True
        if equal > 1:
            # More than two equal calls in one body: no output belongs to them, and they must not share one.
            repeat = one + equal * STRIDE
        elif pairing.bases == 2:
            # Both inputs are equal, so the calls are, too. The first is about `case.input`, the second about
            # `perturbed`.
            repeat = (one, other)[equal]
        elif pairing.bases == 1:
            repeat = (min(one, other), max(one, other))[equal] if own else equal * STRIDE
        else:
            # A variant that the body turns into the unperturbed question is answered anew, not as that was.
            repeat = (one if own else 0, other)[equal]
        return self._first_repeat + repeat

    def tables(self) -> Tables:
        """Each case that was judged throughout, and how much every two of its outputs disagree."""
        import numpy as np

        sizes = [BASES + len(variants) for _, variants in self._cases]
        tables = [np.zeros((size, size)) for size in sizes]
        broken = set()
        for result in self._results:
            pairing = self._pairings[result.trial.index]
            if result.outcome not in JUDGED:
                broken.add(pairing.case)
                continue
            disagreement = 0.0 if result.score is None else 1 - result.score
            half = (1.0 if result.outcome is Outcome.FAILED else disagreement) / 2
            tables[pairing.case][pairing.one, pairing.other] += half
            tables[pairing.case][pairing.other, pairing.one] += half
        # A case with an error in any pair is left out whole: its outputs can no longer be exchanged.
        both = enumerate(zip(self._cases, tables, strict=True))
        return [(case, table) for number, ((case, _), table) in both if number not in broken]

    def _trials(self, *bases: int) -> Iterator[Trial]:
        for number, (case, variants) in enumerate(self._cases):
            inputs: list[Any] = [case.input] * BASES + [trial.perturbed for trial in variants]
            for one, other in itertools.permutations(range(len(inputs)), 2):
                pairing = Pairing(number, one, other)
                if pairing.bases not in bases:
                    continue
                index = self._start + len(self._pairings)
                self._pairings[index] = pairing
                # A pair of base answers belongs to no variant; it is attributed to the first, as some name is
                # needed.
                about = variants[max(max(one, other) - BASES, 0)]
                # The body sees the variant as if it were the input: both directions of a comparison count.
                shown = case if one < BASES else replace(case, input=inputs[one])
                yield Trial(index, shown, about.perturbation, inputs[other], about.variant)


def excess_of(sets: Iterable[Tables], limits: Limits) -> Excess | None:
    """Return what the perturbation adds to the model's own disagreement; ``None`` where nothing is known."""
    from pytest_modelcheck.stats.noise import noise_calibrated_excess

    found = list(itertools.chain.from_iterable(sets))
    if not found:
        return None
    excess = noise_calibrated_excess([table for _, table in found], BASES, limits.false_fail_rate)
    cases = [case for case, _ in found]
    # Of several sets, a case has a value in each: they are one unit.
    groups: dict[str, Hashable] = {case.id: case.id for case in cases}
    if limits.cluster is not None:
        groups = groups_of(cases, limits.cluster)
    return replace(excess, each=tuple(by_group(excess.each, [case.id for case in cases], groups)))


def disagreements_of(sets: Iterable[Tables]) -> dict[str, tuple[float, float]]:
    """Return how often answers to a case's input disagree with those to variants, and with each other."""
    found: dict[str, list[tuple[float, float]]] = {}
    for case, table in itertools.chain.from_iterable(sets):
        own = table[:BASES, :BASES].sum() / (BASES * (BASES - 1))
        found.setdefault(case.id, []).append((float(table[:BASES, BASES:].mean()), float(own)))
    return {
        name: (fmean(cross for cross, _ in pairs), fmean(own for _, own in pairs))
        for name, pairs in found.items()
    }
