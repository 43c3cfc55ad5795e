"""The cases that ``--slice`` means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports import accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


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


def in_slices(wanted: Sequence[str], candidates: Sequence[Path], check: str) -> Callable[[str], bool]:
    """Whether a case, by its id, is in all slices, as the runs of its check have noted.

    Args:
        wanted: Each ``KEY=VALUE`` of a case's metadata.
        candidates: Where the candidates lie that may know, the best one first.
        check: The check, for messages.

    Raises:
        UsageError: No run has noted the metadata of the check's cases, or no case has any of a key.
    """
    pairs = [slice_of(text) for text in wanted]
    told = next((path for path in map(accounts.beside, candidates) if path.is_file()), None)
    if told is None:
        raise UsageError(
            f"--slice: what the cases of {check} are is not known from its last run. Run it again with pytest"
        )
    rows = accounts.parse(told.read_bytes(), str(told)).cases
    known = {row.id: row.metadata for row in rows}
    for key, _ in pairs:
        if not any(key in metadata for metadata in known.values()):
            keys = sorted({key for metadata in known.values() for key in metadata})
            raise UsageError(f"--slice {key}=...: no case of {check} has that. There is: {', '.join(keys)}")
    return lambda case: all(_is(known.get(case, {}).get(key), value) for key, value in pairs)


def _is(value: Any, text: str) -> bool:
    """Whether a value is what somebody typed, who does not type quotes or brackets."""
    return value is not None and (value == text or str(value).lower() == text.lower())
