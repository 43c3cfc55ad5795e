"""Files of an older form, brought to today's.

Each step takes a file from one schema to the next, as plain JSON. Whoever changes the form of a header or of
a line raises :data:`~pytest_modelcheck.baselines.header.SCHEMA` and adds a step here.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import baseline, header, packing
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.store import jsonl_files
from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """From one schema to the next.

    Attributes:
        header: Makes the new fields of the first line of the old ones.
        case: The same of each line of a case.
    """

    header: Callable[[Fields], Fields]
    case: Callable[[Fields], Fields]


STEPS: Final[Mapping[int, Step]] = {}
"""By the schema that a step begins with. There is none yet: this is the first schema."""


def outdated(root: Path) -> list[Path]:
    """The files below a folder that are of an older schema.

    Raises:
        BaselineError: One has no header, or one that is newer than this version.
    """
    return [path for path in jsonl_files(root) if _schema(path) < header.SCHEMA]


def migrate(root: Path, paths: Sequence[Path], steps: Mapping[int, Step] = STEPS) -> None:
    """Bring files to today's schema, all or none.

    Raises:
        BaselineError: One cannot be read, or nobody knows a way.
    """
    with Batch(root) as batch:
        for path in paths:
            chunks = _migrated(path, steps)
            batch.add(path, [packing.compressed(chunks)] if packing.is_packed(path) else chunks)


def _schema(path: Path) -> int:
    first = baseline.first_line(path)
    header.decode(first, str(path))  # says what is wrong with it
    return int(_fields(first, path, 1)["modelcheck"])


def _migrated(path: Path, steps: Mapping[int, Step]) -> list[bytes]:
    import orjson

    with packing.opened(path) as file:
        rows = [_fields(line, path, number) for number, line in enumerate(file, 1)]
    head, *cases = rows
    for schema in range(head["modelcheck"], header.SCHEMA):
        step = steps.get(schema)
        if step is None:
            message = f"is of schema {schema}, which nobody knows how to bring to {schema + 1}"
            raise BaselineError(located(message, str(path), 1))
        head = {**step.header(head), "modelcheck": schema + 1}
        cases = [step.case(case) for case in cases]
    return [orjson.dumps(row) + b"\n" for row in (head, *cases)]


def _fields(line: bytes, path: Path, number: int) -> Fields:
    import orjson

    try:
        fields = orjson.loads(line.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise BaselineError(located(f"not a line of JSON ({error})", str(path), number)) from error
    if not isinstance(fields, dict):
        raise BaselineError(located("not an object", str(path), number))
    return fields
