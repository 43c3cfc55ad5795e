"""Images in other light, or seen less well.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called
from pytest_modelcheck.perturb.images import filtered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.images import Filter
    from pytest_modelcheck.perturb.perturbation import Perturbation


def brightness(*by: float, field: Field | None = None) -> Perturbation:
    """An image brighter or darker: added to each value, where 1 is from black to white.

    Images are arrays of height × width (× channels), of ``uint8`` or of floats from 0 to 1; type, shape
    and range stay, and so does opacity.

    Args:
        by: How much; of several, one variant each. By default -0.2 and 0.2.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> brightness().preview(np.array([[0, 100, 250]], dtype="uint8"))
    [array([[  0,  49, 199]], dtype=uint8), array([[ 51, 151, 255]], dtype=uint8)]
    """
    check_amounts("brightness", by, -1, 1)
    return each("brightness", by, (-0.2, 0.2), lambda amount: lambda image, _: image + amount, field)


def contrast(*factors: float, field: Field | None = None) -> Perturbation:
    """An image with more or less contrast: the distance of each value to the mean times a factor.

    Args:
        factors: Less than 1 is less contrast; of several, one variant each. By default 0.6 and 1.5.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> contrast(0.5).preview(np.array([[0, 100, 200]], dtype="uint8"))
    [array([[ 50, 100, 150]], dtype=uint8)]
    """
    check_amounts("contrast", factors, 0, 10)

    def by(factor: float) -> Filter:
        return lambda image, _: image.mean() + (image - image.mean()) * factor

    return each("contrast", factors, (0.6, 1.5), by, field)


def gamma(*gammas: float, field: Field | None = None) -> Perturbation:
    """An image with its values to the power of gamma: less than 1 lights up the shadows.

    Args:
        gammas: The powers; of several, one variant each. By default 0.6 and 1.6.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> gamma(0.5).preview(np.array([[0.0, 0.25, 1.0]]))
    [array([[0. , 0.5, 1. ]])]
    """
    check_amounts("gamma", gammas, 0, 10)
    return each("gamma", gammas, (0.6, 1.6), lambda power: lambda image, _: image.clip(0, 1) ** power, field)


def gaussian_noise(sd: float = 0.05, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Noise in each value, as a sensor has it in little light.

    Args:
        sd: Its standard deviation, where 1 is from black to white.
        n: How many variants to make.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> gaussian_noise(0.1).preview(np.full((1, 4), 128, dtype="uint8"))
    [array([[ 82, 140, 121, 161]], dtype=uint8)]
    """
    check_amounts("gaussian_noise", (sd,), 0, 1)

    def noisy(image: Any, source: Any) -> Any:
        return image + source.normal(0, sd, image.shape)

    return filtered(called("gaussian_noise", sd), [noisy], field, n=n)


def salt_and_pepper(amount: float = 0.02, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Some pixels white or black, as where a sensor or a transmission fails.

    Args:
        amount: Which part of the pixels.
        n: How many variants to make.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> salt_and_pepper(0.3).preview(np.full((2, 4), 128, dtype="uint8"))
    [array([[255, 128, 128,   0],
           [255, 128,   0, 128]], dtype=uint8)]
    """
    check_amounts("salt_and_pepper", (amount,), 0, 1)

    def spotted(image: Any, source: Any) -> Any:
        import numpy as np

        drawn = source.uniform(size=(*image.shape[:2], 1))
        return np.where(drawn < amount / 2, 0.0, np.where(drawn < amount, 1.0, image))

    return filtered(called("salt_and_pepper", amount), [spotted], field, n=n)


def blur(*sigmas: float, field: Field | None = None) -> Perturbation:
    """An image out of focus, by a Gaussian filter (``scipy.ndimage.gaussian_filter``).

    Args:
        sigmas: The filter's standard deviation in pixels; of several, one variant each. By default 1.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> blur().preview(np.array([[0, 0, 255, 0, 0]], dtype="uint8"))
    [array([[ 14,  62, 102,  62,  14]], dtype=uint8)]
    """
    check_amounts("blur", sigmas, 0, 100)

    def by(sigma: float) -> Filter:
        def blurred(image: Any, _: Any) -> Any:
            from scipy.ndimage import gaussian_filter

            return gaussian_filter(image, (sigma, sigma, 0), mode="nearest")

        return blurred

    return each("blur", sigmas, (1.0,), by, field)


def each(
    name: str,
    given: tuple[float, ...],
    default: tuple[float, ...],
    by: Callable[[float], Filter],
    field: Field | None,
    *,
    opacity: bool = False,
) -> Perturbation:
    """A perturbation with a variant for each amount that is given, or of the default."""
    return filtered(called(name, *given), [by(amount) for amount in given or default], field, opacity=opacity)


def check_amounts(name: str, given: tuple[Any, ...], low: float, high: float) -> None:
    """Refuse what is no number within bounds."""
    for amount in given:
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not low <= amount <= high:
            raise PerturbationError(f"{name}({amount!r}): a number from {low:g} to {high:g}")
