"""All rules of lint. Codes MC0xx are about reading files, MC1xx about cases, MC2xx about checks."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CaseError, UsageError
from pytest_modelcheck.lint import case_rules, check_rules
from pytest_modelcheck.lint.faults import Fault, LintRule, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.lint.faults import LintTarget


_UNREADABLE: Final = LintRule(
    "MC001",
    "unreadable",
    "The cases cannot be read, or there are none.",
    "The check fails before it calls the model.",
    "Fix what the message names.",
    lambda _: iter(()),  # it is reported when the cases are read
)

_FOUND: Final = (
    _UNREADABLE,
    *(
        one
        for module in (case_rules, check_rules)
        for one in vars(module).values()
        if isinstance(one, LintRule)
    ),
)
RULES: Final = tuple(sorted(_FOUND, key=lambda rule: rule.code))


def chosen(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[LintRule, ...]:
    """Return the selected rules (default: all) without the ignored ones, by codes or their beginnings.

    Raises:
        UsageError: A code matches no rule.

    >>> [rule.code for rule in chosen(["MC10"], ["MC101", "MC104"])][:3]
    ['MC102', 'MC103', 'MC105']
    """
    for wanted in (*select, *ignore):
        if not any(rule.code.startswith(wanted) for rule in RULES) or not wanted:
            codes = ", ".join(rule.code for rule in RULES)
            raise UsageError(f"{wanted!r} is not a rule, or the beginning of one; the rules are {codes}")
    return tuple(
        rule
        for rule in RULES
        if (not select or rule.code.startswith(tuple(select))) and not rule.code.startswith(tuple(ignore))
    )


# An error of a case file names its place in its text: "tickets.yaml:12: no column 'expcted'".
_PLACED: Final = re.compile(r"(?P<path>.+?\.\w+)(?::(?P<line>\d+))?: (?P<message>.+)", re.S)


def lint(targets: Iterable[LintTarget], rules: Sequence[LintRule] = RULES) -> list[Fault]:
    """Find faults, sorted by file and line; a fault that several tests share is listed once."""
    found: dict[tuple[str, str, str, int | None], Fault] = {}
    for target in targets:
        for fault in _of(target, rules):
            key = (fault.code, fault.message, fault.path, fault.line)
            found.setdefault(key, fault)
    return sorted(found.values(), key=lambda one: (one.path, one.line or 0, one.code, one.message))


def warnings_of(target: LintTarget, ignore: Sequence[str] = ()) -> list[Fault]:
    """Find the faults that are certain, without reading cases or perturbations."""
    return lint([target], [rule for rule in chosen(ignore=ignore) if rule.cheap])


def _of(target: LintTarget, rules: Sequence[LintRule]) -> Iterator[Fault]:
    try:
        is_empty = target.cases is not None and not len(target.cases)
        wrong = "there are no cases, so the check would test nothing" if is_empty else None
    except CaseError as error:
        wrong = str(error)
    if wrong is None:
        for rule in rules:
            for remark in rule.look(target):
                yield _placed(target, rule, remark)
    elif _UNREADABLE in rules:
        placed = _PLACED.fullmatch(wrong)
        if placed is None:
            yield _placed(target, _UNREADABLE, Remark(wrong))
        else:
            line = int(placed["line"]) if placed["line"] else None
            yield Fault(_UNREADABLE.code, placed["message"], placed["path"], line, target.test)


def _placed(target: LintTarget, rule: LintRule, remark: Remark) -> Fault:
    """Return the fault of a remark. One about a case has the line of the case, if that is in a file."""
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
    return Fault(rule.code, message, os.fspath(path), line, target.test)
