"""``watch.jsonl``: the evidence of nights about approved versions, one line for each check and night.

It lies in the folder of baselines, and is committed with them. Lines may be in any order, and repeated: to
merge two branches, or the jobs of a sharded run, put all lines into one file. Each line names its run, has a
checksum, and belongs to one approval: a new approval starts afresh.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import lines, names
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.baseline import CONFLICT, opened
from pytest_modelcheck.baselines.header import ALTERED
from pytest_modelcheck.baselines.identity import now
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline

_REMEDY: Final = "Restore the file from git, or remove this line: its night is then not counted."


@dataclass(frozen=True, slots=True)
class Night:
    """The findings of one run about one check, and the evidence of all nights so far.

    Attributes:
        model: The name of the model.
        version: Its version, which is the approved one.
        check: The node id of the test.
        of: What was compared: ``"answers"`` (to calls that were made again) or ``"distribution"``.
        approval: Identifies the approval that it was compared with.
        night: The number of the night, from 1: one more than the highest known to the run.
        run: Identifies the run.
        evidence: The evidence of all nights known to the run, including this one.
        alarm: The evidence at which the run would have failed.
        calls: Counts of calls that were made twice, by the labels of the two answers.
        distance: The distance to the approved distribution beyond the tolerance.
        p_value: The p-value of this night alone; 1 if the distance is within the tolerance.
    """

    model: str
    version: str
    check: str
    of: str
    approval: str
    night: int
    run: str
    evidence: float
    alarm: float
    calls: Mapping[str, Sequence[str]] = field(default_factory=dict)
    distance: float = 0.0
    p_value: float = 1.0

    @property
    def place(self) -> tuple[str, ...]:
        """Identifies the line."""
        return self.run, self.model, self.version, self.check, self.of


def path_of(root: Path) -> Path:
    """The file, in a folder of baselines."""
    return root / names.WATCH


def approval_of(baseline: Baseline) -> str:
    """Return an identifier of a baseline's approval: 12 hexadecimal digits."""
    content = f"{baseline.header.approved_at} {baseline.header.fingerprint} {baseline.digest()}"
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:12]


def name_of_run() -> str:
    """A unique name for this run: the time, for people, and some random digits."""
    return f"{now()} {secrets.token_hex(4)}"


def read(root: Path) -> list[Night]:
    """Return all nights in order; none if there is no file. A damaged or contradictory line is an error."""
    path = path_of(root)
    if not path.exists():
        return []
    with opened(path) as file:
        content = file.read().replace(b"\r\n", b"\n").removesuffix(b"\n")
    rows = content.split(b"\n") if content else []  # empty once its only line was removed, as we advise
    found: dict[tuple[str, ...], tuple[Night, int]] = {}
    for number, row in enumerate(rows, 1):
        night = _decoded(row, str(path), number)
        other, first = found.setdefault(night.place, (night, number))
        if other != night:
            text = f"contradicts line {first}, of the same run and check. Remove one of the two."
            raise BaselineError(text, str(path), number)
    return sorted((night for night, _ in found.values()), key=_order)


def unite(root: Path, more: Iterable[Night]) -> None:
    """Add nights to the file. Waits for other writers."""
    with Batch(root) as batch:
        known = {night.place: night for night in read(root)}
        for night in more:
            if known.setdefault(night.place, night) != night:
                text = f"has another line of {night.check} in the run {night.run}. Remove one of the two."
                raise BaselineError(text, str(path_of(root)))
        batch.add(path_of(root), _rows(known.values()))


def rewrite(batch: Batch, root: Path, change: Callable[[Night], Night | None]) -> None:
    """Add the file to a batch with each night replaced, or removed (``None``), if any changes."""
    old = read(root)
    new = [change(night) for night in old]
    changed = [one is not other for one, other in zip(old, new, strict=True)]
    # A test may get the name of one that was deleted, whose nights of the same runs then make room.
    order = sorted(range(len(new)), key=changed.__getitem__)
    nights = {night.place: night for place in order if (night := new[place]) is not None}
    if any(changed) and nights:
        batch.add(path_of(root), _rows(nights.values()))
    elif any(changed):
        batch.remove(path_of(root))


def _rows(nights: Iterable[Night]) -> Iterator[bytes]:
    for night in sorted(nights, key=_order):
        fields = {
            one.name: value for one in dataclasses.fields(Night) if (value := getattr(night, one.name)) != {}
        }
        yield lines.sealed(json.dumps(fields, separators=(",", ":")).encode()) + b"\n"


def _order(night: Night) -> tuple[int, tuple[str, ...]]:
    """Order by number, not by time: clocks may go backward."""
    return night.night, night.place


def _decoded(row: bytes, path: str, number: int) -> Night:
    if row.startswith(CONFLICT):
        text = "an unresolved git conflict. Keep the lines of both sides, and remove the markers."
        raise BaselineError(text, path, number)
    bare = lines.unsealed(row)
    if bare is None:
        raise BaselineError(f"this line {ALTERED}. {_REMEDY}", path, number)
    try:
        return _night(json.loads(bare))
    except (ValueError, TypeError) as error:
        raise BaselineError(
            f"no night that this version can read ({error}). {_REMEDY}", path, number
        ) from error


def _night(fields: dict[str, Any]) -> Night:
    night = unpack(fields, Night)
    if (
        not fields.keys() <= {one.name for one in dataclasses.fields(Night)}
        or not 0 < night.p_value <= 1
        or not all(len(pair.split()) == 2 for pair in night.calls)
    ):
        raise TypeError("a field is not what it should be")
    return night
