"""Reasons not to approve a candidate.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.lines import equivalent
from pytest_modelcheck.baselines.provenance import WHOLE_FILE, body_digest, defines, file_digest, place
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header


def is_gone(header: Header, root: Path) -> bool:
    """Return whether the test that a candidate belongs to no longer exists.

    Args:
        header: The candidate's header.
        root: The folder that node ids are relative to.
    """
    file, qualname = place(header)
    path = root / file
    if not path.is_file():
        return True
    return not header.body.startswith(WHOLE_FILE) and not defines(path, qualname)


def objections(header: Header, root: Path) -> tuple[str, ...]:
    """The reasons why a candidate cannot be approved; empty if it can.

    A failure against the baseline alone is not an objection: approving settles it.

    Args:
        header: The candidate's.
        root: The folder that node ids and paths of case files are relative to.

    Raises:
        BaselineError: The test's file is not Python.
    """
    return (*_stale_test(header, root), *_stale_cases(header, root), *_red(header))


def incomplete(header: Header) -> tuple[str, ...]:
    """The reason why a candidate can never be approved, even by force: some of its cases were not run."""
    if not header.stopped:
        return ()
    others = "nothing is known of the others: run all of them (pytest --modelcheck-no-early-stop)"
    return (f"it was {header.stopped}, and {others}",)


def mixed_fingerprints(headers: Iterable[Header]) -> Mapping[str, tuple[str, ...]]:
    """By node id, the objection to candidates of one version that have different fingerprints."""
    by_check = {header.test: header.fingerprint for header in headers}
    if len(set(by_check.values())) < 2:
        return {}
    seen = ", ".join(sorted(mark or "none" for mark in set(by_check.values())))
    return {check: (_MIXED.format(own=mark or "none", seen=seen),) for check, mark in by_check.items()}


_MIXED: Final = (
    "ran with fingerprint {own}, but candidates of this version have several ({seen}): run pytest again"
)


def _stale_test(header: Header, root: Path) -> Iterator[str]:
    file, qualname = place(header)
    if header.body and body_digest(root / file, qualname) != header.body:
        yield (
            f"{qualname} in {file}, or what it uses there, has changed since it ran: run pytest again "
            f"(or modelcheck baselines prune, if it no longer uses {header.model})"
        )


def _stale_cases(header: Header, root: Path) -> Iterator[str]:
    for name, digest in header.files.items():
        path = root / name
        if not path.is_file():
            yield f"its case file {name} no longer exists: run pytest again"
        elif file_digest(path) != digest:
            yield f"its case file {name} has changed since it ran: run pytest again"


def _red(header: Header) -> Iterator[str]:
    for finding in header.findings:
        # A failure against the old baseline is what an approval is for. Any other needs --force.
        if finding.status is Status.FAILED and not finding.against_baseline:
            yield finding.summary


_COUNTS: Final = {
    "kind": "the kind of check",
    "fingerprint": "the model's fingerprint",
    "systems": "the systems that answered",
    "body": "the test",
    "source": "where the test stands",
    "files": "the case files",
    "others": "the versions of other models",
    "stopped": "how many cases were run",
}
"""Header fields that must be equal in equal runs, with their names in messages."""


def differences(one: Baseline, two: Baseline) -> list[str]:
    """Describe how two runs of one check and version differ; empty if they are equivalent.

    Raises:
        BaselineError: A case of one of them cannot be read.
    """
    return [*_in_headers(one.header, two.header), *_in_cases(one, two)]


def _in_headers(one: Header, two: Header) -> Iterator[str]:
    for name, label in _COUNTS.items():
        if getattr(one, name) != getattr(two, name):
            yield label
    if _objections_without_numbers(one) != _objections_without_numbers(two):
        yield "which limits were missed"


def _objections_without_numbers(header: Header) -> set[tuple[str, str, bool]]:
    """Return the objections to an approval, without the numbers in their words."""
    return {(finding.limit, finding.status.value, finding.against_baseline) for finding in header.findings}


def _in_cases(one: Baseline, two: Baseline) -> Iterator[str]:
    theirs = two.lines()
    alone = len(one.lines().keys() ^ theirs.keys())
    other = alone + sum(not equivalent(one[case], two[case]) for case in one.changed_in(theirs))
    if other:
        yield f"{other} of {len(one.lines().keys() | theirs.keys())} cases"
