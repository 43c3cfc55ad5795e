"""The cases that ``--slice`` means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines import baseline
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN: Final = 10


def slice_of(text: str) -> tuple[str, str]:
    """Read ``KEY=VALUE``.

    Raises:
        UsageError: It is not that.

    >>> slice_of("language=es"), slice_of("note=a=b")
    (('language', 'es'), ('note', 'a=b'))
    """
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"--slice {text!r}: write KEY=VALUE, such as language=es")
    return key, value


def in_slices(wanted: Sequence[str], checks: Mapping[str, Sequence[Path]]) -> dict[str, frozenset[str]]:
    """The ids of the cases that are in all slices, check by check, as the runs of each have noted.

    Args:
        wanted: Each ``KEY=VALUE`` of a case's metadata.
        checks: For each check, where the candidates lie that may know, the best one first.

    Raises:
        UsageError: No run has noted the metadata of a check's cases, no case of it has any of a key, or no
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
    """Return the possible values of each key that was named; of one with many values, the first of them."""
    lines = []
    for key, found in values.items():
        some = ", ".join(sorted(found)[:_SHOWN])
        lines.append(f"{key} is {some}{', …' if len(found) > _SHOWN else ''}")
    return f"In those cases, {'; '.join(lines)}."


def _is(value: Any, text: str) -> bool:
    """Return whether a value is what somebody typed, who does not type quotes or brackets."""
    return value is not None and (value == text or str(value).lower() == text.lower())
