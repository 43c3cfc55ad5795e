"""The trials of a check: cases × perturbations × repeats."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.records import GIVEN, GIVEN_INPUT, MISSING, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.perturb import Levels, Perturbation
    from pytest_modelcheck.records import Case

    Input = tuple[str | None, Any, int]

STRIDE = 1 << 32
"""The distance between the repeats of a body's equal calls: more than any number of repeats."""


class Plan:
    """The trials of one check, case by case.

    Attributes:
        inapplicable: The number of cases that each perturbation left unchanged, so that they have no trial.
        start: The index of the first trial.
        without: Called with each case that has no trial, and its number.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        perturbations: Sequence[Perturbation] | None,
        *,
        repeats: int = 1,
        seed: int = 0,
        levels: Levels | None = None,
        start: int = 0,
    ) -> None:
        self.cases = cases
        self.start = start
        self.inapplicable: Counter[str] = Counter()
        self.without: Callable[[Case, int], None] = lambda _case, _number: None
        self._begun = self._given = 0
        self._perturbations = perturbations
        self._repeats = repeats
        self._seed = seed
        self._levels = levels

    @property
    def size(self) -> int:
        """An estimate of the number of trials, from the variants of the first case."""
        if not self.cases:
            return 0
        made = 1 if self._perturbations is None else len(self._perturbations)
        return len(self.cases) * max(1, made + len(self.cases[0].variants)) * self._repeats

    def trials(self) -> Iterator[Trial]:
        """Yield all trials, case by case."""
        index, as_they_are = self.start, self._perturbations is None and self._repeats == 1
        for number, case in enumerate(self.cases):
            if as_they_are and not case.variants:  # a fast path for what of_case() returns
                self._begun, self._given = number + 1, index - self.start + 1
                yield Trial(index, case, number=number)
                index += 1
                continue
            trials = self.of_case(case, number, index)
            if not trials:
                self.without(case, number)
            index += len(trials)
            self._begun, self._given = number + 1, index - self.start
            yield from trials

    def cases_of(self, trials: int) -> int:
        """Estimate the number of cases in a number of trials, from the trials so far.

        >>> from pytest_modelcheck.records import Case
        >>> plan = Plan([Case(str(number)) for number in range(10)], None, repeats=2)
        >>> len(list(plan.trials())), plan.cases_of(12)
        (20, 6)
        """
        return self._begun * trials // self._given if self._given else 0

    def of_case(self, case: Case, number: int, index: int) -> list[Trial]:
        """Return the trials of one case; ``index`` is that of the first."""
        runs = list(itertools.product(self._inputs(case), range(self._repeats)))
        return [
            Trial(place, case, name, perturbed, variant, repeat, number, len(runs))
            for place, ((name, perturbed, variant), repeat) in enumerate(runs, index)
        ]

    def _inputs(self, case: Case) -> Iterator[Input]:
        """Yield a case's inputs: the perturbation's name, the perturbed input, and the variant's number."""
        if self._perturbations is None:
            yield None, MISSING, 0
            yield from ((GIVEN_INPUT, made, variant) for variant, made in enumerate(case.variant_inputs))
            return
        if self._levels is not None:
            levels = self._levels.of(case, self._seed)
            if isinstance(levels, str):
                self.inapplicable[levels] += 1
            else:
                yield from levels
            return
        yield from ((GIVEN, variant, number) for number, variant in enumerate(case.variant_inputs))
        if not self._perturbations:
            return
        from pytest_modelcheck.perturb import variants

        for perturbation in self._perturbations:
            made = variants(perturbation, case.input, self._seed, case.id)
            if not made:
                self.inapplicable[perturbation.name] += 1
            yield from ((perturbation.name, perturbed, number) for number, perturbed in made)
