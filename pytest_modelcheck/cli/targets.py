"""Resolves what a command line names: versions of models, checks, and the cases of a ``--slice``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.baselines.candidates import never_ran
from pytest_modelcheck.baselines.names import matches
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.phrases import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace

    # The models with saved results, and their versions.
    Versions = Mapping[str, Sequence[str]]

FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
CHECKS: Final = click.option(
    "--check",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Only the checks of this file, class or test; * and ? are wildcards. Repeatable.",
)
FROM: Final = click.option(
    "--from", "origin", type=FOLDER, help="Take candidates from this folder, such as a CI artifact."
)


def meant(text: str, known: Versions) -> list[tuple[str, str]]:
    """Resolve ``VERSION`` or ``MODEL=VERSION``: that model, or every model with this version.

    ``MODEL=`` is a prefix only if a model of that name exists: a version may contain ``=``.

    Raises:
        VersionError: No version is named, or none of several models has it.

    >>> known = {"tone": ["1", "3"], "triage": ["1"]}
    >>> meant("1", known), meant("3", known), meant("triage=2", known)
    ([('tone', '1'), ('triage', '1')], [('tone', '3')], [('triage', '2')])
    >>> meant("temp=0", {"triage": []})
    [('triage', 'temp=0')]
    """
    name, equals, version = text.partition("=")
    if not equals or name not in known:
        # With one model, all of the text is its version, even with an equals sign in it.
        name, version = next(iter(known)), text
        if version and len(known) > 1:
            found = [(model, text) for model, versions in known.items() if text in versions]
            if not found:
                raise _unknown(text, known)
            return found
    if not version:
        raise VersionError(f"{text!r} names no version. Write {name}=VERSION.")
    return [(name, version)]


def target(text: str, known: Versions) -> tuple[str, str]:
    """Resolve one version of exactly one model; an error if several models have it."""
    found = meant(text, known)
    if len(found) > 1:
        choices = "\n  ".join(f"{model}={version}" for model, version in found)
        raise VersionError(f"{text!r} of which model? Several have it; write one of:\n  {choices}")
    return found[0]


def targets(texts: Sequence[str], known: Versions) -> dict[str, str]:
    """Resolve several, at most one for each model."""
    found: dict[str, str] = {}
    for text in texts:
        for name, version in meant(text, known):
            if found.get(name, version) != version:
                raise VersionError(f"two versions of {name}: {found[name]} and {version}. Name one.")
            found[name] = version
    return found


def _unknown(text: str, known: Versions) -> VersionError:
    listed = "\n  ".join(f"{model}={version}" for model, versions in known.items() for version in versions)
    model, equals, _ = text.partition("=")
    why = (
        f"no model is called {model!r}, and no model has a version {text!r}"
        if equals
        else f"no model has a stored run of {text}. Run it first: pytest --model-version={text}"
    )
    return VersionError(f"{why}\nThere are:\n  {listed}" if listed else why)


_SHOWN: Final = 20
_VALUES_SHOWN: Final = 10


def nothing_meant(of: str, patterns: Sequence[str], checks: Iterable[str]) -> UsageError:
    """The error to raise if patterns match no existing check.

    >>> print(nothing_meant("that is approved", ["known"], ["test_a.py::test_known"]))
    no check that is approved matches 'known': write the whole name, or use wildcards ('*known*'). There are:
      test_a.py::test_known
    >>> print(nothing_meant("that is approved", [], []))
    no check that is approved exists yet. See all: modelcheck list
    """
    if not patterns:
        return UsageError(f"no check {of} exists yet. See all: modelcheck list")
    known = sorted(checks)
    near = [pattern for pattern in patterns if any(pattern in check for check in known)]
    hint = f": write the whole name, or use wildcards ('*{near[0]}*')" if near else ""
    more = [f"and {len(known) - _SHOWN} more: modelcheck list"] if len(known) > _SHOWN else []
    listed = "".join(f"\n  {line}" for line in (*known[:_SHOWN], *more))
    meant = ", ".join(map(repr, patterns))
    there_are = f"There are:{listed}" if known else "There is none. See all: modelcheck list"
    return UsageError(f"no check {of} matches {meant}{hint}. {there_are}")


def checks_run(
    workspace: Workspace,
    model: str,
    version: str,
    patterns: Sequence[str],
    exists: Callable[[Header], bool] = lambda _: True,
) -> list[Header]:
    """The checks that a version ran and that match the patterns, by name; an error if there are none."""
    entries = [header for _, header in workspace.candidates.entries(model, version)]
    if not entries:
        raise never_ran(workspace.store, workspace.candidates, model, version)
    there = sorted(filter(exists, entries), key=lambda header: header.test)
    selected = selection(patterns)
    found = [header for header in there if selected(header.test)]
    if not found:
        raise nothing_meant(f"that {model} {version} ran", patterns, [header.test for header in there])
    return found


def selection(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return whether a node id matches any of the patterns; without patterns, every node id does.

    >>> selection(["test_a", "test_b"])("tests/test_x.py::test_b[1]"), selection([])("anything")
    (True, True)
    """
    return lambda check: not patterns or any(matches(pattern, check) for pattern in patterns)


def in_slices(wanted: Sequence[str], checks: Mapping[str, Sequence[Path]]) -> dict[str, frozenset[str]]:
    """For each check, the ids of the cases that are in all slices, by the metadata that its runs recorded.

    Raises:
        UsageError: A slice is not ``KEY=VALUE``, no run recorded the metadata of a check's cases, no case has
            one of the keys, or no case of any check is in all slices.
    """
    pairs = []
    for text in wanted:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"--slice {text!r}: write KEY=VALUE, such as language=es")
        pairs.append((key, value.lower()))
    found: dict[str, frozenset[str]] = {}
    values: dict[str, set[str]] = {key: set() for key, _ in pairs}
    known: set[str] = set()
    for check, candidates in checks.items():
        source = next(filter(Path.is_file, candidates), None)
        if source is None:
            raise UsageError(
                f"--slice: what the cases of {check} are is not known from its last run. Run it again with "
                "pytest"
            )
        _, cases = baseline.results(source)
        chosen = set()
        for case in cases:
            metadata = case.metadata
            known.update(metadata)
            for key in values.keys() & metadata.keys():
                values[key].add(str(metadata[key]))
            # On the command line numbers and booleans are text; case files hold true, and Python True.
            if all(
                metadata.get(key) is not None and str(metadata[key]).lower() == value for key, value in pairs
            ):
                chosen.add(case.id)
        found[check] = frozenset(chosen)
    for key, there in values.items():
        if not there:  # some checks may well have other cases
            names = ", ".join(sorted(known)) or "no metadata"
            where = listed(list(checks), _VALUES_SHOWN)
            raise UsageError(f"--slice {key}=...: no case of {where} has that. There is: {names}")
    if not any(found.values()):
        there_is = []
        for key, facts in values.items():
            more = ", …" if len(facts) > _VALUES_SHOWN else ""
            there_is.append(f"{key} is {', '.join(sorted(facts)[:_VALUES_SHOWN])}{more}")
        slices = " --slice ".join(wanted)
        raise UsageError(f"--slice {slices}: no case has that. In those cases, {'; '.join(there_is)}.")
    return found
