"""What git leaves in a file that two people have changed, until somebody decides between them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_modelcheck.cases.files import CaseFile
    from pytest_modelcheck.errors import CaseError

_MARKER: Final = "<<<<<<< "
_CONFLICT: Final = re.compile(r"^<<<<<<< .*\n(?:.*\n)*?^=======\r?\n(?:.*\n)*?^>>>>>>> ", re.MULTILINE)


def begins_conflict(text: str) -> bool:
    """Whether a line, or a cell that stands for it, is the first of a conflict."""
    return text.startswith(_MARKER)


def conflict(file: CaseFile, line: int) -> CaseError:
    """The error that a conflict begins on a line of a file."""
    return file.error(
        "an unresolved git conflict begins here. Keep the cases of one side, or of both, and remove the "
        "lines that begin with <<<<<<<, ======= and >>>>>>>",
        line,
    )


def refuse_conflicts(file: CaseFile, text: str) -> None:
    """Raise :class:`CaseError` where a whole file holds one."""
    if _MARKER in text:
        found = _CONFLICT.search(text)
        if found is not None:
            raise conflict(file, text.count("\n", 0, found.start()) + 1)
