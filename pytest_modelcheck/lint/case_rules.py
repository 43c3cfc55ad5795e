"""Rules about cases: each takes a check, and yields the faults of its cases."""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest, excerpt
from pytest_modelcheck.cases.rows import NO_REASON
from pytest_modelcheck.lint.faults import Remark, rule
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.lint.faults import LintTarget
    from pytest_modelcheck.records import Case


_SLOT: Final = re.compile(r"\{\{?\s*[A-Za-z_]\w*\s*\}\}?")
_BRACES: Final = re.compile(r"[{}]")
# If a larger share of the inputs has slots, the slots are part of the inputs, and no mistake.
_FEW: Final = 0.2
_LONGEST_LABEL: Final = 40
_LONGEST_NAME: Final = 256
_SUFFIX: Final = re.compile(r"\.\w{1,8}\Z")


@rule(
    "MC101",
    "contradiction",
    why="A model that does not vary gets one of them wrong, whatever it answers.",
    instead=(
        "Decide which answer is right. If another fact decides, put it into the input, or let the test read"
        " it from the metadata."
    ),
)
def contradictions(target: LintTarget) -> Iterator[Remark]:
    """Two cases have the same input but different expectations."""
    for group in _groups(target):
        first: dict[Any, Case] = {}
        for case in group:
            if case.expected is MISSING:
                continue
            first.setdefault(expectation(case), case)
            other = next(iter(first.values()))
            if expectation(other) != expectation(case):
                yield Remark(
                    f"expects {_shown(case.expected)}; {_called(other)} has the same input and expects "
                    f"{_shown(other.expected)}",
                    case,
                )


@rule(
    "MC102",
    "duplicate",
    why="Its outcome counts twice, so the pass rate is misleading.",
    instead="Remove one.",
)
def duplicates(target: LintTarget) -> Iterator[Remark]:
    """Two cases have the same input and expectation."""
    for group in _groups(target):
        first: dict[Any, Case] = {}
        for case in group:
            other = first.setdefault(expectation(case), case)
            if other is not case:
                yield Remark(f"has the same input and expectation as {_called(other)}; it counts twice", case)


@rule(
    "MC103",
    "no-expectation",
    why="The trial ends in an error, which fails the check.",
    instead="Add `expected:`, or `defaults:` at the top of the file.",
)
def without_expectation(target: LintTarget) -> Iterator[Remark]:
    """The test reads an expectation that a case does not have."""
    if target.body is None or "expected" not in target.body.always_reads:
        return
    for case in target.cases or ():
        if case.expected is MISSING:
            yield Remark("does not say what is expected, which the test reads; add `expected:`", case)


@rule(
    "MC109",
    "no-metadata",
    why="The trial ends in an error, which fails the check.",
    instead="Add it, or read `case.metadata.get(…)`.",
)
def without_key(target: LintTarget) -> Iterator[Remark]:
    """A case lacks metadata that the test reads, as in `case["language"]`."""
    keys = sorted(target.body.keys) if target.body is not None else ()
    for case in target.cases or () if keys else ():
        for key in keys:
            if key not in case.metadata:
                yield Remark(f"has no metadata '{key}', which the test reads", case)


@rule(
    "MC104",
    "unchanged-variant",
    why="The model gets the same input twice, and agrees with itself.",
    instead="Remove it, or correct it.",
)
def unchanged_variants(target: LintTarget) -> Iterator[Remark]:
    """A variant is the same as the input, or as another variant."""
    for case in target.cases or ():
        if not case.variants:
            continue
        seen = {_content(case.input): "the input"}
        for number, variant in enumerate(case.variant_inputs, 1):
            other = seen.setdefault(_content(variant), f"variant {number}")
            if other != f"variant {number}":
                yield Remark(f"variant {number} is the same as {other}, so it tests nothing", case)


@rule(
    "MC110",
    "file-by-name",
    why="Answers are cached under the text, so a replaced file stays green from the cache.",
    instead=(
        "Make it a `pathlib.Path`, in a list or a fixture named `cases`: a path to a file is identified by "
        "the content of the file."
    ),
)
def names_of_files(target: LintTarget) -> Iterator[Remark]:
    """A text in an input names an existing file, such as `pictures/cat.png`."""
    for case in target.cases or ():
        folders = [Path(), *([Path(case.origin.path).parent] if case.origin is not None else [])]
        for text in _short_texts(case.input):
            if any(_is_file(folder / text) for folder in folders):
                yield Remark(
                    f"the input names the file {text!r} as text, so a change of the file is not noticed; make"
                    " it a pathlib.Path, in a case file with paths='input'",
                    case,
                )
                break


def _short_texts(value: Any) -> Iterator[str]:
    """Yield the texts of an input that look like a file name: short, and with a suffix."""
    if isinstance(value, str):
        if len(value) < _LONGEST_NAME and _SUFFIX.search(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _short_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _short_texts(item)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@rule(
    "MC105",
    "no-reason",
    why="Readers cannot tell when it should pass.",
    instead='Write the reason: `known_failure: "no German before 3.0"`.',
)
def reasonless(target: LintTarget) -> Iterator[Remark]:
    """A known failure has no reason: `known_failure: true`."""
    for case in target.cases or ():
        if case.known_failure == NO_REASON:
            yield Remark("is a known failure without a reason; write one: known_failure: reason", case)


@rule(
    "MC106",
    "unfilled-slot",
    why="The model gets the template instead of what people write.",
    instead=(
        "Fill it, or use `cases.template`. (Not reported if a fifth of the inputs have slots, or if the "
        "expectation has the same one.)"
    ),
)
def unfilled(target: LintTarget) -> Iterator[Remark]:
    """An input contains a template slot that was not filled: `{name}`."""
    found = [(case, slots) for case in target.cases or () if (slots := _slots(case))]
    if len(found) > _FEW * len(target.cases or ()):
        return
    for case, slots in found:
        yield Remark(f"the input has an unfilled slot: {slots[0]}", case)


@rule(
    "MC107",
    "label-spelling",
    why="A right answer counts as wrong.",
    instead="Use the common spelling.",
)
def label_spellings(target: LintTarget) -> Iterator[Remark]:
    """A label is spelled differently from most cases: `Refund` among many `refund`, `1` among `"1"`."""
    counts = Counter(
        (type(case.expected), case.expected) for case in target.cases or () if _is_label(case.expected)
    )
    spellings: defaultdict[str, list[tuple[type, Any]]] = defaultdict(list)
    for label in counts:
        plain = str(label[1]).casefold().replace("_", " ").replace("-", " ")
        spellings[" ".join(plain.split())].append(label)
    usual: dict[tuple[type, Any], tuple[type, Any]] = {}
    for labels in spellings.values():
        best = max(labels, key=lambda label: counts[label])
        usual |= {label: best for label in labels if label != best and counts[best] > counts[label]}
    if not usual:
        return
    for case in target.cases or ():
        other = usual.get((type(case.expected), case.expected)) if _is_label(case.expected) else None
        if other is not None:
            others = f"{counts[other]} others expect {_shown(other[1])}"
            yield Remark(f"expects {_shown(case.expected)}; {others}", case)


@rule(
    "MC108",
    "no-slice",
    why="The case is in no slice.",
    instead="Add it.",
)
def without_slice(target: LintTarget) -> Iterator[Remark]:
    """A case lacks a metadata key of `slices=`."""
    cases: Sequence[Case] = target.cases or ()
    wanted = [key for key in target.slices or () if any(_has(case, key) for case in cases)]
    for case in cases if wanted else ():
        for key in wanted:
            if not _has(case, key):
                yield Remark(f"has no '{key}', by which the check is sliced", case)


def _groups(target: LintTarget) -> Iterator[Sequence[Case]]:
    """Yield groups of cases with the same input; also with the same metadata, if the body may read it.

    A drift check has none: recent inputs of users may well occur twice.
    """
    if target.kind == "drift":
        return
    for group in alike(target.cases or ()):
        if target.body is None or not target.body.may_read_metadata:
            yield group
            continue
        parts: dict[Any, list[Case]] = {}
        for case in group:
            parts.setdefault(_content(dict(case.metadata)), []).append(case)
        yield from parts.values()


def _has(case: Case, key: str) -> bool:
    facts: Mapping[str, Any] = case.metadata
    return key in facts or (key == "expected" and case.expected is not MISSING)


def _is_label(value: Any) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _LONGEST_LABEL)


def _slots(case: Case) -> list[str]:
    """Return the slots in an input; none if it has other braces too, or the expectation has the slot."""
    text = case.input
    if not isinstance(text, str) or "{" not in text:
        return []
    found = _SLOT.findall(text)
    if _BRACES.search(_SLOT.sub("", text)) or any(slot in str(case.expected) for slot in found):
        return []
    return found


def _called(case: Case) -> str:
    named = "" if case.id.startswith("c-") else case.id
    if case.origin is None:
        return named or case.id
    return f"{named} ({case.origin})" if named else str(case.origin)


def _shown(value: Any) -> str:
    return excerpt(value, 40) if not isinstance(value, str) else repr(excerpt(value, 40))


def alike(cases: Iterable[Case]) -> list[list[Case]]:
    """Return the groups of cases with equal inputs and variants, each in order.

    >>> from pytest_modelcheck.cases import load
    >>> [[case.expected for case in group] for group in alike(load([("a", 1), ("b", 2), ("a", 3)]))]
    [[1, 3]]
    """
    keys = array("Q", (_number(case) for case in cases))  # 8 bytes a case: there may be a million
    several = {one for one, other in pairwise(sorted(keys)) if one == other and one}  # 0: no digest
    if not several:
        return []
    groups: dict[bytes, list[Case]] = {}
    for case, key in zip(cases, keys, strict=True):
        if key in several:
            groups.setdefault(digest(_question(case)), []).append(case)
    return [group for group in groups.values() if len(group) > 1]


def expectation(case: Case) -> Any:
    """Return a value that is equal for equal expectations, of any type."""
    return case.expected if case.expected is MISSING else _content(case.expected)


def _content(value: Any) -> Any:
    try:
        return digest(value)
    except NotCanonical:
        return id(value)


def _question(case: Case) -> Sequence[Any]:
    return [case.input, list(case.variant_inputs)]


def _number(case: Case) -> int:
    """Return the first bytes of the digest of an input; 0 if it has no digest."""
    try:
        return int.from_bytes(digest(_question(case))[:8], "big")
    except NotCanonical:
        return 0
