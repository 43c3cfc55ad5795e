"""The loss of JPEG: the coefficients of a cosine transform of blocks of 8×8 pixels, rounded coarsely.

After ITU-T T.81: the transform of section A.3.3 and the tables of annex K.1, scaled to a quality from 1 to
100 as the Independent JPEG Group's library does. Colours are not sampled down, and nothing is entropy coded,
which loses nothing.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called
from pytest_modelcheck.perturb.images import filtered

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.images import Filter
    from pytest_modelcheck.perturb.perturbation import Perturbation

# fmt: off
_LUMINANCE: Final = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)
_CHROMINANCE: Final = (
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)
# fmt: on
_TO_YCC: Final = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
"""From red, green and blue to lightness and two differences of colour: JFIF, after ITU-R BT.601."""
_BLOCK: Final = 8


def jpeg(*qualities: int, field: Field | None = None) -> Perturbation:
    """An image with the loss of JPEG: blocks of 8×8 pixels, and rings around edges.

    After ITU-T T.81, annex K.1, with the scale of quality of the Independent JPEG Group.

    Args:
        qualities: From 1 (worst) to 100; of several, one variant each. By default 30.
        field: Where the image is, in an input that is more than an image.

    >>> import numpy as np
    >>> jpeg(10).preview(np.array([[0, 0, 0, 255, 255, 0, 0, 0]], dtype="uint8"))
    [array([[  5,   6,  10, 251, 251,  10,   6,   5]], dtype=uint8)]
    """
    for quality in qualities:
        if isinstance(quality, bool) or not isinstance(quality, int) or not 1 <= quality <= 100:
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
    """A plane of values around zero, with its coefficients rounded to multiples of those in a table."""
    import numpy as np
    from scipy.fft import dctn, idctn

    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % _BLOCK), (0, -width % _BLOCK)), mode="edge")
    rows, columns = (size // _BLOCK for size in padded.shape)
    blocks = padded.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
    coefficients = np.rint(dctn(blocks, axes=(2, 3), norm="ortho") / table) * table
    restored = idctn(coefficients, axes=(2, 3), norm="ortho")
    return restored.swapaxes(1, 2).reshape(padded.shape)[:height, :width]


def _table(base: tuple[int, ...], quality: int) -> Any:
    import numpy as np

    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((np.array(base) * scale + 50) // 100, 1, 255).reshape(_BLOCK, _BLOCK)
