"""Perturb images: light, contrast, noise, blur, JPEG compression.

An image is a numpy array of height × width, or height × width × channels with one to four channels, either
of ``uint8`` or of floats from 0 to 1. The last of two or four channels is the opacity.

The compression follows ITU-T T.81: the cosine transform of section A.3.3 and the tables of annex K.1,
scaled to a quality from 1 to 100 as the Independent JPEG Group's library does. Colours are not sampled
down, and the entropy coding is left out, since it loses nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.libraries import is_image
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.numeric import is_number, is_whole
from pytest_modelcheck.perturb.building import called, changed, check_n, with_field
from pytest_modelcheck.perturb.numbers import array_rng
from pytest_modelcheck.perturb.paths import Field, found, image_path, is_array, placed
from pytest_modelcheck.perturb.perturbation import Perturbation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    # From an image of height × width × channels, floats from 0 to 1, and a source of randomness (a
    # `numpy.random.RandomState`) to another of that shape.
    Filter = Callable[[Any, Any], Any]

_CHANNELS: Final = (1, 2, 3, 4)
_SLACK: Final = 1e-6


def filtered(
    name: str, filters: Sequence[Filter], field: Field | None, *, n: int | None = None, opacity: bool = False
) -> Perturbation:
    """A perturbation of images.

    Args:
        name: The name, without the field.
        filters: The filters, one variant each; with ``n``, a single filter that makes n random variants.
        field: The part of the input that is the image, if the input is more than an image.
        n: The number of random variants; ``None`` for filters without randomness.
        opacity: Whether the opacity changes too, as when an image is moved.
    """
    if n is not None:
        check_n(name.partition("(")[0], n)

    def apply(x: Any, rng: Random) -> list[Any]:
        path = image_path(x, field)
        image = found(x, path, field)
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
    """Check that a value is an image."""
    if not is_array(image):
        if is_image(image):
            raise PerturbationError(
                "images of Pillow cannot be perturbed: make it an array, numpy.asarray(image), and let the"
                " model fixture call PIL.Image.fromarray(...)"
            )
        raise PerturbationError(f"{type(image).__name__} is not an image: an image is an array of numpy")
    shape = "×".join(map(str, image.shape))
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in _CHANNELS) or 0 in image.shape:
        channels_first = image.ndim == 3 and image.shape[0] in _CHANNELS
        hint = "; it has its channels first: image.transpose(1, 2, 0)" if channels_first else ""
        raise PerturbationError(
            f"an array of {shape} is not an image: it must be height × width, or height × width × 1 to 4"
            f" channels{hint}"
        )
    if image.dtype.kind == "f":
        low, high = float(image.min()), float(image.max())
        # Asked this way round, NaN is refused as well.
        if not (low >= -_SLACK and high <= 1 + _SLACK):
            raise PerturbationError(
                f"an array of {image.dtype} with values from {low:g} to {high:g} is not an image: floats go"
                " from 0 to 1 (divide by 255?)"
            )
    elif image.dtype.name != "uint8":
        raise PerturbationError(
            f"an array of {image.dtype} is not an image: it must be of uint8 from 0 to 255, or of"
            " floats from 0 to 1"
        )


def _through(one: Filter, image: Any, source: Any, *, opacity: bool) -> Any:
    """Apply a filter to an image. Type and shape are kept, and so is the opacity unless it is to change."""
    import numpy as np

    whole = image.dtype.kind == "u"
    pixels = np.atleast_3d(image).astype(np.float64)
    if whole:
        pixels /= 255
    # The last of two or four channels is the opacity, which light and noise leave alone.
    colours = pixels.shape[2] - (0 if opacity or pixels.shape[2] % 2 else 1)
    new = pixels.copy()
    # Clipped first: beyond 255, uint8 starts again at 0, and white would turn dark.
    new[..., :colours] = np.clip(one(pixels[..., :colours], source), 0, 1)
    if whole:
        new = np.rint(new * 255)
    return new.reshape(image.shape).astype(image.dtype)


def brightness(*by: float, field: Field | None = None) -> Perturbation:
    """Make an image brighter or darker: add a constant to each value, where white is 1.

    Images are arrays of height × width (× channels), of ``uint8`` or of floats from 0 to 1; type, shape
    and range stay, and so does opacity.

    Args:
        by: The constants, one variant each. Default: -0.2 and 0.2.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> brightness().preview(np.array([[0, 100, 250]], dtype="uint8"))
    [array([[  0,  49, 199]], dtype=uint8), array([[ 51, 151, 255]], dtype=uint8)]
    """
    return each("brightness", by, (-0.2, 0.2), (-1, 1), lambda image, amount: image + amount, field)


def contrast(*factors: float, field: Field | None = None) -> Perturbation:
    """Change the contrast of an image: multiply the distance of each value from the mean.

    Args:
        factors: Below 1 is less contrast; one variant each. Default: 0.6 and 1.5.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> contrast(0.5).preview(np.array([[0, 100, 200]], dtype="uint8"))
    [array([[ 50, 100, 150]], dtype=uint8)]
    """

    def changed(image: Any, factor: float) -> Any:
        return image.mean() + (image - image.mean()) * factor

    return each("contrast", factors, (0.6, 1.5), (0, 10), changed, field)


def gamma(*gammas: float, field: Field | None = None) -> Perturbation:
    """Raise the values of an image to the power of gamma: below 1, shadows get lighter.

    Args:
        gammas: The powers, one variant each. Default: 0.6 and 1.6.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> gamma(0.5).preview(np.array([[0.0, 0.25, 1.0]]))
    [array([[0. , 0.5, 1. ]])]
    """
    return each("gamma", gammas, (0.6, 1.6), (0, 10), lambda image, by: image.clip(0, 1) ** by, field)


def gaussian_noise(sd: float = 0.05, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Add noise to each value, like that of a sensor in low light.

    Args:
        sd: Its standard deviation, where 1 is from black to white.
        n: The number of variants.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> gaussian_noise(0.1).preview(np.full((1, 4), 128, dtype="uint8"))
    [array([[ 82, 140, 121, 161]], dtype=uint8)]
    """
    check_amounts("gaussian_noise", (sd,), 0, 1)

    def noisy(image: Any, source: Any) -> Any:
        return image + source.normal(0, sd, image.shape)

    return filtered(called("gaussian_noise", sd), [noisy], field, n=n)


def salt_and_pepper(amount: float = 0.02, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Set some pixels to white or black, as a failing sensor or transmission does.

    Args:
        amount: The fraction of the pixels.
        n: The number of variants.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> salt_and_pepper(0.3).preview(np.full((2, 4), 128, dtype="uint8"))
    [array([[255, 128, 128,   0],
           [255, 128,   0, 128]], dtype=uint8)]
    """
    check_amounts("salt_and_pepper", (amount,), 0, 1)

    def spotted(image: Any, source: Any) -> Any:
        import numpy as np

        # One draw a pixel: channels drawn alone would give coloured spots.
        drawn = source.uniform(size=(*image.shape[:2], 1))
        return np.where(drawn < amount / 2, 0.0, np.where(drawn < amount, 1.0, image))

    return filtered(called("salt_and_pepper", amount), [spotted], field, n=n)


def blur(*sigmas: float, field: Field | None = None) -> Perturbation:
    """Blur an image with a Gaussian filter (``scipy.ndimage.gaussian_filter``).

    Args:
        sigmas: The filter's standard deviations in pixels, one variant each. Default: 1.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> blur().preview(np.array([[0, 0, 255, 0, 0]], dtype="uint8"))
    [array([[ 14,  62, 102,  62,  14]], dtype=uint8)]
    """

    def blurred(image: Any, sigma: float) -> Any:
        from scipy.ndimage import gaussian_filter

        return gaussian_filter(image, (sigma, sigma, 0), mode="nearest")

    return each("blur", sigmas, (1.0,), (0, 100), blurred, field)


def each(
    name: str,
    given: tuple[float, ...],
    default: tuple[float, ...],
    limits: tuple[float, float],
    change: Callable[[Any, float], Any],
    field: Field | None,
    *,
    opacity: bool = False,
) -> Perturbation:
    """A perturbation with one variant for each given amount, or for each of the default."""
    check_amounts(name, given, *limits)

    def by(amount: float) -> Filter:
        return lambda image, _: change(image, amount)

    return filtered(called(name, *given), [by(amount) for amount in given or default], field, opacity=opacity)


def check_amounts(name: str, given: tuple[Any, ...], low: float, high: float) -> None:
    """Check that all amounts are numbers within bounds."""
    for amount in given:
        if not is_number(amount) or not low <= amount <= high:
            raise PerturbationError(f"{name}({amount!r}): a number from {low:g} to {high:g}")


# The tables of annex K.1, row by row.
_LUMINANCE: Final = """
16 11 10 16 24 40 51 61    12 12 14 19 26 58 60 55    14 13 16 24 40 57 69 56    14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99
"""
_CHROMINANCE: Final = f"""
17 18 24 47 99 99 99 99    18 21 26 66 99 99 99 99    24 26 56 99 99 99 99 99    47 66 99 99 99 99 99 99
{"99 " * 32}
"""
# From red, green and blue to lightness and two differences of colour: JFIF, after ITU-R BT.601.
_TO_YCC: Final = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_BLOCK: Final = 8


def jpeg(*qualities: int, field: Field | None = None) -> Perturbation:
    """Compress an image like JPEG: blocks of 8×8 pixels, and rings around edges.

    After ITU-T T.81, annex K.1, with the scale of quality of the Independent JPEG Group.

    Args:
        qualities: From 1 (worst) to 100, one variant each. Default: 30.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> jpeg(10).preview(np.array([[0, 0, 0, 255, 255, 0, 0, 0]], dtype="uint8"))
    [array([[  5,   6,  10, 251, 251,  10,   6,   5]], dtype=uint8)]
    """
    for quality in qualities:
        if not is_whole(quality, least=1) or quality > 100:
            raise PerturbationError(f"jpeg({quality!r}): the quality is a whole number from 1 to 100")

    def at(quality: int) -> Filter:
        return lambda image, _: _lossy(image * 255, quality) / 255

    return filtered(called("jpeg", *qualities), [at(quality) for quality in qualities or (30,)], field)


def _lossy(image: Any, quality: int) -> Any:
    """An image of height × width × 1 or 3 channels, from 0 to 255."""
    import numpy as np

    if image.shape[2] == 1:
        return _quantised(image[..., 0] - 128, _table(_LUMINANCE, quality))[..., None] + 128
    matrix = np.array(_TO_YCC)
    ycc = image @ matrix.T
    ycc[..., 0] -= 128
    for channel, table in enumerate((_LUMINANCE, _CHROMINANCE, _CHROMINANCE)):
        ycc[..., channel] = _quantised(ycc[..., channel], _table(table, quality))
    ycc[..., 0] += 128
    return ycc @ np.linalg.inv(matrix).T


def _quantised(plane: Any, table: Any) -> Any:
    """A plane of values around zero, with its coefficients rounded to multiples of a table."""
    import numpy as np
    from scipy.fft import dctn, idctn

    height, width = plane.shape
    # An encoder repeats the edge up to whole blocks, too.
    padded = np.pad(plane, ((0, -height % _BLOCK), (0, -width % _BLOCK)), mode="edge")
    rows, columns = (size // _BLOCK for size in padded.shape)
    blocks = padded.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
    coefficients = np.rint(dctn(blocks, axes=(2, 3), norm="ortho") / table) * table
    restored = idctn(coefficients, axes=(2, 3), norm="ortho")
    return restored.swapaxes(1, 2).reshape(padded.shape)[:height, :width]


def _table(base: str, quality: int) -> Any:
    import numpy as np

    # The formula of libjpeg, so that a quality means here what it means there.
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((np.array(base.split(), dtype=int) * scale + 50) // 100, 1, 255).reshape(_BLOCK, _BLOCK)
