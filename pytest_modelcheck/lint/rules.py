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
        "reads it from the metadata.",
        case_rules.contradictions,
    ),
    Rule(
        "MC102",
        "duplicate",
        "Two cases have the same input and expectation.",
        "Its outcome counts twice, and a rate over the cases means less than it seems to.",
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
        "Remove it, or write what was meant.",
        case_rules.unchanged_variants,
    ),
    Rule(
        "MC105",
        "no-reason",
        "A known failure has no reason: `known_failure: true`.",
        "Nobody will know when it may be expected to pass.",
        'Write the reason: `known_failure: "no German before 3.0"`.',
        case_rules.reasonless,
    ),
    Rule(
        "MC106",
        "unfilled-slot",
        "An input holds a slot that looks as if it should have been filled: `{name}`.",
        "The model gets the template instead of what people write.",
        "Fill it, or use `cases.template`. (Not found where a fifth of the inputs have slots, or the "
        "expectation has the same one.)",
        case_rules.unfilled,
    ),
    Rule(
        "MC107",
        "label-spelling",
        'A label is spelt otherwise than in most cases: `Refund` among many `refund`, `1` among `"1"`.',
        "A right answer is compared with it and is wrong.",
        "Spell it as the others.",
        case_rules.label_spellings,
    ),
    Rule(
        "MC108",
        "no-slice",
        "A case lacks a metadata of `slices=`.",
        "It is in none of the slices.",
        "Add it.",
        case_rules.without_slice,
    ),
    Rule(
        "MC109",
        "no-metadata",
        'A case lacks a metadata that the test reads, as `case["language"]`.',
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
        "There are too few cases for `at_least=` to notice a rate 20 points lower (or `tolerance=` lower, "
        "where it is set).",
        "A model that varies fails only where noise cannot explain it; with few cases, noise explains nearly "
        "everything.",
        "Add cases or `repeats=`; `modelcheck plan` says how many. A model that does not vary is judged "
        "exactly: declare `deterministic=True`.",
        check_rules.too_few,
    ),
    Rule(
        "MC202",
        "cannot-fail",
        "A limit allows everything: `at_least=0`, `max_regressed=12` of 12 cases.",
        "It looks like a requirement and is none.",
        'Lower it. An `int` is a number of cases, a `float` below 1 or `"2%"` a fraction of them.',
        check_rules.cannot_fail,
        cheap=True,
    ),
    Rule(
        "MC203",
        "changes-nothing",
        "A perturbation leaves every input as it is.",
        "Among others that do something, it only looks tested.",
        "Remove it, or add cases that it applies to.",
        check_rules.unchanging,
    ),
    Rule(
        "MC204",
        "changes-meaning",
        "A perturbation that changes what the input means, in a check of invariance.",
        "Another answer is right then, and a good model fails.",
        "Ask for a direction: `@pytest.mark.directional`.",
        check_rules.changing_meaning,
        cheap=True,
    ),
    Rule(
        "MC205",
        "broken-perturbation",
        "A perturbation cannot work on an input.",
        "The check fails before it calls the model.",
        "Mend it, or give it `field=`.",
        check_rules.breaking,
    ),
    Rule(
        "MC206",
        "void-comparison",
        "A comparison that cannot make a case fail: no `assert`, of a tuple, of something with itself.",
        "Every answer passes.",
        "Write what was meant.",
        check_rules.void,
        cheap=True,
    ),
    Rule(
        "MC207",
        "perturbed-unread",
        "The body of a check of invariance or direction never reads `case.perturbed`.",
        "Nothing is compared with anything.",
        "Compare `model(case.perturbed)` with `model(case.input)`.",
        check_rules.perturbed_unread,
        cheap=True,
    ),
    Rule(
        "MC208",
        "unknown-metadata",
        "`slices=` or `cluster=` names a metadata that no case has.",
        "The check ends in an error.",
        "Mend the spelling, or add it to the cases.",
        check_rules.unknown_metadata,
    ),
    Rule(
        "MC209",
        "nothing-asserted",
        "The body asserts nothing and gives no score, and no `max_changed=` looks at the answers.",
        "Every answer passes.",
        "Write an `assert`; or say `max_changed=`, if answers are to stay as they were approved.",
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
        "It may stand for another model tomorrow. So its answers are not cached between runs, and a baseline "
        "does not say which model was approved.",
        "Name the exact version, or give the model fixture a `fingerprint=` that says what the alias means "
        "now: `fingerprint=lambda: registry.resolve(...)`.",
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
