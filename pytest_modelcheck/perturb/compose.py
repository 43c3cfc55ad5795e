"""Perturbations of perturbations: one after the other, or one of several.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.own import as_perturbation
from pytest_modelcheck.perturb.perturbation import Perturbation

if TYPE_CHECKING:
    from random import Random


def then(first: object, second: object) -> Perturbation:
    """``second``, done to what ``first`` makes: ``first | second``.

    It applies where both do.

    >>> from pytest_modelcheck import perturb
    >>> then(perturb.prepend("Hi!"), str.upper).preview("Where is it?")
    ['HI! WHERE IS IT?']
    """
    one, two = as_perturbation(first), as_perturbation(second)

    def apply(x: Any, rng: Random) -> list[Any]:
        return [
            twice for once in _changed(one, x, rng) if once is not None for twice in _changed(two, once, rng)
        ]

    return Perturbation(f"{one.name} | {two.name}", apply, random=one.random or two.random)


def one_of(*perturbations: object) -> Perturbation:
    """One of several, another for each input; where it does not apply, one of the others.

    Raises:
        PerturbationError: There are fewer than two.

    >>> from pytest_modelcheck import perturb
    >>> thanks = one_of(perturb.append("Thank you."), perturb.append("Cheers!"))
    >>> [thanks.preview(text) for text in ("a", "b", "c")]
    [['a Thank you.'], ['b Cheers!'], ['c Cheers!']]
    """
    if len(perturbations) < 2:
        raise PerturbationError("one_of() takes at least two perturbations")
    options = [as_perturbation(item) for item in perturbations]

    def apply(x: Any, rng: Random) -> list[Any]:
        for option in sorted(options, key=lambda _: rng.random()):
            made = _changed(option, x, rng)
            if any(variant is not None for variant in made):
                return made
        return []

    return Perturbation(f"one_of({', '.join(option.name for option in options)})", apply)


def _changed(perturbation: Perturbation, x: Any, rng: Random) -> list[Any]:
    """What a perturbation makes, with ``None`` for what it left as it was."""
    from pytest_modelcheck.perturb.applying import own_copy, same

    try:
        made = perturbation.apply(own_copy(x), rng)
    except PerturbationError as error:
        raise PerturbationError(f"in {perturbation.name}: {error}") from error
    return [None if variant is None or same(variant, x) else variant for variant in made]
