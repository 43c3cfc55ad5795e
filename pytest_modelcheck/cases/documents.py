"""The top level of YAML and JSON case files (``cases``, ``defaults``), and the JSON Schema of case files.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.rows import Row

if TYPE_CHECKING:
    from pytest_modelcheck.cases.files import CaseFile

_KEYS: Final = ("cases", "defaults", "$schema")
_DEFAULTS: Final = ("expected", "metadata", "known_failure")


class Document:
    """The top level of one file, read key by key."""

    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._has_cases = False
        self._defaults: dict[str, Any] = {}

    def key(self, key: str, line: int | None) -> None:
        """Check a key of the top level."""
        if key == "input":
            raise self._file.error("a list of cases is expected: begin each case with '- input: '", line)
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"the keys are {' and '.join(_KEYS[:2])}"
            raise self._file.error(f"unknown key '{key}' at the top of the file: {hint}", line)
        self._has_cases |= key == "cases"

    def keep(self, key: str, value: Any, line: int | None) -> None:
        """Store the value of a key other than ``cases``."""
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
        """Check that there was a key ``cases``."""
        if not self._has_cases:
            raise self._file.error("no 'cases:' at the top of the file, and it is not a list of cases", line)

    def completed(self, row: Row) -> Row:
        """The row, completed with the defaults."""
        defaults = self._defaults
        if not defaults or isinstance(row.value, list) or row.value is None:
            return row
        value = row.value if isinstance(row.value, dict) else {"input": row.value}
        metadata = value.get("metadata") or {}
        if defaults.get("metadata") and isinstance(metadata, dict):
            value = {**value, "metadata": {**copied(defaults["metadata"]), **metadata}}
        return Row({**copied(defaults), **value}, row.origin, row.lines)


def copied(value: Any) -> Any:
    """A deep copy of plain data, so that changing one case cannot change another."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


PATH: Final = Path(__file__).with_name("cases.schema.json")
"""The schema (JSON Schema, draft 2020-12) of a YAML or JSON file of cases."""


def schema_of_file() -> dict[str, Any]:
    """The schema of a YAML or JSON file of cases.

    >>> schema_of_file()["title"]
    'Cases of pytest-modelcheck'
    """
    schema: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return schema


def schema_of_line() -> dict[str, Any]:
    """The schema of one case, which is a line of JSON Lines.

    >>> schema_of_line()["title"]
    'A case'
    """
    whole = schema_of_file()
    definitions = whole["$defs"]
    case = definitions.pop("case")
    kept = {name: definitions[name] for name in case["oneOf"][0]["properties"]}
    return {"$schema": whole["$schema"], "$id": f"{whole['$id']}:line", **case, "$defs": kept}
