"""One row as it was written, before anybody knows what it means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import CaseError, located

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.records import Origin


@dataclass(slots=True)
class Row:
    """One entry of a source.

    Attributes:
        value: A mapping of field names to values, or the input alone.
        origin: Where it was written.
        lines: On which line each field is, where fields have lines of their own.
    """

    value: Any
    origin: Origin
    lines: Mapping[str, int] | None = None

    def error(self, message: str, field: str | None = None) -> CaseError:
        """The error that says ``message`` of this row, or of one field of it."""
        line = self.origin.line
        if self.lines is not None and field is not None:
            line = self.lines.get(field, line)
        return CaseError(located(message, self.origin.path, line))
