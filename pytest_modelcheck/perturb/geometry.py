"""Turn, move, crop, mirror, or partly hide an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.perturb.building import called, check_choice, check_fraction
from pytest_modelcheck.perturb.images import check_amounts, each, filtered

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.paths import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation


_AXES: Final = {"horizontal": 1, "vertical": 0}


def rotate(*degrees: float, field: Field | None = None) -> Perturbation:
    """Rotate an image a little around its centre. The edge pixels are repeated outward.

    Args:
        degrees: The angles, counterclockwise; one variant each. Default: -5 and 5.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> rotate(90).preview(np.array([[0, 1], [2, 3]], dtype="uint8"))
    [array([[1, 3],
           [0, 2]], dtype=uint8)]
    """

    def turned(image: Any, angle: float) -> Any:
        from scipy.ndimage import rotate as turn

        return turn(image, angle, reshape=False, order=1, mode="nearest")

    return each("rotate", degrees, (-5, 5), (-180, 180), turned, field, opacity=True)


def shift(by: float = 0.1, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Shift an image by some pixels in a random direction. The edge pixels are repeated outward.

    Args:
        by: The largest shift, as a fraction of the height and of the width.
        n: The number of variants.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> shift(0.5).preview(np.arange(16, dtype="uint8").reshape(4, 4))
    [array([[ 9, 10, 11, 11],
           [13, 14, 15, 15],
           [13, 14, 15, 15],
           [13, 14, 15, 15]], dtype=uint8)]
    """
    check_amounts("shift", (by,), 0, 1)

    def moved(image: Any, source: Any) -> Any:
        import numpy as np

        for axis, size in enumerate(image.shape[:2]):
            farthest = round(size * by)
            # For each pixel along the axis, the index of its source pixel.
            places = np.arange(size) - source.randint(-farthest, farthest + 1)
            image = image.take(np.clip(places, 0, size - 1), axis)
        return image

    return filtered(called("shift", by), [moved], field, n=n, opacity=True)


def crop(keep: float = 0.9, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Crop an image at a random place, and enlarge the crop to the size of the whole (bilinear).

    Args:
        keep: The fraction of the height and of the width that stays.
        n: The number of variants.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> crop(0.5).preview(np.arange(0, 160, 10, dtype="uint8").reshape(4, 4))
    [array([[18, 22, 27, 30],
           [27, 32, 38, 40],
           [47, 52, 58, 60],
           [68, 72, 78, 80]], dtype=uint8)]
    """
    check_fraction("crop", keep)

    def cropped(image: Any, source: Any) -> Any:
        from scipy.ndimage import affine_transform

        extent = [max(1, round(size * keep)) for size in image.shape[:2]]
        sizes = list(zip(image.shape[:2], extent, strict=True))
        corner = [int(source.randint(size - part + 1)) for size, part in sizes]
        zoom = [part / size for size, part in sizes]
        # Half a pixel: affine_transform counts from the middle of pixels, crops count from their edges.
        offset = [at + (factor - 1) / 2 for at, factor in zip(corner, zoom, strict=True)]
        return affine_transform(image, [*zoom, 1], [*offset, 0], order=1, mode="nearest")

    return filtered(called("crop", keep), [cropped], field, n=n, opacity=True)


def flip(how: str = "horizontal", *, field: Field | None = None) -> Perturbation:
    """Mirror an image.

    For many tasks that changes the right answer: text, digits, left and right, and (upside down) most photos.

    Args:
        how: ``"horizontal"`` (left and right change places) or ``"vertical"``.
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> flip().preview(np.array([[0, 1], [2, 3]], dtype="uint8"))
    [array([[1, 0],
           [3, 2]], dtype=uint8)]
    """
    check_choice(f"flip({how!r})", how, _AXES)

    def mirrored(image: Any, _: Any) -> Any:
        import numpy as np

        return np.flip(image, _AXES[how])

    return filtered(called("flip", how), [mirrored], field, opacity=True)


def occlude(
    size: float = 0.25, n: int = 1, *, value: float = 0.5, field: Field | None = None
) -> Perturbation:
    """Hide a part of an image under a plain rectangle at a random place.

    Args:
        size: The rectangle's height and width, as fractions of the image's.
        n: The number of variants.
        value: Its brightness, from 0 (black) to 1 (white).
        field: The part of the input that is the image, if the input is more than an image.

    >>> import numpy as np
    >>> occlude(0.5, value=1).preview(np.zeros((4, 4), dtype="uint8"))
    [array([[  0,   0,   0,   0],
           [  0,   0,   0,   0],
           [  0,   0, 255, 255],
           [  0,   0, 255, 255]], dtype=uint8)]
    """
    check_amounts("occlude", (size,), 0, 1)
    check_amounts("occlude", (value,), 0, 1)

    def hidden(image: Any, source: Any) -> Any:
        made = image.copy()
        extent = [max(1, round(whole * size)) for whole in image.shape[:2]]
        top, left = (
            int(source.randint(whole - part + 1)) for whole, part in zip(image.shape[:2], extent, strict=True)
        )
        made[top : top + extent[0], left : left + extent[1]] = value
        return made

    return filtered(called("occlude", size, value=None if value == 0.5 else value), [hidden], field, n=n)
