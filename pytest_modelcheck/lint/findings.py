"""What lint finds, and what it knows how to find.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.lint.target import Target
    from pytest_modelcheck.records import Case, Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: The rule: ``MC101``.
        message: What is wrong, on one line.
        path: The file, or nothing where there is none.
        line: The line, from 1, or ``None``.
        test: The test that was looked at, or nothing where a case file was looked at by itself.
    """

    code: str
    message: str
    path: str = ""
    line: int | None = None
    test: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule says: of a case, of a place, or (with neither) of the test."""

    message: str
    case: Case | None = None
    place: Origin | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that lint looks for.

    Attributes:
        code: Its code.
        name: What people call it.
        what: What is found, in a sentence.
        why: Why that is wrong.
        instead: What to do about it.
        look: Finds it.
        cheap: Whether it needs neither the cases nor the perturbations, and is certain enough for a warning.
    """

    code: str
    name: str
    what: str
    why: str
    instead: str
    look: Callable[[Target], Iterator[Remark]]
    cheap: bool = False
