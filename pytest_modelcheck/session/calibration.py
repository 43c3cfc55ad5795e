"""Measures how much a model that varies disagrees with itself, to hold an invariance check against that.

The outputs of a case are three answers to its own input and one to each variant. The
test's own body says which of them disagree: it is run for every two of them, in either order, with one as
``case.input`` and the other as ``case.perturbed``. Two answers to the same input take two slots, so that they
are two answers.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from operator import attrgetter
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.checks.observed import by_group, groups_of
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.records import JUDGED, Outcome, Trial
from pytest_modelcheck.session.lines import address

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.stats.noise import Excess


BASES = 3
"""Calls for each unperturbed input."""

VARIANTS = 6
"""Variants of a case whose answers are compared with each other, at most."""

_BATCH = 1 << 16
"""Distance between the slots of two sets of answers: more than any number of repeats and variants."""


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
        self._first_slot = batch * _BATCH
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

    def slot_of(self, trial: Trial, key: bytes, equal: int) -> int:
        """Return the slot of a call: that of the output that its question belongs to."""
        pairing = self._pairings[trial.index]
        one, other = pairing.one, pairing.other
        own = address(key) in self._questions[pairing.case] if pairing.bases < 2 else True
        if equal > 1:
            # More than two equal calls in one body: no output belongs to them, and they must not share one.
            slot = one + equal * STRIDE
        elif pairing.bases == 2:
            # Both inputs are equal, so the calls are, too. The first is about `case.input`, the second about
            # `perturbed`.
            slot = (one, other)[equal]
        elif pairing.bases == 1:
            slot = (min(one, other), max(one, other))[equal] if own else equal * STRIDE
        else:
            # A variant that the body turns into the unperturbed question is answered anew, not as that was.
            slot = (one if own else 0, other)[equal]
        return self._first_slot + slot

    def tables(self) -> Iterator[tuple[Case, NDArray[np.float64]]]:
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
        for number, ((case, _), table) in enumerate(zip(self._cases, tables, strict=True)):
            # A case with an error in any pair is left out whole: its outputs can no longer be exchanged.
            if number not in broken:
                yield case, table

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


def excess_of(calibrations: Iterable[Calibration], limits: Limits) -> Excess | None:
    """Return what the perturbation adds to the model's own disagreement; ``None`` where nothing is known."""
    from pytest_modelcheck.stats.noise import noise_calibrated_excess

    found = [each for calibration in calibrations for each in calibration.tables()]
    if not found:
        return None
    excess = noise_calibrated_excess([table for _, table in found], BASES, limits.false_fail_rate)
    cases = [case for case, _ in found]
    # Of several sets, a case has a value in each: they are one unit.
    groups: dict[str, Hashable] = {case.id: case.id for case in cases}
    if limits.cluster is not None:
        groups = groups_of(cases, limits.cluster)
    return replace(excess, each=tuple(by_group(excess.each, [case.id for case in cases], groups)))


def disagreements_of(calibrations: Iterable[Calibration]) -> dict[str, tuple[float, float]]:
    """Return how often answers to a case's input disagree with those to variants, and with each other."""
    found: dict[str, list[tuple[float, float]]] = {}
    for case, table in itertools.chain.from_iterable(each.tables() for each in calibrations):
        own = table[:BASES, :BASES].sum() / (BASES * (BASES - 1))
        found.setdefault(case.id, []).append((float(table[:BASES, BASES:].mean()), float(own)))
    return {
        name: (fmean(cross for cross, _ in pairs), fmean(own for _, own in pairs))
        for name, pairs in found.items()
    }
