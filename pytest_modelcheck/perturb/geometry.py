"""Images turned, moved, cropped, mirrored, or hidden in part.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called
from pytest_modelcheck.perturb.images import filtered
from pytest_modelcheck.perturb.lighting import check_amounts, each

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.images import Filter
    from pytest_modelcheck.perturb.perturbation import Perturbation

_AXES: Final = {"horizontal": 1, "vertical": 0}


def rotate(*degrees: float, field: Field | None = None) -> Perturbation:
    """An image turned a little around its middle; what comes in from outside repeats the edge.

    Args:
        degrees: How far, counterclockwise; of several, one variant each. By default -5 and 5.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> rotate(90).preview(np.array([[0, 1], [2, 3]], dtype="uint8"))
    [array([[1, 3],
           [0, 2]], dtype=uint8)]
    """
    check_amounts("rotate", degrees, -180, 180)

    def by(angle: float) -> Filter:
        def turned(image: Any, _: Any) -> Any:
            from scipy.ndimage import rotate as turn

            return turn(image, angle, reshape=False, order=1, mode="nearest")

        return turned

    return each("rotate", degrees, (-5, 5), by, field, opacity=True)


def shift(by: float = 0.1, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """An image moved by some pixels in a direction that is drawn; what comes in repeats the edge.

    Args:
        by: How far at most, as a part of the height and of the width.
        n: How many variants to make.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> shift(0.5).preview(np.arange(16, dtype="uint8").reshape(4, 4))
    [array([[ 9, 10, 11, 11],
           [13, 14, 15, 15],
           [13, 14, 15, 15],
           [13, 14, 15, 15]], dtype=uint8)]
    """
    check_amounts("shift", (by,), 0, 1)

    def moved(image: Any, source: Any) -> Any:
        rows, columns = (_moved_places(size, by, source) for size in image.shape[:2])
        return image[rows][:, columns]

    return filtered(called("shift", by), [moved], field, n=n, opacity=True)


def crop(keep: float = 0.9, n: int = 1, *, field: Field | None = None) -> Perturbation:
    """A part of an image, at a place that is drawn, enlarged to the size of the whole (bilinear).

    Args:
        keep: Which part of the height and of the width stays.
        n: How many variants to make.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> crop(0.5).preview(np.arange(0, 160, 10, dtype="uint8").reshape(4, 4))
    [array([[18, 22, 27, 30],
           [27, 32, 38, 40],
           [47, 52, 58, 60],
           [68, 72, 78, 80]], dtype=uint8)]
    """
    if isinstance(keep, bool) or not isinstance(keep, int | float) or not 0 < keep < 1:
        raise PerturbationError(f"crop({keep!r}): the part that stays is more than 0 and less than 1")

    def cropped(image: Any, source: Any) -> Any:
        from scipy.ndimage import affine_transform

        kept = [max(1, round(size * keep)) for size in image.shape[:2]]
        sizes = list(zip(image.shape[:2], kept, strict=True))
        corner = [int(source.randint(size - part + 1)) for size, part in sizes]
        zoom = [part / size for size, part in sizes]
        offset = [at + (factor - 1) / 2 for at, factor in zip(corner, zoom, strict=True)]
        return affine_transform(image, [*zoom, 1], [*offset, 0], order=1, mode="nearest")

    return filtered(called("crop", keep), [cropped], field, n=n, opacity=True)


def flip(how: str = "horizontal", *, field: Field | None = None) -> Perturbation:
    """An image mirrored.

    For many tasks that changes what is right: text, digits, left and right, and (upside down) most photos.

    Args:
        how: ``"horizontal"`` (left and right change places) or ``"vertical"``.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> flip().preview(np.array([[0, 1], [2, 3]], dtype="uint8"))
    [array([[1, 0],
           [3, 2]], dtype=uint8)]
    """
    if how not in _AXES:
        raise PerturbationError(f"flip({how!r}): there are {', '.join(map(repr, _AXES))}")

    def mirrored(image: Any, _: Any) -> Any:
        import numpy as np

        return np.flip(image, _AXES[how])

    return filtered(called("flip", how), [mirrored], field, opacity=True)


def occlude(
    size: float = 0.25, n: int = 1, *, value: float = 0.5, field: Field | None = None
) -> Perturbation:
    """A part of an image hidden under a plain rectangle, at a place that is drawn.

    Args:
        size: The rectangle's height and width, as parts of those of the image.
        n: How many variants to make.
        value: Its brightness, from 0 (black) to 1 (white).
        field: Where the image is, in an input that is more than an image.

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


def _moved_places(size: int, by: float, source: Any) -> Any:
    """Where along an axis each pixel comes from."""
    import numpy as np

    farthest = round(size * by)
    return np.clip(np.arange(size) - source.randint(-farthest, farthest + 1), 0, size - 1)
