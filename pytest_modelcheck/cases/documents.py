"""What may stand around the cases of a YAML or JSON file: ``cases`` and ``defaults``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.rows import Row

if TYPE_CHECKING:
    from pytest_modelcheck.cases.files import CaseFile

_KEYS: Final = ("cases", "defaults", "$schema")
_DEFAULTS: Final = ("expected", "metadata", "known_failure")


class Document:
    """The top level of one file, as its keys come along."""

    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._has_cases = False
        self._defaults: dict[str, Any] = {}

    def key(self, key: str, line: int | None) -> None:
        """Take note of a key of the top level."""
        if key == "input":
            raise self._file.error("a list of cases is expected: begin each case with '- input: '", line)
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"there may be {' and '.join(_KEYS[:2])}"
            raise self._file.error(f"unknown key '{key}' at the top of the file: {hint}", line)
        self._has_cases |= key == "cases"

    def keep(self, key: str, value: Any, line: int | None) -> None:
        """Keep the value of a key other than ``cases``."""
        if key != "defaults" or value is None:
            return
        if not isinstance(value, dict):
            raise self._file.error("defaults: must be a mapping of fields to values", line)
        for field in value:
            if field not in _DEFAULTS:
                allowed = ", ".join(_DEFAULTS)
                raise self._file.error(f"defaults: cannot have '{field}', only {allowed}", line)
        if not isinstance(value.get("metadata", {}), dict):
            raise self._file.error("defaults: metadata: must be a mapping of names to values", line)
        self._defaults = value

    def close(self, line: int | None) -> None:
        """Say so if there were no cases."""
        if not self._has_cases:
            raise self._file.error("no 'cases:' at the top of the file, and it is not a list of cases", line)

    def completed(self, row: Row) -> Row:
        """The row, with the defaults where it says nothing itself."""
        defaults = self._defaults
        if not defaults or isinstance(row.value, list) or row.value is None:
            return row
        value = row.value if isinstance(row.value, dict) else {"input": row.value}
        metadata = value.get("metadata") or {}
        if defaults.get("metadata") and isinstance(metadata, dict):
            value = {**value, "metadata": {**copied(defaults["metadata"]), **metadata}}
        return Row({**copied(defaults), **value}, row.origin, row.lines)


def copied(value: Any) -> Any:
    """A copy that shares nothing that could be changed, so that no case can spoil another."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
