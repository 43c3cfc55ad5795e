"""Where a case or a test is written, as a CI service names files: relative to the repository.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseResult, Origin
    from pytest_modelcheck.reports.model import CheckReport


def place(check: CheckReport, case: CaseResult | None, top: str) -> tuple[str, int]:
    """The file and line of a case; of its test, where the case stands in no file.

    Args:
        check: The check.
        case: The case, or ``None`` for the test itself.
        top: The folder of the repository; empty for the current one.
    """
    origin = check.origin
    if case is not None and case.origin is not None and case.origin.line is not None:
        origin = case.origin
    if origin is None:
        return check.verdict.check.partition("::")[0], 1
    return _in_repository(origin, Path(top) if top else Path.cwd()), origin.line or 1


def _in_repository(origin: Origin, top: Path) -> str:
    """A path as it is from ``top``: it was noted down from a folder in between, or from here."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = folder / origin.path
        if found.is_file() and found.is_relative_to(top):
            return found.relative_to(top).as_posix()
    return PurePath(origin.path).as_posix()
