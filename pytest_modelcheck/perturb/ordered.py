"""Perturbations in order, each of which should move the answer further than the one before.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.perturbation import as_perturbations, variants
from pytest_modelcheck.records import GIVEN

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.perturbation import Perturbation
    from pytest_modelcheck.records import Case


"""The name under which the variants that a case brings along are reported."""
AS_IT_IS: Final = "as it is"
"""The name of the level that is the input itself."""
_LEAST = 3


@dataclass(frozen=True, slots=True)
class Levels:
    """A series of inputs made from one input, in order. Made by :func:`levels`.

    Attributes:
        steps: One perturbation per level; empty if each case brings its own ``variants``, in order.
        with_input: Whether the input itself is the first level.
    """

    steps: tuple[Perturbation, ...]
    with_input: bool

    def of(self, case: Case, seed: int) -> list[tuple[str, Any, int]] | str:
        """The levels of a case as (name, input, number), or the name of a level that does not apply.

        Raises:
            PerturbationError: A level makes several inputs, or a case brings too few.
        """
        made = [(AS_IT_IS, case.input, 0)] if self.with_input else []
        for step in self.steps:
            found = variants(step, case.input, seed, case.id)
            if not found:
                return step.name
            if len(found) > 1:
                raise PerturbationError(
                    f"level {step.name} makes {len(found)} inputs of case {case.id}; a level is one input"
                )
            made.append((step.name, found[0][1], found[0][0]))
        if not self.steps:
            made += [(GIVEN, variant, number) for number, variant in enumerate(case.variant_inputs)]
            if len(made) < _LEAST:
                where = "" if case.origin is None else f" ({case.origin})"
                raise PerturbationError(
                    f"case {case.id}{where} has {len(made)} levels: a trend needs {_LEAST} or more; add to "
                    "its `variants:`"
                )
        return made


def levels(*steps: object, with_input: bool = True) -> Levels:
    """Levels of one change, weakest first: the score of a directional check should rise with each level.

    Args:
        steps: Perturbations, each of which makes one level of the input; at least two (three without the
            input). Without any, the levels are the ``variants`` of the cases, in their order.
        with_input: Whether the unchanged input is the first and weakest level.

    Raises:
        PerturbationError: There are too few levels for a trend.

    >>> from pytest_modelcheck import perturb
    >>> threats = levels(perturb.append("I am not happy."), perturb.append("I will call my lawyer."))
    >>> [step.name for step in threats.steps]
    ["append('I am not happy.')", "append('I will call my lawyer.')"]
    """
    made = as_perturbations(steps) if steps else ()
    count = len(made) + with_input
    if made and count < _LEAST:
        raise PerturbationError(
            f"levels() of {count} inputs: a trend needs {_LEAST} or more"
            + ("" if with_input else " (with_input=True counts the input itself as the first)")
        )
    return Levels(made, with_input)
