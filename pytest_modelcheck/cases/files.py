"""Case files: open them (compressed or not), decode them, and name what is wrong with them."""

from __future__ import annotations

import codecs
import difflib
import os
import re
import shlex
import stat
import sys
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.rows import concise
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


SUFFIXES: Final = (".gz", ".zst")


_MARKER: Final = "<<<<<<< "
_CONFLICT: Final = re.compile(r"^<<<<<<< .*\n(?:.*\n)*?^=======\r?\n(?:.*\n)*?^>>>>>>> ", re.MULTILINE)


def begins_conflict(text: str) -> bool:
    """Return whether a line begins a git conflict."""
    return text.startswith(_MARKER)


def conflict(file: CaseFile, line: int) -> CaseError:
    """An error about a git conflict that begins on a line."""
    return file.error(
        "an unresolved git conflict begins here. Keep the cases of one side, or of both, and remove the "
        "lines that begin with <<<<<<<, ======= and >>>>>>>",
        line,
    )


def refuse_conflicts(file: CaseFile, text: str) -> None:
    """Raise :class:`CaseError` if a file contains a git conflict."""
    if _MARKER in text:
        found = _CONFLICT.search(text)
        if found is not None:
            raise conflict(file, text.count("\n", 0, found.start()) + 1)


FORMATS = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
# Files with more bytes are read again instead of being held in memory.
LARGE = 16 << 20
# The assumed compression ratio of text.
PACKED = 8
# The limit, in bytes, of a line, and of a file that is read at once.
MOST = 128 << 20
_TOO_MUCH = f"{MOST >> 20} MiB or more"
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024
# The number of files that a message suggests.
_MOST: Final = 3

EMPTY = "the file is empty; at least one case is needed"
NO_CASES = "the file has no cases; at least one is needed"
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of cases.

    Attributes:
        path: The path to open.
        shown: The path in messages and reports.
        written: The path as the user wrote it.
        base: The folder that it is relative to, or ``None`` if it is absolute.
        root: The outermost folder of the project, or ``None`` for the current one.
    """

    path: Path
    shown: str
    written: str | Path
    base: Path | None = None
    root: Path | None = None

    def error(self, message: str, line: int | None = None) -> CaseError:
        """An error about this file."""
        return CaseError(concise(message), self.shown, line)

    def origin(self, line: int | None) -> Origin:
        """The origin of a case in this file."""
        return Origin(self.shown, line)

    @property
    def format(self) -> str:
        """The format by the file's name: a value of :data:`FORMATS`."""
        suffixes = self.path.suffixes
        suffix = suffixes[-2] if len(suffixes) > 1 and self._compressed else self.path.suffix
        known = FORMATS.get(suffix.lower())
        if known is None:
            raise self.error(
                f"the name does not tell the format; cases are read from {', '.join(FORMATS)}"
                f" (text also with {' or '.join(SUFFIXES)})"
            )
        if known == "parquet" and self._compressed:
            raise self.error("Parquet files have their own compression: decompress this one")
        return known

    @property
    def _compressed(self) -> bool:
        return self.path.suffix.lower() in SUFFIXES

    def check(self) -> None:
        """Check that this is a readable file of a known format that is not empty."""
        try:
            mode = self.path.stat()
        except (OSError, ValueError) as error:
            raise self._unopened(error) from error
        if stat.S_ISDIR(mode.st_mode):
            inside = sorted(self.path.iterdir()) if os.access(self.path, os.R_OK) else []
            meant = _did_you_mean([path for path in inside if path.suffix.lower() in FORMATS], self.base)
            raise self.error(f"this is a folder, not a file of cases{meant}")
        if not stat.S_ISREG(mode.st_mode):
            raise self.error("this is not a regular file; large files are read twice")
        if mode.st_size == 0:
            raise self.error(EMPTY)
        readable = os.access(self.path, os.R_OK)
        # Before the format: a pointer of Git LFS has the right name, and its text would be "not CSV".
        if readable and mode.st_size <= _LONGEST_POINTER and self.path.read_bytes().startswith(_POINTER):
            raise self.error(
                "this is a Git LFS pointer, not the file itself; download it: git lfs pull --include "
                + shlex.quote(self.shown)
            )
        _ = self.format
        if not readable:
            raise self.error("the file cannot be opened: permission denied")

    @property
    def is_large(self) -> bool:
        """True if to read the file again instead of holding its cases, which take ten times its size."""
        return (
            self.path.stat().st_size * (PACKED if self._compressed or self.format == "parquet" else 1) > LARGE
        )

    def stamp(self) -> tuple[int, int]:
        """A value that changes when the file is written to."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise self._unopened(error) from error
        return status.st_size, status.st_mtime_ns

    def lines(self, start: int = 0, first: int = 1) -> Iterator[bytes]:
        """The lines of the file as bytes, with their line ends, read on demand.

        Args:
            start: The byte to begin at, counted in the decompressed file.
            first: The number of the line that begins there.
        """
        self.check()
        with self._opened() as stream:
            stream.seek(start)
            for number in count(first):
                line = stream.readline(MOST)
                if not line:
                    return
                if len(line) == MOST:
                    raise self.error(f"the line has {_TOO_MUCH}; write each case on its own line", number)
                yield line

    def text(self) -> str:
        """The text of the whole file, without a byte order mark."""
        self.check()
        with self._opened() as stream:
            data = stream.read(MOST)
        if len(data) == MOST:
            raise self.error(
                f"the file has {_TOO_MUCH}, too large to read at once; write the cases as JSON Lines"
                " (.jsonl), which are read one by one"
            )
        return self.decode(data)

    def decode(self, data: bytes, line: int = 1) -> str:
        """Decode bytes that begin on ``line`` of the file. Line 1 may begin with a byte order mark."""
        if line == 1:
            for mark, name in _OTHER_ENCODINGS.items():
                if data.startswith(mark):
                    raise self.error(f"the file is in {name}; save it as UTF-8")
            data = data.removeprefix(codecs.BOM_UTF8)
        if b"\0" in data:
            place = line + data.count(b"\n", 0, data.index(b"\0"))
            raise self.error("there is a NUL byte here; is the file damaged or binary?", place)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            place = line + data.count(b"\n", 0, error.start)
            start = data.rfind(b"\n", 0, error.start) + 1
            raise self.error(
                f"not UTF-8: byte 0x{data[error.start]:02x}, number {error.start - start + 1} of the line"
                f" ({error.reason}); save the file as UTF-8",
                place,
            ) from error

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Open the file for reading bytes, decompressed on the fly."""
        suffix = self.path.suffix.lower()
        opening: Any = open
        damages: tuple[type[Exception], ...] = ()
        if suffix == ".gz":
            import gzip

            opening, damages = gzip.open, (EOFError, zlib.error, gzip.BadGzipFile)
        elif suffix == ".zst":
            try:
                zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
            except ImportError as error:
                raise CaseError(
                    '.zst files need a library to decompress them: pip install "pytest-modelcheck[zstd]"'
                ) from error
            opening, damages = zstd.open, (EOFError, zstd.ZstdError)
        try:
            with opening(self.path, "rb") as stream:
                yield stream
        except damages as error:
            raise self.error(
                f"cannot be decompressed ({error}); the file is truncated or not {suffix[1:]}"
            ) from error
        except OSError as error:
            raise self._unopened(error) from error

    def _unopened(self, error: Exception) -> CaseError:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            folder = self.path.parent
            meant = _did_you_mean(self._similar(), self.base)
            if not folder.is_dir():
                return CaseError(f"no file {self.shown}: its folder {folder} does not exist{meant}")
            meant = meant or "; no file there has a similar name"
            return CaseError(f"no file {self.shown}: looked in {folder}{meant}")
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return self.error(f"the file cannot be opened: {reason}")

    def _similar(self) -> Iterator[Path]:
        """Existing files that may be meant, the likeliest first."""
        name, folder = self.path.name, self.path.parent
        with suppress(OSError):
            names = sorted(entry.name for entry in folder.iterdir())
            # The same name with another ending comes first: cases.yml for cases.yaml.
            alike = [one for one in names if one.partition(".")[0] == name.partition(".")[0]]
            alike = difflib.get_close_matches(name, alike, len(alike) or 1, 0)
            others = [one for one in names if one not in alike]
            yield from (folder / one for one in (*alike, *difflib.get_close_matches(name, others, _MOST)))
        if self.base is None:
            return
        here = Path(os.path.normpath(self.base))
        outermost = self.root or current_folder() or self.base
        # Upwards as far as the project: a path may be meant from its root.
        above = [folder / self.written for folder in here.parents if folder.is_relative_to(outermost)]
        yield from (path for path in above if path.is_file())
        with suppress(OSError):
            below = sorted(entry / name for entry in here.iterdir())
            yield from (path for path in below if path.is_file())


def find(name: str | Path, base: Path | None, root: Path | None = None) -> CaseFile:
    """Resolve the path of a case file, which need not exist."""
    path = Path(name)
    if path.is_absolute():
        base = None
    elif base is None:
        raise CaseError(f"{name}: the path is relative to an unknown folder; pass base=Path(__file__).parent")
    else:
        path = base / path
    where = os.path.normpath(path)
    try:
        short = os.path.relpath(where, root or current_folder() or path.parent)
    except ValueError:  # another drive
        short = where
    return CaseFile(path, where if short.startswith(os.pardir) else short, name, base, root)


def current_folder() -> Path | None:
    """The current folder, or ``None`` if it has been removed."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _did_you_mean(found: Iterable[Path], base: Path | None) -> str:
    """Suggest some files ("; did you mean …?"), or return an empty text."""
    names: dict[str, None] = {}
    for path in found:
        name = os.path.normpath(path)
        if base is not None:
            with suppress(ValueError):  # another drive
                name = Path(os.path.relpath(path, base)).as_posix()
        names[name] = None
    return f"; did you mean {' or '.join([*names][:_MOST])}?" if names else ""
