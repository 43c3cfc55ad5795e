"""One writer at a time below a folder of baselines, among all processes of a machine.

Without it, two approvals at once could leave some files of each. The folder itself is locked, so that no
lock file is left behind or committed by accident; the operating system releases the lock when the process
ends, in whatever way.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE: Final = 60.0
"""Seconds; an approval of a million cases takes five."""

_PAUSE: Final = 0.02
_BUSY: Final = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextmanager
def held(root: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on ``root``; wait while another process holds it.

    A file system without locks grants all of them: there, nothing separates two approvals.

    Args:
        root: The folder, which must exist.
        patience: How many seconds to wait.

    Raises:
        BaselineError: Another process held the lock all that time.
    """
    handle = _opened(root)
    try:
        until = time.monotonic() + patience
        # Polled: flock itself could wait, but not for a limited time.
        while not _taken(handle):
            if time.monotonic() > until:
                raise BaselineError(
                    located(
                        f"another process has been writing here for {patience:g} seconds: an approval, a "
                        "merge, or pytest --modelcheck-update. Try again when it is done.",
                        str(root),
                    )
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import hashlib
    import msvcrt
    import tempfile

    def _opened(root: Path) -> int:
        """A file that stands for the folder, which cannot be opened itself."""
        name = hashlib.sha256(str(root.resolve()).casefold().encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"modelcheck-{name}.lock"
        return os.open(path, os.O_RDWR | os.O_CREAT)

    def _taken(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return error.errno not in _BUSY
        return True

else:
    import fcntl

    def _opened(root: Path) -> int:
        return os.open(root, os.O_RDONLY)

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in _BUSY
        return True
