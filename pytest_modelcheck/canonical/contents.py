"""Inputs that refer to content elsewhere: paths of files, and images of Pillow.

They are identified by that content, so that a replaced picture is another input.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import PurePath

_BLOCK: Final = 1 << 20


def lower_file(path: PurePath) -> dict[str, Any] | None:
    """A path to a file as the file's name and a digest of its content; ``None`` for any other path.

    The folder does not count: it differs between checkouts.

    Raises:
        Refusal: The file cannot be read.
    """
    if not isinstance(path, Path):
        return None
    try:
        if not path.is_file():
            return None
        status = path.stat()
        return {"$file": [path.name, _digest_of(path.absolute(), status.st_mtime_ns, status.st_size)]}
    except OSError as error:
        raise Refusal(f"the file {path} cannot be read ({error.strerror})") from error


@lru_cache(maxsize=1 << 14)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - a changed file is read again
    total = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def is_image(value: Any) -> bool:
    """Return whether a value is an image of Pillow, decided without importing it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def lower_image(image: Any) -> dict[str, Any]:
    """An image of Pillow as its mode, its size and a digest of its pixels."""
    total = blake2b(image.tobytes(), digest_size=16)
    if image.palette is not None:
        total.update(image.palette.tobytes())
    return {"$image": [image.mode, list(image.size), total.hexdigest()]}
