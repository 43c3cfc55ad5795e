"""The project's folder, found as pytest finds it, with its baselines and candidates."""

from __future__ import annotations

import functools
import os
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.baselines import names
from pytest_modelcheck.baselines.candidates import CandidateStore, natural, root_of
from pytest_modelcheck.baselines.names import home_of
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import BaselineError, UsageError, VersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


BASELINE_DIR: Final = "modelcheck_baseline_dir"
CACHE_DIR: Final = "modelcheck_cache_dir"
REDACT: Final = "modelcheck_redact"


@dataclass(frozen=True, slots=True)
class Project:
    """The paths and settings of a project.

    Attributes:
        root: The folder that stored paths are relative to: the one that holds the baselines (searched
            upward), else that of the configuration file.
        config: The configuration file, or ``None``.
        baselines: The folder of approved behaviour.
        cache: The cache folder, which is not in git.
        redact: Patterns of secrets to hide.
    """

    root: Path
    config: Path | None
    baselines: Path
    cache: Path
    redact: tuple[str, ...] = ()


def find_project(start: Path, rootdir: Path | None = None) -> Project:
    """Find the project that a folder belongs to, by the configuration file that pytest would use.

    Raises:
        UsageError: That file cannot be read, or a path in it is invalid.
    """
    start = (rootdir or start).absolute()
    config, settings = _locate(start)
    if config is not None:
        anchor = config.parent
    else:
        anchor = next(
            (folder for folder in (start, *start.parents) if (folder / "setup.py").is_file()), start
        )
    name = _setting(settings, BASELINE_DIR, "baselines", config)
    anchor = home_of(start, name, fallback=anchor)
    redact = settings.get(REDACT, "")
    patterns = redact.split("\n") if isinstance(redact, str) else redact
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise UsageError(f"{REDACT} must be a list of regular expressions, not {redact!r}", str(config))
    return Project(
        root=anchor,
        config=config,
        baselines=anchor / name,
        cache=anchor / _setting(settings, CACHE_DIR, ".modelcheck_cache", config),
        redact=tuple(pattern.strip() for pattern in patterns if pattern.strip()),
    )


def _locate(start: Path) -> tuple[Path | None, Mapping[str, Any]]:
    fallback: Path | None = None
    for folder in (start, *start.parents):
        for name, read in _READERS.items():
            path = folder / name
            if path.is_file():
                settings = read(path)
                if settings is not None:
                    return path, settings
                # As in pytest: a pyproject.toml that does not mention pytest marks the root only if no file
                # further up configures it.
                if name == "pyproject.toml" and fallback is None:
                    fallback = path
    return fallback, {}


def _setting(settings: Mapping[str, Any], name: str, default: str, config: Path | None) -> str:
    value = settings.get(name, default)
    if not isinstance(value, str) or "\0" in value:
        raise UsageError(f"{name} must be a path, not {value!r}", str(config))
    return value or default


def _pyproject(path: Path) -> Mapping[str, Any] | None:
    tables = _toml(path, "tool", "pytest")
    # pytest 9 reads [tool.pytest] itself; older versions read [tool.pytest.ini_options] only. One file may
    # hold only one of them.
    native = {name: value for name, value in tables.items() if name != "ini_options"}
    if native or "ini_options" not in tables:
        return native or None
    return _toml(path, "tool", "pytest", "ini_options")


# pytest's own order. A file of pytest's own decides even when it is empty; the others must speak of it.
_READERS: Final[dict[str, Callable[[Path], Mapping[str, Any] | None]]] = {
    "pytest.toml": lambda path: _toml(path, "pytest"),
    ".pytest.toml": lambda path: _toml(path, "pytest"),
    "pytest.ini": lambda path: _section(path, "pytest") or {},
    ".pytest.ini": lambda path: _section(path, "pytest") or {},
    "pyproject.toml": _pyproject,
    "tox.ini": lambda path: _section(path, "pytest"),
    "setup.cfg": lambda path: _section(path, "tool:pytest"),
}


def _toml(path: Path, *names: str) -> Mapping[str, Any]:
    """The table at ``names`` in a file; an empty one if there is none."""
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not TOML: {error}", str(path)) from error
    for name in names:
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"[{name}] must be a table, not {table!r}", str(path))
    return table  # type: ignore[no-any-return]


def _section(path: Path, name: str) -> Mapping[str, str] | None:
    import iniconfig

    try:
        config = iniconfig.IniConfig(os.fspath(path))
    except (iniconfig.ParseError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return dict(config[name].items()) if name in config else None


# The folder of candidates in the cache folder.
CANDIDATES: Final = "candidates"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths of a project."""

    project: Project
    store: BaselineStore
    candidates: CandidateStore

    def models(self) -> list[str]:
        """The models that have baselines or runs; an error if there is none."""
        found = sorted({*self.store.models(), *self.candidates.models()})
        if not found:
            raise BaselineError(
                f"no run or approval is stored in {self.project.root}: neither "
                f"{shown_path(self.candidates.root)} nor {shown_path(self.store.root)} holds anything. "
                "Run pytest --model-version=VERSION first, or name the project's folder with --rootdir."
            )
        return found

    def only_model(self) -> str:
        """The only model with stored results; an error if there are several, or none."""
        models = self.models()
        if len(models) > 1:
            raise VersionError(f"which model? There are {', '.join(models)}. Write MODEL=VERSION.")
        return models[0]

    def versions(self) -> dict[str, list[str]]:
        """The versions of each model that can be approved: those that were run, or are in the history."""
        return {
            model: sorted({*self.candidates.versions(model), *self.store.saved_versions(model)}, key=natural)
            for model in self.models()
        }

    def known_versions(self) -> dict[str, list[str]]:
        """The same, and the approved versions."""
        store = self.store
        return {
            model: sorted(
                {*versions, *(head.version or "" for _, head in store.entries(model)), *store.beside(model)},
                key=natural,
            )
            for model, versions in self.versions().items()
        }

    def other_versions(self) -> dict[str, str]:
        """For each model that ran another version than the approved one: the only one; else an error."""
        models = self.models()
        changed = [model for model in models if self._others(model)]
        return {model: self.other_version(model) for model in changed or models}

    def other_version(self, model: str) -> str:
        """The only version that was run and is not the approved one; else an error."""
        return self._only(model, self._others(model))

    def _others(self, model: str) -> list[str]:
        approved = self.store.approved(model)
        held = None if approved is None else approved.version
        return [version for version in self.candidates.versions(model) if version != held]

    def reviewable_version(self, model: str) -> str:
        """The only version that ran a check whose approved version is another one; else an error."""
        approved = {header.test: header.version for _, header in self.store.entries(model)}
        tests = {
            version: {header.test for _, header in self.candidates.entries(model, version)}
            for version in self.candidates.versions(model)
        }
        held = self.store.approved(model)
        pending = [
            version for version in tests if any(approved.get(test) != version for test in tests[version])
        ]
        if held is not None and held.version not in pending:
            return self.other_version(model)
        return self._only(model, pending)

    def latest_version(self, model: str) -> str:
        """The version that was run last; an error if none was."""
        versions = self.candidates.versions(model)
        if not versions:
            return self._only(model, versions)
        return max(versions, key=lambda version: self.candidates.last_run(model, version))

    def latest_versions(self) -> list[tuple[str, str]]:
        """Each model that was run, with the version that was run last; an error if none was."""
        models = self.models()
        with_runs = [model for model in models if self.candidates.versions(model)]
        return [(model, self.latest_version(model)) for model in with_runs or models]

    def checks(self, model: str, version: str) -> set[str]:
        """The checks of which a version has results: approved now, approved earlier, or of its last run."""
        approved = (*self.store.entries(model), *self.store.beside_entries(model))
        runs = (*self.store.history_entries(model, version), *self.candidates.entries(model, version))
        return {header.test for _, header in (*approved, *runs) if header.version == version}

    def only_version(self, model: str) -> str:
        """The only version that was ever run; else an error."""
        return self._only(model, self.candidates.versions(model))

    def _only(self, model: str, versions: list[str]) -> str:
        if len(versions) == 1:
            return versions[0]
        if versions:
            raise VersionError(
                f"which version of {model}? There are runs of {', '.join(versions)}. Name one."
            )
        versions_run = self.candidates.versions(model)
        if versions_run:
            raise VersionError(
                f"of {model}, only {versions_run[0]} was run here, which is the approved version. Name it "
                "for its last run, or run another: pytest --model-version=VERSION"
            )
        raise VersionError(
            f"no run of {model} is stored in {self.candidates.root}. Run it first: "
            "pytest --model-version=VERSION"
        )


def open_workspace(project: Project, origin: Path | None = None) -> Workspace:
    """The workspace of a project, with candidates from a CI artifact if one is named."""
    folder = project.cache / CANDIDATES if origin is None else candidates_in(origin)
    return Workspace(project, BaselineStore(project.baselines), CandidateStore(folder))


def with_workspace(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass the workspace to a command, with candidates from ``--from`` if the command has that option."""

    def run(project: Project, origin: Path | None = None, **options: Any) -> Any:
        return command(open_workspace(project, origin), **options)

    functools.update_wrapper(run, command)  # click reads the name and the help from there
    return click.pass_obj(run)


def candidates_in(origin: Path) -> Path:
    """The folder of candidates in a cache folder or a CI artifact, or that folder itself.

    Raises:
        BaselineError: It holds no candidates.
    """
    for folder in (origin / CANDIDATES, origin / ".modelcheck_cache" / CANDIDATES, origin):
        # Baselines look alike, but for the file that says which version is approved.
        path = next(folder.glob("*/*/**/*.jsonl"), None)
        if path is not None and not any(folder.glob(f"*/{names.APPROVED}")):
            if (inner := root_of(path)) not in (None, folder):  # the download of several artifacts
                raise BaselineError(
                    f"{origin} holds no candidates itself; {inner} does. Name that folder, or, for several "
                    "jobs, the folder of each: modelcheck merge JOB-1 JOB-2"
                )
            return folder
    raise BaselineError(
        f"{origin} holds no candidates. Give the cache folder of the run (.modelcheck_cache), or its "
        f"folder {CANDIDATES!r}."
    )
