"""The folder that holds a test's baselines, and the name of a check relative to it.

A check is the same check however pytest was started, so neither pytest's rootdir nor the folder it runs in
counts. The folder is found upward from the test file; the folder of the ini file serves where nothing is
found.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import names

if TYPE_CHECKING:
    from collections.abc import Iterator


def home_of(path: Path, baselines: str, fallback: Path) -> Path:
    """The folder beside whose ``baselines/`` everything remembered of a test lies.

    The search ends at the top of a git repository. It first follows symbolic links (a folder of tests reached
    by two names is one folder), then the path as given (tests linked into a project belong to it).

    Args:
        path: The test file, or the folder that a command runs in.
        baselines: The name of the folder, as the ini file has it. A search for an absolute path or one that
            starts with ``..`` makes no sense: it is meant relative to the ini file.
        fallback: The folder of the ini file, for projects in which nothing is approved yet.
    """
    wanted = PurePath(baselines)
    if not wanted.is_absolute() and ".." not in wanted.parts:
        resolved = path.resolve()
        for start in dict.fromkeys((resolved, path.absolute())):
            for folder in _upward(start):
                if _holds_baselines(folder / wanted):
                    return folder
    return fallback


def relative(path: Path, home: Path) -> str:
    """A file relative to the folder of its baselines, with forward slashes.

    Symbolic links are followed, unless that leads out of the folder.
    """
    resolved, real_home = path.resolve(), home.resolve()
    if not resolved.is_relative_to(real_home) and path.absolute().is_relative_to(home.absolute()):
        return path.absolute().relative_to(home.absolute()).as_posix()
    return PurePath(os.path.relpath(resolved, real_home)).as_posix()


def _upward(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _holds_baselines(folder: Path) -> bool:
    """Return whether a folder is one of ours: other tools, and packages, also call theirs ``baselines``."""
    try:
        models = [each for each in folder.iterdir() if each.is_dir()]
        return any((model / names.APPROVED).is_file() or _holds_a_check(model) for model in models)
    except OSError:
        return False


def _holds_a_check(model: Path) -> bool:
    """Return whether a baseline, read or not, lies below the folder of a model without ``approved.yaml``."""
    return any(
        place.endswith(".py") and any(name.endswith(names.SUFFIX) for name in files)
        for place, _, files in os.walk(model)
    )
