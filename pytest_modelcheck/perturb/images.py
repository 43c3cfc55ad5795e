"""Images as arrays of numpy: what counts as one, and how it is taken apart and put together again.

An image is an array of height × width, or height × width × channels with one to four channels, either of
``uint8`` or of floats from 0 to 1. The last of two or four channels is the opacity.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import changed, check_n, with_field
from pytest_modelcheck.perturb.focus import Field, part, path_of
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.perturb.places import is_array, parts_of, placed
from pytest_modelcheck.perturb.quantities import array_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    Filter = Callable[[Any, Any], Any]
    """From an image of height × width × channels, floats from 0 to 1, and a source of randomness (a
    ``numpy.random.RandomState``) to another of that shape."""

_CHANNELS: Final = (1, 2, 3, 4)
_SLACK: Final = 1e-6


def filtered(
    name: str, filters: Sequence[Filter], field: Field | None, *, n: int | None = None, opacity: bool = False
) -> Perturbation:
    """A perturbation of images.

    Args:
        name: The name, without the field.
        filters: What is done. Each makes a variant; with ``n``, the one makes n, at random.
        field: Where the image is, in an input that is more than an image.
        n: How many random variants; ``None`` for filters without randomness.
        opacity: Whether the opacity is changed too, as where an image is moved.
    """
    if n is not None:
        check_n(name.partition("(")[0], n)

    def apply(x: Any, rng: Random) -> list[Any]:
        path = image_path(x, field)
        image = x
        for key in path:
            image = part(image, key, field)
        check_image(image)
        if n is None:
            made = [_through(one, image, None, opacity=opacity) for one in filters]
        else:
            source = array_rng(rng)
            draw = partial(_through, filters[0], image, source, opacity=opacity)
            made = [changed(draw, image) for _ in range(n)]
        return [None if new is None else placed(x, path, new) for new in made]

    return Perturbation(with_field(name, field), apply, random=n is not None)


def check_image(image: Any) -> None:
    """Refuse what is no image.

    Raises:
        PerturbationError: It says what it is instead, and what an image is.
    """
    if not is_array(image):
        raise PerturbationError(f"{type(image).__name__} is no image: an image is an array of numpy")
    shape = "×".join(map(str, image.shape))
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in _CHANNELS) or 0 in image.shape:
        channels_first = image.ndim == 3 and image.shape[0] in _CHANNELS
        hint = "; it has its channels first: image.transpose(1, 2, 0)" if channels_first else ""
        raise PerturbationError(
            f"an array of {shape} is no image: it must be height × width, or height × width × 1 to 4"
            f" channels{hint}"
        )
    if image.dtype.kind == "f":
        low, high = float(image.min()), float(image.max())
        if not (low >= -_SLACK and high <= 1 + _SLACK):
            raise PerturbationError(
                f"an array of {image.dtype} with values from {low:g} to {high:g} is no image: floats go"
                " from 0 to 1 (divide by 255?)"
            )
    elif image.dtype.name != "uint8":
        raise PerturbationError(
            f"an array of {image.dtype} is no image: it must be of uint8 from 0 to 255, or of"
            " floats from 0 to 1"
        )


def image_path(x: Any, field: Field | None) -> tuple[Any, ...]:
    """Where the image of an input is."""
    if field is not None:
        return path_of(x, field)
    parts = [] if is_array(x) else parts_of(x) or []
    arrays = [key for key, value in parts if is_array(value)]
    if is_array(x) or not parts:
        return ()
    if len(arrays) != 1:
        raise PerturbationError(
            f"{len(arrays) or 'none'} of the parts of the input are arrays; say where the image is with"
            " field='…'"
        )
    return (arrays[0],)


def _through(one: Filter, image: Any, source: Any, *, opacity: bool) -> Any:
    """An image through a filter; of the same type and shape, and opacity as it was unless it is meant."""
    import numpy as np

    whole = image.dtype.kind == "u"
    pixels = np.atleast_3d(image).astype(np.float64)
    if whole:
        pixels /= 255
    colours = pixels.shape[2] - (0 if opacity or pixels.shape[2] % 2 else 1)
    new = pixels.copy()
    new[..., :colours] = np.clip(one(pixels[..., :colours], source), 0, 1)
    if whole:
        new = np.rint(new * 255)
    return new.reshape(image.shape).astype(image.dtype)
