"""One row as it was written, before anybody knows what it means.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import CaseError, located

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.records import Origin

_LONGEST: Final = 600


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
        return CaseError(located(concise(message), self.origin.path, line))


def concise(message: str) -> str:
    """A message with its middle left out where it quotes too much of what somebody wrote.

    >>> len(concise("the id '" + "9" * 5000 + "' is here twice"))
    601
    """
    return message if len(message) <= _LONGEST else f"{message[:400]}…{message[400 - _LONGEST :]}"
