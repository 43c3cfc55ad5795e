"""From checks to findings: every rule looks at every check, and nothing is said twice.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.lint.findings import Finding, Remark
from pytest_modelcheck.lint.rules import RULES, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.lint.findings import Rule, Target

_PLACED: Final = re.compile(r"(?P<path>.+?\.\w+)(?::(?P<line>\d+))?: (?P<message>.+)", re.S)


def lint(targets: Iterable[Target], rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Find faults, in the order of files and lines; what several tests have in common is said once.

    Args:
        targets: The checks.
        rules: What to look for.
    """
    found: dict[tuple[str, str, str, int | None], Finding] = {}
    for target in targets:
        for finding in _of(target, rules):
            key = (finding.code, finding.message, finding.path, finding.line)
            found.setdefault(key, finding)
    return sorted(found.values(), key=lambda one: (one.path, one.line or 0, one.code, one.message))


def warnings_of(target: Target, ignore: Sequence[str] = ()) -> list[Finding]:
    """Find the faults that are certain, without looking at cases or perturbations."""
    return lint([target], [rule for rule in chosen(ignore=ignore) if rule.cheap])


def _of(target: Target, rules: Sequence[Rule]) -> Iterator[Finding]:
    try:
        wrong = _EMPTY if target.cases is not None and not len(target.cases) else None
    except CaseError as error:
        wrong = str(error)
    if wrong is not None:
        if any(rule.code == "MC001" for rule in rules):
            yield _unreadable(target, wrong)
        return
    for rule in rules:
        for remark in rule.look(target):
            yield _placed(target, rule, remark)


_EMPTY: Final = "there are no cases at all, so that the check would say nothing"


def _unreadable(target: Target, message: str) -> Finding:
    placed = _PLACED.fullmatch(message)
    if placed is not None:
        line = placed["line"]
        return Finding("MC001", placed["message"], placed["path"], int(line) if line else None, target.test)
    place = target.place
    path, line_of_test = (place.path, place.line) if place is not None else ("", None)
    return Finding("MC001", message, path, line_of_test, target.test)


def _placed(target: Target, rule: Rule, remark: Remark) -> Finding:
    """A finding of a case stands where the case is written, if that is a line of a file."""
    message = remark.message
    place = remark.place or target.place
    origin = remark.case.origin if remark.case is not None else None
    if remark.case is not None and origin is not None and origin.line is not None:
        place = origin
        if not remark.case.id.startswith("c-"):
            message = f"{remark.case.id} {message}"
    elif remark.case is not None:
        message = f"{origin or remark.case.id}: {message}"
    path, line = (place.path, place.line) if place is not None else ("", None)
    return Finding(rule.code, message, os.fspath(path), line, target.test)
