"""The versions of the models that a command line means.

``VERSION`` alone is that version of every model that has it, as with ``pytest --model-version=VERSION``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.names import matches
from pytest_modelcheck.errors import UsageError, VersionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Versions = Mapping[str, Sequence[str]]
    """The models that anything is remembered of, with their versions."""
    from collections.abc import Callable, Iterable, Sequence


def meant(text: str, known: Versions) -> list[tuple[str, str]]:
    """Read ``VERSION`` or ``MODEL=VERSION``: the model, or every model that has such a version.

    ``MODEL=`` is a prefix only where there is a model of that name: a version may hold a ``=`` itself.

    Args:
        text: What was typed.
        known: The models, with the versions that are remembered of each.

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
        name, version = next(iter(known)), text
        if version and len(known) > 1:
            return _having(text, known)
    if not version:
        raise VersionError(f"{text!r} names no version. Write {name}=VERSION.")
    return [(name, version)]


def target(text: str, known: Versions) -> tuple[str, str]:
    """The one version of one model.

    Raises:
        VersionError: As :func:`meant` does, and where several models are meant.
    """
    found = meant(text, known)
    if len(found) > 1:
        choices = "\n  ".join(f"{model}={version}" for model, version in found)
        raise VersionError(f"{text!r} of which model? Several have it; write one of:\n  {choices}")
    return found[0]


def targets(texts: Sequence[str], known: Versions) -> dict[str, str]:
    """Read several, at most one of each model.

    Raises:
        VersionError: As :func:`meant` does, and where two versions of one model are named.
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
        f"there is no model {model!r}, and no version {text!r} of another"
        if equals
        else f"no run of {text} is stored of any model. Run it first: pytest --model-version={text}"
    )
    raise VersionError(f"{why}\nThere are:\n  {listed}" if listed else why)


_SHOWN: Final = 20


def nothing_meant(of: str, patterns: Sequence[str], checks: Iterable[str]) -> UsageError:
    """The error that patterns mean none of the checks that there are.

    >>> print(nothing_meant("approved", ["known"], ["test_a.py::test_known"]))
    no check approved is meant by 'known': it is a whole name, or has wildcards ('*known*'). There are:
      test_a.py::test_known
    >>> print(nothing_meant("approved", [], []))
    there is no check approved yet. See all: modelcheck list
    """
    if not patterns:
        return UsageError(f"there is no check {of} yet. See all: modelcheck list")
    known = sorted(checks)
    near = [pattern for pattern in patterns if any(pattern in check for check in known)]
    hint = f": it is a whole name, or has wildcards ('*{near[0]}*')" if near else ""
    more = [f"and {len(known) - _SHOWN} more: modelcheck list"] if len(known) > _SHOWN else []
    listed = "".join(f"\n  {line}" for line in (*known[:_SHOWN], *more))
    meant = ", ".join(map(repr, patterns))
    there_are = f"There are:{listed}" if known else "There is none. See all: modelcheck list"
    return UsageError(f"no check {of} is meant by {meant}{hint}. {there_are}")


def selection(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return whether a node id is meant by any of the patterns; without a pattern, all are.

    >>> selection(["test_a", "test_b"])("tests/test_x.py::test_b[1]"), selection([])("anything")
    (True, True)
    """
    return lambda check: not patterns or any(matches(pattern, check) for pattern in patterns)
