"""What a perturbation is.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Perturbation:
    """Something that may happen to an input, under a name.

    Made by the functions of :mod:`pytest_modelcheck.perturb`, or of any callable where a test says
    ``under=``. ``a | b`` does ``b`` to what ``a`` made.

    Attributes:
        name: What reports call it, and what tells it from others in a baseline.
        apply: From an input and a source of randomness to the perturbed inputs; ``None`` among them, or
            the input as it was, stands for "not applicable".
        random: Whether it uses the source of randomness.

    >>> from pytest_modelcheck import perturb
    >>> shouted = perturb.casing("upper") | perturb.append("NOW!")
    >>> shouted.name, shouted.preview("Cancel my order")
    ("casing('upper') | append('NOW!')", ['CANCEL MY ORDER NOW!'])
    """

    name: str
    apply: Callable[[Any, Random], list[Any]]
    random: bool = True

    def named(self, name: str) -> Perturbation:
        """The same under another name.

        >>> from pytest_modelcheck import perturb
        >>> perturb.append("Thank you.").named("politeness").name
        'politeness'
        """
        return replace(self, name=checked_name(name))

    def preview(self, x: Any, seed: int = 0) -> list[Any]:
        """What it makes of an input, to look at; a check makes the same of it under the same seed.

        >>> from pytest_modelcheck import perturb
        >>> perturb.prepend("Hi!").preview("Where is my parcel?")
        ['Hi! Where is my parcel?']
        """
        from pytest_modelcheck.perturb.applying import variants

        return [variant for _, variant in variants(self, x, seed)]

    def __or__(self, other: object) -> Perturbation:
        from pytest_modelcheck.perturb.compose import then

        return then(self, other)

    def __ror__(self, other: object) -> Perturbation:
        from pytest_modelcheck.perturb.compose import then

        return then(other, self)


def rng_for(seed: int, name: str, x: Any) -> Random:
    """A source of randomness that is the same in every process, whatever else has been perturbed before.

    >>> rng_for(0, "typos", "a").random() == rng_for(0, "typos", "a").random()
    True
    >>> rng_for(0, "typos", "a").random() == rng_for(0, "typos", "b").random()
    False
    """
    return Random(int.from_bytes(digest([seed, name, x]), "big"))  # noqa: S311 - reproducible on purpose


def pick(rng: Random, options: Sequence[T]) -> T:
    """One of the options. Of ``Random``, Python promises the sequence of ``random()`` alone to stay.

    >>> pick(rng_for(0, "x", 0), "abc") in "abc"
    True
    """
    return options[int(rng.random() * len(options))]


def checked_name(name: object) -> str:
    """The name, if it is one.

    Raises:
        PerturbationError: It is no text, is empty, or would break the line of a report.
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise PerturbationError(f"{name!r} cannot name a perturbation: it takes printable text on one line")
    return name
