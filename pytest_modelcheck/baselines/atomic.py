"""Atomic writes: a reader sees either all old files or all new ones, even after a kill.

A file is replaced by renaming a finished draft. Several files together need more, since a process may be
killed between two renames: their drafts are listed in a journal first. Once the journal is there, all of
them count as written; the next process (:func:`recover`) completes the renames.

Two batches at once could leave some files of each, so there is one writer at a time below a folder, among all
processes of a machine. The folder itself is locked: no lock file is left behind or committed by accident, and
the operating system releases the lock when the process ends, in whatever way.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, Self

from pytest_modelcheck.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


_PREFIX: Final = ".modelcheck-"
_SUFFIX: Final = ".tmp"
_JOURNAL: Final = ".journal"
_AT_ONCE: Final = 16
"""The number of files that are synchronised at the same time."""
_ABANDONED: Final = 3600.0
"""Seconds after which a temporary file belongs to a process that was killed."""


class Batch:
    """Files that are put in place together: all drafts are written before the first one takes its place.

    As a context: leaving it puts the files in place; leaving it with an exception removes the drafts and
    touches nothing else.

    Args:
        root: The folder of all files; entering the context creates it, and waits until no other process has a
            batch there. With a root, a kill leaves all files old or, once :func:`recover` has run, all files
            new; without one, each file is atomic by itself.
        durable: Wait until everything is on disk, so that a power cut loses nothing.
        dry: Only record what would be written; write nothing, and do not create the folder.
    """

    def __init__(self, root: Path | None = None, *, durable: bool = True, dry: bool = False) -> None:
        self._root = root
        self._dry = dry
        self._durable = durable
        self._steps: list[tuple[Path | None, Path]] = []
        self._announced = False
        self._lock = ExitStack()

    def __enter__(self) -> Self:
        if self._root is not None and not self._dry:
            self._root.mkdir(parents=True, exist_ok=True)
            self._lock.enter_context(_held_and_finished(self._root))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._lock:
            try:
                if kind is None and not self._dry:
                    self._commit()
            finally:
                # Once the journal has its name, drafts belong to it: removing them would lose what it
                # promises.
                if not self._announced:
                    for draft in [draft for draft, _ in self._steps if draft is not None]:
                        draft.unlink(missing_ok=True)
                        _remove_empty(draft.parent, self._root)

    @property
    def empty(self) -> bool:
        """True if nothing was added or removed so far."""
        return not self._steps

    def add(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Set the new content of ``path``; its folders are created."""
        if self._dry:
            self._steps.append((None, path))
            return
        draft = self._draft(path)
        self._steps.append((draft, path))
        _write_new(draft, chunks)

    def remove(self, path: Path) -> None:
        """Remove the file at ``path``, and folders that this leaves empty, up to the root."""
        self._steps.append((None, path))

    def _draft(self, path: Path) -> Path:
        return path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")

    def _commit(self) -> None:
        if self._durable:
            _sync([draft for draft, _ in self._steps if draft is not None])
        # A single rename is atomic by itself and needs no journal.
        if self._root is None or len(self._steps) < 2:
            self._put_in_place()
            return
        journal = self._announce(self._root)
        try:
            self._put_in_place()
            journal.unlink(missing_ok=True)
        except OSError as error:
            raise BaselineError(
                f"everything is written, but not all of it could be put in place ({error}). Close what "
                "has the file open, or make its folder writable: the next command finishes it.",
                str(self._root),
            ) from error

    def _put_in_place(self) -> None:
        _carry_out(self._steps, self._root)
        if self._durable:
            _sync_folders({path.parent for _, path in self._steps if path.parent.is_dir()})

    def _announce(self, root: Path) -> Path:
        """Write the journal. Once it has its name, all steps count as done."""
        steps = [
            [None if draft is None else draft.relative_to(root).as_posix(), path.relative_to(root).as_posix()]
            for draft, path in self._steps
        ]
        journal = root / f"{_PREFIX}{secrets.token_hex(8)}{_JOURNAL}"
        draft = self._draft(journal)
        try:
            _write_new(draft, [json.dumps(steps).encode()])
            if self._durable:
                _sync([draft])
            draft.replace(journal)
            self._announced = True
        finally:
            draft.unlink(missing_ok=True)
        if self._durable:
            _sync_folders({root})
        return journal


def recover(root: Path) -> None:
    """Complete the journals of killed processes below ``root``, so that every file is new.

    Waits for a running process, and never repeats its work.

    Raises:
        BaselineError: A journal names a path outside ``root``, the folder is not writable, or one below it
            is not readable, whose files would count as missing.
    """
    # Glob skips folders that it may not read, so a journal there would be overlooked in silence.
    for _ in os.walk(root, onerror=_refuse):
        pass
    if _journals(root):
        with _held_and_finished(root):
            pass


def _refuse(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        text = f"cannot be read: {error.strerror or error}. Give this user the right to (chmod, chown)."
        raise BaselineError(text, str(error.filename)) from error


@contextmanager
def _held_and_finished(root: Path) -> Iterator[None]:
    """Lock ``root`` and complete older journals: an older write must not come later."""
    with held(root):
        for journal in _journals(root):
            try:
                _carry_out(_steps_in(journal.read_text(encoding="utf-8"), journal, root), root)
                journal.unlink(missing_ok=True)
            except OSError as error:
                raise BaselineError(
                    f"what was written here was killed half-way, and cannot be finished ({error}). "
                    "Make the folder writable, or restore it from git and remove this file.",
                    str(journal),
                ) from error
        yield


def _journals(root: Path) -> list[Path]:
    return sorted(root.glob(f"{_PREFIX}*{_JOURNAL}"))


def _steps_in(text: str, journal: Path, root: Path) -> list[tuple[Path | None, Path]]:
    try:
        pairs = [
            (None if draft is None else _below(root, draft), _below(root, path))
            for draft, path in json.loads(text)
        ]
    except (ValueError, TypeError) as error:
        raise BaselineError(
            f"this file does not come from an interrupted approval ({error}). Remove it, and approve again.",
            str(journal),
        ) from error
    return pairs


def _below(root: Path, name: str) -> Path:
    """A path below ``root``, in the notation of any operating system, also through symbolic links."""
    # A journal may come from git, so it must not name a file elsewhere, in the notation of any system.
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if not path.parts or path.anchor or ".." in path.parts:
            raise ValueError(f"{name!r} is not below {root}")
    place = root.joinpath(*PurePosixPath(name).parts)
    # Also through a link: `baselines/a -> /etc` would pass the check by name.
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{name!r} is a link away from {root}")
    return place


def _carry_out(steps: Iterable[tuple[Path | None, Path]], root: Path | None) -> None:
    for draft, path in steps:
        if draft is None:
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, root)
        else:
            with suppress(FileNotFoundError):  # in its place already
                draft.replace(path)


def _remove_empty(folder: Path, root: Path | None) -> None:
    """Remove folders that are empty, upwards, below the root."""
    while root is not None and folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:  # not empty, or gone
            return
        folder = folder.parent


def _write_new(path: Path, chunks: Iterable[bytes]) -> None:
    try:
        file = path.open("xb")
    except FileNotFoundError:  # no such folder yet, or a command that prunes has just found it empty
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    with file:
        file.writelines(chunks)


def replace(path: Path, chunks: Iterable[bytes], *, durable: bool = True) -> None:
    """Replace the content of one file by ``chunks``, atomically."""
    with Batch(durable=durable) as batch:
        batch.add(path, chunks)


def sweep(root: Path) -> None:
    """Remove temporary files of killed processes below ``root``, after completing their journals."""
    if not root.is_dir():
        return
    # By age: another process may be about to rename its draft.
    oldest = time.time() - _ABANDONED
    with _held_and_finished(root):
        for place, _, files in os.walk(root):
            for name in files:
                if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                    draft = Path(place, name)
                    with suppress(FileNotFoundError):  # a draft of a single file, which no lock holds up
                        if draft.stat().st_mtime < oldest:
                            draft.unlink()


def _sync(paths: Collection[Path], flags: int = os.O_RDWR) -> None:
    """Synchronise all of these files to disk; many at once cost little more than one."""

    def sync(path: Path) -> None:
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    if len(paths) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(sync, paths))
    else:
        for path in paths:
            sync(path)


def _sync_folders(folders: Collection[Path]) -> None:
    """Make renames durable, on systems where folders can be opened (not on Windows)."""
    if os.name != "nt":
        _sync(folders, os.O_RDONLY)


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
    handle = _opened_folder(root)
    try:
        until = time.monotonic() + patience
        # Polled: flock itself could wait, but not for a limited time.
        while not _taken(handle):
            if time.monotonic() > until:
                raise BaselineError(
                    f"another process has been writing here for {patience:g} seconds: an approval, a "
                    "merge, or pytest --modelcheck-update. Try again when it is done.",
                    str(root),
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import hashlib
    import msvcrt
    import tempfile

    def _opened_folder(root: Path) -> int:
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

    def _opened_folder(root: Path) -> int:
        return os.open(root, os.O_RDONLY)

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in _BUSY
        return True
