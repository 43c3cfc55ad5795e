"""Inputs as small pictures for the HTML report: arrays, images of Pillow, and the bytes or files of pictures.

A picture is a ``data:`` URL. Arrays are written as PNG (ISO/IEC 15948) without filters.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from pytest_modelcheck.canonical.libraries import is_image

# Pictures of one input.
MOST: Final = 4

# Pixels that a picture may be wide or high; of a larger one, every n-th pixel is taken.
SIDE: Final = 96

# Bytes that the file of a picture may have to be shown as it is.
LARGEST: Final = 48_000

_DEEP: Final = 4
_WIDE: Final = 64
_KINDS: Final = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
# The names in PNG of grey, grey with opacity, colours, and colours with opacity.
_COLOUR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}


def pictures_of(value: Any) -> list[str]:
    """The pictures in an input, as ``data:`` URLs of at most about 256 kB in total.

    >>> import numpy as np
    >>> pictures_of(np.zeros((2, 2), np.uint8))[0][:30]
    'data:image/png;base64,iVBORw0K'
    >>> pictures_of({"text": "Where is it?", "scores": np.zeros(3)})
    []
    """
    found: list[str] = []
    _collect(value, found, 0)
    return found


def _collect(value: Any, found: list[str], depth: int) -> None:
    kind = type(value)
    if len(found) == MOST or depth > _DEEP or kind in (str, int, float, bool):
        return
    if kind in (dict, list, tuple):
        for part in list(value.values() if kind is dict else value)[:_WIDE]:
            _collect(part, found, depth + 1)
    elif (picture := _picture(value)) is not None:
        found.append(picture)


def _picture(value: Any) -> str | None:
    if isinstance(value, Path):
        try:
            value = value.read_bytes() if value.is_file() and value.stat().st_size <= LARGEST else b""
        except OSError:
            return None  # a report never fails for a picture: the check has said what is wrong with its input
    if isinstance(value, (bytes, bytearray)):
        # Recognised by its first bytes, and not by its name.
        kind = next((kind for start, kind in _KINDS if value.startswith(start)), None)
        if value[:4] == b"RIFF" and value[8:12] == b"WEBP":
            kind = "webp"
        return None if kind is None or len(value) > LARGEST else _address(kind, bytes(value))
    if type(value).__module__ == "numpy" and hasattr(value, "ndim"):
        return _of_array(value)
    if not is_image(value):
        return None
    mode = value.mode if value.mode in ("L", "LA", "RGB", "RGBA") else "RGB"
    small = value.convert(mode)
    small.thumbnail((SIDE, SIDE))
    return _address("png", _png(small.tobytes(), small.height, small.width, len(mode)))


def _of_array(array: Any) -> str | None:
    """An array of height × width × 1 to 4 channels, of bytes or of floats from 0 to 1."""
    import numpy as np

    flat = array.ndim == 2
    if not (flat or (array.ndim == 3 and array.shape[2] in _COLOUR_TYPES)) or min(array.shape) < 1:
        return None
    # A single row of numbers is features, not a picture.
    if flat and min(array.shape) < 2:
        return None
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        # Any other range has no agreed meaning as brightness.
        if not 0 <= low <= high <= 1:
            return None
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        return None
    step = max(1, -(-max(array.shape[:2]) // SIDE))
    small = np.ascontiguousarray(np.atleast_3d(array)[::step, ::step])
    return _address("png", _png(small.tobytes(), *small.shape))


def _png(pixels: bytes, height: int, width: int, channels: int) -> bytes:
    # Each row begins with the number of its filter: 0, none.
    row = width * channels
    rows = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
