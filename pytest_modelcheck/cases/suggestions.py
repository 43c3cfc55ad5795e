"""Which file was probably meant by a path that leads to none, as it would have to be written there.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MOST: Final = 3


def instead_of(name: str | Path, path: Path, base: Path | None, root: Path | None) -> str:
    """What to write in place of a path that leads nowhere; a question, or nothing.

    Args:
        name: The path as it was written.
        path: The place that it means.
        base: The folder that it is meant from, or ``None`` for an absolute one.
        root: The outermost folder to look in.
    """
    found = [*_similar(path), *(_elsewhere(Path(name), base, root) if base is not None else ())]
    return _question(found, base)


def within(folder: Path, base: Path | None, suffixes: Collection[str]) -> str:
    """Which files in a folder may be meant by its name; a question, or nothing."""
    try:
        found = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in suffixes)
    except OSError:
        return ""
    return _question(found, base)


def _question(found: list[Path], base: Path | None) -> str:
    names = dict.fromkeys(_written(path, base) for path in found)
    return f"; did you mean {' or '.join([*names][:_MOST])}?" if names else ""


def _written(path: Path, base: Path | None) -> str:
    if base is not None:
        try:
            return Path(os.path.relpath(path, base)).as_posix()
        except ValueError:  # another drive
            pass
    return os.path.normpath(path)


def _similar(path: Path) -> list[Path]:
    """Files of the same folder that are called nearly the same, most similar first."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return []
    stem = path.name.partition(".")[0]
    alike = [name for name in names if name.partition(".")[0] == stem]
    alike = difflib.get_close_matches(path.name, alike, len(alike) or 1, 0)
    others = [name for name in names if name not in alike]
    return [path.parent / name for name in (*alike, *difflib.get_close_matches(path.name, others, _MOST))]


def _elsewhere(name: Path, base: Path, root: Path | None) -> Iterator[Path]:
    """The same path from the folders above, and the same file in a folder below."""
    outermost = root or Path.cwd()
    here = Path(os.path.normpath(base))
    for folder in here.parents if here.is_relative_to(outermost) else ():
        if not folder.is_relative_to(outermost):
            break
        if (folder / name).is_file():
            yield folder / name
    try:
        below = sorted(entry / name.name for entry in here.iterdir() if entry.is_dir())
    except OSError:
        return
    yield from (path for path in below if path.is_file())
