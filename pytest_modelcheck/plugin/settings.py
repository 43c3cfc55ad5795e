"""Settings of the command line and the ini file, the version of each model, the folder of the baselines."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import commonpath, relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.baselines.names import as_argument, home_of
from pytest_modelcheck.checks.limits import NAMES, limits_from
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.plugin.options import YES_OR_NO
from pytest_modelcheck.plugin.received import WORKER_HOME
from pytest_modelcheck.reports.outputs import ReportTarget, target_of
from pytest_modelcheck.session import RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence


HOME = pytest.StashKey[Path]()
"""The folder that holds the baselines of this run."""


_LISTS = ("modelcheck_report", "modelcheck_lint_ignore")
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def ini(config: pytest.Config, name: str) -> Any:
    """The value of one of the plugin's options in the ini file.

    Under ``[tool.pytest]`` of a ``pyproject.toml``, pytest requires the TOML type that an option was
    registered with. Ours accept numbers, booleans and text: a number is read as its text, so that version
    ``2.10`` does not become 2.1.

    Raises:
        UsageError: It is of another type, such as a table.
    """
    try:
        return config.getini(name)
    except (TypeError, ValueError, pytest.UsageError) as error:
        # In pytest.toml, pytest demands the declared type: `0.9` for a text option is an error, though
        # clearly meant.
        if config.inipath is not None and config.inipath.suffix == ".toml":
            return _native(config.inipath, name)
        advice = ": write true or false" if name in YES_OR_NO else ""
        where = "--override-ini" if config.inipath is None else str(config.inipath)
        raise UsageError(f"{name}: {error}{advice}", where) from None


def switch(config: pytest.Config, name: str) -> bool:
    """The value of a switch on the command line, else in the ini file."""
    given = config.getoption(f"modelcheck_{name}")
    return bool(ini(config, f"modelcheck_{name}") if given is None else given)


def plain(config: pytest.Config, name: str) -> Any:
    """The value of an option in the ini file as a number or boolean if it is one; else its text."""
    text = ini(config, name)
    if not isinstance(text, str):
        return text
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def plains(config: pytest.Config, names: Iterable[str]) -> dict[str, Any]:
    """The values of the options that the ini file sets, by their names without ``modelcheck_``."""
    values = {name: plain(config, f"modelcheck_{name}") for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _native(path: Path, name: str) -> Any:
    """The value of an option in a TOML file, converted to the type that it has in other ini files.

    Raises:
        UsageError: It is invalid.
    """
    import tomllib

    # Numbers stay the text that they are: the readers of our options know what to make of it.
    content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)
    table = content.get("tool", content) if path.name == "pyproject.toml" else content
    value = table["pytest"][name]
    texts = []
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, (str, int)):
            raise UsageError(f"{name} = {each!r}: write text or a number", str(path))
        texts.append(str(each).lower() if isinstance(each, bool) else str(each))
    if name in _LISTS:
        return texts
    if name in YES_OR_NO:
        is_on = _WORDS.get("\n".join(texts).lower())
        if is_on is None:
            raise UsageError(f"{name} = {value!r}: write true or false", str(path))
        return is_on
    return "\n".join(texts)


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


class Versions:
    """The version of each model: the requested one, else the approved one, else none.

    Args:
        requested: ``VERSION`` for all judged models, or ``NAME=VERSION`` for one model; ``NAME=`` is a prefix
            only if NAME is a known model, since a version may itself contain ``=``.
        known: The names of all models.
        approved: Finds the approved version of a model.
        option: The name of the option, for messages.
        supporting: The names of models that only support tests, such as judges.
        default: The same as ``requested``, from the ini file. A version on the command line replaces that of
            the same model, and a ``VERSION`` for all models replaces all.

    Raises:
        VersionError: Two versions of one model are requested.
    """

    _common: str | None = None

    def __init__(
        self,
        requested: Sequence[str],
        known: Collection[str],
        approved: Callable[[str], str | None],
        *,
        option: str = "--model-version",
        default: Sequence[str] = (),
        supporting: Collection[str] = (),
    ) -> None:
        self._option = option
        self._known = sorted(known)
        # A version without a name is that of the tested models, and never of their judges.
        self._judged = [name for name in self._known if name not in supporting] or self._known
        self._approved = approved
        self._own: dict[str, str] = {}
        for text in requested:
            self._take(text)
        if default:
            option = "model_version in the ini file"
            other = Versions(default, known, approved, option=option, supporting=supporting)
            own = other._own
            if self._common is None:
                self._common = other._common
            else:  # which is not a version of models that only support tests
                own = {name: version for name, version in own.items() if name not in self._judged}
            self._own = own | self._own

    def of(self, model: str) -> str | None:
        """The version of a model, or ``None`` if it has none."""
        requested = self.requested(model)
        return requested if requested is not None else self._approved(model)

    def requested(self, model: str) -> str | None:
        """The requested version, or ``None`` for the approved one."""
        return self._own.get(model, self._common if model in self._judged else None)

    def only(self) -> str | None:
        """The single version of all judged models.

        Raises:
            VersionError: They differ.
        """
        versions = {model: self.of(model) for model in self._judged}
        if len(set(versions.values())) > 1:
            listed = ", ".join(f"{model} {version or 'unversioned'}" for model, version in versions.items())
            raise VersionError(
                "the fixture `model_version` is used outside of a model fixture, but versions differ "
                f"({listed}). Use model_version in the model fixture itself, where it is that model's version"
            )
        return next(iter(versions.values()), self._common)

    def option(self, model: str, version: str) -> str:
        """The command line option for this version."""
        text = version if self._judged == [model] else f"{model}={version}"
        return shlex.quote(f"{self._option}={text}")

    def _take(self, text: str) -> None:
        name, separator, version = text.partition("=")
        # "=" may be part of a version: `--model-version=prompt=v2` is one if no model is called "prompt".
        if separator and name in self._known:
            if not version:
                raise VersionError(f"{self._option}={text}: no version after {name}=")
            if self._own.get(name, version) != version:
                raise VersionError(f"{self._option}: {name} cannot be both {self._own[name]} and {version}")
            self._own[name] = version
        elif self._common not in (None, text):
            known = ", ".join(self._known) or "none was found; is the conftest.py that defines them loaded?"
            advice = ". As a default that the command line replaces, write model_version in the ini file"
            raise VersionError(
                f"{self._option}: {self._common!r} and {text!r} are both requested. With several models, "
                f"name them: {self._option} NAME=VERSION (models: {known})"
                f"{advice if self._option == '--model-version' else ''}"
            )
        else:
            self._common = text


OPTION: Final = "modelcheck_report"
SUMMARY: Final = "GITHUB_STEP_SUMMARY"
ACTIONS: Final = "GITHUB_ACTIONS"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    Attributes:
        root: The folder that holds the baselines; before the first approval, that of the ini file.
        options: The storage folders, and how they may be used.
        limits: Limits for every check that does not set its own.
        cases: The ids of the only cases to run, or none for all.
        versions: The values of ``--model-version``.
        default_versions: The versions in the ini file.
        shrink_calls: The largest number of calls to search for smallest counterexamples, per check; 0 for
            none.
        lint_ignore: Rules of lint to leave out.
        against: The values of ``--against``.
    """

    root: Path
    options: RunOptions
    limits: Mapping[str, Any]
    cases: Sequence[str]
    versions: Sequence[str]
    default_versions: Sequence[str]
    shrink_calls: int
    lint_ignore: Sequence[str] = ()
    against: Sequence[str] = ()


def settings_of(config: pytest.Config) -> Settings:
    """Read the settings.

    Raises:
        UsageError: an invalid value.
    """
    root, here = home_folder(config), config.invocation_params.dir
    cache = config.getoption("modelcheck_cache") or ini(config, "modelcheck_cache")
    if cache not in ("use", "refresh", "off"):
        raise UsageError(f"ini option modelcheck_cache={cache!r}: write use, refresh or off")
    rate = plain(config, "modelcheck_suite_false_fail_rate")
    with _naming("modelcheck_suite_"):
        rate = None if rate is None else limits_from({"false_fail_rate": rate}).false_fail_rate
    given = getattr(config, "workerinput", {})
    workers = int(given.get("workercount", 1))
    # "gw3", or another name that a replacement of pytest-xdist gives.
    worker = int("".join(filter(str.isdigit, given.get("workerid", ""))) or 0) % workers
    # `modelcheck` finds the project upwards from here; from elsewhere it must be told.
    inside = here.resolve().is_relative_to(root.resolve())
    options = RunOptions(
        baselines=root / ini(config, "modelcheck_baseline_dir"),
        cache=root / ini(config, "modelcheck_cache_dir"),
        keep=cache != "off",
        refresh=cache == "refresh",
        offline=switch(config, "offline") or config.getoption("modelcheck_mutate") is not None,
        update=config.getoption("modelcheck_update"),
        approval_runs=_whole(config, "approval_runs", 1) or 3,
        revalidate=_whole(config, "revalidate") or 0,
        watch=switch(config, "watch"),
        baseline=config.getoption("modelcheck_baseline") or ini(config, "modelcheck_baseline") or None,
        suite_false_fail_rate=rate,
        report=wanted(config),
        max_calls=_whole(config, "max_calls"),
        worker=worker,
        workers=workers,
        every_case=config.getoption("modelcheck_early_stop") is False,
        command=("modelcheck",) if inside else ("modelcheck", f"--rootdir={relpath(root, here)}"),
    )
    _refuse_contradictions(config, options)
    shrink_calls = _whole(config, "shrink_calls") or 0
    for name in YES_OR_NO:
        ini(config, name)  # read later; an invalid value stops the run before anything else
    limits = plains(config, NAMES)
    if config.getoption("modelcheck_early_stop"):
        limits["early_stop"] = True
    with _naming("modelcheck_"):
        limits_from(limits)
    ignored = ini(config, "modelcheck_lint_ignore")
    if ignored:
        from pytest_modelcheck.lint import chosen

        with _naming("modelcheck_lint_ignore: "):
            chosen(ignore=ignored)
    return Settings(
        root=root,
        options=options,
        limits=limits,
        cases=tuple(config.getoption("modelcheck_case")),
        versions=tuple(config.getoption("model_version")),
        default_versions=tuple(
            line.strip() for line in ini(config, "model_version").split("\n") if line.strip()
        ),
        shrink_calls=shrink_calls if switch(config, "shrink") else 0,
        lint_ignore=ignored,
        against=tuple(config.getoption("modelcheck_against")),
    )


@contextmanager
def _naming(option: str) -> Iterator[None]:
    """Name an option of the ini file, or its beginning, before the mistake in its value."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"ini option {option}{error}") from error


def _refuse_contradictions(config: pytest.Config, options: RunOptions) -> None:
    if options.update and config.getoption("modelcheck_case"):
        raise UsageError(
            "--modelcheck-update approves whole checks, and --modelcheck-case runs part of one: "
            "use one of the two"
        )
    if options.revalidate and (options.offline or options.refresh or not options.keep):
        raise UsageError(
            "--modelcheck-revalidate asks the model again for cached answers: it cannot be "
            "combined with --modelcheck-offline, --modelcheck-cache=refresh or --modelcheck-cache=off"
        )
    if options.watch and options.update:
        raise UsageError(
            "--modelcheck-watch collects evidence about the approved results, and --modelcheck-update "
            "replaces them: use one of the two"
        )
    if config.getoption("modelcheck_against") and (options.baseline or options.update):
        raise UsageError(
            "--against compares with another version that is run now: it cannot be combined "
            "with --modelcheck-baseline or --modelcheck-update"
        )


def _whole(config: pytest.Config, name: str, least: int = 0) -> int | None:
    """A whole number from the command line, else from the ini file, else ``None``."""
    source, value = f"--modelcheck-{name.replace('_', '-')}", config.getoption(f"modelcheck_{name}", None)
    if value is None:
        source, value = f"ini option modelcheck_{name}", plain(config, f"modelcheck_{name}")
    if value is not None and (type(value) is not int or value < least):
        raise UsageError(f"{source}={value}: write a whole number from {least}")
    return value


def targets_of(config: pytest.Config) -> list[tuple[ReportTarget, Path]]:
    """The requested report files, each with the folder that its path is relative to.

    Raises:
        UsageError: The format of one of them is unclear.
    """
    given = config.getoption(OPTION)
    if given:
        return [(target_of(text), config.invocation_params.dir) for text in given]
    return [(target_of(text), project_folder(config)) for text in ini(config, OPTION)]


def wanted(config: pytest.Config) -> bool:
    """Return whether the run will be reported case by case."""
    # The hook spec itself does not count: building a report that nobody takes would cost every run.
    return bool(targets_of(config) or has_listeners(config) or on_github(config))


def has_listeners(config: pytest.Config) -> bool:
    """Return whether any plugin implements ``pytest_modelcheck_report``."""
    return bool(config.hook.pytest_modelcheck_report.get_hookimpls())


def on_github(config: pytest.Config) -> bool:
    """Return whether this is a GitHub Actions job for which summary and annotations are on."""
    return switch(config, "github") and bool(os.environ.get(SUMMARY) or os.environ.get(ACTIONS) == "true")
