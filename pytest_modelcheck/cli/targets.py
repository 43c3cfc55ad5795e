"""Resolves what a command line names: versions of models, and the cases of a ``--slice``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.baselines.candidates import never_ran
from pytest_modelcheck.baselines.names import matches
from pytest_modelcheck.errors import UsageError, VersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace

    # The models with saved results, and their versions.
    Versions = Mapping[str, Sequence[str]]


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
            return _having(text, known)
    if not version:
        raise VersionError(f"{text!r} names no version. Write {name}=VERSION.")
    return [(name, version)]


def target(text: str, known: Versions) -> tuple[str, str]:
    """Resolve one version of exactly one model.

    Raises:
        VersionError: As for :func:`meant`, or several models match.
    """
    found = meant(text, known)
    if len(found) > 1:
        choices = "\n  ".join(f"{model}={version}" for model, version in found)
        raise VersionError(f"{text!r} of which model? Several have it; write one of:\n  {choices}")
    return found[0]


def targets(texts: Sequence[str], known: Versions) -> dict[str, str]:
    """Resolve several, at most one for each model.

    Raises:
        VersionError: As for :func:`meant`, or two versions of one model are named.
    """
    found: dict[str, str] = {}
    for text in texts:
        for name, version in meant(text, known):
            if found.get(name, version) != version:
                raise VersionError(f"two versions of {name}: {found[name]} and {version}. Name one.")
            found[name] = version
    return found


def _having(text: str, known: Versions) -> list[tuple[str, str]]:
    found = [(model, text) for model, versions in known.items() if text in versions]
    if found:
        return found
    listed = "\n  ".join(f"{model}={version}" for model, versions in known.items() for version in versions)
    model, equals, _ = text.partition("=")
    why = (
        f"no model is called {model!r}, and no model has a version {text!r}"
        if equals
        else f"no model has a stored run of {text}. Run it first: pytest --model-version={text}"
    )
    raise VersionError(f"{why}\nThere are:\n  {listed}" if listed else why)


_SHOWN: Final = 20


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


def ran(
    workspace: Workspace,
    model: str,
    version: str,
    patterns: Sequence[str],
    exists: Callable[[Header], bool] = lambda _: True,
) -> list[Header]:
    """The checks that a version ran and that match the patterns, by name.

    Raises:
        UsageError: There are none.
    """
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


_VALUES_SHOWN: Final = 10


def slice_of(text: str) -> tuple[str, str]:
    """Read ``KEY=VALUE``.

    Raises:
        UsageError: It has another form.

    >>> slice_of("language=es"), slice_of("note=a=b")
    (('language', 'es'), ('note', 'a=b'))
    """
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"--slice {text!r}: write KEY=VALUE, such as language=es")
    return key, value


def in_slices(wanted: Sequence[str], checks: Mapping[str, Sequence[Path]]) -> dict[str, frozenset[str]]:
    """For each check, the ids of the cases that are in all slices, by the metadata that its runs recorded.

    Raises:
        UsageError: No run recorded the metadata of a check's cases, no case has one of the keys, or no
            case of any check is in all slices.
    """
    pairs = [slice_of(text) for text in wanted]
    found: dict[str, frozenset[str]] = {}
    values: dict[str, set[str]] = {key: set() for key, _ in pairs}
    for check, candidates in checks.items():
        known = _metadata(candidates, check)
        _refuse_unknown(pairs, known, check)
        for key, facts in values.items():
            facts.update(str(metadata[key]) for metadata in known.values() if key in metadata)
        found[check] = frozenset(
            case
            for case, metadata in known.items()
            if all(_is(metadata.get(key), value) for key, value in pairs)
        )
    if not any(found.values()):
        raise UsageError(f"--slice {' --slice '.join(wanted)}: no case has that. {_there_is(values)}")
    return found


def _metadata(candidates: Sequence[Path], check: str) -> dict[str, Mapping[str, Any]]:
    """Return the metadata of each case of a check."""
    source = next(filter(Path.is_file, candidates), None)
    if source is None:
        raise UsageError(
            f"--slice: what the cases of {check} are is not known from its last run. Run it again with pytest"
        )
    _, cases = baseline.results(source)
    return {case.id: case.metadata for case in cases}


def _refuse_unknown(
    pairs: Sequence[tuple[str, str]], known: Mapping[str, Mapping[str, Any]], check: str
) -> None:
    for key, _ in pairs:
        if not any(key in metadata for metadata in known.values()):
            keys = sorted({key for metadata in known.values() for key in metadata})
            raise UsageError(f"--slice {key}=...: no case of {check} has that. There is: {', '.join(keys)}")


def _there_is(values: Mapping[str, set[str]]) -> str:
    """List the values of each key that was named, the first of them if there are many."""
    lines = []
    for key, found in values.items():
        some = ", ".join(sorted(found)[:_VALUES_SHOWN])
        lines.append(f"{key} is {some}{', …' if len(found) > _VALUES_SHOWN else ''}")
    return f"In those cases, {'; '.join(lines)}."


def _is(value: Any, text: str) -> bool:
    """Return whether a value equals a text as typed, without quotes or brackets."""
    # On the command line numbers and booleans are text; case files hold true, and Python True.
    return value is not None and (value == text or str(value).lower() == text.lower())
