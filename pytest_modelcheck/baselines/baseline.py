"""One file of stored results: a header, then one sorted line per case."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines import atomic, header, lines
from pytest_modelcheck.baselines.header import ALTERED, RESTORE
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import CaseResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from io import BufferedReader

    from pytest_modelcheck.baselines.header import Header

LONGEST_HEADER: Final = 16 << 20
"""The largest size of a first line in bytes, so that a huge file without line ends is not read whole."""

_ID: Final = re.compile(rb'\{"id":"([^"\\]*)"')
_ROWS: Final = re.compile(rb'^\{"id":"([^"\\\n]*)".*\}$', re.MULTILINE)
_VERSION: Final = re.compile(rb'^\{"modelcheck":.*?"version":"([^"]*)"', re.MULTILINE)
_ANCESTOR: Final = re.compile(rb"^\|{7}.*?^={7}", re.MULTILINE | re.DOTALL)  # of merge.conflictStyle = diff3
CONFLICT: Final = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
"""The beginnings of git's conflict markers."""


_PARSED: Final = 10_000
"""At most so many parsed cases are kept in memory: each takes several times the space of its line."""


class Baseline(Mapping[str, CaseResult]):
    """The stored results of one check, by case id; a case is parsed on access.

    A result file is read as the baseline that its approval would make.
    """

    __slots__ = ("_lines", "_read", "header", "path")

    def __init__(self, header: Header, lines: dict[str, bytes], path: str) -> None:
        self.header = header
        self.path = path
        self._lines = lines
        self._read: dict[str, CaseResult] = {}

    def __getitem__(self, case: str) -> CaseResult:
        known = self._read.get(case)
        if known is not None:
            return known
        try:
            record = lines.decode(self._lines[case])
        except BaselineError as error:
            number = list(self._lines).index(case) + 2
            raise BaselineError(f"{error}. {RESTORE}", self.path, number) from error
        if len(self._read) < _PARSED:
            self._read[case] = record
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, case: object) -> bool:
        return case in self._lines

    def lines(self) -> dict[str, bytes]:
        """Every case as its line in the file, by id."""
        return dict(self._lines)

    def rows(self) -> Iterable[bytes]:
        """The lines of all cases, in the order of the file."""
        return self._lines.values()

    def holding(self, text: bytes) -> list[str]:
        """The cases whose lines contain a text."""
        return [case for case, row in self._lines.items() if text in row]

    def changed_in(self, rows: Mapping[str, bytes]) -> list[str]:
        """The cases of ``rows``, in their order, that are here too but with another line."""
        get = self._lines.get
        return [case for case, row in rows.items() if get(case, row) != row]

    def digest(self) -> str:
        """The digest of these cases: 64 hexadecimal digits."""
        content = hashlib.sha256()
        for row in self._lines.values():
            content.update(row + b"\n")
        return content.hexdigest()

    def line(self, case: str) -> bytes | None:
        """The line of a case, or ``None``."""
        return self._lines.get(case)


@dataclass(frozen=True, slots=True)
class Written:
    """The effect of writing a file on its cases. If every count but ``cases`` is 0, nothing changed."""

    cases: int
    changed: int = 0
    added: int = 0
    removed: int = 0


def read(path: Path, *, further: bool = False) -> Baseline | None:
    """Read a file; ``None`` if there is none.

    ``further`` includes further runs, which confirmed a miss and are not approved.

    Raises:
        BaselineError: It holds conflict markers, is cut off, lists a case twice, or is newer than we are.
    """
    if not path.exists():
        return None
    with opened(path) as file:
        return parse(file.read(), str(path), further=further)


def results(path: Path) -> tuple[Header, Iterator[CaseResult]]:
    """The content of a result file, its cases in the order of their source, each parsed on its turn."""
    with opened(path) as file:
        first, *rows = file.read().removesuffix(b"\n").split(b"\n")
    head = header.decode(first, str(path))
    rows = _opened(rows, head, str(path))
    return head, (_result(row, path, number) for number, row in enumerate(rows, 2))


def some_results(path: Path, cases: Collection[str]) -> dict[str, CaseResult]:
    """Some cases of a result file, by their ids; the others are not decoded."""
    found = {}
    with opened(path) as file:
        file.readline()
        for number, row in enumerate(file, 2):
            match = _ID.match(row)
            if not row.startswith(lines.LAST) and (
                match is None or match[1].decode(errors="replace") in cases
            ):
                case = _result(row, path, number)
                found[case.id] = case
    return {case: result for case, result in found.items() if case in cases}


def _result(row: bytes, path: Path, number: int) -> CaseResult:
    try:
        return lines.decode(row)
    except BaselineError as error:
        raise BaselineError(f"{error}. Run pytest again.", str(path), number) from error


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading; an error says how to restore it."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}. {RESTORE}"
        raise BaselineError(message, str(path)) from error


def read_header(path: Path) -> Header:
    """Read only the first line of a file."""
    with opened(path) as file:
        first = file.readline(LONGEST_HEADER)
        beyond = file.read(LONGEST_HEADER) if first.startswith(CONFLICT) else b""
    if len(first) == LONGEST_HEADER:
        message = f"the first line has {LONGEST_HEADER} bytes or more, and is not a header. {RESTORE}"
        raise BaselineError(message, str(path), 1)
    _refuse_conflict(first, str(path), 1, beyond)
    return header.decode(first.rstrip(b"\r\n"), str(path))


def parse(content: bytes, path: str, *, further: bool = False) -> Baseline:
    """The content of a file, indexed by case id; ``further`` as for :func:`read`."""
    if b"\r\n" in content:
        content = content.replace(b"\r\n", b"\n")
    first, *rows = content.removesuffix(b"\n").split(b"\n")
    _refuse_conflict(first, path, 1, content)
    head = header.decode(first, path)
    rows = _unsealed(rows, head, path) if head.approved_at else _opened(rows, head, path)
    index = _plain_index(rows)
    index = _index(rows, path) if index is None else index
    if not head.approved_at:  # a candidate, whose lines stand in the order of its source
        form = lines.with_further_runs if further else lines.bare
        index = {case: form(row) for case, row in sorted(index.items())}
    if head.reads_approved:
        index = {case: lines.settled(row) for case, row in index.items()}
    return Baseline(head, index, path)


def _unsealed(rows: list[bytes], head: Header, path: str) -> list[bytes]:
    """The lines of a baseline without their checksums.

    Raises:
        BaselineError: One of them is not as it was written, or git has merged it from another approval.
    """
    seeds = _seeds(head)
    found = [lines.unsealed(row, seeds) for row in rows]
    if None in found:
        place = found.index(None)
        _odd_id(rows[place], path, place + 2)
        other = f"or merged from the approval of another version than {head.version}"
        raise BaselineError(f"this line {ALTERED}, {other}. {RESTORE}", path, place + 2)
    return found  # type: ignore[return-value]


def _seeds(head: Header) -> list[int]:
    """The seeds of checksums in a baseline: of its version, and of those from which it kept lines."""
    versions = [head.version, *(past.version for past in reversed(head.past))]
    return [lines.seed_of(version) for version in dict.fromkeys(versions)]


def _opened(rows: list[bytes], head: Header, path: str) -> list[bytes]:
    """The lines of a result file without its checksum.

    Raises:
        BaselineError: The file is not as it was written.
    """
    found = lines.opened(rows)
    if found is not None and len(found) == head.cases:
        return found
    for number, row in enumerate(rows, 2):
        _refuse_conflict(row, path, number)
    # Name the likelier fault: lines are missing (a killed copy), or lines were altered.
    count = len(rows) - any(row.startswith(lines.LAST) for row in rows[-1:])
    problem = f"the file {ALTERED}" if count == head.cases else f"holds {count} of {head.cases} cases"
    raise BaselineError(f"{problem}. Run pytest again.", path)


def _plain_index(rows: list[bytes]) -> dict[str, bytes] | None:
    """The lines by id, all at once, if each has the form that this package writes; else ``None``."""
    # One search over all lines is several times faster than one for each.
    ids = _ROWS.findall(b"\n".join(rows))
    if len(ids) != len(rows):
        return None
    try:
        index = dict(zip(b"\n".join(ids).decode().split("\n"), rows, strict=True))
    except (UnicodeDecodeError, ValueError):
        return None
    return index if len(index) == len(rows) else None


def _index(rows: list[bytes], path: str) -> dict[str, bytes]:
    """The lines by id, one by one, so that an error can name its line."""
    index: dict[str, bytes] = {}
    match = _ID.match
    for number, row in enumerate(rows, 2):
        found = match(row)
        try:
            case = found[1].decode() if found and row.endswith(b"}") else _odd_id(row, path, number)
        except UnicodeDecodeError as error:
            raise BaselineError(f"not UTF-8 text ({error}). {RESTORE}", path, number) from error
        if case in index:
            first = list(index).index(case) + 2
            problem = f"case {case!r} appears twice (first in line {first}). Keep one of them."
            raise BaselineError(problem, path, number)
        index[case] = row
    return index


def write(
    batch: atomic.Batch,
    path: Path,
    head: Header,
    rows: dict[str, bytes],
    old: Baseline | None = None,
) -> Written:
    """Add a file to a batch, its cases sorted by id and counted in its header.

    Of the current content, a line that differs only in the last bits of a float keeps its bytes, and a file
    of which only the time would change is left alone.
    """
    head = dataclasses.replace(head, cases=len(rows))
    if old is not None:
        # An old line that means the same stays, so that the last bits of a float are not in `git diff`.
        rows = rows | {case: _kept(old, case, rows[case], path) for case in old.changed_in(rows)}
    done = Written(len(rows), added=len(rows))
    if old is not None:
        shared = len(old.lines().keys() & rows.keys())
        done = Written(len(rows), len(old.changed_in(rows)), len(rows) - shared, len(old) - shared)
    other_reason = old is not None and head.reason not in ("", old.header.reason)
    if old is None or done != Written(len(rows)) or other_reason or _timeless(old.header) != _timeless(head):
        in_order = {case: rows[case] for case in sorted(rows)}
        content = _signed(head, in_order, old) if head.approved_at else chunks(head, in_order.values())
        batch.add(path, content)
    return done


def _signed(head: Header, rows: Mapping[str, bytes], old: Baseline | None) -> Iterator[bytes]:
    """Yield a baseline in pieces. Lines that an older approval has left keep the checksum of its version."""
    yield header.encode(head) + b"\n"
    seeds = _seeds(head)
    known: dict[str, bytes] = {}
    if old is not None:
        with opened(Path(old.path)) as file:
            known = dict(zip(old, file.read().replace(b"\r\n", b"\n").split(b"\n")[1:], strict=False))
    for case, row in rows.items():
        before = known.get(case, b"")
        kept = before and lines.unsealed(before, seeds) == row
        yield (before if kept else lines.sealed(row, seeds[0])) + b"\n"


def chunks(head: Header, rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a result file in pieces: its header, then the lines of its cases, and their checksum."""
    yield header.encode(head) + b"\n"
    yield from lines.closed(rows)


def _kept(old: Baseline, case: str, row: bytes, path: Path) -> bytes:
    """The old line of a case if it is equivalent to the new one, else the new one."""
    try:
        new = lines.decode(row)
    except BaselineError as error:
        raise BaselineError(
            f"case {case!r} cannot be written to {path}: {error}. Run pytest again."
        ) from error
    return old.line(case) or row if lines.equivalent(old[case], new) else row


def _timeless(head: Header) -> Header:
    return dataclasses.replace(
        head, approved_at="", approved_by="", approved_with="", reason="", plugin="", environment=""
    )


def _odd_id(row: bytes, path: str, number: int) -> str:
    """The id of a line that a person has edited, or whose id needs escapes."""
    import orjson

    _refuse_conflict(row, path, number)
    try:
        fields = orjson.loads(row)
    except orjson.JSONDecodeError as error:
        raise BaselineError(f"not a line of JSON ({error}); cut off? {RESTORE}", path, number) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("id"), str):
        raise BaselineError(f"this line names no case. {RESTORE}", path, number)
    return str(fields["id"])


def _refuse_conflict(row: bytes, path: str, number: int, content: bytes = b"") -> None:
    if not row.startswith(CONFLICT):
        return
    remedy = (
        "Keep one side of each conflicting line and remove the markers, or take either side of the file and "
        "approve the check again."
    )
    # Line by line, the answers of one version would get the header of the other.
    versions = dict.fromkeys(_VERSION.findall(_ANCESTOR.sub(b"", content)))
    if len(versions) > 1:
        remedy = (
            f"The sides approve {b' and '.join(versions).decode(errors='replace')}: take the whole folder of "
            "baselines from one of them (git checkout --ours or --theirs), git add it, and run pytest."
        )
    raise BaselineError(f"an unresolved git conflict. {remedy}", path, number)
