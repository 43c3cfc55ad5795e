"""The :class:`Perturbation`: made from a callable, combined with others, and applied to an input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import ModelcheckError, PerturbationError
from pytest_modelcheck.perturb.adapters import augmentation, check_callable, is_augmenter, name_of, takes_rng
from pytest_modelcheck.perturb.building import (
    checked_name,
    content,
    meant,
    own_copy,
    rng_for,
    same,
    with_field,
)
from pytest_modelcheck.records import GIVEN, GIVEN_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.perturb.paths import Field
    from pytest_modelcheck.records import Case


_HALF: Final = re.compile("[\ud800-\udfff]")
_UNUSED: Final = Random(0)  # noqa: S311 - for perturbations that draw nothing


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A named change of an input.

    The functions of :mod:`pytest_modelcheck.perturb` make perturbations, and ``under=`` makes one of any
    callable. ``a | b`` applies ``b`` to the results of ``a``.

    Attributes:
        name: The name in reports, which also identifies the perturbation in a baseline.
        apply: Takes an input and a source of randomness, returns the perturbed inputs. A ``None`` among
            them, or the unchanged input, means "not applicable".
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
        """The same perturbation under another name.

        >>> from pytest_modelcheck import perturb
        >>> perturb.append("Thank you.").named("politeness").name
        'politeness'
        """
        return replace(self, name=checked_name(name))

    def preview(self, x: Any, seed: int = 0) -> list[Any]:
        """The variants of one input, for a look; a check with the same seed makes the same ones.

        >>> from pytest_modelcheck import perturb
        >>> perturb.prepend("Hi!").preview("Where is my parcel?")
        ['Hi! Where is my parcel?']
        """
        return [variant for _, variant in variants(self, x, seed)]

    def __or__(self, other: object) -> Perturbation:
        return then(self, other)

    def __ror__(self, other: object) -> Perturbation:
        return then(other, self)


def variants(
    perturbation: Perturbation, case_input: Any, seed: int = 0, case_id: str = ""
) -> tuple[tuple[int, Any], ...]:
    """The numbered variants that a perturbation makes of one input.

    Variants equal to the input or to an earlier variant are left out, so numbers may be missing. If none is
    left, the perturbation is not applicable to this input.

    Args:
        perturbation: The change to apply.
        case_input: The input. It is not modified: the perturbation gets a copy.
        seed: Together with the perturbation's name and the input, determines everything random.
        case_id: The case, for messages.

    Raises:
        PerturbationError: The perturbation failed, does not support such inputs, or returned something that
            cannot replace the input. An exception raised inside it is the ``__cause__``.

    >>> from pytest_modelcheck import perturb
    >>> variants(perturb.append("Thank you."), "Where is my parcel?")
    ((0, 'Where is my parcel? Thank you.'),)
    >>> variants(perturb.replace("refund", "chargeback"), "Where is my parcel?")
    ()
    """
    try:
        # By content, not by position: a case that is added or left out changes no variant of another.
        rng = rng_for(seed, perturbation.name, case_input) if perturbation.random else _UNUSED
        # A function may change its argument in place and return it; the input itself must stay as it is.
        made = perturbation.apply(own_copy(case_input), rng)
        return tuple(_distinct(made, case_input))
    except Exception as error:
        place = f"perturbation {perturbation.name}" + (f", case {case_id}" if case_id else "")
        message = str(error)
        if not isinstance(error, ModelcheckError):
            message = f"it raised {type(error).__name__}: {error} (on {excerpt(case_input, 60)})"
        raise PerturbationError(f"{place}: {message}") from error


def _distinct(made: list[Any], x: Any) -> Iterator[tuple[int, Any]]:
    seen = {content(x)}
    # Numbers count what does not apply, too, so that the third variant stays number 3 in every case and in
    # the baseline.
    for number, variant in enumerate(made):
        if variant is None:
            continue
        _check(variant, x)
        key = content(variant)
        if key not in seen:
            seen.add(key)
            yield number, variant


def _check(variant: Any, x: Any) -> None:
    for kind, name in ((str, "text"), (Mapping, "a mapping")):
        if isinstance(x, kind) and not isinstance(variant, kind):
            raise PerturbationError(
                f"it made {type(variant).__name__} {excerpt(variant, 40)} of {name}; it must return the whole"
                " input, perturbed (a list or a generator for several, None where it does not apply)"
            )
    # Half of a UTF-16 pair breaks far from here: in the cache, in a baseline, in the model's own encoding.
    if isinstance(variant, str) and _HALF.search(variant):
        given = isinstance(x, str) and _HALF.search(x)
        text, who = (x, "the input has") if given else (variant, "it made text with")
        raise PerturbationError(f"{who} half of a character (a lone surrogate) in it: {text!r:.60}")


def then(first: object, second: object) -> Perturbation:
    """Apply ``second`` to the results of ``first``: ``first | second``. It applies if both do."""
    one, two = as_perturbation(first), as_perturbation(second)

    def apply(x: Any, rng: Random) -> list[Any]:
        return [
            twice for once in _changed(one, x, rng) if once is not None for twice in _changed(two, once, rng)
        ]

    return Perturbation(f"{one.name} | {two.name}", apply, random=one.random or two.random)


def one_of(*perturbations: object) -> Perturbation:
    """One of several perturbations, drawn for each input; if it does not apply, another of them.

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
    """The results of one perturbation, with ``None`` for those that left the input unchanged."""
    try:
        made = perturbation.apply(own_copy(x), rng)
    except PerturbationError as error:
        raise PerturbationError(f"in {perturbation.name}: {error}") from error
    return [None if variant is None or same(variant, x) else variant for variant in made]


def as_perturbations(under: object) -> tuple[Perturbation, ...]:
    """The perturbations of ``under=``: one, several, or a mapping of names to perturbations.

    Raises:
        PerturbationError: There are none, two have the same name, or one is not callable.

    >>> [perturbation.name for perturbation in as_perturbations({"shout": str.upper, "calm": str.lower})]
    ['shout', 'calm']
    """
    if under is None:
        return ()
    if isinstance(under, Mapping):
        made = tuple(as_perturbation(item).named(name) for name, item in under.items())
    elif isinstance(under, Iterable) and not isinstance(under, str | Perturbation):
        made = tuple(as_perturbation(item) for item in under)
    else:
        made = (as_perturbation(under),)
    if not made:
        raise PerturbationError("under= is empty; name at least one perturbation, such as perturb.typos()")
    names = [perturbation.name for perturbation in made]
    for name in names:
        if name in (GIVEN, GIVEN_INPUT):
            raise PerturbationError(
                f"a perturbation cannot be called {name!r}: reports call the variants of cases so"
            )
        if names.count(name) > 1:
            raise PerturbationError(
                f"two perturbations have the name {name!r}; name them: under={{'first': …, 'second': …}}"
            )
    return made


def as_perturbation(item: object) -> Perturbation:
    """Make a perturbation from a callable or an augmenter (see :func:`adapt`).

    A perturbation is returned unchanged.

    The callable takes an input, or an input and a :class:`random.Random`. It returns another input, a list
    or a generator of several, or ``None`` if it does not apply. If inputs are lists themselves, a returned
    list is one input, and only a generator gives several.

    Raises:
        PerturbationError: It cannot be called like this.

    >>> def without_vowels(text):
    ...     return "".join(character for character in text if character not in "aeiou")
    >>> as_perturbation(without_vowels).name, as_perturbation(without_vowels).preview("parcel")
    ('without_vowels', ['prcl'])
    """
    if isinstance(item, Perturbation):
        return item
    if is_augmenter(item):
        return adapt(item)
    if not callable(item):
        close = meant(item) if isinstance(item, str) else None
        hint = f"; did you mean perturb.{close}()?" if close else ""
        raise PerturbationError(f"{item!r:.60} is not a perturbation: it is not callable{hint}")
    check_callable(item)
    draws = takes_rng(item)

    def apply(x: Any, rng: Random) -> list[Any]:
        result = item(x, rng) if draws else item(x)
        # A list is several variants, unless inputs are lists themselves: then it is one.
        is_several = isinstance(result, list) and not isinstance(x, list)
        return list(result) if is_several or isinstance(result, GeneratorType) else [result]

    return Perturbation(name_of(item), apply, random=draws)


def adapt(
    augmenter: Any, n: int | None = None, *, name: str | None = None, field: Field | None = None
) -> Perturbation:
    """Make a perturbation from an augmenter of another library, which is recognised by its methods.

    - nlpaug: has ``augment(data, n=1)``.
    - textattack: has ``augment(text)``, which returns a list.
    - albumentations, version 1 or 2: is called with ``image=`` and returns a mapping with ``"image"``.

    ``under=`` accepts such augmenters directly, too. The sources of randomness that they use internally
    (``random``, ``numpy.random``, and torch's if it is loaded) are seeded before each input and restored
    afterwards; an albumentations augmenter with a source of its own is copied, and the copy seeded. So the
    same input gives the same variants, unless the library itself is not reproducible, like textattack's
    ``fast_augment`` and models on a GPU.

    Args:
        augmenter: The augmenter, or a pipeline of them.
        n: The number of variants. Default: one, and for textattack its ``transformations_per_example``.
        name: The name in reports. Default: the name of its class.
        field: The part of the input that is the text or the image.

    Raises:
        PerturbationError: ``augmenter`` is not an augmenter of these libraries.

    >>> import random
    >>> class Shuffler:  # of the shape of nlpaug's
    ...     def augment(self, data, n=1, num_thread=1):
    ...         words = data.split()
    ...         return [" ".join(random.sample(words, len(words))) for _ in range(n)]
    >>> adapt(Shuffler()).name, adapt(Shuffler()).preview("Where is my parcel?")
    ('Shuffler', ['parcel? my is Where'])
    """
    if not is_augmenter(augmenter):
        raise PerturbationError(
            f"{type(augmenter).__name__} is not an augmenter of nlpaug or textattack (which have"
            " .augment(text)) nor of albumentations; a function from an input to another needs no adapt()"
        )
    shown, apply = augmentation(augmenter, n, name, field)
    return Perturbation(with_field(shown, field), apply)


# The name of the level that is the input itself.
AS_IT_IS: Final = "as it is"
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
