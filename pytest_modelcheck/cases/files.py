"""Files that cases come from: where they are, how they are opened, and what is wrong with them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_modelcheck.cases.compression import SUFFIXES, DamagedError, opened
from pytest_modelcheck.cases.rows import concise
from pytest_modelcheck.cases.suggestions import instead_of, within
from pytest_modelcheck.errors import CaseError, located
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

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

LARGE = 16 << 20
"""From how many bytes on a file of lines is read again rather than held."""
PACKED = 8
"""How many times longer text is than when it is compressed, about."""
MOST = 128 << 20
"""No line has so many bytes, and no file that must be read at once."""
_TOO_MUCH = f"{MOST >> 20} MiB or more"

EMPTY = "the file is empty; at least one case is needed"
NO_CASES = "the file holds no cases; at least one is needed"

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
        path: Where it is.
        shown: How messages and reports name it.
        written: How the user named it.
        base: The folder that this is relative to, or ``None`` where it is absolute.
        root: The outermost folder of the project, or ``None`` for the current one.
    """

    path: Path
    shown: str
    written: str | Path
    base: Path | None = None
    root: Path | None = None

    def error(self, message: str, line: int | None = None) -> CaseError:
        """The error that says ``message`` of this file."""
        return CaseError(located(concise(message), self.shown, line))

    def origin(self, line: int | None) -> Origin:
        """The place of a case in this file."""
        return Origin(self.shown, line)

    @property
    def format(self) -> str:
        """What the name says that the file holds: a value of :data:`FORMATS`."""
        suffixes = self.path.suffixes
        suffix = suffixes[-2] if len(suffixes) > 1 and self._compressed else self.path.suffix
        known = FORMATS.get(suffix.lower())
        if known is None:
            raise self.error(
                f"cannot tell from its name what this file holds; cases are read from {', '.join(FORMATS)}"
                f" (text also with {' or '.join(SUFFIXES)})"
            )
        if known == "parquet" and self._compressed:
            raise self.error("a Parquet file is compressed in itself, and read as it is: decompress it once")
        return known

    @property
    def _compressed(self) -> bool:
        return self.path.suffix.lower() in SUFFIXES

    def check(self) -> None:
        """Raise :class:`CaseError` unless this is a file that can be opened and holds something."""
        try:
            mode = self.path.stat()
        except (OSError, ValueError) as error:
            raise self._unopened(error) from error
        if stat.S_ISDIR(mode.st_mode):
            raise self.error(f"this is a folder, not a file of cases{within(self.path, self.base, FORMATS)}")
        if not stat.S_ISREG(mode.st_mode):
            raise self.error("this is not a regular file; cases are read twice where there are many")
        if mode.st_size == 0:
            raise self.error(EMPTY)
        _ = self.format
        if not os.access(self.path, os.R_OK):
            raise self.error("the file cannot be opened: permission denied")

    @property
    def is_large(self) -> bool:
        """Whether the file is rather read again than held: the cases of a file take ten times its size."""
        return (
            self.path.stat().st_size * (PACKED if self._compressed or self.format == "parquet" else 1) > LARGE
        )

    def stamp(self) -> tuple[int, int]:
        """Something that differs once the file has been written to."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise self._unopened(error) from error
        return status.st_size, status.st_mtime_ns

    def lines(self, start: int = 0, first: int = 1) -> Iterator[bytes]:
        """The lines of the file, as bytes with their line ends; read as they are asked for.

        Args:
            start: The byte to begin at, of what the file holds when it is decompressed.
            first: The number of the line that begins there.

        Raises:
            CaseError: The file cannot be read, or has a line that nobody can have meant.
        """
        self.check()
        try:
            with opened(self.path) as stream:
                stream.seek(start)
                for number in count(first):
                    line = stream.readline(MOST)
                    if not line:
                        return
                    if len(line) == MOST:
                        raise self.error(
                            f"the line has {_TOO_MUCH}; each case stands on one of its own", number
                        )
                    yield line
        except (OSError, DamagedError) as error:
            raise self._unreadable(error) from error

    def text(self) -> str:
        """The whole file, decoded, without a byte order mark.

        Raises:
            CaseError: The file cannot be read, is no text, or is too large to be held.
        """
        self.check()
        try:
            with opened(self.path) as stream:
                data = stream.read(MOST)
        except (OSError, DamagedError) as error:
            raise self._unreadable(error) from error
        if len(data) == MOST:
            raise self.error(
                f"the file holds {_TOO_MUCH}, and must be read at once; write the cases as JSON Lines"
                " (.jsonl), which are read one by one"
            )
        return self.decode(data)

    def decode(self, data: bytes, line: int = 1) -> str:
        """Decode what begins on ``line`` of the file; line 1 may begin with a byte order mark."""
        if line == 1:
            data = self._unmarked(data)
        if b"\0" in data:
            place = line + data.count(b"\n", 0, data.index(b"\0"))
            raise self.error("there is a NUL byte here, which no text holds; is the file damaged?", place)
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

    def _unmarked(self, data: bytes) -> bytes:
        for mark, name in _OTHER_ENCODINGS.items():
            if data.startswith(mark):
                raise self.error(f"the file is in {name}; save it as UTF-8")
        return data.removeprefix(codecs.BOM_UTF8)

    def _unreadable(self, error: Exception) -> CaseError:
        if isinstance(error, DamagedError):
            kind = self.path.suffix.lower().removeprefix(".")
            return self.error(f"cannot be decompressed ({error}); the file is truncated or not {kind}")
        return self._unopened(error)

    def _unopened(self, error: Exception) -> CaseError:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return CaseError(_not_found(self))
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return self.error(f"the file cannot be opened: {reason}")


def find(name: str | Path, base: Path | None, root: Path | None = None) -> CaseFile:
    """The file that ``name`` means, without looking whether it is there.

    Args:
        name: A path; a relative one is meant from ``base``.
        base: The folder of the test file.
        root: The folder from which messages name files (default: the current one).

    Raises:
        CaseError: The path is relative, and there is nothing that it is relative to.
    """
    path = Path(name)
    if path.is_absolute():
        base = None
    else:
        if base is None:
            raise CaseError(
                f"{name}: a relative path, and nothing says from where; pass base=Path(__file__).parent"
            )
        path = base / path
    return CaseFile(path, _shown(path, root), name, base, root)


def _shown(path: Path, root: Path | None) -> str:
    where = os.path.normpath(path)
    try:
        short = os.path.relpath(where, root or Path.cwd())
    except ValueError:  # another drive
        return where
    return where if short.startswith(os.pardir) else short


def _not_found(file: CaseFile) -> str:
    folder = file.path.parent
    where = f"looked in {folder}" if folder.is_dir() else f"its folder {folder} does not exist"
    hint = instead_of(file.written, file.path, file.base, file.root)
    nothing = "; there is nothing with a similar name" if folder.is_dir() else ""
    return f"no file {file.shown}: {where}{hint or nothing}"
