"""Which trials a check consists of: cases, times perturbations, times repeats.

PYTEST_DONT_REWRITE
"""

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
    Made = tuple[list[Input], list[str]]
    """What was made of one input, and which perturbations made nothing of it."""

WINDOW = 256
_MOST = 1 << 14
"""So many trials make a window, however few their cases."""


class Plan:
    """The trials of one check.

    Trials are numbered case by case, but within a window of cases they come variant by variant, so that
    what all variants of a case have in common (the unperturbed input) is asked once and then at hand.

    Attributes:
        cases: The cases, in order.
        inapplicable: How many cases each perturbation left as they were: no trial was made of those.
        start: The number of the first trial.
        begun: How many cases have given out their trials, or would have if cases came one after another.
        given: How many trials were given out.
        without: Told each case of which no trial was made, and its number.
        made: What was made of inputs already, by the number of the case: taken from there once.
        foresees: Whether what is made of inputs is left in ``made``, for another plan of the same trials.
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
        self.begun = self.given = 0
        self.without: Callable[[Case, int], None] = _nobody
        self.made: dict[int, Made] = {}
        self.foresees = False
        self._perturbations = perturbations
        self._repeats = repeats
        self._seed = seed
        self._levels = levels

    @property
    def size(self) -> int:
        """About how many trials there are, by what its first case says."""
        if not self.cases:
            return 0
        made = 1 if self._perturbations is None else len(self._perturbations)
        return len(self.cases) * max(1, made + len(self.cases[0].variants)) * self._repeats

    def trials(self) -> Iterator[Trial]:
        """All trials, window by window."""
        return itertools.chain.from_iterable(self._rounds())

    def done(self, waiting: int) -> int:
        """About how many cases are done, where so many trials have begun and are waiting.

        >>> from pytest_modelcheck.records import Case
        >>> plan = Plan([Case(str(number)) for number in range(10)], None)
        >>> len(list(plan.trials())), plan.done(4)
        (10, 6)
        """
        if not self.given:
            return 0
        return self.begun * max(0, self.given - waiting) // self.given

    def _rounds(self) -> Iterator[list[Trial]]:
        """The first trial of every case of a window, then the second of each that has one, and so on."""
        for window in self._windows():
            begun, cases, size = self.begun, len(window), sum(map(len, window))
            place = given = 0
            while turn := [trials[place] for trials in window if len(trials) > place]:
                place += 1
                given += len(turn)
                self.given += len(turn)
                self.begun = begun + given * cases // size
                yield turn
            self.begun = begun + cases

    def _windows(self) -> Iterator[list[list[Trial]]]:
        window: list[list[Trial]] = []
        index, size = self.start, 0
        for number, case in enumerate(self.cases):
            trials = self.of_case(case, number, index)
            if not trials:
                self.without(case, number)
            window.append(trials)
            index += len(trials)
            size += len(trials)
            if len(window) >= WINDOW or size >= _MOST:
                yield window
                window, size = [], 0
        yield window

    def of_case(self, case: Case, number: int, index: int) -> list[Trial]:
        """The trials of one case; ``index`` is that of the first."""
        if self._perturbations is None and self._repeats == 1 and not case.variants:
            return [Trial(index, case, number=number)]
        runs = list(itertools.product(self._inputs(case, number), range(self._repeats)))
        return [
            Trial(place, case, name, perturbed, variant, repeat, number, len(runs))
            for place, ((name, perturbed, variant), repeat) in enumerate(runs, index)
        ]

    def _inputs(self, case: Case, number: int) -> Iterator[Input]:
        """What makes a trial of a case: the perturbation, the perturbed input, and which variant it is."""
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
        made = self.made.pop(number, None) or self._made_of(case, self._perturbations)
        if self.foresees:
            self.made[number] = made
        self.inapplicable.update(made[1])
        yield from made[0]

    def _made_of(self, case: Case, perturbations: Sequence[Perturbation]) -> Made:
        inputs: list[Input] = [(GIVEN, variant, number) for number, variant in enumerate(case.variant_inputs)]
        if not perturbations:
            return inputs, []
        from pytest_modelcheck.perturb import variants

        inapplicable = []
        for perturbation in perturbations:
            made = variants(perturbation, case.input, self._seed, case.id)
            if not made:
                inapplicable.append(perturbation.name)
            inputs += [(perturbation.name, perturbed, number) for number, perturbed in made]
        return inputs, inapplicable


def _nobody(case: Case, number: int) -> None:
    """Nobody wants to know of cases without trials."""
