"""Cases and their trials.

A trial is a plain slotted object and no frozen dataclass: a suite may run a million of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Mapping


class Missing(Enum):
    """The type of :data:`MISSING`, which says that there is no value; ``None`` is a value."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "<missing>"


MISSING: Final = Missing.MISSING


GIVEN: Final = "variant"
"""The perturbation name, in reports, of the ``variants`` that are written in a case file."""

GIVEN_INPUT: Final = "variant input"
"""The same in golden checks, where the body reads a variant as ``case.input``: a further input to answer."""

CheckKind = Literal["golden", "invariance", "directional", "drift"]


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of a score; an end that has no bound is infinite.

    Attributes:
        low: The lowest score.
        high: The highest score.

    >>> Scale(-1.0, 1.0).width, Scale(-1.0, 1.0).unit(0.5)
    (2.0, 0.75)
    """

    low: float = 0.0
    high: float = 1.0

    @property
    def bounded(self) -> bool:
        """True if both ends are finite."""
        return self.low > -math.inf and self.high < math.inf

    @property
    def worst(self) -> float:
        """The score of a failed run; 0 on a scale without bounds."""
        return self.low if self.bounded else 0.0

    @property
    def width(self) -> float:
        """The distance between the ends."""
        return self.high - self.low

    def unit(self, value: float) -> float:
        """Return a value's position on a bounded scale: 0 at its low end, 1 at its high end."""
        return (value - self.low) / self.width

    def fitted(self, value: float) -> float | None:
        """Return a value on the scale, or ``None`` if it is outside.

        A value that is off an end by rounding becomes that end: a cosine of 1.0000001 becomes 1.

        >>> GRADE.fitted(0.5), GRADE.fitted(1.0000001), GRADE.fitted(1.01), GRADE.fitted(math.nan)
        (0.5, 1.0, None, None)
        """
        if self.low <= value <= self.high:
            return value if abs(value) <= LARGEST_SCORE else None
        slack = _ROUNDING * self.width
        if not self.bounded or not self.low - slack <= value <= self.high + slack:
            return None
        return self.low if value < self.low else self.high

    def __str__(self) -> str:
        return f"from {self.low:g} to {self.high:g}" if self.bounded else "without bounds"


LARGEST_SCORE: Final = 1e100
"""The largest absolute score: the squares of larger ones overflow in a variance."""

_ROUNDING: Final = 1e-6
"""The tolerated rounding error, as a share of the width of a scale: that of 32-bit floats."""

GRADE: Final = Scale()
"""The scale of a grade, from worst to best."""

CHANGE: Final = Scale(-1.0, 1.0)
"""The scale of the change from one grade to another."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The place where a case is written: the path of a file, as the user gave it, and a line (from 1)."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Variant:
    """A perturbed input of a case, with an expectation or metadata of its own.

    Attributes:
        input: The perturbed input.
        expected: The right answer, or :data:`MISSING` if it is that of the case.
        metadata: Metadata that is added to that of the case, or replaces it.
    """

    input: Any
    expected: Any = MISSING
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One input for the model, with what is known of the right answer.

    Attributes:
        input: The input, of any type. Text, numbers, lists and mappings can be cached.
        expected: The right answer, or :data:`MISSING` if the case does not say.
        id: A name that is unique in its check. If it is empty, it is made from the content of the case, so
            that reordering a file changes nothing.
        metadata: Facts about the case (its language, channel, source), for slices.
        variants: Perturbed inputs that are written with the case: each an input, or a :class:`Variant` with
            an expectation or metadata of its own.
        known_failure: The reason why the case is known to fail, or ``None``. Such a case does not count in a
            rate.
        origin: The place where the case is written, or ``None``.

    >>> Case("Where is my parcel?", expected="shipping", metadata={"language": "en"}).expected
    'shipping'
    """

    input: Any
    expected: Any = MISSING
    id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Any, ...] = ()
    known_failure: str | None = None
    origin: Origin | None = None

    @property
    def variant_inputs(self) -> tuple[Any, ...]:
        """The inputs of the variants.

        >>> case = Case("Where is it?", variants=("where is it", Variant("Donde esta?", "es")))
        >>> case.variant_inputs
        ('where is it', 'Donde esta?')
        """
        return tuple(one.input if isinstance(one, Variant) else one for one in self.variants)

    def of_variant(self, number: int) -> Case:
        """Return this case with the expectation and the metadata of one of its variants.

        >>> case = Case("Where is it?", "en", variants=(Variant("Donde esta?", "es"), "Where's it?"))
        >>> case.of_variant(0).expected, case.of_variant(1).expected, case.of_variant(0).input
        ('es', 'en', 'Where is it?')
        """
        variant = self.variants[number]
        if not isinstance(variant, Variant):
            return self
        return replace(
            self,
            expected=self.expected if variant.expected is MISSING else variant.expected,
            metadata={**self.metadata, **variant.metadata},
        )


class _Draft:
    """A case whose fields can still be set: see :func:`case_of`."""

    __slots__ = Case.__slots__

    def __init__(
        self,
        input: Any,  # noqa: A002 - as a case calls it
        expected: Any,
        id: str,  # noqa: A002 - as a case calls it
        metadata: Mapping[str, Any],
        variants: tuple[Any, ...],
        known_failure: str | None,
        origin: Origin | None,
    ) -> None:
        self.input = input
        self.expected = expected
        self.id = id
        self.metadata = metadata
        self.variants = variants
        self.known_failure = known_failure
        self.origin = origin


def case_of(
    input: Any,  # noqa: A002 - as a case calls it
    expected: Any,
    id: str,  # noqa: A002 - as a case calls it
    metadata: Mapping[str, Any],
    variants: tuple[Any, ...] = (),
    known_failure: str | None = None,
    origin: Origin | None = None,
) -> Case:
    """Make a case, as ``Case(...)`` does, in a third of the time: a suite may have a million.

    A frozen dataclass sets each field through ``object.__setattr__``, which is slow.

    >>> case_of("Where is it?", "shipping", "t-1", {}) == Case("Where is it?", "shipping", "t-1")
    True
    """
    case: Any = _Draft(input, expected, id, metadata, variants, known_failure, origin)
    case.__class__ = Case  # allowed, because both classes have the same slots
    return cast("Case", case)


class Trial:
    """One run of a test's body: a case, or a variant of it, in one repeat.

    ``index`` numbers the trials of a check and ``number`` its cases; the case has ``of`` trials in all.
    ``given`` is the case as the body sees it: for a variant, it has the variant's expectation and metadata,
    and in a golden check also its input.
    """

    __slots__ = ("case", "given", "index", "number", "of", "perturbation", "perturbed", "repeat", "variant")

    def __init__(
        self,
        index: int,
        case: Case,
        perturbation: str | None = None,
        perturbed: Any = MISSING,
        variant: int = 0,
        repeat: int = 0,
        number: int = 0,
        of: int = 1,
    ) -> None:
        self.index = index
        self.case = case
        if perturbation == GIVEN:
            self.given = case.of_variant(variant)
        elif perturbation == GIVEN_INPUT:
            self.given = replace(case.of_variant(variant), input=perturbed)
        else:
            self.given = case
        self.perturbation = perturbation
        self.perturbed = perturbed
        self.variant = variant
        self.repeat = repeat
        self.number = number
        self.of = of

    @property
    def place(self) -> tuple[str, int]:
        """The perturbation and the variant: a key that is unique among the trials of a case in one repeat."""
        return (self.perturbation or "", self.variant)

    def again(self, index: int, repeat: int, number: int = 0, of: int = 1) -> Trial:
        """Return the same trial for another run."""
        return Trial(index, self.case, self.perturbation, self.perturbed, self.variant, repeat, number, of)


# -- a case as a report shows it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest change of an input that still fails, or the smallest input that fails.

    Attributes:
        text: The input with its changes in brackets: ``"Please [refund→refnud] order 1182"``; empty if the
            input fails unchanged. For an input of a strategy, a smaller input of it: ``'"order 701"'``.
        edits: The number of single changes; 0 for a smaller input.
        got: The model's answer to that input.
        complete: Whether the search finished, so that no change can be left out.
    """

    text: str
    edits: int
    got: str | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Contrast:
    """The parts of a long answer that differ from the answer that a reader compares it with.

    Attributes:
        against: The other answer: ``"expected"``, ``"base"`` (to the unperturbed input) or ``"approved"``.
        parts: The differing parts, as (path, other answer, this answer). The path is empty for texts.
        hidden: The number of differing parts that are left out.
    """

    against: str
    parts: tuple[tuple[str, str, str], ...]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case as a report shows it: all values are texts, cut to length.

    ``note`` is the reason to show the case, such as ``"failed"``, ``"regressed"``, ``"changed"``,
    ``"error"``, ``"new"`` or ``"unexpected pass"``. ``steps`` compares the steps of an agent with the
    approved ones, as lines of at most 60 cells; it is empty for other models.
    """

    id: str
    note: str
    input: str
    message: str
    expected: str | None = None
    got: str | None = None
    approved: str | None = None
    perturbation: str | None = None
    perturbed: str | None = None
    base_answer: str | None = None
    detail: str | None = None
    origin: str | None = None
    smallest: Smallest | None = None
    contrast: Contrast | None = None
    steps: tuple[str, ...] = ()
