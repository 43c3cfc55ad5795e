"""The approved and current runs of each case: the evidence for the verdict on a varying model.

A *set* is every case run ``repeats`` times. A check begins with one set; if it casts doubt on the model, two
fresh sets follow. A *probe* is one more run of a single case; probes tell whether the case is broken for
good and are never pooled with the sets. Cases that make the same call share its answer and are one *unit*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum, inf
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

SEVERAL_FIXED: Final = 4
"""If the only approved run has this many cases that are fixed now, that run may have been noisy."""

CHANGED_MODEL: Final = 0.01
"""Sets that differ with at most this p-value count as answers of different models."""


@dataclass(frozen=True, slots=True)
class CaseRuns:
    """The outcomes of one case's runs: 1.0 for passed and 0.0 for failed, or scores.

    Attributes:
        approved: The approved runs; empty for a new case.
        sets: The runs of each current set: the first, then the fresh ones.
        probes: The number of single runs that were added one by one; only the last may have passed.
        recovered: Whether a probe passed, after which no more are made.
        unit: Cases with the same unit share their answers; ``None`` for a case by itself.
    """

    approved: tuple[float, ...]
    sets: tuple[tuple[float, ...], ...]
    probes: int = 0
    recovered: bool = False
    unit: Hashable | None = None

    @property
    def current(self) -> tuple[float, ...]:
        """The runs of all current sets."""
        return self.sets[0] if len(self.sets) == 1 else self.in_sets(slice(None))

    def in_sets(self, sets: slice) -> tuple[float, ...]:
        """The runs of some current sets."""
        return tuple(run for runs in self.sets[sets] for run in runs)

    @property
    def varies(self) -> bool:
        """True if two approved runs, or two current ones, differ in outcome."""
        return self.recovered or len(set(self.approved)) > 1 or len(set(self.current)) > 1

    @property
    def broke(self) -> bool:
        """True if every approved run passed, and every current run and probe failed."""
        return bool(self.approved) and all(self.approved) and self.never_passes

    @property
    def never_passes(self) -> bool:
        """True if every current run and probe failed."""
        return not self.recovered and not any(self.current)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about the cases of a check that count.

    Attributes:
        cases: The runs of each case. Runs that raised an error, or do not apply, are left out beforehand.
        deterministic: The declaration of the models: ``True`` if all are deterministic, ``False`` if any is
            not, ``None`` if nothing is declared.
        repeated: Whether 20 answers repeated identically when the approved version was run.
        copies: Whether a model declared to vary gave the same answer each time, as a caching client does. Its
            repeats are left out beforehand, and further ones would not help.
    """

    cases: Sequence[CaseRuns]
    graded: bool = False
    deterministic: bool | None = None
    repeated: bool = False
    copies: bool = False

    @property
    def fresh(self) -> bool:
        """True if fresh sets have been run."""
        return any(len(case.sets) > 1 for case in self.cases)

    @property
    def varies(self) -> bool:
        """True if any outcome differed from another of the same case and version."""
        return any(case.varies for case in self.cases)

    @property
    def may_be_steady(self) -> bool:
        """True if outcomes that never differed may be taken for noise-free.

        False for models declared to vary. With a single approved run, which shows no variation, answers must
        have repeated identically.
        """
        if self.deterministic is not None:
            return self.deterministic
        return not self.varies and (self.repeated or all(len(case.approved) != 1 for case in self.cases))

    @property
    def fixed_on_one_run(self) -> bool:
        """True if several cases that failed in their only approved run always pass now.

        If cases broke and others were fixed, the approved version may have varied, with a lucky run approved.
        (Without this rule, a version in which each case passed in 90% of runs, approved on one run, failed
        in 48% of runs after it had become steady.) Fewer fixed cases are taken at face value: models that do
        not vary are common, and mostly undeclared.
        """
        fixed = sum(len(case.approved) == 1 and case.approved[0] < min(case.current) for case in self.cases)
        return fixed >= SEVERAL_FIXED

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if they come from one model."""
        first = [unit.current for unit in units_of(self.cases, slice(1))]
        fresh = [unit.current for unit in units_of(self.cases, slice(1, None))]
        # Both directions, since a model that changed may have become better.
        if self.graded:
            from pytest_modelcheck.stats.permutation import scores_test

            sides = (scores_test(first, fresh, CHANGED_MODEL), scores_test(fresh, first, CHANGED_MODEL))
            return min(1.0, 2 * min(side.p_value for side in sides))
        from pytest_modelcheck.stats.exchange import contradiction_p_value

        return contradiction_p_value(whole(first), whole(fresh))

    def broke(self, probes: float = inf) -> tuple[int, ...]:
        """Return the indexes of the cases that broke, probed fewer than ``probes`` times."""
        return tuple(index for index, case in enumerate(self.cases) if case.broke and case.probes < probes)

    def failing(self, probes: float = inf) -> tuple[int, ...]:
        """Return the indexes of the cases that never pass now, probed fewer than ``probes`` times."""
        return tuple(
            index for index, case in enumerate(self.cases) if case.never_passes and case.probes < probes
        )

    @property
    def shared(self) -> Evidence:
        """The cases with approved runs."""
        if all(case.approved for case in self.cases):
            return self
        cases = [case for case in self.cases if case.approved]
        return replace(self, cases=cases)


@dataclass(frozen=True, slots=True)
class Unit:
    """The runs of cases that share their answers, summed over these cases run by run.

    Attributes:
        approved: Their sum in each approved run.
        current: Their sum in each selected current run.
    """

    size: int
    approved: tuple[float, ...]
    current: tuple[float, ...]

    @property
    def drop(self) -> float:
        """Return how much the sum over the cases fell, averaged over runs."""
        return fmean(self.approved) - fmean(self.current)


def units_of(cases: Iterable[CaseRuns], sets: slice = slice(None)) -> list[Unit]:
    """Return the units of some current sets, in the order in which they first appear.

    >>> twins = [CaseRuns((1.0,), ((1.0,),), unit="a"), CaseRuns((1.0,), ((0.0,),), unit="a")]
    >>> units_of([*twins, CaseRuns((0.0,), ((1.0,),))])
    [Unit(size=2, approved=(2.0,), current=(1.0,)), Unit(size=1, approved=(0.0,), current=(1.0,))]
    """
    alone: list[Unit] = []
    groups: dict[Hashable, list[tuple[tuple[float, ...], tuple[float, ...]]]] = {}
    places: list[Unit | Hashable] = []
    for case in cases:
        current = case.in_sets(sets)
        if case.unit is None:
            alone.append(Unit(1, case.approved, current))
            places.append(alone[-1])
            continue
        if case.unit not in groups:
            places.append(case.unit)
        groups.setdefault(case.unit, []).append((case.approved, current))
    found = []
    for place in places:
        if isinstance(place, Unit):
            found.append(place)
        else:
            # Runs that a case of the unit lacks are left out.
            sides = zip(*groups[place], strict=True)
            approved, current = (tuple(map(sum, zip(*side, strict=False))) for side in sides)
            found.append(Unit(len(groups[place]), approved, current))
    return found


def mean_drop(units: Sequence[Unit]) -> float:
    """Return how far the mean over the cases fell.

    >>> mean_drop([Unit(1, (1.0,), (0.0,)), Unit(3, (3.0,), (3.0,))])
    0.25
    """
    return fsum(unit.drop for unit in units) / fsum(unit.size for unit in units)


def current_mean(units: Sequence[Unit]) -> float:
    """Return the mean over the cases of the current runs."""
    return fsum(fmean(unit.current) for unit in units) / fsum(unit.size for unit in units)


def whole(runs: Sequence[Sequence[float]]) -> list[tuple[int, ...]]:
    """Convert passed and failed runs to integers for an exact test."""
    return [tuple(map(round, unit)) for unit in runs]
