"""Which trials a check consists of: cases, times perturbations, times repeats.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.records import MISSING, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.perturb import Perturbation
    from pytest_modelcheck.records import Case

WINDOW = 256
GIVEN = "variant"
"""The name under which the variants that a case brings along are reported."""


class Plan:
    """The trials of one check.

    Trials are numbered case by case, but within a window of cases they come variant by variant, so that
    what all variants of a case have in common (the unperturbed input) is asked once and then at hand.

    Attributes:
        cases: The cases, in order.
        inapplicable: How many cases each perturbation left as they were: no trial was made of those.
        begun: How many cases have given out their trials.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        perturbations: Sequence[Perturbation] | None,
        *,
        repeats: int = 1,
        seed: int = 0,
    ) -> None:
        self.cases = cases
        self.inapplicable: Counter[str] = Counter()
        self.begun = 0
        self._perturbations = perturbations
        self._repeats = repeats
        self._seed = seed

    def trials(self) -> Iterator[Trial]:
        """All trials, window by window."""
        window: list[tuple[int, Trial]] = []
        index = 0
        for case in self.cases:
            for order, trial in enumerate(self._of_case(case, index)):
                window.append((order, trial))
                index += 1
            self.begun += 1
            if len(window) >= WINDOW:
                yield from _variant_major(window)
                window = []
        yield from _variant_major(window)

    def _of_case(self, case: Case, index: int) -> Iterator[Trial]:
        for name, variant, perturbed in self._inputs(case):
            for repeat in range(self._repeats):
                yield Trial(index, case, name, perturbed, variant, repeat)
                index += 1

    def _inputs(self, case: Case) -> Iterator[tuple[str | None, int, Any]]:
        if self._perturbations is None:
            yield None, 0, MISSING
            return
        for number, variant in enumerate(case.variants):
            yield GIVEN, number, variant
        if not self._perturbations:
            return
        from pytest_modelcheck.perturb import variants

        for perturbation in self._perturbations:
            made = variants(perturbation, case.input, self._seed, case.id)
            if not made:
                self.inapplicable[perturbation.name] += 1
            for number, perturbed in made:
                yield perturbation.name, number, perturbed


def _variant_major(window: list[tuple[int, Trial]]) -> Iterator[Trial]:
    for _, trial in sorted(window, key=_order):
        yield trial


def _order(item: tuple[int, Trial]) -> int:
    return item[0]
