"""From an input to its variants: which of them count, and whose fault an error is.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.errors import ModelcheckError, PerturbationError
from pytest_modelcheck.perturb.perturbation import Perturbation, rng_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNUSED: Final = Random(0)  # noqa: S311 - handed to those who ask for none


def variants(
    perturbation: Perturbation, case_input: Any, seed: int = 0, case_id: str = ""
) -> tuple[tuple[int, Any], ...]:
    """The inputs that a perturbation makes of one, each with its number among them.

    What is equal to the input is left out, as is what is equal to an earlier variant: numbers may be
    missing. With nothing left, the perturbation is not applicable to this input.

    Args:
        perturbation: What happens to the input.
        case_input: The input, which stays as it is: the perturbation gets a copy of what it could change.
        seed: Together with the perturbation's name and the input, decides all that is random.
        case_id: The case, for messages.

    Raises:
        PerturbationError: The perturbation broke, cannot work on such an input, or made something that
            is no input in its place. What was raised in it is the ``__cause__``.

    >>> from pytest_modelcheck import perturb
    >>> variants(perturb.append("Thank you."), "Where is my parcel?")
    ((0, 'Where is my parcel? Thank you.'),)
    >>> variants(perturb.replace("refund", "chargeback"), "Where is my parcel?")
    ()
    """
    try:
        rng = rng_for(seed, perturbation.name, case_input) if perturbation.random else _UNUSED
        made = perturbation.apply(own_copy(case_input), rng)
        return tuple(_distinct(made, case_input))
    except ModelcheckError as error:
        raise PerturbationError(f"{_place(perturbation, case_id)}: {error}") from error
    except Exception as error:
        raise PerturbationError(
            f"{_place(perturbation, case_id)}: it raised {type(error).__name__}: {error}"
            f" (on {excerpt(case_input, 60)})"
        ) from error


def same(one: Any, other: Any) -> bool:
    """Whether two inputs have the same content.

    >>> same("a", "a"), same([1], [1.0])
    (True, False)
    """
    return bool(_content(one) == _content(other))


def own_copy(x: Any) -> Any:
    """A copy that may be changed in place, unless nothing of it can be.

    >>> own_copy("text"), own_copy({"a": [1]})
    ('text', {'a': [1]})
    """
    return x if isinstance(x, str | int | float | bytes | None) else deepcopy(x)


def _place(perturbation: Perturbation, case_id: str) -> str:
    return f"perturbation {perturbation.name}" + (f", case {case_id}" if case_id else "")


def _distinct(made: list[Any], x: Any) -> Iterator[tuple[int, Any]]:
    seen = {_content(x)}
    for number, variant in enumerate(made):
        if variant is None:
            continue
        _check(variant, x)
        content = _content(variant)
        if content not in seen:
            seen.add(content)
            yield number, variant


def _content(value: Any) -> Any:
    return value if type(value) is str else digest(value)


def _check(variant: Any, x: Any) -> None:
    for kind, name in ((str, "text"), (Mapping, "a mapping")):
        if isinstance(x, kind) and not isinstance(variant, kind):
            raise PerturbationError(
                f"it made {type(variant).__name__} {excerpt(variant, 40)} of {name}; it must return the whole"
                " input, perturbed (a list or a generator for several, None where it does not apply)"
            )
    if isinstance(variant, str) and _is_broken(variant):
        if isinstance(x, str) and _is_broken(x):
            raise PerturbationError(f"the input has half of a character in it, which is no text: {x!r:.60}")
        raise PerturbationError(f"it made text with half of a character in it: {variant!r:.60}")


def _is_broken(text: str) -> bool:
    """Whether a text holds a surrogate, half of what UTF-16 makes of one character."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
