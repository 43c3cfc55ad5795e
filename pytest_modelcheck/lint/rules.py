"""All rules of lint. Codes MC0xx are about reading files, MC1xx about cases, MC2xx about checks.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CaseError, UsageError
from pytest_modelcheck.lint import case_rules, check_rules
from pytest_modelcheck.lint.findings import Finding, Remark, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.lint.findings import Target


def _unreadable(_target: Target) -> Iterator[Remark]:
    """Find nothing: the rule is reported when the cases are read."""
    yield from ()


RULES: Final = (
    Rule(
        "MC001",
        "unreadable",
        "The cases cannot be read, or there are none.",
        "The check fails before it calls the model.",
        "Fix what the message names.",
        _unreadable,
    ),
    Rule(
        "MC101",
        "contradiction",
        "Two cases have the same input but different expectations.",
        "A model that does not vary gets one of them wrong, whatever it answers.",
        "Decide which answer is right. If another fact decides, put it into the input, or let the test "
        "read it from the metadata.",
        case_rules.contradictions,
    ),
    Rule(
        "MC102",
        "duplicate",
        "Two cases have the same input and expectation.",
        "Its outcome counts twice, so the pass rate is misleading.",
        "Remove one.",
        case_rules.duplicates,
    ),
    Rule(
        "MC103",
        "no-expectation",
        "The test reads an expectation that a case does not have.",
        "The trial ends in an error, which fails the check.",
        "Add `expected:`, or `defaults:` at the top of the file.",
        case_rules.without_expectation,
    ),
    Rule(
        "MC104",
        "unchanged-variant",
        "A variant is the same as the input, or as another variant.",
        "The model gets the same input twice, and agrees with itself.",
        "Remove it, or correct it.",
        case_rules.unchanged_variants,
    ),
    Rule(
        "MC105",
        "no-reason",
        "A known failure has no reason: `known_failure: true`.",
        "Readers cannot tell when it should pass.",
        'Write the reason: `known_failure: "no German before 3.0"`.',
        case_rules.reasonless,
    ),
    Rule(
        "MC106",
        "unfilled-slot",
        "An input contains a template slot that was not filled: `{name}`.",
        "The model gets the template instead of what people write.",
        "Fill it, or use `cases.template`. (Not reported if a fifth of the inputs have slots, or if "
        "the expectation has the same one.)",
        case_rules.unfilled,
    ),
    Rule(
        "MC107",
        "label-spelling",
        'A label is spelled differently from most cases: `Refund` among many `refund`, `1` among `"1"`.',
        "A right answer counts as wrong.",
        "Use the common spelling.",
        case_rules.label_spellings,
    ),
    Rule(
        "MC108",
        "no-slice",
        "A case lacks a metadata key of `slices=`.",
        "The case is in no slice.",
        "Add it.",
        case_rules.without_slice,
    ),
    Rule(
        "MC109",
        "no-metadata",
        'A case lacks metadata that the test reads, as in `case["language"]`.',
        "The trial ends in an error, which fails the check.",
        "Add it, or read `case.metadata.get(…)`.",
        case_rules.without_key,
    ),
    Rule(
        "MC110",
        "file-by-name",
        "A text in an input names an existing file, such as `pictures/cat.png`.",
        "Answers are cached under the text, so a replaced file stays green from the cache.",
        "Make it a `pathlib.Path`, in a list or a fixture named `cases`: a path to a file is identified by "
        "the content of the file.",
        case_rules.names_of_files,
    ),
    Rule(
        "MC201",
        "too-few-cases",
        "There are too few cases for `at_least=` to detect a rate 20 points lower (or lower by "
        "`tolerance=`, if set).",
        "A model that varies fails only if noise cannot explain the miss; with few cases, noise explains "
        "nearly "
        "every miss.",
        "Add cases or `repeats=`; `modelcheck plan` shows how many. If the model never varies, declare "
        "`deterministic=True`: then every miss counts.",
        check_rules.too_few,
    ),
    Rule(
        "MC202",
        "cannot-fail",
        "A limit allows everything: `at_least=0`, `max_regressed=12` of 12 cases.",
        "The check looks strict, but can never fail.",
        'Lower it. An `int` is a number of cases, a `float` below 1 or `"2%"` a fraction of them.',
        check_rules.cannot_fail,
        cheap=True,
    ),
    Rule(
        "MC203",
        "changes-nothing",
        "A perturbation leaves every input unchanged.",
        "Its name in the report suggests a test that never happens.",
        "Remove it, or add cases that it applies to.",
        check_rules.unchanging,
    ),
    Rule(
        "MC204",
        "changes-meaning",
        "A perturbation that changes what the input means, in a check of invariance.",
        "The right answer changes, so that a good model fails.",
        "Use `@pytest.mark.directional`.",
        check_rules.changing_meaning,
        cheap=True,
    ),
    Rule(
        "MC205",
        "broken-perturbation",
        "A perturbation cannot work on an input.",
        "The check fails before it calls the model.",
        "Correct it, or give it `field=`.",
        check_rules.breaking,
    ),
    Rule(
        "MC206",
        "void-comparison",
        "A comparison that can never fail: without `assert`, of a tuple, or of a value with itself.",
        "Every answer passes.",
        "Correct the comparison.",
        check_rules.void,
        cheap=True,
    ),
    Rule(
        "MC207",
        "perturbed-unread",
        "The body of a check of invariance or direction never reads `case.perturbed`.",
        "The check compares nothing.",
        "Compare `model(case.perturbed)` with `model(case.input)`.",
        check_rules.perturbed_unread,
        cheap=True,
    ),
    Rule(
        "MC208",
        "unknown-metadata",
        "`slices=` or `cluster=` names a metadata key that no case has.",
        "The check ends in an error.",
        "Correct the spelling, or add the key to the cases.",
        check_rules.unknown_metadata,
    ),
    Rule(
        "MC209",
        "nothing-asserted",
        "The body asserts nothing and gives no score, and there is no `max_changed=`.",
        "Every answer passes.",
        "Write an `assert`, or set `max_changed=` if answers should stay as approved.",
        check_rules.silent,
        cheap=True,
    ),
    Rule(
        "MC210",
        "shadowed-test",
        "A test has the name of a later one, in the same module or class.",
        "Python keeps the last: the earlier one never runs, without a message.",
        "Rename one of them.",
        check_rules.shadowing,
        cheap=True,
    ),
    Rule(
        "MC211",
        "floating-version",
        "The version of the model is an alias, such as `latest` or `models:/triage@champion`, without a "
        "`fingerprint=`.",
        "It may be another model tomorrow. So its answers are not cached between runs, and a baseline "
        "does not "
        "identify the approved model.",
        "Name the exact version, or give the model fixture a `fingerprint=` that resolves the alias: "
        "`fingerprint=lambda: registry.resolve(...)`.",
        check_rules.floating_version,
    ),
)


def chosen(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
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


def lint(targets: Iterable[Target], rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Find faults, sorted by file and line; a fault that several tests share is listed once."""
    found: dict[tuple[str, str, str, int | None], Finding] = {}
    for target in targets:
        for finding in _of(target, rules):
            key = (finding.code, finding.message, finding.path, finding.line)
            found.setdefault(key, finding)
    return sorted(found.values(), key=lambda one: (one.path, one.line or 0, one.code, one.message))


def warnings_of(target: Target, ignore: Sequence[str] = ()) -> list[Finding]:
    """Find the faults that are certain, without reading cases or perturbations."""
    return lint([target], [rule for rule in chosen(ignore=ignore) if rule.cheap])


def _of(target: Target, rules: Sequence[Rule]) -> Iterator[Finding]:
    try:
        wrong = _EMPTY if target.cases is not None and not len(target.cases) else None
    except CaseError as error:
        wrong = str(error)
    if wrong is not None:
        if any(rule.code == "MC001" for rule in rules):
            yield _unreadable_source(target, wrong)
        return
    for rule in rules:
        for remark in rule.look(target):
            yield _placed(target, rule, remark)


_EMPTY: Final = "there are no cases, so the check would test nothing"


def _unreadable_source(target: Target, message: str) -> Finding:
    placed = _PLACED.fullmatch(message)
    if placed is not None:
        line = placed["line"]
        return Finding("MC001", placed["message"], placed["path"], int(line) if line else None, target.test)
    place = target.place
    path, line_of_test = (place.path, place.line) if place is not None else ("", None)
    return Finding("MC001", message, path, line_of_test, target.test)


def _placed(target: Target, rule: Rule, remark: Remark) -> Finding:
    """Return the finding of a remark. One about a case has the line of the case, if that is in a file."""
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
