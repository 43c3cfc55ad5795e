"""The identity of a check and the folder of its baselines, independent of how pytest was started.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
from os.path import commonpath, relpath
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.baselines.names import as_argument, check_path, composed, home_of, relative
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.plugin.options import ini
from pytest_modelcheck.plugin.ours import test_name
from pytest_modelcheck.plugin.received import WORKER_HOME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOME = pytest.StashKey[Path]()
"""The folder that holds the baselines of this run."""

_FILES = pytest.StashKey[dict[Path, str]]()
"""The path of each test file relative to it."""

_CHECK = pytest.StashKey[str]()


def project_folder(config: pytest.Config) -> Path:
    """The folder of the ini file, else pytest's rootdir."""
    return config.inipath.parent if config.inipath is not None else config.rootpath


def home_folder(config: pytest.Config) -> Path:
    """The folder that holds the baselines of this run; that of the ini file until tests were collected."""
    return config.stash.get(HOME, project_folder(config))


def settle_home(config: pytest.Config, ours: Sequence[pytest.Item]) -> None:
    """Find the folder that holds the baselines of these tests.

    Raises:
        UsageError: There are several folders. A run has one ini file and one version of each model, but each
            folder has its own, so that checks would run with the settings of another project.
    """
    name, fallback = ini(config, "modelcheck_baseline_dir"), project_folder(config)
    homes: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(item.path for item in ours):
        homes.setdefault(home_of(path.parent, name, fallback), []).append(path)
    # Editors collect whole workspaces. Refusing there would hide all tests.
    if len(homes) > 1 and not config.option.collectonly:
        listed = "\n".join(
            f"  {folder / name}  (for {paths[0].name}, say)" for folder, paths in homes.items()
        )
        here = config.invocation_params.dir
        commands = " and ".join(f"pytest {_alone(folder, homes, here)}" for folder in homes)
        raise UsageError(
            f"the baselines of these tests lie in {len(homes)} folders, and a run is held against one, "
            f"with one ini file:\n{listed}\nRun the tests of each folder by themselves, {commands}. "
            "In an editor, make each folder a root of the workspace"
        )
    found = next(iter(homes), fallback)
    config.stash[HOME] = found
    if hasattr(config, "workeroutput"):
        config.workeroutput[WORKER_HOME] = str(found)


def _alone(folder: Path, homes: Mapping[Path, Sequence[Path]], here: Path) -> str:
    """The pytest arguments that collect the test files of one folder of baselines only."""
    paths = homes[folder]
    others = [path for other, files in homes.items() if other != folder for path in files]
    for common in (folder, Path(commonpath(paths))):
        if not any(path.is_relative_to(common) for path in others):
            return shlex.quote(as_argument(relpath(common, here)))
    return shlex.join(as_argument(relpath(path, here)) for path in paths)


def check_id(item: pytest.Item) -> str:
    """The name of a check: its file relative to the folder of its baselines, its class, name and parameters.

    A node id has the same form, but its file is relative to pytest's rootdir, and plugins change it once
    tests are collected: ``--dist=loadgroup`` of pytest-xdist appends the group.
    """
    if _CHECK not in item.stash:
        # Resolving a path asks the disk for each folder above it, and a file may hold thousands of tests.
        files = item.config.stash.setdefault(_FILES, {})
        if item.path not in files:
            files[item.path] = relative(item.path, home_folder(item.config))
        item.stash[_CHECK] = files[item.path] + test_name(item)
    return item.stash[_CHECK]


def shared_identities(ours: Sequence[pytest.Item]) -> Iterator[str]:
    """A complaint for each pair of tests that would share a baseline on some file system."""
    known: dict[str, pytest.Item] = {}
    for item in ours:
        name = check_id(item)
        other = known.setdefault(str(check_path(name)).casefold(), item)
        if (other.path, test_name(other)) == (item.path, test_name(item)):
            continue
        if composed(check_id(other)) == composed(name):
            yield (
                f"{other.nodeid} and {item.nodeid} are the same check, {name}, and would share a baseline. "
                "If a folder is linked under a second name, collect only one of them; otherwise rename a test"
            )
        else:
            yield (
                f"{other.nodeid} and {item.nodeid} differ only in capitals, and would share a baseline on "
                "macOS and Windows: rename one of them"
            )
