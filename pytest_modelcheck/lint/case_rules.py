"""Rules about cases: each takes a check, and yields the faults of its cases.

PYTEST_DONT_REWRITE
"""

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
from pytest_modelcheck.lint.findings import Remark
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.lint.findings import Target
    from pytest_modelcheck.records import Case


_SLOT: Final = re.compile(r"\{\{?\s*[A-Za-z_]\w*\s*\}\}?")
_BRACES: Final = re.compile(r"[{}]")
# If a larger share of the inputs has slots, the slots are part of the inputs, and no mistake.
_FEW: Final = 0.2
_LONGEST_LABEL: Final = 40
_LONGEST_NAME: Final = 256
_SUFFIX: Final = re.compile(r"\.\w{1,8}\Z")


def contradictions(target: Target) -> Iterator[Remark]:
    """Cases with the same input but different expectations."""
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


def duplicates(target: Target) -> Iterator[Remark]:
    """Cases with the same input and the same expectation."""
    for group in _groups(target):
        first: dict[Any, Case] = {}
        for case in group:
            other = first.setdefault(expectation(case), case)
            if other is not case:
                yield Remark(f"has the same input and expectation as {_called(other)}; it counts twice", case)


def without_expectation(target: Target) -> Iterator[Remark]:
    """Cases without an expectation, in a check whose body reads it."""
    if target.body is None or "expected" not in target.body.always_reads:
        return
    for case in target.cases or ():
        if case.expected is MISSING:
            yield Remark("does not say what is expected, which the test reads; add `expected:`", case)


def without_key(target: Target) -> Iterator[Remark]:
    """Cases without metadata that the body reads."""
    keys = sorted(target.body.keys) if target.body is not None else ()
    for case in target.cases or () if keys else ():
        for key in keys:
            if key not in case.metadata:
                yield Remark(f"has no metadata '{key}', which the test reads", case)


def unchanged_variants(target: Target) -> Iterator[Remark]:
    """Written variants that equal the input, or each other."""
    for case in target.cases or ():
        if not case.variants:
            continue
        seen = {_content(case.input): "the input"}
        for number, variant in enumerate(case.variant_inputs, 1):
            other = seen.setdefault(_content(variant), f"variant {number}")
            if other != f"variant {number}":
                yield Remark(f"variant {number} is the same as {other}, so it tests nothing", case)


def names_of_files(target: Target) -> Iterator[Remark]:
    """Inputs that name an existing file as text, so that its content is not part of the input."""
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


def reasonless(target: Target) -> Iterator[Remark]:
    """Known failures without a reason."""
    for case in target.cases or ():
        if case.known_failure == NO_REASON:
            yield Remark("is a known failure without a reason; write one: known_failure: reason", case)


def unfilled(target: Target) -> Iterator[Remark]:
    """Inputs with unfilled slots."""
    found = [(case, slots) for case in target.cases or () if (slots := _slots(case))]
    if len(found) > _FEW * len(target.cases or ()):
        return
    for case, slots in found:
        yield Remark(f"the input has an unfilled slot: {slots[0]}", case)


def label_spellings(target: Target) -> Iterator[Remark]:
    """Labels in an unusual spelling: ``Refund`` among many ``refund``."""
    counts = Counter(
        (type(case.expected), case.expected) for case in target.cases or () if _is_label(case.expected)
    )
    spellings: defaultdict[str, list[tuple[type, Any]]] = defaultdict(list)
    for label in counts:
        spellings[_plain(label[1])].append(label)
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


def without_slice(target: Target) -> Iterator[Remark]:
    """Cases without the metadata of a declared slice."""
    cases: Sequence[Case] = target.cases or ()
    wanted = [key for key in target.slices if any(_has(case, key) for case in cases)]
    for case in cases if wanted else ():
        for key in wanted:
            if not _has(case, key):
                yield Remark(f"has no '{key}', by which the check is sliced", case)


def _groups(target: Target) -> Iterator[Sequence[Case]]:
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
            parts.setdefault(metadata(case), []).append(case)
        yield from parts.values()


def _has(case: Case, key: str) -> bool:
    facts: Mapping[str, Any] = case.metadata
    return key in facts or (key == "expected" and case.expected is not MISSING)


def _is_label(value: Any) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _LONGEST_LABEL)


def _plain(label: Any) -> str:
    return " ".join(str(label).casefold().replace("_", " ").replace("-", " ").split())


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


def metadata(case: Case) -> Any:
    """Return a value that is equal for equal metadata."""
    return _content(dict(case.metadata))


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
